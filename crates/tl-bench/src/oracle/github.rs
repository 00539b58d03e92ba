//! DevLake's GitHub plugin: pull requests, issues, reviews, commits, runs and jobs.
//!
//! In: the API's answers that it keeps. Out: [`CASES`]. The repository is `panjf2000/ants`.

use std::collections::BTreeMap;

use tl_core::delivery::{Delivery, Request, Ticket, numbered};
use tl_core::fact::{BuildLevel, ReviewVerdict};
use tl_core::record::System;

use super::compare::{Case, Cell, Column, Compat, Only, Row};
use super::source::{Expected, OracleError, Raw, Tables, folded, instant};
use super::words::{
    MERGE_CLOSES, MINUTES_DOWN, UNFINISHED, UNMERGED_COMMIT, flag, job_name, merge_commit, minutes,
    request_status, result, status,
};

const CONNECTION: u64 = 1;
const REPOSITORY: &str = "panjf2000/ants";
const PULLS: &str = "github/e2e/raw_tables/_raw_github_api_pull_requests.csv";
const ISSUES: &str = "github/e2e/raw_tables/_raw_github_api_issues.csv";

const CONCLUSIONS: Compat = Compat {
    name: "github-conclusions",
    what: "DevLake has no result for the conclusions neutral, stale and action_required; with us \
           neutral is a success, stale was cancelled, a job that requires action failed, and a \
           run that does was skipped",
};
const STATUSES: Compat = Compat {
    name: "github-statuses",
    what: "DevLake calls a status that it does not know OTHER; with us whatever has a conclusion \
           is done, and whatever has none is not",
};
const ATTEMPTS: Compat = Compat {
    name: "attempt-has-its-own-start",
    what: "DevLake measures an attempt from when the first attempt was created; with us a later \
           attempt waits from its own start on, so that the creation is compared for first \
           attempts only",
};
const LONG_TITLES: Compat = Compat {
    name: "long-titles-are-cut",
    what: "DevLake keeps titles of any length; we keep their first 1,000 bytes",
};
const LABEL_TYPES: Compat = Compat {
    name: "issue-type-by-label",
    what: "DevLake's test calls issues with the labels bug, failure and error BUG; we keep labels",
};

/// The cases of this plugin.
pub(super) static CASES: &[Case] = &[
    Case {
        name: "github pull requests",
        expected: "github/e2e/snapshot_tables/pull_requests.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("pull_request_key"),
            Column::text("title").adjusted(long_title),
            Column::text("url"),
            Column::text("status"),
            Column::text("original_status"),
            Column::text("author_name"),
            Column::time("created_date"),
            Column::time("merged_date"),
            Column::time("closed_date").adjusted(closed_unmerged),
            Column::text("merge_commit_sha").adjusted(merge_commit),
            Column::text("head_ref"),
            Column::text("base_ref"),
            Column::text("head_commit_sha"),
            Column::text("base_commit_sha"),
            Column::text("is_draft"),
        ],
        left_out: &[
            ("id", "names the row"),
            ("base_repo_id", "DevLake's own number; we name repositories"),
            ("head_repo_id", "DevLake's own number; we name forks"),
            ("author_id", "DevLake's own number; we keep the login, which is compared"),
            ("description", "we keep no texts of bodies"),
            ("parent_pr_id", "always empty"),
            ("type", "by labels that these requests do not have: always empty"),
            ("component", "by labels that these requests do not have: always empty"),
            ("additions", "lists of requests do not say it: DevLake writes 0, we nothing"),
            ("deletions", "lists of requests do not say it: DevLake writes 0, we nothing"),
        ],
        compat: &[UNMERGED_COMMIT, MERGE_CLOSES, LONG_TITLES],
        ours: pulls,
    },
    Case {
        name: "github issues",
        expected: "github/e2e/snapshot_tables/issues.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("issue_key"),
            Column::text("title"),
            Column::text("url"),
            Column::text("type"),
            Column::text("status"),
            Column::text("original_status"),
            Column::time("created_date"),
            Column::time("updated_date"),
            Column::time("resolution_date"),
            Column::number("lead_time_minutes"),
            Column::text("creator_name"),
        ],
        left_out: &[
            ("id", "names the row"),
            ("description", "we keep no texts of bodies"),
            ("creator_id", "DevLake's own number; we keep the login, which is compared"),
            ("assignee_id", "DevLake's own number, and empty here"),
            ("assignee_name", "left empty by DevLake in this table"),
            ("icon_url", "always empty"),
            ("epic_key", "always empty"),
            ("story_point", "always empty"),
            ("parent_issue_id", "always empty"),
            ("priority", "always empty"),
            ("severity", "always empty"),
            ("component", "always empty"),
            ("original_estimate_minutes", "always empty"),
            ("time_spent_minutes", "always empty"),
            ("time_remaining_minutes", "always empty"),
        ],
        compat: &[MINUTES_DOWN, LABEL_TYPES],
        ours: issues,
    },
    Case {
        name: "github reviews",
        expected: "github/e2e/snapshot_tables/_tool_github_pull_request_reviews.csv",
        only: None,
        key: |row| review_key(row, "pull_request_id", "github_submit_at"),
        columns: &[
            Column::text("author_username"),
            Column::time("github_submit_at"),
            Column::text("commit_sha"),
            Column::text("state"),
        ],
        left_out: &[
            ("connection_id", "1"),
            ("github_id", "stands in the event's key; request and instant name the row"),
            ("pull_request_id", "names the row"),
            ("author_user_id", "DevLake's own number; we keep the login, which is compared"),
            ("body", "we keep no texts of bodies"),
        ],
        compat: &[],
        ours: reviews,
    },
    Case {
        name: "github comments on lines",
        expected: "github/e2e/snapshot_tables/pull_request_comments.csv",
        only: Some(Only {
            holds: |row| row.get("type") == "DIFF",
            why: "comments below a request are no reviews; only those on lines are",
        }),
        key: |row| review_key(row, "pull_request_id", "created_date"),
        columns: &[Column::time("created_date")],
        left_out: &[
            ("id", "stands in the event's key; request and instant name the row"),
            ("pull_request_id", "names the row"),
            ("account_id", "DevLake's own number; we keep the login"),
            ("body", "we keep no texts of bodies"),
            ("commit_sha", "DevLake keeps where the comment stands now, we where it was made"),
            ("review_id", "we count each comment by itself"),
            ("status", "always empty"),
            ("type", "always DIFF"),
        ],
        compat: &[],
        ours: comments,
    },
    Case {
        name: "github commits of pull requests",
        expected: "github/e2e/snapshot_tables/pull_request_commits.csv",
        only: None,
        key: |row| format!("{}/{}", row.last("pull_request_id"), row.get("commit_sha")),
        columns: &[
            Column::text("commit_sha"),
            Column::text("commit_author_email")
                .adjusted(|row| Some(row.get("commit_author_email").to_lowercase())),
            Column::time("commit_authored_date"),
        ],
        left_out: &[
            ("pull_request_id", "names the row"),
            ("commit_author_name", "we keep the login, and the commit's name where there is none"),
        ],
        compat: &[ADDRESS],
        ours: commits,
    },
    Case {
        name: "github workflow runs",
        expected: "github/e2e/snapshot_tables/cicd_pipelines.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("name"),
            Column::text("result").adjusted(run_result),
            Column::text("status").adjusted(build_status),
            Column::time("created_date"),
            Column::time("started_date").adjusted(run_start),
            Column::time("finished_date").adjusted(build_end),
            Column::number("duration_sec").adjusted(run_length),
        ],
        left_out: BUILD_COLUMNS_LEFT_OUT,
        compat: &[UNFINISHED, CONCLUSIONS, STATUSES, ATTEMPTS],
        ours: |tables| builds(tables, BuildLevel::Run),
    },
    Case {
        name: "github commits of workflow runs",
        expected: "github/e2e/snapshot_tables/cicd_pipeline_commits.csv",
        only: None,
        key: |row| row.last("pipeline_id").to_owned(),
        columns: &[Column::text("commit_sha")],
        left_out: &[
            ("pipeline_id", "names the row"),
            ("branch", "stands in the event; a map asks by commit"),
            ("commit_msg", "always empty"),
            ("display_title", "always empty"),
            ("url", "follows from the number"),
            ("repo_id", "DevLake's own number; we name repositories"),
            ("repo_url", "follows from the repository"),
        ],
        compat: &[],
        ours: |tables| builds(tables, BuildLevel::Run),
    },
    Case {
        name: "github jobs",
        expected: "github/e2e/snapshot_tables/cicd_tasks.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("name"),
            Column::text("result").adjusted(job_result),
            Column::text("status").adjusted(build_status),
            Column::time("started_date").adjusted(job_start),
            Column::time("finished_date").adjusted(build_end),
            Column::number("duration_sec").adjusted(job_length),
        ],
        left_out: JOB_COLUMNS_LEFT_OUT,
        compat: &[UNFINISHED, CONCLUSIONS, STATUSES],
        ours: |tables| builds(tables, BuildLevel::Job),
    },
];

/// An address is the same in capitals.
pub(super) const ADDRESS: Compat = Compat {
    name: "address-in-small-letters",
    what: "DevLake keeps addresses as they are written; with us capitals make no other person",
};

const BUILD_COLUMNS_LEFT_OUT: &[(&str, &str)] = &[
    ("id", "names the row"),
    ("original_status", "the source of status, which is compared"),
    ("original_result", "the source of result, which is compared"),
    ("display_title", "always empty"),
    ("url", "follows from the number"),
    ("type", "by a pattern of DevLake's test for names of deployments; ours is in the settings"),
    ("environment", "by a pattern of DevLake's test for production; ours is in the settings"),
    ("queued_date", "always empty"),
    ("queued_duration_sec", "always empty"),
    ("cicd_scope_id", "DevLake's own number; we name repositories"),
];

const JOB_COLUMNS_LEFT_OUT: &[(&str, &str)] = &[
    ("id", "names the row"),
    ("original_status", "the source of status, which is compared"),
    ("original_result", "the source of result, which is compared"),
    ("pipeline_id", "we find runs and jobs by their commit"),
    ("type", "by a pattern of DevLake's test for names of deployments; ours is in the settings"),
    ("environment", "by a pattern of DevLake's test for production; ours is in the settings"),
    ("created_date", "these answers are older than `created_at` of jobs: DevLake copies the start"),
    ("queued_date", "always empty"),
    ("queued_duration_sec", "always empty"),
    ("cicd_scope_id", "DevLake's own number; we name repositories"),
];

fn run_result(row: &Expected) -> Option<String> {
    match row.get("original_result").to_lowercase().as_str() {
        "neutral" => Some("SUCCESS".to_owned()),
        "stale" => Some("FAILURE".to_owned()),
        _ => Some(row.get("result").to_owned()),
    }
}

/// The first 1,000 bytes.
fn long_title(row: &Expected) -> Option<String> {
    let title = row.get("title");
    Some(title[..title.floor_char_boundary(1000)].to_owned())
}

fn job_result(row: &Expected) -> Option<String> {
    match row.get("original_result").to_lowercase().as_str() {
        "action_required" => Some("FAILURE".to_owned()),
        _ => run_result(row),
    }
}

fn build_status(row: &Expected) -> Option<String> {
    let status = match (row.get("status"), row.get("original_result")) {
        ("OTHER", "") => "IN_PROGRESS",
        ("OTHER", _) => "DONE",
        (status, _) => status,
    };
    Some(status.to_owned())
}

/// Whether a run or job has an end by our definition.
fn is_over(row: &Expected) -> bool {
    build_status(row).is_some_and(|status| status == "DONE")
}

/// Whether it has a start: not while it waits, and not where its conclusion says that it never ran.
fn has_begun(row: &Expected, never: &[&str]) -> bool {
    let is_running = row.get("original_status").eq_ignore_ascii_case("in_progress");
    let conclusion = row.get("original_result").to_lowercase();
    (is_over(row) || is_running) && !never.contains(&conclusion.as_str())
}

/// Conclusions of runs that never ran: see [`CONCLUSIONS`].
const RUN_NEVER: &[&str] = &["skipped", "action_required"];

/// Conclusions of jobs that never ran.
const JOB_NEVER: &[&str] = &["skipped"];

fn run_start(row: &Expected) -> Option<String> {
    has_begun(row, RUN_NEVER).then(|| row.get("started_date").to_owned())
}

fn run_length(row: &Expected) -> Option<String> {
    let compared = is_over(row) && has_begun(row, RUN_NEVER);
    compared.then(|| row.get("duration_sec").to_owned())
}

fn job_start(row: &Expected) -> Option<String> {
    has_begun(row, JOB_NEVER).then(|| row.get("started_date").to_owned())
}

fn job_length(row: &Expected) -> Option<String> {
    let compared = is_over(row) && has_begun(row, JOB_NEVER);
    compared.then(|| row.get("duration_sec").to_owned())
}

fn build_end(row: &Expected) -> Option<String> {
    is_over(row).then(|| row.get("finished_date").to_owned())
}

/// When a request was closed that was not merged.
fn closed_unmerged(row: &Expected) -> Option<String> {
    row.get("merged_date").is_empty().then(|| row.get("closed_date").to_owned())
}

/// The request and the instant of a review.
fn review_key(row: &Expected, request: &str, at: &str) -> String {
    let at = instant(row.get(at)).map(|at| at.as_millis()).unwrap_or_default();
    format!("{}/{at}", row.last(request))
}

fn delivery(
    tables: &Tables,
    file: &str,
    what: &str,
    parent: impl Fn(&Raw) -> String,
) -> Result<Delivery, OracleError> {
    let events = tables.events(file, CONNECTION, System::Github, what, REPOSITORY, parent)?;
    Ok(folded(&events))
}

/// The number of the request that a raw row was asked for.
fn asked(raw: &Raw) -> String {
    raw.input["Number"].to_string()
}

/// GitHub's own number of each request or issue, by the key that we give it.
fn ids(tables: &Tables, file: &str) -> Result<BTreeMap<String, String>, OracleError> {
    let named = |raw: Raw| {
        let key = format!("{REPOSITORY}#{}", raw.data["number"]);
        (key, raw.data["id"].to_string())
    };
    Ok(tables.raw(file, CONNECTION)?.into_iter().map(named).collect())
}

fn id(ids: &BTreeMap<String, String>, key: &str) -> String {
    ids.get(key).cloned().unwrap_or_else(|| key.to_owned())
}

fn number(key: &str) -> Cell {
    Cell::text(numbered(key).map(|(_, number)| number.to_string()).unwrap_or_default())
}

fn pulls(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let ids = ids(tables, PULLS)?;
    let found = delivery(tables, PULLS, "pull_request", |_| String::new())?;
    let row = |request: &Request| {
        let state = request.state.clone().unwrap_or_default().1;
        let merged = request.merged.as_ref();
        let closed = request.closed.last().copied();
        let is_open = merged.is_none() && closed.is_none();
        Row::new(
            id(&ids, &request.key),
            [
                ("pull_request_key", number(&request.key)),
                ("title", Cell::text(state.title)),
                ("url", Cell::text(state.url)),
                ("status", request_status(request)),
                ("original_status", Cell::text(if is_open { "open" } else { "closed" })),
                ("author_name", Cell::text(state.author)),
                ("created_date", Cell::time(request.opened)),
                ("merged_date", Cell::time(merged.map(|merge| merge.at))),
                ("closed_date", Cell::time(closed)),
                ("merge_commit_sha", Cell::text(merged.map_or("", |merge| &merge.commit))),
                ("head_ref", Cell::text(state.branch)),
                ("base_ref", Cell::text(state.base)),
                ("head_commit_sha", Cell::text(state.head)),
                ("base_commit_sha", Cell::text(state.base_head)),
                ("is_draft", flag(state.draft)),
            ],
        )
    };
    Ok(found.requests.iter().map(row).collect())
}

fn issues(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let ids = ids(tables, ISSUES)?;
    let found = delivery(tables, ISSUES, "issue", |_| String::new())?;
    let row = |ticket: &Ticket| {
        let (updated, state) = ticket.state.clone().unwrap_or_default();
        let closed = ticket.closed.last().map(|(at, _)| *at);
        let is_bug = |label: &String| matches!(label.as_str(), "bug" | "failure" | "error");
        Row::new(
            id(&ids, &ticket.key),
            [
                ("issue_key", number(&ticket.key)),
                ("title", Cell::text(state.title)),
                ("url", Cell::text(state.url)),
                ("type", Cell::text(if state.labels.iter().any(is_bug) { "BUG" } else { "" })),
                ("status", Cell::text(if closed.is_some() { "DONE" } else { "TODO" })),
                ("original_status", Cell::text(state.status)),
                ("created_date", Cell::time(ticket.opened)),
                ("updated_date", Cell::time(Some(updated))),
                ("resolution_date", Cell::time(closed)),
                ("lead_time_minutes", minutes(ticket.opened, closed)),
                ("creator_name", Cell::text(&ticket.reporter)),
            ],
        )
    };
    Ok(found.tickets.iter().map(row).collect())
}

fn reviews(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "github/e2e/raw_tables/_raw_github_api_pull_request_reviews.csv";
    reviewed(tables, &delivery(tables, file, "review", asked)?)
}

fn comments(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "github/e2e/raw_tables/_raw_github_api_pull_request_review_comments.csv";
    reviewed(tables, &delivery(tables, file, "review_comment", |_| String::new())?)
}

fn reviewed(tables: &Tables, found: &Delivery) -> Result<Vec<Row>, OracleError> {
    let ids = ids(tables, PULLS)?;
    let mut rows = Vec::new();
    for request in &found.requests {
        for review in &request.reviews {
            let verdict = match review.verdict {
                ReviewVerdict::Commented => "COMMENTED",
                ReviewVerdict::Approved => "APPROVED",
                ReviewVerdict::ChangesRequested => "CHANGES_REQUESTED",
                ReviewVerdict::Dismissed => "DISMISSED",
            };
            let at = Cell::time(Some(review.at));
            rows.push(Row::new(
                format!("{}/{}", id(&ids, &request.key), review.at.as_millis()),
                [
                    ("author_username", Cell::text(&review.reviewer)),
                    ("github_submit_at", at.clone()),
                    ("created_date", at),
                    ("commit_sha", Cell::text(&review.commit)),
                    ("state", Cell::text(verdict)),
                ],
            ));
        }
    }
    Ok(rows)
}

fn commits(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "github/e2e/raw_tables/_raw_github_api_pull_request_commits.csv";
    let ids = ids(tables, PULLS)?;
    let found = delivery(tables, file, "commit", asked)?;
    let mut rows = Vec::new();
    for request in &found.requests {
        for commit in &request.commits {
            rows.push(Row::new(
                format!("{}/{}", id(&ids, &request.key), commit.id),
                [
                    ("commit_sha", Cell::text(&commit.id)),
                    ("commit_author_email", Cell::text(&commit.email)),
                    ("commit_authored_date", Cell::time(Some(commit.authored))),
                ],
            ));
        }
    }
    Ok(rows)
}

fn builds(tables: &Tables, level: BuildLevel) -> Result<Vec<Row>, OracleError> {
    let (file, what) = match level {
        BuildLevel::Run => ("runs", "workflow_run"),
        BuildLevel::Job => ("jobs", "workflow_job"),
    };
    let file = format!("github/e2e/raw_tables/_raw_github_api_{file}.csv");
    let found = delivery(tables, &file, what, |_| String::new())?;
    let mut rows = Vec::new();
    for commit in &found.builds {
        for build in commit.builds.iter().filter(|build| build.level == level) {
            let name = if level == BuildLevel::Job { job_name(build, "") } else { &build.name };
            let span = build.started.zip(build.finished).map(|(start, end)| end - start);
            let is_done = build.finished.is_some();
            let created = Cell::kept(build.attempt == 1, Cell::time(build.queued));
            rows.push(Row::new(
                build.id.rsplit('/').next().unwrap_or_default(),
                [
                    ("name", Cell::text(name)),
                    ("result", result(build.outcome)),
                    ("status", status(is_done)),
                    ("created_date", created),
                    ("started_date", Cell::time(build.started)),
                    ("finished_date", Cell::time(build.finished)),
                    ("duration_sec", Cell::seconds(span)),
                    ("commit_sha", Cell::text(&commit.commit)),
                ],
            ));
        }
    }
    Ok(rows)
}
