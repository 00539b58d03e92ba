//! Functions of Python text, read by indentation.
//!
//! In: program text. Out: its code without comments and documentation, its functions with their
//! parameters, and what is made of them. A scanner of lines, not a parser: it reads what a broken
//! file shows as well, and never runs away.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Bytes in which a list of arguments ends.
const LONGEST_LIST: usize = 64 << 10;
/// Bytes of all bodies that are read of a file.
const WORK: usize = 16 << 20;

/// A function: the names that its caller fills, and its body.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) parameters: Vec<String>,
    /// Bytes of the text.
    pub(super) body: Range<usize>,
}

static DEF: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^([ \t]*)(?:async[ ]+)?def[ ]+\w+[ ]*\("));
static ASSIGN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^[ \t]*([A-Za-z_]\w*)[ ]*(?::[^=\n]+)?=[ ]*([^=\n].*)$"));

/// A literal pattern of this family.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(&with_ascii_edges(text)).expect("patterns are literals, and the tests use all")
}

/// The same pattern, whose ends of words are those of ASCII: where a text has any other letter, those of
/// Unicode cannot be found by an automaton, and cost ten times as much.
pub(super) fn with_ascii_edges(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some('b')) => {
                chars.next();
                out.push_str(r"(?-u:\b)");
            }
            ('\\', Some(next)) => {
                chars.next();
                out.extend([c, next]);
            }
            _ => out.push(c),
        }
    }
    out
}

/// The text with comments and documentation blanked; every byte keeps its place. `hash` and
/// `slashes` say how comments begin.
pub(super) fn code(text: &str, hash: bool, slashes: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if hash && matches!(byte, b'"' | b'\'') && bytes[at..].starts_with(&[byte; 3]) {
            let end = find(bytes, at + 3, &[byte; 3]);
            blank(&mut out, at..end);
            at = end;
        } else if matches!(byte, b'"' | b'\'') {
            at = string_end(bytes, at);
        } else if hash && byte == b'#' || slashes && bytes[at..].starts_with(b"//") {
            let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
            blank(&mut out, at..end);
            at = end;
        } else {
            at += 1;
        }
    }
    // Only whole stretches between ASCII marks were blanked, so what is left is UTF-8.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
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
    bytes[from..]
        .windows(what.len())
        .position(|w| w == what)
        .map_or(bytes.len(), |n| from + n + what.len())
}

/// Byte behind a string that begins at `at`; strings end at the line's end at the latest.
fn string_end(bytes: &[u8], at: usize) -> usize {
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

/// What stands in the brackets that open at `open`, without them; to the end, or far behind, where
/// none closes.
pub(super) fn bracketed(text: &str, open: usize) -> Range<usize> {
    let text = &text[..text.floor_char_boundary(open.saturating_add(LONGEST_LIST))];
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, open);
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\'' => {
                at = string_end(bytes, at);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + 1..at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    (open + 1).min(bytes.len())..bytes.len()
}

/// All functions of `code`, inner ones too, and whether none was left out.
pub(super) fn functions(code: &str) -> (Vec<Function>, bool) {
    let mut out = Vec::new();
    let mut work = 0;
    for found in DEF.captures_iter(code) {
        // Bodies that lie in each other are read each time.
        if work > WORK {
            return (out, false);
        }
        let (Some(whole), Some(indent)) = (found.get(0), found.get(1)) else { continue };
        let list = bracketed(code, whole.end() - 1);
        work += list.len();
        let parameters = code[list.clone()]
            .split(',')
            .filter_map(|one| one.trim().trim_start_matches('*').split([':', '=']).next())
            .map(|name| name.trim().to_owned())
            .filter(|name| {
                !matches!(name.as_str(), "" | "self" | "cls" | "/")
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            })
            .collect();
        let start = code[list.end..].find('\n').map_or(code.len(), |n| list.end + n + 1);
        let body = start..block_end(code, start, indent.len());
        work += body.len();
        out.push(Function { parameters, body });
    }
    (out, true)
}

/// Whether what [`bracketed`] gave is only the beginning.
pub(super) fn is_cut(inside: &Range<usize>) -> bool {
    inside.len() + 4 >= LONGEST_LIST
}

/// Byte behind the lines from `start` that are indented by more than `indent`.
pub(super) fn block_end(code: &str, start: usize, indent: usize) -> usize {
    let mut end = start;
    for line in code[start..].split_inclusive('\n') {
        let depth = line.len() - line.trim_start_matches([' ', '\t']).len();
        if !line.trim().is_empty() && depth <= indent {
            break;
        }
        end += line.len();
    }
    end
}

static NO_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\blen\(\s*[\w.]+\s*\)|["'][^"'{\n]{0,8}["']\s+for\s+\w+\s+in\s+[\w.]+|["'][^"'{\n]{0,8}["']\s*\*\s*len\(\s*[\w.]+\s*\)|\bif\s+[\w.]+\s+(?:not\s+)?in\s+[\w.]+\s+else\b|\b[\w.]+\.map\(\s*\(?\s*(?:_\w*)?\s*\)?\s*=>\s*["'`][^"'`$\n]{0,8}["'`]\s*\)|\b[\w.]+\.map\(\s*\(\s*_\w*\s*,\s*\w+\s*\)\s*=>[^()\n]{0,40}\)"#,
    )
});

/// An expression in which what gives no text of the caller's is blank: numbers of things, a placeholder for each
/// of them, and conditions.
pub(super) fn texts(expression: &str) -> Cow<'_, str> {
    if !NO_TEXT.is_match(expression) {
        return Cow::Borrowed(expression);
    }
    let blank = |found: &regex::Captures<'_>| {
        found[0].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect::<String>()
    };
    NO_TEXT.replace_all(expression, blank)
}

/// The first of several arguments.
pub(super) fn first_argument(arguments: &str) -> &str {
    let (bytes, mut depth, mut at) = (arguments.as_bytes(), 0_i32, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                at = string_end(bytes, at);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => return &arguments[..at],
            _ => {}
        }
        at += 1;
    }
    arguments
}

/// Whether an expression uses one of the names, as a whole word.
pub(super) fn uses(expression: &str, names: &[String]) -> bool {
    expression
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .any(|word| names.iter().any(|name| name == word))
}

/// Whether an expression puts a string together.
pub(super) fn builds(expression: &str) -> bool {
    expression.starts_with("f\"")
        || expression.starts_with("f'")
        || [" + ", " % ", ".format("].iter().any(|mark| expression.contains(mark))
        || expression.contains("(f\"")
        || expression.contains("(f'")
}

/// Names in a body that were put together out of what the caller gave.
pub(super) fn built(body: &str, parameters: &[String]) -> Vec<(String, String)> {
    let mut names = parameters.to_vec();
    let mut out = Vec::new();
    for found in ASSIGN.captures_iter(body) {
        let (name, expression) = (found[1].to_owned(), found[2].to_owned());
        if uses(&texts(&expression), &names) && builds_or_joins(&expression) {
            names.push(name.clone());
            out.push((name, expression));
        }
    }
    out
}

fn builds_or_joins(expression: &str) -> bool {
    builds(expression) || expression.contains("path.join(")
}
