//! Files of a repository that run without being asked for.
//!
//! In: the files of a repository as they are read. Out: [`RunFile`]s: those that a tool runs by their
//! name, and those that an install script, a hook, a task or a setting of an editor names.
//! **Invariant:** nothing outside of the tree is read, and at most [`MOST`] files of 1 MiB.

use std::path::{Path, PathBuf};

use tl_core::finding::{Location, Root};

use super::add::Found;
use super::location;
use super::read::read;
use crate::inventory::package::words;
use crate::inventory::{Hook, RunFile};
use crate::parse::{self, Data, Limits, Node};

/// Files that are kept.
const MOST: usize = 200;
/// Bytes of one.
const LARGEST: usize = 1 << 20;
/// Files of a directory of git hooks.
const HOOKS: usize = 30;

/// A command line that runs by itself.
pub(super) struct Start {
    command: String,
    /// Where its paths begin, and how that is called.
    directory: PathBuf,
    prefix: String,
    /// The tree that it may not leave.
    root: PathBuf,
    by: String,
}

impl Start {
    /// Of a hook: its paths begin at the root of its tree.
    pub(super) fn of_hook(hook: &Hook, root: PathBuf) -> Self {
        Self {
            command: hook.command.clone(),
            directory: root.clone(),
            prefix: String::new(),
            root,
            by: hook.event.clone(),
        }
    }
}

/// What a file of a repository runs, and whether it runs itself.
pub(super) fn of_file(
    found: &Found<'_>,
    text: &str,
    root: &Path,
    starts: &mut Vec<Start>,
    run: &mut Vec<RunFile>,
) {
    let path = found.at.path.as_str();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = name.to_ascii_lowercase();
    if let Some(by) = by_name(folder, &lower)
        && run.len() < MOST
        && text.len() <= LARGEST
    {
        run.push(RunFile { at: found.at.clone(), text: text.to_owned(), by: by.to_owned() });
    }
    let mut start = |directory: &Path, prefix: &str, command: &str, by: &str| {
        starts.push(Start {
            command: command.to_owned(),
            directory: directory.to_owned(),
            prefix: prefix.to_owned(),
            root: root.to_owned(),
            by: by.to_owned(),
        });
    };
    let Some(parent) = found.path.parent() else { return };
    if lower == "package.json" {
        let Ok(node) = parse::json::parse(text, Limits::default()) else { return };
        for event in ["preinstall", "install", "postinstall", "prepare"] {
            let script = node.path(&["scripts", event]).and_then(Node::text);
            if let Some(script) = script {
                start(parent, folder, script, event);
            }
        }
    } else if path.ends_with(".vscode/settings.json") || lower.ends_with(".code-workspace") {
        let Ok(node) = parse::json::parse(text, Limits::default()) else { return };
        let base = if lower == "settings.json" { parent.parent() } else { Some(parent) };
        let prefix = folder.strip_suffix(".vscode").unwrap_or(folder).trim_end_matches('/');
        let mut values = Vec::new();
        strings(&node, 0, &mut values);
        if let Some(base) = base {
            values.iter().for_each(|value| start(base, prefix, value, "the editor"));
        }
    }
}

/// Names that a tool runs as soon as it is in the folder.
fn by_name(folder: &str, name: &str) -> Option<&'static str> {
    let last = folder.rsplit('/').next().unwrap_or(folder);
    let hooks = [
        "pre-commit",
        "post-commit",
        "post-checkout",
        "post-merge",
        "pre-push",
        "prepare-commit-msg",
        "commit-msg",
        "post-rewrite",
    ];
    Some(match name {
        ".envrc" => "direnv",
        ".pnpmfile.cjs" | "pnpmfile.js" => "pnpm",
        "conftest.py" => "pytest",
        "sitecustomize.py" | "usercustomize.py" => "python",
        "setup.py" => "pip",
        "build.rs" => "cargo",
        "binding.gyp" => "npm",
        ".mise.toml" | "mise.toml" => "mise",
        _ if name.ends_with(".pth") => "python",
        _ if last == ".husky" && hooks.contains(&name) => "git",
        _ if folder.ends_with(".opencode/plugin") || folder.ends_with(".opencode/plugins") => {
            "opencode"
        }
        _ => return None,
    })
}

/// Strings of settings that may be a path.
fn strings(node: &Node, depth: usize, into: &mut Vec<String>) {
    if depth > 8 || into.len() > 300 {
        return;
    }
    match &node.data {
        Data::Map(members) => members.iter().for_each(|m| strings(&m.value, depth + 1, into)),
        Data::List(items) => items.iter().for_each(|item| strings(item, depth + 1, into)),
        Data::String(value)
            if value.contains('/') && !value.contains("://") && !value.contains('*') =>
        {
            into.push(value.clone());
        }
        _ => {}
    }
}

/// The files that the command lines name, read once each.
pub(super) fn targets(starts: &[Start], run: &mut Vec<RunFile>) {
    for start in starts {
        let parts = words(&start.command);
        let hooks = parts.windows(2).find(|pair| pair[0].eq_ignore_ascii_case("core.hooksPath"));
        if let Some(folder) = hooks.and_then(|pair| inside(&pair[1])) {
            let Ok(entries) = std::fs::read_dir(start.directory.join(folder)) else { continue };
            let mut names: Vec<String> = entries
                .flatten()
                .filter_map(|entry| entry.file_name().into_string().ok())
                .collect();
            names.sort();
            for name in names.iter().take(HOOKS) {
                keep(start, &format!("{}/{name}", folder.trim_end_matches('/')), "git", run);
            }
        }
        for word in parts.iter().flat_map(|word| word.split([';', '&', '|', '='])) {
            if let Some(path) = inside(word) {
                keep(start, path, &start.by, run);
            }
        }
    }
}

/// A path below the folder, where a word is one.
fn inside(word: &str) -> Option<&str> {
    let word = word.trim_matches(['"', '\'', '(', ')', '`']);
    let word = [
        "${workspaceFolder}/",
        "${workspaceRoot}/",
        "$CLAUDE_PROJECT_DIR/",
        "${CLAUDE_PROJECT_DIR}/",
        "$PWD/",
        "./",
    ]
    .iter()
    .find_map(|start| word.strip_prefix(start))
    .unwrap_or(word);
    let plain = !word.is_empty()
        && !word.starts_with(['/', '-', '$', '~'])
        && !word.contains(['*', '?', '<', '>', '\0', ':'])
        && !word.split('/').any(|part| part == "..");
    plain.then_some(word)
}

fn keep(start: &Start, path: &str, by: &str, run: &mut Vec<RunFile>) {
    let full =
        if start.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", start.prefix) };
    if run.len() >= MOST || run.iter().any(|known| known.at.path == full) {
        return;
    }
    let mut candidates = vec![path.to_owned()];
    if !path.rsplit('/').next().unwrap_or(path).contains('.') && by != "git" {
        candidates.push(format!("{path}.js"));
    }
    for candidate in candidates {
        let file = start.directory.join(&candidate);
        let Ok(canonical) = std::fs::canonicalize(&file) else { continue };
        let plain = std::fs::symlink_metadata(&file)
            .is_ok_and(|m| m.is_file() && m.len() <= LARGEST as u64);
        if !plain || !canonical.starts_with(&start.root) {
            continue;
        }
        let Ok(content) = read(&file) else { continue };
        let full = full
            .strip_suffix(path)
            .map_or(candidate.clone(), |prefix| format!("{prefix}{candidate}"));
        let at: Location = location(Root::Repository, &full);
        run.push(RunFile { at, text: content.text, by: by.to_owned() });
        return;
    }
}
