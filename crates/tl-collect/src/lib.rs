//! Records to facts: what a repository, and later a forge, tracker or pager, says, in our words.
//!
//! In: a repository opened by `tl-exec`, and what earlier runs derived from it. Out: a
//! [`History`](tl_core::history::History) for `tl-map`. Start at [`history::collect`]; what one
//! message, tag name or note says is parsed by a module each, pure.
//! **Invariant:** never a measure; bytes of any kind are read or left out with a note, and never
//! stop the rest.

pub mod agent_trace;
pub mod ai_notes;
pub mod attribution;
pub mod cache;
#[cfg(test)]
mod events_page;
pub mod gaps;
pub mod history;
pub mod instant;
pub mod intake;
mod line_evidence;
pub mod message;
pub mod release_name;
pub mod request_text;
pub mod requested;
mod rows;
pub mod system;
