//! What is markup in XML, and what is text.

use super::{Doctype, Kept, Out};
use crate::read::{Gap, Limits};

/// Attributes' worth of room that one tag has.
const TAG: usize = 16;

/// Reads XML just as far as to know where its texts are.
#[derive(Debug)]
pub(super) struct Xml {
    state: State,
    text: Kept,
    value: Kept,
    /// Bytes of the tag that is open.
    tag: usize,
    limit: usize,
    doctype: Doctype,
    /// Why nothing more passes.
    pub(super) refused: Option<Gap>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// Behind `<`.
    Open,
    /// Behind `<!`.
    Bang,
    /// This much of `<!--` or `<![CDATA[` was seen.
    Known(&'static [u8], usize),
    Tag,
    /// In an attribute's value, which this quote ends.
    Value(u8),
    /// Until `>` behind so many of this sign; how many of them were seen, and are held back.
    Until(u8, u8, u8),
    /// In a declaration of the document's type, which is left out: within quotes or not.
    Declared(Option<u8>),
}

/// Behind `<!`.
const CDATA: &[u8] = b"[CDATA[";
const COMMENT: &[u8] = b"--";
const DOCTYPE: &[u8] = b"DOCTYPE";

impl Xml {
    pub(super) const fn new(limits: Limits, doctype: Doctype) -> Self {
        Self {
            state: State::Text,
            text: Kept::new(limits.text),
            value: Kept::new(limits.attribute),
            tag: 0,
            limit: limits.attribute.saturating_mul(TAG),
            doctype,
            refused: None,
        }
    }

    /// Takes a chunk; what passes goes to `out`.
    pub(super) fn pass(&mut self, chunk: &[u8], out: &mut Out) {
        let mut rest = chunk;
        while !rest.is_empty() && self.refused.is_none() {
            let used = match self.state {
                State::Text => self.text(rest, out),
                State::Open => self.open(rest[0], out),
                State::Bang => self.bang(rest[0], out),
                State::Known(what, seen) => self.known(rest[0], what, seen, out),
                State::Tag => self.tag(rest, out),
                State::Value(quote) => self.value(rest, quote, out),
                State::Until(sign, need, seen) => self.until(rest, sign, need, seen, out),
                State::Declared(quote) => self.declared(rest[0], quote, out),
            };
            rest = &rest[used..];
        }
    }

    fn text(&mut self, rest: &[u8], out: &mut Out) -> usize {
        let end = memchr::memchr(b'<', rest);
        let run = &rest[..end.unwrap_or(rest.len())];
        if !run.is_empty() {
            self.text.pass(run, true, out);
        }
        let Some(end) = end else { return rest.len() };
        out.bytes.push(b'<');
        self.text.restart();
        self.state = State::Open;
        end + 1
    }

    /// A byte of a declaration that is left out.
    fn declared(&mut self, byte: u8, quote: Option<u8>, out: &mut Out) -> usize {
        self.tag += 1;
        self.state = match (byte, quote) {
            (b'[' | b'<', None) => {
                self.refused = Some(Gap::Doctype);
                return 0;
            }
            _ if self.tag > self.limit => {
                self.refused = Some(Gap::TooLarge);
                return 0;
            }
            // What began it has passed: now it is a comment without words.
            (b'>', None) => {
                out.bytes.extend_from_slice(b"---->");
                State::Text
            }
            (b'"' | b'\'', None) => State::Declared(Some(byte)),
            (byte, Some(quote)) if byte == quote => State::Declared(None),
            (_, quote) => State::Declared(quote),
        };
        out.drop(&[byte]);
        1
    }

    /// Decides what an open bracket begins.
    fn open(&mut self, byte: u8, out: &mut Out) -> usize {
        self.state = match byte {
            b'?' => State::Until(b'?', 1, 0),
            b'!' => State::Bang,
            _ => {
                self.tag = 0;
                self.state = State::Tag;
                return 0;
            }
        };
        out.bytes.push(byte);
        1
    }

    fn bang(&mut self, byte: u8, out: &mut Out) -> usize {
        self.state = match byte {
            b'[' => State::Known(CDATA, 1),
            b'-' => State::Known(COMMENT, 1),
            // Only one: the next is refused.
            b'D' if self.doctype == Doctype::LeftOut => {
                self.doctype = Doctype::Refused;
                out.drop(&[byte]);
                self.state = State::Known(DOCTYPE, 1);
                return 1;
            }
            _ => {
                self.refused = Some(Gap::Doctype);
                return 0;
            }
        };
        out.bytes.push(byte);
        1
    }

    fn known(&mut self, byte: u8, what: &'static [u8], seen: usize, out: &mut Out) -> usize {
        if what[seen] != byte {
            self.refused = Some(Gap::Doctype);
            return 0;
        }
        if what == DOCTYPE {
            out.drop(&[byte]);
        } else {
            out.bytes.push(byte);
        }
        self.state = if seen + 1 < what.len() {
            State::Known(what, seen + 1)
        } else if what == DOCTYPE {
            self.tag = 0;
            State::Declared(None)
        } else {
            State::Until(if what == CDATA { b']' } else { b'-' }, 2, 0)
        };
        1
    }

    fn tag(&mut self, rest: &[u8], out: &mut Out) -> usize {
        let end = memchr::memchr3(b'>', b'"', b'\'', rest);
        let used = end.map_or(rest.len(), |end| end + 1);
        let mut room = self.limit.saturating_sub(self.tag);
        while rest.get(room).is_some_and(|byte| byte & 0xc0 == 0x80) {
            room -= 1;
        }
        out.bytes.extend_from_slice(&rest[..used.min(room)]);
        if used > room {
            self.refused = Some(Gap::TooLarge);
            return 0;
        }
        self.tag += used;
        if let Some(end) = end {
            self.state = if rest[end] == b'>' {
                State::Text
            } else {
                self.value.restart();
                State::Value(rest[end])
            };
        }
        used
    }

    fn value(&mut self, rest: &[u8], quote: u8, out: &mut Out) -> usize {
        let end = memchr::memchr(quote, rest);
        let run = &rest[..end.unwrap_or(rest.len())];
        let before = out.bytes.len();
        self.value.pass(run, true, out);
        self.tag += out.bytes.len() - before;
        let Some(end) = end else { return rest.len() };
        out.bytes.push(quote);
        self.state = State::Tag;
        end + 1
    }

    fn until(&mut self, rest: &[u8], sign: u8, need: u8, seen: u8, out: &mut Out) -> usize {
        if seen == 0 {
            let end = memchr::memchr(sign, rest).unwrap_or(rest.len());
            self.text.pass(&rest[..end], false, out);
            if end < rest.len() {
                self.state = State::Until(sign, need, 1);
                return end + 1;
            }
            return end;
        }
        let byte = rest[0];
        if byte == b'>' && seen == need {
            out.bytes.extend(std::iter::repeat_n(sign, usize::from(need)));
            out.bytes.push(b'>');
            self.text.restart();
            self.state = State::Text;
            return 1;
        }
        // One too many, or none: the first of those held back was text.
        let held = [sign; 2];
        if byte == sign {
            if seen < need {
                self.state = State::Until(sign, need, seen + 1);
            } else {
                self.text.pass(&held[..1], false, out);
            }
            return 1;
        }
        self.text.pass(&held[..usize::from(seen)], false, out);
        self.state = State::Until(sign, need, 0);
        0
    }
}
