//! Tests: reports of any runner read, runs gated, quarantine with evidence.
//!
//! In: reports as text, the end of the process that wrote them, the team's quarantine file. Out:
//! cases, decisions with every reason, and their renderings. Start at [`read`] and [`gate`].
//! **Invariant:** silence is never green: what was not seen whole is [`gate::Answer::Unproven`].
//! Nothing here opens a socket, starts a process or reads the clock.

pub mod gate;
pub mod infra;
pub mod quarantine;
pub mod read;
pub mod reds;
pub mod show;
pub mod signature;
pub mod state;
