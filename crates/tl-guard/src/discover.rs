//! Finds and reads every file that matters to an agent, below a home, the system's directories
//! and repositories.
//!
//! In: a [`Host`] and what is asked. Out: an [`Inventory`], what could not be read, and each file
//! as an [`Artifact`], one at a time, so that only one is in memory. Start at [`discover`].
//! **Invariant:** no link that leaves its tree is followed; sockets, pipes and devices are never
//! opened; a loop of links ends; the same tree gives the same order.

mod add;
mod archive;
mod find;
mod home;
mod import;
mod make;
mod modules;
mod read;
mod repo;
mod role;
mod runs;

use std::path::{Path, PathBuf};

use tl_core::finding::{Location, Root};

use crate::host::Host;
use crate::inventory::{ClientSeen, Inventory};
use crate::listeners;
use crate::scan::ReadCounts;
use crate::text::unit::Artifact;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'a> {
    /// the home's and the system's places
    pub home: bool,
    /// [`Host::repositories`]
    pub repositories: bool,
    /// every repository below the home, to six directories deep
    pub all: bool,
    /// open sockets, where the system is Linux
    pub listeners: bool,
    /// files that no table names: documents, sources, everything else that is text
    pub contents: bool,
    /// of the repositories this file alone, by its path below them; and the lock files on the way to it
    pub file: Option<&'a str>,
}

/// Something that was not read, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// which entry
    pub at: Location,
    /// what kept it
    pub kind: ProblemKind,
    /// in words
    pub text: String,
}

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// a limit was reached
    Limit,
    /// no permission, or an error of the system
    Unreadable,
    /// a link that leads out of the tree, to nothing, or in a circle
    Link,
    /// socket, pipe or device
    Special,
    /// an archive that was not opened, or not all of it
    Archive,
    /// it does not parse
    Syntax,
    /// a key is there twice with different values
    Duplicate,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Discovered {
    /// sorted by place
    pub inventory: Inventory,
    /// sums
    pub read: ReadCounts,
    /// in the order in which they were met
    pub problems: Vec<Problem>,
}

/// Looks everywhere that is asked for; `each` gets every file that was read.
pub fn discover(host: &Host, ask: Ask<'_>, each: &mut dyn FnMut(Artifact)) -> Discovered {
    let mut gather = add::Gather::new(host, each);
    if ask.home {
        home::look(host, &mut gather);
    }
    let mut repositories = Vec::new();
    if ask.repositories {
        repositories.extend(host.repositories.iter().cloned());
    }
    if ask.all {
        repositories.extend(find::repositories(host, &mut gather));
    }
    repositories.sort();
    repositories.dedup();
    let several = repositories.len() > 1;
    for repository in &repositories {
        let label = if several { label(host, repository) } else { String::new() };
        repo::look(repository, &label, ask, &mut gather);
    }
    let mut found = gather.finish();
    if ask.listeners {
        let (open, left) = listeners::of_system(&host.system, &found.inventory.servers);
        found.inventory.listeners = open;
        found.problems.extend(left.into_iter().map(|text| Problem {
            at: location(Root::Process, "proc"),
            kind: ProblemKind::Limit,
            text: text.to_owned(),
        }));
    }
    sort(&mut found.inventory);
    found
}

/// Every repository below the home of a host, six directories deep, and what Claude Code and Codex
/// know as projects; and whether all directories and projects were looked at.
pub fn repositories(host: &Host) -> (Vec<PathBuf>, bool) {
    let (found, all_below) = find::below_home(host);
    let (projects, all_projects) = find::projects(host);
    let whole = all_below && all_projects;
    let all = found.into_iter().chain(projects);
    let mut all: Vec<PathBuf> = all.filter_map(|path| std::fs::canonicalize(path).ok()).collect();
    all.sort();
    all.dedup();
    // What is inside another is looked at with it.
    let inside = |path: &PathBuf| all.iter().any(|other| other != path && path.starts_with(other));
    (all.iter().filter(|path| !inside(path)).cloned().collect(), whole)
}

/// Name of a repository among several: its path below the home, or its own name.
fn label(host: &Host, repository: &Path) -> String {
    let below = host.home.as_deref().and_then(|home| repository.strip_prefix(home).ok());
    let path = below.or_else(|| repository.file_name().map(Path::new)).unwrap_or(repository);
    path.to_string_lossy().replace('\\', "/")
}

fn sort(inventory: &mut Inventory) {
    inventory.servers.sort_by(|a, b| a.at.cmp(&b.at));
    inventory.rule_files.sort_by(|a, b| a.at.cmp(&b.at));
    inventory.skills.sort_by(|a, b| a.at.cmp(&b.at));
    inventory.hooks.sort_by(|a, b| a.at.cmp(&b.at));
    inventory.permissions.sort_by(|a, b| a.at.cmp(&b.at));
    inventory.packages.sort_by(|a, b| a.at.cmp(&b.at));
    inventory.clients.sort_by_key(|seen: &ClientSeen| seen.client);
    for seen in &mut inventory.clients {
        seen.places.sort();
        seen.places.dedup();
    }
}

/// Digest of a file's content as instruction files and skills have it: line ends count as LF.
pub fn digest(bytes: &[u8]) -> String {
    add::digest(bytes)
}

/// Opens a regular file: nothing is waited for, and no link at the end of the path is followed.
///
/// # Errors
/// It cannot be opened, or is something else.
pub fn open(path: &Path) -> std::io::Result<std::fs::File> {
    read::open(path)
}

/// A place that is told to nobody.
pub(crate) fn nowhere() -> Location {
    location(Root::System, "")
}

/// A place without a line.
fn location(root: Root, path: &str) -> Location {
    Location { root, path: path.to_owned(), line: 0, column: 0, end_line: 0, within: String::new() }
}

/// Whether a directory holds what others wrote.
pub(crate) fn is_dependency(directory: &str) -> bool {
    role::is_dependency(directory)
}

#[cfg(test)]
mod tests;
