//! Cases that a git history can hold, each told as text and answered as text.
//!
//! In: a story ([`story`]), one fact a line. Out: what the crate makes of it ([`shown`]).
//! Start at [`story::history`]; the cases are in the other files, by subject.

mod ai_use;
mod arrival;
mod deployments;
mod failures;
mod measures;
mod merge_queue;
mod narrow;
mod production;
mod properties;
mod releases;
mod reviews;
mod shown;
pub(crate) mod story;
mod versions;
mod weeks;
mod window;
mod working_hours;
