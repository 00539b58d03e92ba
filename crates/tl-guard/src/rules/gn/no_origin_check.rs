//! The source of an MCP server over HTTP that any page in a browser may call.

use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::rules::gn::{is_server, place_of};
use crate::rules::{Check, Cx, Rule, Sink, finding};
use crate::text::unit::{Artifact, Role};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Artifact(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GN002",
    name: "no-origin-check",
    level: Level::Warn,
    confidence: Confidence::Medium,
    summary: "The source of an MCP server over HTTP lets pages of every origin call it.",
    why: "A page in the browser reaches loopback: CVE-2026-28363 drove local servers so. Loopback alone is no fence.",
    fix: "Allow the origins that are meant, and refuse others with status 403.",
    taxonomy: &["owasp-mcp:MCP07", "cosai:MCP-T8", "cwe:CWE-346"],
    since: "0.1.0",
};

/// Ways to say that every origin may ask, without white space and in lower case.
const ANY_ORIGIN: &[&str] = &[
    "allow_origins=[\"*\"]",
    "allow_origins=['*']",
    "origin:\"*\"",
    "origin:'*'",
    "access-control-allow-origin\",\"*\"",
    "access-control-allow-origin','*'",
    "access-control-allow-origin\":\"*\"",
    "access-control-allow-origin':'*'",
    "enable_dns_rebinding_protection=false",
    "enablednsrebindingprotection:false",
    "allowed_origins=[\"*\"]",
    "allowedorigins:[\"*\"]",
    "allowedorigins:['*']",
    "allow_any_origin()",
];

fn check(artifact: &Artifact, _: &Cx<'_>, sink: &mut Sink) {
    if artifact.role != Role::Source && artifact.role != Role::SkillFile
        || !is_server(&artifact.text)
    {
        return;
    }
    let mut byte = 0;
    for line in artifact.text.split_inclusive('\n') {
        let dense: String =
            line.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        if ANY_ORIGIN.iter().any(|said| dense.contains(said)) {
            let mut found = finding(
                &DOC,
                place_of(artifact, byte),
                "an MCP server answers pages of every origin",
            );
            found.evidence = Evidence::of(line.trim(), "", Vec::new());
            return sink.add(found);
        }
        byte += line.len();
    }
}
