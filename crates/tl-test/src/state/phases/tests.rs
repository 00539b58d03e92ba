//! Change points against the evidence that the rule is known to need.

use super::*;

/// Blocks of runs of one color: `(red, runs)`, a commit a run.
fn blocks(colors: &[(bool, u32)]) -> Vec<Block> {
    let mut commit = 0;
    let block = |(red, runs): &(bool, u32)| {
        let from = commit;
        commit += runs;
        Block { commit: from, last: commit - 1, runs: *runs, red: u32::from(*red) * runs }
    };
    colors.iter().map(block).collect()
}

fn starts(colors: &[(bool, u32)]) -> Vec<u32> {
    within(&blocks(colors), (0, 0), &[]).iter().map(|phase| phase.from).collect()
}

#[test]
fn a_long_clean_past_makes_few_failures_a_change() {
    for (clean, failures) in [(10, 6), (20, 4), (50, 3), (100, 2), (500, 2)] {
        let before = starts(&[(false, clean), (true, failures - 1)]);
        assert_eq!(before, [0], "{clean} clean runs and {} failures", failures - 1);
        assert_eq!(starts(&[(false, clean), (true, failures)]), [0, clean]);
    }
}

#[test]
fn many_failures_need_fewer_passes_to_be_over() {
    for (failures, passes) in [(5, 11), (10, 6), (50, 3)] {
        let found = starts(&[(false, 100), (true, failures), (false, passes)]);
        assert_eq!(found, [0, 100, 100 + failures], "{failures} failures, {passes} passes");
        let fewer = starts(&[(false, 100), (true, failures), (false, passes - 1)]);
        assert_eq!(fewer.len(), 2, "{failures} failures, {} passes", passes - 1);
    }
}

#[test]
fn the_cause_lies_between_the_last_good_commit_and_the_first_bad_one() {
    let mut found = blocks(&[(false, 100), (true, 20)]);
    // Nobody tested the ten commits between.
    found[1].commit += 10;
    found[1].last += 10;
    let phases = within(&found, (0, 0), &[]);
    assert_eq!(phases[1].cause, (99, 110));
    assert_eq!((phases[1].from, phases[1].runs, phases[1].red), (110, 20, 20));
}

#[test]
fn a_cause_that_is_unsure_is_a_range() {
    // Failed once three commits before it failed for good.
    let colors = [(false, 100), (true, 1), (false, 3), (true, 5), (false, 1), (true, 6)];
    let phases = within(&blocks(&colors), (0, 0), &[]);
    let last = phases.last().unwrap();
    let (good, bad) = last.cause;
    assert!(good < last.from && last.from <= bad, "{last:?}");
    assert!(good == 99 && bad == 104, "{last:?}");
}

#[test]
fn commits_with_both_results_belong_to_their_phase() {
    let at = Timestamp::from_seconds(0);
    let found = within(&blocks(&[(false, 100), (true, 20)]), (0, 0), &[(3, at), (110, at)]);
    assert_eq!(found.iter().map(|phase| phase.divergent).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn nothing_is_no_phase() {
    assert!(phases(&TestState::default()).is_empty());
    assert!(starts(&[]).is_empty());
}
