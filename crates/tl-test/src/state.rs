//! What is remembered of one test in one variant, of constant size.
//!
//! In: results, run by run. Out: [`TestState`]. Start there.

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;

/// A run of equal results over neighbouring commits; a commit with both results stays alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Row of the first commit.
    pub commit: u32,
    /// Row of the last commit.
    pub last: u32,
    /// First attempts.
    pub runs: u32,
    /// Of those, the red ones.
    pub red: u32,
}

/// A stretch of commits over which the rate of failure was the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Row of its first commit.
    pub from: u32,
    /// Rows of the last commit that was surely before it, and of the first that is surely in it.
    pub cause: (u32, u32),
    /// First attempts.
    pub runs: u32,
    /// Of those, the red ones.
    pub red: u32,
    /// Commits of it with both results.
    pub divergent: u32,
}

/// What is remembered of one test in one variant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TestState {
    /// When it was seen first.
    pub first: Timestamp,
    /// When it was seen last.
    pub last: Timestamp,
    /// First attempts of complete runs.
    pub runs: u32,
    /// Of those, the red ones.
    pub red: u32,
    /// Changes from one result to the other.
    pub flips: u32,
    /// Green first attempts since the last red one.
    pub clean: u32,
    /// [`Status`](tl_core::test::Status) of the last one.
    pub last_status: u8,
    /// Sum of .93^age over red first attempts.
    pub ema: f32,
    /// The same over all.
    pub weight: f32,
    /// The last commits, eight at most, on which it both passed and failed, and when.
    pub divergent: Vec<(u32, Timestamp)>,
    /// All commits on which it did.
    pub divergent_all: u32,
    /// Phases that are over, eight at most.
    pub done: Vec<Phase>,
    /// Results that phases are still found in, 64 at most.
    pub hot: Vec<Block>,
    /// Durations by their logarithm to base 2, in milliseconds.
    pub durations: [u16; 24],
    /// Reasons to fail that were seen most: row, how often, when last; four at most.
    pub signatures: Vec<(u32, u32, Timestamp)>,
    /// How often the wait for clean runs began anew.
    pub waits: u32,
    /// Results of commits that came too late to find their place.
    pub late: u32,
}
