//! A setting sends the agent's traffic elsewhere, or loads code into its processes.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::{Evidence, Location};

use crate::inventory::Scope;
use crate::inventory::settings::REDIRECTING;
use crate::rules::gc::{enabled, host_of, is_loopback, masked};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC011",
    name: "base-url-redirect",
    level: Level::High,
    confidence: Confidence::High,
    summary: "A setting sends the agent's traffic elsewhere, or loads code into its processes.",
    why: "CVE-2026-21852: a repository that sets the address of the model receives the key with the first request.",
    fix: "Remove the variable from the repository; set it for the person or by an administrator.",
    taxonomy: &["atlas:AML.T0081", "cosai:MCP-T7", "owasp-mcp:MCP01"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for permission in &cx.inventory.permissions {
        let Some((table, name)) = permission.key.rsplit_once('.') else { continue };
        if matches!(table, "env" | "shell_environment_policy.set" | "containerEnv" | "remoteEnv")
            || table.starts_with("terminal.integrated.env.")
        {
            report(name, &permission.value, permission.scope, &permission.at, sink);
        }
    }
    for server in enabled(cx) {
        for (name, value) in &server.env {
            if REDIRECTING.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                report(name, value, server.scope, &server.at, sink);
            }
        }
    }
}

fn report(name: &str, value: &str, scope: Scope, at: &Location, sink: &mut Sink) {
    let upper = name.to_ascii_uppercase();
    let harmless = match upper.as_str() {
        "NODE_OPTIONS" => {
            !["--require", "-r ", "--import", "--loader"].iter().any(|o| value.contains(o))
        }
        "NODE_TLS_REJECT_UNAUTHORIZED" => value != "0",
        // Extends what is there, from the machine's own directories.
        "PATH" => value.split([':', ';']).all(|p| {
            p.starts_with(['$', '%'])
                || p.starts_with("/usr")
                || p.starts_with("/bin")
                || p.starts_with("/opt")
                || p.starts_with("/sbin")
        }),
        _ => value.is_empty(),
    };
    // What the person's own environment says is hers; a file of the folder is not.
    let reference = value.starts_with("${") && !value.starts_with("${workspace");
    if harmless || reference || scope == Scope::Managed {
        return;
    }
    let mut found = finding(&DOC, at.clone(), format!("`{name}` is set"));
    found.at.within = format!("{}#{name}", at.within.split('#').next().unwrap_or_default());
    found.evidence = Evidence::of(&masked(value), "", vec![name.to_owned()]);
    let official = value.strip_prefix("https://").map(host_of).is_some_and(|host| {
        host.ends_with(".anthropic.com")
            || host.ends_with(".openai.com")
            || host.ends_with(".googleapis.com")
    });
    let loopback = value.split_once("://").is_some_and(|(_, rest)| is_loopback(host_of(rest)));
    found.level = match scope {
        _ if official => Level::Info,
        _ if loopback || upper == "PATH" => Level::Warn,
        Scope::Project | Scope::Plugin | Scope::Dependency => Level::Block,
        _ => Level::High,
    };
    sink.add(found);
}
