//! The clock: the only place that reads it.
//!
//! In: `TL_NOW` where it is set. Out: one [`Timestamp`], taken once per run and passed on.
//! **Invariant:** everything that this program computes depends on the instant that [`now`] returns
//! and on no other; [`read`] is for whoever has to wait for another system.

use tl_core::time::{Timestamp, TimestampError};

/// Now, or the instant that `fixed` names.
pub(crate) fn now(fixed: Option<&str>) -> Result<Timestamp, TimestampError> {
    match fixed {
        Some(text) => Timestamp::parse(text),
        None => Ok(read()),
    }
}

/// What time it is, for waiting.
#[expect(clippy::disallowed_methods, reason = "the binary reads the clock here")]
pub(crate) fn read() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
