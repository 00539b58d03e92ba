//! `flaky`: classes of tests against rates that somebody measured by ten thousand repetitions.
//!
//! In: `flakeflagger/test-rerun-scripts/test_results.csv` (FlakeFlagger, ICSE 2021). Out: of its flaky
//! tests, the share that 300 runs with one retry find; of the others, how many are called flaky; and
//! whether injected regressions are called and found. Start at [`measure`].

use std::fs;

use tl_core::test::Class;
use tl_test::classify;
use tl_test::simulate::{self, Dice, Repeated, SEEN};

use super::{Figure, Options, Problem};

/// Simulations, each with another seed.
const SEEDS: u64 = 10;

/// Regressions of each length that are injected.
const REGRESSIONS: u32 = 1_500;

/// Takes the measure.
pub(super) fn measure(options: &Options) -> Result<Vec<Figure>, Problem> {
    let Some(tests) = rates(options)? else { return Ok(vec![Figure::absent("flakeflagger")]) };
    let mut figures = found(&tests);
    figures.extend(regressions(&tests));
    Ok(figures)
}

/// The rates of real tests; `None` where they are not there.
pub(super) fn rates(options: &Options) -> Result<Option<Vec<Repeated>>, Problem> {
    let file = options.data.join("flakeflagger/test-rerun-scripts/test_results.csv");
    if !file.exists() {
        return Ok(None);
    }
    let tests = simulate::flake_flagger(&fs::read_to_string(file)?);
    Ok(Some(tests.ok_or("`test_results.csv` is not the table of FlakeFlagger")?))
}

/// Recall and false alarms.
fn found(tests: &[Repeated]) -> Vec<Figure> {
    let flaky = tests.iter().filter(|test| test.is_flaky).count();
    let stable = tests.len() - flaky;
    let (mut recalls, mut alarms) = (Vec::new(), 0_u32);
    for seed in 0..SEEDS {
        let mut dice = Dice::new(seed);
        let mut found = 0_u32;
        for test in tests {
            let state = simulate::observed(&mut dice, test.rate, SEEN);
            let is_found = classify::of(&state).class == Class::Flaky;
            found += u32::from(is_found && test.is_flaky);
            alarms += u32::from(is_found && !test.is_flaky);
        }
        recalls.push(f64::from(found) / flaky as f64);
    }
    let mean = recalls.iter().sum::<f64>() / SEEDS as f64;
    let least = recalls.iter().copied().fold(f64::INFINITY, f64::min);
    let what = format!("found of {flaky} flaky tests, {SEEN} runs, one retry, {SEEDS} seeds");
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

/// Changes that break a test for good.
fn regressions(tests: &[Repeated]) -> Vec<Figure> {
    let rare: Vec<f64> =
        tests.iter().map(|test| test.rate).filter(|rate| (1e-9..0.05).contains(rate)).collect();
    let mut figures = Vec::new();
    let mut dice = Dice::new(5);
    let (mut all, mut called, mut near) = (0_u32, 0_u32, 0_u32);
    let mut behind_flakes = Vec::new();
    for failures in [3, 4, 5, 10, 50] {
        for _ in 0..REGRESSIONS {
            let told = simulate::regression(&mut dice, 0.0, failures);
            all += 1;
            called += u32::from(told.regressed);
            near += u32::from(told.regressed && told.near);
        }
        let mut flaky = 0_u32;
        for _ in 0..REGRESSIONS {
            let rate = dice.of(&rare);
            flaky += u32::from(simulate::regression(&mut dice, rate, failures).regressed);
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
