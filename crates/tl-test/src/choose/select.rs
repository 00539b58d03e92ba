//! The tests that a change needs, and what is spared.
//!
//! In: a [`Choice`] and a [`Limit`]. Out: a [`Selection`]. Start at [`select`].
//! **Invariants:** new tests, tests that never ran, edited ones, the last red ones, those that were
//! red earlier in the request and those that run a changed line are run whatever they score or cost;
//! where a selection would not be sound, everything is run and the reasons say why; but of a file that
//! the change removes nothing is run.

use serde::{Deserialize, Serialize};

use super::place::Touched;
use super::score::{GONE, Scored, always, scored, touched};
use super::{Choice, Chosen, Signal, Why, fallback};

/// How much to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// The highest scores, until this share of the time of all tests is spent.
    Time(f64),
    /// All that score at least this; see [`Escapes::threshold`](super::escaped::Escapes::threshold).
    Score(f64),
}

impl Default for Limit {
    fn default() -> Self {
        Self::Time(0.5)
    }
}

/// What to run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Why everything is run; empty where something may be skipped.
    pub everything: Vec<String>,
    /// Every test, from the highest score to the lowest.
    pub tests: Vec<Chosen>,
    /// Tests to run.
    pub run: u64,
    /// Tests to skip.
    pub skipped: u64,
    /// How long those to run take, one after the other.
    pub seconds: f64,
    /// How long all take.
    pub all_seconds: f64,
}

/// Selects tests for a change.
pub fn select(choice: &Choice<'_>, limit: Limit) -> Selection {
    let paths = touched(choice);
    let everything = fallback::reasons(choice, &Touched::new(paths.iter().map(String::as_str)));
    let mut all = scored(&Choice { weights: None, ..*choice });
    let usual = usual_ms(&all);
    let ms = |scored: &Scored| u64::from(scored.of.p75_ms.unwrap_or(usual));
    let total: u64 = all.iter().map(ms).sum();
    let mut left = match limit {
        Limit::Time(share) => share.clamp(0.0, 1.0) * total as f64,
        Limit::Score(_) => f64::INFINITY,
    };
    // Those that are run in any case spend first.
    let surely = all.iter().filter(|scored| !scored.is_gone && always(&scored.of).is_some());
    left -= surely.map(ms).sum::<u64>() as f64;
    for scored in &mut all {
        let cost = ms(scored) as f64;
        if scored.is_gone {
            scored.of.because = GONE.to_owned();
        } else if let Some(reason) = everything.first() {
            all_run(scored, reason);
        } else if let Some(reason) = always(&scored.of).map(|why| why.text.clone()) {
            scored.of.run = true;
            scored.of.because = reason;
        } else {
            let fits = match limit {
                Limit::Time(_) => cost <= left,
                Limit::Score(least) => scored.of.score >= least,
            };
            left -= if fits { cost } else { 0.0 };
            decided(scored, fits, limit);
        }
    }
    let tests: Vec<Chosen> = all.into_iter().map(|scored| scored.of).collect();
    let run = tests.iter().filter(|test| test.run);
    let spent: u64 = run.clone().map(|test| u64::from(test.p75_ms.unwrap_or(usual))).sum();
    let count = run.count() as u64;
    Selection {
        everything,
        run: count,
        skipped: tests.len() as u64 - count,
        seconds: spent as f64 / 1_000.0,
        all_seconds: total as f64 / 1_000.0,
        tests,
    }
}

/// The median of the durations that are known.
fn usual_ms(all: &[Scored]) -> u32 {
    let mut known: Vec<u32> = all.iter().filter_map(|scored| scored.of.p75_ms).collect();
    let middle = known.len() / 2;
    if known.is_empty() { 1_000 } else { *known.select_nth_unstable(middle).1 }
}

fn all_run(scored: &mut Scored, reason: &str) {
    scored.of.run = true;
    scored.of.because = format!("everything is run: {reason}");
    let text = reason.to_owned();
    scored.of.why.push(Why { signal: Signal::Fallback, weight: 0.0, text });
}

/// A test that its score decides over.
fn decided(scored: &mut Scored, fits: bool, limit: Limit) {
    let of = &mut scored.of;
    of.run = fits;
    let signal = of.why.iter().find(|why| why.weight > 0.0 && why.signal != Signal::History);
    let reason = match signal {
        Some(why) => why.text.clone(),
        None => format!("no signal; {}", scored.past),
    };
    if signal.is_none() {
        let text = "nothing connects it with the change".to_owned();
        of.why.push(Why { signal: Signal::Nothing, weight: 0.0, text });
    }
    let score = of.score;
    of.because = match (fits, limit) {
        (true, _) => format!("{reason} (score {score:.2})"),
        (false, Limit::Score(least)) => {
            format!("{reason} (score {score:.2}, less than {least:.2})")
        }
        (false, Limit::Time(share)) => {
            let percent = (100.0 * share.clamp(0.0, 1.0)).round();
            format!("{reason} (score {score:.2}; {percent} % of the time go to higher ones)")
        }
    };
}
