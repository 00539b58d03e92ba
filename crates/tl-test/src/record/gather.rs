//! One run's results on their way into history.
//!
//! In: [`Case`]s, report by report, in the order in which they were read. Out: executions, small and
//! without texts. Start at [`Gathered::add`]. **Invariants:** a test that stands in a report twice is
//! as bad as the worst of the two, unless the format or the team says that the second was a retry, as
//! [`crate::reds`] has it; what is held is one small row for each execution, and each name once.

use rustc_hash::FxHashMap;
use tl_core::test::{Signature, Status, TestName};

use super::names::{self, Names};
use crate::infra::{self, Broad};
use crate::read::{Case, Failure};
use crate::signature;

/// No execution.
const NONE: u32 = u32::MAX;

/// Characters of the text behind a signature that are kept.
const TEMPLATE: usize = 1_000;

/// Reasons to fail of one run: more are one unknown reason.
const REASONS: usize = 1 << 16;

/// One execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    /// Number of its name in [`Gathered`].
    pub(super) name: u32,
    /// Number of its reason to fail, from 1; 0: none.
    pub(super) reason: u32,
    /// Duration in milliseconds; 0 where it is not known.
    pub(super) ms: u32,
    /// The execution of this test before it.
    pub(super) earlier: u32,
    pub(super) attempt: u8,
    pub(super) status: Status,
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) signature: Signature,
    /// The class of failures of machines; empty for the test's own.
    pub(super) infra: &'static str,
    pub(super) template: String,
}

/// Results of one run.
#[derive(Debug, Default)]
pub struct Gathered {
    retries: bool,
    pub(super) names: Names,
    /// The newest execution of each name.
    newest: Vec<u32>,
    pub(super) held: Vec<Held>,
    pub(super) reasons: Vec<Reason>,
    by_reason: FxHashMap<(Signature, &'static str), u32>,
    pub(super) cases: u64,
    pub(super) red: u64,
    pub(super) skipped: u64,
    pub(super) micros: u64,
    scratch: Vec<u8>,
}

impl Gathered {
    /// None yet. `retries`: a test that a report holds twice was tried again, and the last of them
    /// counts, as the JUnit of Gradle and of pytest-rerunfailures means it.
    pub fn new(retries: bool) -> Self {
        Self { retries, ..Self::default() }
    }

    /// Whether nothing was added.
    pub const fn is_empty(&self) -> bool {
        self.cases == 0
    }

    /// Different tests so far.
    pub const fn tests(&self) -> usize {
        self.names.len()
    }

    /// Takes in one case.
    pub fn add(&mut self, case: &Case) {
        self.cases += 1;
        self.red += u64::from(case.status.is_red());
        self.skipped += u64::from(!case.status.ran());
        self.micros = self.micros.saturating_add(case.micros.unwrap_or(0));
        self.scratch.clear();
        names::encode(&case.test, &mut self.scratch);
        let name = self.names.intern(&self.scratch);
        if name as usize == self.newest.len() {
            self.newest.push(NONE);
        }
        let reason = match &case.failure {
            Some(failure) if case.status.is_red() => self.reason(failure),
            _ => 0,
        };
        let newest = self.newest[name as usize];
        let attempt = if self.retries && newest != NONE {
            case.attempt.max(u32::from(self.highest(newest)) + 1)
        } else {
            case.attempt.max(1)
        };
        let attempt = u8::try_from(attempt).unwrap_or(u8::MAX);
        let held =
            Held { name, reason, ms: millis(case), earlier: newest, attempt, status: case.status };
        let mut row = newest;
        while let Some(known) = self.held.get_mut(row as usize) {
            if known.attempt == attempt {
                known.merge(&held);
                return;
            }
            row = known.earlier;
        }
        self.newest[name as usize] = self.held.len() as u32;
        self.held.push(held);
    }

    /// The tests' own reasons that several unrelated ones failed for at first.
    pub(super) fn broad(&self) -> Vec<Broad> {
        let is_red = |held: &&Held| held.attempt == 1 && held.status.is_red() && held.reason > 0;
        let mut counts = vec![0_u64; self.reasons.len()];
        for held in self.held.iter().filter(is_red) {
            counts[held.reason as usize - 1] += 1;
        }
        let several = |held: &&Held| {
            let row = held.reason as usize - 1;
            counts[row] >= infra::SEVERAL && self.reasons[row].infra.is_empty()
        };
        let red: Vec<(Signature, TestName)> = (self.held.iter().filter(is_red).filter(several))
            .filter_map(|held| {
                let name = names::decode(self.names.get(held.name))?;
                Some((self.reasons[held.reason as usize - 1].signature, name))
            })
            .collect();
        let is_first = |held: &&Held| held.attempt == 1 && held.status.ran();
        let ran = self.held.iter().filter(is_first).count() as u64;
        infra::broad(red.iter().map(|(reason, test)| (*reason, test)), ran)
    }

    /// The highest attempt of a test.
    fn highest(&self, newest: u32) -> u8 {
        let mut row = newest;
        let mut highest = 0;
        while let Some(held) = self.held.get(row as usize) {
            highest = highest.max(held.attempt);
            row = held.earlier;
        }
        highest
    }

    /// The number of a reason to fail.
    fn reason(&mut self, failure: &Failure) -> u32 {
        let infra = infra::of(failure).unwrap_or_default();
        let (signature, mut template) = signature::of(failure);
        if signature.is_none() && infra.is_empty() {
            return 0;
        }
        if let Some(known) = self.by_reason.get(&(signature, infra)) {
            return *known;
        }
        if self.reasons.len() >= REASONS {
            return 0;
        }
        template.truncate(template.floor_char_boundary(TEMPLATE));
        self.reasons.push(Reason { signature, infra, template });
        let number = self.reasons.len() as u32;
        self.by_reason.insert((signature, infra), number);
        number
    }
}

impl Held {
    /// Two results of one attempt are one, as bad as the worse of them: what failed, failed; what
    /// passed once was not skipped.
    pub(super) fn merge(&mut self, other: &Self) {
        let rank = |status: Status| match status {
            Status::Skipped => 0,
            Status::Passed => 1,
            red => red as u8,
        };
        if rank(other.status) > rank(self.status) {
            self.status = other.status;
            self.reason = other.reason;
        } else if self.reason == 0 && self.status.is_red() {
            self.reason = other.reason;
        }
        self.ms = self.ms.saturating_add(other.ms);
    }
}

/// A duration that is known takes a millisecond at least.
fn millis(case: &Case) -> u32 {
    let rounded = |micros: u64| u32::try_from((micros.saturating_add(500) / 1_000).max(1));
    case.micros.map_or(0, |micros| rounded(micros).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, status: Status, attempt: u32) -> Case {
        let message = "the sum was wrong".to_owned();
        Case {
            test: TestName { name: name.to_owned(), ..TestName::default() },
            status,
            micros: Some(1_700),
            started: None,
            failure: status.is_red().then(|| Failure { message, ..Failure::default() }),
            attempt,
            line: None,
            at_line: 1,
            order: 0,
        }
    }

    fn held(retries: bool, cases: &[Case]) -> Vec<(u32, u8, Status, u32)> {
        let mut gathered = Gathered::new(retries);
        cases.iter().for_each(|case| gathered.add(case));
        gathered.held.iter().map(|h| (h.name, h.attempt, h.status, h.ms)).collect()
    }

    #[test]
    fn a_name_that_occurs_twice_is_one_row_as_bad_as_the_worst() {
        let [failed, passed, skipped] = [
            case("adds", Status::Failed, 1),
            case("adds", Status::Passed, 1),
            case("adds", Status::Skipped, 1),
        ];
        for cases in [[failed.clone(), passed.clone()], [passed.clone(), failed]] {
            assert_eq!(held(false, &cases), [(0, 1, Status::Failed, 4)]);
        }
        for cases in [[skipped.clone(), passed.clone()], [passed, skipped]] {
            assert_eq!(held(false, &cases), [(0, 1, Status::Passed, 4)]);
        }
    }

    #[test]
    fn attempts_are_rows_of_their_own() {
        let said = [case("adds", Status::Failed, 1), case("adds", Status::Passed, 2)];
        let rows = [(0, 1, Status::Failed, 2), (0, 2, Status::Passed, 2)];
        assert_eq!(held(false, &said), rows);
        let untold = [case("adds", Status::Failed, 1), case("adds", Status::Passed, 1)];
        assert_eq!(held(true, &untold), rows);
    }

    #[test]
    fn equal_reasons_are_one() {
        let mut gathered = Gathered::new(false);
        for name in ["adds", "subtracts", "divides"] {
            gathered.add(&case(name, Status::Failed, 1));
        }
        assert_eq!(gathered.reasons.len(), 1);
        assert!(gathered.held.iter().all(|held| held.reason == 1));
        assert_eq!((gathered.cases, gathered.red, gathered.tests()), (3, 3, 3));
    }
}
