//! JSON documents cut into records without holding one whole: concatenated values, arrays, and the
//! lists that APIs wrap into an object.
//!
//! In: bytes. Out: the text of one object (or nested array) at a time, and its line. **Invariant:**
//! never more than one record in memory; what is cut is checked by whoever parses it.

use super::RECORD_LIMIT;

/// Members of an object that hold a list of records: Jira, GitHub, Azure DevOps, Bitbucket,
/// CircleCI, PagerDuty, Statuspage.
pub(super) const LISTS: [&str; 8] =
    ["issues", "workflow_runs", "check_runs", "jobs", "value", "values", "items", "incidents"];

/// What the splitter found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A record is in [`Splitter::record`].
    Record,
    /// A record over the limit was passed over.
    TooLong,
    /// Text that belongs to no value.
    Stray,
    /// The list ended, and with it records of this form.
    Nothing,
}

/// The state of cutting.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// The record in hand.
    pub(super) record: Vec<u8>,
    /// Line on which the record in hand, or the stray text, begins.
    pub(super) line: u64,
    /// Line of the byte in hand, from 0.
    lines: u64,
    /// How many brackets are open.
    depth: usize,
    /// Depth at which records stand: 0, 1 in an array, 2 in a list within an object.
    base: usize,
    /// Inside a record.
    inside: bool,
    /// The record is over the limit; its bytes are not kept.
    long: bool,
    text: bool,
    escaped: bool,
    /// The last text at depth 1 of an object, as bytes of `record`.
    name: (usize, usize),
    /// After the list of an object: the rest of it is no record.
    rest: bool,
    /// The last byte was a newline.
    fresh: bool,
    /// Stray text was reported and goes on.
    stray: bool,
}

impl Splitter {
    /// Takes bytes until something is found: how many were taken, and what.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, Found) {
        for (index, &byte) in bytes.iter().enumerate() {
            let found = self.byte(byte);
            self.fresh = byte == b'\n';
            self.lines += u64::from(self.fresh);
            if found != Found::Nothing {
                return (index + 1, found);
            }
        }
        (bytes.len(), Found::Nothing)
    }

    /// Whether the input may end here.
    pub(super) const fn is_between(&self) -> bool {
        self.depth == 0 && !self.inside
    }

    fn byte(&mut self, byte: u8) -> Found {
        if self.long && self.fresh && byte == b'{' {
            // A record that never closed would swallow all that follows: an object at the very
            // beginning of a line begins anew.
            *self = Self { line: self.lines + 1, lines: self.lines, ..Self::default() };
            self.begin(byte);
            return Found::TooLong;
        }
        if self.inside {
            return self.within(byte);
        }
        if self.rest {
            self.pass(byte);
            return Found::Nothing;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x1E => {
                self.stray = false;
                Found::Nothing
            }
            b'[' if self.depth == 0 => {
                (self.depth, self.base) = (1, 1);
                Found::Nothing
            }
            b'{' | b'[' => {
                self.begin(byte);
                Found::Nothing
            }
            b']' | b'}' if self.depth > 0 => {
                self.depth -= 1;
                self.rest = self.depth > 0;
                self.base = 0;
                Found::Nothing
            }
            _ if self.stray => Found::Nothing,
            _ => {
                self.stray = true;
                self.line = self.lines + 1;
                Found::Stray
            }
        }
    }

    fn begin(&mut self, byte: u8) {
        self.record.clear();
        self.record.push(byte);
        self.line = self.lines + 1;
        self.inside = true;
        self.long = false;
        self.stray = false;
        self.depth += 1;
        self.name = (0, 0);
    }

    /// A byte of a record.
    fn within(&mut self, byte: u8) -> Found {
        if !self.long && self.record.len() < RECORD_LIMIT {
            self.record.push(byte);
        } else if !self.long {
            self.long = true;
            self.record.clear();
            self.record.shrink_to(1 << 20);
        }
        if self.text {
            self.in_text(byte);
            return Found::Nothing;
        }
        match byte {
            b'"' => {
                self.text = true;
                if self.depth == 1 {
                    self.name.0 = self.record.len();
                }
            }
            b'[' if self.depth == 1 && self.is_list() => {
                (self.depth, self.base, self.inside) = (2, 2, false);
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == self.base {
                    self.inside = false;
                    return if self.long { self.end_long() } else { Found::Record };
                }
            }
            _ => (),
        }
        Found::Nothing
    }

    fn end_long(&mut self) -> Found {
        self.long = false;
        Found::TooLong
    }

    fn in_text(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.text = false;
            if self.depth == 1 {
                self.name.1 = self.record.len().saturating_sub(1);
            }
        }
    }

    /// Whether the array that begins is a list of records: `"issues": [` of an outermost object.
    fn is_list(&self) -> bool {
        let outermost = self.base == 0 && self.record.first() == Some(&b'{') && !self.long;
        let (from, to) = self.name;
        let Some(name) = self.record.get(from..to) else { return false };
        let between = self.record.get(to + 1..self.record.len() - 1).unwrap_or_default();
        outermost
            && LISTS.iter().any(|list| list.as_bytes() == name)
            && between.contains(&b':')
            && between.iter().all(|byte| b": \t\r\n".contains(byte))
    }

    /// A byte behind the list of an object.
    fn pass(&mut self, byte: u8) {
        if self.text {
            self.in_text(byte);
            return;
        }
        match byte {
            b'"' => self.text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                self.rest = self.depth > 0;
            }
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `line: text` of each record, with what else was found; fed `size` bytes at a time.
    fn cut(text: &str, size: usize) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for mut chunk in text.as_bytes().chunks(size) {
            while !chunk.is_empty() {
                let (taken, what) = splitter.take(chunk);
                chunk = &chunk[taken..];
                match what {
                    Found::Record => found.push(format!(
                        "{}: {}",
                        splitter.line,
                        String::from_utf8_lossy(&splitter.record).replace('\n', " ")
                    )),
                    Found::Nothing => (),
                    other => found.push(format!("{}: {other:?}", splitter.line)),
                }
            }
        }
        if !splitter.is_between() {
            found.push(format!("{}: open", splitter.line));
        }
        found
    }

    #[test]
    fn arrays_concatenated_values_and_lists_of_apis_are_cut_into_records() {
        for (text, records) in [
            (
                "[{\"a\":1},\n {\"a\":[2]}][{\"a\":\"]\\\"}\"}]",
                &["1: {\"a\":1}", "2: {\"a\":[2]}", "2: {\"a\":\"]\\\"}\"}"][..],
            ),
            ("{\n\"a\": {}\n}\n{}", &["1: { \"a\": {} }", "4: {}"]),
            (
                "{\"total\":2, \"issues\" :\n[{\"k\":1},{\"issues\":[3]}], \"x\":{\"y\":[\"]\"]}}{\"k\":2}",
                &["2: {\"k\":1}", "2: {\"issues\":[3]}", "2: {\"k\":2}"],
            ),
            ("{\"note\":\"issues\",\"list\":[1]}", &["1: {\"note\":\"issues\",\"list\":[1]}"]),
            ("{\"a\":{\"issues\":[1]}}", &["1: {\"a\":{\"issues\":[1]}}"]),
            ("[[{}],[{}]]", &["1: [{}]", "1: [{}]"]),
            ("{} x y\n{}", &["1: {}", "1: Stray", "1: Stray", "2: {}"]),
            ("[{\"a\":1},\n{\"a\":", &["1: {\"a\":1}", "2: open"]),
            ("[{}", &["1: {}", "1: open"]),
        ] {
            for size in [1, 3, 1000] {
                assert_eq!(cut(text, size), records, "{text}");
            }
        }
    }

    #[test]
    fn a_record_over_the_limit_is_passed_over_and_the_next_is_found() {
        let long = format!("{{\"a\":\"{}\"", "x".repeat(RECORD_LIMIT));
        let closed = format!("[{long}}},\n{{\"b\":1}}]");
        assert_eq!(cut(&closed, 65_536), ["1: TooLong", "2: {\"b\":1}"]);
        let open = format!("{long}\n{{\"b\":1}}\n");
        assert_eq!(cut(&open, 65_536), ["2: TooLong", "2: {\"b\":1}"]);
    }
}
