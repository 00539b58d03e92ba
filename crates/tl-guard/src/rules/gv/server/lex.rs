//! Where code is, and where comments, documentation and strings are.

use std::ops::Range;

use super::program::Language;

/// The text twice, each byte at its place: without comments and documentation, and without the insides
/// of strings as well. What is put into a string (`f"{x}"`, `${x}`) stays in both.
pub(super) fn lex(text: &str, language: Language) -> (String, String) {
    let bytes = text.as_bytes();
    let mut lexer = Lexer { bytes, code: bytes.to_vec(), mask: bytes.to_vec(), language };
    lexer.run();
    let Lexer { code, mask, .. } = lexer;
    // Whole strings and comments were blanked, so what is left is UTF-8; if not, all is code.
    let whole = |bytes| String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned());
    (whole(code), whole(mask))
}

struct Lexer<'a> {
    bytes: &'a [u8],
    code: Vec<u8>,
    mask: Vec<u8>,
    language: Language,
}

impl Lexer<'_> {
    fn run(&mut self) {
        let mut at = 0;
        // the last byte of code that is no blank
        let mut last = b'\n';
        while let Some(&byte) = self.bytes.get(at) {
            let python = self.language == Language::Python;
            match byte {
                b'#' if python => at = self.comment(at, b"\n"),
                b'/' if !python && self.starts(at, b"//") => at = self.comment(at, b"\n"),
                b'/' if !python && self.starts(at, b"/*") => at = self.comment(at, b"*/"),
                b'/' if self.language == Language::Script && begins_pattern(last) => {
                    at = self.pattern(at);
                    last = b'/';
                }
                b'"' | b'\'' if python && self.starts(at, &[byte; 3]) => {
                    let end = find(self.bytes, at + 3, &[byte; 3]);
                    if self.alone(at) && !matches!(last, b'(' | b',' | b'=' | b'+' | b'[' | b'{') {
                        blank(&mut self.code, at..end);
                        blank(&mut self.mask, at..end);
                    } else {
                        self.string(at, end, 3);
                    }
                    (at, last) = (end, byte);
                }
                b'"' | b'\'' => {
                    let end = line_string_end(self.bytes, at);
                    self.string(at, end, 1);
                    (at, last) = (end, byte);
                }
                b'`' if !python => {
                    let end = self.template_end(at);
                    self.string(at, end, 1);
                    (at, last) = (end, byte);
                }
                _ => {
                    if !byte.is_ascii_whitespace() {
                        last = byte;
                    }
                    at += 1;
                }
            }
        }
    }

    fn starts(&self, at: usize, what: &[u8]) -> bool {
        self.bytes[at..].starts_with(what)
    }

    /// Whether only blanks and the letters of a string's kind stand before on the line.
    fn alone(&self, at: usize) -> bool {
        let line = self.bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        self.bytes[line..at].iter().all(|b| matches!(b, b' ' | b'\t' | b'r' | b'R' | b'u' | b'U'))
    }

    fn comment(&mut self, at: usize, end: &[u8]) -> usize {
        let end = find(self.bytes, at + 1, end);
        blank(&mut self.code, at..end);
        blank(&mut self.mask, at..end);
        end
    }

    /// Behind a regular expression; behind the sign, where none ends on this line.
    fn pattern(&mut self, at: usize) -> usize {
        let (mut next, mut class) = (at + 1, false);
        while let Some(byte) = self.bytes.get(next) {
            match byte {
                b'\n' => return at + 1,
                b'\\' => next += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    blank(&mut self.mask, at + 1..next);
                    return next + 1;
                }
                _ => {}
            }
            next += 1;
        }
        at + 1
    }

    /// Behind a template, whose `${}` may hold templates.
    fn template_end(&self, at: usize) -> usize {
        let (mut next, mut open) = (at + 1, Vec::new());
        while let Some(byte) = self.bytes.get(next) {
            match (byte, open.last()) {
                (b'\\', _) => next += 1,
                (b'`', None) => return next + 1,
                (b'`', Some(b'`')) => {
                    open.pop();
                }
                (b'`', Some(_)) => open.push(b'`'),
                (b'$', None | Some(b'`'))
                    if self.language == Language::Script && self.starts(next, b"${") =>
                {
                    open.push(b'{');
                    next += 1;
                }
                (b'{', Some(b'{')) => open.push(b'{'),
                (b'}', Some(b'{')) => {
                    open.pop();
                }
                _ => {}
            }
            if open.len() > 64 {
                break;
            }
            next += 1;
        }
        self.bytes.len()
    }

    /// Blanks a string in the mask but what is put into it.
    fn string(&mut self, at: usize, end: usize, quotes: usize) {
        let start = (at + quotes).min(end);
        // A string that its line or the file cuts has no quote at its end.
        let closed = end - start >= quotes && self.bytes[end - 1] == self.bytes[at];
        let inside = start..if closed { end - quotes } else { end };
        let before = self.bytes[..at].iter().rev().take(2);
        let formatted = match self.language {
            Language::Python => {
                before.take_while(|b| b.is_ascii_alphabetic()).any(|b| matches!(b, b'f' | b'F'))
            }
            Language::Script => self.bytes[at] == b'`',
            Language::Go => false,
        };
        if !formatted {
            return blank(&mut self.mask, inside);
        }
        let script = self.language == Language::Script;
        let (mut depth, mut next) = (0_usize, inside.start);
        while next < inside.end {
            let byte = self.bytes[next];
            let opens = byte == b'{' && (depth > 0 || !script || self.bytes[next - 1] == b'$');
            if opens && depth == 0 && !script && self.bytes.get(next + 1) == Some(&b'{') {
                blank(&mut self.mask, next..next + 2);
                next += 2;
                continue;
            }
            if opens {
                depth += 1;
            } else if byte == b'}' && depth > 0 {
                depth -= 1;
            } else if depth == 0
                && !(script && byte == b'$' && self.bytes.get(next + 1) == Some(&b'{'))
            {
                blank(&mut self.mask, next..next + 1);
            }
            next += 1;
        }
    }
}

/// Whether a `/` behind this byte begins a regular expression.
const fn begins_pattern(last: u8) -> bool {
    matches!(
        last,
        b'(' | b',' | b'=' | b':' | b'[' | b'!' | b'&' | b'|' | b'?' | b'{' | b';' | b'\n'
    )
}

fn blank(out: &mut [u8], range: Range<usize>) {
    for byte in &mut out[range] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    let from = from.min(bytes.len());
    let found = bytes[from..].windows(what.len()).position(|window| window == what);
    found.map_or(bytes.len(), |n| from + n + what.len())
}

/// Byte behind a string of one line; it ends with the line at the latest.
fn line_string_end(bytes: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while let Some(byte) = bytes.get(next) {
        match byte {
            b'\\' => next += 1,
            b'\n' => return next,
            b if *b == bytes[at] => return next + 1,
            _ => {}
        }
        next += 1;
    }
    bytes.len()
}
