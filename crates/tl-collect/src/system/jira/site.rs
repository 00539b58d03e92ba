//! Where a record is from, and who is in it.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::role;
use tl_core::record::System;
use tl_core::time::Timestamp;

use crate::system::field::{first, short, source, text};

/// The site of one record.
pub(super) struct Site {
    /// `jira:HOST`; `jira` where no address names the host.
    pub(super) source: String,
}

impl Site {
    /// By the address that the object has of itself.
    pub(super) fn of(body: &Value) -> Self {
        let paths = [
            "self",
            "issue.self",
            "sprint.self",
            "author.self",
            "updateAuthor.self",
            "user.self",
            "fields.project.self",
        ];
        let addresses = paths.map(|path| text(body, path));
        Self { source: source(System::Jira, "", &addresses) }
    }

    /// An event about a ticket; `what` is the end of its key.
    pub(super) fn ticket(&self, kind: &str, at: Timestamp, key: &str, what: &str) -> Event {
        let name = format!("issue/{key}/{what}");
        Event::new(kind, at, &self.source, &name, &format!("ticket:{key}")).about(role::TICKET, key)
    }

    /// The name of a sprint.
    pub(super) fn sprint(&self, id: &str) -> String {
        format!("{}/sprint/{id}", self.source)
    }

    /// The address of an issue's page.
    pub(super) fn page(&self, address: &str, key: &str) -> String {
        let base = address.split_once("/rest/").map_or("", |(base, _)| base);
        if base.is_empty() { String::new() } else { short(&format!("{base}/browse/{key}")) }
    }
}

/// A person: the account's id, which cloud has, else the name, which servers have.
pub(super) fn person(user: &Value) -> String {
    short(first(user, &["accountId", "name", "key", "emailAddress", "displayName"]))
}
