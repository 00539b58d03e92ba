use proptest::prelude::*;
use tl_core::test::{Status, TestName};

use super::{Case, candidate, change, now};
use crate::choose::escaped::Escapes;
use crate::choose::imports::Scan;
use crate::choose::select::{Limit, select};
use crate::choose::{Candidate, Covers, Past, order};

/// Names as reports of others may have them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}(/[a-z_]{1,8}){0,3}\\.(py|rs|ts|go|java|lock|md|xx)",
        "[a-z]{1,4}(\\.[A-Z][a-z]{1,6}){0,3}",
        "[a-z]{1,5}(::[a-z_]{1,8}){0,3}",
        "\\PC{0,20}",
        Just("/".repeat(3)),
        Just("\\..\\".to_owned()),
        Just("x".repeat(1_500)),
    ]
}

fn past() -> impl Strategy<Value = Past> {
    let last = prop::sample::select(vec![None, Some(Status::Passed), Some(Status::Failed)]);
    (any::<f64>(), 0_u32..50, any::<Option<u32>>(), any::<Option<u32>>(), any::<bool>(), last)
        .prop_map(|(decayed, runs, since_red, p75_ms, flaky, last)| Past {
            decayed,
            runs,
            red: runs / 2,
            since_red,
            last,
            p75_ms,
            flaky,
        })
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (text(), text(), text(), prop::collection::vec(text(), 0..3), past());
    prop::collection::vec(one, 0..25).prop_map(|all| {
        all.into_iter()
            .zip(0..)
            .map(|((file, class, name, suite, past), number)| Candidate {
                test: TestName { suite, class, name, file },
                past,
                ..candidate(number, "", "")
            })
            .collect()
    })
}

fn cases() -> impl Strategy<Value = Case> {
    (candidates(), prop::collection::vec(text(), 0..8), text(), prop::option::of(any::<u32>()))
        .prop_map(|(tests, files, words, line)| {
            let paths: Vec<&str> = files.iter().map(String::as_str).collect();
            let mut change = change(&paths);
            change.text = format!("{words} {}", files.join(" "));
            let mut case = Case { tests, change: Some(change), ..Case::default() };
            let mut scan = Scan::default();
            for (file, test) in files.iter().zip(&case.tests) {
                scan.add(file, &words);
                let lines = line.map(|line| vec![(line, line.saturating_add(9)), (9, 1)]);
                let covers = Covers { test: test.id, file: file.clone(), lines, at: now() };
                case.coverage.push(covers);
            }
            case.imports = Some(scan.finish());
            case
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every test is there once, with a reason in words, whatever it is called.
    #[test]
    fn every_test_is_decided_over_once(case in cases(), share in 0.0_f64..1.0) {
        let selection = select(&case.choice(), Limit::Time(share));
        prop_assert_eq!(selection.tests.len(), case.tests.len());
        prop_assert_eq!((selection.run + selection.skipped) as usize, case.tests.len());
        let mut ids: Vec<_> = selection.tests.iter().map(|test| test.id).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), case.tests.len());
        for test in &selection.tests {
            prop_assert!(!test.because.is_empty() && !test.why.is_empty());
            prop_assert!(test.score.is_finite());
        }
        prop_assert!(selection.tests.is_sorted_by(|a, b| a.score >= b.score));
        let mut seen = Escapes::default();
        seen.fold(&selection, &case.tests.iter().map(|test| test.id).collect());
        prop_assert_eq!(seen.expected(0.0).red as usize, case.tests.len());
    }

    /// The order does not depend on how the tests come.
    #[test]
    fn the_same_tests_have_the_same_order(case in cases()) {
        let ids = |case: &Case| order(&case.choice()).into_iter().map(|test| test.id).collect::<Vec<_>>();
        let there = ids(&case);
        let mut case = case;
        case.tests.reverse();
        prop_assert_eq!(there, ids(&case));
    }

    /// More time runs no test fewer, where all take the same.
    #[test]
    fn more_time_runs_more(less in 0.0_f64..1.0, more in 0.0_f64..1.0) {
        let case = Case::shop(&["src/shop/cart.py"]);
        let run = |share| select(&case.choice(), Limit::Time(share)).run;
        let (less, more) = (less.min(more), less.max(more));
        prop_assert!(run(less) <= run(more));
    }
}
