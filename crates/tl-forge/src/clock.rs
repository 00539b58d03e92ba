//! Time, as the program that links us gives it: what time it is, and waiting.
//!
//! In and out: [`Clock`], which the binary implements over its own clock and runtime, and tests
//! by one that waits for nothing.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use tl_core::record::System;
use tl_core::time::{Millis, Timestamp};

/// Something that takes a while.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The clock of the program. A trait, because waiting belongs to its runtime, the message to its
/// streams, and the time of a test to the test.
pub trait Clock: Send + Sync {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// Tells the user about the pause, and ends after [`Pause::length`].
    fn wait<'a>(&'a self, pause: &'a Pause) -> Soon<'a, ()>;
}

/// A pause between two requests. Its text is for people: `waiting 42 s for github's rate limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// How long.
    pub length: Millis,
    /// Whom for.
    pub system: System,
    /// What for.
    pub reason: PauseReason,
}

/// Why there is a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseReason {
    /// As many requests were sent as the system allows in its period.
    RateLimit,
    /// Requests came too fast for it (GitHub's secondary limit).
    TooFast,
    /// A request failed in a way that may pass: what happened, and which attempt comes next.
    Retry {
        /// What happened, such as `status 502`.
        failure: String,
        /// Number of the next attempt, from 2.
        attempt: u32,
    },
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.length.get().max(0).unsigned_abs().div_ceil(1000);
        let system = self.system;
        match &self.reason {
            PauseReason::RateLimit => write!(f, "waiting {seconds} s for {system}'s rate limit"),
            PauseReason::TooFast => write!(f, "waiting {seconds} s: {system} asks to slow down"),
            PauseReason::Retry { failure, attempt } => {
                write!(f, "waiting {seconds} s before attempt {attempt} at {system}: {failure}")
            }
        }
    }
}
