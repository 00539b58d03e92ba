//! What stands on the page, section by section, as data for the template.
//!
//! In: a [`Report`]. Out: [`Section`]s in the order of reading. Start at [`sections`].

mod cohort;
pub(crate) mod collected;
mod delivery;
mod outcome;
mod practice;
mod source;

use tl_core::history::Gap;
use tl_map::measure::{MEASURES, MeasureDoc};
use tl_map::report::{Figure, Report};

use crate::chart::plot::{DrawError, Plot};
use crate::chart::table::Table;
use crate::chart::{cadence, cohorts, distribution, flow, ranking, scatter, stage_map};
use tl_map::format;
use tl_map::words::Line;

/// A figure at the top of the page.
pub(crate) struct Headline {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) small: String,
}

/// A section with an anchor.
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) lead: String,
    pub(crate) blocks: Vec<Block>,
}

/// One thing in a section.
pub(crate) enum Block {
    Plot(Plot),
    Table(Table),
    Text(String),
    List(Vec<String>),
    /// Stands where a plot or table would, had there been data.
    Missing(Missing),
    /// What the data cannot say.
    Gap(Gap),
    /// How a measure of this section is computed.
    How(&'static MeasureDoc),
    /// How a measure is computed.
    Measure(&'static MeasureDoc),
}

/// What is missing for a plot, and what brings it.
pub(crate) struct Missing {
    pub(crate) what: String,
    pub(crate) why: String,
    pub(crate) mend: Option<String>,
}

/// Everything on the page under its head, in the order of reading.
pub(crate) fn sections(report: &Report) -> Result<Vec<Section>, DrawError> {
    let line = Line::of(&report.value_stream);
    let mut sections = time(report, line)?;
    if let Some(found) = &report.collected {
        sections.extend(collected::time_in_status(found)?);
    }
    sections.extend(outcomes(report, line)?);
    sections.push(source::teams(&report.teams, line));
    if let Some(found) = &report.collected {
        sections.push(practice::apex(&found.apex));
        sections.extend(collected::flow_of_work(found));
        sections.extend(practice::work(found)?);
        sections.push(collected::coverage(&found.coverage, report));
    }
    sections.extend([
        source::gaps(&report.gaps),
        source::repositories(&report.repositories),
        source::formulas(),
    ]);
    sections.retain(|section| !section.blocks.is_empty());
    Ok(sections)
}

/// Where time goes, and which wait to shorten.
pub(crate) fn time(report: &Report, line: Line) -> Result<Vec<Section>, DrawError> {
    Ok(vec![
        stages(report, line)?,
        Section {
            id: "invest-first",
            title: "Which wait to shorten first",
            lead: "What would happen to the whole line if one stage took no time, computed from every \
                   change’s own stages."
                .to_owned(),
            blocks: join([
                vec![block(ranking::plot(&report.invest_first, line)?, || {
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
                delivery::flow(report, line),
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

/// The line, stage by stage.
pub(crate) fn stages(report: &Report, line: Line) -> Result<Section, DrawError> {
    Ok(Section {
        id: "stages",
        title: "Where the time goes",
        lead: match line.is_deployed {
            true => format!(
                "The line that a change travels, from {} to the deployment that brings it to \
                 production.",
                if line.has_tickets { "the ticket" } else { "the first commit" }
            ),
            false => format!(
                "The line that a change travels, from {} to the first release that contains it.",
                if line.has_tickets { "the ticket" } else { "the first commit" }
            ),
        },
        blocks: join([
            timed(
                stage_map::plot(&report.value_stream)?,
                report,
                "No stage is known to have taken any time.",
            ),
            delivery::value_stream(&report.value_stream, line),
        ]),
    })
}

/// Who does how, and what came of it.
pub(crate) fn outcomes(report: &Report, line: Line) -> Result<Vec<Section>, DrawError> {
    let mut sections = vec![Section {
        id: "cohorts",
        title: "With and without evidence of AI use",
        lead: "“No evidence” means that git holds no trace of a tool, not that none was used. \
                   Differences are associations, never causes."
            .to_owned(),
        blocks: join([
            vec![block(cohorts::plot(&report.cohorts, line)?, || {
                missing(report, "No cohort has enough changes by enough people to be shown.", &[])
            })],
            cohort::cohorts(&report.cohorts, line),
            cohort::usage(&report.usage, line),
        ]),
    }];
    if let Some(found) = &report.collected {
        sections.extend(practice::paradox(found));
    }
    sections.push(failures(report, line));
    if !line.is_deployed || report.cadence.releases > 0 {
        sections.push(releases(report)?);
    }
    sections.push(dora(report, line));
    if let Some(found) = &report.collected {
        sections.push(collected::services(&found.services));
    }
    sections.push(Section {
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
    });
    Ok(sections)
}

/// What failed, and by which sign.
pub(crate) fn failures(report: &Report, line: Line) -> Section {
    Section {
        id: "failures",
        title: "How often changes failed",
        lead: format!(
            "A change failed if a later one reverts it, hot-fixes it or says that it mends it{}. \
             Each link has a grade, A (certain) to E (weak), and a reason.",
            match line.is_deployed {
                true => ", if its deployment was rolled back, or if an incident names it",
                false => "",
            }
        ),
        blocks: outcome::failures(&report.failures),
    }
}

/// What left, and how much at once.
pub(crate) fn releases(report: &Report) -> Result<Section, DrawError> {
    Ok(Section {
        id: "releases",
        title: "Releases",
        lead: "How often changes leave, and how many at once.".to_owned(),
        blocks: join([
            vec![block(cadence::plot(report)?, || {
                missing(report, "There is no release in the window.", &["release", "tag"])
            })],
            outcome::cadence(report),
        ]),
    })
}

/// DORA's five of everything together.
pub(crate) fn dora(report: &Report, line: Line) -> Section {
    Section {
        id: "dora",
        title: "DORA’s five",
        lead: match (&report.collected, line.is_deployed) {
            (_, true) => "By recorded deployments to production.",
            (Some(_), false) => "No deployments were collected: a release stands for one.",
            (None, _) => {
                "As far as git alone allows; what is missing for the whole measure is named."
            }
        }
        .to_owned(),
        blocks: outcome::dora(&report.dora),
    }
}

/// How a measure is computed, folded away at the end of its section; `None` where no measure has
/// the id.
pub(crate) fn how(id: &str) -> Option<Block> {
    MEASURES.iter().find(|measure| measure.id == id).map(Block::How)
}

/// The figures that a hurried reader takes away.
pub(crate) fn headlines(report: &Report) -> Vec<Headline> {
    let line = Line::of(&report.value_stream);
    let headline = |label: &str, figure: &Figure| Headline {
        label: label.to_owned(),
        value: format::value(figure),
        small: match (&figure.note, format::interval(figure)) {
            (Some(note), _) if figure.value.is_none() => note.clone(),
            (_, Some(interval)) => format!("{interval}, n {}", format::count(figure.n)),
            (_, None) => format!("n {}", format::count(figure.n)),
        },
    };
    let stream = &report.value_stream;
    let mut headlines = vec![
        headline(&format!("{}, median", line.whole()), &stream.total.p50),
        headline("share of that time spent working", &stream.flow_efficiency),
        headline("changes that failed", &report.failures.strict),
    ];
    if !line.is_deployed {
        headlines.push(headline("stable releases", &report.cadence.per_week));
        headlines.push(headline("lines in a change, median", &report.batch_size.lines_p50));
        return headlines;
    }
    let five = [
        ("deployment-frequency", "deployments to production"),
        ("change-fail-rate", "deployments that failed"),
        ("failed-deployment-recovery-time", "recovery from one, median"),
    ];
    for (id, label) in five {
        let row = report.dora.iter().find(|row| row.id == id);
        headlines.extend(row.map(|row| headline(label, &row.figure)));
    }
    headlines
}

/// Words in which no `%` stands alone at the beginning of a line.
pub(crate) fn unbroken(text: &str) -> String {
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
