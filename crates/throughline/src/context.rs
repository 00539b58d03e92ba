//! What a command works with besides its own arguments: the instant, the configuration, the
//! ledger.
//!
//! In: the global flags and the first repository of the command. Out: [`Context`]. Start at
//! [`Context::load`]. **Invariant:** a ledger that cannot be kept where nobody asked for it is no
//! reason to fail: the work goes on in memory, and says so.

use std::fmt;
use std::path::PathBuf;

use tl_core::time::Timestamp;
use tl_exec::git::Repository;
use tl_ledger::directory::{self, DirectoryError};
use tl_ledger::open::OpenError;
use tl_ledger::store::StoreError;
use tl_ledger::{Ledger, Place};

use crate::clock;
use crate::config::env::{TL_NOW, Variables};
use crate::config::{Config, Loaded};
use crate::error::CommandError;
use crate::ui::Ui;

/// Directory of the ledger in a work tree.
const DIRECTORY: &str = ".throughline";

/// Directory of the ledger in the git directory of a bare repository.
const BARE_DIRECTORY: &str = "throughline";

/// The global flags, as far as commands need them.
#[derive(Debug, Clone)]
pub(crate) struct Globals {
    /// The environment.
    pub(crate) variables: Variables,
    /// `--config`
    pub(crate) config: Option<PathBuf>,
    /// `--ledger`
    pub(crate) ledger: LedgerChoice,
    /// `--offline`
    pub(crate) offline: bool,
}

impl Globals {
    /// The same with another ledger.
    pub(crate) fn with_ledger(&self, ledger: LedgerChoice) -> Self {
        Self { ledger, ..self.clone() }
    }
}

/// The address of a database server, which may hold a password: it never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl(String);

impl ServerUrl {
    /// Keeps an address.
    pub(crate) fn new(url: &str) -> Self {
        Self(url.to_owned())
    }

    /// The whole of it, for connecting.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl LedgerChoice {
    /// Whether the user named one: the same for every repository.
    pub(crate) const fn is_named(&self) -> bool {
        matches!(self, Self::Path(_) | Self::Url(_))
    }
}

/// Which ledger to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LedgerChoice {
    /// The repository's own.
    Default,
    /// The file that the user named.
    Path(PathBuf),
    /// The PostgreSQL database that the user named; its address may hold a password.
    Url(ServerUrl),
    /// None: everything happens in memory and is forgotten.
    None,
}

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    /// The current instant, the same for the whole run.
    pub(crate) now: Timestamp,
    /// The configuration with its origins.
    pub(crate) loaded: Loaded,
    /// Which ledger to use.
    pub(crate) ledger: LedgerChoice,
    /// Whether the network is out of bounds.
    pub(crate) offline: bool,
}

impl Context {
    /// Reads the clock and the configuration that holds for `repository` (of several, the first);
    /// warns of keys and variables that nothing reads.
    pub(crate) fn load(
        ui: &mut Ui,
        globals: &Globals,
        repository: Option<&Repository>,
    ) -> Result<Self, CommandError> {
        let root = repository.and_then(Repository::work_dir);
        let loaded = Loaded::read(&globals.variables, root, globals.config.as_deref())?;
        for warning in &loaded.warnings {
            ui.warn(warning);
        }
        Self::with(globals, loaded)
    }

    /// The same with a configuration that was read before.
    pub(crate) fn with(globals: &Globals, loaded: Loaded) -> Result<Self, CommandError> {
        let fixed = globals.variables.text(TL_NOW);
        let now = clock::now(fixed.as_deref()).map_err(|err| {
            CommandError::usage(err).hint(format!("mend or unset the variable `{TL_NOW}`"))
        })?;
        Ok(Self { now, loaded, ledger: globals.ledger.clone(), offline: globals.offline })
    }

    /// The effective configuration.
    pub(crate) const fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// Whether a key of the configuration was set by the repository's own file.
    pub(crate) fn is_of_repository(&self, key: &str) -> bool {
        let project = self.loaded.files.iter().find(|file| file.found && file.role == "project");
        let path = project.map(|file| file.path.display().to_string());
        self.loaded.settings.iter().any(|setting| {
            let is_key = setting.key == key || setting.key.starts_with(&format!("{key}."));
            is_key && Some(&setting.origin) == path.as_ref()
        })
    }

    /// What the user's own file says of a source of `[collect.sources]`, one field of it.
    pub(crate) fn own_source(&self, name: &str, field: &str) -> Option<&str> {
        let sources = self.loaded.own.get("collect")?.get("sources")?;
        sources.get(name)?.get(field)?.as_str()
    }

    /// Hosts that the user trusts: those of a repository's own file do not count.
    pub(crate) fn trusted_hosts(&self) -> Vec<&str> {
        let hosts = &self.config().collect.trusted_hosts;
        if !self.is_of_repository("collect.trusted_hosts") {
            return hosts.iter().map(String::as_str).collect();
        }
        let own = self.loaded.own.get("collect").and_then(|own| own.get("trusted_hosts"));
        let own = own.and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
        own.iter().filter_map(toml::Value::as_str).collect()
    }

    /// Where the ledger for `repository` is kept; `None` under `--ledger none`.
    pub(crate) fn ledger_path(&self, repository: &Repository) -> Option<PathBuf> {
        match &self.ledger {
            LedgerChoice::None | LedgerChoice::Url(_) => None,
            LedgerChoice::Path(path) => Some(path.clone()),
            LedgerChoice::Default => Some(default_directory(repository).join(directory::FILE_NAME)),
        }
    }

    /// The ledger that the user named; `None` where that is the repository's own, or none.
    pub(crate) async fn named_ledger(&self) -> Result<Option<Ledger>, CommandError> {
        Ok(match &self.ledger {
            LedgerChoice::Path(path) => Some(Ledger::open(path).await?),
            LedgerChoice::Url(url) => Some(Ledger::open_url(url.as_str()).await?),
            LedgerChoice::Default | LedgerChoice::None => None,
        })
    }

    /// Opens the ledger for `repository`, and makes it where it is missing.
    ///
    /// Where the repository's own place cannot be written (a read-only checkout, a full disk, a
    /// quota, another process for too long), the ledger is in memory and a note says so; a place
    /// that the user named is an error then.
    /// A damaged ledger, or one of a newer program, is always an error.
    pub(crate) async fn open_ledger(
        &self,
        ui: &mut Ui,
        repository: &Repository,
    ) -> Result<Ledger, CommandError> {
        let unwritable = match &self.ledger {
            LedgerChoice::None => return Ok(Ledger::in_memory().await?),
            LedgerChoice::Path(path) => return Ok(Ledger::open(path).await?),
            LedgerChoice::Url(url) => return Ok(Ledger::open_url(url.as_str()).await?),
            LedgerChoice::Default => match open_default(repository).await {
                Ok(ledger) => return Ok(ledger),
                Err(err) => err.unwritable()?,
            },
        };
        ui.note(format!("nothing is kept for the next run: {unwritable}"));
        Ok(Ledger::in_memory().await?)
    }
}

/// Where the repository's own ledger is.
fn default_directory(repository: &Repository) -> PathBuf {
    match repository.work_dir() {
        Some(root) => root.join(DIRECTORY),
        None => repository.git_dir().join(BARE_DIRECTORY),
    }
}

async fn open_default(repository: &Repository) -> Result<Ledger, DefaultLedgerError> {
    let path = directory::prepare_directory(&default_directory(repository))?;
    Ok(Ledger::open(&path).await?)
}

/// Why the repository's own ledger could not be opened.
#[derive(Debug, thiserror::Error)]
enum DefaultLedgerError {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl DefaultLedgerError {
    /// The reason in one line if it is only that the place cannot be written; else the error.
    fn unwritable(self) -> Result<String, CommandError> {
        match self {
            Self::Directory(DirectoryError { path, source })
            | Self::Open(OpenError::Directory { path, source }) => {
                Ok(format!("`{}` cannot be made ({source})", path.display()))
            }
            Self::Open(OpenError::Store { place: Place::File(path), source })
                if !matches!(source, StoreError::Corrupted(_)) =>
            {
                Ok(format!("ledger `{}`: {source}", path.display()))
            }
            Self::Open(err) => Err(err.into()),
        }
    }
}
