//! Jira, cloud and server (data center): issues with their whole history, links to code, sprints.
//!
//! In: keys of projects; none for all that the token may see. Out: records whose `what` is
//! `issue`, `remotelink` and `dev_status` (parent = key of the issue), and `sprint`. Start at
//! [`Jira::pull`]. Follows the documentation of the REST API v3 (cloud: enhanced search,
//! `search/jql`, which goes on by `nextPageToken`), v2 (server: `search` with `startAt`) and of
//! the agile API 1.0. The development panel (`dev-status`) is documented nowhere; where it does not
//! answer, it is left out.
//!
//! Issues are asked for by last change, in milliseconds since 1970: JQL reads texts in the time
//! zone of the token's owner. Of each issue that changed, its history is completed where the
//! search has the latest entries only, its remote links are read, and the panel where it has
//! something to show. Three things in a record are not where Jira has them: `names` holds those of
//! fields for story points, `changelog` all pages of the history, and `self` of a `dev_status` is
//! that of its issue. Texts of people (description, comments) are not asked for.

mod issue;
mod sprint;

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use crate::client::{Auth, Client, Request};
use crate::clock::Soon;
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::wants;

/// What a user must be allowed, in Jira's words.
const PERMISSION: &str = "Browse projects";

/// Projects of one Jira. Each team has its own address.
#[derive(Debug)]
pub struct Jira {
    client: Client,
    wanted: Wanted,
    /// Whether it is cloud, once that is known.
    cloud: OnceLock<bool>,
    /// Whether the development panel refused to answer.
    no_panel: AtomicBool,
}

/// How Jira wants a token: of cloud with the user's email address, of servers alone (a personal
/// access token).
pub fn auth(user: &str, token: Secret) -> Auth {
    if user.is_empty() { Auth::Bearer(token) } else { Auth::Basic(user.to_owned(), token) }
}

impl Jira {
    /// Collects with a client whose base is the address of Jira itself, such as
    /// `https://acme.atlassian.net` or `https://jira.example/jira`.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        let no_panel = AtomicBool::new(false);
        Self { client, wanted, cloud: OnceLock::new(), no_panel }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let page = match stream.what {
            "issues" => self.issues(&stream.scope, cursor).await,
            "sprints" => self.sprints(&stream.scope, cursor).await,
            _ => Err(PullError::no_stream(System::Jira, stream)),
        };
        page.map_err(|err| wants(err, PERMISSION))
    }

    /// Whether it is cloud, which it says itself.
    async fn is_cloud(&self) -> Result<bool, PullError> {
        if let Some(known) = self.cloud.get() {
            return Ok(*known);
        }
        let info = self.client.send(&Request::get("rest/api/2/serverInfo")).await?.body;
        let cloud = info.get("deploymentType").and_then(Value::as_str) == Some("Cloud");
        Ok(*self.cloud.get_or_init(|| cloud))
    }
}

impl Source for Jira {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Jira
    }

    fn streams(&self) -> Vec<Stream> {
        let kinds = ["issues", "sprints"];
        if self.wanted.scopes.is_empty() {
            return kinds.map(|what| Stream { scope: String::new(), what }).into();
        }
        self.wanted.streams(&kinds)
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

fn record(what: &str, scope: &str, parent: &str, body: Value) -> Record {
    let (what, scope, parent) = (what.to_owned(), scope.to_owned(), parent.to_owned());
    Record { system: System::Jira, what, scope, parent, body }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// An instant as Jira writes it: `2026-03-01T12:00:00.000+0000`.
fn instant(value: &Value, field: &str) -> Option<Timestamp> {
    let text = text(value, field);
    let parsed = Timestamp::parse(text).ok();
    parsed.or_else(|| {
        let (rest, minutes) = text.split_at_checked(text.len().checked_sub(2)?)?;
        Timestamp::parse(&format!("{rest}:{minutes}")).ok()
    })
}

#[cfg(test)]
mod tests;
