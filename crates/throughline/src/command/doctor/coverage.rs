//! What doctor says of collecting: the sources, and how many changes have each boundary.
//!
//! In: the repository and its ledger. Out: checks. **Invariant:** nothing is written that is not
//! derived from events, and nothing is fetched.

use tl_exec::git::Repository;
use tl_ledger::Ledger;
use tl_map::measure::coverage::coverage;
use tl_map::report::collected::BoundaryCoverage;

use super::{Check, State, check};
use crate::collected;
use crate::context::Context;
use crate::error::CommandError;
use crate::pipeline::{self, Period};
use crate::ui::Ui;

/// The sources of the configuration, each with when it was last collected from.
pub(super) async fn sources(
    cx: &Context,
    ledger: Option<&Ledger>,
) -> Result<Vec<Check>, CommandError> {
    let all = &cx.config().collect.sources;
    if all.is_empty() {
        let mend = "name a forge, tracker, CI or pager in `[collect.sources]`, or read files: \
                    `throughline collect --from FILE`";
        return Ok(vec![check("sources", State::Missing, "none configured").mend(mend)]);
    }
    let cursors = match ledger {
        Some(ledger) => ledger.cursors().await.map_err(CommandError::environment)?,
        None => Vec::new(),
    };
    Ok(all
        .iter()
        .map(|(name, source)| {
            let last = cursors.iter().filter(|cursor| cursor.source == *name);
            match last.map(|cursor| cursor.at).max() {
                Some(at) => check(
                    "source",
                    State::Ok,
                    format!("{name} ({}): collected {at}", source.system),
                ),
                None => check(
                    "source",
                    State::Missing,
                    format!("{name} ({}): never collected", source.system),
                )
                .mend(format!("throughline collect {name}")),
            }
        })
        .collect())
}

/// How many changes of the window have each boundary, and why the others lack it.
pub(super) async fn boundaries(
    ui: &mut Ui,
    cx: &Context,
    repository: &Repository,
    ledger: &Ledger,
) -> Result<Vec<Check>, CommandError> {
    let period = Period::default();
    let (history, _) = pipeline::history(ui, cx, repository, ledger, &period).await?;
    let mut histories = vec![history];
    let repositories = std::slice::from_ref(repository);
    let ledgers = std::slice::from_ref(ledger);
    let (gathered, names) =
        pipeline::delivery(ui, cx, repositories, &mut histories, ledgers, &period, false).await?;
    let options = pipeline::options(cx, &period, &cx.config().map.teams)?;
    let (delivery, rest) = gathered.split();
    let data = collected::dataset(&histories, &delivery, rest, names, &options)?;
    let all = data.in_window().count() as u64;
    if all == 0 {
        return Ok(Vec::new());
    }
    Ok(coverage(&data).iter().map(|row| boundary(row, all)).collect())
}

fn boundary(row: &BoundaryCoverage, all: u64) -> Check {
    let state = if row.known > 0 { State::Ok } else { State::Missing };
    let name = format!("boundary {}", row.boundary);
    let what = format!("{}: {} of {all} changes of the window", row.label, row.known);
    let reasons: Vec<String> =
        row.lacking.iter().map(|(why, count)| format!("{count} {why}")).collect();
    Check {
        consequence: (!reasons.is_empty()).then(|| format!("the others: {}", reasons.join("; "))),
        ..check(&name, state, what)
    }
}
