//! What program text says of tools, prompts, resources and the server itself to a model.
//!
//! In: a program of Go, or any text with definitions of tools in it. Out: bytes of it. Start at [`go`] and
//! [`literals`]. Handlers are registered elsewhere than they
//! stand, so this looks for the registrations: calls, literals of the SDK's types, and tags of structs
//! that become a schema. A text that only a constant of the file names is looked up there.

use std::ops::Range;

use super::program::{Program, bounded, patterns};

/// Texts of one file.
const MOST: usize = 2_000;
/// Names that are looked up, each in the whole file.
const MOST_NAMES: usize = 200;

patterns! {
    /// The first two arguments are name and text, or options with texts in them follow.
    CALL = r"\b(?:NewTool(?:With\w+)?|NewPrompt|NewResource(?:Template)?|Register(?:Tool|Prompt|Resource)|WithInstructions)(?:\[[^\[\]]*\])?\(";
    LITERAL = r"\b(?:mcp|protocol)\.(?:Tool|Prompt|PromptArgument|Resource|ResourceTemplate|ServerOptions)\{";
    TAG = r#"\b(?:jsonschema|jsonschema_description|description):"((?:[^"\\\n]|\\.)+)""#;
    /// A description as a value, to the mark that opens it.
    DESCRIBES = r#"\bdescription["']?\s*[:=]\s*[fr]?(\x22\x22\x22|'''|["'`])"#;
    /// What stands beside the description of a tool, whatever takes it.
    OF_TOOL = r#"\b(?:input_?[sS]chema|schema|parameters|function|func|handler|execute|callback)["']?\s*[:=]"#;
    OF_NAME = r#"\bname["']?\s*[:=]"#;
    /// The description is an argument of what registers or makes a tool.
    IN_CALL = r"\b(?:\w*[tT]ool|[pP]rompt|[rR]esource)\([^()]*$";
    /// The description has a name, and stands elsewhere in the file.
    DESCRIBED_BY = r"\bdescription\s*[:=]\s*([A-Za-z_]\w*)\s*[,)}\n]";
    /// A function's documentation is set while the program runs, to the mark that opens it.
    SETS_DOC = r#"\b\w+\.__doc__\s*=\s*[fr]?(\x22\x22\x22|\x27\x27\x27|["'])"#;
    NAMED = r"\b(?:WithDescription|Description|WithInstructions|Instructions)\s*[(:]\s*([A-Za-z_]\w*)\s*[,)}\n]";
}

/// Bytes around a description in which its tool's name and schema stand.
const BESIDE: usize = 300;

/// Descriptions that stand beside a name and a schema or a function: plugins and registries make tools of
/// them. In a server those count that a call registers, too. Also whether all were looked at.
pub(super) fn literals(text: &str, server: bool) -> (Vec<Range<usize>>, bool) {
    let over = std::cell::Cell::new(false);
    let of_tool = |found: regex::Captures<'_>| {
        let (whole, mark) = (found.get(0)?, found.get(1)?);
        let start = whole.end();
        let end = start + closing(&text[start..], mark.as_str())?;
        let before = text.floor_char_boundary(whole.start().saturating_sub(BESIDE));
        let behind = text.floor_char_boundary(end + BESIDE);
        let parts = [&text[before..whole.start()], &text[end..behind]];
        let has = |pattern: &regex::Regex| parts.iter().any(|part| pattern.is_match(part));
        let registered = server && IN_CALL.is_match(parts[0]);
        (registered || has(&OF_TOOL) && has(&OF_NAME)).then_some(start..end)
    };
    let mut said: Vec<Range<usize>> =
        bounded(DESCRIBES.captures_iter(text), MOST, &over).filter_map(of_tool).collect();
    for found in bounded(DESCRIBED_BY.captures_iter(text), MOST_NAMES, &over) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
        let before = text.floor_char_boundary(whole.start().saturating_sub(BESIDE));
        if IN_CALL.is_match(&text[before..whole.start()]) {
            said.extend(assigned(text, name.as_str()));
        }
    }
    if server {
        said.extend(bounded(SETS_DOC.captures_iter(text), MOST, &over).filter_map(|found| {
            let (whole, mark) = (found.get(0)?, found.get(1)?);
            Some(whole.end()..whole.end() + closing(&text[whole.end()..], mark.as_str())?)
        }));
    }
    said.sort_by_key(|range| (range.start, range.end));
    said.dedup();
    (said, !over.get())
}

/// Marks that open a text, the longer ones first.
const MARKS: [&str; 5] = ["\"\"\"", "'''", "\"", "'", "`"];

/// The text that a name is given at the beginning of a line, in Python and JavaScript; parts in brackets
/// are joined.
fn assigned(text: &str, name: &str) -> Option<Range<usize>> {
    text.match_indices(name).take(MOST).find_map(|(at, _)| {
        let line = text[..at].rfind('\n').map_or(0, |line| line + 1);
        let kept = ["", "const", "let", "var", "export const"].contains(&text[line..at].trim());
        let value = text[at + name.len()..].trim_start().strip_prefix('=').filter(|_| kept)?;
        let value = value.trim_start();
        let start = text.len() - value.len();
        if let Some(inside) = value.strip_prefix('(') {
            return joined(inside).map(|end| start + 1..start + 1 + end);
        }
        let mark = MARKS.into_iter().find(|mark| value.starts_with(mark))?;
        let open = start + mark.len();
        Some(open..open + closing(&text[open..], mark)?)
    })
}

/// Where the bracket closes in which there are texts behind each other, and nothing else.
fn joined(inside: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = inside[from..].trim_start_matches([' ', '\t', '\n', '\r', '+', 'f', 'r']);
        let open = inside.len() - rest.len();
        if rest.starts_with(')') {
            return Some(open);
        }
        let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark))?;
        from = open + mark.len() + closing(&rest[mark.len()..], mark)? + mark.len();
    }
}

/// Byte at which a literal ends that was opened by a mark.
fn closing(text: &str, mark: &str) -> Option<usize> {
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

/// In the order of the text, apart from each other.
pub(super) fn go(program: &Program) -> Vec<Range<usize>> {
    let (code, mask) = (&program.code, &program.mask);
    let mut said: Vec<Range<usize>> = Vec::new();
    for call in bounded(CALL.find_iter(mask), MOST, &program.over) {
        let list = program.brackets.inside(call.end() - 1);
        // What handles the call may stand in it, too.
        let until = mask[list.clone()].find("func(").map_or(list.end, |at| list.start + at);
        said.push(list.start..until);
    }
    for literal in bounded(LITERAL.find_iter(mask), MOST, &program.over) {
        said.push(program.brackets.inside(literal.end() - 1));
    }
    let tags = bounded(TAG.captures_iter(code), MOST, &program.over);
    said.extend(tags.filter_map(|tag| Some(tag.get(1)?.range())));
    for name in bounded(NAMED.captures_iter(mask), MOST_NAMES, &program.over) {
        said.extend(constant(program, &name[1]));
    }
    said.retain(|range| range.len() > 2);
    said.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    said.retain(|range| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
    said
}

/// The text that a name is given in the same file.
fn constant(program: &Program, name: &str) -> Option<Range<usize>> {
    let mask = &program.mask;
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    bounded(mask.match_indices(name), MOST, &program.over).find_map(|(at, _)| {
        let behind = at + name.len();
        let bytes = mask.as_bytes();
        if is_word(at.checked_sub(1).and_then(|before| bytes.get(before)))
            || is_word(bytes.get(behind))
        {
            return None;
        }
        let rest = mask[behind..].trim_start_matches([' ', '\t']);
        let rest = rest.strip_prefix("string").unwrap_or(rest).trim_start_matches([' ', '\t']);
        let value = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='))?.trim_start();
        if !value.starts_with(['"', '`']) {
            return None;
        }
        let start = mask.len() - value.len();
        // Parts may be joined over lines.
        let mut end = start;
        for line in value.split_inclusive('\n') {
            end += line.len();
            let open = mask[start..end].matches('`').count() % 2 == 1;
            if !open && !line.trim_end().ends_with('+') {
                break;
            }
        }
        Some(start..end)
    })
}
