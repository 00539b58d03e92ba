//! GitLab, on gitlab.com and self-managed: issues, merge requests with all that belongs to them,
//! pipelines with jobs, deployments, releases.
//!
//! In: projects such as `group/project`. Out: records whose `what` is `issue`, `merge_request`,
//! `note`, `merge_request_commit`, `approval`, `state_event`, `pipeline`, `job`, `deployment`,
//! `release`. Start at [`Gitlab::pull`]. All lists but that of releases are sorted by last change
//! and asked from an instant on, which is paging by key: GitLab refuses page numbers beyond 50,000
//! items, and needs none here. What belongs to an object is only asked for when that changed.

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};

use crate::client::{Client, Request, RequestError};
use crate::clock::Soon;
use crate::progress::{Age, List, Part, Watermark, ascending, descending, id, instant};
use crate::source::{Page, PullError, Source, Stream, Wanted};

/// Address of the public API.
pub const PUBLIC: &str = "https://gitlab.com/api/v4/";

/// How many items a page has, where each costs requests of its own; each page is kept as one.
const NESTED_PAGE: usize = 30;

/// How many items a page has otherwise.
const PLAIN_PAGE: usize = 100;

/// Projects of one GitLab.
#[derive(Debug)]
pub struct Gitlab {
    client: Client,
    wanted: Wanted,
}

/// The address of the API, from what a user may write: `https://git.example` or the whole of it.
pub fn api_address(address: &str) -> String {
    let address = address.trim_end_matches('/');
    if address.ends_with("/api/v4") { format!("{address}/") } else { format!("{address}/api/v4/") }
}

impl Gitlab {
    /// Collects with a client whose base is an [`api_address`].
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let project = Project { client: &self.client, name: &stream.scope };
        let since = self.wanted.since;
        match stream.what {
            "issues" => project.issues(cursor, since).await,
            "merge_requests" => project.merge_requests(cursor, since).await,
            "pipelines" => project.pipelines(cursor, since).await,
            "deployments" => project.deployments(cursor, since).await,
            "releases" => project.releases(cursor, since).await,
            _ => Err(PullError::no_stream(System::Gitlab, stream)),
        }
    }
}

impl Source for Gitlab {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Gitlab
    }

    fn streams(&self) -> Vec<Stream> {
        self.wanted.streams(&["issues", "merge_requests", "pipelines", "deployments", "releases"])
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

/// One project, while it is read.
struct Project<'a> {
    client: &'a Client,
    name: &'a str,
}

impl Project<'_> {
    /// A path of the project; its name is one piece of it, slashes and all.
    fn path(&self, rest: &str) -> String {
        format!("projects/{}/{rest}", self.name.replace('/', "%2F"))
    }

    fn list<'a>(&'a self, cursor: Option<&'a str>, first: Timestamp, size: usize) -> List<'a> {
        List { client: self.client, cursor, first, size, field: "" }
    }

    fn record(&self, what: &str, parent: impl ToString, body: Value) -> Record {
        let (what, scope, parent) = (what.to_owned(), self.name.to_owned(), parent.to_string());
        Record { system: System::Gitlab, what, scope, parent, body }
    }

    /// What changed in a list whose items have `number`, an `iid` or an `id`.
    async fn changed(
        &self,
        list: &str,
        size: usize,
        cursor: Option<&str>,
        since: Timestamp,
    ) -> Result<Part, PullError> {
        let key = |item: &Value| Some((instant(item, "updated_at")?, id(item, "id")?));
        let page = |mark: &Watermark| {
            let request = Request::get(self.path(list))
                .with("order_by", "updated_at")
                .with("sort", "asc")
                .with("updated_after", mark.from())
                .with("per_page", size)
                .with("page", mark.page);
            // Without it, issues and requests are those of the token's owner.
            if matches!(list, "issues" | "merge_requests") {
                return request.with("scope", "all");
            }
            request
        };
        ascending(self.list(cursor, since, size), key, page).await
    }

    async fn all(&self, path: &str) -> Result<Vec<Value>, RequestError> {
        self.client.all(&Request::get(self.path(path)).with("per_page", 100), "").await
    }

    async fn issues(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let part = self.changed("issues", NESTED_PAGE, cursor, since).await?;
        let mut records = Vec::new();
        for issue in &part.items {
            records.push(self.record("issue", "", issue.clone()));
            let Some(number) = id(issue, "iid") else { continue };
            let moves = self.all(&format!("issues/{number}/resource_state_events")).await?;
            let parent = format!("issue/{number}");
            records.extend(moves.into_iter().map(|it| self.record("state_event", &parent, it)));
        }
        Ok(part.page(records))
    }

    async fn merge_requests(
        &self,
        cursor: Option<&str>,
        since: Timestamp,
    ) -> Result<Page, PullError> {
        let mut part = self.changed("merge_requests", NESTED_PAGE, cursor, since).await?;
        let mut records = Vec::new();
        for request in &part.items {
            let Some(number) = id(request, "iid") else { continue };
            let told = self.merge_request(&number).await?;
            if told.is_empty() {
                part.notes.push(format!("{}!{number} was listed and is gone", self.name));
            }
            records.extend(told);
        }
        Ok(part.page(records))
    }

    /// A merge request, which the list tells in brief only, and what belongs to it; nothing where
    /// it is gone.
    async fn merge_request(&self, number: &str) -> Result<Vec<Record>, PullError> {
        let own = format!("merge_requests/{number}");
        let whole = self.client.find(&Request::get(self.path(&own))).await?;
        let Some(whole) = whole else { return Ok(Vec::new()) };
        let mut records = vec![self.record("merge_request", "", whole)];
        let lists = [
            ("note", "notes", format!("mr/{number}")),
            ("merge_request_commit", "commits", number.to_owned()),
            ("state_event", "resource_state_events", format!("mr/{number}")),
        ];
        for (what, list, parent) in lists {
            let items = self.all(&format!("{own}/{list}")).await?;
            records.extend(items.into_iter().map(|item| self.record(what, &parent, item)));
        }
        let approvals = Request::get(self.path(&format!("{own}/approvals")));
        // A project can switch approvals off.
        let approvals = self.client.find(&approvals).await?;
        records.extend(approvals.map(|it| self.record("approval", number, it)));
        Ok(records)
    }

    async fn pipelines(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let mut part = self.changed("pipelines", NESTED_PAGE, cursor, since).await?;
        let mut records = Vec::new();
        for pipeline in &part.items {
            let Some(number) = id(pipeline, "id") else { continue };
            let own = self.path(&format!("pipelines/{number}"));
            let Some(whole) = self.client.find(&Request::get(&own)).await? else {
                part.notes.push(format!("pipeline {number} was listed and is gone"));
                continue;
            };
            records.push(self.record("pipeline", "", whole));
            let jobs = Request::get(format!("{own}/jobs"));
            let jobs = jobs.with("include_retried", "true").with("per_page", 100);
            let jobs = self.client.all(&jobs, "").await?;
            records.extend(jobs.into_iter().map(|job| self.record("job", &number, job)));
        }
        Ok(part.page(records))
    }

    async fn deployments(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let part = self.changed("deployments", PLAIN_PAGE, cursor, since).await?;
        let records = part.items.iter().map(|it| self.record("deployment", "", it.clone()));
        let records = records.collect();
        Ok(part.page(records))
    }

    async fn releases(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let path = self.path("releases");
        let page = |page: u32| {
            Request::get(&path)
                .with("order_by", "created_at")
                .with("sort", "desc")
                .with("per_page", PLAIN_PAGE)
                .with("page", page)
        };
        let age = |release: &Value| {
            let created = instant(release, "created_at")?;
            let released = instant(release, "released_at").unwrap_or(created);
            Some(Age { created, updated: created.max(released), open: false })
        };
        let lookback = Millis::days(14);
        let part = descending(self.list(cursor, since, PLAIN_PAGE), lookback, age, page).await?;
        let records = part.items.iter().map(|it| self.record("release", "", it.clone())).collect();
        Ok(part.page(records))
    }
}

#[cfg(test)]
mod tests;
