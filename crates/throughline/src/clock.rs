//! The clock: the only place that reads it.
//!
//! In: `TL_NOW` where it is set. Out: one [`Timestamp`], taken once per run and passed on.
//! **Invariant:** everything that this program computes depends on the instant that [`now`] returns
//! and on no other; [`read`] is for whoever has to wait for another system.

use std::io::Write as _;
use std::time::Duration;

use tl_core::time::{Timestamp, TimestampError};
use tl_forge::clock::{Clock, Pause, Soon};

use crate::ui::visible;

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

/// The clock of clients that have to wait: it says so first.
pub(crate) struct Waiting {
    /// Whether nothing is said.
    pub(crate) quiet: bool,
}

impl Clock for Waiting {
    fn now(&self) -> Timestamp {
        read()
    }

    fn wait<'a>(&'a self, pause: &'a Pause) -> Soon<'a, ()> {
        Box::pin(async move {
            if !self.quiet {
                let _nowhere_to_report =
                    writeln!(anstream::stderr(), "{}", visible(&pause.to_string()));
            }
            let length = u64::try_from(pause.length.get()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(length)).await;
        })
    }
}
