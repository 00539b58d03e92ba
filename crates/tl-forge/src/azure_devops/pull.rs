//! Requests of a repository, or of all repositories of a project, and their threads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tl_core::record::Record;

use super::{AzureDevops, PAGE, VERSION, path, record};
use crate::client::Request;
use crate::progress::{decode, encode, id, instant};
use crate::source::{Page, PullError};
use crate::walk::{SLACK, Walk, digest, items, piece};

/// How far the active requests are read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Active {
    /// How many were passed in this collection.
    skip: usize,
    /// What the last collection gave: number and digest.
    known: BTreeMap<String, u64>,
    /// What this one saw.
    seen: BTreeMap<String, u64>,
}

impl AzureDevops {
    /// Requests that were completed or abandoned, by their end.
    pub(super) async fn closed_pulls(
        &self,
        scope: &str,
        cursor: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let path = list(scope);
        let page = |walk: &Walk| {
            Request::get(&path)
                .with("api-version", VERSION)
                .with("searchCriteria.status", "all")
                .with("searchCriteria.queryTimeRangeType", "closed")
                .with("searchCriteria.minTime", walk.from)
                .with("$top", PAGE)
                .with("$skip", walk.number())
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let found = items(&self.client, &path, &mut answer, "value")?;
        let full = found.len() >= PAGE;
        let key = |it: &Value| Some((instant(it, "closedDate")?, id(it, "pullRequestId")?));
        let mut records = Vec::new();
        for pull in walk.fresh(found, key) {
            records.extend(self.with_threads(scope, pull).await?.0);
        }
        if full {
            walk.token = Some((walk.number() + PAGE as u64).to_string());
        } else {
            walk.end(walk.began() - SLACK);
        }
        Ok(walk.page(records, !full, notes))
    }

    /// Requests that are active, as far as they differ from what was given before.
    pub(super) async fn active_pulls(
        &self,
        scope: &str,
        cursor: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut active: Active = decode(cursor, &mut notes).unwrap_or_default();
        let path = list(scope);
        let request = Request::get(&path)
            .with("api-version", VERSION)
            .with("searchCriteria.status", "active")
            .with("$top", PAGE)
            .with("$skip", active.skip);
        let mut answer = self.client.send(&request).await?;
        let found = items(&self.client, &path, &mut answer, "value")?;
        let done = found.len() < PAGE;
        let mut records = Vec::new();
        for pull in found {
            let Some(number) = id(&pull, "pullRequestId") else { continue };
            let (told, state) = self.with_threads(scope, pull).await?;
            if active.known.get(&number) != Some(&state) {
                records.extend(told);
            }
            active.seen.insert(number, state);
        }
        active.skip += PAGE;
        if done {
            active = Active { skip: 0, known: active.seen, seen: BTreeMap::new() };
        }
        Ok(Page { records, next: encode(&active), done, notes })
    }

    /// A request and its threads, and a digest of both.
    async fn with_threads(
        &self,
        scope: &str,
        pull: Value,
    ) -> Result<(Vec<Record>, u64), PullError> {
        let number = id(&pull, "pullRequestId").unwrap_or_default();
        let named = |field| {
            let repository = pull.get("repository")?;
            repository.get(field)?.as_str().map(str::to_owned)
        };
        let in_scope = scope.split('/').nth(2).map(str::to_owned);
        let name = in_scope.or_else(|| named("name")).unwrap_or_default();
        let repository = piece(&named("id").unwrap_or_else(|| name.clone()));
        let rest = format!("_apis/git/repositories/{repository}/pullRequests/{number}/threads");
        let threads = path(scope, &rest);
        let request = Request::get(&threads).with("api-version", VERSION);
        let mut answer = self.client.send(&request).await?;
        let threads = items(&self.client, &threads, &mut answer, "value")?;
        let project: Vec<_> = scope.split('/').take(2).collect();
        let scope = format!("{}/{name}", project.join("/"));
        let mut state = digest(&pull);
        let mut records = vec![record("pull_request", &scope, "", pull)];
        for thread in threads {
            state = state.rotate_left(1) ^ digest(&thread);
            records.push(record("pull_request_thread", &scope, &number, thread));
        }
        Ok((records, state))
    }
}

/// The path of the list of requests.
fn list(scope: &str) -> String {
    match scope.split('/').nth(2) {
        Some(repository) => {
            path(scope, &format!("_apis/git/repositories/{}/pullrequests", piece(repository)))
        }
        None => path(scope, "_apis/git/pullrequests"),
    }
}
