//! Texts that a program puts together of literals, as they are when it runs.
//!
//! In: program text and a place in it. Out: [`Said`]. Start at [`Reader::read`] for the expression at a place
//! (literals behind each other, `+`, brackets, `dedent(..)`, `[..].join(..)`, templates), and at [`joined`] for a
//! stretch of a program with literals in it. What is put into a text from elsewhere is a blank. Any text is
//! read, to [`WORK`] bytes of expressions in one file and [`DEPTH`] brackets.

use std::ops::Range;

use super::program::{Language, patterns};
use crate::text::unit::OffsetMap;

/// Brackets in brackets that are read.
const DEPTH: usize = 16;
/// Bytes of one expression.
const LONGEST: usize = 64 << 10;
/// Bytes of a call that is passed over.
const SKIPPED: usize = 4 << 10;
/// Names of one file that are looked up.
const NAMES: usize = 1_000;
/// Bytes of all expressions of a file.
const WORK: usize = 4 << 20;

/// Marks that open a text, the longer ones first.
const MARKS: [&str; 5] = ["\"\"\"", "'''", "\"", "'", "`"];

/// What a program says to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Bytes of the file.
    pub(crate) range: Range<usize>,
    /// The text, and the way from it into `range`; none where that is the text already.
    pub(crate) text: Option<(String, OffsetMap)>,
    /// An answer to the model, and no description.
    pub(crate) answer: bool,
}

impl From<Range<usize>> for Said {
    fn from(range: Range<usize>) -> Self {
        Self { range, text: None, answer: false }
    }
}

patterns! {
    /// A name, with what it is a member of, to what stands behind it.
    NAME = r"^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*";
    PREFIX = r#"^[rRuUbBfF]{0,2}["']"#;
    /// Calls that give back the text that they are given, but for blanks.
    SAME = r"(?:^|\.)(?:dedent|cleandoc|stripIndent|oneLine|outdent|String|str|_|gettext|trim|stripMargin)$";
}

/// A text with the places that its parts come from.
#[derive(Debug, Default)]
struct Joined {
    text: String,
    /// Places of the file until the end, then of the range.
    map: Vec<(usize, usize)>,
    /// Where the next byte comes from, if nothing changes.
    next: Option<usize>,
    end: usize,
}

impl Joined {
    fn push(&mut self, piece: &str, from: usize, length: usize) {
        if self.next != Some(from) {
            self.map.push((self.text.len(), from));
        }
        self.text.push_str(piece);
        self.end = self.end.max(from + length);
        self.next = (piece.len() == length).then_some(from + length);
    }

    /// A blank for what is not known.
    fn gap(&mut self, from: usize) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(" ", from, 0);
        }
    }

    fn said(self) -> Option<Said> {
        let start = self.map.first().map(|(_, from)| *from)?;
        if self.text.trim().is_empty() {
            return None;
        }
        let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let map = self.map.iter().map(|(at, from)| (short(*at), short(from.saturating_sub(start))));
        let text = Some((self.text, OffsetMap(map.collect())));
        Some(Said { range: start..self.end.max(start), text, answer: false })
    }
}

/// Reads expressions of one file.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    language: Option<Language>,
    left: usize,
    /// End of the expression that is read, at the latest.
    until: usize,
    /// Names in the expression.
    names: Vec<Range<usize>>,
    /// Names that were looked up so far, each in the whole file.
    looked_up: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str, language: Option<Language>) -> Self {
        Self { text, language, left: WORK, until: 0, names: Vec::new(), looked_up: 0 }
    }

    /// Whether not all was read.
    pub(super) const fn over(&self) -> bool {
        self.left == 0 || self.looked_up > NAMES
    }

    /// The text at `at`, and those of the names in it.
    pub(super) fn read(&mut self, at: usize) -> Vec<Said> {
        self.read_below(at, None)
    }

    /// The same, of names that a function gives a value, too.
    pub(super) fn read_below(&mut self, at: usize, body: Option<&Range<usize>>) -> Vec<Said> {
        let mut out = Vec::new();
        out.extend(self.one(at));
        for name in std::mem::take(&mut self.names).into_iter().take(DEPTH) {
            if self.looked_up >= NAMES {
                // The texts themselves are read all the same.
                self.looked_up = NAMES + 1;
                break;
            }
            self.looked_up += 1;
            let name = &self.text[name];
            let own = body.and_then(|body| {
                let at = assigned(&self.text[body.clone()], name)?;
                Some(body.start + at)
            });
            // In a function a small name is one of its own.
            let outside = body.is_none() || !name.bytes().any(|b| b.is_ascii_lowercase());
            if let Some(place) = own.or_else(|| outside.then(|| self.value(name)).flatten()) {
                out.extend(self.one(place));
            }
        }
        out
    }

    /// The text at `at`, and where the expression ends.
    pub(super) fn behind(&mut self, at: usize) -> Option<(Option<Said>, usize)> {
        if self.left == 0 {
            return None;
        }
        self.names.clear();
        let mut joined = Joined::default();
        self.until = self.text.floor_char_boundary((at + LONGEST).min(self.text.len()));
        let end = self.sum(at, &mut joined, 0);
        self.left = self.left.saturating_sub(end.unwrap_or(at).max(at) - at + 1);
        end.map(|end| (joined.said(), end))
    }

    fn one(&mut self, at: usize) -> Option<Said> {
        self.behind(at).and_then(|(said, _)| said)
    }

    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..self.until).unwrap_or("")
    }

    /// Behind blanks, comments and joined lines.
    fn blank(&self, mut at: usize) -> usize {
        loop {
            let rest = self.rest(at);
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            let python = self.language == Some(Language::Python);
            let comment = if python { trimmed.starts_with('#') } else { trimmed.starts_with("//") };
            if comment {
                at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else if trimmed.starts_with("\\\n") {
                at += 2;
            } else {
                return at;
            }
        }
    }

    /// Terms behind each other, or with `+` between them; where they end.
    fn sum(&mut self, at: usize, out: &mut Joined, depth: usize) -> Option<usize> {
        let mut end = self.term(self.blank(at), out, depth)?;
        loop {
            let mut next = self.blank(end);
            let rest = self.rest(next);
            if rest.starts_with('+') && !rest.starts_with("+=") && !rest.starts_with("++") {
                next = self.blank(next + 1);
            } else if self.mark(next).is_none() {
                return Some(end);
            }
            match self.term(next, out, depth) {
                Some(behind) => end = behind,
                None => return Some(end),
            }
        }
    }

    /// The mark that opens a literal, with its length before the text, and whether it is raw.
    fn mark(&self, at: usize) -> Option<(&'static str, usize, bool)> {
        let rest = self.rest(at);
        let letters = PREFIX.find(rest).map_or(0, |found| found.len() - 1);
        let mark = MARKS.into_iter().find(|mark| rest[letters..].starts_with(mark))?;
        let raw = rest[..letters].contains(['r', 'R'])
            || mark == "`" && self.language == Some(Language::Go);
        Some((mark, letters + mark.len(), raw))
    }

    fn term(&mut self, at: usize, out: &mut Joined, depth: usize) -> Option<usize> {
        if depth > DEPTH || at >= self.until {
            return None;
        }
        if let Some((mark, length, raw)) = self.mark(at) {
            let inside = at + length..at + length + closing(self.rest(at + length), mark)?;
            contents(self.text, inside.clone(), (mark == "`", raw), out);
            return Some(self.members(inside.end + mark.len(), out, depth));
        }
        let rest = self.rest(at);
        if rest.starts_with(['(', '[']) {
            let mut end = self.list(at + 1, out, depth)?;
            end = self.blank(end);
            self.rest(end).starts_with([')', ']']).then_some(())?;
            return Some(self.members(end + 1, out, depth));
        }
        let name = NAME.find(rest)?;
        let behind = at + name.len();
        if self.rest(behind).starts_with('`') {
            return self.term(behind, out, depth + 1);
        }
        let open = self.blank(behind);
        if self.rest(open).starts_with('(') {
            if SAME.is_match(name.as_str()) {
                let _ = self.sum(open + 1, out, depth + 1);
            } else {
                out.gap(at);
            }
            return Some(self.members(self.skip(open)?, out, depth));
        }
        if !matches!(name.as_str(), "None" | "null" | "undefined" | "True" | "False" | "nil") {
            self.names.push(at..behind);
        }
        out.gap(at);
        if self.rest(behind).starts_with('[') {
            return self.skip(behind);
        }
        Some(behind)
    }

    /// Texts with commas between them.
    fn list(&mut self, at: usize, out: &mut Joined, depth: usize) -> Option<usize> {
        let mut end = self.sum(at, out, depth + 1)?;
        loop {
            let comma = self.blank(end);
            if !self.rest(comma).starts_with(',') {
                return Some(end);
            }
            let next = self.blank(comma + 1);
            if self.rest(next).starts_with([')', ']']) {
                return Some(next);
            }
            out.gap(comma);
            end = self.sum(next, out, depth + 1)?;
        }
    }

    /// Behind `.strip()` and the like; what is joined is read.
    fn members(&mut self, mut at: usize, out: &mut Joined, depth: usize) -> usize {
        loop {
            let dot = self.blank(at);
            let Some(name) = self.rest(dot).strip_prefix('.').and_then(|rest| NAME.find(rest))
            else {
                return at;
            };
            let open = dot + 1 + name.len();
            if !self.rest(open).starts_with('(') {
                return at;
            }
            let inside = self.blank(open + 1);
            if name.as_str() == "join" && self.rest(inside).starts_with(['[', '(']) {
                let _ = self.term(inside, out, depth + 1);
            }
            match self.skip(open) {
                Some(end) => at = end,
                None => return at,
            }
        }
    }

    /// Behind the bracket that closes the one at `open`.
    fn skip(&self, open: usize) -> Option<usize> {
        let (mut depth, mut at) = (0_usize, open);
        let until = self.until.min(open + SKIPPED);
        while at < until {
            match self.text.as_bytes()[at] {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                b'"' | b'\'' | b'`' => {
                    if let Some((mark, length, _)) = self.mark(at)
                        && let Some(end) = closing(self.rest(at + length), mark)
                    {
                        at += length + end + mark.len();
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Where the value of a name stands that is given one at the beginning of a line, or of a member of such a one.
    fn value(&self, name: &str) -> Option<usize> {
        let (root, member) = name.split_once('.').map_or((name, None), |(a, b)| (a, Some(b)));
        let at = assigned(self.text, root)?;
        let Some(member) = member else { return Some(at) };
        let far = self.text.floor_char_boundary((at + LONGEST).min(self.text.len()));
        let object = self.text[at..far].starts_with('{').then(|| &self.text[at..far])?;
        let mut from = 0;
        while let Some(found) = object[from..].find(member) {
            let found = from + found;
            from = found + member.len();
            let word = |c: char| c.is_alphanumeric() || c == '_';
            if object[..found].ends_with(word) {
                continue;
            }
            let behind = object[from..].trim_start_matches(['"', '\'']).trim_start();
            if let Some(value) = behind.strip_prefix(':') {
                return Some(at + object.len() - value.len());
            }
        }
        None
    }
}

/// Times that a name is looked at.
const MOST: usize = 2_000;

/// Where the value stands that a name is given at the beginning of a line, in Python and JavaScript.
fn assigned(text: &str, name: &str) -> Option<usize> {
    text.match_indices(name).take(MOST).find_map(|(at, _)| {
        let line = text[..at].rfind('\n').map_or(0, |line| line + 1);
        let kept = ["", "const", "let", "var", "export const"].contains(&text[line..at].trim());
        let behind = text[at + name.len()..].trim_start();
        // A type may stand between.
        let typed = behind.strip_prefix(':').and_then(|kind| {
            let end = kind.find(['=', '\n'])?;
            (end < 60).then(|| &kind[end..])
        });
        let value = typed.unwrap_or(behind).strip_prefix('=').filter(|_| kept)?;
        Some(text.len() - value.trim_start().len())
    })
}

/// Byte at which a literal ends that was opened by a mark.
pub(super) fn closing(text: &str, mark: &str) -> Option<usize> {
    if mark == "`" {
        return template(text);
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' if matches!(mark, "\"" | "'") => return None,
            _ if bytes[at..].starts_with(mark.as_bytes()) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The same of a template, in whose `${}` may be others.
fn template(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut open) = (0, Vec::new());
    while let Some(byte) = bytes.get(at) {
        match (byte, open.last()) {
            (b'\\', _) => at += 1,
            (b'`', None) => return Some(at),
            (b'`', Some(b'`')) => {
                open.pop();
            }
            (b'`', Some(_)) => open.push(b'`'),
            (b'$', None | Some(b'`')) if bytes.get(at + 1) == Some(&b'{') => {
                open.push(b'{');
                at += 1;
            }
            (b'{', Some(b'{')) => open.push(b'{'),
            (b'}', Some(b'{')) => {
                open.pop();
            }
            _ => {}
        }
        if open.len() > DEPTH {
            return None;
        }
        at += 1;
    }
    None
}

/// What a literal says: its escapes are undone, and a blank stands for what a template puts in.
fn contents(text: &str, inside: Range<usize>, (template, raw): (bool, bool), out: &mut Joined) {
    let mut at = inside.start;
    let mut plain = at;
    while at < inside.end {
        let rest = &text[at..inside.end];
        let put_in = if template && !raw && rest.starts_with("${") {
            Some((" ".to_owned(), 2 + template_part(&rest[2..])))
        } else if !raw && rest.starts_with('\\') {
            escape(rest)
        } else {
            None
        };
        match put_in {
            Some((piece, length)) => {
                if plain < at {
                    out.push(&text[plain..at], plain, at - plain);
                }
                if piece.is_empty() {
                    out.next = None;
                } else {
                    out.push(&piece, at, length);
                }
                at += length;
                plain = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if plain < inside.end {
        out.push(&text[plain..inside.end], plain, inside.end - plain);
    }
    out.end = out.end.max(inside.end);
}

/// Length of what a template puts in, with the bracket that closes it.
fn template_part(text: &str) -> usize {
    let (mut at, mut open) = (0, vec![b'{']);
    for byte in text.bytes() {
        at += 1;
        match (byte, open.last()) {
            (b'`', Some(b'`')) | (b'}', Some(b'{')) => {
                open.pop();
            }
            (b'`' | b'{', _) => open.push(byte),
            _ => {}
        }
        if open.is_empty() || open.len() > DEPTH {
            break;
        }
    }
    text.ceil_char_boundary(at)
}

/// What an escape at the beginning of a text stands for, and its length; none of what is no escape.
fn escape(text: &str) -> Option<(String, usize)> {
    let mut chars = text.chars();
    chars.next();
    let letter = chars.next()?;
    let one = |piece: &str| Some((piece.to_owned(), 2));
    match letter {
        'n' | 'r' => one("\n"),
        't' => one("\t"),
        '\n' => one(""),
        '\\' | '"' | '\'' | '`' | '$' => one(&letter.to_string()),
        'x' => number(text, 2, 2),
        'U' => number(text, 2, 8),
        'u' if text[2..].starts_with('{') => {
            let end = text.find('}').filter(|end| *end <= 10)?;
            let code = u32::from_str_radix(&text[3..end], 16).ok().and_then(char::from_u32)?;
            Some((code.to_string(), end + 1))
        }
        'u' => number(text, 2, 4).or_else(|| {
            let unit = |at: usize| u16::from_str_radix(text.get(at..at + 4)?, 16).ok();
            let low = text.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| unit(8))?;
            let pair = char::decode_utf16([unit(2)?, low]).next()?.ok()?;
            Some((pair.to_string(), 12))
        }),
        _ => None,
    }
}

/// A character by its number in `digits` hexadecimal digits.
fn number(text: &str, at: usize, digits: usize) -> Option<(String, usize)> {
    let code = u32::from_str_radix(text.get(at..at + digits)?, 16).ok()?;
    Some((char::from_u32(code)?.to_string(), at + digits))
}

/// A stretch of a program as it stands, but for its literals: their escapes are undone, and those that are
/// joined are one. `None` where that changes nothing.
pub(super) fn joined(text: &str, range: Range<usize>, language: Language) -> Option<Said> {
    let mut reader = Reader::new(text, Some(language));
    reader.until = range.end;
    let mut out = Joined::default();
    let (mut at, mut plain, mut changed) = (range.start, range.start, false);
    while at < range.end {
        let rest = &text[at..range.end];
        let comment = rest.starts_with("//") || rest.starts_with("/*");
        if comment {
            at = reader.blank(at).max(at + 1);
            continue;
        }
        let literal = rest.starts_with(['"', '\'', '`']).then(|| reader.mark(at)).flatten();
        let Some((mark, length, raw)) = literal else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let Some(end) = closing(&rest[length..], mark) else {
            at += length;
            continue;
        };
        let inside = at + length..at + length + end;
        out.push(&text[plain..inside.start], plain, inside.start - plain);
        let before = out.text.len();
        contents(text, inside.clone(), (mark == "`", raw), &mut out);
        changed |= out.text.len() - before != inside.len();
        at = inside.end + mark.len();
        plain = inside.end;
        // Another one is joined to it: as if neither mark stood there.
        let mut next = reader.blank(at);
        while text[next..range.end].starts_with('+') {
            let more = reader.blank(next + 1);
            let Some((mark, length, raw)) = reader.mark(more) else { break };
            let Some(end) = closing(reader.rest(more + length), mark) else { break };
            let inside = more + length..more + length + end;
            contents(text, inside.clone(), (mark == "`", raw), &mut out);
            changed = true;
            at = inside.end + mark.len();
            plain = inside.end;
            next = reader.blank(at);
        }
    }
    if !changed {
        return None;
    }
    out.push(&text[plain..range.end], plain, range.end - plain);
    out.said()
}

#[cfg(test)]
mod tests;
