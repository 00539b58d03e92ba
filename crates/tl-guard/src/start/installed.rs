//! A package that a launcher would fetch, where it is installed already.
//!
//! In: the launcher's command line. Out: the program that it would run. Start at [`of_launcher`].
//! **Invariant:** another version than the configured exact one is not taken for it.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Around, Refusal};
use crate::inventory::Ecosystem;
use crate::inventory::package::{self, Fetched, program_name};
use crate::parse::{Limits, Node, json};

/// Bytes of a `package.json`.
const MOST_BYTES: u64 = 1 << 20;
/// Directories of npx's cache that are looked through.
const MOST_CACHED: usize = 200;

type Found = Result<(PathBuf, Vec<String>), Refusal>;

/// What a launcher would run; `None` for a program that is no launcher.
pub(super) fn of_launcher(command: &str, args: &[String], around: &Around<'_>) -> Option<Found> {
    let Some(fetched) = package::fetched(command, args) else {
        return (program_name(command) == "uv").then(|| of_project(args, around));
    };
    let found = match fetched.ecosystem {
        Ecosystem::Npm => npm(&fetched, args, around),
        Ecosystem::Pypi => pypi(&fetched, args, around),
        _ => None,
    };
    Some(found.ok_or(Refusal::NeedsNetwork { launcher: fetched.launcher, package: fetched.name }))
}

/// The program within the package where the command line names one, and what follows.
fn behind(fetched: &Fetched, args: &[String]) -> (Option<String>, Vec<String>) {
    let is_option = |word: &String| {
        ["-p", "--package", "--from", "--spec"].iter().any(|flag| {
            word == flag || word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))
        })
    };
    let at = fetched.argument;
    let named = args.get(at).is_some_and(is_option)
        || at.checked_sub(1).and_then(|before| args.get(before)).is_some_and(is_option);
    let mut rest = args.iter().skip(at + 1).skip_while(|word| *word == "--").cloned();
    if named {
        let program = rest.by_ref().find(|word| !word.starts_with('-'));
        return (program, rest.collect());
    }
    (None, rest.collect())
}

fn npm(fetched: &Fetched, args: &[String], around: &Around<'_>) -> Option<(PathBuf, Vec<String>)> {
    let (program, rest) = behind(fetched, args);
    let node = around.program("node")?;
    let mut places: Vec<PathBuf> =
        around.tree.map(|tree| tree.join("node_modules")).into_iter().collect();
    let prefixes = [Some(node.clone()), node.canonicalize().ok()];
    let prefixes = prefixes.iter().flatten().filter_map(|node| node.parent()?.parent());
    places.extend(prefixes.map(|prefix| prefix.join("lib/node_modules")));
    places.extend(around.home.into_iter().flat_map(|home| cached(&home.join(".npm/_npx"))));
    let script = places
        .iter()
        .find_map(|place| script(&place.join(&fetched.name), fetched, program.as_deref()))?;
    let mut args = vec![script.to_str()?.to_owned()];
    args.extend(rest);
    Some((node, args))
}

/// What npx has fetched before.
fn cached(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().take(MOST_CACHED);
    let mut places: Vec<PathBuf> = entries.map(|entry| entry.path().join("node_modules")).collect();
    places.sort();
    places
}

/// The script that `package.json` names, of the version that is asked for.
fn script(package: &Path, fetched: &Fetched, program: Option<&str>) -> Option<PathBuf> {
    let mut bytes = Vec::new();
    fs::File::open(package.join("package.json"))
        .ok()?
        .take(MOST_BYTES)
        .read_to_end(&mut bytes)
        .ok()?;
    let manifest = json::parse(std::str::from_utf8(&bytes).ok()?, Limits::default()).ok()?;
    let version = manifest.get("version").and_then(Node::text);
    if fetched.pinned && version != fetched.version.as_deref() {
        return None;
    }
    let bin = manifest.get("bin")?;
    let own = fetched.name.rsplit('/').next().unwrap_or(&fetched.name);
    let path = match (bin.text(), program) {
        (Some(path), _) => path,
        (None, Some(program)) => bin.get(program)?.text()?,
        (None, None) => match bin.members() {
            [only] => only.value.text()?,
            _ => bin.get(own)?.text()?,
        },
    };
    let script = package.join(path);
    // Whoever made the package does not choose what else is read.
    let inside = script.canonicalize().ok()?.starts_with(package.canonicalize().ok()?);
    (inside && script.is_file()).then_some(script)
}

fn pypi(fetched: &Fetched, args: &[String], around: &Around<'_>) -> Option<(PathBuf, Vec<String>)> {
    let (program, rest) = behind(fetched, args);
    // `name[extra]`
    let name = fetched.name.split('[').next().unwrap_or(&fetched.name);
    let folded = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let program = program.unwrap_or_else(|| name.to_owned());
    let mut places: Vec<PathBuf> = around.tree.map(|tree| tree.join(".venv")).into_iter().collect();
    for below in [".local/share/uv/tools", ".local/share/pipx/venvs", ".local/pipx/venvs"] {
        places.extend(around.home.map(|home| home.join(below).join(&folded)));
    }
    let has_version = |place: &Path| {
        !fetched.pinned || fetched.version.as_deref().is_some_and(|v| has_dist(place, &folded, v))
    };
    let found = places
        .iter()
        .find(|place| place.join("bin").join(&program).is_file() && has_version(place))?;
    Some((found.join("bin").join(program), rest))
}

/// Whether an environment of Python has this version of a package.
fn has_dist(environment: &Path, name: &str, version: &str) -> bool {
    let fold = |text: &str| text.to_ascii_lowercase().replace(['_', '.'], "-");
    let wanted = fold(&format!("{name}-{version}.dist-info"));
    let pythons = fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
    pythons.take(8).any(|python| {
        let packages = fs::read_dir(python.path().join("site-packages"));
        packages
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| fold(&entry.file_name().to_string_lossy()) == wanted)
    })
}

/// `uv --directory DIR run WORD ...`: from the environment that uv keeps beside the project.
fn of_project(args: &[String], around: &Around<'_>) -> Found {
    let refused =
        || Refusal::NeedsNetwork { launcher: "uv".to_owned(), package: "the project".to_owned() };
    let valued = [
        "--directory",
        "--project",
        "--with",
        "--python",
        "-p",
        "--env-file",
        "--extra",
        "--group",
    ];
    let mut directory = around.tree.map(Path::to_owned);
    let (mut words, mut run) = (args.iter(), false);
    while let Some(word) = words.next() {
        if valued.contains(&word.as_str()) {
            let value = words.next().ok_or_else(refused)?;
            if matches!(word.as_str(), "--directory" | "--project") {
                directory = Some(around.under_tree(Path::new(value)));
            }
        } else if !run {
            run = word == "run";
            if !run && !word.starts_with('-') {
                break;
            }
        } else if !word.starts_with('-') {
            let directory = directory.ok_or_else(refused)?;
            let bin = directory.join(".venv/bin");
            let is_script = Path::new(word).extension().is_some_and(|end| end == "py");
            let program = bin.join(if is_script { "python" } else { word });
            if !program.is_file() {
                return Err(refused());
            }
            let script = directory.join(word).to_string_lossy().into_owned();
            let args = is_script.then_some(script).into_iter().chain(words.cloned());
            return Ok((program, args.collect()));
        }
    }
    Err(refused())
}
