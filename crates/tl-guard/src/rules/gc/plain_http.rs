//! A server is reached over an unencrypted connection.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Launch;
use crate::rules::gc::{enabled, host_of, is_loopback, seen};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC007",
    name: "plain-http",
    level: Level::High,
    confidence: Confidence::High,
    summary: "A server is reached over an unencrypted connection.",
    why: "Everybody on the way reads what the agent sends, tokens included, and can change what it is told.",
    fix: "Use an address that begins with `https://`.",
    taxonomy: &["cosai:MCP-T7", "cwe:CWE-319"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let Launch::Http { url, .. } = &server.launch else { continue };
        let lower = url.to_ascii_lowercase();
        let plain = lower.strip_prefix("http://").or_else(|| lower.strip_prefix("ws://"));
        let Some(host) = plain.map(host_of) else { continue };
        // A template tells nothing about the host.
        if host.contains(['$', '{', '<']) {
            continue;
        }
        let message = format!("server `{}` is reached at `{host}` without encryption", server.name);
        let mut found = finding(&DOC, server.at.clone(), message);
        found.evidence = seen(server);
        if is_loopback(host) {
            found.level = Level::Info;
        }
        sink.add(found);
    }
}
