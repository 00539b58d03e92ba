use super::super::fixture::{HOSTILE, decision, judged, masked};
use super::*;
use crate::read::{Failure, Format, Limits, Report};

fn case(name: &str, status: Status, attempt: u32) -> Case {
    let failure = status.is_red().then(|| Failure {
        message: "the sum was wrong".to_owned(),
        text: "at x".to_owned(),
        ..Failure::default()
    });
    Case {
        test: TestName {
            suite: vec!["sums".to_owned()],
            name: name.to_owned(),
            file: "a.ts".to_owned(),
            ..TestName::default()
        },
        status,
        micros: Some(5_000),
        started: Some(tl_core::time::Timestamp::from_millis(1_700_000_000_000)),
        failure,
        attempt,
        line: Some(3),
        at_line: 0,
        order: 0,
    }
}

fn read(text: &str) -> Vec<Case> {
    let limits = Limits::default();
    let mut report = Report::open("ctrf.json", text.as_bytes(), None, limits).unwrap();
    let mut cases = Vec::new();
    while let Some(batch) = report.next_batch().unwrap() {
        cases.extend(batch);
    }
    let ending = report.ending();
    assert_eq!(
        (ending.format, ending.complete),
        (Some(Format::Ctrf), true),
        "{:?}",
        ending.remarks
    );
    cases
}

#[test]
fn what_is_written_is_read_back() {
    let cases = vec![
        case("adds", Status::Passed, 1),
        case("waits", Status::Failed, 1),
        case("waits", Status::Errored, 2),
        case("waits", Status::Passed, 3),
        case("dies", Status::Unfinished, 1),
        case("breaks", Status::Errored, 1),
        case("later", Status::Skipped, 1),
        // Twice in the report, and no attempts.
        case("twice", Status::Failed, 1),
        case("twice", Status::Passed, 1),
    ];
    let mut back = read(&ctrf(&decision(), &cases).unwrap());
    for case in &mut back {
        (case.at_line, case.order) = (0, 0);
    }
    assert_eq!(back, cases);
}

#[test]
fn a_masked_failure_stays_red_and_says_who_sees_to_it() {
    let cases = [case("retries", Status::Failed, 1)];
    let mut decision = decision();
    decision.red =
        vec![Judged { id: name::key(&cases[0].test).to_string(), ..judged("retries", masked()) }];
    let text = ctrf(&decision, &cases).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let test = &value["results"]["tests"][0];
    assert_eq!(test["status"], "failed");
    assert_eq!(test["extra"]["gate"]["why"], "masked");
    assert_eq!(test["extra"]["gate"]["owner"], "ana");
    assert_eq!(value["results"]["summary"]["failed"], 1);
    assert_eq!(value["extra"]["gate"]["answer"], "unproven");
}

#[test]
fn what_strangers_write_stays_text() {
    let mut one = case(HOSTILE, Status::Failed, 1);
    one.failure = Some(Failure { message: HOSTILE.to_owned(), ..Failure::default() });
    let back = read(&ctrf(&decision(), &[one]).unwrap());
    assert_eq!(back.len(), 1);
}
