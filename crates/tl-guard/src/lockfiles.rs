//! Names of packages that a repository has: locked, or declared in a manifest.
//!
//! In: lock files and manifests of npm, pnpm, yarn, bun, pip, uv, poetry, pdm, Cargo and Go. Out: a
//! [`Known`]. Start at [`read`]. Line by line where the format allows it: a lock file of 8 MB is read
//! in milliseconds, and what cannot be parsed gives fewer names, never an error.

pub mod mention;
mod modules;

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Ecosystem;
use crate::parse::{self, Limits, Node};
use crate::popular::canonical;

/// Names that a tree has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Names of lock files, as registries compare them. An ecosystem without a lock file has none.
    pub locked: BTreeMap<Ecosystem, BTreeSet<String>>,
    /// Names of manifests, and what the tree itself is called.
    pub declared: BTreeMap<Ecosystem, BTreeSet<String>>,
    /// Python modules of the tree itself.
    pub modules: BTreeSet<String>,
}

impl Known {
    /// Whether a lock file or manifest has the name.
    pub fn has(&self, ecosystem: Ecosystem, name: &str) -> bool {
        self.is_locked(ecosystem, name) || is_in(&self.declared, ecosystem, name)
    }

    /// Whether a lock file has the name.
    pub fn is_locked(&self, ecosystem: Ecosystem, name: &str) -> bool {
        is_in(&self.locked, ecosystem, name)
    }

    /// Adds what one file has.
    pub fn add(&mut self, file: &File) {
        let canonical = |name: &str| canonical(file.ecosystem, name);
        let own = file.own.iter().map(|name| canonical(name));
        self.declared.entry(file.ecosystem).or_default().extend(own);
        let names = if file.locks { &mut self.locked } else { &mut self.declared };
        let names = names.entry(file.ecosystem).or_default();
        names.extend(file.names.iter().map(|name| canonical(&name.text)));
    }

    /// Takes note of a file of Python: its name and that of its directory are modules.
    pub fn add_module(&mut self, path: &str) {
        let Some(bare) = path.strip_suffix(".py") else { return };
        // Its directory is a package, with or without an `__init__.py`.
        let names = bare.rsplit('/').take(2).filter(|name| *name != "__init__");
        self.modules.extend(names.map(str::to_owned));
    }
}

fn is_in(names: &BTreeMap<Ecosystem, BTreeSet<String>>, ecosystem: Ecosystem, name: &str) -> bool {
    let name = canonical(ecosystem, name);
    let Some(names) = names.get(&ecosystem) else { return false };
    let mut path = name.as_str();
    loop {
        if names.contains(path) {
            return true;
        }
        // A package of Go is below its module.
        match path.rsplit_once('/') {
            Some((above, _)) if ecosystem == Ecosystem::Go => path = above,
            _ => return false,
        }
    }
}

/// What a lock file or manifest has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Whose names they are.
    pub ecosystem: Ecosystem,
    /// It has exact versions.
    pub locks: bool,
    /// Packages, in the order of the text.
    pub names: Vec<Name>,
    /// What the tree itself is called.
    pub own: Vec<String>,
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As written.
    pub text: String,
    /// First byte.
    pub at: usize,
}

/// Reads a file that has names of packages; `None` for any other, by its name.
pub fn read(path: &str, text: &str) -> Option<File> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let (ecosystem, locks, names) = match name.as_str() {
        "package-lock.json" | "npm-shrinkwrap.json" => (Ecosystem::Npm, true, npm_lock(text)),
        "pnpm-lock.yaml" => (Ecosystem::Npm, true, pnpm_lock(text)),
        "yarn.lock" => (Ecosystem::Npm, true, yarn_lock(text)),
        "bun.lock" => (Ecosystem::Npm, true, keys(text, &["packages"])),
        "package.json" => return Some(package_json(text)),
        "uv.lock" | "poetry.lock" | "pdm.lock" => (Ecosystem::Pypi, true, toml_names(text)),
        "pipfile.lock" => (Ecosystem::Pypi, true, keys(text, &["default", "develop"])),
        "pyproject.toml" => return Some(pyproject(text)),
        "cargo.lock" => (Ecosystem::Crates, true, toml_names(text)),
        "cargo.toml" => return Some(cargo_toml(text)),
        "go.sum" => (Ecosystem::Go, true, first_words(text)),
        "go.mod" => (Ecosystem::Go, false, go_mod(text)),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => {
            (Ecosystem::Pypi, text.contains("=="), requirements(text))
        }
        _ => return None,
    };
    Some(File { ecosystem, locks, names, own: Vec::new() })
}

/// Lines with the byte at which each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = next;
        next += line.len();
        (start, line.trim_end())
    })
}

fn json(text: &str) -> Option<Node> {
    parse::json::parse(text, Limits::default()).ok()
}

/// Keys of some maps of a JSON document.
fn keys(text: &str, maps: &[&str]) -> Vec<Name> {
    let Some(root) = json(text) else { return Vec::new() };
    let members = maps.iter().filter_map(|map| root.get(map)).flat_map(Node::members);
    members.map(|member| Name { text: member.key.clone(), at: member.start }).collect()
}

/// `packages` has paths (`node_modules/a/node_modules/b`), the old `dependencies` names.
fn npm_lock(text: &str) -> Vec<Name> {
    let Some(root) = json(text) else { return Vec::new() };
    let mut names = Vec::new();
    for member in root.get("packages").map(Node::members).unwrap_or_default() {
        let path = member.key.rsplit("node_modules/").next().unwrap_or_default();
        if member.key.contains("node_modules/") {
            names.push(Name { text: path.to_owned(), at: member.start });
        }
    }
    let mut open: Vec<&Node> = root.get("dependencies").into_iter().collect();
    while let Some(map) = open.pop() {
        for member in map.members() {
            names.push(Name { text: member.key.clone(), at: member.start });
            open.extend(member.value.get("dependencies"));
        }
    }
    names
}

/// Keys below `packages:` and `snapshots:`: `/a@1.0.0:`, `'@b/c@1.0.0(d@2)':`, `/a/1.0.0:`.
fn pnpm_lock(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    let mut inside = false;
    for (start, line) in lines(text) {
        if !line.starts_with(' ') && !line.is_empty() {
            inside = matches!(line, "packages:" | "snapshots:");
        }
        let key = line.strip_prefix("  ").filter(|key| inside && !key.starts_with(' '));
        let Some(key) = key.and_then(|key| key.split(':').next()) else { continue };
        let bare = key.trim_matches(['\'', '"']).trim_start_matches('/');
        // The `@` of a scope is none of a version.
        let version = bare.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
        let name = version
            .map_or_else(|| bare.rsplit_once('/').map_or(bare, |(name, _)| name), |at| &bare[..at]);
        if !name.is_empty() {
            names.push(Name { text: name.to_owned(), at: start + 2 });
        }
    }
    names
}

/// Heads of entries: `"@a/b@^1.0.0", c@1:`, in the newer form `"c@npm:^1.0.0":`.
fn yarn_lock(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for (start, line) in lines(text) {
        if line.starts_with([' ', '#', '_']) || !line.ends_with(':') {
            continue;
        }
        for entry in line.trim_end_matches(':').split(',') {
            let entry = entry.trim().trim_matches('"');
            let Some(at) = entry.get(1..).and_then(|rest| rest.find('@')) else { continue };
            names.push(Name { text: entry[..=at].to_owned(), at: start });
        }
    }
    names
}

/// `name = "..."` of each entry.
fn toml_names(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for (start, line) in lines(text) {
        let Some(value) = line.strip_prefix("name = \"") else { continue };
        let Some(name) = value.split('"').next() else { continue };
        names.push(Name { text: name.to_owned(), at: start + 8 });
    }
    names
}

fn first_words(text: &str) -> Vec<Name> {
    let word = |(at, line): (usize, &str)| {
        let text = line.split_whitespace().next()?.to_owned();
        Some(Name { text, at })
    };
    lines(text).filter_map(word).collect()
}

fn go_mod(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for (start, line) in lines(text) {
        let bare = line.trim();
        let rest = ["module ", "require ", "replace "].iter().find_map(|p| bare.strip_prefix(p));
        let word = rest.unwrap_or(bare).split_whitespace().next().unwrap_or_default();
        if word.contains('.') && !word.starts_with("//") {
            names.push(Name { text: word.to_owned(), at: start });
        }
    }
    names
}

/// A line a requirement: name, extras, versions, markers.
fn requirements(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for (start, line) in lines(text) {
        if let Some(name) = requirement(line) {
            names.push(Name { text: name.to_owned(), at: start });
        }
    }
    names
}

/// Name of a requirement of PEP 508.
fn requirement(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    let goes_on = rest.is_empty()
        || rest.starts_with(['[', '=', '<', '>', '~', '!', ';', '@', '#', ',', '(']);
    (name.starts_with(|c: char| c.is_ascii_alphanumeric()) && goes_on).then_some(name)
}

fn package_json(text: &str) -> File {
    let mut file =
        File { ecosystem: Ecosystem::Npm, locks: false, names: Vec::new(), own: Vec::new() };
    let Some(root) = json(text) else { return file };
    file.own.extend(root.get("name").and_then(Node::text).map(str::to_owned));
    for map in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
        for member in root.get(map).map(Node::members).unwrap_or_default() {
            file.names.push(Name { text: member.key.clone(), at: member.start });
        }
    }
    file
}

fn pyproject(text: &str) -> File {
    let mut file =
        File { ecosystem: Ecosystem::Pypi, locks: false, names: Vec::new(), own: Vec::new() };
    let Ok(root) = parse::toml::parse(text, Limits::default()) else { return file };
    let named = [root.path(&["project", "name"]), root.path(&["tool", "poetry", "name"])];
    file.own.extend(named.into_iter().flatten().filter_map(Node::text).map(str::to_owned));
    let mut lists: Vec<&Node> = root.path(&["project", "dependencies"]).into_iter().collect();
    lists.extend(root.path(&["build-system", "requires"]));
    for groups in [root.path(&["project", "optional-dependencies"]), root.get("dependency-groups")]
    {
        lists.extend(groups.map(Node::members).unwrap_or_default().iter().map(|m| &m.value));
    }
    for item in lists.into_iter().flat_map(Node::items) {
        if let Some(name) = item.text().and_then(requirement) {
            file.names.push(Name { text: name.to_owned(), at: item.start + 1 });
        }
    }
    let poetry = root.path(&["tool", "poetry"]);
    let mut maps: Vec<&Node> =
        ["dependencies", "dev-dependencies"].iter().filter_map(|map| poetry?.get(map)).collect();
    let groups =
        poetry.and_then(|poetry| poetry.get("group")).map(Node::members).unwrap_or_default();
    maps.extend(groups.iter().filter_map(|group| group.value.get("dependencies")));
    let members = maps.into_iter().flat_map(Node::members).filter(|member| member.key != "python");
    file.names.extend(members.map(|member| Name { text: member.key.clone(), at: member.start }));
    file
}

fn cargo_toml(text: &str) -> File {
    let mut file =
        File { ecosystem: Ecosystem::Crates, locks: false, names: Vec::new(), own: Vec::new() };
    let Ok(root) = parse::toml::parse(text, Limits::default()) else { return file };
    file.own.extend(root.path(&["package", "name"]).and_then(Node::text).map(str::to_owned));
    let mut tables = vec![&root];
    tables.extend(root.get("workspace"));
    tables
        .extend(root.get("target").map(Node::members).unwrap_or_default().iter().map(|m| &m.value));
    for table in tables {
        for map in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for member in table.get(map).map(Node::members).unwrap_or_default() {
                let renamed = member.value.get("package").and_then(Node::text);
                let text = renamed.unwrap_or(&member.key).to_owned();
                file.names.push(Name { text, at: member.start });
            }
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(path: &str, text: &str) -> Vec<String> {
        read(path, text).unwrap().names.into_iter().map(|name| name.text).collect()
    }

    #[test]
    fn names_of_each_lock_file_are_read() {
        let npm = r#"{"lockfileVersion": 3, "packages": {"": {"name": "x"}, "node_modules/a": {},
            "node_modules/a/node_modules/@b/c": {}, "packages/own": {}}}"#;
        assert_eq!(names("package-lock.json", npm), ["a", "@b/c"]);
        let old = r#"{"dependencies": {"a": {"version": "1", "dependencies": {"b": {}}}}}"#;
        assert_eq!(names("x/package-lock.json", old), ["a", "b"]);
        let pnpm = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\npackages:\n\n  a@1.0.0:\n    resolution: {}\n\n  '@b/c@2.0.0':\n    x: 1\n\n  /d/3.0.0:\n\nsnapshots:\n\n  e@1.0.0(f@2.0.0):\n";
        assert_eq!(names("pnpm-lock.yaml", pnpm), ["a", "@b/c", "d", "e"]);
        let yarn = "# yarn lockfile v1\n\n\"@b/c@^1.0.0\", \"@b/c@^1.2.0\":\n  version \"1.2.0\"\n\na@1:\n  version \"1\"\n\n\"d@npm:^3\":\n";
        assert_eq!(names("yarn.lock", yarn), ["@b/c", "@b/c", "a", "d"]);
        let uv = "version = 1\n\n[[package]]\nname = \"a-b\"\nversion = \"1\"\ndependencies = [\n    { name = \"c\" },\n]\n";
        assert_eq!(names("uv.lock", uv), ["a-b"]);
        assert_eq!(names("Cargo.lock", "[[package]]\nname = \"serde\"\n"), ["serde"]);
        assert_eq!(names("go.sum", "github.com/a/b v1.0.0 h1:x=\n"), ["github.com/a/b"]);
        assert_eq!(
            names("Pipfile.lock", r#"{"default": {"a": {}}, "develop": {"b": {}}}"#),
            ["a", "b"]
        );
        assert_eq!(
            names("requirements-dev.txt", "# c\na==1\nb[x]>=2 ; y\n-r c.txt\n--hash=z\nd\n"),
            ["a", "b", "d"]
        );
        assert_eq!(read("src/main.rs", ""), None);
    }

    #[test]
    fn names_of_each_manifest_are_read() {
        let text =
            r#"{"name": "own", "dependencies": {"a": "1"}, "devDependencies": {"@b/c": "2"}}"#;
        let file = read("package.json", text).unwrap();
        assert_eq!((file.names.len(), file.own), (2, vec!["own".to_owned()]));
        let text = "[project]\nname = \"own\"\ndependencies = [\"a>=1\", \"b[x]\"]\n[project.optional-dependencies]\nt = [\"c\"]\n[tool.poetry.dependencies]\npython = \"^3\"\nd = \"1\"\n";
        assert_eq!(names("pyproject.toml", text), ["a", "b", "c", "d"]);
        let text = "[package]\nname = \"own\"\n[dependencies]\na = \"1\"\nb = { package = \"c\", version = \"1\" }\n[workspace.dependencies]\nd = \"1\"\n";
        assert_eq!(names("Cargo.toml", text), ["a", "c", "d"]);
        assert_eq!(
            names("go.mod", "module acme.io/own\nrequire (\n\tgithub.com/a/b v1\n)\n"),
            ["acme.io/own", "github.com/a/b"]
        );
    }

    #[test]
    fn names_are_compared_as_registries_do() {
        let mut known = Known::default();
        known.add(&read("requirements.txt", "Ruamel_Yaml==1\n").unwrap());
        known.add(&read("go.sum", "github.com/a/b v1 h1:x=\n").unwrap());
        assert!(known.has(Ecosystem::Pypi, "ruamel.yaml"));
        assert!(
            known.has(Ecosystem::Go, "github.com/a/b/cmd/c")
                && !known.has(Ecosystem::Go, "github.com/a")
        );
        assert!(known.locked.contains_key(&Ecosystem::Go) && !known.has(Ecosystem::Npm, "x"));
    }

    #[test]
    fn seeds_of_the_fuzz_target_are_read() {
        let npm = include_str!("../../../fuzz/seeds/guard_lockfiles/npm");
        assert_eq!(names("package-lock.json", npm), ["@b/c", "a", "d"]);
        let pnpm = include_str!("../../../fuzz/seeds/guard_lockfiles/pnpm");
        assert_eq!(names("pnpm-lock.yaml", pnpm), ["a", "@b/c", "e"]);
        let document = include_str!("../../../fuzz/seeds/guard_lockfiles/document");
        let found = mention::of_document(document);
        let names: Vec<&str> = found.iter().map(|one| one.name.text.as_str()).collect();
        assert_eq!(names, ["axois", "@a/b", "yaml", "nowhere", "requests"]);
    }

    #[test]
    fn a_name_may_begin_with_any_letter() {
        assert_eq!(names("pnpm-lock.yaml", "packages:\n  é@1.0.0:\n  @a/b@2:\n"), ["é", "@a/b"]);
    }

    proptest! {
        /// No text makes any reader panic.
        #[test]
        fn any_text_is_read(text in "(packages:\\n  )?(\\PC|[\\n :\"'@/{}=]|\n  ){0,80}") {
            for path in [
                "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "package.json", "uv.lock",
                "Pipfile.lock", "pyproject.toml", "Cargo.lock", "Cargo.toml", "go.sum", "go.mod",
                "requirements.txt",
            ] {
                let file = read(path, &text).unwrap();
                prop_assert!(file.names.iter().all(|name| name.at <= text.len()));
            }
        }
    }
}
