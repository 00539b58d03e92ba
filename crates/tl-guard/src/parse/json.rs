//! JSON as clients read it: with comments, trailing commas and a byte order mark.
//!
//! In: text. Out: [`Node`]. Own parser, because no published one keeps spans and both values of
//! a key that is there twice, and is bounded. What `serde_json` reads is read the same way.

use super::{Data, Limits, Member, Node, ParseError, line_of};

/// Reads one document.
pub fn parse(text: &str, limits: Limits) -> Result<Node, ParseError> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        nodes: 0,
        limits,
        members: Vec::new(),
        items: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        parser.at = '\u{feff}'.len_utf8();
    }
    let node = parser.value(0)?;
    parser.blank()?;
    if parser.at < parser.bytes.len() {
        return Err(parser.problem("text behind the end of the document"));
    }
    Ok(node)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    limits: Limits,
    /// Of the maps that are open, one behind another: each gets as much room as it needs in the end.
    members: Vec<Member>,
    /// The same of lists.
    items: Vec<Node>,
}

impl Parser<'_> {
    fn problem(&self, problem: &str) -> ParseError {
        ParseError::Syntax { line: line_of(self.text, self.at), problem: problem.to_owned() }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Skips white space and comments.
    fn blank(&mut self) -> Result<(), ParseError> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') => match self.bytes.get(self.at + 1) {
                    Some(b'/') => {
                        let rest = &self.bytes[self.at..];
                        self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    }
                    Some(b'*') => {
                        let Some(length) = self.text[self.at + 2..].find("*/") else {
                            return Err(self.problem("comment without an end"));
                        };
                        self.at += length + 4;
                    }
                    _ => return Err(self.problem("`/` outside a string")),
                },
                _ => return Ok(()),
            }
        }
    }

    /// `depth` of recursion is bounded by [`Limits::depth`].
    fn value(&mut self, depth: usize) -> Result<Node, ParseError> {
        self.blank()?;
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            let limit = self.limits.nodes;
            return Err(ParseError::TooMany { line: line_of(self.text, self.at), limit });
        }
        let start = self.at;
        let data = match self.peek() {
            Some(b'{' | b'[') if depth >= self.limits.depth => {
                let limit = self.limits.depth;
                return Err(ParseError::TooDeep { line: line_of(self.text, start), limit });
            }
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Data::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
            None => return Err(self.problem("the document ends where a value should be")),
        };
        Ok(Node { start, end: self.at, data })
    }

    fn map(&mut self, depth: usize) -> Result<Data, ParseError> {
        self.at += 1;
        let first = self.members.len();
        loop {
            self.blank()?;
            match self.peek() {
                Some(b'}') => break,
                Some(b'"') => {}
                _ => return Err(self.problem("expected a key in quotes, or `}`")),
            }
            let start = self.at;
            let key = self.string()?;
            self.blank()?;
            if self.peek() != Some(b':') {
                return Err(self.problem("expected `:` behind a key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            self.members.push(Member { key, start, value });
            self.blank()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.problem("expected `,` or `}`")),
            }
        }
        self.at += 1;
        Ok(Data::Map(self.members.drain(first..).collect()))
    }

    fn list(&mut self, depth: usize) -> Result<Data, ParseError> {
        self.at += 1;
        let first = self.items.len();
        loop {
            self.blank()?;
            if self.peek() == Some(b']') {
                break;
            }
            let item = self.value(depth + 1)?;
            self.items.push(item);
            self.blank()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.problem("expected `,` or `]`")),
            }
        }
        self.at += 1;
        Ok(Data::List(self.items.drain(first..).collect()))
    }

    fn word(&mut self) -> Result<Data, ParseError> {
        let rest = &self.text[self.at..];
        for (word, data) in
            [("null", Data::Null), ("true", Data::Bool(true)), ("false", Data::Bool(false))]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(data);
            }
        }
        Err(self.problem("expected a value"))
    }

    fn number(&mut self) -> Result<Data, ParseError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let literal = &self.text[start..self.at];
        if is_number(literal) {
            return Ok(Data::Number(literal.to_owned()));
        }
        self.at = start;
        Err(self.problem("a number that JSON does not have"))
    }

    /// `at` is at the opening quote.
    fn string(&mut self) -> Result<String, ParseError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.bytes[self.at..];
            let Some(plain) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                return Err(self.problem("string without an end"));
            };
            out.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => self.escape(&mut out)?,
                _ => return Err(self.problem("string without an end on its line")),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), ParseError> {
        let letter = self.bytes.get(self.at + 1).copied();
        let plain = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_unit(out),
            _ => return Err(self.problem("an escape that JSON does not have")),
        };
        out.push(plain);
        self.at += 2;
        Ok(())
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }

    /// `\u` with four digits, or two of them. Half a pair becomes U+FFFD: JavaScript's parser takes it.
    fn code_unit(&mut self, out: &mut String) -> Result<(), ParseError> {
        let Some(first) = self.hex(self.at + 2) else {
            return Err(self.problem("`\\u` without four hexadecimal digits"));
        };
        self.at += 6;
        let paired = (0xD800..0xDC00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u");
        let second = paired.then(|| self.hex(self.at + 2)).flatten();
        let code = match second {
            Some(low) if (0xDC00..0xE000).contains(&low) => {
                self.at += 6;
                0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00)
            }
            _ => first,
        };
        out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(())
    }
}

fn is_number(literal: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = literal.strip_prefix('-').unwrap_or(literal);
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::path::Path;

    fn read(text: &str) -> Result<Value, ParseError> {
        parse(text, Limits::default()).map(|node| node.value())
    }

    #[test]
    fn comments_trailing_commas_and_a_mark_are_read() {
        let text = "\u{feff}// head\n{ \"a\": [1, 2,], /* b */ \"b\": {\"c\": null,}, }\n// end";
        assert_eq!(read(text), Ok(json!({"a": [1, 2], "b": {"c": null}})));
    }

    #[test]
    fn a_key_that_is_there_twice_keeps_both_values() {
        let text = r#"{"m": {"command": "a", "command": "b"}}"#;
        let node = parse(text, Limits::default()).unwrap();
        let twice = node.duplicates();
        assert_eq!(twice.len(), 1);
        assert_eq!(twice[0].path, "m.command");
        assert_eq!((twice[0].first.text(), twice[0].second.value.text()), (Some("a"), Some("b")));
        assert_eq!(node.path(&["m", "command"]).and_then(Node::text), Some("b"));
    }

    #[test]
    fn a_key_twice_with_the_same_value_is_no_difference() {
        let twice = |text: &str| {
            let node = parse(text, Limits::default()).unwrap();
            (node.duplicates().len(), node.duplicate().map(|twice| twice.path))
        };
        let both = Some("a".to_owned());
        for (text, differing) in [
            (r#"{"a": {"b": [1, 20.0]}, "a": {"b": [1, 2e1]}}"#, 0),
            (r#"{"a": {"b": 1, "c": 2}, "a": {"c": 2, "b": 1}}"#, 0),
            (r#"{"a": {"b": 1}, "a": {"b": 1, "c": 2}}"#, 1),
            (r#"{"a": [1], "a": [1, 2]}"#, 1),
            (r#"{"a": 1, "a": "1"}"#, 1),
        ] {
            assert_eq!(twice(text), (differing, both.clone()), "{text}");
        }
        assert_eq!(twice(r#"{"a": {"b": 1}, "c": {"b": 1}}"#), (0, None));
    }

    #[test]
    fn duplicates_without_number_under_a_key_without_end_take_little() {
        let key = "k".repeat(1 << 20);
        let many: String = (0..100_000).map(|n| format!("\"a\":{n},")).collect();
        let text = format!("{{\"{key}\":{{{many}}}}}");
        let node = parse(&text, Limits::default()).unwrap();
        let twice = node.duplicates();
        assert_eq!(twice.len(), Node::DUPLICATES);
        assert!(twice.iter().all(|twice| twice.path.len() < 200));
    }

    #[test]
    fn large_values_of_keys_within_keys_are_not_compared_at_each_level() {
        let large = format!("[{}0]", "0,".repeat(200_000));
        let text = (0..120).fold(large, |inner, _| format!("{{\"a\":0,\"a\":{inner}}}"));
        let node = parse(&text, Limits::default()).unwrap();
        assert_eq!(node.duplicates().len(), Node::DUPLICATES.min(120));
    }

    #[test]
    fn errors_name_their_line() {
        for (text, line) in [
            ("{\n\"a\" 1}", 2),
            ("{\"a\": \"x\ny\"}", 1),
            ("[1]\n\n[2]", 3),
            ("/* no end", 1),
            ("[01]", 1),
            ("{\"a\":1", 1),
            ("", 1),
            ("[\"\\x\"]", 1),
            ("[tru]", 1),
        ] {
            assert_eq!(read(text).unwrap_err().line(), line, "{text}");
        }
    }

    #[test]
    fn depth_and_number_of_nodes_are_bounded() {
        let deep = "[".repeat(100_000);
        assert!(matches!(read(&deep), Err(ParseError::TooDeep { limit: 128, .. })));
        let many = format!("[{}1]", "1,".repeat(50));
        let few = Limits { nodes: 20, ..Limits::default() };
        assert!(matches!(parse(&many, few), Err(ParseError::TooMany { limit: 20, .. })));
    }

    #[test]
    fn half_of_a_pair_of_code_units_is_a_replacement_character() {
        assert_eq!(read(r#"["\ud83d\ude00", "\ud83d", "\ud83dx"]"#).unwrap()[0], "\u{1f600}");
        assert_eq!(read(r#"["\ud83d"]"#).unwrap()[0], "\u{fffd}");
    }

    #[test]
    fn spans_are_those_of_the_text() {
        let text = "{\n  \"a\": {\"b\": \"\u{e9}x\"}\n}";
        let node = parse(text, Limits::default()).unwrap();
        let leaf = node.path(&["a", "b"]).unwrap();
        assert_eq!(&text[leaf.start..leaf.end], "\"\u{e9}x\"");
        assert_eq!(super::super::Lines::of(text).at(leaf.start), (2, 14));
    }

    proptest! {
        /// Whatever `serde_json` reads is read here, with the same value.
        #[test]
        fn agrees_with_serde_json(text in r#"[\[\]{}:,"\\a-u0-9eE+. \n-]{0,40}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(read(&text), Ok(value));
            }
        }

        #[test]
        fn never_panics(text in ".{0,200}") {
            drop(read(&text));
        }
    }

    fn json_files(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                json_files(&path, found);
            } else if path.extension().is_some_and(|e| e == "json") {
                found.push(path);
            }
        }
    }

    #[test]
    fn agrees_with_serde_json_on_real_documents() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        let mut files = Vec::new();
        json_files(&data, &mut files);
        let mut read_alike = 0;
        for file in files {
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                assert_eq!(read(&text), Ok(value), "{}", file.display());
                read_alike += 1;
            }
        }
        assert!(read_alike > 200, "only {read_alike} documents: is the data there?");
    }
}
