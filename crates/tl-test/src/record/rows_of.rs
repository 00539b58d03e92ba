//! What was gathered as rows of the lake, and as what each test's state is to take in.
//!
//! In: one run's executions, and the tables. Out: [`Rows`] in the order of the reports, and the
//! executions of each test together. Start at [`Resolved::new`].
//! **Invariant:** two names of one test are one row: the worst of them, attempt by attempt.

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::test::Signature;
use tl_core::time::Timestamp;
use tl_lake::rows::{Row, Rows};

use super::dims::Dims;
use super::gather::{Gathered, Held, Reason};
use crate::infra;
use crate::state::{Execution, RunOfTest};

/// Where a run stands in the tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) commit: u32,
    pub(super) variant: u32,
    pub(super) run: u32,
    pub(super) at: Timestamp,
    /// What stands for the job.
    pub(super) job: u32,
    /// Which attempt of the pipeline.
    pub(super) attempt: u32,
    /// Whether what ran is in no default branch yet.
    pub(super) unmerged: bool,
}

/// Executions with the rows of their tests and reasons.
#[derive(Debug)]
pub(super) struct Resolved {
    /// In the order of the reports; `name` and `reason` are rows of the tables.
    held: Vec<Held>,
    /// Positions in `held`, by test and attempt.
    order: Vec<u32>,
    /// Names that were another name of a test of this run.
    pub(super) merged: u64,
}

impl Resolved {
    /// Finds or makes the rows of all tests and reasons. `shared`: the reasons that are no test's own.
    pub(super) fn new(gathered: &Gathered, shared: &FxHashSet<Signature>, dims: &mut Dims) -> Self {
        let reasons = gathered.reasons.iter().map(|reason| {
            let is_shared = reason.infra.is_empty() && shared.contains(&reason.signature);
            let infra = if is_shared { infra::SHARED } else { reason.infra };
            dims.reason(&Reason { infra, ..reason.clone() })
        });
        let reasons: Vec<u32> = reasons.collect();
        let names = 0..gathered.names.len() as u32;
        let rows: Vec<u32> =
            // What was encoded can be decoded.
            names.map(|name| dims.test(gathered.names.get(name)).unwrap_or(u32::MAX)).collect();
        let mut distinct = rows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let merged = (rows.len() - distinct.len()) as u64;
        let mut held: Vec<Held> = gathered
            .held
            .iter()
            .map(|held| Held {
                name: rows[held.name as usize],
                reason: held.reason.checked_sub(1).map_or(0, |reason| reasons[reason as usize]),
                ..*held
            })
            .collect();
        if merged > 0 {
            held = merge(&held);
        }
        let mut order: Vec<u32> = (0..held.len() as u32).collect();
        order.sort_unstable_by_key(|at| {
            let held = &held[*at as usize];
            (held.name, held.attempt)
        });
        Self { held, order, merged }
    }

    /// The rows of the lake.
    pub(super) fn rows(&self, place: &Place) -> Rows {
        let mut rows = Rows::default();
        for held in &self.held {
            rows.push(Row {
                test: held.name,
                commit: place.commit,
                variant: place.variant,
                run: place.run,
                at: place.at.as_millis(),
                status: held.status as u8,
                attempt: held.attempt,
                ms: held.ms,
                signature: held.reason,
            });
        }
        rows
    }

    /// The rows of tests, ascending, each once.
    pub(super) fn tests(&self) -> impl Iterator<Item = u32> + '_ {
        let names = self.order.iter().map(|at| self.held[*at as usize].name);
        let mut before = None;
        names.filter(move |name| before.replace(*name) != Some(*name))
    }

    /// Hands on each test, ascending, with what its state takes in.
    pub(super) fn each(
        &self,
        place: &Place,
        dims: &Dims,
        mut each: impl FnMut(u32, &RunOfTest<'_>),
    ) {
        let mut attempts: Vec<Execution> = Vec::new();
        let same = |one: &u32, other: &u32| {
            self.held[*one as usize].name == self.held[*other as usize].name
        };
        for of_test in self.order.chunk_by(same) {
            attempts.clear();
            let held = || of_test.iter().map(|at| &self.held[*at as usize]);
            attempts.extend(held().map(|held| Execution {
                status: held.status,
                signature: held.reason,
                infra: dims.is_infra(held.reason),
            }));
            let first = held().find(|held| held.status.ran());
            let Some(test) = held().next().map(|held| held.name) else { continue };
            each(
                test,
                &RunOfTest {
                    commit: place.commit,
                    at: place.at,
                    job: place.job,
                    attempt: place.attempt,
                    unmerged: place.unmerged,
                    attempts: &attempts,
                    ms: first.map_or(0, |held| held.ms),
                },
            );
        }
    }
}

/// Makes one of each test's attempts that have several rows.
fn merge(held: &[Held]) -> Vec<Held> {
    let mut merged: Vec<Held> = Vec::with_capacity(held.len());
    let mut places: FxHashMap<(u32, u8), usize> = FxHashMap::default();
    for held in held {
        let place = *places.entry((held.name, held.attempt)).or_insert(merged.len());
        match merged.get_mut(place) {
            Some(known) => known.merge(held),
            None => merged.push(*held),
        }
    }
    merged
}
