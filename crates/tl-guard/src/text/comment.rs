//! Comments and docstrings of program text: what a model reads there as prose.
//!
//! In: a file's text and path. Out: a piece per comment; lines of comments that follow each other
//! are one. A scanner, not a parser: it knows strings, so that a `#` in one begins nothing.

use crate::text::{
    section::chunks,
    unit::{Context, Piece, Span},
};

/// How a language writes comments.
struct Language {
    line: &'static [&'static str],
    block: &'static [(&'static str, &'static str)],
    strings: &'static [u8],
}

const HASH: Language = Language { line: &["#"], block: &[], strings: b"\"'" };
const PYTHON: Language =
    Language { line: &["#"], block: &[("\"\"\"", "\"\"\""), ("'''", "'''")], strings: b"\"'" };
const C: Language = Language { line: &["//"], block: &[("/*", "*/")], strings: b"\"'`" };
const LUA: Language = Language { line: &["--"], block: &[], strings: b"\"'" };

fn language(path: &str) -> Option<&'static Language> {
    let extension = path.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase())?;
    Some(match extension.as_str() {
        "py" | "pyi" => &PYTHON,
        "sh" | "bash" | "zsh" | "rb" | "pl" | "r" | "ps1" => &HASH,
        "js" | "mjs" | "cjs" | "ts" | "tsx" | "jsx" | "go" | "rs" | "c" | "h" | "cc" | "cpp"
        | "hpp" | "cs" | "java" | "kt" | "swift" | "php" | "scala" | "dart" => &C,
        "lua" | "sql" => &LUA,
        _ => return None,
    })
}

/// Whether the path is one of a language known here.
pub(crate) fn known(path: &str) -> bool {
    language(path).is_some()
}

/// Comments of a file; of an unknown language the whole text.
pub(crate) fn pieces(text: &str, path: &str) -> Vec<Piece> {
    let Some(language) = language(path) else {
        return crate::text::section::plain(text, Context::Comment);
    };
    let mut out = Vec::new();
    let mut group: Option<(usize, usize)> = None;
    for (start, end) in comments(text, language) {
        group = Some(match group {
            Some((from, to))
                if text[to..start].bytes().filter(|b| *b == b'\n').count() <= 1
                    && text[to..start].trim().is_empty() =>
            {
                (from, end)
            }
            Some((from, to)) => {
                push(&mut out, text, from, to);
                (start, end)
            }
            None => (start, end),
        });
    }
    if let Some((from, to)) = group {
        push(&mut out, text, from, to);
    }
    out
}

fn push(out: &mut Vec<Piece>, text: &str, from: usize, to: usize) {
    for (start, end) in chunks(text, from, to) {
        let span = Span { start: 0, end: end - start, context: Context::Comment, field: 0 };
        out.push(Piece { start, end, spans: vec![span] });
    }
}

fn comments(text: &str, language: &Language) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Some((open, close)) =
            language.block.iter().find(|(open, _)| rest.starts_with(open.as_bytes()))
        {
            let inside = at + open.len();
            let end = text[inside..].find(close).map_or(text.len(), |i| inside + i + close.len());
            found.push((at, end));
            at = end;
        } else if language.line.iter().any(|mark| rest.starts_with(mark.as_bytes())) {
            let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
            found.push((at, end));
            at = end;
        } else if language.strings.contains(&rest[0]) {
            at = string_end(bytes, at);
        } else {
            at += 1;
        }
    }
    found
}

/// Behind a string that does not run over its line; a lone quote ends at itself.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let mut i = at + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            b'\n' if quote != b'`' => return at + 1,
            byte if byte == quote => return i + 1,
            _ => i += 1,
        }
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::pieces;

    fn texts<'a>(text: &'a str, path: &str) -> Vec<&'a str> {
        pieces(text, path).iter().map(|p| &text[p.start..p.end]).collect()
    }

    #[test]
    fn lines_of_comments_that_follow_each_other_are_one() {
        let text = "# one\n# two\nx = '# no'\n\n# three\n";
        assert_eq!(texts(text, "a.py"), ["# one\n# two", "# three"]);
    }

    #[test]
    fn a_docstring_and_a_block_are_comments() {
        assert_eq!(texts("def f():\n  \"\"\"Read.\"\"\"\n", "a.py"), ["\"\"\"Read.\"\"\""]);
        assert_eq!(texts("let u = \"http://x\"; /* b */", "a.rs"), ["/* b */"]);
    }
}
