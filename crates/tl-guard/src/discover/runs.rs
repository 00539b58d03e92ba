//! Files of a repository that run without being asked for.
//!
//! In: the files of a repository as they are read. Out: [`RunFile`]s: those that a tool runs by their
//! name, and those that an install script, a hook, a task or a setting of an editor names.
//! **Invariant:** nothing outside of the tree is read, and at most [`MOST`] files, of each 1 MiB; a larger
//! one is kept in part and says so.

use std::collections::BTreeSet;
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
/// Different words of a command line that may name a file.
const WORDS: usize = 1_000;

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
    {
        run.push(run_file(found.at.clone(), text, by));
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
    let toml = || parse::toml::parse(text, Limits::default()).ok();
    if lower == "pyproject.toml" {
        let files = toml().as_ref().map(build_files).unwrap_or_default();
        files.iter().for_each(|file| start(parent, folder, file, "pip"));
    } else if lower == ".npmrc" {
        for value in npm_programs(text) {
            start(parent, folder, value, "npm");
        }
    } else if lower == "bunfig.toml" {
        let Some(node) = toml() else { return };
        for keys in [&["preload"][..], &["test", "preload"]] {
            let files = node.path(keys).map(Node::texts).unwrap_or_default();
            files.iter().for_each(|file| start(parent, folder, file, "bun"));
        }
    } else if folder.rsplit('/').next() == Some(".cargo")
        && matches!(&*lower, "config.toml" | "config")
    {
        // Wrappers, linkers and runners; their paths begin where the folder lies.
        let (Some(node), Some(base)) = (toml(), parent.parent()) else { return };
        let prefix = folder.strip_suffix(".cargo").unwrap_or(folder).trim_end_matches('/');
        let mut values = Vec::new();
        strings(&node, 0, &mut values);
        values.iter().for_each(|value| start(base, prefix, value, "cargo"));
    } else if lower == "package.json" {
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

/// The beginning of a file that runs; whether that is all of it.
fn run_file(at: Location, text: &str, by: &str) -> RunFile {
    let kept = &text[..text.floor_char_boundary(LARGEST)];
    RunFile { at, text: kept.to_owned(), whole: kept.len() == text.len(), by: by.to_owned() }
}

/// Files that run when a package of Python is built, which installing it from its folder does.
fn build_files(node: &Node) -> Vec<String> {
    let mut files = Vec::new();
    let text = |keys: &[&str]| node.path(keys).and_then(Node::text).map(str::to_owned);
    let backend = text(&["build-system", "build-backend"]).unwrap_or_default();
    let module = backend.split(':').next().unwrap_or_default().replace('.', "/");
    let folders = node.path(&["build-system", "backend-path"]).map(Node::texts).unwrap_or_default();
    for folder in folders {
        let folder = folder.trim_end_matches('/');
        let front = if folder == "." { String::new() } else { format!("{folder}/") };
        files.extend([format!("{front}{module}.py"), format!("{front}{module}/__init__.py")]);
    }
    let build = node.path(&["tool", "hatch", "build"]);
    let targets =
        build.and_then(|build| build.get("targets")).map(Node::members).unwrap_or_default();
    for hooks in build.into_iter().chain(targets.iter().map(|target| &target.value)) {
        if let Some(custom) = hooks.path(&["hooks", "custom"]) {
            let path = custom.get("path").and_then(Node::text);
            files.push(path.unwrap_or("hatch_build.py").to_owned());
        }
    }
    files.extend(text(&["tool", "pdm", "build", "custom-hook"]));
    files.extend(text(&["tool", "poetry", "build", "script"]));
    files.extend(text(&["tool", "poetry", "build"]));
    files
}

/// Values of npm's settings that are programs, or options of one.
fn npm_programs(text: &str) -> impl Iterator<Item = &str> {
    let keys = ["node-options", "script-shell", "shell", "git", "onload-script", "init-module"];
    text.lines().filter_map(move |line| {
        let (key, value) = line.split_once('=')?;
        keys.contains(&key.trim()).then(|| value.trim())
    })
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
        let words = parts.iter().flat_map(|word| word.split([';', '&', '|', '=']));
        let mut asked = BTreeSet::new();
        for path in words.filter_map(inside) {
            if asked.len() < WORDS && asked.insert(path) {
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
        run.push(run_file(at, &content.text, by));
        return;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::Scope;
    use crate::text::unit::Role;

    #[test]
    fn what_builds_a_package_of_python_is_named() {
        let files = |text: &str| build_files(&parse::toml::parse(text, Limits::default()).unwrap());
        let text = "[build-system]\nbuild-backend = \"own.backend:api\"\nbackend-path = [\".\", \"tools/\"]\n\
            [tool.hatch.build.hooks.custom]\n[tool.hatch.build.targets.wheel.hooks.custom]\npath = \"a.py\"\n";
        assert_eq!(
            files(text),
            [
                "own/backend.py",
                "own/backend/__init__.py",
                "tools/own/backend.py",
                "tools/own/backend/__init__.py",
                "hatch_build.py",
                "a.py"
            ]
        );
        assert_eq!(files("[tool.poetry.build]\nscript = \"b.py\"\n"), ["b.py"]);
        assert_eq!(files("[build-system]\nbuild-backend = \"hatchling.build\"\n"), [""; 0]);
    }

    #[test]
    fn of_npm_s_settings_those_that_are_programs_count() {
        let text =
            "registry=https://x.example/\nnode-options=--require ./a.js\n# git=./b\ngit = ./c\n";
        assert_eq!(npm_programs(text).collect::<Vec<_>>(), ["--require ./a.js", "./c"]);
    }

    #[test]
    fn a_file_that_is_larger_than_is_kept_says_so() {
        let at = location(Root::Repository, "setup.py");
        let file = run_file(at.clone(), &"é".repeat(LARGEST), "pip");
        assert!(!file.whole && file.text.len() <= LARGEST);
        assert!(run_file(at, "x = 1", "pip").whole);
    }

    proptest! {
        /// No word of a command line leads out of the folder.
        #[test]
        fn a_path_stays_inside(word in "[a-c./~$\\\\:'\"({}* -]{0,16}") {
            if let Some(path) = inside(&word) {
                prop_assert!(!path.is_empty());
                prop_assert!(path.split('/').all(|part| part != ".."), "{path}");
                prop_assert!(!Path::new(path).is_absolute(), "{path}");
            }
        }

        /// Whatever stands in a file, it is read without a panic, and nothing outside of the tree is kept.
        #[test]
        fn any_file_is_read(name in 0_usize..7, text in prop::collection::vec(prop_oneof![
            ".{0,6}",
            prop::sample::select(vec![
                "\"scripts\": {", "{", "}", "\"postinstall\": ", "\"node ../../etc/passwd\"", "\n", "=", "[build-system]\n",
                "backend-path = [\"..\"]\n", "build-backend = \"a.b\"\n", "node-options=--require /etc/passwd\n", "preload = [\"/etc/passwd\"]\n",
                "core.hooksPath ../..", "\"", ",",
            ]).prop_map(str::to_owned),
        ], 0..12)) {
            let names = ["package.json", "pyproject.toml", ".npmrc", "bunfig.toml", ".cargo/config.toml", ".vscode/settings.json", "setup.py"];
            let tree = tempfile::tempdir().unwrap();
            let root = tree.path().canonicalize().unwrap();
            let path = root.join(names[name]);
            let at = location(Root::Repository, names[name]);
            let found = Found { path: &path, at, place: None, role: Role::Other, scope: Scope::Project, skill: None };
            let (mut starts, mut run) = (Vec::new(), Vec::new());
            of_file(&found, &text.concat(), &root, &mut starts, &mut run);
            targets(&starts, &mut run);
            prop_assert!(run.iter().all(|file| file.at.path == "setup.py"), "{run:?}");
        }
    }
}
