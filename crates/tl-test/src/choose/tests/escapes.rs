use rustc_hash::FxHashSet;
use tl_core::test::TestKey;

use super::Case;
use crate::choose::escaped::{ALLOWED, DecodeError, Escapes, escaped};
use crate::choose::select::{Limit, select};

fn reds(case: &Case, numbers: &[usize]) -> FxHashSet<TestKey> {
    numbers.iter().map(|number| case.tests[*number].id).collect()
}

#[test]
fn a_red_test_that_was_skipped_has_escaped() {
    let case = Case::shop(&["src/shop/cart.py"]);
    let selection = case.select();
    let missed = escaped(&selection, &reds(&case, &[0, 19]));
    assert_eq!((missed.red, missed.escaped), (2, 1));
    assert_eq!(missed.tests, [case.tests[19].id]);
    let mut everything = Case::shop(&["uv.lock"]);
    let stranger = everything.tests.pop().expect("a test").id;
    let missed = escaped(&everything.select(), &[stranger].into_iter().collect());
    assert_eq!((missed.red, missed.escaped), (1, 0));
    let missed = escaped(&selection, &[TestKey([9; 12])].into_iter().collect());
    assert_eq!((missed.red, missed.escaped), (1, 1));
}

#[test]
fn the_limit_is_the_highest_score_that_lets_one_in_a_hundred_go() {
    let case = Case::shop(&["src/shop/cart.py"]);
    let selection = case.select();
    let mut seen = Escapes::default();
    // The test that is called like the source fails, and once in 200 runs another one does.
    for run in 0..200 {
        seen.fold(&selection, &reds(&case, if run == 0 { &[19] } else { &[0] }));
        assert_eq!(seen.threshold(ALLOWED).is_some(), run >= 99);
    }
    let least = seen.threshold(ALLOWED).expect("200 red tests");
    let expected = seen.expected(least);
    assert_eq!((expected.runs, expected.red, expected.escaped), (200, 200, 1));
    assert!(expected.spared > 0.5, "{expected:?}");
    let chosen = select(&case.choice(), Limit::Score(least));
    assert_eq!(escaped(&chosen, &reds(&case, &[0])).escaped, 0);
    assert_eq!(chosen.run, 4);
    // Where nothing may be missed, the one failure keeps the limit below it.
    let strict = seen.threshold(0.0).expect("200 red tests");
    assert_eq!(seen.expected(strict).escaped, 0);
    assert!(strict < least);
}

#[test]
fn counts_read_as_they_are_written() {
    let case = Case::shop(&["src/shop/cart.py"]);
    let mut seen = Escapes::default();
    seen.fold(&case.select(), &reds(&case, &[3]));
    assert_eq!(Escapes::decode(&seen.encode()), Ok(seen));
    assert_eq!(Escapes::decode(&[]), Ok(Escapes::default()));
    assert_eq!(Escapes::decode(&[1, 2, 3]), Err(DecodeError));
    assert_eq!(Escapes::decode(&[7]), Err(DecodeError));
}

#[test]
fn old_runs_fade() {
    let case = Case::shop(&["src/shop/cart.py"]);
    let selection = case.select();
    let mut seen = Escapes::default();
    (0..2_500).for_each(|_| seen.fold(&selection, &reds(&case, &[0])));
    let expected = seen.expected(0.0);
    assert!(expected.runs < 2_000 && expected.red == expected.runs, "{expected:?}");
}
