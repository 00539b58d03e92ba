//! The clock: the only place that reads it.
//!
//! In: `TL_NOW` where it is set. Out: one [`Timestamp`], taken once per run and passed on.
//! **Invariant:** everything that this program computes depends on the instant returned here and
//! on no other.

use tl_core::time::{Timestamp, TimestampError};

/// Now, or the instant that `fixed` names.
pub(crate) fn now(fixed: Option<&str>) -> Result<Timestamp, TimestampError> {
    match fixed {
        Some(text) => Timestamp::parse(text),
        None => Ok(read()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the clock, once, here")]
fn read() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
