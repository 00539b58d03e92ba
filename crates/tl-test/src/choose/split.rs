//! Tests dealt out to shards that end at nearly the same time.
//!
//! In: [`Unit`]s (files, or tests) and how long they take. Out: [`Split`]. Start at [`split`].
//! **Invariants:** every unit is in exactly one shard; the same units give the same shards, in
//! whatever order they come.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What goes to one shard as a whole: a file of tests, or a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// Its path or id.
    pub name: String,
    /// The 75th percentile of its duration; the sum over the tests of a file. `None`: not known.
    pub p75_ms: Option<u64>,
}

/// The units of one machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    /// Its number, from 1.
    pub index: u32,
    /// How long its units take together.
    pub seconds: f64,
    /// Names of its units, sorted.
    pub items: Vec<String>,
}

/// All shards.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// As many as were asked for; some are empty where there are fewer units.
    pub shards: Vec<Shard>,
    /// No dealing of these units has a fullest shard that takes less.
    pub bound_seconds: f64,
    /// Units whose duration is not known: they count as the median of the others.
    pub unknown: u64,
    /// What such a unit counts as.
    pub median_seconds: f64,
}

/// Most shards.
pub const SHARDS: u32 = 1_000;

/// Moves out of the fullest shard that are tried.
const MOVES: usize = 60;

/// Pairs of units that one move may look at.
const PAIRS: usize = 200_000;

/// What a unit counts as where no duration at all is known: all count the same then.
const ANY_MS: u64 = 1_000;

impl Split {
    /// How long the fullest shard takes.
    pub fn seconds(&self) -> f64 {
        self.shards.iter().map(|shard| shard.seconds).fold(0.0, f64::max)
    }
}

/// Deals units out to `count` shards (1 to [`SHARDS`]): the longest first, each to the shard with
/// the least so far, and then the best moves and swaps out of the fullest. A name that is given
/// twice is one unit with the time of both.
///
/// Longest first is within 4/3 of the best (Graham 1969), and in practice within a few per cent.
pub fn split(units: &[Unit], count: u32) -> Split {
    let count = count.clamp(1, SHARDS);
    let mut units: Vec<(&str, Option<u64>)> =
        units.iter().map(|unit| (unit.name.as_str(), unit.p75_ms)).collect();
    units.sort_unstable();
    let median = median(&units);
    let mut unknown = 0;
    let mut merged: Vec<(u64, &str)> = Vec::with_capacity(units.len());
    for (name, ms) in units {
        unknown += u64::from(ms.is_none());
        // A unit that takes no time at all is still to be dealt out evenly.
        let ms = ms.unwrap_or(median).clamp(1, u64::from(u32::MAX));
        match merged.last_mut().filter(|last| last.1 == name) {
            Some(last) => last.0 = last.0.saturating_add(ms),
            None => merged.push((ms, name)),
        }
    }
    merged.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let mut bins = dealt(&merged, count as usize);
    for _ in 0..MOVES {
        if !better(&mut bins) {
            break;
        }
    }
    let seconds = |ms: u64| ms as f64 / 1_000.0;
    let shards = bins.into_iter().zip(1..).map(|(bin, index)| {
        let mut items: Vec<String> = bin.units.iter().map(|unit| unit.1.to_owned()).collect();
        items.sort_unstable();
        Shard { index, seconds: seconds(bin.sum), items }
    });
    Split {
        shards: shards.collect(),
        bound_seconds: seconds(bound(&merged, count as usize)),
        unknown,
        median_seconds: seconds(median),
    }
}

/// The median of the durations that are known.
fn median(units: &[(&str, Option<u64>)]) -> u64 {
    let mut known: Vec<u64> = units.iter().filter_map(|unit| unit.1).collect();
    let middle = known.len() / 2;
    if known.is_empty() { ANY_MS } else { *known.select_nth_unstable(middle).1 }
}

/// A shard while units are dealt out.
#[derive(Debug, Default)]
struct Bin<'a> {
    sum: u64,
    units: Vec<(u64, &'a str)>,
}

/// Each to the shard with the least so far, the first of those.
fn dealt<'a>(longest_first: &[(u64, &'a str)], count: usize) -> Vec<Bin<'a>> {
    let mut bins: Vec<Bin<'_>> = Vec::new();
    bins.resize_with(count, Bin::default);
    let mut open: BTreeSet<(u64, usize)> = (0..count).map(|bin| (0, bin)).collect();
    for unit in longest_first {
        let Some((sum, bin)) = open.pop_first() else { break };
        bins[bin].units.push(*unit);
        bins[bin].sum = sum.saturating_add(unit.0);
        open.insert((bins[bin].sum, bin));
    }
    bins
}

/// No dealing is better than this: the mean, the longest unit, and the k + 1 shortest of the
/// k N + 1 longest, for one of N shards has to hold k + 1 of those.
fn bound(longest_first: &[(u64, &str)], count: usize) -> u64 {
    let sum = longest_first.iter().fold(0_u64, |sum, unit| sum.saturating_add(unit.0));
    let longest = longest_first.first().map_or(0, |unit| unit.0);
    let crowded = (1..=3).filter_map(|k| {
        let last = k * count;
        (last < longest_first.len())
            .then(|| longest_first[last - k..=last].iter().map(|unit| unit.0).sum())
    });
    crowded.chain([sum.div_ceil(count as u64), longest]).max().unwrap_or_default()
}

/// Makes the best move or swap out of the fullest shard; false where none helps.
fn better(bins: &mut [Bin<'_>]) -> bool {
    let Some(full) = (0..bins.len()).max_by_key(|bin| (bins[*bin].sum, usize::MAX - bin)) else {
        return false;
    };
    let mut best: Option<(u64, usize, usize, Option<usize>)> = None;
    let mut pairs = 0;
    for bin in 0..bins.len() {
        let gap = bins[full].sum - bins[bin].sum;
        if bin == full || gap < 2 {
            continue;
        }
        for (out, unit) in bins[full].units.iter().enumerate() {
            let swaps =
                bins[bin].units.iter().enumerate().map(|(back, other)| (Some(back), other.0));
            for (back, other) in [(None, 0)].into_iter().chain(swaps) {
                pairs += 1;
                if pairs > PAIRS {
                    break;
                }
                let moved = unit.0.saturating_sub(other);
                if moved == 0 || moved >= gap {
                    continue;
                }
                let after = (bins[full].sum - moved).max(bins[bin].sum + moved);
                if best.is_none_or(|best| after < best.0) {
                    best = Some((after, bin, out, back));
                }
            }
        }
    }
    let Some((_, bin, out, back)) = best else { return false };
    let unit = bins[full].units.swap_remove(out);
    if let Some(back) = back {
        let other = bins[bin].units.swap_remove(back);
        bins[bin].sum -= other.0;
        bins[full].sum += other.0;
        bins[full].units.push(other);
    }
    bins[full].sum -= unit.0;
    bins[bin].sum += unit.0;
    bins[bin].units.push(unit);
    true
}

#[cfg(test)]
mod tests;
