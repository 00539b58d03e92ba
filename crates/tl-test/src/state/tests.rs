//! What a state says, and the laws of folding it.

use proptest::prelude::*;
use tl_core::time::Timestamp;

use super::*;

const PASSED: Execution = Execution { status: Status::Passed, signature: 0, infra: false };
const FAILED: Execution = Execution { status: Status::Failed, signature: 7, infra: false };
const SKIPPED: Execution = Execution { status: Status::Skipped, signature: 0, infra: false };
const MACHINE: Execution = Execution { status: Status::Errored, signature: 8, infra: true };

fn run(commit: u32, attempts: &[Execution]) -> RunOfTest<'_> {
    let at = Timestamp::from_seconds(i64::from(commit) * 60);
    RunOfTest { commit, at, job: 1, attempt: 1, unmerged: false, attempts, ms: 20 }
}

fn folded(runs: &[RunOfTest<'_>]) -> TestState {
    let mut state = TestState::default();
    runs.iter().for_each(|run| fold(&mut state, run));
    state
}

/// A commit for each sign: `.` green, `F` red, `b` both by a retry.
fn told(signs: &str) -> TestState {
    let mut state = TestState::default();
    for (commit, sign) in (0_u32..).zip(signs.chars()) {
        let attempts: &[Execution] = match sign {
            '.' => &[PASSED],
            'F' => &[FAILED],
            'b' => &[FAILED, PASSED],
            other => panic!("`{other}` is no sign"),
        };
        fold(&mut state, &run(commit, attempts));
    }
    state
}

#[test]
fn first_attempts_are_counted() {
    let state = told("..F..b...");
    assert_eq!((state.runs, state.red, state.clean), (9, 2, 3));
    assert_eq!((state.flips, state.waits, state.last_status), (4, 2, 0));
    assert_eq!((state.divergent_all, state.divergent[0].0), (1, 5));
    assert_eq!(state.signatures.first().map(|(row, count, _)| (*row, *count)), Some((7, 2)));
}

#[test]
fn skipped_tests_are_no_runs() {
    let mut state = told("..F");
    let before = state.clone();
    fold(&mut state, &run(9, &[SKIPPED]));
    fold(&mut state, &run(10, &[]));
    assert_eq!(state, before);
    // What ran after a skip is what was tried first.
    fold(&mut state, &run(11, &[SKIPPED, FAILED]));
    assert_eq!((state.runs, state.red), (4, 2));
}

#[test]
fn failures_of_machines_are_counted_apart() {
    let mut state = told("....");
    let before = state.clone();
    fold(&mut state, &run(4, &[MACHINE, PASSED]));
    assert_eq!((state.infra, state.infra_last), (1, 4));
    assert_eq!((state.runs, state.red, state.clean, state.ema), (4, 0, 4, before.ema));
    assert_eq!((state.divergent_all, state.tries.iter().filter(|t| t.red > 0).count()), (0, 0));
    assert_eq!(phases(&state), phases(&before));
}

#[test]
fn two_jobs_of_a_commit_are_no_attempts_of_one_another() {
    let other = RunOfTest { job: 2, attempt: 2, ..run(5, &[PASSED]) };
    let state = folded(&[run(5, &[FAILED]), other]);
    assert_eq!((state.divergent_all, state.runs, state.red), (0, 1, 1));
    let same = RunOfTest { attempt: 2, ..run(5, &[PASSED]) };
    let state = folded(&[run(5, &[FAILED]), same]);
    assert_eq!((state.divergent_all, state.runs, state.red), (1, 1, 1));
}

#[test]
fn the_same_attempt_told_twice_is_no_retry() {
    // Somebody ran it red and green on one commit, and said that both were the first attempt: the
    // tree may have been another one.
    let state = folded(&[run(5, &[FAILED]), run(5, &[PASSED])]);
    assert_eq!((state.divergent_all, state.runs, state.red), (0, 2, 1));
}

#[test]
fn a_later_attempt_may_be_told_first() {
    let second = RunOfTest { attempt: 2, ..run(5, &[PASSED]) };
    let (a, b) = (run(5, &[FAILED]), second);
    assert_eq!(folded(&[a, b]), folded(&[b, a]));
}

#[test]
fn a_failure_behind_a_pass_is_no_retry_to_green() {
    let second = RunOfTest { attempt: 2, ..run(5, &[FAILED]) };
    assert_eq!(folded(&[run(5, &[PASSED]), second]).divergent_all, 0);
}

#[test]
fn a_rerun_days_later_still_finds_the_failure() {
    let mut state = told(&format!("F{}", ".".repeat(100)));
    assert_eq!(state.late, 0);
    fold(&mut state, &RunOfTest { attempt: 2, ..run(0, &[PASSED]) });
    assert_eq!((state.divergent_all, state.late), (1, 0));
}

#[test]
fn what_comes_too_late_is_counted_and_finds_a_place() {
    let mut state = told(&".".repeat(200));
    fold(&mut state, &run(100, &[FAILED]));
    assert_eq!((state.runs, state.red, state.late), (201, 1, 1));
    let blocks = state.blocks();
    assert_eq!(blocks.len(), 3, "{blocks:?}");
    assert_eq!(blocks.iter().map(|block| block.runs).sum::<u32>(), 201);
    assert_eq!((state.flips, state.clean), (2, 99));
    // A green one says what the block says already.
    fold(&mut state, &run(50, &[PASSED]));
    assert_eq!((state.blocks().len(), state.runs, state.late), (3, 202, 2));
}

#[test]
fn a_late_failure_of_the_first_or_last_commit_of_a_block_makes_that_one_mixed() {
    for commit in [20, 99] {
        let mut state = told(&format!("{}{}{}", "F".repeat(20), ".".repeat(80), "F".repeat(20)));
        fold(&mut state, &run(commit, &[FAILED]));
        let blocks = state.blocks();
        assert!(
            blocks.iter().any(|block| block.commit == commit
                && block.last == commit
                && (block.runs, block.red) == (2, 1)),
            "{blocks:?}"
        );
        assert_eq!(blocks.iter().map(|block| block.runs).sum::<u32>(), 121);
    }
}

/// A commit of a request for each sign, as in [`told`].
fn requested(state: &mut TestState, from: u32, signs: &str) {
    for (commit, sign) in (from..).zip(signs.chars()) {
        let attempts: &[Execution] = match sign {
            '.' => &[PASSED],
            'F' => &[FAILED],
            _ => &[FAILED, PASSED],
        };
        fold(state, &RunOfTest { unmerged: true, ..run(commit, attempts) });
    }
}

#[test]
fn what_a_request_breaks_is_no_change_of_the_default_branch() {
    let mut state = told(&".".repeat(40));
    let before = state.clone();
    requested(&mut state, 40, &"F".repeat(30));
    assert_eq!((state.runs, state.red, state.clean, state.waits), (40, 0, 40, 0));
    assert_eq!((state.unmerged, state.unmerged_red, state.last_status), (30, 30, 0));
    assert_eq!(phases(&state), phases(&before));
    // The window holds nothing else any more, and yet it is known how the branch stood.
    fold(&mut state, &run(70, &[FAILED]));
    requested(&mut state, 71, &".".repeat(40));
    assert_eq!((state.runs, state.red, state.clean), (41, 1, 0));
    assert_eq!(state.last_status, Status::Failed as u8);
    // What fails in requests is the likelier to fail.
    assert!(state.ema > 0.5 && state.weight > 14.0);
}

#[test]
fn both_results_of_a_request_are_evidence_like_others() {
    let mut state = told(&".".repeat(40));
    requested(&mut state, 40, ".b.");
    (43..53).for_each(|commit| fold(&mut state, &run(commit, &[PASSED])));
    assert_eq!((state.divergent_all, state.divergent[0].0), (1, 41));
    assert_eq!((state.runs, state.red, state.clean), (50, 0, 10));
}

#[test]
fn a_commit_that_was_tested_before_and_behind_its_merge_has_two_places() {
    let mut state = told("...");
    requested(&mut state, 3, "F");
    fold(&mut state, &run(3, &[PASSED]));
    let places: Vec<_> = state.recent.iter().map(|one| (one.commit, one.unmerged)).collect();
    assert_eq!(places[3..], [(3, false), (3, true)]);
    assert_eq!((state.runs, state.red, state.unmerged_red, state.clean), (4, 0, 1, 4));
    (4..19).for_each(|commit| fold(&mut state, &run(commit, &[PASSED])));
    let read = decode(&encode([(0, &state)])).unwrap();
    assert_eq!(read, [(0, state)]);
}

/// What the first version of this form wrote, of `told` and `told` again.
const FIRST_FORM: &str = "01035dc0a907c086e3012104fdf8b43f31022241000007000202000200010102020200\
    020001010204030002000101020c0700100512070707070707070707070707060101020707011211\
    02020a80a61d32c0b3d401030401810200c0a9070e0181020080cc3a2a0181028202c0b3d4010107\
    04c0b3d4010410c0a90780eb830114003a5a66400000010006040010051207070707070707070707\
    0707070707011204";

#[test]
fn states_of_the_first_form_are_read_for_ever() {
    let digits: Vec<u32> = FIRST_FORM.chars().filter_map(|c| c.to_digit(16)).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|two| (two[0] * 16 + two[1]) as u8).collect();
    let known = [(3, told("..F..b...F....................b..")), (4, told(&".".repeat(20)))];
    assert_eq!(decode(&bytes).unwrap(), known);
}

#[test]
fn a_state_that_saw_all_kinds_of_runs_stays_small() {
    let mut state = TestState::default();
    for commit in 0..20_000_u32 {
        let attempts: &[Execution] = match commit.wrapping_mul(2_654_435_761) >> 30 {
            0 => &[PASSED],
            1 => &[FAILED, PASSED],
            2 => &[MACHINE],
            _ => &[FAILED],
        };
        fold(&mut state, &run(commit, attempts));
    }
    assert!(state.hot.len() <= HOT && state.done.len() <= DONE && state.tries.len() <= TRIES);
    let bytes = encode([(0, &state)]).len();
    assert!(bytes < 2_000, "{bytes} bytes");
    assert_eq!(state.runs, state.blocks().iter().map(|block| block.runs).sum::<u32>());
}

#[test]
fn a_test_that_never_fails_takes_few_bytes() {
    let bytes = encode([(0, &told(&".".repeat(2_000)))]).len();
    assert!(bytes <= 64, "{bytes} bytes");
}

#[test]
fn the_decayed_sums_are_those_of_the_definition() {
    let signs = "..F.....F...F..........F...............F.";
    let state = told(signs);
    let ages = signs.chars().rev().enumerate();
    let red: f64 =
        ages.filter(|(_, sign)| *sign == 'F').map(|(age, _)| 0.93_f64.powi(age as i32)).sum();
    assert!((f64::from(state.ema) - red).abs() < 1e-4, "{} {red}", state.ema);
    let all = (1.0 - 0.93_f64.powi(signs.len() as i32)) / 0.07;
    assert!((f64::from(state.weight) - all).abs() < 1e-3, "{} {all}", state.weight);
}

#[test]
fn a_later_version_is_told_and_damage_found() {
    let mut bytes = encode([(3, &told("..F..b"))]);
    let whole = decode(&bytes).unwrap();
    assert_eq!(whole, [(3, told("..F..b"))]);
    for end in 1..bytes.len() {
        assert!(decode(&bytes[..end]).is_err() || end == 1, "cut at {end}");
    }
    bytes[0] = 3;
    assert_eq!(decode(&bytes), Err(DecodeError::Version { found: 3 }));
    assert_eq!(decode(&[]), Err(DecodeError::Damaged { at: 0 }));
}

/// A run as data: commit, job, pipeline's attempt, executions, duration.
type Told = (u32, u32, u32, Vec<Execution>, u32);

fn execution() -> impl Strategy<Value = Execution> {
    let signed = |status, infra| {
        (1_u32..4).prop_map(move |signature| Execution { status, signature, infra })
    };
    prop_oneof![
        6 => Just(PASSED),
        1 => Just(SKIPPED),
        2 => signed(Status::Failed, false),
        1 => signed(Status::Unfinished, false),
        1 => (4_u32..5).prop_map(|signature| Execution { signature, ..MACHINE }),
    ]
}

fn runs(commits: std::ops::Range<u32>, most: usize) -> impl Strategy<Value = Vec<Told>> {
    let attempts = prop::collection::vec(execution(), 1..4);
    prop::collection::vec((commits, 1_u32..3, 1_u32..4, attempts, 0_u32..5_000), 0..most)
}

fn take(state: &mut TestState, told: &Told) {
    let (commit, job, attempt, attempts, ms) = told;
    let at = Timestamp::from_seconds(i64::from(commit * 1_000 + job * 10 + attempt));
    // One commit of four is a request's, and one is tested before and behind its merge.
    let unmerged = commit % 4 == 1 || (commit % 16 == 2 && *job == 2);
    let (commit, job, attempt) = (*commit, *job, *attempt);
    fold(state, &RunOfTest { commit, at, job, attempt, unmerged, attempts, ms: *ms });
}

proptest! {
    // Each case folds hundreds of runs.
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Shards and re-runs of the commits of the window come in any order: the state is the same.
    #[test]
    fn the_order_of_arrival_within_the_window_changes_nothing(
        past in runs(0..60, 120),
        (told, shuffled) in runs(100..116, 30)
            .prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle())),
        future in runs(200..260, 60),
    ) {
        let all = |told: &[Told]| {
            let mut state = TestState::default();
            let mut past = past.clone();
            past.sort_by_key(|told| told.0);
            past.iter().chain(told).chain(&future).for_each(|told| take(&mut state, told));
            // Of older commits those wait that there was room for.
            let newest: Vec<u32> = state.recent.iter().map(|recent| recent.commit).collect();
            state.tries.retain(|one| newest.contains(&one.commit));
            state
        };
        prop_assert_eq!(all(&told), all(&shuffled));
    }

    /// What is stored between two runs is what was there: folding in pages is folding at once.
    #[test]
    fn folding_in_pages_is_folding_at_once(told in runs(0..300, 200), page in 1_usize..20) {
        let (mut at_once, mut paged) = (TestState::default(), TestState::default());
        for (number, told) in told.iter().enumerate() {
            take(&mut at_once, told);
            take(&mut paged, told);
            if number % page == 0 {
                let read = decode(&encode([(9, &paged)])).unwrap();
                prop_assert_eq!(&read, &[(9, at_once.clone())]);
                paged = read.into_iter().next().unwrap().1;
            }
        }
        prop_assert_eq!(at_once, paged);
    }

    /// However late results come, none is lost from the sums, and the bounds hold.
    #[test]
    fn nothing_is_lost_and_nothing_grows(told in runs(0..2_000, 400)) {
        let mut state = TestState::default();
        for told in &told {
            take(&mut state, told);
            prop_assert!(state.hot.len() <= HOT && state.done.len() <= DONE);
            prop_assert!(state.recent.len() <= WINDOW && state.tries.len() <= TRIES);
            prop_assert!(state.blocks().windows(2).all(|pair| pair[0].last < pair[1].commit));
            prop_assert!(state.blocks().iter().all(|b| b.commit <= b.last && b.red <= b.runs));
        }
        let ran = |told: &&Told| {
            let first = told.3.iter().find(|execution| execution.status.ran());
            told.2 == 1 && first.is_some_and(|first| !(first.status.is_red() && first.infra))
        };
        let all = state.runs + state.unmerged;
        prop_assert_eq!(all as usize, told.iter().filter(ran).count());
        prop_assert!(state.red <= state.runs && state.unmerged_red <= state.unmerged);
        let held: u32 = phases(&state).iter().map(|phase| phase.runs).sum();
        prop_assert!(held <= state.runs && held + state.late >= state.runs);
    }

    /// Any bytes are states or an error.
    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        decode(&bytes).ok();
        if let Some(version) = bytes.first_mut() {
            *version = 1 + *version % 2;
        }
        if let Ok(states) = decode(&bytes) {
            let states: Vec<_> = states.iter().map(|(test, state)| (*test, state)).collect();
            prop_assert!(encode(states).len() < bytes.len() * 40 + 100);
        }
    }
}
