//! What is in quarantine in the repositories that a server measures.
//!
//! In: their paths. Out: a [`Quarantines`] that reads the files at `HEAD` anew each time. Start at [`reader`].
//! **Invariant:** nothing of a repository is run; what cannot be read is told instead of left out.

use std::path::{Path, PathBuf};

use tl_exec::git::Repository;
use tl_server::reading::{OfRepository, Quarantines};
use tl_test::quarantine::{Quarantine, parse};

/// Reads the quarantines of these repositories.
pub(super) fn reader(paths: Vec<PathBuf>) -> Quarantines {
    Box::new(move || paths.iter().filter_map(|path| read(path)).collect())
}

/// `None` where the repository is gone; pages say so where they measure.
fn read(path: &Path) -> Option<OfRepository> {
    let repository = Repository::open(path).ok()?;
    let name = repository.forge_names().into_iter().next();
    Some(OfRepository {
        repository: name.unwrap_or_else(|| repository.name()),
        quarantine: at_head(&repository),
    })
}

fn at_head(repository: &Repository) -> Result<Option<Quarantine>, String> {
    let bytes = repository.blob_at_head(Quarantine::PATH).map_err(|err| err.to_string())?;
    let Some(bytes) = bytes else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    parse(&text).map(Some).map_err(|err| err.to_string())
}
