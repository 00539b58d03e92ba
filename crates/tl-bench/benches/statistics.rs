//! Statistics and what-if on 100,000 journeys of about 2,000 authors, the size that the target
//! "bootstrap and what-if at most 2 s CPU" is stated for.
//!
//! Run with `cargo bench -p tl-bench --bench statistics`. The journeys are drawn from a fixed
//! seed: stage times over six orders of magnitude, a few authors with most of the changes, and
//! authors who are slow as a habit, so that draws differ as much as in real repositories.

use divan::{Bencher, black_box};
use tl_core::time::Millis;
use tl_map::stats::bootstrap::{Clusters, Draws};
use tl_map::stats::kaplan_meier::{Observation, survival};
use tl_map::stats::random::SplitMix64;
use tl_map::stats::rank::{Cohort, compare};
use tl_map::stats::shift::hodges_lehmann;
use tl_map::what_if::{Candidate, Guard, Operator, StageMatrix, invest_first};

const JOURNEYS: usize = 100_000;
const AUTHORS: u32 = 2_000;
const STAGES: usize = 3;

fn main() {
    divan::main();
}

/// Times and authors of one column.
fn column(seed: u64, rows: usize) -> (Vec<i64>, Vec<u32>) {
    let mut random = SplitMix64::new(seed);
    let rows = (0..rows).map(|_| {
        // Zipf: the k-th author has about one k-th of the changes of the first, who has 9 %.
        let share = f64::from(random.below(1 << 20)) / f64::from(1 << 20);
        let author = f64::from(AUTHORS).powf(share) as u32 - 1;
        let habit = 1 + i64::from(author.wrapping_mul(2_654_435_761) >> 28);
        // A product of uniform numbers is skewed as delivery times are.
        let time = (0..3).map(|_| i64::from(random.below(1_000)) + 1).product::<i64>();
        (time * habit, author)
    });
    rows.unzip()
}

fn matrix() -> StageMatrix {
    let columns: Vec<(Vec<i64>, Vec<u32>)> =
        (0..STAGES as u64).map(|stage| column(stage, JOURNEYS)).collect();
    let times = |row: usize| columns.iter().map(move |(times, _)| Some(Millis::new(times[row])));
    let rows = columns[0].1.iter().enumerate().map(|(row, author)| (*author, times(row)));
    StageMatrix::new(STAGES, rows)
}

#[divan::bench(sample_count = 10)]
fn bootstrap_of_three_quantiles(bencher: Bencher<'_, '_>) {
    let (values, authors) = column(1, JOURNEYS);
    bencher.bench_local(|| {
        let clusters = Clusters::new(black_box(&authors));
        clusters.quantiles(&values, &[0.5, 0.75, 0.9], &Draws::default())
    });
}

#[divan::bench(sample_count = 10)]
fn bootstrap_of_shares(bencher: Bencher<'_, '_>) {
    let (values, authors) = column(1, JOURNEYS);
    let clusters = Clusters::new(&authors);
    let columns: [&[i64]; STAGES] = [&values; STAGES];
    bencher.bench_local(|| clusters.shares(black_box(&columns), &Draws::default()));
}

#[divan::bench(sample_count = 10)]
fn invest_first_of_three_queues(bencher: Bencher<'_, '_>) {
    let matrix = matrix();
    let candidates = [0, 1, 2].map(|stage| Candidate { stage, guard: Guard::TooFew });
    bencher.bench_local(|| {
        let draws = Draws::default();
        invest_first(black_box(&matrix), &candidates, Operator::Zero, 500.0, &draws)
    });
}

#[divan::bench(sample_count = 10)]
fn compare_two_cohorts_of_50_000(bencher: Bencher<'_, '_>) {
    let ((values, authors), (others, their)) = (column(1, 50_000), column(2, 50_000));
    bencher.bench_local(|| {
        let first = Cohort { values: black_box(&values), authors: &authors };
        compare(first, Cohort { values: &others, authors: &their }, &Draws::default())
    });
}

#[divan::bench(sample_count = 10)]
fn hodges_lehmann_of_50_000_by_50_000(bencher: Bencher<'_, '_>) {
    let ((values, _), (others, _)) = (column(1, 50_000), column(2, 50_000));
    bencher.bench_local(|| hodges_lehmann(black_box(&values), &others));
}

#[divan::bench(sample_count = 10)]
fn kaplan_meier_of_100_000(bencher: Bencher<'_, '_>) {
    let (values, authors) = column(1, JOURNEYS);
    let items: Vec<Observation> = values
        .iter()
        .zip(&authors)
        .map(|(&time, author)| Observation { length: Millis::new(time), ended: author % 9 > 0 })
        .collect();
    bencher.bench_local(|| survival(black_box(&items)));
}
