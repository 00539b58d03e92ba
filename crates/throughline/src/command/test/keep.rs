//! `throughline test history`: what the files of history need now and then.

use tl_lake::scan::verify;
use tl_test::{compact, record};

use super::shelf::Desk;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::Ui;
use tl_map::format::count;

/// Keep the history of tests in order
#[derive(Debug, clap::Subcommand)]
pub(super) enum HistoryCommand {
    /// Put many small files together, and delete those that nobody needs any more
    Compact,
    /// Read every file whole, and hold it against what the ledger says of it (exit code 1: something
    /// differs)
    Check(CheckArgs),
}

/// What else is looked at
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Fold all results anew in the order of their commits, and keep what is remembered of each test
    /// if it differs
    #[arg(long)]
    rebuild: bool,
}

pub(super) async fn cmd_history(
    ui: &mut Ui,
    globals: &Globals,
    command: &HistoryCommand,
) -> CmdResult {
    let desk = Desk::open(ui, globals)?;
    let shelf = desk.needed_shelf(ui).await?;
    let (ledger, place, lake) = (&shelf.ledger, &shelf.place, shelf.lake.as_str());
    match command {
        HistoryCommand::Compact => {
            let now = desk.now();
            let done = compact::compact(ledger, place, lake, true, now).await;
            let done = done.map_err(CommandError::environment)?;
            let swept = compact::sweep(ledger, place, lake, now).await;
            let swept = swept.map_err(CommandError::environment)?;
            ui.status(format!(
                "{} files with {} rows became {}; {} files deleted",
                count(done.before),
                count(done.rows),
                count(done.after),
                count(swept.doomed + swept.orphans)
            ));
            Ok(Outcome::Done)
        }
        HistoryCommand::Check(args) => {
            let manifest = ledger.lake(lake).await.map_err(CommandError::environment)?;
            let mut wrong = 0_u64;
            for segment in &manifest.segments {
                if let Err(err) = verify(place, segment) {
                    wrong += 1;
                    ui.warn(&err);
                }
            }
            if args.rebuild && wrong == 0 {
                let rebuilt = record::rebuild(ledger, place, lake, true, desk.now()).await;
                let rebuilt = rebuilt.map_err(CommandError::environment)?;
                ui.status(format!(
                    "{} rows folded anew: {} of {} states differed, and are as they should be now",
                    count(rebuilt.rows),
                    count(rebuilt.changed),
                    count(rebuilt.tests)
                ));
            }
            let rows: u64 = manifest.segments.iter().map(|segment| segment.rows).sum();
            let files = count(manifest.segments.len() as u64);
            ui.status(format!(
                "{files} files with {} rows, {} of them wrong",
                count(rows),
                count(wrong)
            ));
            Ok(if wrong == 0 { Outcome::Done } else { Outcome::No })
        }
    }
}
