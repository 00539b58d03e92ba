//! GitHub, on github.com and as Enterprise: issues, requests with all that belongs to them, runs,
//! deployments, releases, checks of other CI systems.
//!
//! In: repositories such as `acme/api`. Out: records whose `what` is `issue`, `pull_request` or
//! `graphql_pull_request`, `review`, `review_comment`, `commit`, `timeline`, `workflow_run`,
//! `workflow_job`, `deployment`, `deployment_status`, `release`, `graphql_check_run`, `check_run` or `status`.
//! Start at [`Github::pull`]; `graphql` reads requests ten at a time, `rest` one by one, `checks`
//! what other systems than Actions check.
//!
//! What changed is found by the list of issues, which holds requests as well, can be filtered by
//! `since` and sorted by last change. Runs, deployments and releases have no such list; they are
//! swept from the newest down. What belongs to an object is only asked for when that changed.

mod checks;
pub mod comment;
mod graphql;
mod rest;

use std::collections::BTreeMap;

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::Millis;

use crate::client::{Client, Request};
use crate::clock::Soon;
use crate::progress::{Age, List, Part, Watermark, ascending, descending, id, instant};
use crate::source::{Page, PullError, Source, Stream, Wanted};
use tl_core::time::Timestamp;

/// Address of the public API.
pub const PUBLIC: &str = "https://api.github.com/";

/// How many items a page has, where each costs requests of its own; each page is kept as one.
const NESTED_PAGE: usize = 30;

/// How many items a page has otherwise.
const PLAIN_PAGE: usize = 100;

/// Repositories of one GitHub.
#[derive(Debug)]
pub struct Github {
    client: Client,
    /// A client for each owner of repositories, where each has an installation of our App.
    of_owner: BTreeMap<String, Client>,
    wanted: Wanted,
}

/// The address of the API of an Enterprise server or of github.com, from what a user may write:
/// `https://github.com`, `https://git.example` and `https://git.example/api/v3` are understood.
pub fn api_address(address: &str) -> String {
    let address = address.trim_end_matches('/');
    match address.split_once("://") {
        Some((_, "github.com" | "www.github.com" | "api.github.com")) => PUBLIC.to_owned(),
        // GitHub Enterprise Cloud with data residency.
        Some((scheme, host)) if host.ends_with(".ghe.com") && !host.contains('/') => {
            format!("{scheme}://api.{}/", host.trim_start_matches("api."))
        }
        Some((_, host)) if !host.contains('/') => format!("{address}/api/v3/"),
        _ => format!("{address}/"),
    }
}

/// A client that says which version of the API it means.
fn versioned(client: Client) -> Client {
    client
        .with_header("accept", "application/vnd.github+json")
        .with_header("x-github-api-version", "2022-11-28")
}

impl Github {
    /// Collects with a client whose base is an [`api_address`].
    pub fn new(client: Client, wanted: Wanted) -> Self {
        let client = versioned(client);
        let mut of_owner = BTreeMap::new();
        for repository in &wanted.scopes {
            if let Some(client) = client.of_installation(repository) {
                of_owner.entry(owner(repository)).or_insert(client);
            }
        }
        Self { client, of_owner, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let client = self.of_owner.get(&owner(&stream.scope)).unwrap_or(&self.client);
        let repository = Repository { client, name: &stream.scope };
        let since = self.wanted.since;
        match stream.what {
            "issues" => repository.issues(cursor, since).await,
            "pulls" => repository.pulls(cursor, since).await,
            "runs" => repository.runs(cursor, since).await,
            "deployments" => repository.deployments(cursor, since).await,
            "releases" => repository.releases(cursor, since).await,
            "checks" => repository.checks(&checks::MAINLINE, cursor, since).await,
            "pull-checks" => repository.checks(&checks::HEADS, cursor, since).await,
            _ => Err(PullError::no_stream(System::Github, stream)),
        }
    }
}

impl Source for Github {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Github
    }

    fn streams(&self) -> Vec<Stream> {
        let all = [
            "issues",
            "pulls",
            "runs",
            "deployments",
            "releases",
            // Of GraphQL, which answers nobody without a token.
            "checks",
            "pull-checks",
        ];
        self.wanted.streams(if self.client.has_token() { &all } else { &all[..5] })
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

/// One repository, while it is read.
struct Repository<'a> {
    client: &'a Client,
    name: &'a str,
}

impl Repository<'_> {
    fn path(&self, rest: &str) -> String {
        format!("repos/{}/{rest}", self.name)
    }

    fn list<'a>(&'a self, cursor: Option<&'a str>, first: Timestamp, size: usize) -> List<'a> {
        List { client: self.client, cursor, first, size, field: "" }
    }

    fn record(&self, what: &str, parent: impl ToString, body: Value) -> Record {
        let (what, scope, parent) = (what.to_owned(), self.name.to_owned(), parent.to_string());
        Record { system: System::Github, what, scope, parent, body }
    }

    /// What changed among issues and requests.
    async fn changed(
        &self,
        cursor: Option<&str>,
        since: Timestamp,
        size: usize,
    ) -> Result<Part, PullError> {
        let key = |item: &Value| Some((instant(item, "updated_at")?, id(item, "number")?));
        let page = |mark: &Watermark| {
            Request::get(self.path("issues"))
                .with("state", "all")
                .with("sort", "updated")
                .with("direction", "asc")
                .with("since", mark.from())
                .with("per_page", size)
                .with("page", mark.page)
        };
        ascending(self.list(cursor, since, size), key, page).await
    }

    async fn issues(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let part = self.changed(cursor, since, NESTED_PAGE).await?;
        let mut records = Vec::new();
        for issue in part.items.iter().filter(|item| !is_pull(item)) {
            let Some(number) = id(issue, "number") else { continue };
            records.push(self.record("issue", "", issue.clone()));
            let timeline = self.path(&format!("issues/{number}/timeline"));
            let timeline = Request::get(timeline).with("per_page", 100);
            let items = self.client.all(&timeline, "").await?;
            let parent = format!("issue/{number}");
            records.extend(items.into_iter().map(|it| self.record("timeline", &parent, it)));
        }
        Ok(part.page(records))
    }

    async fn pulls(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let mut part = self.changed(cursor, since, NESTED_PAGE).await?;
        let pulls = part.items.iter().filter(|item| is_pull(item));
        let numbers: Vec<u64> = pulls.filter_map(|pull| pull.get("number")?.as_u64()).collect();
        let records = if self.client.has_token() {
            self.pulls_by_graphql(&numbers, &mut part.notes).await?
        } else {
            // GraphQL answers nobody without a token.
            self.pulls_by_rest(&numbers, &mut part.notes).await?
        };
        Ok(part.page(records))
    }

    async fn runs(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let age =
            |run: &Value| age(run, run.get("status").is_some_and(|status| status != "completed"));
        let page = self.newest_first("actions/runs", NESTED_PAGE);
        let lookback = Millis::days(3);
        let list = List { field: "workflow_runs", ..self.list(cursor, since, NESTED_PAGE) };
        let part = descending(list, lookback, age, page).await?;
        let mut records = Vec::new();
        for run in &part.items {
            records.extend(self.run(run).await?);
        }
        Ok(part.page(records))
    }

    async fn deployments(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let page = self.newest_first("deployments", NESTED_PAGE);
        let age = |deployment: &Value| age(deployment, false);
        let lookback = Millis::days(7);
        let part = descending(self.list(cursor, since, NESTED_PAGE), lookback, age, page).await?;
        let mut records = Vec::new();
        for deployment in &part.items {
            let Some(number) = id(deployment, "id") else { continue };
            records.push(self.record("deployment", "", deployment.clone()));
            let statuses = self.path(&format!("deployments/{number}/statuses"));
            let statuses =
                self.client.all(&Request::get(statuses).with("per_page", 100), "").await?;
            let record = |status| self.record("deployment_status", &number, status);
            records.extend(statuses.into_iter().map(record));
        }
        Ok(part.page(records))
    }

    async fn releases(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let page = self.newest_first("releases", PLAIN_PAGE);
        // A draft is published later; until then it is looked at again.
        let age = |release: &Value| {
            let draft = release.get("draft").and_then(Value::as_bool).unwrap_or(false);
            let mut age = age(release, draft)?;
            age.updated =
                instant(release, "published_at").map_or(age.updated, |at| at.max(age.updated));
            Some(age)
        };
        let lookback = Millis::days(14);
        let part = descending(self.list(cursor, since, PLAIN_PAGE), lookback, age, page).await?;
        let records = part.items.iter().map(|it| self.record("release", "", it.clone())).collect();
        Ok(part.page(records))
    }

    fn newest_first(&self, rest: &str, size: usize) -> impl Fn(u32) -> Request {
        let path = self.path(rest);
        move |page| Request::get(&path).with("per_page", size).with("page", page)
    }

    /// A run, its earlier attempts, and the jobs of all of them.
    async fn run(&self, run: &Value) -> Result<Vec<Record>, PullError> {
        let mut records = vec![self.record("workflow_run", "", run.clone())];
        let Some(number) = id(run, "id") else { return Ok(records) };
        let attempts = run.get("run_attempt").and_then(Value::as_u64).unwrap_or(1);
        // Nobody runs anything a hundred times; a broken answer may say so.
        for attempt in 1..attempts.min(100) {
            let path = self.path(&format!("actions/runs/{number}/attempts/{attempt}"));
            // GitHub keeps attempts for a while only.
            let earlier = self.client.find(&Request::get(path)).await?;
            records.extend(earlier.map(|run| self.record("workflow_run", "", run)));
        }
        let jobs = Request::get(self.path(&format!("actions/runs/{number}/jobs")));
        let jobs =
            self.client.all(&jobs.with("filter", "all").with("per_page", 100), "jobs").await?;
        records.extend(jobs.into_iter().map(|job| self.record("workflow_job", &number, job)));
        Ok(records)
    }
}

/// The owner of a repository; the case of letters does not matter.
fn owner(repository: &str) -> String {
    repository.split('/').next().unwrap_or_default().to_lowercase()
}

fn is_pull(item: &Value) -> bool {
    item.get("pull_request").is_some_and(Value::is_object)
}

fn age(item: &Value, open: bool) -> Option<Age> {
    let created = instant(item, "created_at")?;
    Some(Age { created, updated: instant(item, "updated_at").unwrap_or(created), open })
}

#[cfg(test)]
mod tests;
