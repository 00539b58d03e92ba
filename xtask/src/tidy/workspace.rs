//! The workspace as the checks see it: crates, who depends on whom, and the text of every file.
//!
//! In: `cargo metadata` and `git ls-files`. Out: [`Workspace`], plain data that a test can write
//! by hand. This is the only file of tidy that does IO.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::failure::Failure;
use crate::process::{command, output, root};

/// Everything that the checks look at.
pub(crate) struct Workspace {
    /// Absolute path of the checkout.
    pub(crate) root: String,
    /// The crates of the workspace.
    pub(crate) crates: Vec<Crate>,
    /// Normal dependencies of every package, by name, as cargo resolved them.
    pub(crate) graph: Graph,
    /// Number of packages that it resolves to without optional features, on any platform.
    pub(crate) resolved: usize,
    /// Files that git tracks, or would track with `git add --all`.
    pub(crate) files: Vec<File>,
}

/// A crate of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Crate {
    /// Name of the package.
    pub(crate) name: String,
    /// Its directory, relative to the root.
    pub(crate) dir: String,
    /// What it lists in its manifest.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Name of the package.
    pub(crate) package: String,
    /// Name that the code uses: with `_` for `-`, and after `package = ...`.
    pub(crate) ident: String,
    /// Whether it is linked, and not only needed by tests or the build.
    pub(crate) normal: bool,
}

/// Package name to the names of its normal dependencies.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

/// A file of the repository.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Path relative to the root, with `/`.
    pub(crate) path: String,
    /// Size in bytes.
    pub(crate) size: u64,
    /// Its text; empty if it is not UTF-8.
    pub(crate) text: String,
}

impl File {
    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// Whether all of it is test or benchmark code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs")
            || self.path.contains("/tests/")
            || self.path.contains("/benches/")
    }

    /// The lines before the inline module of tests, numbered from 1.
    pub(crate) fn production_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let starts_tests = |pair: &[&str]| {
            pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
        };
        let end = lines.windows(2).position(starts_tests).unwrap_or(lines.len());
        lines.into_iter().take(end).enumerate().map(|(index, line)| (index + 1, line))
    }
}

impl Workspace {
    /// Asks cargo and git, and reads the files.
    pub(crate) fn load() -> Result<Self, Failure> {
        let metadata = MetadataCommand::new().current_dir(root()).exec()?;
        Ok(Self {
            root: metadata.workspace_root.to_string(),
            crates: crates(&metadata),
            graph: graph(&metadata),
            resolved: metadata.packages.len(),
            files: files()?,
        })
    }
}

fn crates(metadata: &Metadata) -> Vec<Crate> {
    let describe = |package: &&cargo_metadata::Package| {
        let dir = package.manifest_path.parent().unwrap_or(&package.manifest_path);
        let dir = dir.strip_prefix(&metadata.workspace_root).unwrap_or(dir).to_string();
        let dependencies = package.dependencies.iter().map(|dependency| {
            let ident = dependency.rename.as_deref().unwrap_or(&dependency.name);
            Dependency {
                package: dependency.name.clone(),
                ident: ident.replace('-', "_"),
                normal: dependency.kind == DependencyKind::Normal,
            }
        });
        Crate { name: package.name.to_string(), dir, dependencies: dependencies.collect() }
    };
    metadata.workspace_packages().iter().map(describe).collect()
}

fn graph(metadata: &Metadata) -> Graph {
    let names: BTreeMap<&PackageId, String> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let mut graph = Graph::new();
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let normal = node.deps.iter().filter(|dependency| {
            dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
        });
        let below = normal.filter_map(|dependency| names.get(&dependency.pkg).cloned());
        if let Some(name) = names.get(&node.id) {
            // Two versions of a package share a row: a rule that forbids one forbids the other.
            graph.entry(name.clone()).or_default().extend(below);
        }
    }
    graph
}

fn files() -> Result<Vec<File>, Failure> {
    let mut git = command("git");
    git.current_dir(root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = output(&mut git)?;
    let mut files = Vec::new();
    for path in listed.split_terminator('\0') {
        let full = root().join(path);
        if !full.is_file() {
            continue; // Deleted, but not committed yet; or a link to a directory.
        }
        let bytes = fs::read(&full).map_err(Failure::io(format!("read `{path}`")))?;
        files.push(File {
            path: path.to_owned(),
            size: bytes.len() as u64,
            text: String::from_utf8(bytes).unwrap_or_default(),
        });
    }
    Ok(files)
}

#[cfg(test)]
pub(crate) mod examples {
    //! Workspaces in miniature for the tests of the checks.

    use super::{Crate, Dependency, File};

    /// A file with that path and text.
    pub(crate) fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), size: text.len() as u64, text: text.to_owned() }
    }

    /// A crate in `crates/NAME` that links `normal` and tests with `dev`.
    pub(crate) fn crate_with(name: &str, normal: &[&str], dev: &[&str]) -> Crate {
        let dependency = |package: &&str, normal| Dependency {
            package: (*package).to_owned(),
            ident: package.replace('-', "_"),
            normal,
        };
        let normal = normal.iter().map(|package| dependency(package, true));
        let dev = dev.iter().map(|package| dependency(package, false));
        Crate {
            name: name.to_owned(),
            dir: format!("crates/{name}"),
            dependencies: normal.chain(dev).collect(),
        }
    }

    #[test]
    fn production_ends_where_the_inline_tests_begin() {
        let text = "a\n#[cfg(test)]\nmod tests;\nb\n#[cfg(test)]\nmod more {\nc\n}\n";
        let file = file("crates/tl-map/src/a.rs", text);
        let last = file.production_lines().last();
        assert_eq!(last, Some((4, "b")));
    }
}
