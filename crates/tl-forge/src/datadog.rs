//! Datadog DORA Metrics: deployments and failures that were sent there.
//!
//! In: which lists are wanted, `deployments` and `failures`; both where nothing is said. Out:
//! records whose `what` is `deployment` or `failure`, each wrapped into `data` as it was sent.
//! Start at [`Datadog::pull`]. Follows the API v2 (`Get a list of deployment events`, `Get a list
//! of incident events`: searches by `from`, `to`, `limit` and `sort`, without pages).
//!
//! Events are searched by their start, oldest first, each time from where the last answer ended.
//! A failure is sent again when it is over: failures are searched from a month before the last
//! collection, and given once for each state that they were seen in.

use serde_json::{Value, json};
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};

use crate::client::{Auth, Client, Request};
use crate::clock::Soon;
use crate::progress::id;
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{Walk, digest, items, wants};

/// Address of the public API of the first site; others have `https://api.datadoghq.eu/` and such.
pub const PUBLIC: &str = "https://api.datadoghq.com/";

/// What a key must be allowed.
const PERMISSION: &str = "dora_metrics_read";

/// How many events a page has.
const PAGE: usize = 500;

/// How far below the last collection failures are looked at again: so long may one last.
const FAILURES: Millis = Millis::days(30);

/// How far below the last collection deployments are: so late may one be sent.
const DEPLOYMENTS: Millis = Millis::days(1);

/// Events of one account.
#[derive(Debug)]
pub struct Datadog {
    client: Client,
    wanted: Wanted,
}

/// How Datadog wants a personal or service access token, which stands alone.
pub const fn auth(token: Secret) -> Auth {
    Auth::Bearer(token)
}

/// How Datadog wants the key of an organisation for its API with the application key of a user.
pub const fn keys(api: Secret, application: Secret) -> Auth {
    Auth::Keys([("dd-api-key", api), ("dd-application-key", application)])
}

impl Datadog {
    /// Collects with a client whose base is [`PUBLIC`] or that of another site.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        let (what, lookback) = match stream.what {
            "deployments" => ("deployment", DEPLOYMENTS),
            "failures" => ("failure", FAILURES),
            _ => return Err(PullError::no_stream(System::Datadog, stream)),
        };
        self.events(what, lookback, cursor).await.map_err(|err| wants(err, PERMISSION))
    }

    async fn events(
        &self,
        what: &str,
        lookback: Millis,
        cursor: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let until = walk.began() + Millis::HOUR;
        let path = format!("api/v2/dora/{what}s");
        let page = |walk: &Walk| {
            let body = json!({"data": {
                "type": format!("dora_{what}s_list_request"),
                "attributes": {
                    "from": walk.from.to_string(),
                    "to": until.to_string(),
                    "limit": most(walk),
                    "sort": "started_at",
                },
            }});
            Request::post(&path, body)
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let found = items(&self.client, &path, &mut answer, "data")?;
        let full = found.len() >= most(&walk);
        let fresh = walk.fresh(found, |it| {
            let mark = format!("{} {:x}", id(it, "id")?, digest(it));
            Some((started(it)?, mark))
        });
        let record = |body: Value| {
            let (what, scope, parent) = (what.to_owned(), String::new(), String::new());
            Record { system: System::Datadog, what, scope, parent, body: json!({ "data": body }) }
        };
        let records = fresh.into_iter().map(record).collect();
        if full {
            let wider = walk.number().max(1) + 1;
            walk.climb(wider.to_string(), lookback);
        } else {
            walk.end(walk.began() - lookback);
        }
        Ok(walk.page(records, !full, notes))
    }
}

impl Source for Datadog {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Datadog
    }

    fn streams(&self) -> Vec<Stream> {
        let scopes = &self.wanted.scopes;
        let wanted = |what: &str| scopes.is_empty() || scopes.iter().any(|scope| scope == what);
        let kinds = ["deployments", "failures"].into_iter().filter(|what| wanted(what));
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

/// How many events to ask for: a page, and one more each time that a page ended within a second.
fn most(walk: &Walk) -> usize {
    PAGE * usize::try_from(walk.number().clamp(1, 20)).unwrap_or(1)
}

/// When it started: seconds, milliseconds or nanoseconds since 1970, or a text.
fn started(event: &Value) -> Option<Timestamp> {
    let attributes = event.get("attributes")?;
    let told = attributes.get("started_at").or_else(|| attributes.get("finished_at"))?;
    if let Some(text) = told.as_str() {
        return Timestamp::parse(text).ok();
    }
    let number = told.as_i64()?;
    Some(match number {
        ..100_000_000_000 => Timestamp::from_seconds(number),
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millis(number),
        _ => Timestamp::from_millis(number / 1_000_000),
    })
}

#[cfg(test)]
mod tests;
