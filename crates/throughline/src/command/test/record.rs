//! `throughline test record`: results into history, without a verdict.

use super::evidence::{EvidenceArgs, Keep, Read};
use super::remember::{self, Told};
use super::shelf::{Desk, Make};
use super::which::WhichArgs;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::Ui;
use tl_map::format::count;

/// Put results into history, without judging them
///
/// Reads reports as `throughline test gate` does, and begins the history of this repository's tests
/// where there is none. The same reports again change nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code 3: a report is missing, broken or not whole; what was read of it is recorded."
)]
pub(super) struct RecordArgs {
    /// Reports
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<String>,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    which: WhichArgs,
}

pub(super) async fn cmd_record(ui: &mut Ui, globals: &Globals, args: &RecordArgs) -> CmdResult {
    let desk = Desk::open(ui, globals)?;
    let shelf = desk.shelf(ui, Make::Yes).await?.ok_or_else(|| {
        CommandError::usage("there is no ledger to record in")
            .hint("run in a repository, or name a ledger with `--ledger`")
    })?;
    let retries = desk.config().test.retries;
    let keep = Keep { results: true, retries, ..Keep::default() };
    let read = Read::files(ui, &args.reports, &args.evidence, keep)?;
    let mut whole = !read.reports.is_empty();
    for (name, ending) in &read.reports {
        whole &= ending.complete;
        for remark in ending.remarks.iter().filter(|remark| remark.gap.is_some()) {
            let line =
                if remark.line > 0 { format!(", line {}", remark.line) } else { String::new() };
            ui.warn(format!("`{name}`{line}: {}", remark.what));
        }
    }
    if read.reports.is_empty() {
        ui.warn("no report was found");
    }
    let gathered = read.gathered.as_ref().filter(|gathered| !gathered.is_empty());
    if let Some(gathered) = gathered {
        let told = Told { read: &read, decision: None, process: None, lesson: None };
        let (evidence, which) = (&args.evidence, &args.which);
        let kept =
            remember::keep(globals, &shelf, gathered, &told, evidence, which, desk.now()).await?;
        let recorded = kept.ok_or_else(|| {
            CommandError::usage("nobody knows which commit was tested")
                .hint("say it with `--commit SHA`, or run in its repository")
        })?;
        ui.status(if recorded.already {
            "these results are recorded already".to_owned()
        } else {
            format!(
                "{} results of {} tests are recorded, {} of these tests new",
                count(recorded.cases),
                count(recorded.tests),
                count(recorded.new)
            )
        });
    }
    Ok(if whole { Outcome::Done } else { Outcome::Unproven })
}
