//! Opsgenie: incidents, and alerts where they are asked for.
//!
//! In: which lists are wanted, `incidents` and `alerts`; incidents where nothing is said. Out:
//! records whose `what` is `incident` or `alert`. Start at [`Opsgenie::pull`]. Follows the incident
//! API v1 and the alert API v2 (lists in `data`, paged by `offset`, of which 20,000 at most are
//! reached).
//!
//! Alerts are asked for by last change, oldest first. Incidents are swept from the newest down to
//! those of the week before the last collection and to the oldest that was open then.

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};

use crate::client::{Auth, Client, Request};
use crate::clock::Soon;
use crate::progress::{Age, List, Watermark, ascending, descending, id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::wants;

/// Address of the public API; accounts in Europe have `https://api.eu.opsgenie.com/`.
pub const PUBLIC: &str = "https://api.opsgenie.com/";

/// What a key must be allowed, in Opsgenie's words.
const PERMISSION: &str = "Read access";

/// How many items a page has: the most that is allowed.
const PAGE: usize = 100;

/// Incidents and alerts of one account.
#[derive(Debug)]
pub struct Opsgenie {
    client: Client,
    wanted: Wanted,
}

/// How Opsgenie wants the key of its API.
pub const fn auth(token: Secret) -> Auth {
    Auth::Header("authorization", "GenieKey ", token)
}

impl Opsgenie {
    /// Collects with a client whose base is [`PUBLIC`] or its like.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let first = self.wanted.since;
        let list = List { client: &self.client, cursor, first, size: PAGE, field: "data" };
        let (what, part) = match stream.what {
            "incidents" => {
                let page = |page: u32| {
                    Request::get("v1/incidents")
                        .with("sort", "createdAt")
                        .with("order", "desc")
                        .with("limit", PAGE)
                        .with("offset", (page as usize - 1) * PAGE)
                };
                ("incident", descending(list, Millis::days(7), age, page).await)
            }
            "alerts" => {
                let page = |mark: &Watermark| {
                    Request::get("v2/alerts")
                        .with("query", format!("updatedAt >= {}", mark.from().as_millis()))
                        .with("sort", "updatedAt")
                        .with("order", "asc")
                        .with("limit", PAGE)
                        .with("offset", (mark.page as usize - 1) * PAGE)
                };
                ("alert", ascending(list, key, page).await)
            }
            _ => return Err(PullError::no_stream(System::Opsgenie, stream)),
        };
        let part = part.map_err(|err| wants(err, PERMISSION))?;
        let record = |body: &Value| {
            let (what, scope, parent) = (what.to_owned(), String::new(), String::new());
            Record { system: System::Opsgenie, what, scope, parent, body: body.clone() }
        };
        let records = part.items.iter().map(record).collect();
        Ok(part.page(records))
    }
}

impl Source for Opsgenie {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Opsgenie
    }

    fn streams(&self) -> Vec<Stream> {
        let scopes = &self.wanted.scopes;
        let wanted = |what: &str| match scopes.as_slice() {
            [] => what == "incidents",
            scopes => scopes.iter().any(|scope| scope == what),
        };
        let kinds = ["incidents", "alerts"].into_iter().filter(|what| wanted(what));
        kinds.map(|what| Stream { scope: String::new(), what }).collect()
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

fn age(incident: &Value) -> Option<Age> {
    let created = instant(incident, "createdAt")?;
    let updated = instant(incident, "updatedAt").unwrap_or(created);
    let status = incident.get("status").and_then(Value::as_str);
    Some(Age { created, updated, open: !matches!(status, Some("resolved" | "closed")) })
}

fn key(alert: &Value) -> Option<(Timestamp, String)> {
    Some((instant(alert, "updatedAt")?, id(alert, "id")?))
}

#[cfg(test)]
mod tests;
