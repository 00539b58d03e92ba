//! Journeys as comma-separated values: what `throughline map --csv` writes.
//!
//! In: [`JourneyRow`]s. Out: RFC 4180 text with a header, one line per change. Start at
//! [`changes_csv`]. **Invariant:** instants are RFC 3339 in UTC, spans are whole milliseconds, an
//! empty cell is "not known"; text that a spreadsheet would run as a formula is made text by a
//! leading apostrophe.

use std::io::Write;

use tl_core::time::{Millis, Timestamp};
use tl_map::journey_row::JourneyRow;

use crate::ui::acts_on_a_terminal;

/// Names of the columns, in order. Only ever added to, at the end.
const COLUMNS: [&str; 40] = [
    "repository",
    "change",
    "shape",
    "cohort",
    "author_pseudonym",
    "first_commit",
    "last_push",
    "merged",
    "released",
    "release",
    "coding_ms",
    "review_wait_ms",
    "release_wait_ms",
    "total_ms",
    "shift_ms",
    "lines_added",
    "lines_removed",
    "files",
    "failed",
    "grade",
    "team",
    "ticket_opened",
    "work_started",
    "request_opened",
    "ready",
    "first_review",
    "approved",
    "deploy_started",
    "in_production",
    "first_ai_review",
    "backlog_ms",
    "pickup_ms",
    "review_ms",
    "merge_wait_ms",
    "deploy_ms",
    "reviewers_turn_ms",
    "authors_turn_ms",
    "reviews",
    "ticket",
    "service",
];

/// Writes a header and one line per journey.
///
/// # Errors
///
/// Those of the writer.
pub(crate) fn changes_csv<'a>(
    journeys: impl IntoIterator<Item = &'a JourneyRow>,
    out: impl Write,
) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for journey in journeys {
        writer.write_record(record(journey))?;
    }
    Ok(writer.flush()?)
}

fn record(row: &JourneyRow) -> [String; COLUMNS.len()] {
    [
        text(&row.repository),
        text(&row.change),
        row.shape.label().to_owned(),
        row.cohort.label().to_owned(),
        text(&row.author_pseudonym),
        instant(row.first_commit),
        instant(row.last_push),
        instant(row.merged),
        instant(row.released),
        row.release.as_deref().map(text).unwrap_or_default(),
        span(row.coding_ms),
        span(row.review_wait_ms),
        span(row.release_wait_ms),
        span(row.total_ms),
        span(Some(row.shift_ms)),
        shown(row.lines_added),
        shown(row.lines_removed),
        shown(row.files),
        shown(row.failed),
        row.grade.clone().unwrap_or_default(),
        row.team.as_deref().map(text).unwrap_or_default(),
        instant(row.ticket_opened),
        instant(row.work_started),
        instant(row.request_opened),
        instant(row.ready),
        instant(row.first_review),
        instant(row.approved),
        instant(row.deploy_started),
        instant(row.in_production),
        instant(row.first_ai_review),
        span(row.backlog_ms),
        span(row.pickup_ms),
        span(row.review_ms),
        span(row.merge_wait_ms),
        span(row.deploy_ms),
        span(row.reviewers_turn_ms),
        span(row.authors_turn_ms),
        shown(row.reviews),
        row.ticket.as_deref().map(text).unwrap_or_default(),
        row.service.as_deref().map(text).unwrap_or_default(),
    ]
}

/// Text that somebody else wrote, without what acts on a terminal but for white space. A
/// spreadsheet runs a cell that begins with one of these characters, or with white space before
/// them.
fn text(text: &str) -> String {
    let harmful = |c: char| acts_on_a_terminal(c) && !matches!(c, '\t' | '\r' | '\n');
    let harmless = text.replace(harmful, "\u{fffd}");
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']);
    if formula || text.starts_with(['\t', '\r', '\n']) { format!("'{harmless}") } else { harmless }
}

fn instant(at: Option<Timestamp>) -> String {
    shown(at)
}

fn span(span: Option<Millis>) -> String {
    shown(span.map(Millis::get))
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tl_core::attribution::Cohort;
    use tl_map::journey::Shape;

    fn row(repository: &str) -> JourneyRow {
        JourneyRow {
            repository: repository.to_owned(),
            change: "#12".to_owned(),
            shape: Shape::Squash,
            cohort: Cohort::AiAssisted,
            author_pseudonym: "person-7".to_owned(),
            first_commit: Some(Timestamp::from_seconds(1_763_683_200)),
            last_push: None,
            merged: Some(Timestamp::from_seconds(1_763_686_800)),
            released: None,
            release: None,
            coding_ms: None,
            review_wait_ms: None,
            release_wait_ms: None,
            total_ms: None,
            shift_ms: Millis::ZERO,
            lines_added: Some(12),
            lines_removed: Some(0),
            files: Some(2),
            failed: Some(false),
            grade: None,
            team: Some("docs, web".to_owned()),
            ticket_opened: None,
            work_started: None,
            request_opened: None,
            ready: None,
            first_review: None,
            approved: None,
            deploy_started: None,
            in_production: None,
            first_ai_review: None,
            backlog_ms: None,
            pickup_ms: None,
            review_ms: None,
            merge_wait_ms: None,
            deploy_ms: None,
            reviewers_turn_ms: None,
            authors_turn_ms: None,
            reviews: None,
            service: None,
            ticket: Some("ABC-1".to_owned()),
        }
    }

    fn written(rows: &[JourneyRow]) -> String {
        let mut out = Vec::new();
        changes_csv(rows, &mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("text in, text out")
    }

    #[test]
    fn what_is_not_known_is_an_empty_cell() {
        insta::assert_snapshot!(written(&[row("harbour")]), @r#"
        repository,change,shape,cohort,author_pseudonym,first_commit,last_push,merged,released,release,coding_ms,review_wait_ms,release_wait_ms,total_ms,shift_ms,lines_added,lines_removed,files,failed,grade,team,ticket_opened,work_started,request_opened,ready,first_review,approved,deploy_started,in_production,first_ai_review,backlog_ms,pickup_ms,review_ms,merge_wait_ms,deploy_ms,reviewers_turn_ms,authors_turn_ms,reviews,ticket,service
        harbour,#12,squash,AI-assisted,person-7,2025-11-21T00:00:00Z,,2025-11-21T01:00:00Z,,,,,,,0,12,0,2,false,,"docs, web",,,,,,,,,,,,,,,,,,ABC-1,
        "#);
    }

    #[test]
    fn a_spreadsheet_runs_nothing_that_a_repository_is_named() {
        for name in ["=cmd()", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"] {
            let text = written(&[row(name)]);
            let mut lines = csv::Reader::from_reader(text.as_bytes());
            let record = lines.records().next().expect("one row").expect("as it was written");
            assert_eq!(&record[0], &format!("'{name}"));
        }
        assert_eq!(text("a-b=c"), "a-b=c");
    }

    #[test]
    fn every_field_of_a_journey_is_a_column() {
        let json = serde_json::to_value(row("harbour")).expect("plain data");
        let mut fields: Vec<&str> =
            json.as_object().expect("a struct").keys().map(String::as_str).collect();
        fields.sort_unstable();
        let mut columns = COLUMNS.to_vec();
        columns.sort_unstable();
        assert_eq!(columns, fields);
    }
}
