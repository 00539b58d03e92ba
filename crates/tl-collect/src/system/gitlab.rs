//! Records of GitLab: REST objects and webhooks.
//!
//! In: a [`Record`] whose `what` is `issue`, `merge_request`, `note` (parent `mr/IID` or
//! `issue/IID`), `merge_request_commit` and `approval` (parent IID), `state_event` (parent
//! `mr/IID` or `issue/IID`), `pipeline`, `job`, `deployment`, `release` or `webhook`. Out: the
//! events that it tells. Start at [`convert`].
//!
//! **Invariants:** instants are whole seconds, because that is what the webhooks have; the same
//! fact then has the same (source, key) and the same content wherever it was read. What a webhook
//! knows only in part (the author of a request that somebody else updates) stands in an event of
//! its own, with `/hook` behind its key.
//!
//! What is not told: general comments below a request are no reviews, only comments on lines and
//! threads are. Instants of approvals are in the system notes; the list of approvals has them in
//! new versions of GitLab only.

mod ci;
mod issue;
mod note;
mod place;
mod request;
#[cfg(test)]
mod tests;
mod webhook;

use tl_core::event::Event;
use tl_core::record::Record;

use super::Malformed;
use super::field::{self, Problem, Result};
use place::Place;

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, events)
}

fn events(record: &Record) -> Result<Vec<Event>> {
    let place = Place::of(record)?;
    let (body, parent) = (&record.body, record.parent.as_str());
    match record.what.as_str() {
        "issue" => issue::issue(&place, body),
        "merge_request" => request::rest(&place, body),
        "merge_request_commit" => request::commit(&place, place::iid(parent)?, body),
        "approval" => note::approvals(&place, place::iid(parent)?, body),
        "note" => note::note(&place, parent, body),
        "state_event" => note::state_event(&place, parent, body),
        "pipeline" => ci::pipeline(&place, body),
        "job" => ci::job(&place, body),
        "deployment" => ci::deployment(&place, body),
        "release" => ci::release(&place, body),
        "webhook" => webhook::events(&place, body),
        _ => Err(Problem::Unknown),
    }
}
