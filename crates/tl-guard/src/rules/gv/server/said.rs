//! What program text says of tools, prompts, resources and the server itself to a model.
//!
//! In: a program of Go, or any text with definitions of tools in it. Out: [`Said`]. Start at [`go`] and
//! [`literals`]. Handlers are registered elsewhere than they
//! stand, so this looks for the registrations: calls, literals of the SDK's types, and tags of structs
//! that become a schema. A text that only a constant of the file names is looked up there. What a handler
//! answers with, and what is sent to a model as a message, is [`answers`].

use std::ops::Range;

use super::literal::{Reader, Said};
use super::program::{Language, Program, bounded, patterns};

/// Texts of one file.
const MOST: usize = 2_000;
/// Names that are looked up, each in the whole file.
const MOST_NAMES: usize = 200;

patterns! {
    /// The first two arguments are name and text, or options with texts in them follow.
    CALL = r"\b(?:NewTool(?:With\w+)?|NewPrompt|NewResource(?:Template)?|Register(?:Tool|Prompt|Resource)|WithInstructions)(?:\[[^\[\]]*\])?\(";
    LITERAL = r"\b(?:mcp|protocol)\.(?:Tool|Prompt|PromptArgument|Resource|ResourceTemplate|ServerOptions)\{";
    TAG = r#"\b(?:jsonschema|jsonschema_description|description):"((?:[^"\\\n]|\\.)+)""#;
    /// A description as a value.
    DESCRIBES = r#"\b(?:description|DESCRIPTION)["']?\s*[:=]\s*"#;
    /// What stands beside the description of a tool, whatever takes it.
    OF_TOOL = r#"\b(?:input_?[sS]chema|schema|parameters|function|func|handler|execute|callback)["']?\s*[:=]|\btools["']?\s*[:=]\s*\["#;
    OF_NAME = r#"\bname["']?\s*[:=]"#;
    /// The description is an argument of what registers or makes a tool, or one of its parameters.
    IN_CALL = r"\b(?:\w*[tT]ool|[pP]rompt|[rR]esource|Field|ToolParam|ToolArg|PromptArg)\([^()]*$";
    /// A member of a schema that a call registers.
    IN_SCHEMA = r#"\b(?:type|enum)["']?\s*[:=]\s*["'\[]"#;
    /// A function's documentation is set while the program runs.
    SETS_DOC = r"\b\w+\.__doc__\s*=\s*";
    /// What a server says of itself.
    INSTRUCTS = r#"\binstructions["']?\s*[:=]\s*"#;
    OF_SERVER = r"(?:MCP|Mcp|Server)\w*\(";
    /// A name stands before the text, as an argument by place.
    BY_PLACE = r#"@\w+(?:\.\w+)*\.(?:tool|prompt)\(\s*["']"#;
    ANNOTATES = r"\bAnnotated\[";
    /// Of one parameter.
    OF_VALUE = r"\.describe\(\s*|@P\(\s*(?:value\s*=\s*)?";
    NAMED = r"\b(?:WithDescription|Description|WithInstructions|Instructions)\s*[(:]\s*([A-Za-z_]\w*)\s*[,)}\n]";
    /// What a handler gives back, puts into a message, or gathers for one.
    ANSWERS = r#"\breturn\s+|\btext["']?\s*[:=]\s*|[\w\])]\s*\+=\s*|\.(?:append|push|WriteString)\(\s*"#;
    /// A message to the model that the client pays for, to its text.
    ASKS_MODEL = r"\b(?:SamplingMessage|[cC]reate_?[mM]essage|ctx\.sample|context\.sample|requestSampling)\(";
    MESSAGE = r#"\b(?:text|content|system_?[pP]rompt)["']?\s*[:=]\s*"#;
}

/// Bytes around a description in which its tool's name and schema stand.
const BESIDE: usize = 300;

/// Descriptions that stand beside a name and a schema or a function: plugins and registries make tools of
/// them. In a server those count that a call registers, too. Also whether all were looked at.
pub(super) fn literals(text: &str, language: Option<Language>, server: bool) -> (Vec<Said>, bool) {
    let over = std::cell::Cell::new(false);
    let mut reader = Reader::new(text, language);
    let mut said: Vec<Said> = Vec::new();
    let before = |at: usize| &text[text.floor_char_boundary(at.saturating_sub(BESIDE))..at];
    for found in bounded(DESCRIBES.find_iter(text), MOST, &over) {
        let read = reader.read(found.end());
        // What stands behind it: of a name, what stands behind the name.
        let own = read.first().filter(|first| first.range.start >= found.end());
        let end = own.map_or(found.end(), |first| first.range.end.min(found.end() + LONG));
        let behind = &text[end..text.floor_char_boundary(end + BESIDE)];
        let parts = [before(found.start()), behind];
        let has = |pattern: &regex::Regex| parts.iter().any(|part| pattern.is_match(part));
        let in_call = IN_CALL.is_match(parts[0]);
        // What a call is given by its name is meant for it, whoever makes the server.
        let by_name = own.is_none() && in_call;
        // A file that is one tool: its description as a constant, and the function that does it.
        let of_file = found.as_str().starts_with('D')
            && language == Some(Language::Python)
            && ["\ndef run(", "\ndef execute(", "\ndef call(", "\ndef handle("].iter().any(
                |head| text.contains(head) || text.contains(&head.replace("def", "async def")),
            );
        if server && (in_call || has(&IN_SCHEMA))
            || by_name
            || of_file
            || has(&OF_TOOL) && has(&OF_NAME)
        {
            said.extend(read);
        }
    }
    if server {
        for found in bounded(SETS_DOC.find_iter(text), MOST, &over) {
            said.extend(reader.read(found.end()));
        }
        for found in bounded(OF_VALUE.find_iter(text), MOST, &over) {
            said.extend(reader.read(found.end()));
        }
        for found in bounded(INSTRUCTS.find_iter(text), MOST_NAMES, &over) {
            if OF_SERVER.is_match(before(found.start())) {
                said.extend(reader.read(found.end()));
            }
        }
        for found in bounded(BY_PLACE.find_iter(text), MOST, &over) {
            let Some((_, end)) = reader.behind(found.end() - 1) else { continue };
            if let Some(next) = text[end..].trim_start().strip_prefix(',') {
                let next = next.trim_start();
                // `description=` is found by its name.
                if next.starts_with(['"', '\'', '(', 'f', 'r']) || next.contains("dedent(") {
                    said.extend(reader.read(text.len() - next.len()));
                }
            }
        }
        for found in bounded(ANNOTATES.find_iter(text), MOST, &over) {
            if let Some(at) = second(text, found.end()) {
                said.extend(reader.read(at));
            }
        }
    }
    said.sort_by_key(|one| (one.range.start, one.range.end));
    said.dedup_by(|a, b| a.range == b.range);
    (said, !over.get() && !reader.over())
}

/// Bytes of a description behind which the rest of its tool is looked for.
const LONG: usize = 64 << 10;

/// Where the second part of a list begins, whose brackets are open: few bytes further.
fn second(text: &str, at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (n, byte) in text.bytes().enumerate().skip(at).take(BESIDE) {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => return Some(n + 1),
            _ => {}
        }
    }
    None
}

/// What handlers answer with and what is sent to a model as a message, where that is a text of the program's
/// own. Also whether all was looked at.
pub(super) fn answers(program: &Program, text: &str) -> (Vec<Said>, bool) {
    let mut reader = Reader::new(text, Some(program.language));
    let mut said: Vec<Said> = Vec::new();
    let over = &program.over;
    for function in program.functions.iter().filter(|function| function.handler) {
        let body = function.body.clone();
        let code = &program.code[body.clone()];
        for found in bounded(ANSWERS.find_iter(code), MOST, over) {
            said.extend(reader.read_below(body.start + found.end(), Some(&body)));
        }
        if said.len() > MOST {
            over.set(true);
            break;
        }
    }
    for found in bounded(ASKS_MODEL.find_iter(&program.mask), MOST_NAMES, over) {
        let list = program.brackets.inside(found.end() - 1);
        let list = list.start..program.code.floor_char_boundary(list.end.min(list.start + LONG));
        let function = program.functions.iter().rfind(|one| one.body.contains(&list.start));
        for message in bounded(MESSAGE.find_iter(&program.code[list.clone()]), MOST_NAMES, over) {
            said.extend(
                reader.read_below(list.start + message.end(), function.map(|one| &one.body)),
            );
        }
    }
    said.sort_by_key(|one| (one.range.start, one.range.end));
    said.dedup_by(|a, b| a.range == b.range);
    said.iter_mut().for_each(|one| one.answer = true);
    (said, !reader.over())
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
