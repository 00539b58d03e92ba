//! Sentry, sentry.io and self-hosted: releases and their deploys.
//!
//! In: organisations. Out: records whose `what` is `release`, and `deploy` (parent = version of the
//! release). Start at [`Sentry::pull`]. Follows the web API 0 (`List an Organization's Releases`,
//! `List a Release's Deploys`; the next page is in the `Link` header, also after the last one).
//!
//! The newest release comes first. Each collection goes down to those of the month before the last
//! one: a release is given once for each state (its release, its commits, its deploys) that it was
//! seen in.

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::Millis;

use crate::client::{Auth, Client, Request};
use crate::clock::Soon;
use crate::progress::{id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{Walk, items, piece, wants};

/// Address of the public API.
pub const PUBLIC: &str = "https://sentry.io/api/0/";

/// What a token must be allowed.
const PERMISSION: &str = "project:releases";

/// How many releases a page has: the most that is allowed.
const PAGE: usize = 100;

/// How far below the last collection releases are looked at again.
const LOOKBACK: Millis = Millis::days(30);

/// Organisations of one Sentry.
#[derive(Debug)]
pub struct Sentry {
    client: Client,
    wanted: Wanted,
}

/// How Sentry wants a token.
pub const fn auth(token: Secret) -> Auth {
    Auth::Bearer(token)
}

impl Sentry {
    /// Collects with a client whose base is [`PUBLIC`] or that of a server.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        if stream.what != "releases" {
            return Err(PullError::no_stream(System::Sentry, stream));
        }
        self.releases(&stream.scope, cursor).await.map_err(|err| wants(err, PERMISSION))
    }

    async fn releases(&self, org: &str, cursor: Option<&str>) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let path = format!("organizations/{}/releases/", piece(org));
        let page = |walk: &Walk| match &walk.token {
            Some(next) => Request::get(next),
            None => Request::get(&path).with("per_page", PAGE),
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let found = items(&self.client, &path, &mut answer, "")?;
        let full = found.len() >= PAGE;
        let mut records = Vec::new();
        let mut below = false;
        for release in found {
            // The list is sorted by its release, and by its creation while there is none.
            let released = instant(&release, "dateReleased");
            let Some(made) = released.or_else(|| instant(&release, "dateCreated")) else {
                continue;
            };
            let Some(version) = id(&release, "version") else { continue };
            below |= made < walk.from;
            if made >= walk.from && walk.is_new((made, state(&release, &version))) {
                records.extend(self.release(org, release, &version).await?);
            }
        }
        let next = answer.next.filter(|_| full && !below);
        let done = next.is_none();
        match next {
            Some(next) => walk.token = Some(next),
            None => walk.end(walk.began() - LOOKBACK),
        }
        walk.remember(LOOKBACK);
        Ok(walk.page(records, done, notes))
    }

    /// A release and its deploys.
    async fn release(
        &self,
        org: &str,
        release: Value,
        version: &str,
    ) -> Result<Vec<Record>, PullError> {
        let record = |what: &str, parent: &str, body| {
            let (what, scope, parent) = (what.to_owned(), org.to_owned(), parent.to_owned());
            Record { system: System::Sentry, what, scope, parent, body }
        };
        let deployed = release.get("deployCount").and_then(Value::as_u64) != Some(0);
        let mut records = vec![record("release", "", release)];
        if deployed {
            let path = format!("organizations/{}/releases/{}/deploys/", piece(org), piece(version));
            let mut answer = self.client.send(&Request::get(&path)).await?;
            let deploys = items(&self.client, &path, &mut answer, "")?;
            records.extend(deploys.into_iter().map(|it| record("deploy", version, it)));
        }
        Ok(records)
    }
}

impl Source for Sentry {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Sentry
    }

    fn streams(&self) -> Vec<Stream> {
        self.wanted.streams(&["releases"])
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

/// What tells two states of a release apart, as far as deliveries go: counts of errors do not.
fn state(release: &Value, version: &str) -> String {
    let told = |path: &str| release.pointer(path).map(Value::to_string).unwrap_or_default();
    let paths = ["/dateReleased", "/deployCount", "/lastDeploy/dateFinished", "/lastCommit/id"];
    format!("{version} {}", paths.map(told).join(" "))
}

#[cfg(test)]
mod tests;
