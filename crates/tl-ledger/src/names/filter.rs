//! A Bloom filter that grows: which numbers were certainly never added.
//!
//! In: numbers whose bits are those of a hash. Out: whether one may have been added. Start at
//! [`Filter::may_hold`]. **Invariant:** what was added may be held; of the others about one in a
//! hundred seems to be.

/// A block is a line of the processor's cache: one wait for memory, however many bits are looked at.
type Block = [u64; 8];

/// Bits of a block that a number sets.
const BITS: u32 = 8;

/// Numbers of a block: twelve bits each.
const HELD: usize = 42;

/// Numbers of the first layer; each layer holds twice as many as the one before.
const FIRST: usize = if cfg!(test) { 500 } else { 1 << 20 };

/// Numbers that were added.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    layers: Vec<Vec<Block>>,
    /// How many more the last layer takes.
    room: usize,
}

impl Filter {
    pub(crate) fn add(&mut self, number: i64) {
        if self.room == 0 {
            self.room = FIRST << self.layers.len();
            self.layers.push(vec![Block::default(); self.room.div_ceil(HELD)]);
        }
        self.room -= 1;
        let Some(layer) = self.layers.last_mut() else { return };
        let block = place(number, layer.len());
        for (word, bit) in bits(number) {
            layer[block][word] |= bit;
        }
    }

    pub(crate) fn may_hold(&self, number: i64) -> bool {
        // The last layer is the largest.
        self.layers.iter().rev().any(|layer| {
            let block = &layer[place(number, layer.len())];
            bits(number).all(|(word, bit)| block[word] & bit != 0)
        })
    }
}

/// The block of a number, by its first bits.
fn place(number: i64, blocks: usize) -> usize {
    let first = number.cast_unsigned() >> 31;
    ((first * blocks as u64) >> 32) as usize
}

/// The bits of a number in its block: one in each word, by its last bits, spread once more.
fn bits(number: i64) -> impl Iterator<Item = (usize, u64)> {
    let spread = number.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
    (0..BITS).map(move |word| (word as usize, 1 << ((spread >> (6 * word)) & 63)))
}

#[cfg(test)]
mod tests {
    use tl_core::event::NameHash;

    use super::*;

    fn number(n: u32) -> i64 {
        NameHash::new("github", &n.to_string()).number()
    }

    #[test]
    fn what_was_added_is_held_and_few_others_are() {
        let mut filter = Filter::default();
        assert!(!filter.may_hold(number(0)));
        (0..10_000).for_each(|n| filter.add(number(n)));
        assert!(filter.layers.len() > 3);
        assert!((0..10_000).all(|n| filter.may_hold(number(n))));
        let wrong = (10_000..110_000).filter(|n| filter.may_hold(number(*n))).count();
        assert!(wrong < 3_000, "{wrong} of 100,000");
    }
}
