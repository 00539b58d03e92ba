//! `throughline backup` and `throughline restore`: a ledger with its results of tests, in one file.
//!
//! In: a ledger in a file, also one that a server writes to. Out: one file; and back. Start at
//! [`cmd_backup`] and [`cmd_restore`]. **Invariants:** nothing is written over without `--force`; what has
//! its name is whole, and was compared with what it was copied from; a ledger that somebody has open is
//! not written over at all.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tl_exec::git::Repository;
use tl_lake::place::Place;
use tl_ledger::Ledger;
use tl_ledger::backup::{BackupError, Contents, Copied, Restored};
use tl_map::format::count;

use super::serve::place::PlaceArgs;
use super::test::shelf::place_of;
use crate::context::{Context, Globals, LedgerChoice};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::Ui;

/// Copy the ledger, with its results of tests, into one file
///
/// Of one moment, also while a server writes. The copy is checked before it has its name. A ledger
/// on a server is copied by `pg_dump`.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// File to write
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: PlaceArgs,
    /// Print one JSON document (`backup/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// Bring a ledger back from a backup
///
/// Stop the server first. The copy is checked before it takes the ledger's place.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// File that `throughline backup` wrote
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// Write over a ledger that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: PlaceArgs,
    /// Print one JSON document (`restore/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// `backup/v1` and `restore/v1`
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    file: String,
    #[serde(flatten)]
    contents: &'a Contents,
    /// Files of lakes that are in the backup; the rest is in a bucket.
    files_in_backup: usize,
}

pub(super) async fn cmd_backup(ui: &mut Ui, globals: &Globals, args: &BackupArgs) -> CmdResult {
    let (cx, path) = target(ui, globals, &args.place)?;
    if !path.exists() {
        return Err(CommandError::usage(format!("there is no ledger `{}`", path.display())));
    }
    refuse_existing(&args.to, args.force)?;
    let ledger = Ledger::open(&path).await?;
    let program = concat!("throughline ", env!("CARGO_PKG_VERSION"));
    let mut copy = ledger.back_up(&args.to, cx.now, program).await?;
    let files = keep_files(&cx, &path, &mut copy).await?;
    let contents = copy.finish().await?;
    // It was only read.
    let _untidy = ledger.close().await;
    show(ui, ("backup/v1", args.json), &args.to, &contents, files)
}

pub(super) async fn cmd_restore(ui: &mut Ui, globals: &Globals, args: &RestoreArgs) -> CmdResult {
    let (cx, path) = target(ui, globals, &args.place)?;
    refuse_existing(&path, args.force)?;
    let mut restored = Restored::begin(&args.from, &path).await?;
    let files = restored.files().await?;
    for (lake, file, sha256) in &files {
        let bytes = restored.file(lake, file).await?;
        if digest(&bytes) != *sha256 {
            return Err(CommandError::environment(format!(
                "`{file}` in the backup is not what the ledger lists"
            )));
        }
        match place_of(&cx, path.parent(), lake)? {
            Place::Directory(root) => {
                tl_ledger::directory::prepare_lake(&root).map_err(CommandError::environment)?;
                let place = Place::Directory(root);
                place.put(file, bytes).map_err(CommandError::environment)?;
            }
            #[cfg(feature = "s3")]
            Place::Objects(_) => (),
        }
    }
    let contents = restored.finish().await?;
    show(ui, ("restore/v1", args.json), &path, &contents, files.len())
}

/// The file of the ledger that is meant.
fn target(
    ui: &mut Ui,
    globals: &Globals,
    place: &PlaceArgs,
) -> Result<(Context, PathBuf), CommandError> {
    let here: Vec<Repository> = Repository::open(".".as_ref()).into_iter().collect();
    let globals = globals.with_ledger(place.choose(globals, &here)?);
    let cx = Context::load(ui, &globals, here.first())?;
    let path = match &cx.ledger {
        LedgerChoice::Path(path) => Some(path.clone()),
        LedgerChoice::Url(_) => {
            return Err(CommandError::usage("a ledger on a server is not in a file")
                .hint("copy it with `pg_dump --schema=throughline DATABASE`, bring it back with `psql`")
                .hint("results of tests are beside it: copy the directory of `test.lake` as well"));
        }
        LedgerChoice::Default => here.first().and_then(|repository| cx.ledger_path(repository)),
        LedgerChoice::None => None,
    };
    let path = path.ok_or_else(|| CommandError::usage("there is no ledger here"))?;
    Ok((cx, path))
}

fn refuse_existing(path: &Path, force: bool) -> Result<(), CommandError> {
    if path.exists() && !force {
        return Err(CommandError::usage(format!("`{}` is there already", path.display()))
            .hint("name another file, or write over it with `--force`"));
    }
    Ok(())
}

/// Puts the files of the ledger's lakes beside it; says how many.
async fn keep_files(cx: &Context, ledger: &Path, copy: &mut Copied) -> Result<usize, CommandError> {
    let mut kept = 0;
    for (lake, file, sha256) in copy.files().await? {
        #[cfg_attr(
            not(feature = "s3"),
            expect(irrefutable_let_patterns, reason = "there are buckets")
        )]
        let Place::Directory(root) = place_of(cx, ledger.parent(), &lake)? else { continue };
        let path = root.join(&file);
        let changed = |what: &str| {
            CommandError::environment(format!("`{}` {what}", path.display()))
                .hint("if results were recorded just now, run it again")
                .hint("else `throughline doctor` checks what is there")
        };
        // What a manifest lists stays for a day after it was taken out, so it is there.
        let bytes =
            std::fs::read(&path).map_err(|err| changed(&format!("cannot be read: {err}")))?;
        if digest(&bytes) != sha256 {
            return Err(changed("is not what the ledger lists"));
        }
        copy.put(&lake, &file, &bytes).await?;
        kept += 1;
    }
    Ok(kept)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn show(
    ui: &mut Ui,
    (schema, json): (&'static str, bool),
    file: &Path,
    contents: &Contents,
    files: usize,
) -> CmdResult {
    if json {
        let file = file.display().to_string();
        ui.print_json(&Document { schema, file, contents, files_in_backup: files })?;
        return Ok(Outcome::Done);
    }
    let number = |count_of: i64| count(u64::try_from(count_of).unwrap_or(0));
    ui.status(format!(
        "{}: {} events, {} webhooks, {} cursors, {} files of results; checked",
        file.display(),
        number(contents.events),
        number(contents.deliveries),
        number(contents.cursors),
        count(files as u64),
    ));
    let elsewhere = contents.files - i64::try_from(files).unwrap_or(0);
    if elsewhere > 0 {
        ui.note(format!("{elsewhere} files of results are in a bucket, which is not copied"));
    }
    Ok(Outcome::Done)
}

impl From<BackupError> for CommandError {
    fn from(err: BackupError) -> Self {
        match err {
            BackupError::Open(err) => err.into(),
            BackupError::NoBackup { .. } => {
                Self::usage(err).hint("`throughline backup --to FILE` writes one")
            }
            BackupError::NoFile { .. } => Self::usage(err),
            BackupError::InUse { .. } => {
                Self::usage(err).hint("stop the server that uses it first")
            }
            BackupError::Store { ref source, .. } => {
                let mend = source.mend();
                Self::environment(err).maybe_hint(mend)
            }
            BackupError::Check(_) | BackupError::Differs { .. } | BackupError::Io { .. } => {
                Self::environment(err)
            }
        }
    }
}
