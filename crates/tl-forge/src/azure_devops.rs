//! Azure DevOps Services and Server: work items, requests, builds, deployments of releases.
//!
//! In: `org/project` or `org/project/repo` (on a server, the collection is the `org`). Out: records
//! whose `what` is `work_item`, `work_item_update` (parent = id), `pull_request`,
//! `pull_request_thread` (parent = number), `build`, `release_deployment`. Start at
//! [`AzureDevops::pull`]. Follows the REST API 7.1: WIQL with `workitemsbatch` and updates, pull
//! requests with threads, builds, and release deployments, which are at another host.
//!
//! Work items and builds are asked for by an instant, oldest change first. Where a page ends within
//! one instant, more are asked for: continuation tokens stand in a header of Microsoft's own.
//! Requests have no instant of their last change: those that ended are asked for by their end, and
//! all that are active each time; one is given when it or its threads differ.

mod pull;
mod work;

use std::collections::BTreeSet;

use serde_json::Value;
use tl_core::record::{Record, System};

use crate::client::{Auth, Client, Request};
use crate::clock::Soon;
use crate::progress::{id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{SLACK, Walk, items, piece, wants};

/// Address of the public service.
pub const PUBLIC: &str = "https://dev.azure.com/";

/// Address of the public service for releases.
pub const PUBLIC_RELEASES: &str = "https://vsrm.dev.azure.com/";

/// The version of the API.
const VERSION: &str = "7.1";

/// How many items a page has; each page is kept as one.
const PAGE: usize = 100;

/// Projects of one Azure DevOps.
#[derive(Debug)]
pub struct AzureDevops {
    client: Client,
    releases: Option<Client>,
    wanted: Wanted,
}

/// How Azure DevOps wants a personal access token: as the password of nobody.
pub const fn auth(token: Secret) -> Auth {
    Auth::Basic(String::new(), token)
}

impl AzureDevops {
    /// Collects with a client whose base is [`PUBLIC`] or that of a server, without releases.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, releases: None, wanted }
    }

    /// With deployments of releases, by a client whose base is [`PUBLIC_RELEASES`] or that of a
    /// server.
    #[must_use]
    pub fn with_releases(mut self, client: Client) -> Self {
        self.releases = Some(client);
        self
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let scope = stream.scope.as_str();
        let (page, permission) = match (stream.what, &self.releases) {
            ("work_items", _) => (self.work_items(scope, cursor).await, "Work Items (Read)"),
            ("closed_pulls", _) => (self.closed_pulls(scope, cursor).await, "Code (Read)"),
            ("active_pulls", _) => (self.active_pulls(scope, cursor).await, "Code (Read)"),
            ("builds", _) => (self.builds(scope, cursor).await, "Build (Read)"),
            ("deployments", Some(client)) => {
                (self.deployments(client, scope, cursor).await, "Release (Read)")
            }
            _ => return Err(PullError::no_stream(System::AzureDevops, stream)),
        };
        page.map_err(|err| wants(err, permission))
    }

    /// Builds that ended, by their end.
    async fn builds(&self, project: &str, cursor: Option<&str>) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let path = path(project, "_apis/build/builds");
        let page = |walk: &Walk| {
            Request::get(&path)
                .with("api-version", VERSION)
                .with("statusFilter", "completed")
                .with("queryOrder", "finishTimeAscending")
                .with("minTime", walk.from)
                .with("$top", most(walk))
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let found = items(&self.client, &path, &mut answer, "value")?;
        let full = found.len() >= most(&walk);
        let fresh = walk.fresh(found, |it| Some((instant(it, "finishTime")?, id(it, "id")?)));
        let records = fresh.into_iter().map(|it| record("build", project, "", it)).collect();
        turn(&mut walk, full);
        Ok(walk.page(records, !full, notes))
    }

    /// Deployments of releases that changed; the token is the id of the last one.
    async fn deployments(
        &self,
        client: &Client,
        project: &str,
        cursor: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, client.now(), &mut notes);
        let path = path(project, "_apis/release/deployments");
        let page = |walk: &Walk| {
            let request = Request::get(&path)
                .with("api-version", VERSION)
                .with("minModifiedTime", walk.from)
                .with("queryOrder", "ascending")
                .with("$top", PAGE);
            match &walk.token {
                Some(last) => request.with("continuationToken", last),
                None => request,
            }
        };
        let mut answer = walk.ask(client, &mut notes, page).await?;
        let found = items(client, &path, &mut answer, "value")?;
        let last = found.iter().filter_map(|it| it.get("id")?.as_u64()).max();
        let before = walk.number();
        let next = last.filter(|last| found.len() >= PAGE && *last > before);
        let fresh = walk.fresh(found, |it| Some((instant(it, "lastModifiedOn")?, id(it, "id")?)));
        let records =
            fresh.into_iter().map(|it| record("release_deployment", project, "", it)).collect();
        match next {
            Some(next) => walk.token = Some(next.to_string()),
            None => walk.end(walk.began() - SLACK),
        }
        Ok(walk.page(records, next.is_none(), notes))
    }
}

impl Source for AzureDevops {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::AzureDevops
    }

    /// Work items, builds and releases belong to projects, requests to repositories.
    fn streams(&self) -> Vec<Stream> {
        let project = |scope: &String| scope.split('/').take(2).collect::<Vec<_>>().join("/");
        let projects: BTreeSet<_> = self.wanted.scopes.iter().map(project).collect();
        let mut streams = Vec::new();
        let stream = |scope: &String, what| Stream { scope: scope.clone(), what };
        for project in &projects {
            streams.push(stream(project, "work_items"));
        }
        for scope in &self.wanted.scopes {
            streams.extend(["closed_pulls", "active_pulls"].map(|what| stream(scope, what)));
        }
        for project in &projects {
            streams.push(stream(project, "builds"));
            streams.extend(self.releases.as_ref().map(|_| stream(project, "deployments")));
        }
        streams
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

/// How many items to ask for: a page, and one more each time that a page ended within an instant.
fn most(walk: &Walk) -> usize {
    PAGE * usize::try_from(walk.number().clamp(1, 50)).unwrap_or(1)
}

/// Goes on after such a page, or ends.
fn turn(walk: &mut Walk, full: bool) {
    let wider = walk.number().max(1) + 1;
    if full { walk.climb(wider.to_string(), SLACK) } else { walk.top() }
}

/// A path of a project, whose name may have spaces.
fn path(scope: &str, rest: &str) -> String {
    let names: Vec<_> = scope.split('/').take(2).map(piece).collect();
    format!("{}/{rest}", names.join("/"))
}

fn record(what: &str, scope: &str, parent: &str, body: Value) -> Record {
    let (what, scope, parent) = (what.to_owned(), scope.to_owned(), parent.to_owned());
    Record { system: System::AzureDevops, what, scope, parent, body }
}

#[cfg(test)]
mod tests;
