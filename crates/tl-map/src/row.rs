//! Where something stands in a list.
//!
//! In: an index. Out: [`RowIx`]. Start there. **Invariant:** one that is not known takes no more room than
//! one that is; millions of them are held at a time.

use std::num::NonZeroU32;

/// An index into a list, which its holder names. The largest number of 32 bits counts as the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowIx(NonZeroU32);

impl RowIx {
    /// The row at an index.
    pub const fn new(index: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    /// Its index.
    pub const fn index(self) -> usize {
        self.number() as usize
    }

    /// The same in 32 bits.
    pub const fn number(self) -> u32 {
        self.0.get() - 1
    }
}

impl std::fmt::Debug for RowIx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.index().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::RowIx;

    #[test]
    fn an_index_comes_back_and_an_unknown_row_takes_no_room() {
        assert_eq!(
            [0, 1, u32::MAX - 1].map(|index| RowIx::new(index).index()),
            [0, 1, 4_294_967_294]
        );
        assert_eq!(size_of::<Option<RowIx>>(), size_of::<u32>());
    }
}
