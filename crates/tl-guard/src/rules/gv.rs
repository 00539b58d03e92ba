//! What the files of a skill do, whatever its description says, and what the source of an MCP server
//! does with what a model gives it.
//!
//! In: files of skills, and program text that makes a server. Out: findings. Numbers from 101 are what
//! both may show: to download and run, to collect secrets, to run what they are given. Those below are
//! insecure or hidden code of servers alone. A script of a skill runs with the agent's rights, often
//! unread; a server's tools run with what any document makes the agent ask for.

mod command;
mod python;
mod script;
mod server;

use std::borrow::Cow;
use std::ops::Range;

use tl_core::finding::{Finding, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::{Server, Tool};
use crate::rules::{Check, Cx, Rule, Sink, doc, finding, gp, gq};
use crate::text::normalise::normalise;
use crate::text::unit::{Artifact, Context, Role, Span, advance, of_joined, of_text};
use script::{Found, Shown};
use server::{Kind, Said};

#[cfg(test)]
mod tests;

/// The family. One reading of a file serves all; the first rule carries it.
pub const RULES: &[Rule] = &[
    Rule { doc: &DOCS[0], check: Check::Artifact(check) },
    Rule { doc: &DOCS[1], check: Check::Elsewhere },
    Rule { doc: &DOCS[2], check: Check::Elsewhere },
    Rule { doc: &DOCS[3], check: Check::Inventory(across) },
    Rule { doc: &DOCS[4], check: Check::Elsewhere },
    Rule { doc: &DOCS[5], check: Check::Elsewhere },
    Rule { doc: &DOCS[6], check: Check::Elsewhere },
    Rule { doc: &DOCS[7], check: Check::Elsewhere },
    Rule { doc: &DOCS[8], check: Check::Elsewhere },
    Rule { doc: &DOCS[9], check: Check::Elsewhere },
    Rule { doc: &DOCS[10], check: Check::Elsewhere },
    Rule { doc: &DOCS[11], check: Check::Elsewhere },
    Rule { doc: &command::DELETES, check: Check::Elsewhere },
    Rule { doc: &SERVER[0], check: Check::Elsewhere },
    Rule { doc: &SERVER[1], check: Check::Elsewhere },
    Rule { doc: &SERVER[2], check: Check::Elsewhere },
    Rule { doc: &SERVER[3], check: Check::Elsewhere },
    Rule { doc: &SERVER[4], check: Check::Elsewhere },
    Rule { doc: &SERVER[5], check: Check::Elsewhere },
    Rule { doc: &SERVER[6], check: Check::Elsewhere },
    Rule { doc: &SERVER[7], check: Check::Elsewhere },
    Rule { doc: &SERVER[8], check: Check::Elsewhere },
    Rule { doc: &SERVER[9], check: Check::Elsewhere },
];

const ASK: &str =
    "Read the file, and remove the skill or server unless its author can say why it needs this.";

/// In the order of [`Found`].
static DOCS: [RuleDoc; 12] = [
    doc(
        "GV101",
        "downloads-and-runs",
        Level::High,
        &["snyk:W012", "ast:AST02", "cwe:CWE-494"],
        [
            "A file of a skill or server runs what it has just downloaded.",
            "Whoever owns the address decides each time anew what runs with your rights.",
            "Ship the code with it, or pin a version and check its digest before it runs.",
        ],
    ),
    doc(
        "GV102",
        "harvests-and-sends",
        Level::Block,
        &["snyk:E006", "ast:AST01", "asi:ASI02", "cwe:CWE-200"],
        [
            "A file of a skill or server collects keys or private files and sends them to an address.",
            "This is what a thief writes; few honest scripts need both in one file.",
            ASK,
        ],
    ),
    doc(
        "GV103",
        "collects-secrets",
        Level::High,
        &["snyk:W007", "ast:AST03", "asi:ASI03", "cwe:CWE-522"],
        [
            "A file of a skill or server reads the files where keys are kept, or all variables that look like keys.",
            "What it has collected is one call away from leaving, perhaps in another file.",
            ASK,
        ],
    ),
    doc(
        "GV104",
        "runs-arguments",
        Level::High,
        &["snyk:E006", "ast:AST01", "owasp-mcp:MCP05", "cwe:CWE-78"],
        [
            "A file of a skill or server runs what it is given as code or as a command line.",
            "A document that the agent reads can choose the argument, and so what runs.",
            "Pass arguments as a list without a shell, and parse values instead of evaluating them.",
        ],
    ),
    doc(
        "GV105",
        "decodes-and-runs",
        Level::Block,
        &["snyk:E006", "ast:AST01", "atlas:AML.T0068", "cwe:CWE-506"],
        [
            "A file of a skill or server decodes text and runs the result.",
            "Code is encoded to keep it from readers and scanners.",
            ASK,
        ],
    ),
    doc(
        "GV106",
        "tunnel-endpoint",
        Level::High,
        &["snyk:E005", "ast:AST02", "cwe:CWE-200"],
        [
            "A file of a skill or server talks to a tunnel, a request collector or an address that nobody owns for long.",
            "Behind such an address may be anybody, and tomorrow somebody else.",
            "Use the service's own host name, or remove the skill or server.",
        ],
    ),
    doc(
        "GV107",
        "code-in-string",
        Level::High,
        &["snyk:E006", "asi:ASI05", "cwe:CWE-94"],
        [
            "A value in a skill or server holds program code that starts processes.",
            "A service that evaluates the value runs the code.",
            ASK,
        ],
    ),
    doc(
        "GV108",
        "unbounded-work",
        Level::High,
        &["asi:ASI08", "cosai:MCP-T10", "cwe:CWE-835"],
        [
            "A script of a skill, or a tool of a server, works without any bound.",
            "The agent waits, or the machine runs out of what it has.",
            "Give the loop an end, or a pause and a way to stop it.",
        ],
    ),
    doc(
        "GV109",
        "query-of-arguments",
        Level::High,
        &["owasp-mcp:MCP05", "cwe:CWE-89"],
        [
            "A script of a skill, or a tool of a server, builds a database query out of what it is given.",
            "An argument may end the query and begin another one.",
            "Pass values as parameters of the query.",
        ],
    ),
    doc(
        "GV110",
        "path-of-arguments",
        Level::High,
        &["owasp-mcp:MCP05", "cwe:CWE-22"],
        [
            "A script of a skill, or a tool of a server, opens a path that it is given without checking where it leads.",
            "An argument with `../` reads any file.",
            "Resolve the path, and refuse it unless it is below the folder.",
        ],
    ),
    doc(
        "GV111",
        "opens-shell",
        Level::Block,
        &["snyk:E006", "ast:AST01", "asi:ASI05", "cwe:CWE-506"],
        [
            "A file of a skill or server connects a shell to the network.",
            "Whoever listens there commands this machine.",
            ASK,
        ],
    ),
    doc(
        "GV112",
        "runs-agent-unasked",
        Level::High,
        &["ast:AST01", "asi:ASI10", "atlas:AML.T0053", "cwe:CWE-506"],
        [
            "A file of a skill or server starts a coding agent whose questions are switched off.",
            "The agent that is installed does the search for keys and files that the script itself would be caught at (s1ngularity, August 2025).",
            "Let the person start the agent, with its questions on.",
        ],
    ),
];

/// Of servers alone, in the order of their numbers.
static SERVER: [RuleDoc; 10] = [
    doc(
        "GV003",
        "fetches-any-address",
        Level::High,
        &["owasp-mcp:MCP05", "cosai:MCP-T3", "cwe:CWE-918"],
        [
            "A tool of a server asks any address that it is given.",
            "The address may be one that only this machine reaches: a metadata service, a router, a database.",
            "Compare the host with a list, and refuse private and link-local addresses after resolving it.",
        ],
    ),
    doc(
        "GV004",
        "token-passthrough",
        Level::Warn,
        &["owasp-mcp:MCP07", "cosai:MCP-T1", "cwe:CWE-441"],
        [
            "A server hands the token of its caller on to another service.",
            "The other service cannot tell the caller from the server, and a token for one opens the other.",
            "Exchange the token for one of the other service, or keep a token of the server's own.",
        ],
    ),
    doc(
        "GV005",
        "token-unchecked",
        Level::Warn,
        &["owasp-mcp:MCP07", "cosai:MCP-T1", "cwe:CWE-287"],
        [
            "A server accepts a token without asking for whom it is, or who signed it.",
            "A token that somebody got for another service, or wrote himself, opens this one.",
            "Give the audience and the algorithms when the token is decoded, and check the signature.",
        ],
    ),
    doc(
        "GV008",
        "template-of-arguments",
        Level::High,
        &["owasp-mcp:MCP05", "cwe:CWE-1336"],
        [
            "A tool of a server takes what it is given for the source of a template.",
            "A template can reach the program's objects, and through them run code or read its settings.",
            "Keep the template in the program, and give it values only.",
        ],
    ),
    doc(
        "GV013",
        "evades",
        Level::High,
        &["ast:AST01", "asi:ASI10", "cwe:CWE-506"],
        [
            "A server looks for who watches it, leaves its container, or removes its traces.",
            "No tool needs that; it is done by who does not want to be seen.",
            ASK,
        ],
    ),
    doc(
        "GV014",
        "persists",
        Level::High,
        &["ast:AST01", "asi:ASI10", "cwe:CWE-506"],
        [
            "A server, a script, or a command that instructions give enters itself or a key where the system starts programs or lets people in.",
            "It stays when the server or skill is removed.",
            ASK,
        ],
    ),
    doc(
        "GV015",
        "does-more-than-said",
        Level::High,
        &["owasp-mcp:MCP03", "asi:ASI02", "cwe:CWE-912"],
        [
            "A tool of a server does what its description does not say, or not what it says.",
            "The agent and the person decide by the description.",
            "Say in the description what is sent and where, or remove the server.",
        ],
    ),
    doc(
        "GV016",
        "system-reads",
        Level::Warn,
        &["owasp-mcp:MCP02", "ast:AST03", "cwe:CWE-497"],
        [
            "A server reads the accounts, processes, logs, network or devices of the machine.",
            "What it reads goes to the model, and with its next call perhaps further.",
            "Read only what the tool is for, and say so in its description.",
        ],
    ),
    doc(
        "GV017",
        "silent-side-effect",
        Level::High,
        &["owasp-mcp:MCP08", "asi:ASI02", "cwe:CWE-390"],
        [
            "A tool of a server sends, writes or starts something, and drops every error of it.",
            "Nobody notices whether it happened: so a side effect is written that nobody is to see.",
            "Let the error reach the caller, or write it to the log, and say in the description what is done.",
        ],
    ),
    doc(
        "GV018",
        "hidden-state",
        Level::High,
        &["asi:ASI06", "ast:AST01", "cwe:CWE-379"],
        [
            "A server keeps a hidden file in a folder that it shares with others.",
            "Another program can read or change it, and the next run obeys what stands there.",
            "Use a folder of the server's own below the user's state directory, and a name that is shown.",
        ],
    ),
];

fn check(artifact: &Artifact, cx: &Cx<'_>, sink: &mut Sink) {
    if artifact.role == Role::Source {
        return of_server(artifact, cx, sink);
    }
    if !matches!(artifact.role, Role::SkillFile | Role::SkillDoc) {
        return command::check(artifact, &[], sink);
    }
    let Shown { found: mut all, mut whole } = script::read(&artifact.at.path, &artifact.text);
    // A document is read as a model reads it, too; a program does only what its bytes say.
    let document = artifact.role == Role::SkillDoc && !artifact.text.is_ascii();
    if let Some((text, map)) = document.then(|| normalise(&artifact.text)).flatten() {
        let shown = script::read(&artifact.at.path, &text);
        whole &= shown.whole;
        for (found, range) in shown.found {
            if !all.iter().any(|(known, _)| *known == found) {
                all.push((found, map.raw(range.start)..map.raw(range.end)));
            }
        }
    }
    if !whole {
        let text = "the file of a skill is larger or more entangled than is followed";
        sink.add(gq::finding(&gq::NOT_FULLY_SCANNED, artifact.at.clone(), text, ""));
    }
    let known: Vec<Found> = all.iter().map(|(found, _)| *found).collect();
    command::check(artifact, &known, sink);
    for (found, range) in all {
        let mut one = at(&DOCS[found as usize], artifact, &range, message(found));
        if artifact.role == Role::SkillDoc {
            one.level = one.level.min(Level::High);
        } else if one.level == Level::High && server::is_test(&artifact.at.path) {
            // What a test does with its own arguments, no agent asks for.
            one.level = Level::Warn;
        }
        sink.add(one);
    }
}

/// Program text of a server, and what it says of its tools there.
fn of_server(artifact: &Artifact, cx: &Cx<'_>, sink: &mut Sink) {
    let Some(read) = server::read(&artifact.at.path, &artifact.text) else {
        let (said, all) = server::said_of_tools(&artifact.at.path, &artifact.text);
        if !all {
            let text = "more descriptions of tools than are looked at";
            sink.add(gq::finding(&gq::NOT_FULLY_SCANNED, artifact.at.clone(), text, ""));
        }
        return said.into_iter().for_each(|said| of_description(artifact, said, None, cx, sink));
    };
    if read.partly {
        let text = "the file of a server is larger or more entangled than is followed";
        sink.add(gq::finding(&gq::NOT_FULLY_SCANNED, artifact.at.clone(), text, ""));
    }
    for found in read.found {
        let (doc, message) = of_kind(found.kind);
        let message = match found.what {
            "" => message.to_owned(),
            what if [" is", " becomes", "a tool"].iter().any(|end| message.ends_with(end)) => {
                format!("{message} {what}")
            }
            what => format!("{message}: {what}"),
        };
        let mut one = at(doc, artifact, &found.range, message);
        one.level = found.level;
        sink.add(one);
    }
    let own = alone(artifact, cx);
    read.said.into_iter().for_each(|said| of_description(artifact, said, own.as_ref(), cx, sink));
}

/// What is said of a tool in program text is judged like a description, and what it answers like an answer.
fn of_description(
    artifact: &Artifact,
    said: Said,
    own: Option<&Server>,
    cx: &Cx<'_>,
    sink: &mut Sink,
) {
    let mut place = artifact.at.clone();
    advance(&mut place, &artifact.text, said.range.start);
    let raw = &artifact.text[said.range.clone()];
    let role = if said.answer { Role::ToolResult } else { Role::ToolList };
    let of = (role, artifact.scope);
    let mut unit = match said.text {
        Some(joined) => of_joined(of, raw, joined, place),
        None => {
            let span = Span { start: 0, end: raw.len(), context: Context::Prose, field: 0 };
            of_text(of, Cow::Borrowed(raw), vec![span], place)
        }
    };
    unit.base = Some(said.range.start);
    let own = own.filter(|_| !said.answer && unit.text.contains("tool"));
    unit.tool = own.and_then(|own| Some((own, own.tools.first()?)));
    gp::check(&unit, cx, sink);
}

/// A server that is one file, with every name in it for a tool: what its descriptions call and the file does not
/// have belongs to another one. None of a server whose tools may stand in other files.
fn alone(artifact: &Artifact, cx: &Cx<'_>) -> Option<Server> {
    let more = cx.inventory.sources.iter().any(|source| source.at.path == artifact.at.path);
    let names = (!more).then(|| server::names(&artifact.at.path, &artifact.text)).flatten()?;
    let of_name = |name: &str| Tool { name: name.to_owned(), ..Tool::default() };
    Some(Server {
        client: artifact.client,
        scope: artifact.scope,
        tools: std::iter::once("").chain(names).map(of_name).collect(),
        ..Server::named(&artifact.at.path, artifact.at.clone())
    })
}

/// What reaches the files that a server imports: functions there see what a model chose, too.
fn across(cx: &Cx<'_>, sink: &mut Sink) {
    for source in &cx.inventory.sources {
        let texts: Vec<&str> = source.modules.iter().map(|(_, text)| text.as_str()).collect();
        let (found, followed) = server::across(&source.at.path, &source.text, &texts);
        if !followed {
            let text = "what a server imports is larger or more entangled than is followed";
            sink.add(gq::finding(&gq::NOT_FULLY_SCANNED, source.at.clone(), text, ""));
        }
        for (module, found) in found {
            let (at, text) = &source.modules[module];
            let (doc, message) = of_kind(found.kind);
            let mut place = at.clone();
            advance(&mut place, text, found.range.start);
            let mut one = finding(doc, place, format!("{message} {}", found.what).trim_end());
            one.level = found.level;
            one.evidence.raw = gp::cut(text, &found.range);
            sink.add(one);
        }
    }
}

/// Bytes of a server that are read as a program.
pub(crate) const LARGEST_SERVER: usize = server::LARGEST;

/// Whether a file of this path and text makes a server, and is no test of one.
pub(crate) fn makes_server(path: &str, text: &str) -> bool {
    server::makes(path, text)
}

fn at(
    doc: &'static RuleDoc,
    artifact: &Artifact,
    range: &Range<usize>,
    message: impl Into<String>,
) -> Finding {
    let mut place = artifact.at.clone();
    advance(&mut place, &artifact.text, range.start);
    let mut one = finding(doc, place, message);
    one.evidence.raw = gp::cut(&artifact.text, range);
    one
}

const fn of_kind(kind: Kind) -> (&'static RuleDoc, &'static str) {
    match kind {
        Kind::Runs => (&DOCS[Found::RunArguments as usize], "a tool's argument is"),
        Kind::Evaluates => (&DOCS[Found::RunArguments as usize], "a tool's argument becomes"),
        Kind::Queries => (&DOCS[Found::Query as usize], "a tool's argument becomes"),
        Kind::Paths => (&DOCS[Found::Path as usize], "a tool's argument is"),
        Kind::Unbounded => (&DOCS[Found::Unbounded as usize], "work without a bound"),
        Kind::Harvests => (
            &DOCS[Found::HarvestAndSend as usize],
            "collects what belongs to the user, and sends to a fixed address",
        ),
        Kind::Shared(found) => (&DOCS[found as usize], message(found)),
        Kind::Fetches => (&SERVER[0], "a tool's argument is"),
        Kind::Token => (&SERVER[1], "the caller's token is sent on"),
        Kind::Audience => (&SERVER[2], "a token is accepted without a check"),
        Kind::Templates => (&SERVER[3], "a tool's argument is"),
        Kind::Evades => (&SERVER[4], "hides from who watches"),
        Kind::Persists => (&SERVER[5], "stays on the machine"),
        Kind::MoreThanSaid => (&SERVER[6], "a tool"),
        Kind::System => (&SERVER[7], "reads what belongs to the system"),
        Kind::Silent => (&SERVER[8], "acts, and drops every error"),
        Kind::HiddenState => (&SERVER[9], "keeps a hidden file in a shared folder"),
    }
}

const fn message(found: Found) -> &'static str {
    match found {
        Found::DownloadAndRun => "runs what it downloads",
        Found::HarvestAndSend => "collects secrets or files, and sends them away",
        Found::CollectSecrets => "collects secrets",
        Found::RunArguments => "runs an argument as code or as a command line",
        Found::DecodeAndRun => "decodes text and runs it",
        Found::Tunnel => "uses a tunnel or a request collector",
        Found::CodeInString => "a string value holds code that starts processes",
        Found::Unbounded => "loops without a way out",
        Found::Query => "builds a query out of an argument",
        Found::Path => "opens a path made of an argument without a check",
        Found::Shell => "connects a shell to the network",
        Found::Agent => "starts a coding agent that asks no questions",
    }
}

/// A danger in words, how bad, and where.
pub(crate) type Danger = (&'static str, Level, Range<usize>);

/// What a program text does that is dangerous wherever it stands, and whether all of it was looked at.
pub(crate) fn dangers(path: &str, text: &str) -> (Vec<Danger>, bool) {
    let level = |found| match found {
        Found::HarvestAndSend | Found::DecodeAndRun | Found::Shell => Some(Level::Block),
        // To name such files without sending is what a hook that protects them does.
        Found::DownloadAndRun | Found::Agent => Some(Level::High),
        Found::Tunnel => Some(Level::Warn),
        _ => None,
    };
    let shown = script::read(path, text);
    let all = shown.found.into_iter();
    let found = all.filter_map(|(found, range)| Some((message(found), level(found)?, range)));
    (found.collect(), shown.whole)
}
