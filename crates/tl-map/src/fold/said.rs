//! Events that are things of their own: use of AI tools, answers to surveys.
//!
//! The ledger keeps one event per source and key. Should two contradict each other all the same,
//! the later one stands, or else the one that says more.

use tl_core::delivery::{Answer, Usage};
use tl_core::event::Event;
use tl_core::fact::kind;
use tl_core::time::Timestamp;

use super::join::weight;

/// Before every event: nothing was said yet.
const NEVER: Timestamp = Timestamp::from_millis(i64::MIN);

/// A use that no event has told of yet.
pub(super) fn usage(key: &str) -> Usage {
    Usage { key: key.to_owned(), at: NEVER, ..Usage::default() }
}

/// Keeps what an event says of use.
pub(super) fn used(kept: &mut Usage, event: &Event) -> Result<(), serde_json::Error> {
    let new = Usage {
        key: kept.key.clone(),
        at: event.at,
        person: event.actor.clone().unwrap_or_default(),
        what: event.payload()?,
        session: event.kind == kind::AI_SESSION,
    };
    if (new.at, weight(&new)) > (kept.at, weight(kept)) {
        *kept = new;
    }
    Ok(())
}

/// An answer that no event has told of yet.
pub(super) fn answer(key: &str) -> Answer {
    Answer { key: key.to_owned(), at: NEVER, ..Answer::default() }
}

/// Keeps an answer.
pub(super) fn answered(kept: &mut Answer, event: &Event) -> Result<(), serde_json::Error> {
    let new = Answer { key: kept.key.clone(), at: event.at, what: event.payload()? };
    if (new.at, weight(&new)) > (kept.at, weight(kept)) {
        *kept = new;
    }
    Ok(())
}

/// The instant of what was said, if anything was.
pub(super) fn activity(at: Timestamp) -> Option<Timestamp> {
    (at != NEVER).then_some(at)
}
