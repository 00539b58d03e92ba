//! Objects of APIs, known by their fields.

use serde_json::Value;
use tl_core::record::System;

use super::Found;
use crate::system::azure_devops::scope_of;
use crate::system::jenkins::job_of;

/// Which object of which system's API this is; only of `system` where that is given.
///
/// A repository or project is taken from the addresses that the object holds.
pub fn export_of(value: &Value, system: Option<System>) -> Option<Found> {
    let of = |wanted: System| system.is_none_or(|system| system == wanted);
    let same = |mut found: Found, as_system: System| {
        found.system = as_system;
        found
    };
    if system == Some(System::Gitea) {
        return github(value).map(|found| same(found, System::Gitea));
    }
    None.or_else(|| github(value).filter(|_| of(System::Github)))
        .or_else(|| gitlab(value).filter(|_| of(System::Gitlab)))
        .or_else(|| jira(value).filter(|_| of(System::Jira)))
        .or_else(|| azure_devops(value).filter(|_| of(System::AzureDevops)))
        .or_else(|| bitbucket(value).filter(|_| of(System::Bitbucket)))
        .or_else(|| pagers(value).filter(|found| of(found.system)))
        .or_else(|| builders(value).filter(|found| of(found.system)))
}

fn has(value: &Value, names: &[&str]) -> bool {
    names.iter().all(|name| value.get(name).is_some())
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn found(system: System, what: &'static str, scope: &str, parent: &str) -> Option<Found> {
    Some(Found { system, what, scope: scope.to_owned(), parent: parent.to_owned() })
}

/// What stands in an address behind a marker, up to `parts` path segments.
fn behind<'a>(address: &'a str, marker: &str, parts: usize) -> &'a str {
    let Some((_, rest)) = address.split_once(marker) else { return "" };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    match rest.match_indices('/').nth(parts - 1) {
        Some((end, _)) => &rest[..end],
        None => rest,
    }
}

fn last(address: &str) -> &str {
    address.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn github(value: &Value) -> Option<Found> {
    let what = if has(value, &["headRefName", "baseRefName"]) {
        "graphql_pull_request"
    } else if has(value, &["number", "head", "base", "state"]) {
        "pull_request"
    } else if has(value, &["pull_request_review_id", "path"]) {
        "review_comment"
    } else if has(value, &["submitted_at", "state", "commit_id"]) {
        "review"
    } else if has(value, &["run_number", "workflow_id", "head_sha"]) {
        "workflow_run"
    } else if has(value, &["run_id", "steps", "head_sha"]) {
        "workflow_job"
    } else if has(value, &["check_suite", "head_sha", "conclusion"]) {
        "check_run"
    } else if has(value, &["context", "state", "created_at", "target_url"]) {
        "status"
    } else if has(value, &["deployment_url", "state", "created_at"]) {
        "deployment_status"
    } else if has(value, &["statuses_url", "environment", "sha", "task"]) {
        "deployment"
    } else if has(value, &["tag_name", "draft", "prerelease"]) {
        "release"
    } else if has(value, &["sha", "commit", "parents"]) {
        "commit"
    } else if has(value, &["event", "created_at", "commit_id"]) {
        "timeline"
    } else if has(value, &["number", "comments", "state", "labels"]) && !has(value, &["iid"]) {
        "issue"
    } else {
        return None;
    };
    let addresses = ["/repository_url", "/url", "/pull_request_url", "/jobs_url", "/issue_url"];
    let of = |address: &&str| behind(text(value, address), "/repos/", 2);
    let scope = addresses.iter().map(of).find(|scope| !scope.is_empty()).unwrap_or_default();
    let named = [text(value, "/base/repo/full_name"), text(value, "/repository/full_name")];
    let scope = named.into_iter().find(|name| !name.is_empty()).unwrap_or(scope);
    let parent = match what {
        "review" | "review_comment" => last(text(value, "/pull_request_url")),
        "deployment_status" => last(text(value, "/deployment_url")),
        "timeline" => last(text(value, "/issue_url")),
        _ => "",
    };
    found(System::Github, what, scope, parent)
}

fn gitlab(value: &Value) -> Option<Found> {
    let what = if has(value, &["iid", "source_branch", "target_branch"]) {
        "merge_request"
    } else if has(value, &["deployable", "environment", "sha"]) {
        "deployment"
    } else if has(value, &["stage", "pipeline", "ref"]) {
        "job"
    } else if has(value, &["iid", "ref", "sha", "status"]) {
        "pipeline"
    } else if has(value, &["iid", "project_id", "title", "state"]) {
        "issue"
    } else if has(value, &["noteable_type", "noteable_iid", "system", "body"]) {
        "note"
    } else if has(value, &["tag_name", "released_at"]) {
        "release"
    } else {
        return None;
    };
    let web = text(value, "/web_url");
    let page = if web.is_empty() { text(value, "/_links/self") } else { web };
    let path = page.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let scope = path.and_then(|(_, path)| path.split_once("/-/")).map_or("", |(scope, _)| scope);
    let of = match (what, text(value, "/noteable_type")) {
        ("note", "MergeRequest") => format!("mr/{}", value["noteable_iid"]),
        ("note", _) => format!("issue/{}", value["noteable_iid"]),
        _ => String::new(),
    };
    found(System::Gitlab, what, scope, &of)
}

fn jira(value: &Value) -> Option<Found> {
    if has(value, &["key", "fields"]) && value["fields"].is_object() {
        let key = text(value, "/key");
        return found(System::Jira, "issue", key.rsplit_once('-').map_or("", |(p, _)| p), "");
    }
    // `https://acme.atlassian.net/rest/api/2/issue/ABC-1/remotelink/10000`.
    let link = text(value, "/self").split_once("/remotelink/");
    if let Some((issue, _)) = link.filter(|_| has(value, &["object"])) {
        // Where the number of the issue stands instead, its key is unknown.
        let key = Some(last(issue)).filter(|key| key.contains('-'))?;
        return found(System::Jira, "remotelink", "", key);
    }
    let board = value.get("originBoardId").is_some();
    let dated = has(value, &["id", "startDate", "endDate"]);
    if (board || dated) && has(value, &["name", "state"]) {
        return found(System::Jira, "sprint", "", "");
    }
    None
}

fn azure_devops(value: &Value) -> Option<Found> {
    let what = if has(value, &["id", "rev", "fields"]) {
        "work_item"
    } else if has(value, &["id", "workItemId", "rev"]) {
        "work_item_update"
    } else if has(value, &["pullRequestId", "creationDate"]) {
        "pull_request"
    } else if has(value, &["buildNumber", "definition", "status"]) {
        "build"
    } else if has(value, &["releaseDefinition", "deploymentStatus"]) {
        "release_deployment"
    } else {
        return None;
    };
    let scope = scope_of(value).unwrap_or_default();
    let parent =
        if what == "work_item_update" { value["workItemId"].to_string() } else { String::new() };
    found(System::AzureDevops, what, &scope, &parent)
}

fn bitbucket(value: &Value) -> Option<Found> {
    let class = text(value, "/type");
    let what = if class == "pullrequest" {
        "pull_request"
    } else if class == "pipeline" && has(value, &["uuid", "state", "target"]) {
        "pipeline"
    } else if class == "deployment" && has(value, &["uuid", "environment"]) {
        "deployment"
    } else if class == "issue" && has(value, &["kind", "reporter"]) {
        "issue"
    } else {
        return None;
    };
    let names = ["/destination/repository/full_name", "/repository/full_name"];
    let names = names.map(|path| text(value, path));
    let scope = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    found(System::Bitbucket, what, scope, "")
}

fn pagers(value: &Value) -> Option<Found> {
    if has(value, &["incident_number", "urgency"]) {
        found(System::Pagerduty, "incident", "", "")
    } else if text(value, "/type").ends_with("_log_entry") {
        found(System::Pagerduty, "log_entry", "", text(value, "/incident/id"))
    } else if has(value, &["incident_updates", "impact"]) {
        found(System::Statuspage, "incident", text(value, "/page_id"), "")
    } else if has(value, &["tinyId", "impactedServices"]) {
        found(System::Opsgenie, "incident", "", "")
    } else if has(value, &["tinyId", "createdAt"]) {
        found(System::Opsgenie, "alert", "", "")
    } else if has(value, &["dateReleased", "shortVersion"]) {
        found(System::Sentry, "release", "", "")
    } else if has(value, &["dateStarted", "dateFinished", "environment"]) {
        found(System::Sentry, "deploy", "", "")
    } else {
        None
    }
}

fn builders(value: &Value) -> Option<Found> {
    let slug = text(value, "/project_slug");
    let build = has(value, &["building", "result"]) || has(value, &["actions", "duration"]);
    if build && has(value, &["timestamp", "number"]) {
        found(System::Jenkins, "build", &job_of(text(value, "/url")), "")
    } else if has(value, &["startTimeMillis", "durationMillis", "pauseDurationMillis", "execNode"])
    {
        found(System::Jenkins, "stage", &job_of(text(value, "/_links/self/href")), "")
    } else if has(value, &["pipeline_number", "project_slug", "status"]) {
        found(System::Circleci, "workflow", slug, "")
    } else if has(value, &["job_number", "started_at", "status"]) {
        found(System::Circleci, "job", slug, "")
    } else if has(value, &["project_slug", "trigger", "state"]) {
        found(System::Circleci, "pipeline", slug, "")
    } else {
        None
    }
}
