//! Days of runs, a line for each, and what is said of every run that fails.

use proptest::prelude::*;

use super::*;

const DOWN: Signature = Signature([0xdd; 8]);

/// A run a line: `day hh:mm change commit job what`, with `main` for the default branch, `?` for code that is
/// not merged; `ok`, `part` (a part passed), or how many tests fail for one reason, `300!` if that is more
/// than a third, and behind it whose it is.
fn check(log: &str) {
    let mut outages = Outages::default();
    for line in log.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (run, said) = line.split_once(" -> ").unwrap_or((line, ""));
        let words: Vec<&str> = run.split_whitespace().collect();
        let [day, clock, change, commit, job, what] = words[..] else { panic!("{line}") };
        let (hours, minutes) = clock.split_once(':').unwrap();
        let number = |text: &str| text.parse::<i64>().unwrap();
        let minutes = (number(day) * 24 + number(hours)) * 60 + number(minutes);
        let at = Timestamp::from_seconds(1_760_000_000 + minutes * 60);
        let (change, unmerged) = match change {
            "main" => ("", false),
            "?" => ("", true),
            change => (change, false),
        };
        let here = Here::new(["", job, ""], change, unmerged, commit, at);
        let broad = what.trim_end_matches('!').parse::<u64>().map(|tests| Broad {
            signature: DOWN,
            tests,
            is_wide: what.ends_with('!'),
        });
        let broad: Vec<Broad> = broad.into_iter().collect();
        let cause = broad.first().map(|broad| outages.cause(broad, &here));
        let cause = match cause {
            None => String::new(),
            Some(Cause::Own) => "own".to_owned(),
            Some(Cause::GoesOn { runs }) => format!("goes on, {runs}"),
            Some(Cause::Together) => "together".to_owned(),
            Some(Cause::Elsewhere { changes }) => format!("elsewhere, {changes}"),
        };
        assert_eq!(cause, said, "{line}");
        outages.fold(&broad, what != "part", &here);
        outages = Outages::decode(&outages.encode()).unwrap();
    }
}

#[test]
fn a_change_that_breaks_most_tests_and_goes_on_failing_is_to_blame() {
    check(
        "
        1 09:00 main c1 unit ok
        1 10:00 #7   c2 unit 300! -> together
        1 10:00 #7   c2 unit 300! -> together
        1 10:20 #7   c2 unit 300! -> goes on, 2
        1 10:40 #7   c2 unit 300! -> goes on, 3
        1 11:00 #7   c3 unit 300! -> goes on, 4
        1 11:20 #7   c4 unit part
        1 11:40 #7   c4 unit 300! -> goes on, 5
        1 12:00 #8   c5 unit ok
        1 12:20 #7   c6 unit ok
        1 12:40 #7   c7 unit 300! -> together
        ",
    );
}

#[test]
fn a_regression_of_the_default_branch_is_no_outage_of_those_who_build_on_it() {
    check(
        "
        1 09:00 main c1 unit ok
        1 10:00 main c2 unit 300! -> together
        1 10:30 main c3 unit 300! -> goes on, 1
        1 11:00 #7   d1 unit 300! -> goes on, 2
        1 11:10 #8   e1 unit 300! -> goes on, 2
        1 11:20 #9   f1 unit 12   -> goes on, 2
        1 11:30 main c4 unit 300! -> goes on, 2
        1 12:00 #7   d2 unit 300! -> goes on, 1
        1 13:00 main c5 unit ok
        ",
    );
}

#[test]
fn a_request_that_breaks_tests_and_is_merged_all_the_same_is_to_blame() {
    check(
        "
        1 09:00 #7   c1 unit 300! -> together
        1 09:20 #7   c1 unit 300! -> goes on, 1
        1 10:00 main c2 unit 300! -> together
        1 10:30 main c3 unit 300! -> goes on, 1
        1 10:40 #8   d1 unit 300! -> goes on, 2
        1 10:50 #9   e1 unit 300! -> goes on, 2
        ",
    );
}

#[test]
fn requests_on_top_of_one_that_breaks_tests_go_on_failing_as_it_does() {
    check(
        "
        1 09:00 #7 c1 unit 300! -> together
        1 09:10 #8 d1 unit 300! -> together
        1 09:20 #9 e1 unit 300! -> elsewhere, 2
        1 10:00 #7 c1 unit 300! -> goes on, 1
        1 10:10 #8 d1 unit 300! -> goes on, 1
        1 10:20 #9 e1 unit 300! -> goes on, 1
        ",
    );
}

#[test]
fn an_hour_without_a_database_is_seen_in_unrelated_changes() {
    check(
        "
        1 09:00 main c1 unit ok
        1 10:00 #7   d1 unit 12 -> own
        1 10:05 #8   e1 unit 12 -> own
        1 10:10 #9   f1 unit 12 -> elsewhere, 2
        1 10:15 main c2 unit 12 -> elsewhere, 3
        1 10:20 #9   f1 unit 12 -> goes on, 1
        1 10:50 #7   d1 unit ok
        1 10:55 #8   e1 unit 12 -> elsewhere, 2
        1 11:00 #9   f1 unit ok
        1 11:05 main c2 unit ok
        3 10:00 #11  g1 unit 12 -> own
        ",
    );
}

#[test]
fn jobs_and_pushes_of_one_change_are_one_change() {
    check(
        "
        1 10:00 #7 c1 linux   12   -> own
        1 10:00 #7 c1 windows 12   -> own
        1 10:00 #7 c1 macos   300! -> together
        1 11:00 #7 c2 linux   12   -> goes on, 1
        1 11:00 ?  d1 linux   12   -> own
        1 11:10 ?  d2 windows 12   -> own
        1 11:20 ?  d3 macos   12   -> own
        ",
    );
}

fn runs() -> impl Strategy<Value = Vec<(u8, u8, u16, bool)>> {
    let run = (0_u8..4, 0_u8..3, 0_u16..9_000, any::<bool>());
    prop::collection::vec(run, 1..60)
}

proptest! {
    /// Whoever has seen one change alone knows of no other; a second run in a row is nobody's outage but
    /// where two others fail and a commit passed without a change.
    #[test]
    fn one_change_is_never_an_outage_twice(all in runs()) {
        let mut outages = Outages::default();
        let mut open = false;
        for (row, (commit, what, minute, is_whole)) in (0_i64..).zip(all) {
            // No two at the same second: that would be one run.
            let at = Timestamp::from_seconds(1_760_000_000 + i64::from(minute) * 60 + row);
            let here = Here::new(["", "unit", ""], "#7", true, &commit.to_string(), at);
            let broad = Broad { signature: DOWN, tests: 300, is_wide: true };
            let broad: Vec<Broad> = (what > 0).then_some(broad).into_iter().collect();
            for broad in &broad {
                let cause = outages.cause(broad, &here);
                let is_first = matches!(cause, Cause::Together);
                prop_assert!(is_first != open, "{cause:?} with open {open}");
            }
            outages.fold(&broad, is_whole, &here);
            open = !broad.is_empty() || (open && !is_whole);
            prop_assert_eq!(Outages::decode(&outages.encode()), Ok(outages.clone()));
        }
    }

    /// What strangers' ledgers hold is refused or read, and what is held stays small.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(mut outages) = Outages::decode(&bytes) {
            let here = Here::new(["", "", ""], "", false, "c", Timestamp::from_millis(0));
            let broad = Broad { signature: DOWN, tests: 9, is_wide: false };
            outages.cause(&broad, &here);
            outages.fold(&[broad], true, &here);
        }
    }
}

#[test]
fn what_is_remembered_has_an_end() {
    let mut outages = Outages::default();
    for number in 0..2_000_u64 {
        let at = Timestamp::from_seconds(1_760_000_000 + number as i64);
        let change = number.to_string();
        let here = Here::new(["", "unit", ""], &change, true, &change, at);
        let signature = Signature(number.to_be_bytes());
        let broad =
            [signature, DOWN].map(|signature| Broad { signature, tests: 9, is_wide: false });
        outages.fold(&broad, true, &here);
    }
    assert_eq!((outages.reasons.len(), outages.encode().len() < 64 << 10), (REASONS, true));
    let later = Timestamp::from_seconds(1_770_000_000);
    assert!(outages.fold(&[], true, &Here::new(["", "unit", ""], "", false, "c", later)));
    assert_eq!(outages, Outages::default());
}
