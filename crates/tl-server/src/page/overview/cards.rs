//! Cards that lead to other pages, and what to do first.
//!
//! In: a report, and what other pages say of themselves. Out: [`Card`]s and [`Step`]s for the template.
//! Start at [`of_report`] and [`steps`].

use serde::Serialize;
use tl_core::history::Gap;
use tl_map::format;
use tl_map::report::{CohortRow, Figure, Report, Visibility};
use tl_map::words::{Line, capitalized};

use crate::measured::Measured;
use crate::page::sheet::Summary;
use crate::page::{journey, measure};
use crate::question::Question;

/// Gaps that are named; settings and the pages themselves name the others.
const GAPS: usize = 2;

/// A number that matters, and the page that it is from.
pub(super) struct Card {
    pub(super) title: &'static str,
    pub(super) href: String,
    pub(super) value: String,
    /// How the value is computed, or what is behind it.
    pub(super) how: String,
    pub(super) what: String,
    /// Words, and where they lead; empty for nowhere.
    pub(super) lines: Vec<(String, String)>,
}

/// Something to do.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) what: String,
    /// Why, or how.
    pub(crate) why: String,
    /// The page that says more.
    pub(crate) href: String,
}

/// Failures and cohorts.
pub(super) fn of_report(report: &Report, question: &Question) -> Vec<Card> {
    let mut cards = vec![failures(report, question)];
    cards.extend(cohorts(report, question));
    cards
}

/// What another page says of itself.
pub(super) fn of_page(title: &'static str, href: String, found: Summary) -> Card {
    let Summary { value, what, first } = found;
    Card { title, how: href.clone(), href, value, what, lines: first }
}

fn failures(report: &Report, question: &Question) -> Card {
    let line = Line::of(&report.value_stream);
    let recovery = report.dora.iter().find(|row| row.id == "failed-deployment-recovery-time");
    let deployed = report.dora.iter().find(|row| row.id == "change-fail-rate");
    let said = |figure: &Figure| match format::interval(figure) {
        Some(interval) => format!("{} ({interval})", format::value(figure)),
        None => format::value(figure),
    };
    let dora = || measure::address(question, "dora");
    let mut lines = Vec::new();
    if line.is_deployed {
        lines.extend(
            deployed.map(|row| (format!("deployments that failed: {}", said(&row.figure)), dora())),
        );
        lines.extend(
            recovery.map(|row| (format!("recovery, median: {}", said(&row.figure)), dora())),
        );
    }
    let latest = report.failures.latest.first().map(|one| {
        (
            format!("latest: {}, {}", one.change, one.why),
            journey::address(question, &one.change, ""),
        )
    });
    lines.extend(latest);
    let strict = &report.failures.strict;
    Card {
        title: "Failures",
        href: question.address("/reliability"),
        how: measure::address(question, "change-failure"),
        value: format::value(strict),
        what: match &strict.note {
            Some(note) if strict.value.is_none() => note.clone(),
            _ => format!("of {} changes failed", format::count(strict.n)),
        },
        lines,
    }
}

/// One line for each cohort.
fn cohorts(report: &Report, question: &Question) -> Option<Card> {
    let rows = &report.cohorts.rows;
    let all: u64 = rows.iter().map(|row| row.changes).sum();
    let with: u64 = rows
        .iter()
        .filter(|row| {
            use tl_core::attribution::Cohort::{AgentAuthored, AiAssisted};
            matches!(row.cohort, AgentAuthored | AiAssisted)
        })
        .map(|row| row.changes)
        .sum();
    (all > 0).then(|| Card {
        title: "Evidence of AI use",
        href: question.address("/paradox"),
        how: measure::address(question, "cohorts"),
        value: format::share(with as f64 / all as f64),
        what: format!("of {} changes carry evidence", format::count(all)),
        lines: rows.iter().map(|row| (cohort(row), String::new())).collect(),
    })
}

fn cohort(row: &CohortRow) -> String {
    let changes =
        format!("{}: {} changes", capitalized(row.cohort.label()), format::count(row.changes));
    match row.visibility {
        Visibility::Hidden => format!("{changes}, by too few people to show more"),
        Visibility::Shown | Visibility::TooFew => format!(
            "{changes}, {} to merge, {} failed",
            format::value(&row.to_merge),
            format::value(&row.failed)
        ),
    }
}

/// What to do first: the wait to shorten, the request that waits longest, what the data lack.
pub(crate) fn steps(measured: &Measured, question: &Question) -> Vec<Step> {
    let report = &measured.report;
    let mut steps = Vec::new();
    if let Some(first) = report.invest_first.ranking.iter().find(|one| one.recommended) {
        let saved = first.saves_p50.value.map(format::duration).unwrap_or_default();
        steps.push(Step {
            what: format!("Shorten the {}", first.label),
            why: format!(
                "up to {saved} of the median change; best in {} of resamples",
                format::share(first.best)
            ),
            href: question.address("/what-if"),
        });
    }
    if let Some(row) = measured.open.iter().find(|row| !row.stage.is_empty()) {
        steps.push(Step {
            what: format!("Look at {}", journey::name(row)),
            why: format!(
                "it has been in {} for {}, longer than anything else",
                row.stage_label,
                format::duration(row.waited_ms.hours())
            ),
            href: journey::address(question, &row.change, &row.repository),
        });
    }
    steps.extend(gaps(report, question));
    steps
}

/// What the data lack and what would bring it: of several gaps of one kind the first, and how many more.
fn gaps(report: &Report, question: &Question) -> Vec<Step> {
    let mut kinds: Vec<(&Gap, usize)> = Vec::new();
    for gap in report.gaps.iter().filter(|gap| gap.mend.is_some()) {
        match kinds.iter_mut().find(|(first, _)| first.id == gap.id) {
            Some((_, more)) => *more += 1,
            None => kinds.push((gap, 0)),
        }
    }
    let step = |(gap, more): (&Gap, usize)| {
        let more = match more {
            0 => String::new(),
            more => format!(" ({} more like it)", format::count(more as u64)),
        };
        Step {
            what: format!("Fill a gap: {}{more}", gap.what),
            why: gap.mend.clone().unwrap_or_default(),
            href: question.address("/settings"),
        }
    };
    kinds.into_iter().take(GAPS).map(step).collect()
}
