//! How many events of each kind each source gave, shown by `throughline doctor`.
//!
//! In: events. Out: [`EventCounts`]. **Invariant:** the order of the events does not matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;

use crate::projection::Projection;
use crate::read::Recorded;

/// Counts per source, and in it per kind.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCounts {
    /// Source, then kind, in alphabetical order.
    pub sources: BTreeMap<String, BTreeMap<String, Count>>,
}

/// How many, and when they happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Number of events, at least 1.
    pub events: u64,
    /// When the earliest of them happened.
    pub first: Timestamp,
    /// When the latest of them happened.
    pub last: Timestamp,
}

impl Projection for EventCounts {
    const NAME: &'static str = "event-counts";
    const VERSION: u32 = 1;

    fn apply(&mut self, recorded: &Recorded) {
        let event = &recorded.event;
        let kinds = self.sources.entry(event.source.clone()).or_default();
        let count = kinds.entry(event.kind.clone()).or_insert(Count {
            events: 0,
            first: event.at,
            last: event.at,
        });
        count.events += 1;
        count.first = count.first.min(event.at);
        count.last = count.last.max(event.at);
    }
}
