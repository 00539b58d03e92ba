//! The red tests of a run, out of the cases of all its reports.
//!
//! In: [`Case`]s, report by report. Out: one [`Red`] per test that was red, with all its attempts.
//! Start at [`Reds::add`]. **Invariants:** a test that stands in a report twice is as bad as the
//! worst of the two, unless the format or the team says that the second was a retry; what is kept
//! grows with the red tests, not with the report.

use rustc_hash::FxHashMap;
use tl_core::test::{Status, TestKey};

use crate::gate::Red;
use crate::read::{Case, name};
use crate::{infra, signature};

/// Characters of a failure that are kept for people.
const SHOWN: usize = 2_000;

/// Signatures of one test that are kept: more attempts than this nobody makes.
const ATTEMPTS: usize = 32;

/// Red tests, gathered.
#[derive(Debug, Default)]
pub struct Reds {
    /// Whether a test that a report holds twice was tried again.
    retries: bool,
    variant: String,
    rows: FxHashMap<TestKey, usize>,
    list: Vec<Gathered>,
}

#[derive(Debug)]
struct Gathered {
    red: Red,
    /// Attempts so far.
    attempts: u32,
}

impl Reds {
    /// None yet. `retries`: a test that a report holds twice was tried again, and the last of them
    /// counts, as the JUnit of Gradle and of pytest-rerunfailures means it.
    pub fn new(variant: &str, retries: bool) -> Self {
        Self { retries, variant: variant.to_owned(), ..Self::default() }
    }

    /// Takes in one case.
    pub fn add(&mut self, case: &Case) {
        if !case.status.is_red() && self.list.is_empty() {
            return;
        }
        let key = name::key(&case.test);
        let retried = self.retries || case.attempt > 1;
        if !case.status.is_red() {
            let known = self.rows.get(&key).map(|row| &mut self.list[*row]);
            if let Some(known) = known.filter(|_| case.status == Status::Passed && retried) {
                known.attempts = known.attempts.max(case.attempt.max(known.attempts + 1));
                known.red.passed_after = known.attempts;
            }
            return;
        }
        let failure = case.failure.clone().unwrap_or_default();
        let signed = signature::of(&failure).0;
        let infra = infra::of(&failure);
        let row = match self.rows.get(&key) {
            Some(row) => *row,
            None => {
                self.rows.insert(key, self.list.len());
                self.list.push(Gathered { red: self.red(key, case), attempts: 0 });
                self.list.len() - 1
            }
        };
        let known = &mut self.list[row];
        known.attempts =
            if retried { case.attempt.max(known.attempts + 1) } else { known.attempts.max(1) };
        let red = &mut known.red;
        red.passed_after = 0;
        red.status = red.status.max(case.status);
        if red.signatures.len() < ATTEMPTS && !red.signatures.contains(&signed) {
            red.signatures.push(signed);
        }
        // All of its failures have to be a machine's for the test to be out of it.
        red.infra =
            if red.failure.is_some() { red.infra.filter(|_| infra.is_some()) } else { infra };
        let mut failure = failure;
        for text in [&mut failure.message, &mut failure.text] {
            let end = text.floor_char_boundary(SHOWN);
            failure.cut += (text.len() - end) as u64;
            text.truncate(end);
        }
        red.failure = Some(failure);
    }

    /// Every red test, in the order in which they were met.
    pub fn finish(self) -> Vec<Red> {
        self.list.into_iter().map(|gathered| gathered.red).collect()
    }

    fn red(&self, key: TestKey, case: &Case) -> Red {
        Red {
            key,
            test: case.test.clone(),
            variant: self.variant.clone(),
            status: case.status,
            signatures: Vec::new(),
            passed_after: 0,
            failure: None,
            line: case.line,
            infra: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tl_core::test::TestName;

    use super::*;
    use crate::read::Failure;

    fn case(test: &str, status: Status, attempt: u32, message: &str) -> Case {
        let failure =
            status.is_red().then(|| Failure { message: message.to_owned(), ..Failure::default() });
        let test = TestName {
            class: "acme.Orders".to_owned(),
            name: test.to_owned(),
            ..TestName::default()
        };
        Case {
            test,
            status,
            micros: None,
            started: None,
            failure,
            attempt,
            line: None,
            at_line: 1,
            order: 0,
        }
    }

    fn reds(retries: bool, cases: &[Case]) -> Vec<Red> {
        let mut reds = Reds::new("", retries);
        cases.iter().for_each(|case| reds.add(case));
        reds.finish()
    }

    #[test]
    fn a_name_that_occurs_twice_is_as_bad_as_the_worst() {
        let failed = case("adds", Status::Failed, 1, "the sum was wrong");
        let passed = case("adds", Status::Passed, 1, "");
        for cases in [[failed.clone(), passed.clone()], [passed, failed]] {
            let found = reds(false, &cases);
            assert_eq!((found.len(), found[0].passed_after), (1, 0));
        }
    }

    #[test]
    fn what_passed_when_it_was_tried_again_says_so() {
        let cases = [
            case("adds", Status::Failed, 1, "the sum was wrong"),
            case("adds", Status::Failed, 2, "no answer in time"),
            case("adds", Status::Passed, 3, ""),
        ];
        let found = reds(false, &cases);
        assert_eq!((found[0].passed_after, found[0].signatures.len()), (3, 2));
        let untold = [
            case("adds", Status::Failed, 1, "the sum was wrong"),
            case("adds", Status::Passed, 1, ""),
        ];
        assert_eq!(reds(true, &untold)[0].passed_after, 2);
    }

    #[test]
    fn a_skip_after_a_failure_is_no_pass() {
        let cases = [
            case("adds", Status::Failed, 1, "the sum was wrong"),
            case("adds", Status::Skipped, 2, ""),
        ];
        assert_eq!(reds(true, &cases)[0].passed_after, 0);
    }

    #[test]
    fn a_failure_after_a_pass_is_red() {
        let cases = [
            case("adds", Status::Failed, 1, "the sum was wrong"),
            case("adds", Status::Passed, 2, ""),
            case("adds", Status::Failed, 3, "the sum was wrong"),
        ];
        assert_eq!(reds(false, &cases)[0].passed_after, 0);
    }

    #[test]
    fn one_failure_of_its_own_makes_a_test_more_than_a_victim() {
        let machine = case("adds", Status::Failed, 1, "No space left on device");
        let own = case("adds", Status::Failed, 2, "the sum was wrong");
        assert_eq!(reds(false, std::slice::from_ref(&machine))[0].infra, Some("disk-full"));
        assert_eq!(reds(false, &[machine.clone(), own.clone()])[0].infra, None);
        assert_eq!(reds(false, &[own, machine])[0].infra, None);
    }
}
