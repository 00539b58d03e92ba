//! Bitbucket Cloud: issues, requests with activity and commits, pipelines, deployments.
//!
//! In: repositories such as `workspace/repo`. Out: records whose `what` is `issue`,
//! `pull_request`, `pull_request_activity` and `pull_request_commit` (parent = number),
//! `pipeline`, `deployment`. Start at [`Bitbucket::pull`]. Follows the REST API 2.0 (filtering and
//! sorting by `q` and `sort`; pages whose `next` is an address in the body).
//!
//! Issues and requests are sorted by last change. Pipelines and deployments are swept from the
//! newest down; deployments are sorted by a field that the documentation does not name, as
//! Bitbucket's own pages do. Atlassian switched issues off for most repositories.

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};

use crate::client::{Auth, Client, Request, RequestError};
use crate::clock::Soon;
use crate::progress::{Age, List, Part, Watermark, ascending, descending, id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{all, wants};

/// Address of the public API.
pub const PUBLIC: &str = "https://api.bitbucket.org/2.0/";

/// How many items a page has: requests may have fifty at most.
const PAGE: usize = 30;

/// Cursor of a list that was not there.
const NOTHING: &str = "null";

/// Repositories of Bitbucket Cloud.
#[derive(Debug)]
pub struct Bitbucket {
    client: Client,
    wanted: Wanted,
}

/// How Bitbucket wants a token: an API token with the user's email address, an access token alone.
pub fn auth(user: &str, token: Secret) -> Auth {
    if user.is_empty() { Auth::Bearer(token) } else { Auth::Basic(user.to_owned(), token) }
}

impl Bitbucket {
    /// Collects with a client whose base is [`PUBLIC`].
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let repository = Repository { client: &self.client, name: &stream.scope };
        let since = self.wanted.since;
        let (page, scope) = match stream.what {
            "issues" => (repository.issues(cursor, since).await, "read:issue:bitbucket"),
            "pulls" => (repository.pulls(cursor, since).await, "read:pullrequest:bitbucket"),
            "pipelines" => (repository.pipelines(cursor, since).await, "read:pipeline:bitbucket"),
            "deployments" => {
                (repository.deployments(cursor, since).await, "read:pipeline:bitbucket")
            }
            _ => return Err(PullError::no_stream(System::Bitbucket, stream)),
        };
        page.map_err(|err| wants(err, scope))
    }
}

impl Source for Bitbucket {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Bitbucket
    }

    fn streams(&self) -> Vec<Stream> {
        self.wanted.streams(&["issues", "pulls", "pipelines", "deployments"])
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
        format!("repositories/{}/{rest}", self.name)
    }

    fn list<'a>(&'a self, cursor: Option<&'a str>, first: Timestamp) -> List<'a> {
        List { client: self.client, cursor, first, size: PAGE, field: "values" }
    }

    fn record(&self, what: &str, parent: &str, body: Value) -> Record {
        let (what, scope, parent) = (what.to_owned(), self.name.to_owned(), parent.to_owned());
        Record { system: System::Bitbucket, what, scope, parent, body }
    }

    /// What changed at or after an instant, oldest first.
    fn changed(&self, list: &str, mark: &Watermark) -> Request {
        Request::get(self.path(list))
            .with("q", format!("updated_on >= {}", mark.from()))
            .with("sort", "updated_on")
            .with("pagelen", PAGE)
            .with("page", mark.page)
    }

    /// Items of a list that was made newest first.
    fn newest_first(&self, list: &str, sort: &str) -> impl Fn(u32) -> Request {
        let (path, sort) = (self.path(list), sort.to_owned());
        move |page| Request::get(&path).with("sort", &sort).with("pagelen", PAGE).with("page", page)
    }

    async fn all(&self, path: &str) -> Result<Vec<Value>, RequestError> {
        let first = Request::get(self.path(path)).with("pagelen", 50);
        all(self.client, first, "values", |answer, _| id(&answer.body, "next").map(Request::get))
            .await
    }

    async fn issues(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let cursor = cursor.filter(|cursor| *cursor != NOTHING);
        let page = |mark: &Watermark| self.changed("issues", mark);
        let part = ascending(self.list(cursor, since), key, page).await;
        let part = or_nothing(part, cursor, "it keeps no issues, or they may not be read")?;
        let records = part.items.iter().map(|it| self.record("issue", "", it.clone())).collect();
        Ok(part.page(records))
    }

    async fn pulls(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let page = |mark: &Watermark| {
            // Without them, only open ones are given.
            let states = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"];
            let request = self.changed("pullrequests", mark);
            states.into_iter().fold(request, |request, state| request.with("state", state))
        };
        let part = ascending(self.list(cursor, since), key, page).await?;
        let mut records = Vec::new();
        for pull in &part.items {
            let Some(number) = id(pull, "id") else { continue };
            records.push(self.record("pull_request", "", pull.clone()));
            let lists = [("pull_request_activity", "activity"), ("pull_request_commit", "commits")];
            for (what, list) in lists {
                match self.all(&format!("pullrequests/{number}/{list}")).await {
                    Ok(items) => {
                        records.extend(items.into_iter().map(|it| self.record(what, &number, it)));
                    }
                    // The branch of a request that ended may be gone with its commits.
                    Err(RequestError::Refused { status: 404, .. }) => {}
                    Err(err) => return Err(err.into()),
                }
            }
        }
        Ok(part.page(records))
    }

    async fn pipelines(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let cursor = cursor.filter(|cursor| *cursor != NOTHING);
        let age = |pipeline: &Value| {
            let created = instant(pipeline, "created_on")?;
            let updated = instant(pipeline, "completed_on").unwrap_or(created);
            let state = pipeline.pointer("/state/name").and_then(Value::as_str);
            Some(Age { created, updated, open: state != Some("COMPLETED") })
        };
        let page = self.newest_first("pipelines/", "-created_on");
        let part = descending(self.list(cursor, since), Millis::days(3), age, page).await;
        let part = or_nothing(part, cursor, "it has no pipelines, or they may not be read")?;
        let records = part.items.iter().map(|it| self.record("pipeline", "", it.clone())).collect();
        Ok(part.page(records))
    }

    async fn deployments(&self, cursor: Option<&str>, since: Timestamp) -> Result<Page, PullError> {
        let cursor = cursor.filter(|cursor| *cursor != NOTHING);
        let age = |deployment: &Value| {
            let state = deployment.get("state")?;
            let created = instant(state, "started_on")?;
            let updated = instant(state, "completed_on").unwrap_or(created);
            let open = state.get("name").and_then(Value::as_str) == Some("IN_PROGRESS");
            Some(Age { created, updated, open })
        };
        let page = self.newest_first("deployments/", "-state.started_on");
        // The environment is a reference only, unless asked for.
        let fields = "+values.environment.name,+values.environment.environment_type.name,\
                      +values.release.commit.hash,+values.deployable.commit.hash";
        let page = |number| page(number).with("fields", fields);
        let part = descending(self.list(cursor, since), Millis::days(3), age, page).await;
        let part = or_nothing(part, cursor, "it has no deployments, or they may not be read")?;
        let records =
            part.items.iter().map(|it| self.record("deployment", "", it.clone())).collect();
        Ok(part.page(records))
    }
}

/// A list that is switched off for a repository is empty, with a note.
fn or_nothing(
    part: Result<Part, PullError>,
    cursor: Option<&str>,
    note: &str,
) -> Result<Part, PullError> {
    match part {
        Err(PullError::Request(RequestError::Refused { status: 404 | 410, .. })) => {
            let next = cursor.unwrap_or(NOTHING).to_owned();
            Ok(Part { items: Vec::new(), next, done: true, notes: vec![note.to_owned()] })
        }
        part => part,
    }
}

fn key(item: &Value) -> Option<(Timestamp, String)> {
    Some((instant(item, "updated_on")?, id(item, "id")?))
}

#[cfg(test)]
mod tests;
