//! The settings of a folder name a program of the folder itself.
//!
//! In: settings of editors that lie in a repository. Out: findings. An editor asks once whether a folder
//! is trusted, or not at all, and then starts what stands there: to check a file, to read history, to
//! open a terminal.

use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Scope;
use crate::parse::{self, Data, Limits, Node};
use crate::rules::gc::download_and_run::downloads;
use crate::rules::{Check, Cx, Rule, Sink, finding, gq, patterns};
use crate::text::unit::{Artifact, Role, advance};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Artifact(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC017",
    name: "workspace-program",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "Settings of a folder have the editor start a program of that folder.",
    why: "Opening the folder, or a file in it, is enough to run what its author put there; an agent that may write settings gets out of its fences this way (CVE-2025-53773 and others of 2025).",
    fix: "Remove the entry, or name the program as it is installed on the machine, outside of the folder.",
    taxonomy: &["atlas:AML.T0081", "asi:ASI05", "owasp-mcp:MCP05", "cwe:CWE-426"],
    since: "0.1.0",
};

/// Nodes of one file that are looked at.
const MOST: usize = 5_000;
/// Names in names that are followed.
const DEEPEST: usize = 8;

patterns! {
    KEY = r"(?:^|\.)[a-z-]*(?:executablepath|executable|interpreterpath|pythonpath|binarypath|binpath|commandpath|nodepath|serverpath|shellpath|gitpath|phppath|packagemanager|runtime)$|(?:^|\.)(?:git|npm|node|bash|shell|formatter|linter|ruff|mypy[\w-]*|flake8|pylint|isort|black-formatter|server|deno|binary|gopls|shellcheck|phpstan|phpcs|rubocop|clangd|lint)\.path$|^terminal\.integrated\.(?:profiles|automationprofile)\..*path$|^terminal\.integrated\.shell\.|\.alternatetools\.|(?:^|\.)lsp\..*binary\.path$";
    /// What such settings name in many honest repositories: builds, and what they make.
    BUILDS = r"bazel|clangd|cmake|buildifier|gopls|rust-analyzer|godot|platformio|zephyr";
    /// Directories in which package managers put programs.
    INSTALLED = r"(?:^|/)(?:node_modules|vendor|\.?venv|env|\.yarn|\.direnv|\.pixi|\.tox|\.nox|\.conda|\.devbox|\.nix-profile|target|dist|out|build|result)(?:/|$)";
}

fn check(artifact: &Artifact, _: &Cx<'_>, sink: &mut Sink) {
    if artifact.role != Role::Settings || artifact.scope != Scope::Project {
        return;
    }
    let Ok(root) = parse::json::parse(&artifact.text, Limits::default()) else { return };
    let settings = root.get("settings").or(root.path(&["customizations", "vscode", "settings"]));
    let mut left = Left { nodes: MOST, all: true };
    let mut put = |byte: usize, key: &str, value: &str, level| {
        let mut at = artifact.at.clone();
        advance(&mut at, &artifact.text, byte);
        key.clone_into(&mut at.within);
        let mut one = finding(
            &DOC,
            at,
            format!("`{key}` starts `{}`", crate::rules::gp::cut(value, &(0..value.len()))),
        );
        one.level = level;
        one.evidence = Evidence::of(&crate::rules::gc::masked(value), "", Vec::new());
        sink.add(one);
    };
    walk(settings.unwrap_or(&root), String::new(), 0, &mut left, &mut put);
    if !left.all {
        let text = "there are more settings, or settings in settings, than are looked at";
        sink.add(gq::finding(&gq::NOT_FULLY_SCANNED, artifact.at.clone(), text, ""));
    }
}

/// What may still be looked at.
struct Left {
    nodes: usize,
    /// Nothing was left out.
    all: bool,
}

/// Every setting below a node, with the names that lead to it joined by dots.
fn walk(
    node: &Node,
    key: String,
    depth: usize,
    left: &mut Left,
    put: &mut dyn FnMut(usize, &str, &str, Level),
) {
    if depth > DEEPEST || left.nodes == 0 {
        left.all = false;
        return;
    }
    left.nodes -= 1;
    match &node.data {
        Data::Map(members) => {
            for member in members {
                let dot = if key.is_empty() { "" } else { "." };
                walk(&member.value, format!("{key}{dot}{}", member.key), depth + 1, left, put);
            }
        }
        Data::List(items) if key.starts_with("terminal.integrated.") && key.ends_with(".args") => {
            let line = node.texts().join(" ");
            if !items.is_empty()
                && (downloads(&line) || line.split(' ').any(|word| of_folder(word).is_some()))
            {
                put(node.start, &key, &line, Level::High);
            }
        }
        Data::List(items) => {
            // Of several programs an editor starts the first that is there.
            items.iter().for_each(|item| walk(item, key.clone(), depth + 1, left, put));
        }
        Data::String(value) => {
            let lower = key.to_ascii_lowercase();
            if !KEY.is_match(&lower) {
                return;
            }
            let Some(path) = of_folder(value) else { return };
            if INSTALLED.is_match(path) {
                return;
            }
            let level = if BUILDS.is_match(&lower) { Level::Warn } else { Level::High };
            put(node.start, &key, value, level);
        }
        _ => {}
    }
}

/// The path of a program below the folder.
fn of_folder(value: &str) -> Option<&str> {
    let value = value.trim();
    let inside = [
        "${workspaceFolder}",
        "${workspaceRoot}",
        "${containerWorkspaceFolder}",
        "$ZED_WORKTREE_ROOT",
    ]
    .iter()
    .find_map(|name| value.strip_prefix(name));
    if let Some(path) = inside {
        return Some(path.trim_start_matches(['/', '\\']));
    }
    let relative = value.strip_prefix("./").or_else(|| value.strip_prefix(".\\"));
    if relative.is_some() {
        return relative;
    }
    let named = value.contains('/')
        && !value.starts_with(['/', '~', '$', '-', '%'])
        && !value.contains(':');
    named.then_some(value)
}
