//! Records of Jira, cloud and server.
//!
//! In: a [`Record`] whose `what` is `issue` (with or without its changelog), `changelog` (one
//! entry), `dev_status`, `remotelink` (these three with the issue's key as parent), `sprint` or
//! `webhook`. Out: the events that it tells. Start at [`convert`].
//!
//! **Invariants:** an issue that moved to another project has its whole history under either key,
//! because an issue read later has the later key alone. What its history tells has whole seconds:
//! that is how far the instants of a webhook and of the history agree. Issues are never
//! incidents; the configuration decides that.
//!
//! A move knows what its statuses mean only where the same issue says so, which is for the status
//! it has now; such a move has the categories behind its key, because the next reading knows
//! another one. What every status means, all `ticket.updated` of a site together say.
//!
//! Links to code have no instant of their own: those of commits have the commit's, those of
//! requests the request's last change, and remote links, which have none at all, stand at 1970.

mod history;
mod link;
mod site;
#[cfg(test)]
mod tests;
mod ticket;

use tl_core::event::Event;
use tl_core::record::Record;

use super::Malformed;
use super::field::{self, Problem, Result, first, get, text, word};
use site::Site;

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, events)
}

fn events(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let site = Site::of(body);
    // A remote link of the API names its issue in its address.
    let by_address = || {
        let (_, rest) = text(body, "self").split_once("/issue/")?;
        rest.split('/').next()
    };
    let parent = || {
        let said = Some(record.parent.as_str()).filter(|key| !key.is_empty());
        said.or_else(by_address).map(field::short).ok_or(Problem::Missing("issue key"))
    };
    match record.what.as_str() {
        "issue" => ticket::issue(&site, body),
        "changelog" => history::entry(&site, &parent()?, body, &history::Meanings::default()),
        "sprint" => ticket::sprint(&site, body),
        "dev_status" => link::dev_status(&site, &parent()?, body),
        "remotelink" => link::remote(&site, &parent()?, body),
        "webhook" => webhook(&site, body),
        _ => Err(Problem::Unknown),
    }
}

/// A webhook: the issue as it is now, and what changed.
fn webhook(site: &Site, body: &serde_json::Value) -> Result<Vec<Event>> {
    let kind = first(body, &["webhookEvent", "event"]);
    if kind.is_empty() {
        return Err(Problem::Missing("webhookEvent"));
    }
    if get(body, "sprint").is_object() {
        let deleted = kind.ends_with("deleted");
        return if deleted { Ok(Vec::new()) } else { ticket::sprint(site, get(body, "sprint")) };
    }
    let issue = get(body, "issue");
    if !matches!(kind, "jira:issue_created" | "jira:issue_updated") || !issue.is_object() {
        return Ok(Vec::new());
    }
    let mut events = ticket::issue(site, issue)?;
    let changes = get(body, "changelog");
    if changes.is_object() {
        let at = field::at(issue, "fields.updated")?.or(field::at(body, "timestamp")?);
        let at = at.ok_or(Problem::Missing("timestamp"))?;
        let meanings = history::Meanings::of(issue);
        let by = site::person(get(body, "user"));
        let key = word(issue, "key");
        events.extend(history::items(site, &key, changes, (at, &by), &meanings)?);
    }
    Ok(events)
}
