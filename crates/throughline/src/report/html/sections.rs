//! What stands on the page, section by section, as data for the template.
//!
//! In: a [`Report`]. Out: [`Section`]s in the order of reading. Start at [`sections`].

mod cohort;
mod delivery;
mod outcome;
mod source;

use tl_core::history::Gap;
use tl_map::measure::MeasureDoc;
use tl_map::report::{Figure, Report};

use super::super::format;
use super::plot::{DrawError, Plot};
use super::table::Table;
use super::{cadence, cohorts, distribution, flow, ranking, scatter, stage_map};

/// A figure at the top of the page.
pub(super) struct Headline {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) small: String,
}

/// A section with an anchor.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) lead: String,
    pub(super) blocks: Vec<Block>,
}

/// One thing in a section.
pub(super) enum Block {
    Plot(Plot),
    Table(Table),
    Text(String),
    List(Vec<String>),
    /// Stands where a plot or table would, had there been data.
    Missing(Missing),
    /// What the data cannot say.
    Gap(Gap),
    /// How a measure is computed.
    Measure(&'static MeasureDoc),
}

/// What is missing for a plot, and what brings it.
pub(super) struct Missing {
    pub(super) what: String,
    pub(super) why: String,
    pub(super) mend: Option<String>,
}

/// Everything on the page under its head, in the order of reading.
pub(super) fn sections(report: &Report) -> Result<Vec<Section>, DrawError> {
    let mut sections = time(report)?;
    sections.extend(outcomes(report)?);
    sections.extend([
        source::teams(&report.teams),
        source::gaps(&report.gaps),
        source::repositories(&report.repositories),
        source::formulas(),
    ]);
    sections.retain(|section| !section.blocks.is_empty());
    Ok(sections)
}

/// Where time goes, and which wait to shorten.
fn time(report: &Report) -> Result<Vec<Section>, DrawError> {
    Ok(vec![
        Section {
            id: "stages",
            title: "Where the time goes",
            lead: "The line that a change travels, from the first commit to the first release that \
                   contains it.".to_owned(),
            blocks: join([
                timed(
                    stage_map::plot(&report.value_stream)?,
                    report,
                    "No stage is known to have taken any time.",
                ),
                delivery::value_stream(&report.value_stream),
            ]),
        },
        Section {
            id: "invest-first",
            title: "Which wait to shorten first",
            lead: "What would happen to the whole line if one stage took no time, computed from every \
                   change’s own stages."
                .to_owned(),
            blocks: join([
                vec![block(ranking::plot(&report.invest_first)?, || {
                    let what = "No wait can be ranked: that needs released changes with a known \
                                first commit.";
                    missing(report, what, &["release", "tag"])
                })],
                delivery::invest_first(&report.invest_first),
            ]),
        },
        Section {
            id: "cycle-time",
            title: "Cycle time over time",
            lead: "Whether changes got faster or slower, and which ones stand out.".to_owned(),
            blocks: join([
                timed(
                    scatter::plot(report)?,
                    report,
                    "No change has a known time to its merge or release.",
                ),
                delivery::cycle_time(report),
            ]),
        },
        Section {
            id: "flow",
            title: "Flow",
            lead: "What came in, what went out, and what piled up between.".to_owned(),
            blocks: join([
                vec![block(flow::plot(report)?, || {
                    missing(report, "The window is shorter than two weeks.", &[])
                })],
                delivery::flow(report),
            ]),
        },
        Section {
            id: "distribution",
            title: "How long each stage takes",
            lead: "A median hides the long tail: here is all of it.".to_owned(),
            blocks: join([
                timed(
                    distribution::plot(report)?,
                    report,
                    "No change is known to have left a stage.",
                ),
                delivery::distribution(report),
            ]),
        },
    ])
}

/// Who does how, and what came of it.
fn outcomes(report: &Report) -> Result<Vec<Section>, DrawError> {
    Ok(vec![
        Section {
            id: "cohorts",
            title: "With and without evidence of AI use",
            lead: "“No evidence” means that git holds no trace of a tool, not that none was used. \
                   Differences are associations, never causes."
                .to_owned(),
            blocks: join([
                vec![block(cohorts::plot(&report.cohorts)?, || {
                    missing(
                        report,
                        "No cohort has enough changes by enough people to be shown.",
                        &[],
                    )
                })],
                cohort::cohorts(&report.cohorts),
                cohort::usage(&report.usage),
            ]),
        },
        Section {
            id: "failures",
            title: "How often changes failed",
            lead:
                "A change failed if a later one reverts it, hot-fixes it or says that it mends it. \
                   Each link has a grade, A (certain) to E (weak), and a reason."
                    .to_owned(),
            blocks: outcome::failures(&report.failures),
        },
        Section {
            id: "releases",
            title: "Releases",
            lead: "How often changes leave, and how many at once.".to_owned(),
            blocks: join([
                vec![block(cadence::plot(report)?, || {
                    missing(report, "There is no release in the window.", &["release", "tag"])
                })],
                outcome::cadence(report),
            ]),
        },
        Section {
            id: "dora",
            title: "DORA’s five",
            lead: "As far as git alone allows; what is missing for the whole measure is named."
                .to_owned(),
            blocks: outcome::dora(&report.dora),
        },
        Section {
            id: "requests",
            title: "Requests, batch size, rework",
            lead: "What was begun and not merged, how large changes are, and what was written \
                   twice."
                .to_owned(),
            blocks: join([
                outcome::funnel(&report.funnel),
                outcome::batch_size(&report.batch_size),
                outcome::rework(&report.rework),
            ]),
        },
    ])
}

/// The figures that a hurried reader takes away.
pub(super) fn headlines(report: &Report) -> Vec<Headline> {
    let headline = |label, figure: &Figure| Headline {
        label,
        value: format::value(figure),
        small: match (&figure.note, format::interval(figure)) {
            (Some(note), _) if figure.value.is_none() => note.clone(),
            (_, Some(interval)) => format!("{interval}, n {}", format::count(figure.n)),
            (_, None) => format!("n {}", format::count(figure.n)),
        },
    };
    let stream = &report.value_stream;
    vec![
        headline("first commit to release, median", &stream.total.p50),
        headline("share of that time spent working", &stream.flow_efficiency),
        headline("changes that failed", &report.failures.strict),
        headline("stable releases", &report.cadence.per_week),
        headline("lines in a change, median", &report.batch_size.lines_p50),
    ]
}

/// Words in which no `%` stands alone at the beginning of a line.
pub(super) fn unbroken(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}

fn join<const N: usize>(parts: [Vec<Block>; N]) -> Vec<Block> {
    parts.into_iter().flatten().collect()
}

fn block(plot: Option<Plot>, otherwise: impl FnOnce() -> Missing) -> Block {
    plot.map_or_else(|| Block::Missing(otherwise()), Block::Plot)
}

/// A plot of time; where there is none, what is missing for it.
fn timed(plot: Option<Plot>, report: &Report, what: &str) -> Vec<Block> {
    vec![block(plot, || missing(report, what, &["request", "release", "tag"]))]
}

/// What stands in the place of a plot: the gaps whose id has one of the words say why.
fn missing(report: &Report, what: &str, words: &[&str]) -> Missing {
    let about = |gap: &&Gap| words.iter().any(|word| gap.id.contains(word));
    let gaps: Vec<&Gap> = report.gaps.iter().filter(about).collect();
    let why: Vec<&str> = gaps.iter().map(|gap| gap.what.as_str()).collect();
    let mend: Vec<&str> = gaps.iter().filter_map(|gap| gap.mend.as_deref()).collect();
    Missing {
        what: what.to_owned(),
        why: why.join("; "),
        mend: (!mend.is_empty()).then(|| mend.join("\n")),
    }
}
