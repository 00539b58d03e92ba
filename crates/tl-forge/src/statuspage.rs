//! Statuspage, and status pages with feeds of its shape: incidents.
//!
//! In: the address of a page, such as `https://status.example.com`; a scope, if there is one, only
//! names the page. Out: records whose `what` is `incident`. Start at [`Statuspage::pull`]. Follows
//! the public status API v2 (`api/v2/incidents.json`), which wants no token and has the latest
//! fifty incidents, newest first. What happened between two collections beyond that is lost, and
//! a note says so.

use serde_json::Value;
use tl_core::record::{Record, System};

use crate::client::{Auth, Client, Request};
use crate::clock::Soon;
use crate::progress::{id, instant};
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{Walk, items};

/// How many incidents the feed has.
const FEED: usize = 50;

/// How far back incidents are remembered: as far as feeds reach.
const LOOKBACK: tl_core::time::Millis = tl_core::time::Millis::days(3650);

/// The incidents of one status page. Each has its own address.
#[derive(Debug)]
pub struct Statuspage {
    client: Client,
    wanted: Wanted,
}

/// Status pages are for everybody.
pub const fn auth() -> Auth {
    Auth::None
}

impl Statuspage {
    /// Collects with a client whose base is the address of the page.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        if stream.what != "incidents" {
            return Err(PullError::no_stream(System::Statuspage, stream));
        }
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let path = "api/v2/incidents.json";
        let mut answer = walk.ask(&self.client, &mut notes, |_| Request::get(path)).await?;
        let found = items(&self.client, path, &mut answer, "incidents")?;
        let count = found.len();
        let fresh = walk.fresh(found, |it| {
            let updated = instant(it, "updated_at").or_else(|| instant(it, "created_at"))?;
            Some((updated, id(it, "id")?))
        });
        if cursor.is_some() && count >= FEED && fresh.len() == count {
            let note = "the feed has the latest fifty incidents only; some before them are lost";
            notes.push(note.to_owned());
        }
        let record = |body: Value| {
            let (what, parent) = ("incident".to_owned(), String::new());
            let scope = stream.scope.clone();
            Record { system: System::Statuspage, what, scope, parent, body }
        };
        let records = fresh.into_iter().map(record).collect();
        walk.end(walk.began() - LOOKBACK);
        Ok(walk.page(records, true, notes))
    }
}

impl Source for Statuspage {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Statuspage
    }

    fn streams(&self) -> Vec<Stream> {
        let scope = self.wanted.scopes.first().cloned().unwrap_or_default();
        vec![Stream { scope, what: "incidents" }]
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

#[cfg(test)]
mod tests;
