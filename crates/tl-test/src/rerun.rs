//! Which red tests to run again, how, and when to stop.
//!
//! In: red tests with what history knows of them. Out: [`Advice`], the one that tells most for its time
//! first. Start at [`advise`]. **Definition:** with `p` the chance that a test fails although nothing
//! is wrong, and `r` the chance that this change breaks it, a failure is a flake with the chance
//! pi = p (1 - r) / (p (1 - r) + r). Each further failure makes "real" 1/p times as likely; within one
//! process and order the second and later ones count half of that, because retries there are not
//! independent. One pass on the same commit settles it.

mod command;

use serde::{Deserialize, Serialize};
use tl_core::test::{TestKey, TestName};

pub use command::command;

/// The chance that a test fails for no reason, where nothing is known.
const UNKNOWN: f64 = 0.5;

/// The chance that a change breaks a test, at least.
const BREAKS: f64 = 0.01;

/// Beyond this, and below one minus this, nothing is to be gained.
const SURE: f64 = 0.99;

/// Further runs of one test at most.
const MOST: u32 = 10;

/// How to run a test again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By itself: that it passes then shows that others before it make it fail.
    Alone,
    /// On another machine.
    OtherMachine,
    /// As before.
    Same,
    /// With the tests in another order.
    Shuffled,
}

/// A red test, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// What stands for it.
    pub key: TestKey,
    /// Its names.
    pub test: TestName,
    /// The share of first attempts that fail in its last phase; `None` where it never ran before.
    pub rate: Option<f64>,
    /// The chance that this change breaks it.
    pub breaks: f64,
    /// How long it takes in milliseconds; `None` where that is not known.
    pub ms: Option<u32>,
    /// Whether tests before it are under suspicion.
    pub suspects: bool,
    /// Whether this machine is: it alone is red where others are not.
    pub machine: bool,
}

/// What to do about one red test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// Its key in hexadecimal digits.
    pub id: String,
    /// Its names.
    pub test: TestName,
    /// The chance that the failure is none of this change's doing.
    pub flake: f64,
    /// How to run it again first.
    pub how: How,
    /// After so many further failures it is real; 0: to run it again tells nothing.
    pub times: u32,
    /// A command that does it, where the runner is known.
    pub command: Option<String>,
}

/// Advice for every red test: what tells most for its time first, what tells nothing last. `program`:
/// the command line that ran the tests.
pub fn advise(failed: &[Failed], program: &[String]) -> Vec<Advice> {
    let mut all: Vec<(f64, Advice)> = failed.iter().map(|one| of(one, program)).collect();
    // Equal ones stay in the order of their ids, whatever the order of the reports.
    all.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
    all.into_iter().map(|(_, advice)| advice).collect()
}

/// Advice for one test, and what it gains a second.
fn of(failed: &Failed, program: &[String]) -> (f64, Advice) {
    let rate = failed.rate.unwrap_or(UNKNOWN).clamp(1e-4, 0.999);
    let breaks = failed.breaks.clamp(BREAKS, 1.0 - BREAKS);
    let by_chance = rate * (1.0 - breaks);
    let flake = by_chance / (by_chance + breaks);
    let how = if failed.suspects {
        How::Alone
    } else if failed.machine {
        How::OtherMachine
    } else {
        How::Same
    };
    let is_open = (1.0 - SURE..=SURE).contains(&flake);
    let times = if is_open { failures_until_real(flake, rate) } else { 0 };
    let seconds = f64::from(failed.ms.unwrap_or(1_000).max(1)) / 1_000.0;
    let gain = if is_open { entropy(flake) / seconds } else { 0.0 };
    let command =
        (times > 0 && how != How::OtherMachine).then(|| command(program, &failed.test)).flatten();
    let advice = Advice {
        id: failed.key.to_string(),
        test: failed.test.clone(),
        flake,
        how,
        times,
        command,
    };
    (gain, advice)
}

/// Further failures after which a flake is unlikely.
fn failures_until_real(flake: f64, rate: f64) -> u32 {
    let limit = ((1.0 - SURE) / SURE).ln();
    let mut odds = (flake / (1.0 - flake)).ln();
    for failures in 1..=MOST {
        odds += if failures == 1 { rate.ln() } else { rate.ln() / 2.0 };
        if odds <= limit {
            return failures;
        }
    }
    MOST
}

/// What is not known yet, in bits.
fn entropy(chance: f64) -> f64 {
    -(chance * chance.log2() + (1.0 - chance) * (1.0 - chance).log2())
}

#[cfg(test)]
mod tests;
