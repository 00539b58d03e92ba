//! A remote server is configured without any credential.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Launch;
use crate::rules::gc::{enabled, host_of, is_loopback, seen};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC014",
    name: "remote-without-auth",
    level: Level::Info,
    confidence: Confidence::Low,
    summary: "A remote server is configured without any credential.",
    why: "Either it asks at the first use, or everybody may call it with what the agent sends.",
    fix: "Use the server's own sign-in, or a token from a variable.",
    taxonomy: &[],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let Launch::Http { url, headers, .. } = &server.launch else { continue };
        let host = host_of(url.split_once("://").map_or(url, |(_, rest)| rest));
        let signed = !headers.is_empty()
            || server.rest.keys().any(|k| k.to_ascii_lowercase().contains("auth"));
        if signed || is_loopback(host) || host.contains(['$', '{', '<']) {
            continue;
        }
        let message = format!("server `{}` at `{host}` has no credential", server.name);
        let mut found = finding(&DOC, server.at.clone(), message);
        found.evidence = seen(server);
        sink.add(found);
    }
}
