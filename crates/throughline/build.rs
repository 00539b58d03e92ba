//! Version stamping, and how the program is linked.
//!
//! Out: `THROUGHLINE_COMMIT`, the commit that the program is built from, such as ` (1a2b3c4d5e)`, or nothing
//! outside of a repository; it is read from `.git` as files. And packed relocations, where the C library
//! knows them: a hook is a new process each time, and a tenth of its start was reading the table.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("cargo::rerun-if-changed=build.rs");
    let commit = git_dir(&root).and_then(|git| head(&git));
    let stamp = commit.map(|id| format!(" ({})", &id[..10])).unwrap_or_default();
    println!("cargo::rustc-env=THROUGHLINE_COMMIT={stamp}");
    if is_gnu_linux() && LIBC.iter().any(|path| knows_packed_relocations(path)) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Where distributions keep the C library that the program will need at least.
const LIBC: &[&str] =
    &["/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib64/libc.so.6", "/usr/lib/libc.so.6"];

/// Built for the machine's own kind: other linkers and libraries are not asked.
#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by variables")]
fn is_gnu_linux() -> bool {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    ["HOST", "TARGET"].iter().all(|name| std::env::var(name).is_ok_and(|value| value == TARGET))
}

/// glibc 2.36 and later name this in their list of versions. A program with packed relocations does not
/// start with an older one, and says so; built beside an older one it is linked as ever.
fn knows_packed_relocations(libc: &str) -> bool {
    let name = b"GLIBC_ABI_DT_RELR";
    fs::read(libc).is_ok_and(|bytes| bytes.windows(name.len()).any(|part| part == name))
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
