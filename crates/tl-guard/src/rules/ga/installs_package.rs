//! GA005: packages that no lock file here knows.

use std::path::Path;

use super::{Found, INSTALLS_PACKAGE, Scene, Step};
use crate::limits::WHOLE_FILE;

/// A program that installs: what its subcommands are, and the kind of its packages.
const INSTALLERS: &[(&str, &[&str], &str)] = &[
    ("npm", &["install", "i", "add", "in"], "npm"),
    ("pnpm", &["add", "install", "i"], "npm"),
    ("yarn", &["add"], "npm"),
    ("bun", &["add", "install", "i"], "npm"),
    ("deno", &["add", "install"], "npm"),
    ("pip", &["install", "download"], "pypi"),
    ("pip3", &["install", "download"], "pypi"),
    ("pipx", &["install", "run", "inject"], "pypi"),
    ("uv", &["add"], "pypi"),
    ("poetry", &["add"], "pypi"),
    ("pdm", &["add"], "pypi"),
    ("rye", &["add"], "pypi"),
    ("conda", &["install"], "conda"),
    ("mamba", &["install"], "conda"),
    ("cargo", &["add", "install", "binstall"], "crates"),
    ("go", &["get", "install"], "go"),
    ("gem", &["install"], "gem"),
    ("bundle", &["add"], "gem"),
    ("composer", &["require"], "composer"),
    ("dotnet", &["add"], "nuget"),
    ("apt", &["install"], "system"),
    ("apt-get", &["install"], "system"),
    ("brew", &["install"], "system"),
    ("dnf", &["install"], "system"),
    ("yum", &["install"], "system"),
    ("apk", &["add"], "system"),
    ("pacman", &["-S", "-Sy", "-Syu"], "system"),
    ("choco", &["install"], "system"),
    ("winget", &["install"], "system"),
    ("snap", &["install"], "system"),
];

/// Flags of installers that take a value.
const VALUED: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "--index-url",
    "-i",
    "--extra-index-url",
    "--registry",
    "--prefix",
    "-t",
    "--target",
    "--features",
    "-F",
    "--path",
    "--git",
    "--branch",
    "--tag",
    "--rev",
    "--version",
    "--vers",
    "-p",
    "--package",
    "--group",
    "--filter",
    "-C",
    "--dir",
    "--cwd",
    "-w",
    "--workspace",
    "-n",
    "--name",
    "--python",
    "--optional",
    "--extra",
    "-f",
    "--find-links",
    "--root",
    "--manifest-path",
    "--rename",
];

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Found>) {
    for step in &scene.steps {
        let names = packages(step);
        let unknown: Vec<&str> = names
            .iter()
            .filter(|(kind, name)| !is_locked(scene.ground.root.as_deref(), kind, name))
            .map(|(_, name)| name.as_str())
            .collect();
        if !unknown.is_empty() {
            out.push(Found {
                doc: &INSTALLS_PACKAGE,
                effect: None,
                text: format!(
                    "`{}` is in no lock file here and would be installed",
                    unknown.join("`, `")
                ),
                resource: step.shown(),
            });
        }
    }
}

/// Kind and name of the packages that a program installs; those of files and lock files are left out.
pub(crate) fn packages(step: &Step) -> Vec<(&'static str, String)> {
    let mut words = step.command.arguments().iter().map(|word| word.text.as_str());
    let mut program = step.program.as_str();
    if matches!(program, "python" | "python3" | "py")
        && step.argument(0) == "-m"
        && step.argument(1) == "pip"
    {
        program = "pip";
        words.by_ref().take(2).for_each(drop);
    }
    if program == "uv" && step.argument(0) == "pip" {
        program = "pip";
        words.next();
    }
    let rows = INSTALLERS.iter().filter(|(name, ..)| *name == program);
    let mut found = Vec::new();
    for (_, subcommands, kind) in rows {
        let mut words = words.clone();
        let is = words.by_ref().find(|word| !word.starts_with('-') || subcommands.contains(word));
        if is.is_none_or(|word| !subcommands.contains(&word)) {
            continue;
        }
        while let Some(word) = words.next() {
            if VALUED.contains(&word) {
                words.next();
                continue;
            }
            // `dotnet add package NAME`
            let is_verb = program == "dotnet" && word == "package";
            if !is_verb && !word.starts_with('-') && !is_here(word) {
                found.push((*kind, word.to_owned()));
            }
        }
    }
    found
}

/// Whether it is a file or directory, not a name.
fn is_here(word: &str) -> bool {
    word.is_empty()
        || word == "."
        || word.starts_with(['.', '/', '~', '$'])
        || word.ends_with(".whl")
        || word.ends_with(".tgz")
        || word.starts_with("file:")
        || word.starts_with("link:")
        || word.starts_with("workspace:")
}

/// A name without its version.
pub(crate) fn bare(kind: &str, name: &str) -> String {
    let end = match kind {
        "npm" => name[1.min(name.len())..].find('@').map(|at| at + 1),
        "pypi" | "conda" => name.find(['=', '<', '>', '~', '!', '[', ';', ' ']),
        _ => name.find('@'),
    };
    let name = &name[..end.unwrap_or(name.len())];
    if kind == "pypi" {
        name.to_ascii_lowercase().replace(['_', '.'], "-")
    } else {
        name.to_owned()
    }
}

/// Lock files of a kind, and how a name stands there.
fn is_locked(root: Option<&Path>, kind: &str, written: &str) -> bool {
    let Some(root) = root else { return false };
    let name = bare(kind, written);
    if name.is_empty() || written.contains("://") || written.starts_with("git+") {
        return false;
    }
    let files: &[&str] = match kind {
        "npm" => &[
            "package-lock.json",
            "npm-shrinkwrap.json",
            "pnpm-lock.yaml",
            "yarn.lock",
            "bun.lock",
            "package.json",
        ],
        "pypi" => &["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.txt"],
        "crates" => &["Cargo.lock"],
        "go" => &["go.sum"],
        "gem" => &["Gemfile.lock"],
        "composer" => &["composer.lock"],
        _ => &[],
    };
    files.iter().any(|file| {
        let path = root.join(file);
        let small = path.metadata().is_ok_and(|data| data.is_file() && data.len() <= WHOLE_FILE);
        small && std::fs::read_to_string(&path).is_ok_and(|text| stands_in(&text, kind, &name))
    })
}

/// Whether a name stands in a lock file as a whole word at a place where names stand.
fn stands_in(text: &str, kind: &str, name: &str) -> bool {
    let text: std::borrow::Cow<'_, str> = if kind == "pypi" {
        text.to_ascii_lowercase().replace('_', "-").into()
    } else {
        text.into()
    };
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let scoped =
            name.starts_with('@') || before != Some('/') || text[..at].ends_with("node_modules/");
        scoped
            && before.is_none_or(|c| matches!(c, '"' | '\'' | '/' | '\n' | ' '))
            && after.is_none_or(|c| {
                matches!(
                    c,
                    '"' | '\'' | '@' | '=' | ' ' | '\n' | ':' | '<' | '>' | '~' | '[' | '(' | '/'
                )
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_a_lock_file_as_a_whole() {
        for (text, kind, name) in [
            ("\"node_modules/left-pad\": {", "npm", "left-pad"),
            ("\"node_modules/@acme/a\": {", "npm", "@acme/a"),
            ("left-pad@^1.0.0:\n", "npm", "left-pad"),
            ("[[package]]\nname = \"requests\"", "pypi", "requests"),
            ("Typing_Extensions==4.0", "pypi", "typing-extensions"),
            ("name = \"serde\"\n", "crates", "serde"),
            ("example.com/a/b v1.0.0 h1:", "go", "example.com/a/b"),
        ] {
            assert!(stands_in(text, kind, name), "{name}");
        }
        for (text, kind, name) in [
            ("\"node_modules/left-pad-x\": {", "npm", "left-pad"),
            ("\"node_modules/@evil/left-pad\"", "npm", "left-pad"),
            ("name = \"requests-x\"", "pypi", "requests"),
        ] {
            assert!(!stands_in(text, kind, name), "{name}");
        }
        assert_eq!(bare("npm", "@acme/a@1.2"), "@acme/a");
        assert_eq!(bare("pypi", "Typing_Extensions[x]>=1"), "typing-extensions");
    }
}
