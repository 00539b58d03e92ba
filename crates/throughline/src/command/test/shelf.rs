//! Where the history of a repository's tests is: its ledger, and the files beside it.
//!
//! In: the global flags, `[test]` of the configuration. Out: [`Shelf`]. Start at [`Desk::shelf`].
//! **Invariant:** judging a run makes no ledger: history begins where somebody asked for it.

use std::path::{Path, PathBuf};

use tl_core::time::Timestamp;
use tl_exec::git::Repository;
use tl_lake::place::Place;
use tl_ledger::Ledger;

use crate::config::Config;
use crate::context::{Context, Globals, LedgerChoice};
use crate::error::CommandError;
use crate::ui::Ui;

/// Name of the lake in a repository's own ledger.
pub(in crate::command) const OWN: &str = "tests";

/// Directory of a lake beside its ledger.
pub(in crate::command) const DIRECTORY: &str = "lake";

/// A ledger, and the lake in it that has results of one repository's tests.
pub(in crate::command) struct Shelf {
    pub(in crate::command) ledger: Ledger,
    pub(in crate::command) place: Place,
    /// Name of the lake in the ledger.
    pub(in crate::command) lake: String,
}

/// Whether a ledger is made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    /// It is.
    Yes,
    /// Without one there is no history.
    No,
}

/// What a command on tests works with.
pub(in crate::command) struct Desk {
    pub(super) cx: Context,
    /// The repository here, where there is one.
    pub(super) repository: Option<Repository>,
}

impl Desk {
    /// Reads the configuration that holds here.
    pub(in crate::command) fn open(ui: &mut Ui, globals: &Globals) -> Result<Self, CommandError> {
        let repository = Repository::open(Path::new(".")).ok();
        let cx = Context::load(ui, globals, repository.as_ref())?;
        Ok(Self { cx, repository })
    }

    pub(super) const fn config(&self) -> &Config {
        self.cx.config()
    }

    pub(in crate::command) const fn now(&self) -> Timestamp {
        self.cx.now
    }

    /// The shelf, made where that is wanted; else why there is none is in the error.
    pub(in crate::command) async fn needed_shelf(
        &self,
        ui: &mut Ui,
    ) -> Result<Shelf, CommandError> {
        self.shelf(ui, Make::No).await?.ok_or_else(|| {
            CommandError::usage("there is no history of tests here yet").hint(
                "`throughline test record REPORT...` begins one; `--ledger` names one elsewhere",
            )
        })
    }

    /// The shelf of this repository's tests; `None` where there is no ledger and none is made.
    pub(super) async fn shelf(
        &self,
        ui: &mut Ui,
        make: Make,
    ) -> Result<Option<Shelf>, CommandError> {
        let cx = &self.cx;
        let (ledger, beside, lake) = match &cx.ledger {
            LedgerChoice::None => return Ok(None),
            LedgerChoice::Url(url) => {
                (Ledger::open_url(url.as_str()).await?, None, self.name_among_others())
            }
            LedgerChoice::Path(path) if make == Make::No && !path.exists() => return Ok(None),
            LedgerChoice::Path(path) => {
                let ledger = Ledger::open(path).await?;
                (ledger, path.parent().map(Path::to_path_buf), self.name_among_others())
            }
            LedgerChoice::Default => {
                let Some(repository) = &self.repository else { return Ok(None) };
                let path = cx.ledger_path(repository);
                if make == Make::No && !path.is_some_and(|path| path.exists()) {
                    return Ok(None);
                }
                let ledger = cx.open_ledger(ui, repository).await?;
                let Some(path) = ledger.path().map(Path::to_path_buf) else {
                    // It says itself that nothing is kept.
                    return Ok(None);
                };
                (ledger, path.parent().map(Path::to_path_buf), OWN.to_owned())
            }
        };
        let place = place_of(cx, beside.as_deref(), &lake)?;
        if make != Make::No
            && let Place::Directory(root) = &place
        {
            tl_ledger::directory::prepare_lake(root).map_err(CommandError::environment)?;
        }
        Ok(Some(Shelf { ledger, place, lake }))
    }

    /// What tells this repository's tests from those of others in the same ledger.
    fn name_among_others(&self) -> String {
        let known = self.repository.as_ref().map(|repository| {
            let names = repository.forge_names();
            names.into_iter().next().unwrap_or_else(|| repository.name())
        });
        known.filter(|name| !name.is_empty()).unwrap_or_else(|| OWN.to_owned())
    }
}

/// Where the files of a lake are: in the directory or bucket of the configuration, else beside the ledger.
pub(in crate::command) fn place_of(
    cx: &Context,
    beside: Option<&Path>,
    lake: &str,
) -> Result<Place, CommandError> {
    let set = cx.config().test.lake.as_str();
    if set.contains("://") {
        return bucket(cx, set, lake);
    }
    let root = match (set, beside) {
        ("", Some(beside)) => beside.join(DIRECTORY),
        ("", None) => {
            return Err(CommandError::usage(
                "a ledger on a server has no directory beside it for results of tests",
            )
            .hint("name one that all who record share, with `TL_TEST_LAKE` or `test.lake`"));
        }
        (set, _) => PathBuf::from(set),
    };
    // Of a repository's own ledger there is one lake alone.
    Ok(Place::Directory(if lake == OWN { root } else { root.join(file_name(lake)) }))
}

#[cfg(feature = "s3")]
fn bucket(cx: &Context, url: &str, lake: &str) -> Result<Place, CommandError> {
    if cx.offline {
        return Err(CommandError::usage(format!("`{url}` cannot be used with `--offline`")));
    }
    if cx.is_of_repository("test.lake") {
        return Err(CommandError::usage(
            "a repository's own file may not name a bucket: it could send results anywhere",
        )
        .hint("set `TL_TEST_LAKE`, or `test.lake` in your own file"));
    }
    let url = format!("{}/{}", url.trim_end_matches('/'), file_name(lake));
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("AWS_"));
    tl_lake::s3::Objects::open(&url, variables).map(Place::Objects).map_err(CommandError::usage)
}

#[cfg(not(feature = "s3"))]
fn bucket(_: &Context, url: &str, _: &str) -> Result<Place, CommandError> {
    Err(CommandError::usage(format!("this program cannot use `{url}`"))
        .hint("build it with `cargo build --release --features s3`, or name a directory"))
}

/// The name of a lake as one name of a file: `acme/api` and `acme-api` stay apart.
fn file_name(lake: &str) -> String {
    let mut name = String::new();
    for byte in lake.bytes().take(100) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' if !name.is_empty() => {
                name.push(char::from(byte));
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => name.push(char::from(byte)),
            _ => name.extend(format!("%{byte:02X}").chars()),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_lake_has_a_directory_of_its_own_whatever_its_name() {
        assert_eq!(file_name("acme/api"), "acme%2Fapi");
        assert_eq!(file_name("acme-api"), "acme-api");
        assert_eq!(file_name("../.."), "%2E.%2F..");
    }
}
