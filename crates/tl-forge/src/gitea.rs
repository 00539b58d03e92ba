//! Gitea and Forgejo: issues, requests with all that belongs to them, runs, releases.
//!
//! In: repositories such as `acme/api`. Out: records whose `what` is `issue`, `timeline` (parent =
//! `issue/12` or `pull/12`), `pull_request`, `review`, `review_comment` and `commit` (parent =
//! number), `workflow_run`, `workflow_job` (parent = id of the run), `release`. Start at
//! [`Gitea::pull`]. Follows the API v1 of Gitea 1.25, which Forgejo has too; lists of runs came with
//! Gitea 1.25 and are left out, with a note, where there are none.
//!
//! Issues and requests are one list, which is filtered by last change and sorted by creation: what
//! changes while it is read stays in it, and is given once more by the next collection.

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};

use crate::client::{Auth, Client, Request, RequestError};
use crate::clock::Soon;
use crate::progress::{Age, List, descending, id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{SLACK, Walk, items, wants};

/// How many items a page has, where each costs requests of its own; each page is kept as one.
const NESTED_PAGE: usize = 30;

/// How many items a page has otherwise: the most that servers allow unless configured.
const PLAIN_PAGE: usize = 50;

/// Cursor of a list that was not there.
const NOTHING: &str = "null";

/// Repositories of one Gitea or Forgejo. Each has its own address.
#[derive(Debug)]
pub struct Gitea {
    client: Client,
    wanted: Wanted,
}

/// How Gitea wants a token.
pub const fn auth(token: Secret) -> Auth {
    Auth::Header("authorization", "token ", token)
}

/// The address of the API, from what a user may write: `https://git.example` or the whole of it.
pub fn api_address(address: &str) -> String {
    let address = address.trim_end_matches('/');
    if address.ends_with("/api/v1") { format!("{address}/") } else { format!("{address}/api/v1/") }
}

impl Gitea {
    /// Collects with a client whose base is an [`api_address`].
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let repository = Repository { client: &self.client, name: &stream.scope };
        let since = self.wanted.since;
        let page = match stream.what {
            "issues" => repository.issues(cursor, since).await,
            "pulls" => repository.pulls(cursor, since).await,
            "runs" => repository.runs(cursor, since).await,
            "releases" => repository.releases(cursor, since).await,
            _ => Err(PullError::no_stream(System::Gitea, stream)),
        };
        let scope = if stream.what == "issues" { "read:issue" } else { "read:repository" };
        page.map_err(|err| wants(err, scope))
    }
}

impl Source for Gitea {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Gitea
    }

    fn streams(&self) -> Vec<Stream> {
        self.wanted.streams(&["issues", "pulls", "runs", "releases"])
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

/// What changed of a list, and how to end the page.
struct Changed {
    items: Vec<Value>,
    walk: Walk,
    done: bool,
    notes: Vec<String>,
}

impl Repository<'_> {
    fn path(&self, rest: &str) -> String {
        format!("repos/{}/{rest}", self.name)
    }

    fn list<'a>(&'a self, cursor: Option<&'a str>, first: Timestamp, size: usize) -> List<'a> {
        List { client: self.client, cursor, first, size, field: "" }
    }

    fn record(&self, what: &str, parent: &str, body: Value) -> Record {
        let (what, scope, parent) = (what.to_owned(), self.name.to_owned(), parent.to_owned());
        Record { system: System::Gitea, what, scope, parent, body }
    }

    /// All items of a list that belongs to one object. Few of them have `Link` headers; that of a
    /// timeline has holes, because what is not shown is left out of its pages.
    async fn all(&self, path: &str, field: &str) -> Result<Vec<Value>, RequestError> {
        const MOST_PAGES: u32 = 500;
        let path = self.path(path);
        let holes = path.ends_with("/timeline");
        let mut items = Vec::new();
        for page in 1..=MOST_PAGES {
            let request = Request::get(&path).with("limit", PLAIN_PAGE).with("page", page);
            let mut answer = self.client.send(&request).await?;
            let found = answer.take_items(field);
            let count = found.len();
            items.extend(found);
            if count == 0 || !(holes || count >= PLAIN_PAGE || answer.next.is_some()) {
                return Ok(items);
            }
        }
        Err(RequestError::Endless { system: System::Gitea, path, pages: MOST_PAGES })
    }

    /// What changed among issues (`issues`) or requests (`pulls`).
    async fn changed(
        &self,
        kind: &str,
        cursor: Option<&str>,
        since: Timestamp,
    ) -> Result<Changed, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, since, self.client.now(), &mut notes);
        let path = self.path("issues");
        let page = |walk: &Walk| {
            Request::get(&path)
                .with("state", "all")
                .with("type", kind)
                .with("since", walk.from)
                .with("limit", NESTED_PAGE)
                .with("page", walk.number().max(1))
        };
        let mut answer = walk.ask(self.client, &mut notes, page).await?;
        let found = items(self.client, &path, &mut answer, "")?;
        let full = found.len() >= NESTED_PAGE || answer.next.is_some();
        let key = |item: &Value| Some((instant(item, "updated_at")?, id(item, "number")?));
        let items = walk.fresh(found, key);
        if full {
            walk.token = Some((walk.number().max(1) + 1).to_string());
        } else {
            walk.end(walk.began() - SLACK);
        }
        Ok(Changed { items, walk, done: !full, notes })
    }

    async fn issues(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let mut changed = self.changed("issues", cursor, since).await?;
        let mut records = Vec::new();
        for issue in changed.items {
            let Some(number) = id(&issue, "number") else { continue };
            records.push(self.record("issue", "", issue));
            let parent = format!("issue/{number}");
            let timeline = self.all(&format!("issues/{number}/timeline"), "").await?;
            records.extend(timeline.into_iter().map(|it| self.record("timeline", &parent, it)));
        }
        Ok(changed.walk.page(records, changed.done, changed.notes))
    }

    async fn pulls(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let mut changed = self.changed("pulls", cursor, since).await?;
        let mut records = Vec::new();
        for pull in changed.items {
            let Some(number) = id(&pull, "number") else { continue };
            records.extend(self.pull(&number).await?);
        }
        Ok(changed.walk.page(records, changed.done, changed.notes))
    }

    /// A request, which the list tells in brief only, and what belongs to it.
    async fn pull(&self, number: &str) -> Result<Vec<Record>, PullError> {
        let own = format!("pulls/{number}");
        let whole = self.client.send(&Request::get(self.path(&own))).await?.body;
        let mut records = vec![self.record("pull_request", "", whole)];
        for review in self.all(&format!("{own}/reviews"), "").await? {
            let commented = review.get("comments_count").and_then(Value::as_u64) != Some(0);
            let of = id(&review, "id").filter(|_| commented);
            records.push(self.record("review", number, review));
            if let Some(of) = of {
                let comments = self.all(&format!("{own}/reviews/{of}/comments"), "").await?;
                let record = |it| self.record("review_comment", number, it);
                records.extend(comments.into_iter().map(record));
            }
        }
        let commits = self.all(&format!("{own}/commits"), "").await?;
        records.extend(commits.into_iter().map(|it| self.record("commit", number, it)));
        let parent = format!("pull/{number}");
        let timeline = self.all(&format!("issues/{number}/timeline"), "").await?;
        records.extend(timeline.into_iter().map(|it| self.record("timeline", &parent, it)));
        Ok(records)
    }

    async fn runs(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let cursor = cursor.filter(|cursor| *cursor != NOTHING);
        let path = self.path("actions/runs");
        let page = |page: u32| Request::get(&path).with("limit", NESTED_PAGE).with("page", page);
        let list = List { field: "workflow_runs", ..self.list(cursor, since, NESTED_PAGE) };
        let part = match descending(list, Millis::days(3), run_age, page).await {
            // It has no such list, or no runs at all.
            Err(PullError::Request(RequestError::Refused { status: 404, .. })) => {
                let notes = vec!["it has no list of runs, or they may not be read".to_owned()];
                let next = cursor.unwrap_or(NOTHING).to_owned();
                return Ok(Page { records: Vec::new(), next, done: true, notes });
            }
            part => part?,
        };
        let mut records = Vec::new();
        for run in &part.items {
            let Some(number) = id(run, "id") else { continue };
            records.push(self.record("workflow_run", "", run.clone()));
            let jobs = self.all(&format!("actions/runs/{number}/jobs"), "jobs").await?;
            records.extend(jobs.into_iter().map(|job| self.record("workflow_job", &number, job)));
        }
        Ok(part.page(records))
    }

    async fn releases(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let path = self.path("releases");
        let page = |page: u32| Request::get(&path).with("limit", PLAIN_PAGE).with("page", page);
        // A draft is published later; until then it is looked at again.
        let age = |release: &Value| {
            let created = instant(release, "created_at")?;
            let updated = instant(release, "published_at").unwrap_or(created);
            let open = release.get("draft").and_then(Value::as_bool).unwrap_or(false);
            Some(Age { created, updated, open })
        };
        let list = self.list(cursor, since, PLAIN_PAGE);
        let part = descending(list, Millis::days(14), age, page).await?;
        let records = part.items.iter().map(|it| self.record("release", "", it.clone())).collect();
        Ok(part.page(records))
    }
}

/// A run has no instant of its last change: the latest that it has.
fn run_age(run: &Value) -> Option<Age> {
    // A run that has not begun has the year 1 or 1970.
    let told = |field| instant(run, field).filter(|at| at.as_millis() > Millis::days(366).get());
    let created = told("created_at").or_else(|| told("started_at"))?;
    let last = ["completed_at", "updated_at", "started_at"].map(told).into_iter().flatten().max();
    let open = run.get("status").and_then(Value::as_str) != Some("completed");
    Some(Age { created, updated: last.unwrap_or(created), open })
}

#[cfg(test)]
mod tests;
