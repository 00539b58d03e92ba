//! The outside world on this machine: repositories by `gix`, and child processes.
//!
//! In: paths and programs. Out: what they hold or say, as data. Start at
//! [`git::Repository::open`] to read a history, at [`process::run`] to run a program, at
//! [`foreground::run`] to run what the user typed, at [`sandbox::run_dialogue`] to talk with one that
//! nobody trusts.
//! **Invariant:** reading a repository executes nothing that it contains or configures, and
//! no other crate starts a process.

pub mod dialogue;
pub mod foreground;
pub mod git;
pub mod process;
pub mod sandbox;
