//! Tests that fail by chance: what classes and releases are held against, in tests and benchmarks.
//!
//! In: rates and seeds. Out: [`TestState`]s, and whether a rule was right. Start at [`observed`],
//! [`regression`] and [`released`]. **Invariant:** the same seed says the same on every machine.
//! Built for tests, and with the feature `testing`.

use tl_core::test::{Class, Signature, Status, TestName};
use tl_core::time::Timestamp;

use crate::classify;
use crate::gate::{Judged, Verdict};
use crate::quarantine::propose::{self, Asked, Evidence};
use crate::quarantine::release::{self, Standing};
use crate::quarantine::{Cap, Proof, Quarantined};
use crate::state::{self, Execution, RunOfTest, TestState};

/// Runs in which a test has to show that it is flaky.
pub const SEEN: u32 = 300;

/// It passed.
pub const PASSED: Execution = Execution { status: Status::Passed, signature: 0, infra: false };

/// It failed.
pub const FAILED: Execution = Execution { status: Status::Failed, signature: 1, infra: false };

/// An entry of a quarantine as a file may hold it, from 3 November to 3 December 2026: a test that failed
/// in 9 of 412 runs. It names no file, variant, commit or line.
pub fn quarantined(id: &str, name: &str, signature: &str) -> Quarantined {
    Quarantined {
        id: id.to_owned(),
        name: name.to_owned(),
        file: String::new(),
        variant: String::new(),
        signatures: vec![signature.to_owned()],
        owner: "ana".to_owned(),
        issue: "acme/api#412".to_owned(),
        since: "2026-11-03".to_owned(),
        expires: "2026-12-03".to_owned(),
        clean_runs: 298,
        evidence: Proof {
            class: Class::Flaky,
            fails: 9,
            runs: 412,
            interval: (0.012, 0.036),
            divergent: Vec::new(),
            waits: 0,
        },
        line: 0,
    }
}

/// Numbers that look like chance: `SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 up to 1, evenly.
    pub fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of several; 0 of none.
    pub fn of(&mut self, several: &[f64]) -> f64 {
        let row = (self.roll() * several.len() as f64) as usize;
        several.get(row).copied().unwrap_or_default()
    }

    /// A rate from once in a thousand runs to every second one, evenly by its logarithm.
    pub fn rate(&mut self) -> f64 {
        0.001 * 500_f64.powf(self.roll())
    }

    /// Clean runs before the next failure of a test that fails with this chance.
    pub fn gap(&mut self, rate: f64) -> u32 {
        let clean = ((1.0 - self.roll()).ln() / (1.0 - rate).ln()).floor();
        clean.min(1e9) as u32
    }
}

/// How often a real test failed, repeated ten thousand times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeated {
    /// The share of its runs that failed.
    pub rate: f64,
    /// Whether it both passed and failed.
    pub is_flaky: bool,
}

/// Reads `test_results.csv` of `FlakeFlagger` (ICSE 2021); `None` where it is something else.
pub fn flake_flagger(text: &str) -> Option<Vec<Repeated>> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next()?;
    let column = |name: &str| head.iter().position(|column| *column == name);
    let (fails, passes) = (column("NumFailingRuns")?, column("NumPassingRuns")?);
    let flaky = column("IsFlaky")?;
    let repeated = |row: Vec<&str>| {
        let number = |at: usize| row.get(at)?.parse::<f64>().ok();
        let (fails, passes) = (number(fails)?, number(passes)?);
        let rate = fails / (fails + passes).max(1.0);
        Some(Repeated { rate, is_flaky: *row.get(flaky)? == "1" })
    };
    lines.map(repeated).collect()
}

/// One commit on the default branch: a run, and where it failed and `retried` one more.
fn commit(state: &mut TestState, dice: &mut Dice, commit: u32, rate: f64, retried: bool) {
    let attempts: &[Execution] = if dice.roll() >= rate {
        &[PASSED]
    } else if !retried {
        &[FAILED]
    } else if dice.roll() >= rate {
        &[FAILED, PASSED]
    } else {
        &[FAILED, FAILED]
    };
    let at = Timestamp::from_seconds(i64::from(commit) * 3_600);
    let (job, attempt, unmerged, ms) = (0, 1, false, 10);
    state::fold(state, &RunOfTest { commit, at, job, attempt, unmerged, attempts, ms });
}

/// A test that fails at a rate, behind so many commits, each failure tried once more.
pub fn observed(dice: &mut Dice, rate: f64, commits: u32) -> TestState {
    let mut state = TestState::default();
    (0..commits).for_each(|row| commit(&mut state, dice, row, rate, true));
    state
}

/// What was said of a test that a commit broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Whether it is called regressed.
    pub regressed: bool,
    /// Whether the commit was found, or its neighbour.
    pub near: bool,
}

/// A test that fails at a rate for 50 to 250 commits, and then always, so many times.
pub fn regression(dice: &mut Dice, rate: f64, failures: u32) -> Told {
    let from = 50 + (dice.roll() * 200.0) as u32;
    let mut state = TestState::default();
    for row in 0..from + failures {
        commit(&mut state, dice, row, if row < from { rate } else { 1.0 }, true);
    }
    let judged = classify::of(&state);
    let near = judged.phases.last().is_some_and(|phase| phase.from.abs_diff(from) <= 1);
    Told { regressed: judged.class == Class::Regressed, near }
}

/// Whether a test that stays as flaky as it is leaves the quarantine within `more` runs, by a rule
/// alone: failures, the run of the last one and the number of the wait in, clean runs that are needed
/// out. `None` where 300 runs did not show it to be flaky.
pub fn leaves(
    dice: &mut Dice,
    rate: f64,
    more: u32,
    rule: impl Fn(u32, u32, u32) -> u32,
) -> Option<bool> {
    let fails: Vec<u32> = (1..=SEEN).filter(|_| dice.roll() < rate).collect();
    let (mut x, mut last) = (fails.len() as u32, *fails.last()?);
    // The last wait began before the test was found: chance has no memory.
    let mut clean = SEEN - last + dice.gap(rate);
    let mut k = 1;
    loop {
        let wait = rule(x, last, k);
        let end = u64::from(last) + u64::from(wait);
        if clean >= wait {
            return Some(end <= u64::from(SEEN + more));
        }
        if u64::from(last) + u64::from(clean) > u64::from(SEEN + more) {
            return Some(false);
        }
        last += clean + 1;
        x += 1;
        k += 1;
        clean = dice.gap(rate);
    }
}

/// The same through all that the program does: a test is found to be flaky in 300 runs with a retry,
/// entered with the evidence that there is, and its runs go on without one, since it is masked.
/// The calendar stands still. `None` where it was not found, or may not be entered.
pub fn released(dice: &mut Dice, rate: f64, more: u32) -> Option<bool> {
    let mut state = observed(dice, rate, SEEN);
    let judged = classify::of(&state);
    if judged.class != Class::Flaky {
        return None;
    }
    let red = Judged {
        id: "0".repeat(24),
        test: TestName { name: "simulated".to_owned(), ..TestName::default() },
        variant: String::new(),
        status: Status::Failed,
        signature: Signature([1; 8]).to_string(),
        message: String::new(),
        line: None,
        verdict: Verdict::Real,
        class: Some(judged.class),
    };
    let proof = Proof {
        class: judged.class,
        fails: judged.rate.fails,
        runs: judged.rate.runs,
        interval: (judged.rate.low, judged.rate.high),
        divergent: state.divergent.iter().map(|(row, _)| format!("{row:07x}")).collect(),
        waits: state.waits,
    };
    let evidence = Evidence { proof, clean: state.clean, proven: judged.proven };
    let said = || "simulated".to_owned();
    let asked = Asked { owner: said(), issue: said(), because: said() };
    let today = Timestamp::from_seconds(1_800_000_000);
    let entry = propose::entry(&red, &evidence, &asked, &Cap::default(), today).ok()?;
    let is_released = (SEEN..SEEN + more).any(|row| {
        commit(&mut state, dice, row, rate, false);
        matches!(release::standing(Some(&state), &entry, today), Standing::Released { .. })
    });
    Some(is_released)
}

/// Of answers that there are, how many are yes, and how many there are.
pub fn share(answers: impl IntoIterator<Item = Option<bool>>) -> (u32, u32) {
    answers.into_iter().flatten().fold((0, 0), |(yes, all), one| (yes + u32::from(one), all + 1))
}

/// The rates that a test is held against.
#[cfg(test)]
pub(crate) fn real() -> Vec<Repeated> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/flakeflagger/test-rerun-scripts/test_results.csv"
    );
    let text = std::fs::read_to_string(file)
        .unwrap_or_else(|err| panic!("the data of `shared/data/flakeflagger` is needed: {err}"));
    flake_flagger(&text).expect("it is that table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dice_are_those_of_the_definition() {
        // `SplitMix64` from 0: 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4.
        let mut dice = Dice::new(0);
        let expected = |number: u64| (number >> 11) as f64 / (1_u64 << 53) as f64;
        assert_eq!(dice.roll(), expected(0xe220_a839_7b1d_cdaf));
        assert_eq!(dice.roll(), expected(0x6e78_9e6a_a1b9_65f4));
    }

    #[test]
    fn a_gap_is_as_long_as_the_rate_says() {
        let mut dice = Dice::new(7);
        let sum: f64 = (0..20_000).map(|_| f64::from(dice.gap(0.05))).sum();
        // (1 - p) / p.
        assert!((sum / 20_000.0 - 19.0).abs() < 0.6, "{sum}");
    }

    #[test]
    fn a_table_of_something_else_is_none() {
        assert_eq!(flake_flagger("a,b\n1,2\n"), None);
        assert_eq!(flake_flagger("IsFlaky,NumFailingRuns,NumPassingRuns\n1,x,3\n"), None);
        let read = flake_flagger("IsFlaky,NumFailingRuns,NumPassingRuns\n1,1,3\n0,0,0\n").unwrap();
        assert_eq!(read[0], Repeated { rate: 0.25, is_flaky: true });
        assert_eq!(read[1], Repeated { rate: 0.0, is_flaky: false });
    }
}
