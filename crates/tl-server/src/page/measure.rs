//! `/measures` and `/measures/{id}`: how each figure is computed, and the changes behind it.
//!
//! In: the explanations of a snapshot. Out: HTML. Start at [`measures`] and [`measure`]; other pages lead
//! here by [`address`]. **Invariant:** each change that can be looked at leads to its journey.

use std::collections::HashSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::Uri;
use tl_map::explain::{ExplainedRow, Explanation};
use tl_map::format;
use tl_map::measure::MeasureDoc;
use tl_map::words::capitalized;

use super::sheet::{self, Sheet};
use super::{Asked, PageResult, Problem, Shell, journey, shown};
use crate::app::App;
use crate::chart::table::{Table, count, prose, text};
use crate::measured::Measured;
use crate::question::Question;
use crate::report::sections::{Block, Section};

#[derive(Template)]
#[template(path = "measure.html")]
struct MeasurePage {
    shell: Shell,
    all: String,
    measure: &'static MeasureDoc,
    what: String,
    n: String,
    blocks: Vec<Block>,
}

/// Where a measure is explained.
pub(crate) fn address(question: &Question, id: &str) -> String {
    question.address(&format!("/measures/{id}"))
}

/// `GET /measures`
pub(crate) async fn measures(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let explained = &asked.snapshot.measured.explained;
    let row = |one: &Explanation| {
        vec![
            prose(one.measure.title).to(address(&asked.question, one.measure.id)),
            prose(capitalized(one.measure.what)),
            count(one.n as u64),
        ]
    };
    let columns = ["measure", "what it tells", "#behind it"];
    let table = Table::new("Every measure", &columns).with(explained.iter().map(row));
    let sheet = Sheet {
        shell: Shell::around(&app, "Measures", &asked),
        sentence: String::new(),
        headlines: Vec::new(),
        form: None,
        sections: vec![Section {
            id: "measures",
            title: "How every figure is computed",
            lead: "Each with its formula, its edges and its source, and with the changes, releases or \
                   runs that it was computed from."
                .to_owned(),
            blocks: vec![Block::Table(table)],
        }],
        more: vec![(sheet::address("/v1/measures", &asked.question, &[]), "All of them as JSON")],
    };
    sheet.shown()
}

/// `GET /measures/{id}`
pub(crate) async fn measure(
    State(app): State<App>,
    Path(id): Path<String>,
    uri: Uri,
) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let measured = &asked.snapshot.measured;
    let Some(found) = measured.explained.iter().find(|one| one.measure.id == id) else {
        let mend = "/measures lists all that there are.".to_owned();
        return Err(Problem::missing(format!("There is no measure {id}."), mend));
    };
    let shown_rows = found.rows.len() as u64;
    let n = match found.n as u64 {
        0 => "Nothing in this part of the data went into it.".to_owned(),
        n if n > shown_rows => format!(
            "{} went into it; the {} largest are here.",
            format::count(n),
            format::count(shown_rows)
        ),
        n => format!("{} went into it, the largest first.", format::count(n)),
    };
    let page = MeasurePage {
        shell: Shell::around(&app, found.measure.title, &asked),
        all: asked.question.address("/measures"),
        measure: found.measure,
        what: capitalized(found.measure.what),
        n,
        blocks: rows(measured, found, &asked.question),
    };
    shown(&page)
}

/// What went into a measure.
fn rows(measured: &Measured, found: &Explanation, question: &Question) -> Vec<Block> {
    if found.rows.is_empty() {
        return Vec::new();
    }
    let changes: HashSet<&str> = measured.journeys.iter().map(|row| row.change.as_str()).collect();
    let open: HashSet<String> = measured.open.iter().map(journey::name).collect();
    let row = |one: &ExplainedRow| {
        let known = changes.contains(one.item.as_str()) || open.contains(&one.item);
        let item = text(one.item.clone());
        let item = match known {
            true => item.to(journey::address(question, &one.item, "")),
            false => item,
        };
        let value = match found.column.starts_with("hours ") {
            true => format::duration(one.value),
            false => format::number(one.value),
        };
        vec![item, text(value), prose(one.note.clone())]
    };
    // What a number of hours is stands in words, however long it is.
    let table = Table::new(capitalized(found.column), &["what", "#value", "note"]);
    vec![Block::Table(table.with(found.rows.iter().map(row)))]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::{Site, sample};

    #[test]
    fn every_measure_has_a_page_and_its_changes_lead_to_their_journeys() {
        let site = Site::showing(sample());
        let list = site.page("/measures");
        for one in sample().explained {
            let id = one.measure.id;
            assert!(list.contains(&format!("href=\"/measures/{id}\"")), "{id}");
            let page = site.page(&format!("/measures/{id}"));
            assert!(page.contains("Formula") && page.contains("Source"), "{id}");
        }
        let page = site.page("/measures/value-stream");
        assert!(page.contains("href=\"/journey?"), "{page}");
    }

    #[test]
    fn an_unknown_measure_is_missing_and_a_hostile_name_is_escaped() {
        let site = Site::empty();
        let answer = site.get("/measures/%3Cscript%3E");
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(!answer.body.contains("<script>"), "{}", answer.body);
        assert!(site.page("/measures/dora").contains("Nothing in this part"));
    }
}
