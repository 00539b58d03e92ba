//! Repositories below a home.

use std::path::{Path, PathBuf};

use tl_core::finding::Root;

use super::ProblemKind;
use super::add::{Gather, at};
use crate::host::Host;
use crate::{limits, parse};

/// Directories between the home and a repository.
const DEEPEST: usize = 6;
/// Directories that are opened on the way.
const MOST: usize = 50_000;
/// Projects of one client.
const MOST_PROJECTS: usize = 1_000;

/// Every directory with a `.git` in it. Hidden directories, and those of packages and builds, are
/// not entered, nor are links.
pub(super) fn repositories(host: &Host, gather: &mut Gather<'_>) -> Vec<PathBuf> {
    let (found, whole) = below_home(host);
    if !whole {
        let text = format!("repositories were looked for in the first {MOST} directories");
        gather.problem(at(Root::Home, "", "."), ProblemKind::Limit, text);
    }
    found
}

/// The same, and whether all directories were looked at.
pub(super) fn below_home(host: &Host) -> (Vec<PathBuf>, bool) {
    let mut found = Vec::new();
    let Some(home) = &host.home else { return (found, true) };
    let mut left = MOST;
    search(home, 0, &mut left, &mut found);
    (found, left > 0)
}

/// Directories in which a client was told to work, by its own notes: `projects` of Claude Code's
/// and of Codex's file. Neither the home, nor what is above it. Also whether all were looked at.
pub(super) fn projects(host: &Host) -> (Vec<PathBuf>, bool) {
    let Some(home) = &host.home else { return (Vec::new(), true) };
    let (mut found, mut whole) = (Vec::new(), true);
    for (file, is_toml) in [(".claude.json", false), (".codex/config.toml", true)] {
        let path = home.join(file);
        let small = std::fs::metadata(&path)
            .is_ok_and(|known| known.is_file() && known.len() <= limits::WHOLE_FILE);
        let text = small.then(|| std::fs::read_to_string(&path).ok()).flatten().unwrap_or_default();
        let tree = if is_toml {
            parse::toml::parse(&text, parse::Limits::default())
        } else {
            parse::json::parse(&text, parse::Limits::default())
        };
        let Ok(tree) = tree else { continue };
        let projects = tree.get("projects").map(parse::Node::members).unwrap_or_default();
        whole &= projects.len() <= MOST_PROJECTS;
        let paths = projects.iter().take(MOST_PROJECTS).map(|project| PathBuf::from(&project.key));
        found.extend(paths.filter(|path| path.is_absolute() && path.is_dir()));
    }
    found.retain(|path| !home.starts_with(path));
    (found, whole)
}

fn search(directory: &Path, depth: usize, left: &mut usize, found: &mut Vec<PathBuf>) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut below = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name == ".git" && depth > 0 {
            found.push(directory.to_owned());
        }
        let entered = !name.starts_with('.')
            && !matches!(&*name, "node_modules" | "target" | "Library" | "AppData");
        if entered && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below.push(entry.path());
        }
    }
    if depth < DEEPEST {
        below.sort();
        for directory in below {
            search(&directory, depth + 1, left, found);
        }
    }
}
