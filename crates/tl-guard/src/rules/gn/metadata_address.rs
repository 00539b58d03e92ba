//! A server is pointed at the address that hands out a cloud machine's credentials.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::rules::gc::{command_line, enabled, seen};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GN004",
    name: "metadata-address",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "A server is pointed at the address that hands out a cloud machine's credentials.",
    why: "Whoever can ask there has the rights of the machine in its cloud account.",
    fix: "Remove the address, and block it for the agent.",
    taxonomy: &["cwe:CWE-918", "cosai:MCP-T8"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let mut text = command_line(server);
        for (name, value) in &server.env {
            // A variable that forbids hosts is a defence.
            if !["BLOCK", "DENY", "FORBID", "NO_PROXY"]
                .iter()
                .any(|word| name.to_ascii_uppercase().contains(word))
            {
                text.push(' ');
                text.push_str(value);
            }
        }
        let lower = text.to_ascii_lowercase();
        if ["--block", "--deny", "--forbid"].iter().any(|flag| lower.contains(flag)) {
            continue;
        }
        if let Some(address) = ADDRESSES.iter().find(|address| lower.contains(**address)) {
            let message = format!("server `{}` is pointed at `{address}`", server.name);
            let mut found = finding(&DOC, server.at.clone(), message);
            found.evidence = seen(server);
            sink.add(found);
        }
    }
}

/// As written, in decimal and in hexadecimal.
const ADDRESSES: &[&str] = &[
    "169.254.169.254",
    "fd00:ec2::254",
    "metadata.google.internal",
    "100.100.100.200",
    "//2852039166",
    "0xa9fea9fe",
    "169.254.170.2",
];
