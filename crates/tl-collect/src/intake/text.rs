//! Bytes to UTF-8: byte order marks, UTF-16, and what is no text at all.

use std::io::{self, BufRead, Chain, Cursor, Read};

/// How much is looked at before anything is read.
const HEAD: usize = 64 << 10;

/// The input, decoded where it is UTF-16; other bytes pass unchanged.
pub(super) enum Text<R> {
    /// UTF-8, or bytes that turn out not to be.
    Bytes(Chain<Cursor<Vec<u8>>, R>),
    /// UTF-16.
    Wide(Wide<Chain<Cursor<Vec<u8>>, R>>),
}

/// UTF-16 on its way to UTF-8.
pub(super) struct Wide<R> {
    from: R,
    big_endian: bool,
    decoded: Vec<u8>,
    read: usize,
    /// First half of a pair that waits for its second.
    high: Option<u16>,
}

impl<R: BufRead> Text<R> {
    /// Looks at the first bytes: the text, and its beginning as UTF-8.
    pub(super) fn open(mut reader: R) -> io::Result<(Self, Vec<u8>)> {
        let mut head = Vec::new();
        reader.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let (skip, wide) = match *head.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => (3, None),
            [0xFF, 0xFE, ..] => (2, Some(false)),
            [0xFE, 0xFF, ..] => (2, Some(true)),
            // Every format begins with ASCII: a zero beside it is UTF-16 without a mark.
            [first, 0, ..] if first != 0 => (0, Some(false)),
            [0, second, ..] if second != 0 => (0, Some(true)),
            _ => (0, None),
        };
        head.drain(..skip);
        let Some(big_endian) = wide else {
            return Ok((Self::Bytes(Cursor::new(head.clone()).chain(reader)), head));
        };
        let mut shown = Wide::new(head.as_slice(), big_endian);
        let mut beginning = Vec::new();
        shown.read_to_end(&mut beginning)?;
        Ok((Self::Wide(Wide::new(Cursor::new(head).chain(reader), big_endian)), beginning))
    }
}

impl<R: BufRead> Wide<R> {
    const fn new(from: R, big_endian: bool) -> Self {
        Self { from, big_endian, decoded: Vec::new(), read: 0, high: None }
    }

    fn decode_some(&mut self) -> io::Result<()> {
        (self.read, self.decoded) = (0, std::mem::take(&mut self.decoded));
        self.decoded.clear();
        let mut bytes = [0; 8192];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.from.read(&mut bytes[filled..])? {
                0 => break,
                some => filled += some,
            }
        }
        for pair in bytes[..filled].chunks(2) {
            let unit = match *pair {
                [a, b] if self.big_endian => u16::from_be_bytes([a, b]),
                [a, b] => u16::from_le_bytes([a, b]),
                _ => 0xFFFD,
            };
            self.push(unit);
        }
        if filled < bytes.len() && self.high.take().is_some() {
            self.put('\u{FFFD}');
        }
        Ok(())
    }

    fn push(&mut self, unit: u16) {
        let pair = self.high.take();
        let units: Vec<u16> = pair.into_iter().chain([unit]).collect();
        if pair.is_none() && (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        for read in char::decode_utf16(units) {
            self.put(read.unwrap_or('\u{FFFD}'));
        }
    }

    fn put(&mut self, letter: char) {
        self.decoded.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl<R: BufRead> Read for Wide<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut from = self.fill_buf()?;
        let read = from.read(to)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Wide<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        // A chunk may decode to nothing: half a pair.
        if self.read == self.decoded.len() {
            self.decode_some()?;
        }
        Ok(&self.decoded[self.read..])
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
    }
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(from) => from.read(to),
            Self::Wide(from) => from.read(to),
        }
    }
}

impl<R: BufRead> BufRead for Text<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Bytes(from) => from.fill_buf(),
            Self::Wide(from) => from.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Self::Bytes(from) => from.consume(amount),
            Self::Wide(from) => from.consume(amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let (mut text, _) = Text::open(bytes).unwrap();
        let mut read = String::new();
        text.read_to_string(&mut read).unwrap();
        read
    }

    #[test]
    fn marks_are_dropped_and_utf_16_is_decoded() {
        let said = "{\"title\":\"Größe 🚀\"}";
        let little: Vec<u8> = said.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = said.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(said.as_bytes()), said);
        assert_eq!(decoded(&[b"\xEF\xBB\xBF", said.as_bytes()].concat()), said);
        assert_eq!(decoded(&[b"\xFF\xFE", little.as_slice()].concat()), said);
        assert_eq!(decoded(&[b"\xFE\xFF", big.as_slice()].concat()), said);
        assert_eq!(decoded(&little), said);
        assert_eq!(decoded(&big), said);
        assert_eq!(decoded(b"\xFF\xFE{\0\x3D\xD8"), "{\u{FFFD}", "half a pair at the end");
    }
}
