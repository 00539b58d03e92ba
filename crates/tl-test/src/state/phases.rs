//! When the rate of failure changed: phases between change points.
//!
//! In: blocks of equal results, in the order of the commits. Out: [`Phase`]s, the oldest first. Start
//! at [`phases`].
//!
//! The chance of `x` failures in `n` runs, whatever their rate, under Beta(a, b) is
//! `ln L(x, n) = ln B(x + a, n - x + b) - ln B(a, b)`. A stretch is cut where L(left) L(right) /
//! L(all) is greatest, if that is over 10,000, and both parts are looked at again. With
//! (a, b) = (0.05, 0.5), as LUCI has it for first attempts (luci-go, `analysis/internal/changepoints`):
//! most tests fail hardly ever. The gain is convex within a run of equal results, so only the edges
//! between blocks need to be looked at.

use std::sync::LazyLock;

use statrs::function::gamma::ln_gamma;
use tl_core::time::Timestamp;

use super::{Block, Phase, TestState};

/// The prior of the rate: Beta(A, B).
const A: f64 = 0.05;
const B: f64 = 0.5;

/// Natural logarithm of what a cut has to gain: 10,000 to one.
const GAIN: f64 = 9.210_340_371_976_184;

/// How sure the range of commits is that a phase may begin in.
const SURE: f64 = 0.9;

/// Numbers whose logarithms are at hand.
const TABLE: usize = 4_096;

/// ln Γ(k + A), ln Γ(k + B), ln Γ(k + A + B).
static TABLES: LazyLock<[Vec<f64>; 3]> = LazyLock::new(|| {
    [A, B, A + B].map(|plus| (0..TABLE).map(|k| ln_gamma(k as f64 + plus)).collect())
});

fn ln_gamma_plus(table: usize, plus: f64, k: u32) -> f64 {
    match TABLES[table].get(k as usize) {
        Some(known) => *known,
        None => ln_gamma(f64::from(k) + plus),
    }
}

/// ln L(x, n) but for the prior's own term.
fn likelihood(x: u32, n: u32) -> f64 {
    ln_gamma_plus(0, A, x) + ln_gamma_plus(1, B, n.saturating_sub(x)) - ln_gamma_plus(2, A + B, n)
}

/// The prior's own term: -ln B(a, b).
fn prior() -> f64 {
    ln_gamma_plus(2, A + B, 0) - ln_gamma_plus(0, A, 0) - ln_gamma_plus(1, B, 0)
}

/// All phases of a test that are remembered, the oldest first; none where it never ran.
pub fn phases(state: &TestState) -> Vec<Phase> {
    let blocks = state.blocks();
    let begin = match blocks.first() {
        Some(first) if state.hot.is_empty() => (first.commit, first.commit),
        _ => state.begin,
    };
    let mut phases = state.done.clone();
    phases.extend(within(&blocks, begin, &state.divergent));
    phases
}

/// The phases of blocks; `begin`: the cause of the first one.
pub(super) fn within(
    blocks: &[Block],
    begin: (u32, u32),
    divergent: &[(u32, Timestamp)],
) -> Vec<Phase> {
    // Runs and red ones before each block.
    let mut sums = Vec::with_capacity(blocks.len() + 1);
    let mut sum = (0_u32, 0_u32);
    sums.push(sum);
    for block in blocks {
        sum = (sum.0.saturating_add(block.runs), sum.1.saturating_add(block.red));
        sums.push(sum);
    }
    let mut cuts = Vec::new();
    let mut stretches = vec![(0, blocks.len())];
    while let Some((from, to)) = stretches.pop() {
        if let Some((at, cause)) = cut(blocks, &sums, from, to) {
            cuts.push((at, cause));
            stretches.extend([(from, at), (at, to)]);
        }
    }
    cuts.sort_unstable_by_key(|(at, _)| *at);
    let starts = std::iter::once((0, begin)).chain(cuts.iter().copied());
    let ends = cuts.iter().map(|(at, _)| *at).chain(std::iter::once(blocks.len()));
    let stretches = starts.zip(ends).filter(|((from, _), to)| from < to);
    let phase = |((from, cause), to): ((usize, (u32, u32)), usize)| {
        let (first, last) = (blocks[from].commit, blocks[to - 1].last);
        let both = divergent.iter().filter(|(commit, _)| (first..=last).contains(commit));
        Phase {
            from: first,
            cause,
            runs: sums[to].0 - sums[from].0,
            red: sums[to].1 - sums[from].1,
            divergent: both.count() as u32,
        }
    };
    stretches.map(phase).collect()
}

/// Where the blocks from `from` up to `to` fall apart best, and the range of commits of which the
/// change is surely one; `None` where they do not.
fn cut(
    blocks: &[Block],
    sums: &[(u32, u32)],
    from: usize,
    to: usize,
) -> Option<(usize, (u32, u32))> {
    let part =
        |from: usize, to: usize| likelihood(sums[to].1 - sums[from].1, sums[to].0 - sums[from].0);
    // One color over all has no edge that could gain.
    if to - from < 2 || sums[to].1 == sums[from].1 {
        return None;
    }
    let whole = part(from, to) - prior();
    let gains: Vec<f64> = (from + 1..to).map(|at| part(from, at) + part(at, to) - whole).collect();
    let (best, gain) = gains
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(row, gain)| (row, *gain))?;
    if gain <= GAIN {
        return None;
    }
    // Each commit between two blocks may be the one that changed it.
    let weight = |row: usize| {
        let at = from + 1 + row;
        let between = blocks[at].commit.saturating_sub(blocks[at - 1].last).max(1);
        (gains[row] - gain).exp() * f64::from(between)
    };
    let weights: Vec<f64> = (0..gains.len()).map(weight).collect();
    let all: f64 = weights.iter().sum();
    let (mut low, mut high, mut held) = (best, best, weights[best]);
    while held < SURE * all {
        let below = low.checked_sub(1).map(|row| weights[row]);
        let above = weights.get(high + 1).copied();
        if above.is_none() && below.is_none() {
            break;
        }
        if below >= above {
            low -= 1;
            held += weights[low];
        } else {
            high += 1;
            held += weights[high];
        }
    }
    let cause = (blocks[from + low].last, blocks[from + 1 + high].commit);
    Some((from + 1 + best, cause))
}

#[cfg(test)]
mod tests;
