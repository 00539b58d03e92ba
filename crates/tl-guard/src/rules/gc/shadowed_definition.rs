//! One name means two servers in the scopes of one client.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Scope;
use crate::inventory::settings::by_name;
use crate::rules::gc::seen;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC015",
    name: "shadowed-definition",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "One name means two servers in the scopes of one client.",
    why: "The repository's definition is used instead of the person's own, under a name that the person trusts.",
    fix: "Rename or remove one of them.",
    taxonomy: &["owasp-mcp:MCP09", "asi:ASI02"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for ((_, name), servers) in by_name(&cx.inventory.servers) {
        let own = servers.iter().filter(|s| matches!(s.scope, Scope::User | Scope::Managed));
        for own in own {
            for other in
                servers.iter().filter(|s| s.scope == Scope::Project && s.launch != own.launch)
            {
                let message = format!("server `{name}` is another one than in `{}`", own.at.path);
                let mut found = finding(&DOC, other.at.clone(), message);
                found.evidence = seen(other);
                sink.add(found);
            }
        }
    }
}
