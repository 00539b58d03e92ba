//! `flaky`: classes of tests against rates that somebody measured by ten thousand repetitions.
//!
//! In: `flakeflagger/test-rerun-scripts/test_results.csv` (FlakeFlagger, ICSE 2021). Out: of its flaky
//! tests, the share that 300 runs with one retry find; of the others, how many are called flaky; and
//! whether injected regressions are called and found. Start at [`measure`].

use std::error::Error;
use std::path::Path;

use serde::Deserialize;
use tl_core::test::{Class, Status};
use tl_core::time::Timestamp;
use tl_test::classify;
use tl_test::state::{self, Execution, RunOfTest, TestState};

use super::{Figure, Options, Problem};

/// Runs of each test.
const RUNS: u32 = 300;

/// Simulations, each with another seed.
const SEEDS: u64 = 10;

/// Regressions of each length that are injected.
const REGRESSIONS: u32 = 1_500;

const PASSED: Execution = Execution { status: Status::Passed, signature: 0, infra: false };
const FAILED: Execution = Execution { status: Status::Failed, signature: 1, infra: false };

/// A row of the table.
#[derive(Debug, Deserialize)]
struct Row {
    #[serde(rename = "IsFlaky")]
    flaky: u8,
    #[serde(rename = "NumFailingRuns")]
    fails: f64,
    #[serde(rename = "NumPassingRuns")]
    passes: f64,
}

/// How often a test fails, and whether it is flaky.
struct Known {
    rate: f64,
    is_flaky: bool,
}

/// Takes the measure.
pub(super) fn measure(options: &Options) -> Result<Vec<Figure>, Problem> {
    let file = options.data.join("flakeflagger/test-rerun-scripts/test_results.csv");
    if !file.exists() {
        return Ok(vec![Figure::absent("flakeflagger")]);
    }
    let tests = read(&file)?;
    let mut figures = found(&tests);
    figures.extend(regressions(&tests));
    Ok(figures)
}

fn read(file: &Path) -> Result<Vec<Known>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(file)?;
    let rows = reader.deserialize().collect::<Result<Vec<Row>, _>>()?;
    let known = |row: &Row| Known {
        rate: row.fails / (row.fails + row.passes).max(1.0),
        is_flaky: row.flaky == 1,
    };
    Ok(rows.iter().map(known).collect())
}

/// Recall and false alarms.
fn found(tests: &[Known]) -> Vec<Figure> {
    let flaky = tests.iter().filter(|test| test.is_flaky).count();
    let stable = tests.len() - flaky;
    let (mut recalls, mut alarms) = (Vec::new(), 0_u32);
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let mut found = 0_u32;
        for test in tests {
            let mut state = TestState::default();
            (0..RUNS).for_each(|commit| run(&mut state, &mut dice, commit, test.rate));
            let is_found = classify::of(&state).class == Class::Flaky;
            found += u32::from(is_found && test.is_flaky);
            alarms += u32::from(is_found && !test.is_flaky);
        }
        recalls.push(f64::from(found) / flaky as f64);
    }
    let mean = recalls.iter().sum::<f64>() / SEEDS as f64;
    let least = recalls.iter().copied().fold(f64::INFINITY, f64::min);
    let what = format!("found of {flaky} flaky tests, {RUNS} runs, one retry, {SEEDS} seeds");
    vec![
        Figure::new(format!("{what}: mean"), mean, "").at_least(0.63),
        Figure::new(format!("{what}: least"), least, ""),
        Figure::new(
            format!("called flaky of {stable} stable tests, {SEEDS} seeds"),
            f64::from(alarms),
            "tests",
        )
        .at_most(0.0),
    ]
}

/// One commit: a run, and one more where it failed.
fn run(state: &mut TestState, dice: &mut Dice, commit: u32, rate: f64) {
    let attempts: &[Execution] = if dice.roll() >= rate {
        &[PASSED]
    } else if dice.roll() >= rate {
        &[FAILED, PASSED]
    } else {
        &[FAILED, FAILED]
    };
    let at = Timestamp::from_seconds(i64::from(commit) * 3_600);
    state::fold(state, &RunOfTest { commit, at, job: 0, attempt: 1, attempts, ms: 10 });
}

/// Changes that break a test for good.
fn regressions(tests: &[Known]) -> Vec<Figure> {
    let rare: Vec<f64> =
        tests.iter().map(|test| test.rate).filter(|rate| (1e-9..0.05).contains(rate)).collect();
    let mut figures = Vec::new();
    let mut dice = Dice(5);
    let (mut all, mut called, mut near) = (0_u32, 0_u32, 0_u32);
    let mut behind_flakes = Vec::new();
    for failures in [3, 4, 5, 10, 50] {
        for _ in 0..REGRESSIONS {
            let (is_called, is_near) = regression(&mut dice, 0.0, failures);
            all += 1;
            called += u32::from(is_called);
            near += u32::from(is_called && is_near);
        }
        let mut flaky = 0_u32;
        for _ in 0..REGRESSIONS {
            let rate = rare[(dice.roll() * rare.len() as f64) as usize % rare.len()];
            flaky += u32::from(regression(&mut dice, rate, failures).0);
        }
        behind_flakes.push((failures, f64::from(flaky) / f64::from(REGRESSIONS)));
    }
    let what = "regressions of stable tests behind 50 to 250 clean runs, 3 to 50 failures";
    figures.push(
        Figure::new(
            format!("called regressed of {all} {what}"),
            f64::from(called) / f64::from(all),
            "",
        )
        .at_least(0.99),
    );
    figures.push(
        Figure::new(
            format!("of these, found within one commit, n {called}"),
            f64::from(near) / f64::from(called.max(1)),
            "",
        )
        .at_least(0.95),
    );
    for (failures, share) in behind_flakes {
        let what = format!(
            "called regressed of {REGRESSIONS} tests that failed in up to 5 % of runs before, \
             {failures} failures"
        );
        figures.push(Figure::new(what, share, ""));
    }
    figures
}

/// A test that fails at a rate, and from some commit on always: whether it is called regressed, and
/// whether the commit is the one, or its neighbour.
fn regression(dice: &mut Dice, rate: f64, failures: u32) -> (bool, bool) {
    let from = 50 + (dice.roll() * 200.0) as u32;
    let mut state = TestState::default();
    for commit in 0..from + failures {
        run(&mut state, dice, commit, if commit < from { rate } else { 1.0 });
    }
    let judged = classify::of(&state);
    let near = judged.phases.last().is_some_and(|phase| phase.from.abs_diff(from) <= 1);
    (judged.class == Class::Regressed, near)
}

/// Numbers that look like chance and are the same on every machine: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
