//! Numbers and texts as bytes: what history keeps in the ledger is written with this.
//!
//! In: numbers, texts. Out: bytes, and back. Start at [`Writer`] and [`Reader`]. Numbers are LEB128,
//! seven bits to a byte, the lowest first; signed ones are folded to 0, -1, 1, -2, ...
//! **Invariant:** any bytes are read or refused: reading never panics, and what is allocated grows
//! with the bytes that are there.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A state as bytes to store: its version, then its fields.
pub(crate) fn stored(version: u8, state: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(state, vec![version]).expect("numbers and bytes have a stored form")
}

/// Reads what [`stored`] wrote; no bytes are an empty state. `None` where they are something else, of
/// another version, or longer than `limit`.
pub(crate) fn restored<T: DeserializeOwned + Default>(
    version: u8,
    limit: usize,
    bytes: &[u8],
) -> Option<T> {
    match bytes.split_first() {
        None => Some(T::default()),
        Some((known, bytes)) if *known == version && bytes.len() < limit => {
            postcard::from_bytes(bytes).ok()
        }
        Some(_) => None,
    }
}

/// Bytes that are written.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(crate) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    pub(crate) fn numbers<const N: usize>(&mut self, numbers: [u32; N]) {
        numbers.into_iter().for_each(|number| self.number(u64::from(number)));
    }

    /// A number of a list that rises, told from the one before.
    pub(crate) fn step(&mut self, before: &mut u32, number: u32) {
        self.signed(i64::from(number) - i64::from(*before));
        *before = number;
    }

    /// Bytes behind their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}

/// Bytes that are read. Every method is `None` where they are not what was asked for.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at)?;
        self.at += 1;
        Some(*byte)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A number that fits its type.
    pub(crate) fn whole<T: TryFrom<u64>>(&mut self) -> Option<T> {
        self.number()?.try_into().ok()
    }

    pub(crate) fn step(&mut self, before: &mut u32) -> Option<u32> {
        let number = i64::from(*before).checked_add(self.signed()?)?;
        *before = u32::try_from(number).ok()?;
        Some(*before)
    }

    pub(crate) fn float(&mut self) -> Option<f32> {
        let number = f32::from_le_bytes(self.exactly()?);
        number.is_finite().then_some(number)
    }

    /// So many bytes.
    pub(crate) fn exactly<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, _) = self.bytes.get(self.at..)?.split_first_chunk()?;
        self.at += N;
        Some(*bytes)
    }

    /// Bytes behind their length.
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let count: usize = self.whole()?;
        let end = self.at.checked_add(count)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// A list of at most so many.
    pub(crate) fn list<T>(
        &mut self,
        most: usize,
        mut each: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count: usize = self.whole().filter(|count| *count <= most)?;
        // Each of them takes a byte at least.
        let mut list = Vec::with_capacity(count.min(self.bytes.len() - self.at));
        for _ in 0..count {
            list.push(each(self)?);
        }
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(number: u64, signed: i64, text: String) {
            let mut to = Writer::default();
            to.number(number);
            to.signed(signed);
            to.bytes(text.as_bytes());
            let mut from = Reader::new(&to.0);
            prop_assert_eq!(from.number(), Some(number));
            prop_assert_eq!(from.signed(), Some(signed));
            prop_assert_eq!(from.text(), Some(text.as_str()));
            prop_assert!(from.is_at_end() && from.byte().is_none());
        }
    }

    #[test]
    fn a_number_that_does_not_end_is_none() {
        assert_eq!(Reader::new(&[0xff; 11]).number(), None);
        assert_eq!(Reader::new(&[0x80]).number(), None);
        assert_eq!(Reader::new(&[200, 1, 0]).bytes(), None);
    }
}
