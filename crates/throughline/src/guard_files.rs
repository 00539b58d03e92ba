//! Guard's own files, and the machine that it looks at.
//!
//! In: the directories that were named, the environment. Out: [`GuardFiles`]. Start at
//! [`GuardFiles::find`]. **Invariant:** what a repository allows holds for the repository and for
//! tool lists; what is found in a home is allowed and approved by files of that home alone.

pub(crate) mod policy;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tl_core::finding::Root;
use tl_exec::git::Repository;
use tl_guard::discover;
use tl_guard::host::{Host, Os};
use tl_guard::inventory::tools;
use tl_guard::location::{self, Place};
use tl_policy::error::PolicyError;
use tl_rules::baseline::Baseline;
use tl_rules::suppress::Suppression;

use crate::config::env::{GUARD_VARIABLES, Variables};
use crate::error::CommandError;

/// Directory of guard's files in a repository.
const DIRECTORY: &str = ".throughline";

/// Largest of guard's own files, in bytes.
const LARGEST: u64 = 64 << 20;

/// Whose environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The repository's: what is checked in, and tool lists.
    Repository,
    /// The person's: what is in the home.
    User,
}

impl Whose {
    /// Roots of what belongs to it.
    pub(crate) const fn roots(self) -> &'static [Root] {
        match self {
            Self::Repository => &[Root::Repository, Root::Tools],
            Self::User => &[Root::Home],
        }
    }
}

/// Where guard's files are.
#[derive(Debug)]
pub(crate) struct GuardFiles {
    /// What is looked at.
    pub(crate) host: Host,
    /// The one file of the repository that is looked at, by its path there.
    pub(crate) file: Option<String>,
    repository: PathBuf,
    user: Option<PathBuf>,
}

impl GuardFiles {
    /// Guard's files for the work tree around `path` (or `path` itself), and a home: the one that
    /// was named, or that of the environment.
    pub(crate) fn find(
        variables: &Variables,
        path: &Path,
        home: Option<&Path>,
    ) -> Result<Self, CommandError> {
        for named in [path].into_iter().chain(home) {
            if !named.is_dir() {
                let name = named.display();
                let what = match named.exists() {
                    true => format!("`{name}` is no directory"),
                    false => format!("there is no file or directory `{name}`"),
                };
                return Err(
                    CommandError::environment(what).hint("check the path for a typing error")
                );
            }
        }
        Ok(Self::of_tree(variables, tree(path), home))
    }

    /// The same for a directory that is known to be a work tree's root; it is not looked at.
    pub(crate) fn of_tree(variables: &Variables, repository: PathBuf, home: Option<&Path>) -> Self {
        let own_home =
            variables.text("HOME").or_else(|| variables.text("USERPROFILE")).map(PathBuf::from);
        let known = GUARD_VARIABLES.iter().copied();
        let given = known.filter_map(|name| Some((name.to_owned(), variables.text(name)?)));
        let host = Host {
            os: os(),
            // Variables say where things of the own home are, not of another.
            variables: if home.is_none() { given.collect() } else { Default::default() },
            home: home.map(Path::to_owned).or(own_home).filter(|home| home.is_dir()),
            system: PathBuf::from(std::path::MAIN_SEPARATOR_STR),
            repositories: vec![repository.clone()],
        };
        let user = match home {
            Some(home) => Some(home.join(".config").join("throughline")),
            None => variables.user_config().and_then(|file| file.parent().map(Path::to_owned)),
        };
        Self { host, file: None, repository, user }
    }

    /// The same for one file alone, and no home.
    pub(crate) fn of_file(variables: &Variables, path: &Path) -> Result<Self, CommandError> {
        let name = path.file_name().unwrap_or_default();
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = parent.unwrap_or(Path::new(".")).canonicalize();
        let directory = directory.map_err(|err| failed("find", path, &err))?;
        let repository = Repository::open(&directory).ok();
        let tree = repository.as_ref().and_then(Repository::work_dir).unwrap_or(Path::new("."));
        let around = tree.canonicalize().ok().filter(|root| directory.starts_with(root));
        // What a file is may depend on the directory that it is in, such as `.claude`.
        let own = || directory.ancestors().find(|path| is_of_client(path))?.parent();
        let root = around.or_else(|| own().map(Path::to_owned)).unwrap_or(directory.clone());
        let below = directory.strip_prefix(&root).unwrap_or(Path::new("")).join(name);
        let file = below.to_string_lossy().replace('\\', "/");
        Ok(Self { file: Some(file), ..Self::of_tree(variables, root, None).without_home() })
    }

    /// The same for the repository alone.
    pub(crate) fn without_home(mut self) -> Self {
        self.host.home = None;
        self.user = None;
        self
    }

    /// Name of the repository's directory.
    pub(crate) fn name(&self) -> String {
        let name = self.repository.file_name().unwrap_or(self.repository.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Whether the repository's directory can be listed.
    pub(crate) fn can_be_read(&self) -> bool {
        self.repository.read_dir().is_ok()
    }

    fn directory(&self, whose: Whose) -> Option<PathBuf> {
        match whose {
            Whose::Repository => Some(self.repository.join(DIRECTORY)),
            Whose::User => self.user.clone(),
        }
    }

    /// Where a lock is, or would be; `None` without a home.
    pub(crate) fn lock(&self, whose: Whose) -> Option<PathBuf> {
        Some(self.directory(whose)?.join("guard.lock"))
    }

    /// Where findings that may be are listed.
    pub(crate) fn policy(&self, whose: Whose) -> Option<PathBuf> {
        Some(self.directory(whose)?.join("guard.toml"))
    }

    /// Where the baseline is, or would be.
    pub(crate) fn baseline_path(&self) -> PathBuf {
        self.repository.join(DIRECTORY).join("guard-baseline.json")
    }

    /// What a `guard.toml` allows; nothing where there is none.
    pub(crate) fn allowed(&self, whose: Whose) -> Result<Vec<Suppression>, CommandError> {
        let Some(path) = self.policy(whose) else { return Ok(Vec::new()) };
        let Some(text) = read(&path)? else { return Ok(Vec::new()) };
        Self::allowed_in(&text, &path)
    }

    /// What the text of a `guard.toml` allows; `path` is its name for people.
    pub(crate) fn allowed_in(text: &str, path: &Path) -> Result<Vec<Suppression>, CommandError> {
        #[derive(Deserialize)]
        struct Entries {
            #[serde(default)]
            allow: Vec<Suppression>,
        }
        policy::parsed(text, path)?;
        let entries: Result<Entries, toml::de::Error> = toml::from_str(text);
        let entries = entries.map_err(|err| {
            policy::unreadable(path, &PolicyError::in_toml(text, &err))
                .hint("`throughline guard allow` writes entries of the right form")
        })?;
        Ok(entries.allow)
    }

    /// The baseline that was named, or the repository's own where there is one.
    pub(crate) fn baseline(&self, named: Option<&Path>) -> Result<Baseline, CommandError> {
        let path = named.map_or_else(|| self.baseline_path(), Path::to_owned);
        match read(&path)? {
            Some(text) => Baseline::parse(&text).map_err(|err| {
                CommandError::usage(err)
                    .hint(format!("make `{}` anew with `--write-baseline`", path.display()))
            }),
            None if named.is_some() => {
                Err(CommandError::usage(format!("there is no file `{}`", path.display()))
                    .hint("`--write-baseline` makes one"))
            }
            None => Ok(Baseline::default()),
        }
    }
}

/// Whether a directory has the name of one in which a client keeps its files, such as `.claude`.
fn is_of_client(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| {
        let first = |place: &Place| place.path.split('/').next() == Some(name);
        name.starts_with('.') && location::all().any(first)
    })
}

/// Root of the work tree around a path; the path itself outside of one.
fn tree(path: &Path) -> PathBuf {
    let found = Repository::open(path).ok();
    let root = found.as_ref().and_then(Repository::work_dir).map(Path::to_owned);
    root.or_else(|| path.canonicalize().ok()).unwrap_or_else(|| path.to_owned())
}

const fn os() -> Os {
    if cfg!(windows) {
        Os::Windows
    } else if cfg!(target_os = "macos") {
        Os::MacOs
    } else {
        Os::Linux
    }
}

/// The text of one of guard's own files; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, CommandError> {
    // A link is followed, as to where somebody keeps all such files; a pipe is not waited for.
    // But what a repository brings along does not choose what else is read.
    let target = match path.canonicalize() {
        Ok(target) if leaves_its_repository(path, &target) => {
            return Err(CommandError::environment(format!(
                "`{}` is a link that leads out of the repository, and is not read",
                path.display()
            ))
            .hint("put a file of its own there"));
        }
        target => target,
    };
    match target.and_then(|path| discover::open(&path)) {
        Ok(file) => {
            let bytes = bounded(file, LARGEST).map_err(|err| failed("read", path, &err))?;
            if bytes.len() as u64 > LARGEST {
                let err = io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 MiB");
                return Err(failed("read", path, &err));
            }
            String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| CommandError::usage(format!("`{}` is not UTF-8", path.display())))
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(failed("read", path, &err)),
    }
}

/// Whether one of a repository's own files is a link to outside of it.
fn leaves_its_repository(path: &Path, target: &Path) -> bool {
    let directory = path.parent().filter(|parent| parent.ends_with(DIRECTORY));
    let root = directory.and_then(Path::parent).and_then(|root| root.canonicalize().ok());
    root.is_some_and(|root| !target.starts_with(root))
}

/// A tool list: a file, or standard input for `-`. Returns its name for people with its bytes; of one
/// that is too large to be looked at only so many that this can be told.
pub(crate) fn tool_list(name: &str) -> Result<(String, Vec<u8>), CommandError> {
    let path = Path::new(name);
    let (shown, bytes) = if name == "-" {
        ("stdin".to_owned(), bounded(io::stdin().lock(), tools::LARGEST))
    } else {
        let read = |file| bounded(file, tools::LARGEST);
        (name.to_owned(), fs::File::open(path).and_then(read))
    };
    match bytes {
        Ok(bytes) => Ok((shown, bytes)),
        Err(err) => Err(failed("read", path, &err)),
    }
}

/// At most one byte more than `most`: more is not looked at.
fn bounded(from: impl io::Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes one of guard's own files whole, or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let parent = path.parent().unwrap_or(path);
    let made = fs::create_dir_all(parent);
    made.map_err(|err| failed("make", parent, &err))?;
    if parent.is_symlink() || path.is_symlink() {
        return Err(CommandError::environment(format!(
            "`{}` is a link, and is not followed",
            path.display()
        ))
        .hint("put a file of its own there"));
    }
    replace(path, text.as_bytes(), None).map_err(|err| failed("write", path, &err))
}

/// Puts a file in the place of another, whole or not at all, with these rights or those of a new file.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    rights: Option<fs::Permissions>,
) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let made = (|| {
        // What somebody laid there, such as a link to a file of ours, is not written through.
        if beside.symlink_metadata().is_ok() {
            fs::remove_file(&beside)?;
        }
        let mut file = fs::File::options().write(true).create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        if let Some(rights) = rights {
            fs::set_permissions(&beside, rights)?;
        }
        fs::rename(&beside, path)
    })();
    if made.is_err() {
        let _nothing_to_do = fs::remove_file(&beside);
    }
    made
}

fn failed(what: &str, path: &Path, err: &io::Error) -> CommandError {
    CommandError::environment(format!("failed to {what} `{}`: {err}", path.display()))
}
