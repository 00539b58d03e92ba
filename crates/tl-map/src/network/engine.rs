//! The core of the simulation: what happens next, in whole milliseconds.
//!
//! In: happenings with an instant. Out: the same in the order of time ([`Clock`]); what happens at
//! the same instant comes in the order in which it was scheduled. The places where changes wait
//! are in [`station`](super::station). **Invariant:** simulated time never runs backwards, and no
//! clock of the machine is read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::stats::random::SplitMix64;

/// Simulated time with everything that is going to happen.
#[derive(Debug, Clone)]
pub struct Clock<E> {
    now: i64,
    scheduled: u64,
    ahead: BinaryHeap<Reverse<(i64, u64, E)>>,
}

impl<E: Ord + Copy> Clock<E> {
    /// Nothing scheduled; it is `start` (milliseconds since any origin).
    pub fn new(start: i64) -> Self {
        Self { now: start, scheduled: 0, ahead: BinaryHeap::new() }
    }

    /// What time it is.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Schedules `event` for the instant `at`; what should have happened already happens now.
    pub fn schedule(&mut self, at: i64, event: E) {
        self.ahead.push(Reverse((at.max(self.now), self.scheduled, event)));
        self.scheduled += 1;
    }

    /// Moves time on to what happens next; `None` when nothing is left.
    pub fn advance(&mut self) -> Option<E> {
        let Reverse((at, _, event)) = self.ahead.pop()?;
        self.now = at;
        Some(event)
    }
}

/// A stream of chance of its own for each thing that is drawn.
///
/// Two scenarios that ask for the same key get the same numbers, whatever else differs between
/// them: common random numbers, so that a difference between scenarios is not chance.
pub(crate) fn stream(seed: u64, replication: u64, kind: u64, key: u64) -> SplitMix64 {
    let mut state = seed;
    for part in [replication, kind, key] {
        // One step of the generator mixes all bits: neighbouring keys get unrelated streams.
        state = SplitMix64::new(state ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93)).next_u64();
    }
    SplitMix64::new(state)
}

/// A number from 0 (included) to 1 (excluded), evenly.
pub(crate) fn unit(random: &mut SplitMix64) -> f64 {
    const STEPS: f64 = (1_u64 << 53) as f64;
    (random.next_u64() >> 11) as f64 / STEPS
}

/// One of `values`, each equally likely; `None` when there are none.
pub(crate) fn pick<T: Copy>(random: &mut SplitMix64, values: &[T]) -> Option<T> {
    values.get(random.below(values.len() as u32) as usize).copied()
}

#[cfg(test)]
mod tests;
