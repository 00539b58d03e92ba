//! A secret stands in a server's configuration as it is.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::{Launch, Server};
use crate::rules::gc::{has_secret_prefix, is_literal, is_secret_name, seen};
use crate::rules::gs::value::is_made_up;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC006",
    name: "plaintext-secret",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "A secret stands in a server's configuration as it is.",
    why: "Configuration is committed, synchronised and read by every program of the person.",
    fix: "Refer to a variable or a secret store, and replace the secret that was written down.",
    taxonomy: &["owasp-mcp:MCP01", "atlas:AML.T0083", "cwe:CWE-798"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in &cx.inventory.servers {
        for name in secrets(server) {
            let message = format!("server `{}` has a secret in `{name}`", server.name);
            let mut found = finding(&DOC, server.at.clone(), message);
            found.evidence = seen(server);
            found.evidence.signals = vec![name];
            sink.add(found);
        }
    }
}

/// Where secrets stand: names of variables, headers, options.
fn secrets(server: &Server) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut pairs: Vec<(String, &str)> =
        server.env.iter().map(|(k, v)| (k.clone(), v.as_str())).collect();
    match &server.launch {
        Launch::Stdio { args, .. } => {
            for (index, arg) in args.iter().enumerate() {
                match arg.split_once('=') {
                    Some((flag, value)) if arg.starts_with('-') => {
                        pairs.push((flag.to_owned(), value))
                    }
                    // `-e KEY=value` of a container.
                    Some((name, value)) if is_variable(name) => {
                        pairs.push((name.to_owned(), value))
                    }
                    _ if arg.starts_with('-') => {
                        if let Some(value) = args.get(index + 1).filter(|v| !v.starts_with('-')) {
                            pairs.push((arg.clone(), value));
                        }
                    }
                    // The value of an option was taken with it.
                    _ if index > 0 && args[index - 1].starts_with('-') => {}
                    _ => pairs.push(("argument".to_owned(), arg.as_str())),
                }
            }
        }
        Launch::Http { url, headers, .. } => {
            pairs.extend(headers.iter().map(|(k, v)| (k.clone(), v.as_str())));
            let query = url.split_once('?').map_or("", |(_, query)| query);
            pairs.extend(
                query
                    .split('&')
                    .filter_map(|p| p.split_once('='))
                    .map(|(k, v)| (format!("?{k}"), v)),
            );
        }
        Launch::Other { .. } => {}
    }
    for (name, value) in pairs {
        let value = value.trim();
        let value =
            value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("Basic ")).unwrap_or(value);
        let shown = name.trim_start_matches(['-', '?']).to_owned();
        // A key of an example counts up; a short one may be a poor password.
        let example = value.len() >= 20 && is_made_up(value);
        let named = is_secret_name(&shown) && is_literal(value) && !example;
        if (has_secret_prefix(value) || named) && !found.contains(&shown) {
            found.push(shown);
        }
    }
    found
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
