//! The places of a home and of the system, one row of the tables after the other.

use std::path::{Path, PathBuf};

use tl_core::finding::Root;

use super::ProblemKind;
use super::add::{Found, Gather, at, role_of, skill_kind};
use crate::host::Host;
use crate::inventory::Scope;
use crate::location::{self, Place, PlaceKind, matches_name};
use crate::text::unit::Role;

/// Directories below a `**` or a skill.
const DEEPEST: usize = 12;
/// Files of one skill, or found by one row.
const MOST: usize = 5_000;

/// Looks at every row that holds on this host.
pub(super) fn look(host: &Host, gather: &mut Gather<'_>) {
    for place in location::all().filter(|p| !matches!(p.scope, Scope::Project | Scope::Dependency))
    {
        for pattern in location::expanded(place, host) {
            let (first, rest) = match pattern.split_first() {
                Some((first, rest)) => (first.as_str(), rest),
                None => continue,
            };
            let below_home = first == "~";
            let base = match (below_home, &host.home) {
                (true, Some(home)) => home,
                (true, None) => continue,
                (false, _) => &host.system,
            };
            // A drive of Windows stands for the system's root.
            let drive = first.ends_with(':');
            let components = if below_home || drive { rest } else { pattern.as_slice() };
            let tree =
                Tree { root: if below_home { Root::Home } else { Root::System }, base, place };
            let mut found = Vec::new();
            expand(base, components, 0, &mut found);
            found.sort();
            for path in found {
                tree.file(&path, gather);
            }
        }
    }
}

/// A root, and the row that is looked for.
struct Tree<'a> {
    root: Root,
    base: &'a Path,
    place: &'static Place,
}

impl Tree<'_> {
    fn file(&self, path: &Path, gather: &mut Gather<'_>) {
        let below = path.strip_prefix(self.base).unwrap_or(path);
        let place = at(self.root, "", &below.to_string_lossy().replace('\\', "/"));
        let Ok(listed) = std::fs::symlink_metadata(path) else { return };
        let target = if listed.is_symlink() { stays(path, self.base) } else { Some(path.into()) };
        let Some(target) = target else {
            return gather.problem(
                place,
                ProblemKind::Link,
                "a link that leads out of the home or to nothing",
            );
        };
        let Ok(found) = std::fs::metadata(&target) else { return };
        if found.is_dir() {
            return;
        }
        if !found.is_file() {
            return gather.problem(place, ProblemKind::Special, "a socket, pipe or device");
        }
        let skill = skill_kind(self.place.kind).map(|kind| {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            let index =
                gather.begin_skill(place.clone(), self.place.client, self.place.scope, kind);
            (index, name.unwrap_or_default())
        });
        let index = skill.as_ref().map(|(index, _)| *index);
        let found = Found {
            path: &target,
            at: place,
            place: Some(self.place),
            role: role_of(self.place.kind),
            scope: self.place.scope,
            skill,
        };
        gather.file(found, self.base);
        if let (Some(index), PlaceKind::Skills, Some(folder)) =
            (index, self.place.kind, path.parent())
        {
            self.beside(path, folder, index, gather);
        }
    }

    /// Everything below a skill's folder, but its document, which was read.
    fn beside(&self, document: &Path, folder: &Path, index: usize, gather: &mut Gather<'_>) {
        let mut files = Vec::new();
        expand(folder, &["**".to_owned(), "*".to_owned()], 0, &mut files);
        files.sort();
        for path in files.iter().filter(|path| path.as_path() != document) {
            let name =
                path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
            let below =
                path.strip_prefix(self.base).unwrap_or(path).to_string_lossy().replace('\\', "/");
            let place = at(self.root, "", &below);
            let regular = std::fs::symlink_metadata(path).is_ok_and(|listed| listed.is_file());
            if !regular {
                continue;
            }
            let found = Found {
                path,
                at: place,
                place: None,
                role: Role::SkillFile,
                scope: self.place.scope,
                skill: Some((index, name)),
            };
            gather.file(found, self.base);
        }
    }
}

/// A link's target, where it is below the root.
fn stays(path: &Path, root: &Path) -> Option<PathBuf> {
    let root = std::fs::canonicalize(root).ok()?;
    std::fs::canonicalize(path).ok().filter(|target| target.starts_with(&root))
}

/// Paths that a pattern finds. Directories behind links are not entered.
fn expand(directory: &Path, pattern: &[String], depth: usize, found: &mut Vec<PathBuf>) {
    let Some((first, rest)) = pattern.split_first() else { return };
    if found.len() >= MOST || depth > DEEPEST {
        return;
    }
    if !first.contains('*') {
        let path = directory.join(first);
        if rest.is_empty() {
            if path.symlink_metadata().is_ok() {
                found.push(path);
            }
        } else {
            expand(&path, rest, depth, found);
        }
        return;
    }
    if first == "**" {
        expand(directory, rest, depth, found);
    }
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        if first == "**" {
            if kind.is_dir() && name != "node_modules" && name != ".git" {
                expand(&entry.path(), pattern, depth + 1, found);
            }
        } else if matches_name(first.as_bytes(), name.as_encoded_bytes()) {
            if rest.is_empty() {
                found.push(entry.path());
            } else if kind.is_dir() {
                expand(&entry.path(), rest, depth + 1, found);
            }
        }
    }
}
