//! Version stamping: the commit that the program is built from, read from `.git` as files.
//!
//! Out: `THROUGHLINE_COMMIT`, such as ` (1a2b3c4d5e)`, or nothing outside of a repository.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("cargo::rerun-if-changed=build.rs");
    let commit = git_dir(&root).and_then(|git| head(&git));
    let stamp = commit.map(|id| format!(" ({})", &id[..10])).unwrap_or_default();
    println!("cargo::rustc-env=THROUGHLINE_COMMIT={stamp}");
}

/// `.git`, or where the file `.git` of a linked worktree points.
fn git_dir(root: &Path) -> Option<PathBuf> {
    let dot_git = root.join(".git");
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    let link = fs::read_to_string(dot_git).ok()?;
    Some(root.join(link.strip_prefix("gitdir: ")?.trim()))
}

fn head(git: &Path) -> Option<String> {
    let common = fs::read_to_string(git.join("commondir")).ok();
    let common = common.map_or_else(|| git.to_owned(), |path| git.join(path.trim()));
    let head = read(&git.join("HEAD"))?;
    let id = match head.trim().strip_prefix("ref: ") {
        None => head,
        Some(name) => read(&common.join(name)).or_else(|| {
            let packed = read(&common.join("packed-refs"))?;
            let line = packed.lines().find(|line| line.ends_with(&format!(" {name}")))?;
            Some(line.split_once(' ')?.0.to_owned())
        })?,
    };
    let id = id.trim();
    (id.len() >= 40 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| id.to_owned())
}

/// Reads a file and asks cargo to run this again when it changes.
fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    println!("cargo::rerun-if-changed={}", path.display());
    Some(text)
}
