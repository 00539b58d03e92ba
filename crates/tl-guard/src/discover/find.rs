//! Repositories below a home.

use std::path::{Path, PathBuf};

use tl_core::finding::Root;

use super::ProblemKind;
use super::add::{Gather, at};
use crate::host::Host;

/// Directories between the home and a repository.
const DEEPEST: usize = 6;
/// Directories that are opened on the way.
const MOST: usize = 50_000;

/// Every directory with a `.git` in it. Hidden directories, and those of packages and builds, are
/// not entered, nor are links.
pub(super) fn repositories(host: &Host, gather: &mut Gather<'_>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Some(home) = &host.home else { return found };
    let mut left = MOST;
    search(home, 0, &mut left, &mut found);
    if left == 0 {
        let text = format!("repositories were looked for in the first {MOST} directories");
        gather.problem(at(Root::Home, "", "."), ProblemKind::Limit, text);
    }
    found
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
