//! DevLake's issue trace plugin: how long each issue was in each status.
//!
//! In: DevLake's own tables of issues and their changes, told as events of the neutral
//! vocabulary. Out: [`CASES`].

use tl_core::delivery::Ticket;
use tl_core::event::Event;
use tl_core::fact::{StatusMove, TicketState, kind, role};
use tl_map::fold::Seen;
use tl_map::measure::time_in_status::{Interval, intervals};

use super::compare::{Case, Cell, Column, Compat, Row};
use super::source::{Expected, OracleError, Tables, folded, instant};
use super::words::flag;

const NEVER_MOVED: Compat = Compat {
    name: "never-moved-is-current",
    what: "DevLake does not call the status of an issue current that was never moved; we do, and \
           compare it for those that were",
};

/// The cases of this plugin.
pub(super) static CASES: &[Case] = &[Case {
    name: "issue_trace time in status",
    expected: "issue_trace/e2e/snapshot_tables/issue_status_history.csv",
    only: None,
    key: |row| {
        let at = instant(row.get("start_date")).map(|at| at.as_millis()).unwrap_or_default();
        format!("{}/{at}", row.get("issue_id"))
    },
    columns: &[
        Column::text("original_status"),
        Column::time("start_date"),
        Column::text("is_first_status"),
        Column::text("is_current_status"),
    ],
    left_out: &[
        ("issue_id", "names the row"),
        ("status", "DevLake's own word for the status, by a table of its connection"),
    ],
    compat: &[NEVER_MOVED],
    ours: history,
}];

/// An issue in a table of DevLake's own.
fn event(
    kind: &str,
    row: &Expected,
    at: &str,
    issue: &str,
    key: &str,
) -> Result<Event, OracleError> {
    let at = instant(at)?;
    let subject = format!("ticket:{issue}");
    Ok(Event::new(kind, at, "devlake", key, &subject)
        .about(role::TICKET, issue)
        .by(row.get("author_name")))
}

fn history(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let mut events = Vec::new();
    for row in tables.read("issue_trace/e2e/raw_tables/issues.csv")? {
        let id = row.get("id");
        let state = TicketState {
            title: row.get("title").to_owned(),
            status: row.get("original_status").to_owned(),
            ..TicketState::default()
        };
        let (created, updated) = (row.get("created_date"), row.get("updated_date"));
        let opened = event(kind::TICKET_OPENED, &row, created, id, &format!("{id}/opened"))?;
        let looks = event(kind::TICKET_UPDATED, &row, updated, id, &format!("{id}/updated"))?;
        events.extend([opened, looks.with(&state)]);
    }
    for row in tables.read("issue_trace/e2e/raw_tables/issue_changelogs.csv")? {
        if row.get("field_name") != "status" {
            continue;
        }
        let moved = StatusMove {
            from: row.get("original_from_value").to_owned(),
            to: row.get("original_to_value").to_owned(),
            ..StatusMove::default()
        };
        let (at, issue) = (row.get("created_date"), row.get("issue_id"));
        events.push(event(kind::TICKET_STATUS, &row, at, issue, row.get("id"))?.with(&moved));
    }
    Ok(folded(&events).tickets.iter().flat_map(stays).collect())
}

/// The statuses that a ticket was in, each since when.
fn stays(ticket: &Ticket) -> Vec<Row> {
    let stays = intervals(&Seen::of(ticket));
    let row = |(place, stay): (usize, &Interval<'_>)| {
        let is_current = flag(stay.until.is_none());
        Row::new(
            format!("{}/{}", ticket.key, stay.since.as_millis()),
            [
                ("original_status", Cell::text(stay.status)),
                ("start_date", Cell::time(Some(stay.since))),
                ("is_first_status", flag(place == 0)),
                ("is_current_status", Cell::kept(!ticket.moves.is_empty(), is_current)),
            ],
        )
    };
    stays.iter().enumerate().map(row).collect()
}
