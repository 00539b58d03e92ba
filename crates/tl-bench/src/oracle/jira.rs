//! DevLake's Jira plugin: issues, what changed in them, and the commits that they are tied to.
//!
//! In: the API's answers that it keeps. Out: [`CASES`].

use std::collections::{BTreeMap, BTreeSet};

use tl_core::delivery::{Iteration, Ticket};
use tl_core::event::Event;
use tl_core::fact::{TicketLink, role};
use tl_core::record::System;
use tl_core::time::{Millis, Timestamp};

use super::compare::{Case, Cell, Column, Compat, Only, Row, second};
use super::source::{Expected, OracleError, Raw, Tables, folded, instant};
use super::words::{MINUTES_DOWN, WHOLE_SECONDS, minutes};

const ISSUES: &str = "jira/e2e/raw_tables/_raw_jira_api_issues.csv";
const CONNECTION: u64 = 2;

const RESOLVED_TWICE: Compat = Compat {
    name: "resolution-is-told-twice",
    what: "Jira writes a resolution into an issue's history a moment after the instant in the issue \
           itself; where that crosses a second we have two closings, and DevLake's is the first",
};
const CREATED_IN: Compat = Compat {
    name: "created-in-a-sprint",
    what: "the sprint that an issue was created in is a move with us, and in no list of changes",
};
const NAMES_OF_THEN: Compat = Compat {
    name: "status-names-of-then",
    what: "DevLake gives a status in a move the name that it has in the list of statuses today; we \
           keep the name that it had, and compare those that only one status of today had",
};
const WITHOUT_NUL: Compat = Compat {
    name: "titles-without-nul",
    what: "DevLake's database drops the character U+0000 from titles; we keep titles as they are",
};
const SPRINTS: Compat = Compat {
    name: "sprint-moves",
    what: "DevLake keeps the lists of sprints before and after; with us each sprint that is in \
           one list only is a move, and the two differences are compared",
};

/// The cases of this plugin.
pub(super) static CASES: &[Case] = &[
    Case {
        name: "jira issues",
        expected: "jira/e2e/snapshot_tables/issues.csv",
        only: None,
        key: |row| row.get("issue_key").to_owned(),
        columns: &[
            Column::text("title"),
            Column::text("original_type"),
            Column::text("original_status"),
            Column::text("priority"),
            Column::time("created_date"),
            Column::time("updated_date"),
            Column::second("resolution_date"),
            Column::number("lead_time_minutes"),
        ],
        left_out: &[
            ("id", "Jira's own number; the key names the row"),
            ("issue_key", "names the row"),
            ("url", "follows from the key"),
            ("icon_url", "of no use"),
            ("description", "we keep no texts of bodies"),
            ("type", "by a table of DevLake's test"),
            ("status", "by a table of DevLake's test"),
            ("story_point", "its field is in the settings"),
            ("parent_issue_id", "always empty"),
            ("epic_key", "always empty"),
            ("original_estimate_minutes", "we keep no estimates in hours"),
            ("time_spent_minutes", "we keep no estimates in hours"),
            ("time_remaining_minutes", "we keep no estimates in hours"),
            ("creator_id", "Jira's own number of the account"),
            ("creator_name", "DevLake keeps who typed it in, we who reported it"),
            ("assignee_id", "Jira's own number of the account"),
            ("assignee_name", "DevLake keeps one assignee's name, we keep accounts"),
            ("severity", "always empty"),
            ("component", "always empty"),
            ("fix_versions", "we keep no plans of versions"),
            ("original_project", "follows from the key"),
            ("due_date", "we keep no plans of dates"),
        ],
        compat: &[MINUTES_DOWN, WHOLE_SECONDS, WITHOUT_NUL, RESOLVED_TWICE],
        ours: issues,
    },
    Case {
        name: "jira moves from status to status",
        expected: "jira/e2e/snapshot_tables/issue_changelogs.csv",
        only: Some(Only {
            holds: |row| row.get("field_name") == "status",
            why: "of what changes in an issue we keep status and sprint",
        }),
        key: |row| format!("{}/{}", row.last("issue_id"), millis(row.get("created_date"))),
        columns: &[
            Column::text("original_from_value"),
            Column::text("original_to_value"),
            Column::second("created_date"),
        ],
        left_out: CHANGELOG_LEFT_OUT,
        compat: &[WHOLE_SECONDS, NAMES_OF_THEN],
        ours: moves,
    },
    Case {
        name: "jira moves between sprints",
        expected: "jira/e2e/snapshot_tables/issue_changelogs.csv",
        only: Some(Only {
            holds: |row| row.get("field_name") == "Sprint",
            why: "of what changes in an issue we keep status and sprint",
        }),
        key: |row| format!("{}/{}", row.last("issue_id"), millis(row.get("created_date"))),
        columns: &[
            Column::text("original_from_value")
                .adjusted(|row| only_in(row, "original_from_value", "original_to_value")),
            Column::text("original_to_value")
                .adjusted(|row| only_in(row, "original_to_value", "original_from_value")),
            Column::second("created_date"),
        ],
        left_out: CHANGELOG_LEFT_OUT,
        compat: &[SPRINTS, CREATED_IN, WHOLE_SECONDS],
        ours: sprint_moves,
    },
    Case {
        name: "jira commits of development panels",
        expected: "jira/e2e/snapshot_tables/_tool_jira_issue_commits_dev_panel.csv",
        only: None,
        key: |row| format!("{}/{}", row.get("issue_id"), row.get("commit_sha")),
        columns: &[Column::text("commit_sha"), Column::text("commit_url")],
        left_out: &[("issue_id", "names the row"), ("connection_id", "1")],
        compat: &[],
        ours: panels,
    },
    Case {
        name: "jira commits of remote links",
        expected: "jira/e2e/snapshot_tables/_tool_jira_issue_commits.csv",
        only: None,
        key: |row| format!("{}/{}", row.get("issue_id"), row.get("commit_sha")),
        columns: &[Column::text("commit_sha"), Column::text("commit_url")],
        left_out: &[("issue_id", "names the row"), ("connection_id", "2")],
        compat: &[],
        ours: remote_links,
    },
    Case {
        name: "jira sprints",
        expected: "jira/e2e/snapshot_tables/_tool_jira_sprints.csv",
        only: None,
        key: |row| row.get("sprint_id").to_owned(),
        columns: &[
            Column::text("name"),
            Column::text("origin_board_id"),
            Column::time("start_date"),
            Column::time("end_date"),
            Column::time("complete_date"),
        ],
        left_out: &[
            ("sprint_id", "names the row"),
            ("connection_id", "2"),
            ("self", "follows from the number"),
            ("state", "closed where there is a complete_date, which is compared"),
        ],
        compat: &[],
        ours: sprints,
    },
];

const CHANGELOG_LEFT_OUT: &[(&str, &str)] = &[
    ("id", "issue and instant name the row"),
    ("issue_id", "names the row"),
    ("author_id", "Jira's own number of the account"),
    ("author_name", "stands in the event; measures never ask who moved a ticket"),
    ("field_id", "the same in every row of the case"),
    ("field_name", "the same in every row of the case"),
    ("from_value", "by a table of DevLake's test"),
    ("to_value", "by a table of DevLake's test"),
];

/// The whole second of an instant, in ms.
fn millis(text: &str) -> i64 {
    instant(text).map(second).unwrap_or_default().as_millis()
}

/// The ends of the names that stand in one list and not in the other.
fn only_in(row: &Expected, list: &str, other: &str) -> Option<String> {
    let names = |column| -> BTreeSet<String> {
        let names = row.get(column).split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| name.rsplit(':').next().unwrap_or_default().to_owned()).collect()
    };
    let only: Vec<String> = names(list).difference(&names(other)).cloned().collect();
    Some(only.join(","))
}

fn issue_events(tables: &Tables) -> Result<Vec<Event>, OracleError> {
    tables.events(ISSUES, CONNECTION, System::Jira, "issue", "", |_| String::new())
}

/// Jira's own number of each issue, by its key.
fn ids(tables: &Tables) -> Result<BTreeMap<String, String>, OracleError> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let named = |raw: Raw| (text(&raw.data["key"]), text(&raw.data["id"]));
    Ok(tables.raw(ISSUES, CONNECTION)?.into_iter().map(named).collect())
}

fn id(ids: &BTreeMap<String, String>, key: &str) -> String {
    ids.get(key).cloned().unwrap_or_else(|| key.to_owned())
}

/// When a ticket was resolved last: the first of the closings that are told within a second.
fn resolved(ticket: &Ticket) -> Option<Timestamp> {
    let mut told = ticket.closed.iter().rev().map(|(at, _)| *at);
    let last = told.next()?;
    Some(told.take_while(|at| last - *at <= Millis::new(1000)).last().unwrap_or(last))
}

fn issues(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let row = |ticket: &Ticket| {
        let (updated, state) = ticket.state.clone().unwrap_or_default();
        let closed = resolved(ticket);
        Row::new(
            &ticket.key,
            [
                ("title", Cell::text(state.title.replace('\0', ""))),
                ("original_type", Cell::text(state.class)),
                ("original_status", Cell::text(state.status)),
                ("priority", Cell::text(state.priority)),
                ("created_date", Cell::time(ticket.opened)),
                ("updated_date", Cell::time(Some(updated))),
                ("resolution_date", Cell::time(closed)),
                ("lead_time_minutes", minutes(ticket.opened, closed)),
            ],
        )
    };
    Ok(folded(&issue_events(tables)?).tickets.iter().map(row).collect())
}

/// What each status of a move is called in DevLake: it looks its number up in today's list.
fn names_of_today(tables: &Tables) -> Result<BTreeMap<String, BTreeSet<String>>, OracleError> {
    let today: BTreeMap<String, String> = tables
        .read("jira/e2e/snapshot_tables/_tool_jira_statuses_for_changelog.csv")?
        .iter()
        .map(|row| (row.get("id").to_owned(), row.get("name").to_owned()))
        .collect();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    for raw in tables.raw(ISSUES, CONNECTION)? {
        for item in
            list(&raw.data["changelog"]["histories"]).iter().flat_map(|one| list(&one["items"]))
        {
            for (number, name) in [("from", "fromString"), ("to", "toString")] {
                if let Some(now) = today.get(&text(&item[number])) {
                    names.entry(text(&item[name])).or_default().insert(now.clone());
                }
            }
        }
    }
    Ok(names)
}

fn moves(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let ids = ids(tables)?;
    let names = names_of_today(tables)?;
    let name = |then: &str| match names.get(then).map(|today| today.iter().collect::<Vec<_>>()) {
        Some(today) if today.len() == 1 => Cell::text(today[0]),
        Some(_) => Cell::Unkept,
        None => Cell::text(then),
    };
    let mut rows = Vec::new();
    for ticket in &folded(&issue_events(tables)?).tickets {
        for moved in &ticket.moves {
            rows.push(Row::new(
                format!("{}/{}", id(&ids, &ticket.key), moved.at.as_millis()),
                [
                    ("original_from_value", name(&moved.from)),
                    ("original_to_value", name(&moved.to)),
                    ("created_date", Cell::time(Some(moved.at))),
                ],
            ));
        }
    }
    Ok(rows)
}

fn sprint_moves(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let ids = ids(tables)?;
    let mut rows = Vec::new();
    for ticket in &folded(&issue_events(tables)?).tickets {
        let mut at: BTreeMap<Timestamp, [BTreeSet<&str>; 2]> = BTreeMap::new();
        let moved = ticket.iterations.iter().filter(|(when, ..)| Some(*when) != ticket.opened);
        for (when, iteration, added) in moved {
            let sprint = iteration.rsplit('/').next().unwrap_or_default();
            at.entry(*when).or_default()[usize::from(*added)].insert(sprint);
        }
        for (when, [out, into]) in at {
            let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(",");
            rows.push(Row::new(
                format!("{}/{}", id(&ids, &ticket.key), when.as_millis()),
                [
                    ("original_from_value", Cell::text(list(out))),
                    ("original_to_value", Cell::text(list(into))),
                    ("created_date", Cell::time(Some(when))),
                ],
            ));
        }
    }
    Ok(rows)
}

/// The commits that tickets are tied to, with the address that the tracker keeps.
fn tied(events: &[Event], id: impl Fn(&str) -> String) -> Vec<Row> {
    let mut urls: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for event in events {
        if let (Some(ticket), Some(commit)) = (event.what(role::TICKET), event.what(role::COMMIT)) {
            let link: TicketLink = event.payload().unwrap_or_default();
            urls.insert((ticket, commit), link.url);
        }
    }
    let found = folded(events);
    let mut rows = Vec::new();
    for ticket in &found.tickets {
        for link in ticket.links.iter().filter(|link| !link.commit.is_empty()) {
            let url = urls.get(&(ticket.key.as_str(), link.commit.as_str()));
            rows.push(Row::new(
                format!("{}/{}", id(&ticket.key), link.commit),
                [
                    ("commit_sha", Cell::text(&link.commit)),
                    ("commit_url", Cell::text(url.cloned().unwrap_or_default())),
                ],
            ));
        }
    }
    rows
}

/// What the issues of the panels are called here: DevLake keeps their numbers without their keys.
const NUMBERED: &str = "ISSUE-";

fn panels(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "jira/e2e/raw_tables/_raw_jira_api_development_panels.csv";
    let parent = |raw: &Raw| format!("{NUMBERED}{}", raw.input["issue_id"]);
    let events = tables.events(file, 1, System::Jira, "dev_status", "", parent)?;
    Ok(tied(&events, |key| key.trim_start_matches(NUMBERED).to_owned()))
}

fn remote_links(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "jira/e2e/raw_tables/_raw_jira_api_remotelinks.csv";
    let parent = |raw: &Raw| format!("{NUMBERED}{}", raw.input["issue_id"]);
    let events = tables.events(file, CONNECTION, System::Jira, "remotelink", "", parent)?;
    Ok(tied(&events, |key| key.trim_start_matches(NUMBERED).to_owned()))
}

fn sprints(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "jira/e2e/raw_tables/_raw_jira_api_sprints.csv";
    let events = tables.events(file, CONNECTION, System::Jira, "sprint", "", |_| String::new())?;
    let row = |iteration: &Iteration| {
        let state = iteration.state.clone().unwrap_or_default().1;
        Row::new(
            iteration.key.rsplit('/').next().unwrap_or_default(),
            [
                ("name", Cell::text(state.name)),
                ("origin_board_id", Cell::text(state.board.rsplit('/').next().unwrap_or_default())),
                ("start_date", Cell::time(state.planned_start)),
                ("end_date", Cell::time(state.planned_end)),
                ("complete_date", Cell::time(iteration.finished)),
            ],
        )
    };
    Ok(folded(&events).iterations.iter().map(row).collect())
}
