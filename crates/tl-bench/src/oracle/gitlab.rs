//! DevLake's GitLab plugin: merge requests, issues, commits, comments, pipelines, jobs and
//! deployments.
//!
//! In: the API's answers that it keeps. Out: [`CASES`]. The project is
//! `gitlab-data/snowflake_spend`; the jobs are from another server.

use std::collections::BTreeMap;

use tl_core::delivery::{Build, Delivery, Request, Ticket, numbered};
use tl_core::fact::BuildLevel;
use tl_core::record::System;

use super::compare::{Case, Cell, Column, Compat, Only, Row, second};
use super::github::ADDRESS;
use super::source::{Expected, OracleError, Raw, Tables, folded, instant};
use super::words::{
    MINUTES_DOWN, UNFINISHED, UNMERGED_COMMIT, WHOLE_SECONDS, job_name, merge_commit, minutes,
    request_status, result, status,
};

const CONNECTION: u64 = 1;
const PROJECT: &str = "gitlab-data/snowflake_spend";
const SERVER_PROJECT: &str = "merico/pip_test";
const MERGE_REQUESTS: &str = "gitlab/e2e/raw_tables/_raw_gitlab_api_merge_requests.csv";
const ISSUES: &str = "gitlab/e2e/raw_tables/_raw_gitlab_api_issues.csv";

const STATUSES: Compat = Compat {
    name: "gitlab-statuses",
    what: "DevLake calls a job or deployment that was cancelled, skipped or only created OTHER; \
           with us what was cancelled or skipped is done, and the rest is not",
};
const JOB_END: Compat = Compat {
    name: "deployment-without-job",
    what: "a deployment whose job never ran has no end in DevLake; with us it ended when its status \
           last changed, and ends are compared for those whose job ran",
};
const QUEUED: Compat = Compat {
    name: "cancelled-before-it-waited",
    what: "DevLake takes the instant at which a job was made for all jobs; with us a job that was \
           cancelled, skipped or never begun did not wait for a runner: compared for the others",
};

/// The cases of this plugin.
pub(super) static CASES: &[Case] = &[
    Case {
        name: "gitlab merge requests",
        expected: "gitlab/e2e/snapshot_tables/pull_requests.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("pull_request_key"),
            Column::text("title"),
            Column::text("url"),
            Column::text("status"),
            Column::text("original_status"),
            Column::text("author_name"),
            Column::second("created_date"),
            Column::second("merged_date"),
            Column::second("closed_date"),
            Column::text("merge_commit_sha").adjusted(merge_commit),
            Column::text("head_ref"),
            Column::text("base_ref"),
        ],
        left_out: &[
            ("id", "names the row"),
            ("base_repo_id", "DevLake's own number; we name projects"),
            ("head_repo_id", "DevLake's own number; we name forks"),
            ("author_id", "DevLake's own number; we keep the name, which is compared"),
            ("merged_by_id", "left empty by DevLake in this table"),
            ("merged_by_name", "left empty by DevLake in this table"),
            ("description", "we keep no texts of bodies"),
            ("parent_pr_id", "always empty"),
            ("type", "always empty"),
            ("component", "always empty"),
            ("head_commit_sha", "left empty by DevLake in this table"),
            ("base_commit_sha", "left empty by DevLake in this table"),
            ("additions", "lists of requests do not say it: DevLake writes 0, we nothing"),
            ("deletions", "lists of requests do not say it: DevLake writes 0, we nothing"),
            ("is_draft", "always 0 in DevLake, also of drafts"),
        ],
        compat: &[UNMERGED_COMMIT, WHOLE_SECONDS],
        ours: merge_requests,
    },
    Case {
        name: "gitlab issues",
        expected: "gitlab/e2e/snapshot_tables/issues.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("issue_key"),
            Column::text("title"),
            Column::text("url"),
            Column::text("status"),
            Column::second("created_date"),
            Column::second("updated_date"),
            Column::second("resolution_date"),
            Column::number("lead_time_minutes"),
            Column::text("creator_name"),
        ],
        left_out: &[
            ("id", "names the row"),
            ("description", "we keep no texts of bodies"),
            ("creator_id", "DevLake's own number; we keep the name, which is compared"),
            ("assignee_id", "DevLake's own number"),
            ("assignee_name", "DevLake keeps one assignee, we keep all"),
            ("type", "always empty"),
            ("original_status", "always empty"),
            ("severity", "always UNKNOWN"),
            ("icon_url", "always empty"),
            ("epic_key", "always empty"),
            ("story_point", "always empty"),
            ("parent_issue_id", "always empty"),
            ("priority", "always empty"),
            ("component", "always empty"),
            ("original_estimate_minutes", "always empty"),
            ("time_spent_minutes", "always empty"),
            ("time_remaining_minutes", "always empty"),
        ],
        compat: &[MINUTES_DOWN, WHOLE_SECONDS],
        ours: issues,
    },
    Case {
        name: "gitlab commits of merge requests",
        expected: "gitlab/e2e/snapshot_tables/_tool_gitlab_mr_commits.csv",
        only: None,
        key: |row| format!("{}/{}", row.get("merge_request_id"), row.get("commit_sha")),
        columns: &[
            Column::text("commit_sha"),
            Column::text("commit_author_name"),
            Column::text("commit_author_email")
                .adjusted(|row| Some(row.get("commit_author_email").to_lowercase())),
            Column::second("commit_authored_date"),
        ],
        left_out: &[("merge_request_id", "names the row"), ("connection_id", "1")],
        compat: &[ADDRESS, WHOLE_SECONDS],
        ours: commits,
    },
    Case {
        name: "gitlab approvals of merge requests",
        expected: "gitlab/e2e/snapshot_tables/pull_request_comments.csv",
        only: Some(Only {
            holds: |row| row.get("body").ends_with("approved this merge request"),
            why: "comments below a request are no reviews; only approvals and threads are",
        }),
        key: |row| {
            let at = instant(row.get("created_date")).map(second).unwrap_or_default().as_millis();
            format!("{}/{at}", row.last("pull_request_id"))
        },
        columns: &[Column::second("created_date")],
        left_out: &[
            ("id", "stands in the event's key; request and instant name the row"),
            ("pull_request_id", "names the row"),
            ("body", "we keep no texts of bodies"),
            ("account_id", "DevLake's own number; we keep the name"),
            ("commit_sha", "always empty"),
        ],
        compat: &[WHOLE_SECONDS],
        ours: approvals,
    },
    Case {
        name: "gitlab pipelines",
        expected: "gitlab/e2e/snapshot_tables/cicd_pipelines.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("result"),
            Column::text("status"),
            Column::second("created_date"),
            Column::second("started_date"),
            Column::second("finished_date"),
        ],
        left_out: &[
            ("id", "names the row"),
            ("name", "DevLake's own name for the row"),
            ("display_title", "always empty"),
            ("url", "follows from the number"),
            ("original_status", "the source of status, which is compared"),
            ("original_result", "always empty"),
            ("type", "always empty"),
            ("environment", "always empty"),
            ("duration_sec", "GitLab's own number, without pauses; we keep the instants"),
            ("queued_duration_sec", "GitLab's own number; we keep the instants"),
            ("queued_date", "always empty"),
            ("cicd_scope_id", "DevLake's own number; we name projects"),
        ],
        compat: &[WHOLE_SECONDS],
        ours: pipelines,
    },
    Case {
        name: "gitlab jobs",
        expected: "gitlab/e2e/snapshot_tables/cicd_tasks.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("name"),
            Column::text("result"),
            Column::text("status").adjusted(job_status),
            Column::second("created_date").adjusted(job_queued),
            Column::second("started_date"),
            Column::second("finished_date").adjusted(job_end),
        ],
        left_out: &[
            ("id", "names the row"),
            ("pipeline_id", "we find pipelines and jobs by their commit"),
            ("original_status", "the source of status, which is compared"),
            ("original_result", "always empty"),
            ("type", "by a pattern of DevLake's test for deployments; ours is in the settings"),
            ("environment", "by a pattern of DevLake's test for production; ours in the settings"),
            ("duration_sec", "GitLab's own number; we keep the instants"),
            ("queued_duration_sec", "GitLab's own number; we keep the instants"),
            ("queued_date", "always empty"),
            ("cicd_scope_id", "DevLake's own number; we name projects"),
        ],
        compat: &[UNFINISHED, STATUSES, QUEUED, WHOLE_SECONDS],
        ours: jobs,
    },
    Case {
        name: "gitlab deployments",
        expected: "gitlab/e2e/snapshot_tables/cicd_deployment_commits.csv",
        only: None,
        key: |row| row.last("id").to_owned(),
        columns: &[
            Column::text("commit_sha"),
            Column::text("result"),
            Column::text("status").adjusted(job_status),
            Column::text("environment"),
            Column::second("started_date"),
            Column::second("finished_date").adjusted(job_end),
            Column::text("ref_name"),
        ],
        left_out: &[
            ("id", "names the row"),
            ("cicd_deployment_id", "names the row"),
            ("created_date", "when its job was made; with us when the deployment was, soon after"),
            ("cicd_scope_id", "DevLake's own number; we name projects"),
            ("name", "the job's name with the deployment's number"),
            ("display_title", "the commit's title: git knows it"),
            ("url", "follows from the project"),
            ("original_status", "the source of status, which is compared"),
            ("original_result", "always empty"),
            ("original_environment", "the same as environment, which is compared"),
            ("duration_sec", "GitLab's own number; we keep the instants"),
            ("queued_duration_sec", "GitLab's own number; we keep the instants"),
            ("queued_date", "always empty"),
            ("commit_msg", "always empty"),
            ("repo_id", "DevLake's own number; we name projects"),
            ("repo_url", "follows from the project"),
            ("prev_success_deployment_commit_id", "always empty here: see dora"),
            ("subtask_name", "always empty"),
        ],
        compat: &[UNFINISHED, STATUSES, JOB_END, WHOLE_SECONDS],
        ours: deployments,
    },
];

/// The end of what is done; of a deployment where its job ran.
fn job_end(row: &Expected) -> Option<String> {
    let is_over = job_status(row).is_some_and(|status| status == "DONE");
    Some(row.get("finished_date").to_owned()).filter(|end| is_over && !end.is_empty())
}

/// When a job that was to run began to wait.
fn job_queued(row: &Expected) -> Option<String> {
    let idle = matches!(row.get("original_status"), "created" | "manual" | "skipped" | "canceled")
        && row.get("started_date").is_empty();
    (!idle).then(|| row.get("created_date").to_owned())
}

fn job_status(row: &Expected) -> Option<String> {
    let status = match (row.get("status"), row.get("original_status")) {
        ("OTHER", "canceled" | "skipped") => "DONE",
        ("OTHER", _) => "IN_PROGRESS",
        (status, _) => status,
    };
    Some(status.to_owned())
}

fn delivery(
    tables: &Tables,
    (file, what, scope): (&str, &str, &str),
    parent: impl Fn(&Raw) -> String,
) -> Result<Delivery, OracleError> {
    let events = tables.events(file, CONNECTION, System::Gitlab, what, scope, parent)?;
    Ok(folded(&events))
}

/// GitLab's own number of each thing, by the key that we give it.
fn ids(tables: &Tables, file: &str) -> Result<BTreeMap<String, String>, OracleError> {
    let named = |raw: Raw| (format!("{PROJECT}#{}", raw.data["iid"]), raw.data["id"].to_string());
    Ok(tables.raw(file, CONNECTION)?.into_iter().map(named).collect())
}

/// The same of merge requests by what commits and notes were asked for.
fn asked(tables: &Tables, file: &str) -> Result<BTreeMap<String, String>, OracleError> {
    let named =
        |raw: Raw| (format!("{PROJECT}#{}", raw.input["Iid"]), raw.input["GitlabId"].to_string());
    Ok(tables.raw(file, CONNECTION)?.into_iter().map(named).collect())
}

fn id(ids: &BTreeMap<String, String>, key: &str) -> String {
    ids.get(key).cloned().unwrap_or_else(|| key.to_owned())
}

fn number(key: &str) -> Cell {
    Cell::text(numbered(key).map(|(_, number)| number.to_string()).unwrap_or_default())
}

fn merge_requests(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let ids = ids(tables, MERGE_REQUESTS)?;
    let found = delivery(tables, (MERGE_REQUESTS, "merge_request", PROJECT), |_| String::new())?;
    let row = |request: &Request| {
        let state = request.state.clone().unwrap_or_default().1;
        let merged = request.merged.as_ref();
        let closed = request.closed.last().copied();
        let said = match (merged, closed) {
            (Some(_), _) => "merged",
            (None, Some(_)) => "closed",
            (None, None) => "opened",
        };
        Row::new(
            id(&ids, &request.key),
            [
                ("pull_request_key", number(&request.key)),
                ("title", Cell::text(state.title)),
                ("url", Cell::text(state.url)),
                ("status", request_status(request)),
                ("original_status", Cell::text(said)),
                ("author_name", Cell::text(state.author)),
                ("created_date", Cell::time(request.opened)),
                ("merged_date", Cell::time(merged.map(|merge| merge.at))),
                ("closed_date", Cell::time(closed)),
                ("merge_commit_sha", Cell::text(merged.map_or("", |merge| &merge.commit))),
                ("head_ref", Cell::text(state.branch)),
                ("base_ref", Cell::text(state.base)),
            ],
        )
    };
    Ok(found.requests.iter().map(row).collect())
}

fn issues(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let ids = ids(tables, ISSUES)?;
    let found = delivery(tables, (ISSUES, "issue", PROJECT), |_| String::new())?;
    let row = |ticket: &Ticket| {
        let (updated, state) = ticket.state.clone().unwrap_or_default();
        let closed = ticket.closed.last().map(|(at, _)| *at);
        Row::new(
            id(&ids, &ticket.key),
            [
                ("issue_key", number(&ticket.key)),
                ("title", Cell::text(state.title)),
                ("url", Cell::text(state.url)),
                ("status", Cell::text(if closed.is_some() { "DONE" } else { "TODO" })),
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

fn commits(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "gitlab/e2e/raw_tables/_raw_gitlab_api_merge_request_commits.csv";
    let ids = asked(tables, file)?;
    let parent = |raw: &Raw| raw.input["Iid"].to_string();
    let found = delivery(tables, (file, "merge_request_commit", PROJECT), parent)?;
    let mut rows = Vec::new();
    for request in &found.requests {
        for commit in &request.commits {
            rows.push(Row::new(
                format!("{}/{}", id(&ids, &request.key), commit.id),
                [
                    ("commit_sha", Cell::text(&commit.id)),
                    ("commit_author_name", Cell::text(&commit.author)),
                    ("commit_author_email", Cell::text(&commit.email)),
                    ("commit_authored_date", Cell::time(Some(commit.authored))),
                ],
            ));
        }
    }
    Ok(rows)
}

fn approvals(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "gitlab/e2e/raw_tables/_raw_gitlab_api_merge_request_notes.csv";
    let ids = asked(tables, file)?;
    let parent = |raw: &Raw| format!("mr/{}", raw.input["Iid"]);
    let found = delivery(tables, (file, "note", PROJECT), parent)?;
    let mut rows = Vec::new();
    for request in &found.requests {
        for review in &request.reviews {
            rows.push(Row::new(
                format!("{}/{}", id(&ids, &request.key), review.at.as_millis()),
                [("created_date", Cell::time(Some(review.at)))],
            ));
        }
    }
    Ok(rows)
}

fn build_row(build: &Build) -> Row {
    let is_done = build.finished.is_some();
    Row::new(
        build.id.rsplit('/').next().unwrap_or_default(),
        [
            ("name", Cell::text(job_name(build, SERVER_PROJECT))),
            ("result", result(build.outcome)),
            ("status", status(is_done)),
            ("created_date", Cell::time(build.queued)),
            ("started_date", Cell::time(build.started)),
            ("finished_date", Cell::time(build.finished)),
        ],
    )
}

fn pipelines(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "gitlab/e2e/raw_tables/_raw_gitlab_api_pipeline_details.csv";
    builds(&delivery(tables, (file, "pipeline", PROJECT), |_| String::new())?, BuildLevel::Run)
}

fn jobs(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "gitlab/e2e/raw_tables/_raw_gitlab_api_job.csv";
    builds(&delivery(tables, (file, "job", SERVER_PROJECT), |_| String::new())?, BuildLevel::Job)
}

fn builds(found: &Delivery, level: BuildLevel) -> Result<Vec<Row>, OracleError> {
    let builds = found.builds.iter().flat_map(|commit| &commit.builds);
    Ok(builds.filter(|build| build.level == level).map(build_row).collect())
}

fn deployments(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "gitlab/e2e/raw_tables/_raw_gitlab_api_deployments.csv";
    let found = delivery(tables, (file, "deployment", PROJECT), |_| String::new())?;
    let row = |one: &tl_core::delivery::Deployment| {
        let is_done = one.finished.is_some();
        Row::new(
            one.key.rsplit('/').next().unwrap_or_default(),
            [
                ("commit_sha", Cell::text(&one.commit)),
                ("result", result(one.outcome)),
                ("status", status(is_done)),
                ("environment", Cell::text(&one.environment)),
                ("started_date", Cell::time(one.started)),
                ("finished_date", Cell::time(one.finished)),
                ("ref_name", Cell::text(&one.branch)),
            ],
        )
    };
    Ok(found.deployments.iter().map(row).collect())
}
