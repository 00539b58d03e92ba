//! What is a string in JSON, and what is not.

use super::Out;

/// Reads JSON just as far as to know where its strings are.
#[derive(Debug)]
pub(super) struct Json {
    limit: usize,
    inside: bool,
    /// Bytes of the string that passed.
    len: usize,
    full: bool,
    /// Bytes of an escape that are still to come.
    escape: u8,
    /// A surrogate's first half has passed: its second half has to.
    half: Half,
}

/// Where within `\\uD83E\\uDD80` the filter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    No,
    /// These digits of an escape were seen, as a number.
    Digits(u16),
    /// A first half is whole: what follows belongs to it, if it is an escape.
    First,
}

impl Json {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, inside: false, len: 0, full: false, escape: 0, half: Half::No }
    }

    /// Takes a chunk; what passes goes to `out`.
    pub(super) fn pass(&mut self, chunk: &[u8], out: &mut Out) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let used = if !self.inside {
                let end = memchr::memchr(b'"', rest);
                let used = end.map_or(rest.len(), |end| end + 1);
                out.bytes.extend_from_slice(&rest[..used]);
                if end.is_some() {
                    self.inside = true;
                    (self.len, self.full, self.half) = (0, false, Half::No);
                }
                used
            } else if self.escape > 0 {
                self.escaped(rest[0], out);
                1
            } else {
                self.string(rest, out)
            };
            rest = &rest[used..];
        }
    }

    /// Up to the end of the string, or to an escape.
    fn string(&mut self, rest: &[u8], out: &mut Out) -> usize {
        let end = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        if end > 0 {
            self.half = Half::No;
            let mut room = self.limit.saturating_sub(self.len).min(end);
            if self.full {
                room = 0;
            } else {
                while room < end && rest[room] & 0xc0 == 0x80 {
                    room += 1;
                }
            }
            self.full |= room < end;
            self.len += room;
            out.bytes.extend_from_slice(&rest[..room]);
            out.drop(&rest[room..end]);
        }
        match rest.get(end) {
            Some(b'"') => {
                out.bytes.push(b'"');
                self.inside = false;
                end + 1
            }
            Some(_) => {
                // A pair of surrogates is one character.
                self.full |= self.len >= self.limit && self.half != Half::First;
                self.put(b'\\', out);
                self.escape = 1;
                end + 1
            }
            None => end,
        }
    }

    fn escaped(&mut self, byte: u8, out: &mut Out) {
        self.put(byte, out);
        self.escape -= 1;
        match self.half {
            Half::Digits(digits) => {
                let digit = char::from(byte).to_digit(16).unwrap_or(0) as u16;
                let digits = digits << 4 | digit;
                let first = (0xd800..0xdc00).contains(&digits);
                self.half = match self.escape {
                    0 if first => Half::First,
                    0 => Half::No,
                    _ => Half::Digits(digits),
                };
            }
            Half::No | Half::First if byte == b'u' => {
                self.escape = 4;
                self.half = Half::Digits(0);
            }
            Half::No | Half::First => self.half = Half::No,
        }
    }

    fn put(&mut self, byte: u8, out: &mut Out) {
        if self.full {
            out.drop(&[byte]);
        } else {
            self.len += 1;
            out.bytes.push(byte);
        }
    }
}
