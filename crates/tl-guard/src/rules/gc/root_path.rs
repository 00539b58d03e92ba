//! A server that works on files is given a whole disk, home or system directory.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Launch;
use crate::rules::gc::{enabled, seen};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC004",
    name: "root-path",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "A server that works on files is given a whole disk, home or system directory.",
    why: "Every file of the person is then one tool call away, secrets included.",
    fix: "Give it the one directory that it needs.",
    taxonomy: &["owasp-mcp:MCP02", "asi:ASI02"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let Launch::Stdio { args, .. } = &server.launch else { continue };
        let names_files = [Some(&server.name), server.package.as_ref().map(|p| &p.name)]
            .into_iter()
            .flatten()
            .any(|name| is_of_files(name));
        let wide = args.iter().enumerate().find(|(index, arg)| {
            let (flag, value) = match arg.split_once('=') {
                Some((flag, value)) => (flag, value),
                None => {
                    (index.checked_sub(1).map_or("", |before| args[before].as_str()), arg.as_str())
                }
            };
            (names_files || is_directory_flag(flag)) && is_wide(value)
        });
        if let Some((_, arg)) = wide {
            let message = format!("server `{}` is given `{arg}`", server.name);
            let mut found = finding(&DOC, server.at.clone(), message);
            found.evidence = seen(server);
            sink.add(found);
        }
    }
}

fn is_of_files(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let named = words
        .map(str::to_ascii_lowercase)
        .any(|w| matches!(w.as_str(), "filesystem" | "file" | "files" | "fs"));
    named || name.contains("desktop-commander")
}

fn is_directory_flag(flag: &str) -> bool {
    let name = flag.trim_start_matches('-');
    flag.starts_with('-')
        && (matches!(name, "root" | "dir" | "directory" | "workspace") || name.starts_with("allow"))
}

fn is_wide(path: &str) -> bool {
    let trimmed = path.trim_end_matches(['/', '\\']);
    let drive = trimmed.len() == 2 && trimmed.ends_with(':');
    let wide = [
        "",
        "~",
        "$HOME",
        "${HOME}",
        "%USERPROFILE%",
        "${env:HOME}",
        "${userHome}",
        "/etc",
        "/home",
        "/Users",
        "/root",
        "/var",
        "..",
    ];
    !path.is_empty() && (drive || wide.contains(&trimmed) || path.starts_with("../.."))
}
