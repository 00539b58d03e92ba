//! What the source of an MCP server does with what a model gives it, and besides.
//!
//! In: the path and text of a program. Out: [`Found`], for files that make a server of the Model Context
//! Protocol. Start at [`read`]. What is dangerous anywhere is looked for in the whole file; what
//! depends on the caller only in functions that a tool, a resource or a prompt reaches.

mod behaviour;
mod branch;
mod insecure;
mod lex;
mod literal;
mod program;
mod said;
mod taint;

use std::cmp::Reverse;
use std::ops::Range;

use tl_core::finding::Level;

pub(super) use literal::Said;
use program::{Language, Program, patterns};

use super::script;

/// Bytes of a file that is read as a program.
pub(crate) const LARGEST: usize = 1 << 20;

/// One kind of behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Starts what a model chose.
    Runs,
    /// Evaluates it.
    Evaluates,
    /// Puts it into a query.
    Queries,
    /// Takes it for a template.
    Templates,
    /// Takes it for a path.
    Paths,
    /// Asks an address that it names.
    Fetches,
    /// Hands on a token that is not its own.
    Token,
    /// Accepts a token of anybody.
    Audience,
    /// Work without bounds.
    Unbounded,
    /// Collects secrets and sends.
    Harvests,
    /// Hides from who watches.
    Evades,
    /// Stays when it is gone.
    Persists,
    /// Reads what belongs to the system.
    System,
    /// Acts, and keeps silent when it fails.
    Silent,
    /// Files that nobody lists.
    HiddenState,
    /// Does what its description does not say.
    MoreThanSaid,
    /// What a skill's file shows too.
    Shared(script::Found),
}

/// Something that a server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) level: Level,
    /// Bytes of the text.
    pub(super) range: Range<usize>,
    /// What exactly, in words; may be empty.
    pub(super) what: &'static str,
}

patterns! {
    PYTHON_SERVER = r"(?m)^[ \t]*(?:from|import)[ ]+(?:mcp\.server|mcp\.types|fastmcp|mcp[ ]+import[ ]+.*\b(?:Server|types)|mcp\b)|\bFastMCP\(|@(?:mcp|server)\.(?:tool|resource|prompt|call_tool)\b";
    SCRIPT_SERVER = r#"["'](?:@modelcontextprotocol/(?:sdk|server)[\w./-]*|fastmcp|mcp-framework|mcp-handler|@vercel/mcp-adapter|agents/mcp)["']"#;
    GO_SERVER = r#""github\.com/(?:mark3labs/mcp-go|modelcontextprotocol/go-sdk|metoro-io/mcp-golang|ThinkInAIXYZ/go-mcp)[\w./-]*""#;
    LOCAL_PYTHON = r"(?m)^[ \t]*(?:from[ ]+\.|from[ ]+[\w.]*\b(?:tools?|src|app|server|handlers|resources|prompts)\b)|\b(?:mount|import_server|add_provider)\(";
    LOCAL_SCRIPT = r#"(?:\bfrom\s*|\brequire\(\s*|\bimport\(\s*)["'](?:\.{1,2}|@|~)/"#;
    NAME = r#"\b(?:def|function|const|async)[ ]+([A-Za-z_]\w+)|["'`]([A-Za-z_][\w.-]{2,63})["'`]"#;
    /// Frameworks in which an annotation makes a tool.
    JAVA_SERVER = r"\b(?:org\.springframework\.ai|org\.springaicommunity|io\.quarkiverse\.(?:mcp|langchain4j)|io\.modelcontextprotocol|dev\.langchain4j)\b";
    TEST = r"(?i)(?:^|/)(?:tests?|__tests__|testing|testdata|e2e|spec|fixtures|benchmarks?)/|(?:^|/)(?:test_[^/]*|conftest)\.py$|(?:_test|\.test|\.spec)\.\w+$";
}

/// Whether a file makes a server.
pub(super) fn is_server(text: &str, language: Language) -> bool {
    let by_kit = match language {
        Language::Python => PYTHON_SERVER.is_match(text),
        Language::Script => SCRIPT_SERVER.is_match(text),
        Language::Go => GO_SERVER.is_match(text),
    };
    by_kit || by_hand(text, language)
}

/// Whether a file answers the calls of the protocol itself, without a kit, or says that its pages do.
pub(super) fn by_hand(text: &str, language: Language) -> bool {
    let answers = ["serverInfo", "tools/list", "tools/call"].iter().all(|word| text.contains(word));
    let pages = language == Language::Python
        && ["FastAPI(", "Flask("].iter().any(|framework| {
            text.split(framework).skip(1).any(|behind| {
                let head = &behind[..behind.floor_char_boundary(TITLE.min(behind.len()))];
                head.split(')').next().is_some_and(|given| given.contains("MCP"))
            })
        });
    answers || pages
}

/// Bytes in which the title of an application stands.
const TITLE: usize = 200;

/// What a file of a server shows.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Each kind and place once, in the order in which it stands.
    pub(super) found: Vec<Found>,
    /// What is said of tools to a model.
    pub(super) said: Vec<Said>,
    /// Something was left out: the file is larger, or more entangled, than people write.
    pub(super) partly: bool,
}

/// Whether a file is a test, by its path.
pub(super) fn is_test(path: &str) -> bool {
    TEST.is_match(path)
}

/// Reads a file of a server; `None` for any other file. A file larger than [`LARGEST`] is only named.
pub(super) fn read(path: &str, text: &str) -> Option<Read> {
    let language = Language::of(path)?;
    if !is_server(text, language) || TEST.is_match(path) {
        return None;
    }
    if text.len() > LARGEST {
        return Some(Read { partly: true, ..Read::default() });
    }
    let program = Program::of(text, language);
    let said = program.functions.iter().filter(|function| function.handler);
    let mut ranges: Vec<Range<usize>> = said.map(|function| function.said.clone()).collect();
    if language == Language::Go {
        ranges.extend(said::go(&program));
    }
    ranges.retain(|range| !range.is_empty());
    ranges.dedup();
    // A documentation is the text itself; what stands before a handler is code with texts in it.
    let as_text = |range: Range<usize>| match language {
        Language::Python => Said::from(range),
        _ => literal::joined(text, range.clone(), language).unwrap_or_else(|| range.into()),
    };
    let mut said: Vec<Said> = ranges.into_iter().map(as_text).collect();
    // What a tool is registered with stands outside of its function.
    let (registered, all) = said::literals(text, Some(language), true);
    let (answers, answered) = said::answers(&program, text);
    let all = all && answered;
    for more in [registered, answers] {
        let known = |new: &Said| {
            said.iter().any(|old| old.answer == new.answer && old.range.contains(&new.range.start))
        };
        let new: Vec<Said> = more.into_iter().filter(|one| !known(one)).collect();
        said.extend(new);
    }
    let (found, whole) = found(&program, path, text);
    Some(Read { found, said, partly: !(whole && all) })
}

/// What a text that makes no server says of tools: those that it hands to one, or to a model.
pub(super) fn said_of_tools(path: &str, text: &str) -> (Vec<Said>, bool) {
    let language = Language::of(path);
    let java = path.rsplit('.').next().is_some_and(|ending| matches!(ending, "java" | "kt"));
    let server = java && JAVA_SERVER.is_match(text);
    if (language.is_none() && !server) || text.len() > LARGEST || TEST.is_match(path) {
        return (Vec::new(), true);
    }
    said::literals(text, language, server)
}

/// Names in a server that is one file: of functions, and words in quotes. None of one that has its tools from
/// other files of its own.
pub(super) fn names<'a>(path: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let language = Language::of(path)?;
    let other = match language {
        Language::Python => LOCAL_PYTHON.is_match(text),
        Language::Script => LOCAL_SCRIPT.is_match(text),
        Language::Go => true,
    };
    if other {
        return None;
    }
    let mut names: Vec<&str> = NAME
        .captures_iter(text)
        .filter_map(|found| Some(found.get(1).or(found.get(2))?.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(NAMES);
    Some(names)
}

/// Names of one server that count as tools.
const NAMES: usize = 5_000;

/// Whether a file is read by [`read`].
pub(super) fn makes(path: &str, text: &str) -> bool {
    Language::of(path).is_some_and(|language| is_server(text, language)) && !TEST.is_match(path)
}

/// What a model chose in files that a server imports: the index of the file, and what was found there.
/// Functions are known by their names, and the server's own come first. Also whether all of it was followed.
pub(super) fn across(path: &str, text: &str, modules: &[&str]) -> (Vec<(usize, Found)>, bool) {
    let Some(language) = Language::of(path) else { return (Vec::new(), true) };
    let mut whole = text.to_owned();
    let mut starts = Vec::new();
    for module in modules {
        whole.push_str("\n\n");
        starts.push(whole.len());
        whole.push_str(module);
    }
    if whole.len() > LARGEST {
        return (Vec::new(), false);
    }
    let program = Program::of(&whole, language);
    let (reached, followed) = taint::reach(&program);
    let mut found = Vec::new();
    insecure::find(&program, &whole, &reached, &mut found);
    let follows = |kind| {
        matches!(
            kind,
            Kind::Runs
                | Kind::Evaluates
                | Kind::Queries
                | Kind::Templates
                | Kind::Paths
                | Kind::Fetches
        )
    };
    found.retain(|one| follows(one.kind));
    found.sort_by_key(|one| (one.range.start, one.range.end, one.kind, Reverse(one.level)));
    found.dedup_by(|a, b| a.kind == b.kind && a.range == b.range);
    let of_module = |mut one: Found| {
        let module = starts.iter().rposition(|start| *start <= one.range.start)?;
        let (start, length) = (starts[module], modules[module].len());
        let end = one.range.end.checked_sub(start).filter(|end| *end <= length)?;
        one.range = one.range.start - start..end;
        Some((module, one))
    };
    let found = found.into_iter().filter_map(of_module).collect();
    (found, followed && !program.over.get())
}

/// What it shows, and whether all of it was followed.
fn found(program: &Program, path: &str, text: &str) -> (Vec<Found>, bool) {
    let (reached, whole) = taint::reach(program);
    let mut out = Vec::new();
    // What a script's limits keep back is what a server's functions are followed for below.
    for (found, range) in script::read(path, text).found {
        // What a tool evaluates of its own argument is told as that, and what the file decodes is something else.
        if found == script::Found::DecodeAndRun && only_arguments_run(program) {
            continue;
        }
        let level = match found {
            script::Found::DecodeAndRun | script::Found::Shell => Level::Block,
            script::Found::DownloadAndRun | script::Found::CodeInString | script::Found::Agent => {
                Level::High
            }
            script::Found::CollectSecrets | script::Found::Tunnel => Level::Warn,
            // These look at every function of a script; a server's are followed from its tools.
            script::Found::HarvestAndSend
            | script::Found::RunArguments
            | script::Found::Unbounded
            | script::Found::Query
            | script::Found::Path => continue,
        };
        out.push(Found { kind: Kind::Shared(found), level, range, what: "" });
    }
    insecure::find(program, text, &reached, &mut out);
    behaviour::find(program, text, &reached, &mut out);
    out.sort_by_key(|one| (one.range.start, one.range.end, one.kind, Reverse(one.level)));
    out.dedup_by(|a, b| a.kind == b.kind && a.range == b.range);
    (out, whole && !program.over.get())
}

/// Whether all that is evaluated in a file are names of arguments of tools that nothing else in it calls.
fn only_arguments_run(program: &Program) -> bool {
    let mask = &program.mask;
    program.language == Language::Python
        && script::runs(mask).all(|at| {
            let argument = &mask[program.brackets.inside(at.end - 1)];
            let argument = argument.split(',').next().unwrap_or(argument).trim();
            let function = program.functions.iter().rfind(|one| one.body.contains(&at.start));
            function.is_some_and(|one| {
                let given = one.parameters.iter().any(|p| p.names.iter().any(|n| n == argument));
                let body = &mask[one.body.clone()];
                let again = format!("{argument} =");
                let calls = mask.matches(&format!("{}(", one.name)).count();
                one.handler && given && !body.contains(&again) && calls == 1
            })
        })
}

#[cfg(test)]
mod tests;
