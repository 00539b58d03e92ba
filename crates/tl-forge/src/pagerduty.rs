//! PagerDuty: incidents, and what was done about each.
//!
//! In: ids of services; none for all. Out: records whose `what` is `incident` and `log_entry`
//! (parent = id of the incident). Start at [`Pagerduty::pull`]. Follows the REST API v2
//! (`List log entries`, with `include[]=incidents`; `Get an incident`).
//!
//! The list of incidents can be asked for the time of their creation only. The log of the whole
//! account can be asked for what happened, and has the incidents with it as they are now: an
//! incident is given whenever something happened to it, once for each page. It is asked for month
//! by month, which is within the six months that the API allows, and in shorter periods where a
//! month has more than the 10,000 entries that the API pages through. Entries about notifications
//! are left out: they tell whom a phone called, not how the incident went.

use std::collections::BTreeMap;

use serde_json::Value;
use tl_core::record::{Record, System};
use tl_core::time::Millis;

use crate::client::{Auth, Client, Request, RequestError};
use crate::clock::Soon;
use crate::progress::{id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{SLACK, Walk, items, wants};

/// Address of the public API; accounts in Europe have `https://api.eu.pagerduty.com/`.
pub const PUBLIC: &str = "https://api.pagerduty.com/";

/// What a token must be allowed.
const PERMISSION: &str = "incidents.read";

/// How many entries a page has: the most that is allowed.
const PAGE: u64 = 100;

/// How many entries the API pages through.
const MOST_ENTRIES: u64 = 10_000;

/// The longest period that is asked for.
const PERIOD: Millis = Millis::days(30);

/// The shortest period, which is not made shorter whatever it has.
const SHORTEST: Millis = Millis::new(60_000);

/// Incidents of one account.
#[derive(Debug)]
pub struct Pagerduty {
    client: Client,
    wanted: Wanted,
}

/// How PagerDuty wants the key of its API.
pub const fn auth(token: Secret) -> Auth {
    Auth::Header("authorization", "Token token=", token)
}

impl Pagerduty {
    /// Collects with a client whose base is [`PUBLIC`] or its like.
    pub fn new(client: Client, wanted: Wanted) -> Self {
        let client = client.with_header("accept", "application/vnd.pagerduty+json;version=2");
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        if stream.what != "log_entries" {
            return Err(PullError::no_stream(System::Pagerduty, stream));
        }
        self.log_entries(cursor).await.map_err(|err| wants(err, PERMISSION))
    }

    /// A page of what happened.
    async fn log_entries(&self, cursor: Option<&str>) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let until = walk.until.unwrap_or_else(|| walk.began().min(walk.from + PERIOD));
        walk.until = Some(until);
        let page = |walk: &Walk| {
            Request::get("log_entries")
                .with("since", walk.from)
                .with("until", until)
                .with("time_zone", "UTC")
                .with("include[]", "incidents")
                .with("total", "true")
                .with("limit", PAGE)
                .with("offset", walk.number())
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let total = answer.body.get("total").and_then(Value::as_u64).unwrap_or(0);
        let length = until - walk.from;
        if walk.number() == 0 && total > MOST_ENTRIES && length > SHORTEST {
            walk.until = Some(walk.from + Millis::new(length.get() / 2).max(SHORTEST));
            return Ok(walk.page(Vec::new(), false, notes));
        }
        let more = answer.body.get("more").and_then(Value::as_bool) == Some(true);
        let entries = items(&self.client, "log_entries", &mut answer, "log_entries")?;
        let fresh = walk.fresh(entries, |it| Some((instant(it, "created_at")?, id(it, "id")?)));
        let records = self.records(fresh).await?;
        let next = walk.number() + PAGE;
        if more && next + PAGE <= MOST_ENTRIES {
            walk.token = Some(next.to_string());
            return Ok(walk.page(records, false, notes));
        }
        if more {
            notes.push(format!("more than {MOST_ENTRIES} entries before {until}; left some out"));
        }
        let done = until >= walk.began();
        if done {
            // What is shown late may have happened a little before the end.
            walk.end(until - SLACK);
        } else {
            walk.turn(until);
            // A busy account stays so: the next period is at most twice as long.
            let next = Millis::new(length.get().saturating_mul(2)).min(PERIOD);
            walk.until = Some(walk.began().min(until + next));
        }
        Ok(walk.page(records, done, notes))
    }

    /// The entries that are wanted, after their incidents as they are now.
    async fn records(&self, entries: Vec<Value>) -> Result<Vec<Record>, PullError> {
        let mut incidents = BTreeMap::new();
        let mut told = Vec::new();
        for entry in entries {
            let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
            let Some(incident) = entry.get("incident").filter(|incident| incident.is_object())
            else {
                continue;
            };
            let Some(of) = id(incident, "id") else { continue };
            if kind.starts_with("notify") || !self.is_wanted(&entry, incident) {
                continue;
            }
            incidents.entry(of.clone()).or_insert_with(|| incident.clone());
            told.push(record("log_entry", &of, entry));
        }
        let mut records = Vec::new();
        for (of, incident) in incidents {
            // A reference only, where it was not included.
            if incident.get("created_at").is_some() {
                records.push(record("incident", "", incident));
                continue;
            }
            match self.client.send(&Request::get(format!("incidents/{of}"))).await {
                Ok(mut answer) => {
                    let body = answer.body.get_mut("incident").map(Value::take);
                    records.extend(body.map(|body| record("incident", "", body)));
                }
                Err(RequestError::Refused { status: 404, .. }) => {}
                Err(err) => return Err(err.into()),
            }
        }
        records.extend(told);
        Ok(records)
    }

    fn is_wanted(&self, entry: &Value, incident: &Value) -> bool {
        let service =
            |of: &Value| of.pointer("/service/id").and_then(Value::as_str).map(str::to_owned);
        let service = service(incident).or_else(|| service(entry)).unwrap_or_default();
        self.wanted.scopes.is_empty() || self.wanted.scopes.contains(&service)
    }
}

impl Source for Pagerduty {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Pagerduty
    }

    fn streams(&self) -> Vec<Stream> {
        vec![Stream { scope: String::new(), what: "log_entries" }]
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

fn record(what: &str, parent: &str, body: Value) -> Record {
    let (what, scope, parent) = (what.to_owned(), String::new(), parent.to_owned());
    Record { system: System::Pagerduty, what, scope, parent, body }
}

#[cfg(test)]
mod tests;
