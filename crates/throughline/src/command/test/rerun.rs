//! `throughline test rerun`: which red tests to run again, how, and when to stop.

use tl_test::listing::listing;
use tl_test::order_dependence::suspects;
use tl_test::record;
use tl_test::rerun::{Advice, Failed, How, advise};

use super::evidence::{EvidenceArgs, Keep, Read};
use super::gate::Bench;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::{Table, Ui};

/// The chance that a change breaks a test that history knows, where nothing else is known.
const BREAKS: f64 = 0.05;

/// The same of a test that never ran before.
const NEW_BREAKS: f64 = 0.5;

/// Say which red tests to run again, how, and after how many further failures to stop
///
/// Those first that tell most for their time, by how often each fails without a reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: throughline test rerun reports/unit.xml -- pytest -q")]
pub(super) struct RerunArgs {
    /// Reports in which they are red
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<String>,
    /// The variant that was tested
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "", hide_default_value = true)]
    variant: String,
    /// Print one JSON document (`rerun/v1`)
    #[arg(long)]
    pub(super) json: bool,
    /// The command that ran the tests: then a command stands beside each
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
}

/// `rerun/v1`
#[derive(serde::Serialize)]
struct Document<'a> {
    schema: &'static str,
    tests: &'a [Advice],
}

pub(super) async fn cmd_rerun(ui: &mut Ui, globals: &Globals, args: &RerunArgs) -> CmdResult {
    let bench = Bench::open(ui, globals).await?;
    let keep = Keep { retries: bench.desk.config().test.retries, ..Keep::default() };
    let read = Read::files(ui, &args.reports, &EvidenceArgs::of_variant(&args.variant), keep)?;
    let known = bench.history.as_ref().map(|history| listing(history, bench.desk.now()).tests);
    let known = known.unwrap_or_default();
    let mut failed = Vec::new();
    for red in read.reds.iter().filter(|red| red.passed_after == 0) {
        let of = known.iter().find(|listed| listed.id == red.key && listed.variant == red.variant);
        let mut suspected = false;
        if let (Some(shelf), Some(listed)) = (&bench.shelf, of) {
            let orders = record::orders(&shelf.ledger, &shelf.place, &shelf.lake, listed.row).await;
            suspected = !suspects(&orders.map_err(CommandError::environment)?).is_empty();
        }
        failed.push(Failed {
            key: red.key,
            test: red.test.clone(),
            rate: of.map(|listed| (listed.rate.low + listed.rate.high) / 2.0),
            breaks: if of.is_some() { BREAKS } else { NEW_BREAKS },
            ms: of.and_then(|listed| listed.p75_ms),
            suspects: suspected,
            machine: red.infra.is_some(),
        });
    }
    let advice = advise(&failed, &args.command);
    if args.json {
        ui.print_json(&Document { schema: "rerun/v1", tests: &advice })?;
        return Ok(Outcome::Done);
    }
    let mut table = Table::new(["test", "by chance", "how", "stop after", "command"]);
    table.rows = advice.iter().map(row).collect();
    if !advice.is_empty() {
        ui.print_table(&table)?;
    }
    ui.status(match advice.len() {
        0 => "no test is red".to_owned(),
        _ => "one pass on the same commit settles that a failure was chance".to_owned(),
    });
    Ok(Outcome::Done)
}

fn row(advice: &Advice) -> Vec<String> {
    let how = match advice.how {
        How::Alone => "alone: a test before it is under suspicion",
        How::OtherMachine => "on another machine",
        How::Same => "as before",
        How::Shuffled => "in another order",
    };
    let stop = match advice.times {
        0 => "it tells nothing".to_owned(),
        1 => "1 more failure".to_owned(),
        times => format!("{times} more failures"),
    };
    vec![
        advice.test.to_string(),
        format!("{:.0} %", 100.0 * advice.flake),
        how.to_owned(),
        stop,
        advice.command.clone().unwrap_or_default(),
    ]
}
