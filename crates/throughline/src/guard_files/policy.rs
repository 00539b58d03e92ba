//! Policy as it stands on disk: the administrator's file, the person's, the repository's, and what
//! is written in Cedar beside them.
//!
//! In: where they are. Out: [`Policies`]. Start at [`Policies::read`]. **Invariant:** a file that is
//! there and cannot be read is an error; it is never taken for one that is not there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tl_policy::engine::Engine;
use tl_policy::error::PolicyError;
use tl_policy::file::PolicyFile;
use tl_policy::policy::{Policy, Warning};

use super::{DIRECTORY, GuardFiles, Whose, failed, read};
use crate::error::CommandError;

/// Most files of Cedar in one directory.
const MOST_CEDAR_FILES: usize = 100;

/// Where policies are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// The administrator's `guard.toml`.
    pub(crate) managed: Option<PathBuf>,
    /// The directory of the person's `guard.toml`.
    pub(crate) user: Option<PathBuf>,
    /// The root of the repository.
    pub(crate) repository: Option<PathBuf>,
    /// The person's home, which is `~` in paths.
    pub(crate) home: Option<PathBuf>,
}

/// What holds.
#[derive(Debug)]
pub(crate) struct Policies {
    /// The files together.
    pub(crate) policy: Policy,
    /// What decides.
    pub(crate) engine: Engine,
    /// What in the files does nothing.
    pub(crate) warnings: Vec<Warning>,
    /// The files that are there, the most say first.
    pub(crate) read: Vec<PathBuf>,
}

impl GuardFiles {
    /// Where policies for the repository are.
    pub(crate) fn places(&self) -> Places {
        Places {
            managed: managed(&self.host.system),
            user: self.directory(Whose::User),
            repository: Some(self.repository.clone()),
            home: self.host.home.clone(),
        }
    }
}

/// The administrator's file, whose directory no other user may write.
pub(crate) fn managed(system: &Path) -> Option<PathBuf> {
    let directory = if cfg!(windows) {
        "ProgramData\\throughline"
    } else if cfg!(target_os = "macos") {
        "Library/Application Support/throughline"
    } else {
        "etc/throughline"
    };
    Some(system.join(directory).join("guard.toml"))
}

/// A path as policies write it: `/` between names, the home as `~`, and in lower case where names
/// of files ignore case.
pub(crate) fn written(path: &Path, home: Option<&Path>) -> String {
    let below = home.and_then(|home| path.strip_prefix(home).ok());
    let text = match below {
        Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    };
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text };
    if IGNORES_CASE { text.to_lowercase() } else { text }
}

/// Whether two names of files that differ in case are one, as a rule.
pub(crate) const IGNORES_CASE: bool = cfg!(any(windows, target_os = "macos"));

impl Policies {
    /// Reads all files. Errors: one that cannot be read, with its path and line.
    pub(crate) fn read(places: &Places) -> Result<Self, CommandError> {
        Self::check(places).map_err(|mut errors| errors.swap_remove(0))
    }

    /// The same, with every file that cannot be read.
    pub(crate) fn check(places: &Places) -> Result<Self, Vec<CommandError>> {
        let mut errors = Vec::new();
        let mut found = Vec::new();
        let mut file = |path: Option<PathBuf>| {
            let path = path?;
            let text = kept(read(&path), &mut errors)??;
            let file = kept(parsed(&text, &path), &mut errors)?;
            found.push(path);
            Some(if IGNORES_CASE { file.ignoring_case() } else { file })
        };
        let own = places.repository.as_ref().map(|root| root.join(DIRECTORY));
        let managed = file(places.managed.clone());
        let user = file(places.user.as_ref().map(|directory| directory.join("guard.toml")));
        let repository = file(own.as_ref().map(|directory| directory.join("guard.toml")));
        let root = places.repository.as_deref();
        let root = root.map(|root| written(root, places.home.as_deref())).unwrap_or_default();
        let (policy, mut warnings) = Policy::merged(managed, user, repository, &root);
        let mut cedar = Vec::new();
        let beside = places.managed.as_ref().and_then(|path| path.parent());
        let directories =
            [("managed", beside), ("user", places.user.as_deref()), ("repository", own.as_deref())];
        for (whose, directory) in directories {
            let Some(directory) = directory else { continue };
            let files = kept(cedar_files(&directory.join("policy")), &mut errors);
            for path in files.unwrap_or_default() {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                if let Some(Some(text)) = kept(read(&path), &mut errors) {
                    cedar.push((format!("{whose}:{name}"), text));
                    found.push(path);
                }
            }
        }
        match Engine::new(&policy, &cedar) {
            Ok(engine) if errors.is_empty() => {
                warnings.extend(engine.warnings().iter().cloned());
                Ok(Self { policy, engine, warnings, read: found })
            }
            Ok(_) => Err(errors),
            Err(first) => {
                let alone = |one| Engine::new(&Policy::default(), std::slice::from_ref(one)).err();
                let mut each: Vec<_> = cedar.iter().filter_map(alone).collect();
                if each.is_empty() {
                    each.push(first);
                }
                errors.extend(each.into_iter().map(misfit));
                Err(errors)
            }
        }
    }
}

fn kept<T>(result: Result<T, CommandError>, errors: &mut Vec<CommandError>) -> Option<T> {
    result.map_err(|err| errors.push(err)).ok()
}

fn misfit(err: PolicyError) -> CommandError {
    CommandError::usage(err)
        .hint("`throughline guard policy show --schema` prints what policies have to fit")
}

/// The text of a `guard.toml`; `path` is its name for people.
pub(crate) fn parsed(text: &str, path: &Path) -> Result<PolicyFile, CommandError> {
    PolicyFile::read(text).map_err(|err| unreadable(path, &err))
}

/// A `guard.toml` that cannot be read.
pub(super) fn unreadable(path: &Path, err: &PolicyError) -> CommandError {
    CommandError::usage(format!("`{}` cannot be read: {err}", path.display()))
        .hint("what can stand there is in docs/guard-policy.md")
}

/// All `*.cedar` of a directory, by name.
fn cedar_files(directory: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(failed("read", directory, &err)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|err| failed("read", directory, &err))?.path();
        if path.extension().is_none_or(|extension| extension != "cedar") {
            continue;
        }
        // Reading a pipe would wait for somebody to write.
        if !path.is_file() {
            return Err(CommandError::environment(format!("`{}` is no file", path.display())));
        }
        files.push(path);
    }
    if files.len() > MOST_CEDAR_FILES {
        return Err(CommandError::usage(format!(
            "`{}` has more than {MOST_CEDAR_FILES} files",
            directory.display()
        )));
    }
    files.sort();
    Ok(files)
}
