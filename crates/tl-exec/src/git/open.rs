//! Finding and opening a repository.
//!
//! In: a path inside of it. Out: [`Repository`] or [`OpenError`].
//! **Invariant:** only the repository's own configuration is read, so that the same repository
//! gives the same answers to every user; who owns the files does not matter, since nothing of
//! the repository is ever executed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix::discover::upwards;
use gix::error::Class;
use gix::sec::Trust;
use rustc_hash::FxHashSet;

use super::{ObjectFormat, Repository};

/// Why a repository could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path does not exist.
    #[error("there is nothing at `{path}`")]
    NotFound {
        /// What was given.
        path: PathBuf,
    },
    /// Neither the path nor any directory above it is a repository.
    #[error("`{path}` is not in a git repository")]
    NotARepository {
        /// What was given.
        path: PathBuf,
    },
    /// The operating system refuses to let us read.
    #[error("no permission to read `{path}`")]
    Permission {
        /// What was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The repository is stored in a way that this program does not read.
    #[error("the repository at `{path}` uses {feature}, which this program does not read")]
    Unsupported {
        /// What was given.
        path: PathBuf,
        /// The way of storing, such as "the reference format `reftable`".
        feature: String,
    },
    /// It looks like a repository, but is damaged or its configuration is.
    #[error("failed to open the repository at `{path}`")]
    Damaged {
        /// What was given.
        path: PathBuf,
        /// What `gix` said.
        source: gix::Error,
    },
}

impl Repository {
    /// Opens the repository that `path` is in: a work tree or any directory in it, a bare
    /// repository, a linked worktree, or a submodule with its `.git` file.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        readable(path)?;
        let options = || gix::open::Options::isolated().lossy_config(true).strict_config(false);
        let trust = gix::sec::trust::Mapping { full: options(), reduced: options() };
        let search = upwards::Options {
            trust: upwards::TrustPolicy::Assume(Trust::Full),
            ..upwards::Options::default()
        };
        // Resolved, because of a relative path `gix` makes one that leads elsewhere when it goes
        // up and the repository is bare.
        let from = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let shared = gix::ThreadSafeRepository::discover_opts(from, search, trust)
            .map_err(|source| refused(path, source))?;
        let repo = shared.to_thread_local();
        if let Some(format) = repo.config_snapshot().string("extensions.refStorage")
            && !format.eq_ignore_ascii_case(b"files")
        {
            let feature = format!("the reference format `{format}`");
            return Err(OpenError::Unsupported { path: path.to_owned(), feature });
        }
        let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let common_dir = absolute(repo.common_dir());
        let damaged = |source| OpenError::Damaged { path: path.to_owned(), source };
        let shallow = repo.shallow_commits().map_err(damaged)?;
        Ok(Self {
            git_dir: absolute(repo.git_dir()),
            work_dir: repo.workdir().map(absolute),
            object_format: match repo.object_hash() {
                gix::hash::Kind::Sha256 => ObjectFormat::Sha256,
                _ => ObjectFormat::Sha1,
            },
            partial: has_promisor(&repo, &common_dir),
            shallow: shallow.map_or_else(FxHashSet::default, |ids| ids.iter().copied().collect()),
            common_dir,
            shared,
        })
    }
}

/// Tells a path that is not there, or closed to us, from one that is no repository.
fn readable(path: &Path) -> Result<(), OpenError> {
    let checked = fs::metadata(path).and_then(|meta| {
        if meta.is_dir() { fs::read_dir(path).map(drop) } else { fs::File::open(path).map(drop) }
    });
    match checked {
        Ok(()) => Ok(()),
        Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
            Err(OpenError::Permission { path: path.to_owned(), source: err })
        }
        Err(_) => Err(OpenError::NotFound { path: path.to_owned() }),
    }
}

/// Sorts what `gix` says into the cases that a user can do something about.
fn refused(path: &Path, source: gix::Error) -> OpenError {
    let path = path.to_owned();
    if source.downcast_any_ref::<upwards::Error>().is_some() {
        return match closed_git_dir(&path) {
            Some(source) => OpenError::Permission { path, source },
            None => OpenError::NotARepository { path },
        };
    }
    if let Some(feature) = unknown_format(&source) {
        return OpenError::Unsupported { path, feature };
    }
    if source.dominant_class() == Some(Class::Unsupported) {
        return OpenError::Unsupported { path, feature: source.to_string() };
    }
    OpenError::Damaged { path, source }
}

/// The version or object format that `gix` did not know, if that was the trouble.
fn unknown_format(source: &gix::Error) -> Option<String> {
    let values = source.metadata_merged();
    let key = values.get("key")?.to_string().to_lowercase();
    let input = values.get("input")?.to_string();
    let input = input.trim_matches('"');
    if key.contains("core.repositoryformatversion") {
        return Some(format!("the repository format version {input}"));
    }
    key.contains("extensions.objectformat").then(|| format!("the object format `{input}`"))
}

/// Whether a `.git` at or above `path` is there but may not be read.
fn closed_git_dir(path: &Path) -> Option<io::Error> {
    path.ancestors().find_map(|dir| {
        let refused = fs::metadata(dir.join(".git/HEAD")).err()?;
        (refused.kind() == io::ErrorKind::PermissionDenied).then_some(refused)
    })
}

/// Whether a pack or remote promises objects that are not here (a partial clone).
fn has_promisor(repo: &gix::Repository, common_dir: &Path) -> bool {
    let config = repo.config_snapshot();
    let remote_promises = || {
        let mut remotes = config.plumbing().sections_by_name("remote").into_iter().flatten();
        remotes.any(|remote| {
            remote.value("promisor").is_some_and(|value| value.as_slice() != b"false")
        })
    };
    let pack_promises = || {
        let Ok(packs) = fs::read_dir(common_dir.join("objects/pack")) else { return false };
        packs.flatten().any(|file| file.path().extension().is_some_and(|ext| ext == "promisor"))
    };
    config.string("extensions.partialClone").is_some() || remote_promises() || pack_promises()
}
