//! Files of a repository that run without being asked for.
//!
//! In: the files of a repository as they are read. Out: [`RunFile`]s: those that a tool runs by their
//! name, and those that an install script, a hook, a task or a setting of an editor names; of a Makefile
//! the targets that they make. Start at [`Runs::of_file`] and [`Runs::finish`]. **Invariant:** nothing
//! outside of the tree is read, and at most [`MOST`] files, of each 1 MiB; a larger one is kept in part and
//! says so, and what is over any limit is told as [`Runs::left`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tl_core::finding::{Location, Root};

use super::add::Found;
use super::read::read;
use super::{location, make};
use crate::inventory::package::words;
use crate::inventory::{Hook, RunFile};
use crate::parse::{self, Data, Limits, Node};
use crate::text::unit::{Encoding, Role};

/// Files that are kept.
const MOST: usize = 200;
/// Bytes of one.
const LARGEST: usize = 1 << 20;
/// Different words of a command line that may name a file.
const WORDS: usize = 1_000;
/// Settings of one file that may be a path.
const SETTINGS: usize = 2_000;

/// Names of files that git runs in a directory of hooks.
const GIT_HOOKS: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

/// What was gathered of a scan.
#[derive(Default)]
pub(super) struct Runs {
    starts: Vec<Start>,
    files: Vec<RunFile>,
    /// The first thing that is over a limit, and over which: what comes behind it is left out too.
    left: Option<(Location, String)>,
}

/// A command line that runs by itself.
struct Start {
    command: String,
    /// Where its paths begin, and how that is called.
    directory: PathBuf,
    prefix: String,
    /// The tree that it may not leave.
    root: PathBuf,
    by: String,
}

impl Runs {
    /// A hook: its paths begin at the root of its tree.
    pub(super) fn of_hook(&mut self, hook: &Hook, root: PathBuf) {
        self.starts.push(Start {
            command: hook.command.clone(),
            directory: root.clone(),
            prefix: String::new(),
            root,
            by: hook.event.clone(),
        });
    }

    /// What a file of a repository runs, and whether it runs itself.
    pub(super) fn of_file(&mut self, found: &Found<'_>, text: &str, root: &Path) {
        let path = found.at.path.as_str();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let lower = name.to_ascii_lowercase();
        if let Some(by) = by_name(folder, &lower) {
            self.keep(run_file(found.at.clone(), text, by));
        }
        let Some(parent) = found.path.parent() else { return };
        if matches!(found.role, Role::RuleFile | Role::SkillDoc) {
            for command in make::of_document(text) {
                self.start(root, (parent, folder), command, make::BY_DOCUMENT);
            }
        }
        let toml = || parse::toml::parse(text, Limits::default()).ok();
        if lower == "pyproject.toml" {
            for file in toml().as_ref().map(build_files).unwrap_or_default() {
                self.start(root, (parent, folder), &file, "pip");
            }
        } else if lower == ".npmrc" {
            for value in npm_programs(text) {
                self.start(root, (parent, folder), value, "npm");
            }
        } else if lower == "bunfig.toml" {
            let Some(node) = toml() else { return };
            for keys in [&["preload"][..], &["test", "preload"]] {
                for file in node.path(keys).map(Node::texts).unwrap_or_default() {
                    self.start(root, (parent, folder), &file, "bun");
                }
            }
        } else if folder.rsplit('/').next() == Some(".cargo")
            && matches!(&*lower, "config.toml" | "config")
        {
            // Wrappers, linkers and runners; their paths begin where the folder lies.
            let (Some(node), Some(base)) = (toml(), parent.parent()) else { return };
            let prefix = folder.strip_suffix(".cargo").unwrap_or(folder).trim_end_matches('/');
            self.settings(root, (base, prefix), &found.at, &node, "cargo");
        } else if lower == "package.json" {
            let Ok(node) = parse::json::parse(text, Limits::default()) else { return };
            for event in ["preinstall", "install", "postinstall", "prepare"] {
                if let Some(script) = node.path(&["scripts", event]).and_then(Node::text) {
                    self.start(root, (parent, folder), script, event);
                }
            }
        } else if path.ends_with(".vscode/settings.json") || lower.ends_with(".code-workspace") {
            let Ok(node) = parse::json::parse(text, Limits::default()) else { return };
            let base = if lower == "settings.json" { parent.parent() } else { Some(parent) };
            let prefix = folder.strip_suffix(".vscode").unwrap_or(folder).trim_end_matches('/');
            let Some(base) = base else { return };
            self.settings(root, (base, prefix), &found.at, &node, "the editor");
        }
    }

    fn start(&mut self, root: &Path, (directory, prefix): (&Path, &str), command: &str, by: &str) {
        self.starts.push(Start {
            command: command.to_owned(),
            directory: directory.to_owned(),
            prefix: prefix.to_owned(),
            root: root.to_owned(),
            by: by.to_owned(),
        });
    }

    /// Every setting that may be a path.
    fn settings(&mut self, root: &Path, base: (&Path, &str), at: &Location, node: &Node, by: &str) {
        let mut values = Vec::new();
        strings(node, &mut values);
        if values.len() > SETTINGS {
            let text =
                format!("of settings that may name a file, the first {SETTINGS} are followed");
            self.leave(at.clone(), text);
        }
        for value in values.iter().take(SETTINGS) {
            self.start(root, base, value, by);
        }
    }

    fn leave(&mut self, at: Location, text: String) {
        self.left.get_or_insert((at, text));
    }

    fn keep(&mut self, file: RunFile) {
        if self.files.len() < MOST {
            self.files.push(file);
        } else {
            self.leave(
                file.at,
                format!(
                    "{MOST} files that run by themselves were read, and not this and further ones"
                ),
            );
        }
    }

    /// The files, with those that the command lines name, each read once; and what is over a limit.
    pub(super) fn finish(mut self) -> (Vec<RunFile>, Option<(Location, String)>) {
        for start in std::mem::take(&mut self.starts) {
            self.follow(&start);
        }
        (self.files, self.left)
    }

    fn follow(&mut self, start: &Start) {
        if start.by != make::BY_DOCUMENT {
            self.named(start);
        }
        for call in make::calls(&start.command) {
            self.make(start, &call);
        }
    }

    /// What the words of a command line name.
    fn named(&mut self, start: &Start) {
        let parts = words(&start.command);
        let hooks = parts.windows(2).find(|pair| pair[0].eq_ignore_ascii_case("core.hooksPath"));
        if let Some(folder) = hooks.and_then(|pair| inside(&pair[1])) {
            for name in GIT_HOOKS {
                self.read(start, &format!("{}/{name}", folder.trim_end_matches('/')), "git");
            }
        }
        let words = parts.iter().flat_map(|word| word.split([';', '&', '|', '=']));
        let mut asked = BTreeSet::new();
        for path in words.filter_map(inside) {
            if asked.contains(path) {
                continue;
            }
            if asked.len() == WORDS {
                let at = location(Root::Repository, &start.shown(path));
                let text =
                    format!("of a command line, {WORDS} words that may name a file were looked up");
                return self.leave(at, text);
            }
            asked.insert(path);
            self.read(start, path, &start.by);
        }
    }

    fn read(&mut self, start: &Start, path: &str, by: &str) {
        let shown = start.shown(path);
        if self.files.iter().any(|known| known.at.path == shown) {
            return;
        }
        let mut candidates = vec![path.to_owned()];
        if !path.rsplit('/').next().unwrap_or(path).contains('.') && by != "git" {
            candidates.push(format!("{path}.js"));
        }
        for candidate in candidates {
            let Some(text) = start.text(&candidate) else { continue };
            let at = location(Root::Repository, &start.shown(&candidate));
            return self.keep(run_file(at, &text, by));
        }
    }

    /// What a call of `make` runs.
    fn make(&mut self, start: &Start, call: &make::Call) {
        let folder = call.folder.as_deref().map(|folder| folder.trim_end_matches('/'));
        let named = call.file.as_deref().map_or(make::FILES.to_vec(), |file| vec![file]);
        for name in named {
            let path = folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
            let Some(path) = inside(&path) else { continue };
            let Some(text) = start.text(path) else { continue };
            let shown = start.shown(path);
            let recipes = make::recipes(&text, &call.targets);
            // Another call may make other targets of the same file.
            let known = self.files.iter_mut().find(|known| known.at.path == shown);
            let Some(known) = known else {
                let file = run_file(location(Root::Repository, &shown), &recipes, &start.by);
                return self.keep(file);
            };
            known.text = make::both(&known.text, &recipes);
            if known.by == make::BY_DOCUMENT {
                known.by.clone_from(&start.by);
            }
            return;
        }
    }
}

impl Start {
    /// A path as people see it: from the root of the tree.
    fn shown(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }

    /// The text of a file of the tree; `None` where there is none that may be read.
    fn text(&self, path: &str) -> Option<String> {
        let file = self.directory.join(path);
        let canonical = std::fs::canonicalize(&file).ok()?;
        let plain = std::fs::symlink_metadata(&file).is_ok_and(|m| m.is_file());
        if !plain || !canonical.starts_with(&self.root) {
            return None;
        }
        // A program is not read as text.
        read(&file).ok().filter(|content| content.encoding != Encoding::Binary).map(|c| c.text)
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
        _ if last == ".husky" && GIT_HOOKS.contains(&name) => "git",
        _ if folder.ends_with(".opencode/plugin") || folder.ends_with(".opencode/plugins") => {
            "opencode"
        }
        _ => return None,
    })
}

/// Strings of settings that may be a path; the parser bounds how deep they stand.
fn strings<'a>(node: &'a Node, into: &mut Vec<&'a str>) {
    match &node.data {
        Data::Map(members) => members.iter().for_each(|member| strings(&member.value, into)),
        Data::List(items) => items.iter().for_each(|item| strings(item, into)),
        Data::String(value)
            if value.contains('/') && !value.contains("://") && !value.contains('*') =>
        {
            into.push(value);
        }
        _ => {}
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::Scope;

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

    /// A tree with these files, and what runs there by itself.
    fn run_of(files: &[(&str, &str)]) -> (Vec<RunFile>, Option<(Location, String)>) {
        let tree = tempfile::tempdir().unwrap();
        let root = tree.path().canonicalize().unwrap();
        for (name, text) in files {
            std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            std::fs::write(root.join(name), text).unwrap();
        }
        let mut runs = Runs::default();
        for (name, text) in files {
            let (path, at) = (root.join(name), location(Root::Repository, name));
            let (role, scope) = (Role::Other, Scope::Project);
            let found = Found { path: &path, at, place: None, role, scope, skill: None };
            runs.of_file(&found, text, &root);
        }
        runs.finish()
    }

    #[test]
    fn what_is_over_a_limit_is_told_and_nothing_less() {
        let setup: Vec<String> = (0..=MOST).map(|n| format!("p{n:03}/setup.py")).collect();
        let files =
            |n: usize| setup[..n].iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>();
        let (run, left) = run_of(&files(MOST));
        assert_eq!((run.len(), left), (MOST, None));
        let (run, left) = run_of(&files(MOST + 1));
        assert_eq!((run.len(), left.unwrap().0.path), (MOST, "p200/setup.py".to_owned()));

        let words: Vec<String> = (0..=WORDS).map(|n| format!("w{n}")).collect();
        let script = format!(r#"{{"scripts": {{"install": "{}"}}}}"#, words.join(" "));
        assert!(run_of(&[("package.json", &script)]).1.is_some());
        let values: Vec<String> = (0..=SETTINGS).map(|n| format!("\"./v{n}\"")).collect();
        let settings = format!(r#"{{"a": [{}]}}"#, values.join(","));
        assert!(run_of(&[(".vscode/settings.json", &settings)]).1.is_some());
    }

    #[test]
    fn a_named_file_that_is_large_and_a_hook_behind_many_others_are_read() {
        let large = "x".repeat(LARGEST + 1);
        let install = r#"{"scripts": {"install": "node large.js", "prepare": "git config core.hooksPath hooks"}}"#;
        let mut files = vec![("package.json", install), ("large.js", large.as_str())];
        let others: Vec<String> = (0..100).map(|n| format!("hooks/a{n:03}")).collect();
        files.extend(others.iter().map(|name| (name.as_str(), "")));
        files.push(("hooks/pre-push", "true"));
        let (run, left) = run_of(&files);
        let told: Vec<_> = run.iter().map(|file| (file.at.path.as_str(), file.whole)).collect();
        assert_eq!(told, [("large.js", false), ("hooks/pre-push", true)]);
        assert_eq!(left, None);
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
            let mut runs = Runs::default();
            runs.of_file(&found, &text.concat(), &root);
            let (run, _) = runs.finish();
            prop_assert!(run.iter().all(|file| file.at.path == "setup.py"), "{run:?}");
        }
    }
}
