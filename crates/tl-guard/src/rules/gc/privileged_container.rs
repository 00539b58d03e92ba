//! A container is started with the rights of the machine.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::Evidence;

use crate::inventory::package::{program_name, words};
use crate::rules::gc::{command_line, is_command, masked, seen};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

pub(in crate::rules) static DOC: RuleDoc = RuleDoc {
    id: "GC005",
    name: "privileged-container",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "A container is started with the rights of the machine.",
    why: "The socket of the container service, the root directory or privileged mode make a container as strong as root outside.",
    fix: "Mount only the directory that is needed and drop the privileged options.",
    taxonomy: &["cosai:MCP-T8", "owasp-mcp:MCP02", "cwe:CWE-250"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in &cx.inventory.servers {
        if let Some(option) = privileged(&command_line(server)) {
            let message = format!("server `{}` runs a container with `{option}`", server.name);
            let mut found = finding(&DOC, server.at.clone(), message);
            found.evidence = seen(server);
            sink.add(found);
        }
    }
    for hook in cx.inventory.hooks.iter().filter(|hook| is_command(hook)) {
        if let Some(option) = privileged(&hook.command) {
            let message = format!("`{}` runs a container with `{option}`", hook.event);
            let mut found = finding(&DOC, hook.at.clone(), message);
            found.evidence = Evidence::of(&masked(&hook.command), "", Vec::new());
            sink.add(found);
        }
    }
}

/// The option of a container's command line that gives away the machine.
fn privileged(line: &str) -> Option<String> {
    of_words(&words(line))
}

/// Whether a container is given the whole disk to write to and rights of the machine besides.
pub(in crate::rules) fn escapes(words: &[String]) -> bool {
    let disk = |word: &String| {
        let value = word.strip_prefix("--volume=").unwrap_or(word);
        let mount = value.starts_with("/:/") && !value.ends_with(":ro") && !value.contains(":ro,");
        let bind = word.split([',', '=']).collect::<Vec<_>>();
        let bind = bind.windows(2).any(|two| matches!(two, ["source" | "src", "/"]))
            && !bind.iter().any(|part| matches!(*part, "readonly" | "ro"));
        mount || bind
    };
    let rights = |word: &String| {
        let word = word.as_str();
        word.starts_with("--privileged")
            || word == "chroot"
            || word == "nsenter"
            || word.starts_with("--cap-add")
            || word.ends_with("pid=host")
    };
    let apart = words.windows(2).any(|two| two[0] == "--pid" && two[1] == "host");
    words.iter().any(disk) && (apart || words.iter().any(rights))
}

/// The same of its words.
pub(in crate::rules) fn of_words(words: &[String]) -> Option<String> {
    let engine =
        words.iter().any(|w| matches!(program_name(w).as_str(), "docker" | "podman" | "nerdctl"));
    if !engine || !words.iter().any(|w| matches!(w.as_str(), "run" | "create")) {
        return None;
    }
    words.iter().enumerate().find_map(|(index, word)| {
        let before = index.checked_sub(1).map_or("", |before| words[before].as_str());
        // The value of a flag may hold a `=` of its own: `--mount type=bind,source=/`.
        let own = word.split_once('=').filter(|_| word.starts_with('-'));
        let (flag, value) = own.unwrap_or((before, word));
        let mount = matches!(flag, "-v" | "--volume") && value.starts_with("/:");
        let bind =
            flag == "--mount" && value.split(',').any(|part| matches!(part, "source=/" | "src=/"));
        let namespace = matches!(flag, "--pid" | "--net" | "--network" | "--ipc" | "--userns")
            && value == "host";
        let right = flag == "--cap-add" && matches!(value, "ALL" | "SYS_ADMIN" | "SYS_PTRACE");
        let all =
            *word == "--privileged" || *word == "--privileged=true" || word.contains("docker.sock");
        (mount || bind || namespace || right || all).then(|| match word.starts_with('-') {
            true => word.clone(),
            false => format!("{flag} {value}"),
        })
    })
}
