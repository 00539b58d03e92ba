//! What a program must be able to read: its package, its interpreter, the files it is given.
//!
//! In: a path. Out: directories and files. **Invariant:** a directory that is a home or holds one is
//! never among them; there the file stands alone. Nor is anything in a hidden directory of a home but
//! where installers put programs: keys and logins are there, and a configuration, a link or a script
//! may name any path.

use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::Around;

/// Files that stand at the top of a package or of its environment.
const TOPS: &[&str] = &[
    "package.json",
    "pyproject.toml",
    "setup.py",
    "pyvenv.cfg",
    "go.mod",
    "Cargo.toml",
    "deno.json",
    "composer.json",
    "Gemfile",
];
/// Directories that every program may read anyway.
const SYSTEM: &[&str] = &["/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/nix/store"];
/// Hidden places of a home where installers put programs and what these need.
const INSTALLED: &[&str] = &[
    ".asdf",
    ".bun",
    ".cache/uv",
    ".cargo/bin",
    ".deno",
    ".dotnet",
    ".fnm",
    ".linuxbrew",
    ".local/bin",
    ".local/lib",
    ".local/pipx",
    ".local/share/fnm",
    ".local/share/mise",
    ".local/share/pipx",
    ".local/share/pnpm",
    ".local/share/uv",
    ".nix-profile",
    ".nodenv",
    ".npm/_npx",
    ".nvm",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".sdkman",
    ".volta",
    ".yarn",
];
/// What ends the name of a program's text.
const PROGRAMS: &[&str] = &[
    "cjs", "cts", "jar", "js", "jsx", "mjs", "mts", "php", "pl", "py", "pyz", "rb", "sh", "ts",
    "wasm",
];
/// Directories that are looked at above a file.
const MOST_ABOVE: usize = 12;
/// Bytes of a first line or of a small settings file.
const MOST_BYTES: u64 = 4 << 10;

/// A program, the interpreter that its first line names, and what both are parts of.
pub(super) fn of_program(program: &Path, around: &Around<'_>, read: &mut Vec<PathBuf>) {
    of_file(program, around, read);
    let Some(first) = small(program).filter(|text| text.starts_with("#!")) else { return };
    let mut words = first[2..].lines().next().unwrap_or_default().split_whitespace();
    let Some(interpreter) = words.next() else { return };
    of_file(Path::new(interpreter), around, read);
    if interpreter.ends_with("/env")
        && let Some(found) = words.find(|word| !word.starts_with('-'))
        && let Some(found) = around.program(found)
    {
        of_file(&found, around, read);
    }
}

/// What an argument names. Who writes a repository's configuration does not choose what of the rest of
/// the machine is read: there only a program's text is meant.
pub(super) fn of_argument(file: &Path, around: &Around<'_>, read: &mut Vec<PathBuf>) {
    // A link of the tree may lead out of it.
    let Ok(real) = file.canonicalize() else { return };
    let inside = |tree: &Path| {
        real.starts_with(tree) || tree.canonicalize().is_ok_and(|tree| real.starts_with(tree))
    };
    let ending = real.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if around.tree.is_none_or(inside) || PROGRAMS.contains(&ending) && real.is_file() {
        of_file(file, around, read);
    }
}

/// Whether a path is none of those that hold what a person keeps to himself.
fn may(path: &Path, around: &Around<'_>) -> bool {
    // Where `..` leads is what the real path tells.
    if path.components().any(|part| part == Component::ParentDir) {
        return false;
    }
    let known = |home: &Path| {
        let Ok(below) = path.strip_prefix(home) else { return true };
        let first = below.components().next().map(|part| part.as_os_str().as_encoded_bytes());
        !first.is_some_and(|name| name.starts_with(b"."))
            || INSTALLED.iter().any(|place| below.starts_with(place))
    };
    let homes =
        [around.home.map(Path::to_owned), around.home.and_then(|home| home.canonicalize().ok())];
    let in_tree = around.tree.is_some_and(|tree| path.starts_with(tree));
    in_tree || homes.iter().flatten().all(|home| known(home))
}

/// A file, where it is one, as it is named and as what a link leads to.
pub(super) fn of_file(file: &Path, around: &Around<'_>, read: &mut Vec<PathBuf>) {
    if !file.is_absolute() || !file.exists() {
        return;
    }
    let real = file.canonicalize();
    for file in [Some(file.to_owned()), real.ok()].into_iter().flatten() {
        if !may(&file, around) {
            continue;
        }
        if SYSTEM.iter().any(|system| file.starts_with(system)) {
            continue;
        }
        let is_dir = file.is_dir();
        let top = if is_dir { Some(file.clone()) } else { top(&file, around) };
        match top.filter(|top| is_narrow(top, around)) {
            Some(top) => {
                environment(&top, around, read);
                read.push(top);
            }
            None if is_dir => {}
            None => read.push(file),
        }
    }
}

/// Directory of the package or environment that a file belongs to.
fn top(file: &Path, around: &Around<'_>) -> Option<PathBuf> {
    if let Some(tree) = around.tree.filter(|tree| file.starts_with(tree)) {
        return Some(tree.to_owned());
    }
    // All packages that lie beside each other may need each other.
    let mut path = PathBuf::new();
    for part in file.components() {
        path.push(part);
        if part == Component::Normal("node_modules".as_ref()) {
            return Some(path);
        }
    }
    let mut above = file.ancestors().skip(1).take(MOST_ABOVE);
    let known = above.find(|dir| TOPS.iter().any(|name| dir.join(name).is_file()));
    if let Some(known) = known.filter(|dir| is_narrow(dir, around)) {
        return Some(known.to_owned());
    }
    // `PREFIX/bin/node` needs `PREFIX/lib`.
    let parent = file.parent()?;
    let prefix = parent.parent().filter(|_| parent.file_name().is_some_and(|name| name == "bin"));
    let prefix = prefix.filter(|prefix| prefix.join("lib").is_dir() && is_narrow(prefix, around));
    Some(prefix.unwrap_or(parent).to_owned())
}

/// Neither a home, nor above one, nor a directory of the machine or of everybody.
fn is_narrow(dir: &Path, around: &Around<'_>) -> bool {
    let wide = [
        "/", "/etc", "/home", "/proc", "/root", "/run", "/srv", "/sys", "/tmp", "/var", "/var/tmp",
    ];
    let user = Path::new("/").join("Users");
    let hidden =
        |home: &Path| [".local", ".config", ".cache"].iter().any(|name| dir == home.join(name));
    dir != user
        && wide.iter().all(|wide| dir != Path::new(wide))
        && around.home.is_none_or(|home| !home.starts_with(dir) && !hidden(home))
}

/// Where a virtual environment of Python has its interpreter from.
fn environment(top: &Path, around: &Around<'_>, read: &mut Vec<PathBuf>) {
    let Some(text) = small(&top.join("pyvenv.cfg")) else { return };
    let home = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "home").then(|| PathBuf::from(value.trim()))
    });
    let prefix = home.and_then(|bin| bin.canonicalize().ok()?.parent().map(Path::to_owned));
    read.extend(prefix.filter(|prefix| is_narrow(prefix, around) && may(prefix, around)));
}

/// The first bytes of a regular file.
fn small(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
