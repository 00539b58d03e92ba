//! What the files of a skill do, whatever its description says.
//!
//! In: files of skills. Out: findings on scripts that download and run, collect secrets, send them,
//! run what they are given, and hide what they run. Numbers from 101: those below belong to insecure
//! code of servers. A script of a skill runs with the agent's rights, often unread.

mod python;
mod script;

use tl_core::finding::Level;
use tl_rules::doc::RuleDoc;

use crate::rules::{Check, Cx, Rule, Sink, doc, finding, gp};
use crate::text::unit::{Artifact, Role, advance};
use script::Found;

#[cfg(test)]
mod tests;

/// The family. One reading of a file serves all; the first rule carries it.
pub const RULES: &[Rule] = &[
    Rule { doc: &DOCS[0], check: Check::Artifact(check), needs: &[] },
    Rule { doc: &DOCS[1], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[2], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[3], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[4], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[5], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[6], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[7], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[8], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[9], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[10], check: Check::Elsewhere, needs: &[] },
];

const ASK: &str =
    "Read the file, and remove the skill unless its author can say why it needs this.";

/// In the order of [`Found`].
static DOCS: [RuleDoc; 11] = [
    doc(
        "GV101",
        "downloads-and-runs",
        Level::High,
        &["snyk:W012", "ast:AST02", "cwe:CWE-494"],
        [
            "A file of a skill runs what it has just downloaded.",
            "Whoever owns the address decides each time anew what runs with your rights.",
            "Ship the code with the skill, or pin a version and check its digest before it runs.",
        ],
    ),
    doc(
        "GV102",
        "harvests-and-sends",
        Level::Block,
        &["snyk:E006", "ast:AST01", "asi:ASI02", "cwe:CWE-200"],
        [
            "A file of a skill collects keys or private files and sends them to an address.",
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
            "A file of a skill reads the files where keys are kept, or all variables that look like keys.",
            "What it has collected is one call away from leaving, perhaps in another file of the skill.",
            ASK,
        ],
    ),
    doc(
        "GV104",
        "runs-arguments",
        Level::High,
        &["snyk:E006", "ast:AST01", "owasp-mcp:MCP05", "cwe:CWE-78"],
        [
            "A file of a skill runs what it is given as code or as a command line.",
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
            "A file of a skill decodes text and runs the result.",
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
            "A file of a skill talks to a tunnel, a request collector or an address that nobody owns for long.",
            "Behind such an address may be anybody, and tomorrow somebody else.",
            "Use the service's own host name, or remove the skill.",
        ],
    ),
    doc(
        "GV107",
        "code-in-string",
        Level::High,
        &["snyk:E006", "asi:ASI05", "cwe:CWE-94"],
        [
            "A value in a skill holds program code that starts processes.",
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
            "A script of a skill loops without any way out.",
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
            "A script of a skill builds a database query out of what it is given.",
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
            "A script of a skill opens a path below a fixed folder without checking that it stays there.",
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
            "A file of a skill connects a shell to the network.",
            "Whoever listens there commands this machine.",
            ASK,
        ],
    ),
];

fn check(artifact: &Artifact, _: &Cx<'_>, sink: &mut Sink) {
    if !matches!(artifact.role, Role::SkillFile | Role::SkillDoc) {
        return;
    }
    for (found, range) in script::read(&artifact.at.path, &artifact.text) {
        let mut at = artifact.at.clone();
        advance(&mut at, &artifact.text, range.start);
        let mut one = finding(&DOCS[found as usize], at, message(found));
        one.evidence.raw = gp::cut(&artifact.text, &range);
        if artifact.role == Role::SkillDoc {
            one.level = one.level.min(Level::High);
        }
        sink.add(one);
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
    }
}
