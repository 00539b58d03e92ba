//! A server that a policy does not want is configured.
//!
//! In: the servers of the inventory, and what policy says of a call of each. Out: findings. Start at
//! [`findings`]: the scan knows no policy, so whoever reads it adds these. The hook says the same when a
//! tool of such a server is called; here it is said before anybody starts it.

use tl_core::finding::{Confidence, Finding, Level, Root};
use tl_core::verdict::{Effect, Verdict};
use tl_rules::doc::RuleDoc;

use crate::inventory::{Launch, Server};
use crate::lock::entries::package_name;
use crate::lock::launch;
use crate::rules::gc::seen;
use crate::rules::{Check, Rule, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Elsewhere };

static DOC: RuleDoc = RuleDoc {
    id: "GI001",
    name: "unapproved-server",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "A server is configured that `[servers]` of a policy forbids, or has in no list.",
    why: "Whoever wrote the policy decided which servers agents may use here; this one was not among them.",
    fix: "Remove the entry, or have the server added to `servers.allow` of the policy that objects.",
    taxonomy: &["owasp-mcp:MCP09", "ast:AST09"],
    since: "0.1.0",
};

/// Servers to whose calls a policy about servers objects: at level high where it forbids them. `judge`
/// answers for a client, a server's name and its origin. One that is switched off is left to GI004, and one
/// that only a tool list stands for is configured nowhere.
pub fn findings(servers: &[Server], judge: &dyn Fn(&Server, &str) -> Verdict) -> Vec<Finding> {
    let one = |server: &Server| {
        if server.disabled || server.at.root == Root::Tools {
            return None;
        }
        let verdict = judge(server, &origin(server));
        // What policies say of tools, agents or roles is no reason against the server.
        let about_servers =
            |policy: &str| policy.split(':').any(|part| part.starts_with("servers."));
        let reason = verdict
            .reasons
            .iter()
            .find(|reason| reason.effect >= Effect::Ask && about_servers(&reason.policy))?;
        let verb = if reason.effect == Effect::Deny { "forbids" } else { "does not know" };
        let message = format!("`{}` {verb} server `{}`", reason.policy, server.name);
        let mut found = finding(&DOC, server.at.clone(), message);
        if reason.effect == Effect::Deny {
            found.level = Level::High;
        }
        found.evidence = seen(server);
        Some(found)
    };
    servers.iter().filter_map(one).collect()
}

/// Package or address, without a version and without secrets; empty for a program of the machine.
fn origin(server: &Server) -> String {
    match (&server.package, &server.launch) {
        (Some(package), _) => package_name(package.ecosystem, &package.name),
        (None, Launch::Http { url, .. }) => launch::address(url),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {

    use tl_core::verdict::Reason;

    use super::*;
    use crate::discover::nowhere;
    use crate::inventory::{Client, Ecosystem, Package};

    fn server(name: &str) -> Server {
        Server { client: Client::ClaudeCode, ..Server::named(name, nowhere()) }
    }

    fn judge(server: &Server, origin: &str) -> Verdict {
        let (effect, policy) = match server.name.as_str() {
            "forbidden" => (Effect::Deny, "managed:servers.deny[0]"),
            "new" if origin == "npm:@acme/new" => (Effect::Ask, "user:servers.default"),
            "noted" => (Effect::Note, "user:servers.default"),
            _ => (Effect::Deny, "user:tools.default"),
        };
        let mut verdict = Verdict::default();
        let policy = policy.to_owned();
        verdict.add(Reason { effect, policy, rule: None, text: String::new() });
        verdict
    }

    #[test]
    fn a_server_that_a_policy_about_servers_objects_to_is_found() {
        let package = Package {
            ecosystem: Ecosystem::Npm,
            name: "@acme/new".to_owned(),
            version: Some("1.2.3".to_owned()),
            pinned: true,
            at: nowhere(),
            launcher: None,
        };
        let new = Server { package: Some(package), ..server("new") };
        let off = Server { disabled: true, ..server("forbidden") };
        let of_list = Server { at: crate::text::unit::tools_at("x"), ..server("forbidden") };
        let servers = [server("forbidden"), new, off, of_list, server("noted"), server("other")];
        let found = findings(&servers, &judge);
        let told: Vec<_> = found.iter().map(|one| (one.level, one.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (Level::High, "`managed:servers.deny[0]` forbids server `forbidden`"),
                (Level::Warn, "`user:servers.default` does not know server `new`"),
            ]
        );
    }
}
