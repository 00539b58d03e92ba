//! The source of an MCP server that listens on all addresses and asks nobody who they are.

use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::rules::gn::{bound, is_server, place_of};
use crate::rules::{Check, Cx, Rule, Sink, finding};
use crate::text::unit::{Artifact, Role};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Artifact(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GN003",
    name: "no-auth-remote",
    level: Level::Warn,
    confidence: Confidence::Medium,
    summary: "The source of an MCP server listens on all addresses and checks no credential.",
    why: "Everybody on the network may call its tools with the rights of the person who started it.",
    fix: "Listen on `127.0.0.1`, or check a token before any request is answered.",
    taxonomy: &["owasp-mcp:MCP07", "cosai:MCP-T8", "cwe:CWE-306"],
    since: "0.1.0",
};

/// Words of any check of who asks.
const CHECKS: &[&str] = &[
    "authorization",
    "authenticate",
    "authmiddleware",
    "requirebearerauth",
    "bearerauth",
    "tokenverifier",
    "token_verifier",
    "auth_server_provider",
    "authsettings",
    "oauth",
    "jwt",
    "api_key",
    "apikey",
    "x-api-key",
];

fn check(artifact: &Artifact, _: &Cx<'_>, sink: &mut Sink) {
    if artifact.role != Role::Source && artifact.role != Role::SkillFile
        || !is_server(&artifact.text)
    {
        return;
    }
    let lower = artifact.text.to_ascii_lowercase();
    if CHECKS.iter().any(|word| lower.contains(word)) {
        return;
    }
    let Some((byte, line)) = bound(&artifact.text) else { return };
    let message = "an MCP server listens on all addresses and checks no credential";
    let mut found = finding(&DOC, place_of(artifact, byte), message);
    found.evidence = Evidence::of(line.trim(), "", Vec::new());
    sink.add(found);
}
