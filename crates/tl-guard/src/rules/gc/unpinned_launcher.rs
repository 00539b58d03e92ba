//! A server is started from a package without an exact version.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::{Ecosystem, Scope};
use crate::rules::gc::{enabled, seen};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC001",
    name: "unpinned-launcher",
    level: Level::High,
    confidence: Confidence::High,
    summary: "A server is started from a package without an exact version.",
    why: "Whatever was published last runs with the agent's own rights: a taken-over package reaches every machine at once.",
    fix: "Name an exact version, a digest or a commit, such as `pkg@1.2.3`.",
    taxonomy: &["owasp-mcp:MCP04", "asi:ASI04", "ast:AST02", "cosai:MCP-T11"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let Some(package) = server.package.as_ref().filter(|package| !package.pinned) else {
            continue;
        };
        let version = package.version.as_deref().unwrap_or("no version");
        let launcher = package.launcher.as_deref().unwrap_or("a launcher");
        let message = format!(
            "server `{}` is started by `{launcher}` from `{}` with {}",
            server.name,
            package.name,
            if package.version.is_some() { format!("`{version}`") } else { version.to_owned() },
        );
        let mut found = finding(&DOC, package.at.clone(), message);
        found.at.within.clone_from(&server.at.within);
        found.evidence = seen(server);
        // A tag is moved more rarely than a newest version is published.
        let tagged = package.ecosystem == Ecosystem::Docker
            && !matches!(package.version.as_deref(), None | Some("latest"));
        if tagged || server.scope == Scope::User {
            found.level = Level::Warn;
        }
        sink.add(found);
    }
}
