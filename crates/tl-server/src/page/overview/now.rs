//! What is where now: the line with its queues, and what waits longest.
//!
//! In: a snapshot. Out: [`Station`]s and [`Wait`]s for the template. Start at [`stations`].

use tl_map::format;
use tl_map::open_row::OpenRow;
use tl_map::report::{Report, StageRow};

use crate::chart::stage_map::kind_label;
use crate::measured::Measured;
use crate::page::{journey, measure};
use crate::question::Question;

/// Waits that are named.
const NAMED: usize = 5;

/// One stage of the line.
pub(super) struct Station {
    /// Class of the style sheet.
    pub(super) id: String,
    pub(super) label: String,
    pub(super) kind: &'static str,
    /// How many changes are in it now.
    pub(super) wip: String,
    /// Where those are.
    pub(super) there: String,
    /// How long it takes, half of them.
    pub(super) median: String,
    /// How that is computed.
    pub(super) how: String,
    /// What is in it longest.
    pub(super) oldest: Option<Oldest>,
}

/// A change, how long it has been somewhere, and where it leads.
pub(super) struct Oldest {
    pub(super) change: String,
    pub(super) age: String,
    pub(super) href: String,
}

/// A request that waits.
pub(super) struct Wait {
    pub(super) change: String,
    pub(super) href: String,
    pub(super) stage: String,
    pub(super) waited: String,
}

/// The line, stage by stage.
pub(super) fn stations(report: &Report, question: &Question) -> Vec<Station> {
    report.value_stream.stages.iter().map(|stage| station(stage, question)).collect()
}

fn station(stage: &StageRow, question: &Question) -> Station {
    let oldest = stage.oldest.as_ref().map(|oldest| Oldest {
        change: oldest.change.clone(),
        age: format::duration(oldest.hours),
        href: journey::address(question, &oldest.change, ""),
    });
    Station {
        id: stage.id.clone(),
        label: stage.label.clone(),
        kind: kind_label(stage.kind),
        wip: format::count(stage.wip),
        there: match stage.id.as_str() {
            "release-wait" | "deploy" => question.address("/flow"),
            _ => question.address("/reviews"),
        },
        median: format::value(&stage.p50),
        how: measure::address(question, "value-stream"),
        oldest,
    }
}

/// What waits longest in its stage.
pub(super) fn waits(measured: &Measured, question: &Question) -> Vec<Wait> {
    let wait = |row: &OpenRow| Wait {
        change: name(row),
        href: journey::address(question, &row.change, &row.repository),
        stage: row.stage_label.clone(),
        waited: format::duration(row.waited_ms.hours()),
    };
    let known = measured.open.iter().filter(|row| !row.stage.is_empty());
    known.take(NAMED).map(wait).collect()
}

/// A request with its repository.
fn name(row: &OpenRow) -> String {
    match row.change.starts_with('#') {
        true => journey::name(row),
        false => row.change.clone(),
    }
}
