mod escapes;
mod properties;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use tl_core::test::{Status, TestKey, TestName};
use tl_core::time::{Millis, Timestamp};

use super::cofail::{self, CoFail};
use super::imports::Scan;
use super::select::{Limit, Selection, select};
use super::*;

pub(super) fn now() -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000)
}

/// A test in a file of Python that ran 100 times, green, a second each.
pub(super) fn candidate(number: u32, file: &str, name: &str) -> Candidate {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&number.to_be_bytes());
    Candidate {
        id: TestKey(id),
        test: TestName { file: file.to_owned(), name: name.to_owned(), ..TestName::default() },
        past: Past {
            runs: 100,
            last: Some(Status::Passed),
            p75_ms: Some(1_000),
            ..Past::default()
        },
    }
}

pub(super) fn change(files: &[&str]) -> Change {
    Change { files: files.iter().map(|file| (*file).to_owned()).collect(), ..Change::default() }
}

/// What a choice is made of, owned.
#[derive(Debug, Default)]
pub(super) struct Case {
    pub(super) tests: Vec<Candidate>,
    pub(super) change: Option<Change>,
    pub(super) cofail: CoFail,
    pub(super) coverage: Vec<Covers>,
    pub(super) imports: Option<Imports>,
    pub(super) failed: FxHashSet<TestKey>,
}

impl Case {
    /// A shop of 20 files with a test each.
    pub(super) fn shop(files: &[&str]) -> Self {
        let tests = (0..20)
            .map(|number| {
                let name = ["cart", "bill", "users", "names", "stock"][number as usize % 5];
                let file = format!("tests/test_{name}_{number}.py");
                candidate(number, &file, &format!("test_{name}"))
            })
            .collect();
        Self { tests, change: Some(change(files)), ..Self::default() }
    }

    pub(super) fn choice(&self) -> Choice<'_> {
        Choice {
            tests: &self.tests,
            change: self.change.as_ref(),
            cofail: &self.cofail,
            coverage: &self.coverage,
            imports: self.imports.as_ref(),
            failed: &self.failed,
            weights: None,
            now: now(),
        }
    }

    pub(super) fn select(&self) -> Selection {
        select(&self.choice(), Limit::default())
    }
}

fn signals(chosen: &Chosen) -> Vec<Signal> {
    chosen.why.iter().map(|why| why.signal).collect()
}

fn named<'a>(tests: &'a [Chosen], file: &str) -> &'a Chosen {
    tests.iter().find(|chosen| chosen.test.file == file).expect("a test of this file")
}

#[test]
fn an_edited_test_is_first_and_says_so() {
    let case = Case::shop(&["tests/test_users_7.py", "src/shop/cart.py"]);
    let order = order(&case.choice());
    assert_eq!(order[0].test.file, "tests/test_users_7.py");
    assert_eq!(order[0].why[0].text, "`tests/test_users_7.py` is edited");
    assert!(order.iter().all(|chosen| chosen.run) && order.len() == 20);
    // Behind it those that are called like the source.
    let next: Vec<&str> = order[1..5].iter().map(|chosen| chosen.test.name.as_str()).collect();
    assert_eq!(next, ["test_cart"; 4]);
    assert!(signals(&order[1]).contains(&Signal::SimilarName), "{:?}", order[1]);
}

#[test]
fn history_alone_orders_what_nothing_connects_with_the_change() {
    let mut case = Case::shop(&["src/zzz.py"]);
    case.tests[4].past = Past { decayed: 3.0, red: 3, since_red: Some(4), ..case.tests[4].past };
    case.tests[9].past.p75_ms = Some(60_000);
    case.tests[11].past = Past::default();
    let order = order(&case.choice());
    assert_eq!(order[0].id, case.tests[4].id);
    assert_eq!(order[1].id, case.tests[11].id);
    assert_eq!(order[19].id, case.tests[9].id);
    let history = order[0].why.iter().find(|why| why.signal == Signal::History).expect("history");
    assert_eq!(history.text, "red in 3 of 100 runs, last 4 runs ago; it takes 1.0 s");
}

#[test]
fn every_link_with_the_change_counts_and_is_told() {
    let mut case = Case::shop(&["src/shop/zzz.py", "lib/other.py"]);
    let of = |number: usize| case.tests[number].id;
    let (covered, other, failed, cofailed, flaky) = (of(0), of(1), of(2), of(3), of(4));
    let lines = |first, last| vec![(first, last)];
    let covers = |test, lines| Covers {
        test,
        file: "src/shop/zzz.py".into(),
        lines: Some(lines),
        at: now(),
    };
    case.coverage = vec![covers(covered, lines(10, 20)), covers(other, lines(30, 40))];
    let change = case.change.as_mut().expect("a change");
    change.lines = BTreeMap::from([("src/shop/zzz.py".to_owned(), lines(15, 16))]);
    change.text = "Fixes test_names_13.py".to_owned();
    case.failed.insert(failed);
    for _ in 0..50 {
        cofail::fold(&mut case.cofail, &["src/users.py"], &[], now());
    }
    cofail::fold(&mut case.cofail, &["lib/other.py"], &[cofailed], now());
    case.tests[4].past.flaky = true;
    let mut scan = Scan::default();
    scan.add("src/shop/zzz.py", "");
    scan.add(&case.tests[6].test.file, "from shop.zzz import stock\n");
    case.imports = Some(scan.finish());
    let order = order(&case.choice());
    let of = |id: TestKey| order.iter().find(|chosen| chosen.id == id).expect("the test");
    let told = |id: TestKey, signal: Signal, text: &str| {
        let why = of(id).why.iter().find(|why| why.signal == signal);
        assert_eq!(why.map(|why| why.text.as_str()), Some(text));
    };
    told(covered, Signal::Covers, "it runs line 15 of `src/shop/zzz.py`, which changes");
    told(other, Signal::Covers, "it runs other lines of `src/shop/zzz.py` than change");
    told(failed, Signal::FailedInRequest, "red in an earlier run of this request");
    told(cofailed, Signal::CoFailed, "red in 1.0 of 1.0 changes of `lib/other.py`, else in 2.9 %");
    told(flaky, Signal::KnownFlake, "it fails now and then without a change");
    told(case.tests[6].id, Signal::Imports, "it imports `src/shop/zzz.py`");
    told(case.tests[13].id, Signal::Mentioned, "the request names its file");
    let ids: Vec<TestKey> = order.iter().map(|chosen| chosen.id).collect();
    assert_eq!(ids[..2], [failed, covered]);
    assert_eq!(ids[19], flaky);
}

#[test]
fn a_selection_takes_half_of_the_time_and_says_why_the_rest_is_skipped() {
    let mut case = Case::shop(&["src/shop/cart.py"]);
    case.tests[19].past = Past { red: 3, since_red: Some(412), runs: 500, ..case.tests[19].past };
    let selection = case.select();
    assert_eq!(selection.everything, Vec::<String>::new());
    assert_eq!((selection.run, selection.skipped), (10, 10));
    assert_eq!((selection.seconds, selection.all_seconds), (10.0, 20.0));
    let skipped = named(&selection.tests, "tests/test_stock_19.py");
    assert!(!skipped.run);
    let because = "no signal; red in 3 of 500 runs, last 412 runs ago (score ";
    assert!(skipped.because.starts_with(because), "{}", skipped.because);
    assert!(skipped.because.ends_with("50 % of the time go to higher ones)"));
    assert!(signals(skipped).contains(&Signal::Nothing));
    let run = named(&selection.tests, "tests/test_cart_0.py");
    assert!(run.run && run.because.starts_with("called like `src/shop/cart.py`"), "{run:?}");
}

#[test]
fn what_may_not_be_skipped_is_run_whatever_it_costs() {
    let mut case = Case::shop(&["src/shop/cart.py", "tests/test_users_12.py", "README.md"]);
    case.tests[1].past = Past { runs: 9, last: Some(Status::Failed), ..Past::default() };
    case.tests[2].past = Past::default();
    case.failed.insert(case.tests[3].id);
    let hour = Some(3_600_000);
    for number in [1, 2, 3, 12, 8] {
        case.tests[number].past.p75_ms = hour;
    }
    let covers = |test, file: &str| Covers { test, file: file.into(), lines: None, at: now() };
    case.coverage = vec![covers(case.tests[8].id, "src/shop/cart.py")];
    let selection = select(&case.choice(), Limit::Time(0.1));
    assert_eq!(selection.everything, Vec::<String>::new());
    let mut run: Vec<u32> = selection
        .tests
        .iter()
        .filter(|test| test.run)
        .map(|test| u32::from_be_bytes([test.id.0[0], test.id.0[1], test.id.0[2], test.id.0[3]]))
        .collect();
    run.sort_unstable();
    assert_eq!(run, [1, 2, 3, 8, 12]);
    let because = |number: usize| {
        let id = case.tests[number].id;
        selection.tests.iter().find(|test| test.id == id).map(|test| test.because.as_str())
    };
    assert_eq!(because(1), Some("its last run was red"));
    assert_eq!(because(2), Some("it has never run"));
    assert_eq!(because(3), Some("red in an earlier run of this request"));
    assert_eq!(because(8), Some("it runs `src/shop/cart.py`"));
    assert_eq!(because(12), Some("`tests/test_users_12.py` is edited"));
}

#[track_caller]
fn assert_everything(case: &Case, reason: &str) {
    let selection = case.select();
    assert!(selection.everything.iter().any(|why| why.contains(reason)), "{reason}: {selection:?}");
    assert!(selection.tests.iter().all(|test| test.run && !test.because.is_empty()));
    assert_eq!((selection.run, selection.skipped), (20, 0));
}

#[test]
fn everything_is_run_where_a_change_reaches_too_far() {
    for (file, reason) in [
        ("uv.lock", "which versions of dependencies"),
        ("pyproject.toml", "how it is built and tested"),
        (".github/workflows/ci.yml", "what CI does"),
        ("shop/migrations/0002_more.py", "changes a database"),
        ("config/prices.yaml", "of a kind that any test may read"),
        ("tests/conftest.py", "is shared by tests"),
        ("tests/fixtures/cart.json", "is shared by tests"),
        ("tests/test_new.py", "in which no known test stands"),
    ] {
        assert_everything(&Case::shop(&["src/shop/cart.py", file]), reason);
    }
    let many: Vec<String> = (0..201).map(|file| format!("src/{file}.py")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_everything(&Case::shop(&many), "201 files are touched");
}

#[test]
fn everything_is_run_where_too_little_is_known() {
    let mut case = Case::shop(&["src/shop/cart.py"]);
    for number in 0..3 {
        case.tests[number].past = Past::default();
    }
    assert_everything(&case, "3 of 20 tests have no history");
    let mut case = Case::shop(&[]);
    case.change = None;
    assert_everything(&case, "it is not known what the change touches");
    let mut case = Case::shop(&["src/shop/cart.py"]);
    let at = now() - Millis::days(15);
    let (test, file) = (case.tests[0].id, "src/shop/cart.py".to_owned());
    case.coverage = vec![Covers { test, file, lines: None, at }];
    assert_everything(&case, "coverage of `src/shop/cart.py` is of 2025-12-17");
    // Of a file that is not touched it does not matter.
    case.coverage[0].file = "src/shop/other.py".to_owned();
    assert_eq!(case.select().everything, Vec::<String>::new());
}

#[test]
fn documents_removed_tests_and_snapshots_of_known_tests_reach_no_further() {
    let mut case = Case::shop(&["README.md", "docs/cart.png", "tests/test_gone.py"]);
    case.change.as_mut().expect("a change").removed =
        BTreeSet::from(["tests/test_gone.py".to_owned()]);
    let selection = case.select();
    assert_eq!(selection.everything, Vec::<String>::new());
    let mut case = Case::shop(&["web/__snapshots__/cart.test.ts.snap"]);
    case.tests[3].test.file = "web/cart.test.ts".to_owned();
    let selection = case.select();
    assert_eq!(selection.everything, Vec::<String>::new());
    assert_eq!(selection.tests[0].because, "`web/cart.test.ts` is edited");
}

#[test]
fn a_test_is_found_by_the_path_that_its_file_had() {
    let mut case = Case::shop(&["tests/test_prices.py"]);
    let renamed = [("tests/test_prices.py".to_owned(), "tests/test_cart_5.py".to_owned())];
    case.change.as_mut().expect("a change").renamed = BTreeMap::from(renamed);
    let order = order(&case.choice());
    assert_eq!(order[0].test.file, "tests/test_cart_5.py");
    assert_eq!(order[0].why[0].signal, Signal::EditedTest);
}

#[test]
fn tests_of_a_file_that_is_gone_are_not_run() {
    let gone = "tests/test_cart_5.py";
    for files in [vec![gone], vec![gone, "uv.lock"]] {
        let mut case = Case::shop(&files);
        case.change.as_mut().expect("a change").removed = BTreeSet::from([gone.to_owned()]);
        let selection = case.select();
        let test = named(&selection.tests, gone);
        assert_eq!(
            (test.run, test.because.as_str()),
            (false, "the file that it stands in is removed")
        );
        assert!(!named(&order(&case.choice()), gone).run);
    }
}

#[test]
fn no_tests_at_all_are_no_reason_for_anything() {
    let selection = Case { change: Some(change(&["a.lock"])), ..Case::default() }.select();
    assert_eq!(selection, Selection::default());
}
