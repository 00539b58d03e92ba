//! `/flow`: the value stream, every change over time, what piles up, and what grows old.
//!
//! In: the report and the rows of a snapshot. Out: a [`Sheet`] of the report's own sections, where each
//! change leads to its journey, and of the work in progress by age. Start at [`flow`].
//! **Invariant:** what a point of a plot leads to stands in a table beside it, too.

use axum::extract::State;
use axum::http::Uri;
use tl_map::format;
use tl_map::open_row::OpenRow;
use tl_map::report::{Report, StageRow};
use tl_map::words::Line;

use super::sheet::Sheet;
use super::{Asked, PageResult, Problem, Shell, journey};
use crate::app::App;
use crate::chart::aging::{self, Column, SHARES};
use crate::chart::plot::DrawError;
use crate::chart::scatter;
use crate::chart::table::{Cell, Table, text};
use crate::measured::Measured;
use crate::question::Question;
use crate::report::sections::{self, Block, Missing, Section};

/// Changes and requests that are named in tables.
const NAMED: usize = 200;

/// `GET /flow`
pub(crate) async fn flow(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let measured = &asked.snapshot.measured;
    let sheet = Sheet {
        shell: Shell::around(&app, "Flow", &asked),
        sentence: sentence(&measured.report),
        headlines: Vec::new(),
        form: None,
        sections: sections(measured, &asked.question).map_err(Problem::bug)?,
        more: vec![(
            super::sheet::address("/v1/journeys", &asked.question, &[]),
            "All changes as JSON",
        )],
    };
    sheet.shown()
}

/// How long a change takes, and which stage has most of that time; empty where that is not known.
fn sentence(report: &Report) -> String {
    let stream = &report.value_stream;
    let (whole, line) = (&stream.total.p50, Line::of(stream));
    let share = |stage: &&StageRow| stage.share.value.unwrap_or_default();
    let most = stream.stages.iter().max_by(|a, b| share(a).total_cmp(&share(b)));
    let Some((most, _)) = most.zip(whole.value).filter(|(most, _)| share(most) > 0.0) else {
        return String::new();
    };
    sections::unbroken(&format!(
        "Half of the changes take {} or less from {}; {} of all that time is {}.",
        format::value(whole),
        line.whole(),
        format::value(&most.share),
        most.label
    ))
}

fn sections(measured: &Measured, question: &Question) -> Result<Vec<Section>, DrawError> {
    let report = &measured.report;
    let line = Line::of(&report.value_stream);
    let mut sections = Vec::new();
    for mut section in sections::time(report, line)? {
        match section.id {
            // What to do about it is on a page of its own.
            "invest-first" => continue,
            "cycle-time" => lead_on(&mut section, report, question)?,
            "stages" => {
                link_oldest(&mut section, report, question);
                section.blocks.extend(sections::how("value-stream"));
            }
            _ => (),
        }
        let is_flow = section.id == "flow";
        sections.push(section);
        if is_flow {
            sections.push(age(measured, question)?);
        }
    }
    Ok(sections)
}

/// Lets each change of the scatter lead to its journey, and names them in a table.
fn lead_on(section: &mut Section, report: &Report, question: &Question) -> Result<(), DrawError> {
    let to = |change: &str| journey::address(question, change, "");
    let Some(plot) = scatter::linked(report, |point| to(&point.change))? else { return Ok(()) };
    let Some(first) = section.blocks.first_mut() else { return Ok(()) };
    *first = Block::Plot(plot);
    let Some(span) = scatter::best_span(report) else { return Ok(()) };
    let mut points = scatter::points(&report.series.changes, &span);
    points.sort_by(|a, b| b.hours.total_cmp(&a.hours));
    let caption = match points.len() {
        n if n > NAMED => {
            format!("The {NAMED} slowest of these {} changes", format::count(n as u64))
        }
        _ => "These changes, the slowest first".to_owned(),
    };
    let rows = points.iter().take(NAMED).map(|point| {
        vec![
            text(point.change.change.clone()).to(to(&point.change.change)),
            text(format::duration(point.hours)),
            text(point.change.merged.date()),
            text(point.change.cohort.label()),
            text(if point.change.failed { "failed" } else { "" }),
        ]
    });
    let columns = ["change", "#took", "merged", "evidence of AI use", ""];
    section.blocks.insert(1, Block::Table(Table::new(caption, &columns).with(rows).folded()));
    Ok(())
}

/// Lets what is in a stage longest lead to its journey.
fn link_oldest(section: &mut Section, report: &Report, question: &Question) {
    let stages = report.value_stream.stages.iter().chain([&report.value_stream.total]);
    let oldest: Vec<&str> =
        stages.filter_map(|stage| stage.oldest.as_ref()).map(|one| one.change.as_str()).collect();
    for block in &mut section.blocks {
        let Block::Table(table) = block else { continue };
        for cell in table.rows.iter_mut().flatten() {
            if oldest.contains(&cell.text.as_str()) {
                cell.href = Some(journey::address(question, &cell.text, ""));
            }
        }
    }
}

/// What is open, by stage and age.
fn age(measured: &Measured, question: &Question) -> Result<Section, DrawError> {
    let stages = &measured.report.value_stream.stages;
    let columns = aging::columns(stages, &measured.open, &measured.journeys);
    let to = |row: &OpenRow| journey::address(question, &row.change, &row.repository);
    let mut blocks = Vec::new();
    match aging::plot(&columns, to)? {
        None => blocks.push(Block::Missing(Missing {
            what: "No open request is known.".to_owned(),
            why: String::new(),
            mend: measured.open.is_empty().then(|| "throughline collect --help".to_owned()),
        })),
        Some(plot) => {
            blocks.push(Block::Plot(plot));
            blocks.push(Block::Table(by_stage(&columns)));
            blocks.push(Block::Table(oldest(&columns, to)));
        }
    }
    Ok(Section {
        id: "aging",
        title: "What grows old",
        lead: "Open requests beside finished changes: which one is about to become late, while \
               something can still be done."
            .to_owned(),
        blocks,
    })
}

fn by_stage(columns: &[Column<'_>]) -> Table {
    let row = |column: &Column<'_>| {
        let count = |n: usize| text(format::count(n as u64));
        let at = |share: usize| -> Cell {
            column
                .lines
                .map_or_else(|| text(format::NOTHING), |lines| text(format::duration(lines[share])))
        };
        let older = column.lines.map_or_else(
            || text(format::NOTHING),
            |lines| {
                let late = |row: &&&OpenRow| row.age_ms.hours() > lines[1];
                count(column.open.iter().filter(late).count())
            },
        );
        vec![
            text(column.label),
            count(column.open.len()),
            older,
            count(column.finished),
            at(0),
            at(1),
            at(2),
        ]
    };
    debug_assert_eq!(SHARES, [0.5, 0.85, 0.95]);
    let names = ["stage", "#open", "#older than p85", "#finished", "#p50", "#p85", "#p95"];
    let rows = columns.iter().map(row);
    Table::new("Ages at which finished changes left each stage", &names).with(rows)
}

fn oldest(columns: &[Column<'_>], to: impl Fn(&OpenRow) -> String) -> Table {
    let mut open: Vec<&OpenRow> = columns.iter().flat_map(|column| column.open.clone()).collect();
    open.sort_by(|a, b| b.age_ms.cmp(&a.age_ms).then_with(|| a.change.cmp(&b.change)));
    let rows = open.iter().take(NAMED).map(|row| {
        vec![
            text(row.change.clone()).under(row.repository.clone()).to(to(row)),
            text(row.stage_label.clone()),
            text(format::duration(row.age_ms.hours())),
            text(format::duration(row.waited_ms.hours())),
        ]
    });
    Table::new("Open requests, the oldest first", &["request", "stage", "#age", "#in this stage"])
        .with(rows)
        .folded()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Site, sample};

    #[test]
    fn every_plot_is_there_and_each_point_leads_to_its_journey() {
        let sample = sample();
        let merged = sample.report.series.changes.len();
        let site = Site::showing(sample);
        let page = site.page("/flow");
        for id in ["stages", "cycle-time", "flow", "aging", "distribution"] {
            assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
        }
        let links = page.matches("<a href=\"/journey?change=").count();
        assert!(links > merged, "{links} links of {merged} changes");
        // For keyboards and screen readers they are in tables.
        assert!(page.contains("class=\"spots\" aria-hidden=\"true\""));
    }

    #[test]
    fn a_hostile_name_is_escaped_wherever_it_stands() {
        let mut sample = sample();
        let hostile = "\"><script>alert(1)</script>";
        sample.report.series.changes[0].change = hostile.to_owned();
        sample.open[0].change = hostile.to_owned();
        sample.report.value_stream.stages[0].label = hostile.to_owned();
        let page = Site::showing(sample).page("/flow");
        assert!(!page.contains("<script>alert"));
    }

    #[test]
    fn an_empty_organisation_says_what_to_connect() {
        let page = Site::empty().page("/flow");
        assert!(page.contains("No open request is known") && page.contains("throughline collect"));
    }
}
