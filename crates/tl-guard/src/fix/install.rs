//! Which versions of a package are here already: no network, nothing is run.
//!
//! In: directories to look in. Out: versions. **Invariant:** what is not written down here is not
//! known; an unreadable or odd file is as if it were not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::inventory::Ecosystem;
use crate::inventory::package::is_exact;
use crate::limits;
use crate::parse::{Limits, Node, json, toml};

/// Entries of a package manager's store that are looked at.
const MOST: usize = 5_000;

/// The exact versions of a package below a directory: of its lock file, else of what is installed;
/// sorted. `home` says that the directory is one, with the stores of package managers.
pub fn installed(directory: &Path, home: bool, ecosystem: Ecosystem, name: &str) -> Vec<String> {
    let odd = |c: char| !(c.is_ascii_alphanumeric() || "@/._-".contains(c));
    if name.is_empty() || name.contains(odd) || name.split('/').any(|part| part == "..") {
        return Vec::new();
    }
    let mut versions: BTreeSet<String> = match ecosystem {
        Ecosystem::Npm => npm(directory, home, name),
        Ecosystem::Pypi => pypi(directory, home, name),
        _ => BTreeSet::new(),
    };
    versions.retain(|version| is_exact(version) && version.len() <= 64);
    versions.into_iter().collect()
}

fn npm(directory: &Path, home: bool, name: &str) -> BTreeSet<String> {
    let mut roots = vec![directory.join("node_modules")];
    if home {
        let caches = entries(&directory.join(".npm").join("_npx"));
        roots = caches.into_iter().map(|cache| cache.join("node_modules")).collect();
        roots.push(directory.join(".bun/install/global/node_modules"));
    } else if let Some(lock) = tree(&directory.join("package-lock.json")) {
        let key = format!("node_modules/{name}");
        let version = lock.path(&["packages", &key, "version"]).and_then(Node::text);
        if let Some(version) = version {
            return BTreeSet::from([version.to_owned()]);
        }
    }
    let read = |root: &PathBuf| {
        let package = tree(&root.join(name).join("package.json"))?;
        (package.get("name")?.text()? == name).then_some(())?;
        Some(package.get("version")?.text()?.to_owned())
    };
    roots.iter().filter_map(read).collect()
}

fn pypi(directory: &Path, home: bool, name: &str) -> BTreeSet<String> {
    let mut places = Vec::new();
    if home {
        for store in [".local/share/uv/tools", ".local/share/pipx/venvs", ".local/pipx/venvs"] {
            places.extend(
                entries(&directory.join(store)).iter().flat_map(|venv| site_packages(venv)),
            );
        }
        places.extend(entries(&directory.join(".cache/uv/archive-v0")));
    } else {
        for lock in ["uv.lock", "poetry.lock", "pdm.lock"] {
            let Some(lock) = tree(&directory.join(lock)) else { continue };
            let packages = lock.get("package").map(Node::items).unwrap_or_default();
            let same = |package: &&Node| {
                package
                    .get("name")
                    .and_then(Node::text)
                    .is_some_and(|known| plain(known) == plain(name))
            };
            let versions =
                packages.iter().filter(same).filter_map(|package| package.get("version")?.text());
            let versions: BTreeSet<String> = versions.map(str::to_owned).collect();
            if !versions.is_empty() {
                return versions;
            }
        }
        for venv in [".venv", "venv"] {
            places.extend(site_packages(&directory.join(venv)));
        }
    }
    places
        .iter()
        .flat_map(|place| entries(place))
        .filter_map(|entry| {
            let file = entry.file_name()?.to_str()?;
            let (known, version) = file.strip_suffix(".dist-info")?.rsplit_once('-')?;
            (plain(known) == plain(name)).then(|| version.to_owned())
        })
        .collect()
}

fn site_packages(venv: &Path) -> Vec<PathBuf> {
    entries(&venv.join("lib")).into_iter().map(|python| python.join("site-packages")).collect()
}

/// Names of Python packages are equal whatever their case and marks (PEP 503).
fn plain(name: &str) -> String {
    name.split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
        .to_ascii_lowercase()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(read) = fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<PathBuf> = read.flatten().take(MOST).map(|entry| entry.path()).collect();
    found.sort();
    found
}

fn tree(path: &Path) -> Option<Node> {
    let known = fs::metadata(path).ok()?;
    if !known.is_file() || known.len() > limits::WHOLE_FILE {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    if path.extension().is_some_and(|ending| ending == "lock") {
        return toml::parse(&text, Limits::default()).ok();
    }
    json::parse(&text, Limits::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_lock_files_and_stores() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let here = |home, ecosystem, name| installed(root.path(), home, ecosystem, name);
        let package = |version: &str| format!(r#"{{"name": "@acme/mcp", "version": "{version}"}}"#);
        write("node_modules/@acme/mcp/package.json", &package("1.0.0"));
        assert_eq!(here(false, Ecosystem::Npm, "@acme/mcp"), ["1.0.0"]);
        write(
            "package-lock.json",
            r#"{"packages": {"node_modules/@acme/mcp": {"version": "1.1.0"}}}"#,
        );
        assert_eq!(here(false, Ecosystem::Npm, "@acme/mcp"), ["1.1.0"]);
        for (cache, version) in [("a", "2.0.0"), ("b", "2.1.0")] {
            write(
                &format!(".npm/_npx/{cache}/node_modules/@acme/mcp/package.json"),
                &package(version),
            );
        }
        assert_eq!(here(true, Ecosystem::Npm, "@acme/mcp"), ["2.0.0", "2.1.0"]);
        write("uv.lock", "[[package]]\nname = \"acme-mcp\"\nversion = \"3.0.0\"\n");
        assert_eq!(here(false, Ecosystem::Pypi, "Acme_MCP"), ["3.0.0"]);
        write(
            ".local/share/uv/tools/x/lib/python3.12/site-packages/acme_mcp-3.1.0.dist-info/METADATA",
            "",
        );
        assert_eq!(here(true, Ecosystem::Pypi, "acme-mcp"), ["3.1.0"]);
        assert!(
            here(false, Ecosystem::Npm, "../x").is_empty()
                && here(true, Ecosystem::Npm, "other").is_empty()
        );
    }
}
