//! Runs recorded in a SQLite file and a directory, and read back.

use tempfile::TempDir;
use tl_core::test::{Class, Signature, Status, TestName};

use super::*;
use crate::classify;
use crate::gate::Known as _;
use crate::infra::Broad;
use crate::outage::Cause;
use crate::read::{Case, Failure, name};

mod evidence;

struct Home {
    directory: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    async fn ledger(&self) -> Ledger {
        Ledger::open(&self.directory.path().join("ledger.db")).await.unwrap()
    }

    fn place(&self) -> Place {
        Place::Directory(self.directory.path().join("lake"))
    }

    async fn record(&self, info: &RunInfo, cases: &[Case]) -> Recorded {
        self.try_record(info, cases).await.unwrap()
    }

    async fn try_record(&self, info: &RunInfo, cases: &[Case]) -> Result<Recorded, RecordError> {
        let ledger = self.ledger().await;
        let now = Timestamp::from_seconds(2_000_000_000);
        record(&ledger, &self.place(), LAKE, info, &gathered(cases), &Beside::default(), now).await
    }

    async fn known(&self) -> History {
        known(&self.ledger().await, LAKE).await.unwrap()
    }
}

fn gathered(cases: &[Case]) -> Gathered {
    let mut gathered = Gathered::new(false);
    cases.iter().for_each(|case| gathered.add(case));
    gathered
}

fn info(number: u32) -> RunInfo {
    RunInfo {
        commit: format!("{number:040x}"),
        job: "unit".to_owned(),
        attempt: 1,
        at: Timestamp::from_seconds(1_750_000_000 + i64::from(number) * 600),
        complete: true,
        reports: 1,
        digest: format!("{number:064x}"),
        ..RunInfo::default()
    }
}

fn test(name: &str) -> TestName {
    TestName { class: "acme.Orders".to_owned(), name: name.to_owned(), ..TestName::default() }
}

fn case(name: &str, status: Status) -> Case {
    let failure = Failure { message: format!("{name} went wrong"), ..Failure::default() };
    Case {
        test: test(name),
        status,
        micros: Some(12_000),
        started: None,
        failure: status.is_red().then_some(failure),
        attempt: 1,
        line: None,
        at_line: 1,
        order: 0,
    }
}

fn retried(name: &str) -> [Case; 2] {
    [case(name, Status::Failed), Case { attempt: 2, ..case(name, Status::Passed) }]
}

fn state_of<'a>(history: &'a History, name: &str) -> &'a crate::state::TestState {
    history.state(&name::key(&test(name)), "").unwrap()
}

#[tokio::test]
async fn what_was_recorded_is_known() {
    let home = Home::new();
    for number in 0..30 {
        let flaky = if number % 10 == 5 {
            retried("ships").to_vec()
        } else {
            vec![case("ships", Status::Passed)]
        };
        let mut cases = vec![case("adds", Status::Passed), case("waits", Status::Skipped)];
        cases.extend(flaky);
        let done = home.record(&info(number), &cases).await;
        assert_eq!(
            (done.tests, done.new, done.already),
            (3, if number == 0 { 3 } else { 0 }, false)
        );
        assert_eq!(done.segment, Some(u64::from(number) + 1));
    }
    let history = home.known().await;
    assert_eq!(
        (history.runs.len(), history.commits().len(), history.variants().len()),
        (30, 30, 1)
    );
    assert_eq!(history.generation(), 30);
    let (adds, ships) = (state_of(&history, "adds"), state_of(&history, "ships"));
    assert_eq!((adds.runs, adds.red, adds.p75_ms()), (30, 0, Some(12)));
    assert_eq!((ships.runs, ships.red, ships.divergent_all), (30, 3, 3));
    assert_eq!(classify::of(adds).class, Class::Healthy);
    assert_eq!(classify::of(ships).class, Class::Flaky);
    // Skipped in every run: nothing is known of it but its name.
    assert_eq!(state_of(&history, "waits").runs, 0);
    assert_eq!(history.median_cases("unit", "", ""), Some(3));
    assert_eq!(history.median_cases("other", "", ""), None);
    let row = history.row(&name::key(&test("ships"))).unwrap();
    assert_eq!(history.name(row), Some(test("ships")));
    let reason = ships.signatures.first().map(|(row, _, _)| history.reason(*row).unwrap()).unwrap();
    assert!(reason.1.contains("ships went wrong") && reason.0.signature != Signature::NONE);

    let ledger = home.ledger().await;
    let last = executions(&ledger, &home.place(), LAKE, row, 6).await.unwrap();
    assert_eq!(last.len(), 6);
    assert_eq!(last.last().map(|one| (one.commit, one.attempt, one.ms)), Some((29, 1, 12)));
    let all = executions(&ledger, &home.place(), LAKE, row, 1_000).await.unwrap();
    assert_eq!(all.len(), 33);
    assert_eq!(all.iter().filter(|one| one.status.is_red()).count(), 3);
    assert!(all.iter().all(|one| one.status.is_red() == (one.reason > 0)));
}

#[tokio::test]
async fn runs_of_requests_are_told_apart_also_when_all_is_folded_anew() {
    let home = Home::new();
    for number in 0..60 {
        let cases = |red| vec![case("adds", if red { Status::Failed } else { Status::Passed })];
        let (change, unmerged) = match number % 3 {
            1 => ("acme/api#12".to_owned(), false),
            2 => (String::new(), true),
            _ => (String::new(), false),
        };
        let is_red = number % 3 > 0 && number > 30;
        home.record(&RunInfo { change, unmerged, ..info(number) }, &cases(is_red)).await;
    }
    let history = home.known().await;
    let adds = state_of(&history, "adds");
    assert_eq!((adds.runs, adds.red, adds.unmerged, adds.unmerged_red), (20, 0, 40, 20));
    assert_eq!(classify::of(adds).class, Class::Healthy);
    assert_eq!(history.runs.iter().filter(|run| run.unmerged).count(), 40);
    let ledger = home.ledger().await;
    let now = Timestamp::from_seconds(2_000_000_000);
    let anew = rebuild(&ledger, &home.place(), LAKE, false, now).await.unwrap();
    assert_eq!((anew.tests, anew.changed), (1, 0));
}

/// Forty tests of four classes, of which the first `down` fail for one reason.
fn forty(down: u32) -> Vec<Case> {
    let one = |number: u32| {
        let status = if number < down { Status::Errored } else { Status::Passed };
        let mut case = case(&format!("orders {number}"), status);
        case.test.class = format!("acme.Orders{}", number % 4);
        if let Some(failure) = &mut case.failure {
            failure.message = "the database did not answer".to_owned();
        }
        case
    };
    (0..40).map(one).collect()
}

#[tokio::test]
async fn a_regression_of_many_tests_for_one_reason_is_told_from_an_outage() {
    let home = Home::new();
    for number in 0..30 {
        home.record(&info(number), &forty(if number < 24 { 0 } else { 40 })).await;
    }
    let history = home.known().await;
    for test in &history.tests() {
        // The first run may have been a machine's; those behind it were not.
        assert_eq!((test.state.runs, test.state.red, test.state.infra), (29, 5, 1));
        let judged = classify::of(test.state);
        assert_eq!(judged.class, Class::Regressed);
        assert!(judged.phases.last().unwrap().cause.0 <= 24, "{:?}", judged.phases);
    }
    let ledger = home.ledger().await;
    let now = Timestamp::from_seconds(2_000_000_000);
    let anew = rebuild(&ledger, &home.place(), LAKE, false, now).await.unwrap();
    assert_eq!(anew.changed, 0);
}

#[tokio::test]
async fn what_unrelated_requests_failed_for_within_a_day_is_none_of_their_tests() {
    let home = Home::new();
    for number in 0..20 {
        home.record(&info(number), &forty(0)).await;
    }
    // A quarter of the tests: alone, each request might be to blame.
    for number in 20..24 {
        let change = format!("acme/api#{number}");
        home.record(&RunInfo { change, ..info(number) }, &forty(10)).await;
    }
    home.record(&info(24), &forty(10)).await;
    let history = home.known().await;
    let state = history.tests()[0].state;
    assert_eq!((state.runs, state.red, state.infra), (20, 0, 3));
    assert_eq!((state.unmerged, state.unmerged_red), (2, 2));
    assert_eq!(classify::of(state).class, Class::Infra);
    let broad = Broad { signature: signature_of(&forty(1)[0]), tests: 10, is_wide: false };
    let at = |number: u32, change: &str| {
        let change = change.to_owned();
        let here = RunInfo { change, ..info(number) }.here();
        AtRun { history: &history, here }.cause(&broad)
    };
    // Four requests failed for it before the default branch did: they cannot have it from there.
    assert_eq!(at(25, "acme/api#99"), Cause::Elsewhere { changes: 4 });
    assert_eq!(at(25, ""), Cause::GoesOn { runs: 1 });
    assert_eq!(at(26, "acme/api#23"), Cause::GoesOn { runs: 1 });
    // Judged once more, the run itself is not one before it.
    assert_eq!(at(23, "acme/api#23"), Cause::Elsewhere { changes: 3 });
    assert_eq!(at(900, "acme/api#99"), Cause::GoesOn { runs: 1 });
}

fn signature_of(case: &Case) -> Signature {
    crate::signature::of(case.failure.as_ref().unwrap()).0
}

#[tokio::test]
async fn what_all_tests_failed_for_at_once_counts_against_none_of_them() {
    let home = Home::new();
    for number in 0..20 {
        home.record(&info(number), &forty(if number == 15 { 40 } else { 0 })).await;
    }
    let history = home.known().await;
    let tests = history.tests();
    assert_eq!(tests.len(), 40);
    for test in &tests {
        assert_eq!((test.state.runs, test.state.red, test.state.infra), (19, 0, 1));
        assert_eq!(classify::of(test.state).class, Class::Healthy);
    }
    let ledger = home.ledger().await;
    let now = Timestamp::from_seconds(2_000_000_000);
    let anew = rebuild(&ledger, &home.place(), LAKE, false, now).await.unwrap();
    assert_eq!(anew.changed, 0);
}

#[tokio::test]
async fn the_same_upload_twice_changes_nothing() {
    let home = Home::new();
    let cases = [case("adds", Status::Passed), case("ships", Status::Failed)];
    assert!(!home.record(&info(1), &cases).await.already);
    let before = home.known().await;
    let again = home.record(&info(1), &cases).await;
    assert!(again.already && again.segment.is_none());
    let after = home.known().await;
    assert_eq!(after.generation(), before.generation());
    assert_eq!((after.runs.len(), state_of(&after, "ships").runs), (1, 1));
    // No file is left over, and the one that is listed is there.
    assert_eq!(home.place().list().unwrap().len(), 1);
    let listed = home.ledger().await.lake(LAKE).await.unwrap().segments;
    assert_eq!(home.place().list().unwrap()[0].path, listed[0].path);
    // The same reports as another attempt, or in another job, are another run.
    let rerun = RunInfo { attempt: 2, ..info(1) };
    assert!(!home.record(&rerun, &cases).await.already);
}

#[tokio::test]
async fn a_rerun_of_a_job_tells_a_flake_from_a_failure() {
    let home = Home::new();
    home.record(&info(1), &[case("adds", Status::Failed), case("ships", Status::Failed)]).await;
    let rerun = RunInfo { attempt: 2, digest: "b".repeat(64), ..info(1) };
    home.record(&rerun, &[case("adds", Status::Passed), case("ships", Status::Failed)]).await;
    let history = home.known().await;
    assert_eq!(state_of(&history, "adds").divergent_all, 1);
    let ships = state_of(&history, "ships");
    assert_eq!((ships.divergent_all, ships.runs, ships.red), (0, 1, 1));
}

#[tokio::test]
async fn shards_and_reruns_may_come_in_any_order() {
    let runs = || {
        let mut all = Vec::new();
        for number in 0..6 {
            let first = if number == 2 { Status::Failed } else { Status::Passed };
            all.push((info(number), vec![case("adds", first), case("ships", Status::Passed)]));
            let shard = RunInfo {
                shard: "2/2".to_owned(),
                digest: format!("{number:063x}a"),
                ..info(number)
            };
            all.push((shard, vec![case("waits", Status::Passed)]));
        }
        let rerun = RunInfo { attempt: 2, digest: "c".repeat(64), ..info(2) };
        all.push((rerun, vec![case("adds", Status::Passed)]));
        all
    };
    let mut seen = Vec::new();
    for order in 0..3 {
        let home = Home::new();
        let mut runs = runs();
        // Commits get their rows in the order in which they are first seen: that is kept.
        match order {
            0 => {}
            1 => {
                runs.sort_by_key(|(info, _)| std::cmp::Reverse((info.shard.clone(), info.attempt)))
            }
            _ => {
                runs.sort_by_key(|(info, _)| (std::cmp::Reverse(info.attempt), info.shard.clone()))
            }
        }
        if order == 2 {
            // The first two commits are older than the one that is tried again.
            runs.rotate_left(1);
        }
        for (info, cases) in &runs {
            home.record(info, cases).await;
        }
        let history = home.known().await;
        let commit = |row: u32| history.commits()[row as usize].id.clone();
        let told: Vec<_> = ["adds", "ships", "waits"]
            .map(|name| {
                let state = state_of(&history, name);
                let both: Vec<_> = state.divergent.iter().map(|(row, _)| commit(*row)).collect();
                (state.runs, state.red, state.clean, state.late, state.ema.to_bits(), both)
            })
            .into();
        seen.push(told);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[0][0].5.len(), 1);
}

#[tokio::test]
async fn what_a_broken_off_run_does_not_tell_is_no_pass() {
    let home = Home::new();
    for number in 0..3 {
        home.record(&info(number), &[case("adds", Status::Passed), case("ships", Status::Passed)])
            .await;
    }
    let broken_off = RunInfo { complete: false, ..info(3) };
    home.record(&broken_off, &[case("adds", Status::Failed)]).await;
    let history = home.known().await;
    assert_eq!((state_of(&history, "adds").runs, state_of(&history, "adds").red), (4, 1));
    assert_eq!((state_of(&history, "ships").runs, state_of(&history, "ships").clean), (3, 3));
    assert!(!history.runs[3].complete);
}

#[tokio::test]
async fn a_machine_that_failed_is_no_failure_of_the_test() {
    let home = Home::new();
    let full = Failure { message: "No space left on device".to_owned(), ..Failure::default() };
    home.record(&info(1), &[Case { failure: Some(full), ..case("adds", Status::Errored) }]).await;
    let history = home.known().await;
    let state = state_of(&history, "adds");
    assert_eq!((state.runs, state.red, state.infra), (0, 0, 1));
    assert_eq!(classify::of(state).class, Class::Infra);
}

#[tokio::test]
async fn many_writers_at_once_lose_nothing() {
    // Who is late, a scheduler decides: until somebody was.
    for _ in 0..20 {
        if Box::pin(many_writers()).await.iter().any(|rounds| *rounds > 1) {
            return;
        }
    }
    panic!("nobody was ever late");
}

/// Six writers at once; how many rounds each of them took.
async fn many_writers() -> [u32; 6] {
    let home = Home::new();
    let one = |number: u32| {
        let home = &home;
        Box::pin(async move {
            let own = format!("own {number}");
            let cases = [case("adds", Status::Passed), case(&own, Status::Failed)];
            home.record(&info(number), &cases).await
        })
    };
    let done = tokio::join!(one(0), one(1), one(2), one(3), one(4), one(5));
    let history = home.known().await;
    assert_eq!((history.runs.len(), state_of(&history, "adds").runs), (6, 6));
    for number in 0..6 {
        assert_eq!(state_of(&history, &format!("own {number}")).red, 1);
    }
    assert_eq!(history.gate_tests(), 7);
    // What was written for a number that another one took is gone.
    let listed = home.ledger().await.lake(LAKE).await.unwrap().segments;
    assert_eq!((listed.len(), home.place().list().unwrap().len()), (6, 6));
    [done.0, done.1, done.2, done.3, done.4, done.5].map(|done| done.rounds)
}

impl History {
    fn gate_tests(&self) -> u64 {
        crate::gate::Known::tests(self)
    }
}

#[tokio::test]
async fn names_that_stand_for_one_test_are_one_row() {
    let home = Home::new();
    let cases = [case("adds 0x1f2e3d4c", Status::Passed), case("adds 0x99999999", Status::Failed)];
    let done = home.record(&info(1), &cases).await;
    assert_eq!((done.cases, done.rows, done.tests, done.merged), (2, 1, 1, 1));
    let history = home.known().await;
    assert_eq!(state_of(&history, "adds 0x77777777").red, 1);
}

#[tokio::test]
async fn variants_have_states_of_their_own() {
    let home = Home::new();
    for (number, variant) in [(1, "os=linux"), (2, "os=windows")] {
        let status = if number == 1 { Status::Passed } else { Status::Failed };
        let info = RunInfo { variant: variant.to_owned(), ..info(number) };
        home.record(&info, &[case("adds", status)]).await;
    }
    let history = home.known().await;
    let key = name::key(&test("adds"));
    assert_eq!(history.state(&key, "os=linux").map(|state| state.clean), Some(1));
    assert_eq!(history.state(&key, "os=windows").map(|state| state.clean), Some(0));
    // Asked for any: the one that is not clean.
    assert_eq!(history.state(&key, "").map(|state| state.clean), Some(0));
    assert!(history.state(&key, "os=macos").is_none());
    let told: Vec<_> = history.tests().iter().map(|test| (test.row, test.variant)).collect();
    assert_eq!(told, [(0, "os=linux"), (0, "os=windows")]);
}

#[tokio::test]
async fn a_run_without_results_is_told_and_has_no_file() {
    let home = Home::new();
    let done = home.record(&RunInfo { complete: false, ..info(1) }, &[]).await;
    assert_eq!((done.segment, done.rows), (None, 0));
    assert_eq!(home.known().await.runs.len(), 1);
    assert!(home.place().list().unwrap().is_empty());
}

#[tokio::test]
async fn the_events_of_the_caller_stand_or_fall_with_the_run() {
    let home = Home::new();
    let ledger = home.ledger().await;
    let decided = Event::new(kind::GATE_DECIDED, info(1).at, "throughline", "gate/1", "build:1");
    let results = gathered(&[case("adds", Status::Passed)]);
    for already in [false, true] {
        let (place, info, told) = (home.place(), info(1), std::slice::from_ref(&decided));
        let done = record(
            &ledger,
            &place,
            LAKE,
            &info,
            &results,
            &Beside { events: told, lesson: None },
            info.at,
        )
        .await;
        assert_eq!(done.unwrap().already, already);
        let events = ledger.read(tl_ledger::Position::START, "", 10).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|one| one.event.kind.as_str()).collect();
        assert_eq!(kinds, [kind::TESTS_RECORDED, kind::GATE_DECIDED]);
        let told: TestsRecorded = events[0].event.payload().unwrap();
        assert_eq!((told.cases, told.segment, told.seconds), (1, 1, 0.012));
        assert_eq!(events[0].event.what(role::COMMIT), Some(info.commit.as_str()));
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_told_from_others_is_refused() {
    let home = Home::new();
    for (wrong, words) in [
        (RunInfo { commit: String::new(), ..info(1) }, "without its commit"),
        (RunInfo { digest: " ".to_owned(), ..info(1) }, "without its digest"),
        (RunInfo { variant: "x".repeat(257), ..info(1) }, "variant of a run has more than"),
    ] {
        let err = home.try_record(&wrong, &[case("adds", Status::Passed)]).await.unwrap_err();
        assert!(err.to_string().contains(words), "{err}");
    }
    assert!(home.known().await.is_empty());
}

#[tokio::test]
async fn what_a_later_version_wrote_is_left_alone() {
    let home = Home::new();
    home.record(&info(1), &[case("adds", Status::Passed)]).await;
    let ledger = home.ledger().await;
    let newer = [Pack { name: "state/0".to_owned(), block: 0, value: vec![9, 1, 2] }];
    let swap = Swap {
        lake: LAKE,
        expected: 1,
        add: &[],
        remove: &[],
        packs: &newer,
        events: &[],
        at: info(1).at,
    };
    ledger.swap(&swap).await.unwrap();
    let err = home.try_record(&info(2), &[case("adds", Status::Passed)]).await.unwrap_err();
    assert!(err.to_string().contains("later version"), "{err}");
    assert!(known(&ledger, LAKE).await.is_err());
    // The file that was written for it is not listed; nothing else changed.
    assert_eq!(ledger.lake(LAKE).await.unwrap().segments.len(), 1);
}
