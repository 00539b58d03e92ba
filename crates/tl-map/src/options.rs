//! What the caller may choose: the window, the thresholds, the teams.
//!
//! In: set by the binary from flags and configuration. Out: [`Options`]. Defaults are those of
//! `throughline config defaults`; each is explained in `docs/measures.md`.

use globset::GlobSet;
use tl_core::time::{Millis, Timestamp};

use crate::stats::bootstrap::Draws;
use crate::stats::minimum::PRIVACY_FLOOR_PEOPLE;

/// Everything that the report depends on besides the histories.
#[derive(Debug, Clone)]
pub struct Options {
    /// The current instant, read once by the binary.
    pub now: Timestamp,
    /// First instant of the window; default: `window_days` before its end.
    pub since: Option<Timestamp>,
    /// Last instant of the window; default: the newest commit of the default branches, or now.
    pub until: Option<Timestamp>,
    /// Length of the default window in days.
    pub window_days: u32,
    /// Days after the merge within which a failure counts, and of follow-up that a change needs.
    pub failure_window_days: u32,
    /// Days after the merge within which a changed line counts as rework.
    pub rework_window_days: u32,
    /// Days of silence after which a request that was never merged counts as abandoned.
    pub open_request_days: u32,
    /// Bootstrap draws.
    pub draws: u32,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Share of an author's changes with evidence from which use counts as very frequent.
    pub very_frequent_share: f64,
    /// The same for frequent.
    pub frequent_share: f64,
    /// Teams, in the order of the configuration; a change belongs to the first that matches.
    pub teams: Vec<Team>,
    /// Fewest people a cell must have to be shown; never below five.
    pub privacy_floor: usize,
}

/// A team: who and what belongs to it.
#[derive(Debug, Clone)]
pub struct Team {
    /// Name for people.
    pub name: String,
    /// Addresses of authors, in lower case.
    pub authors: Vec<String>,
    /// Globs of paths, such as `services/billing/**`.
    pub paths: GlobSet,
}

impl Options {
    /// The defaults, seen from `now`.
    pub const fn at(now: Timestamp) -> Self {
        Self {
            now,
            since: None,
            until: None,
            window_days: 365,
            failure_window_days: 30,
            rework_window_days: 21,
            open_request_days: 90,
            draws: 2_000,
            seed: 20_260_301,
            very_frequent_share: 0.6,
            frequent_share: 0.2,
            teams: Vec::new(),
            privacy_floor: PRIVACY_FLOOR_PEOPLE,
        }
    }

    /// How the bootstrap draws.
    pub const fn bootstrap(&self) -> Draws {
        Draws { count: self.draws, seed: self.seed }
    }

    /// [`Options::failure_window_days`] as a span.
    pub fn failure_window(&self) -> Millis {
        Millis::days(i64::from(self.failure_window_days))
    }

    /// [`Options::rework_window_days`] as a span.
    pub fn rework_window(&self) -> Millis {
        Millis::days(i64::from(self.rework_window_days))
    }

    /// [`Options::open_request_days`] as a span.
    pub fn open_request_window(&self) -> Millis {
        Millis::days(i64::from(self.open_request_days))
    }
}
