//! `release`: how often a test leaves the quarantine that is as flaky as it was.
//!
//! In: rates of real tests, as in [`super::flaky`], and rates that are spread evenly. Out: the
//! share that is released wrongly, by the rule alone over long times, and by all that the program
//! does: found, entered, masked, released. Start at [`measure`].

use tl_test::quarantine::release::needed;
use tl_test::simulate::{self, Dice};

use super::{Figure, Options, Problem, flaky};

/// Tests whose rates are spread evenly.
const SPREAD: u32 = 20_000;

/// Simulations of the real ones, each with another seed.
const SEEDS: u64 = 10;

/// Runs behind the entry.
const MORE: [u32; 3] = [300, 2_000, 10_000];

/// Runs behind the entry where each of them is folded.
const FOLDED: u32 = 2_000;

/// Takes the measure.
pub(super) fn measure(options: &Options) -> Result<Vec<Figure>, Problem> {
    let mut figures = Vec::new();
    for more in MORE {
        let mut dice = Dice::new(1);
        let found = (0..SPREAD).map(|_| {
            let rate = dice.rate();
            simulate::leaves(&mut dice, rate, more, needed)
        });
        figures
            .push(figure(&format!("rates from 0.1 to 50 %, {more} runs"), simulate::share(found)));
    }
    let Some(tests) = flaky::rates(options)? else {
        figures.push(Figure::absent("flakeflagger"));
        return Ok(figures);
    };
    let rates: Vec<f64> = tests.iter().filter(|test| test.is_flaky).map(|test| test.rate).collect();
    let mut sum = (0, 0);
    for seed in 0..SEEDS {
        let mut dice = Dice::new(seed);
        let found = rates.iter().map(|rate| simulate::released(&mut dice, *rate, FOLDED));
        let (left, all) = simulate::share(found);
        sum = (sum.0 + left, sum.1 + all);
    }
    let what =
        format!("real rates, {SEEDS} seeds, states and entries of the program, {FOLDED} runs");
    figures.push(figure(&what, sum));
    Ok(figures)
}

fn figure(what: &str, (left, all): (u32, u32)) -> Figure {
    let what = format!("released wrongly of {all} flaky tests, {what}");
    Figure::new(what, f64::from(left) / f64::from(all.max(1)), "").at_most(0.05)
}
