//! Tests: reports of any runner read, runs gated, quarantine with evidence.
//!
//! In: reports as text, the end of the process that wrote them, the team's quarantine file. Out:
//! cases, decisions with every reason, and their renderings. Start at [`read`] and [`gate`].
//! **Invariant:** silence is never green: what was not seen whole is [`gate::Answer::Unproven`].
//! Nothing here opens a socket, starts a process or reads the clock.

mod bytes;
pub mod candidates;
pub mod choose;
pub mod ci_time;
pub mod classify;
pub mod compact;
pub mod cost;
pub mod cover;
pub mod gate;
pub mod infra;
pub mod interval;
pub mod listing;
pub mod order_dependence;
pub mod outage;
pub mod quarantine;
pub mod read;
pub mod record;
pub mod reds;
pub mod rerun;
pub mod show;
pub mod signature;
#[cfg(any(test, feature = "testing"))]
pub mod simulate;
pub mod state;
