//! The program behind a shim of pyenv, rbenv or nodenv, which asks its manager for the version: the
//! sandbox lets it start nothing, and needs none of it.
//!
//! In: a path of `PATH`. Out: the program itself. Start at [`behind`].

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Directory of a manager, and the file that names a project's version.
const MANAGERS: &[(&str, &str)] =
    &[(".pyenv", ".python-version"), (".rbenv", ".ruby-version"), (".nodenv", ".node-version")];
/// Bytes of a file that names versions.
const MOST_BYTES: u64 = 4 << 10;
/// Versions that are looked through.
const MOST_VERSIONS: usize = 200;

/// Whether a program is a shim: it lies in `shims`, beside the `versions` that it chooses from.
pub(super) fn is(program: &Path) -> bool {
    root(program).is_some_and(|root| root.join("versions").is_dir())
}

/// `ROOT/versions/VERSION/bin/NAME`, by the version that the tree or one above it names, or else `ROOT/version`.
pub(super) fn behind(shim: &Path, tree: Option<&Path>) -> Option<PathBuf> {
    let root = root(shim)?;
    let name = shim.file_name()?;
    let manager = MANAGERS.iter().find(|(manager, _)| root.ends_with(manager));
    let mut files: Vec<PathBuf> = match (manager, tree) {
        (Some((_, file)), Some(tree)) => tree.ancestors().map(|above| above.join(file)).collect(),
        _ => Vec::new(),
    };
    files.push(root.join("version"));
    let versions = files.iter().find_map(|file| small(file))?;
    let wanted = versions.split_whitespace().filter(|word| !word.starts_with('#'));
    wanted
        .filter_map(|version| installed(&root.join("versions"), version))
        .map(|version| version.join("bin").join(name))
        .find(|program| program.is_file())
}

fn root(program: &Path) -> Option<&Path> {
    let shims = program.parent()?;
    shims.parent().filter(|_| shims.ends_with("shims"))
}

/// Directory of a version: the one of that name, or the newest that it is the beginning of.
fn installed(versions: &Path, wanted: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.flatten().take(MOST_VERSIONS);
    let below = format!("{wanted}.");
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let fitting = names.filter(|name| name == wanted || name.starts_with(&below));
    let order = |name: &String| {
        let numbers = name.split('.').map(|part| part.parse::<u64>().unwrap_or_default());
        (name == wanted, numbers.collect::<Vec<_>>())
    };
    fitting.max_by_key(order).map(|name| versions.join(name))
}

fn small(file: &Path) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(file).ok().filter(|_| file.is_file())?;
    file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}
