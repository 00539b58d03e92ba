//! What may be put into quarantine.

use tl_core::test::{Status, TestName};

use super::*;
use crate::gate::Verdict;

fn judged(signature: &str) -> Judged {
    Judged {
        id: "9f2c41d07be35a6610fa2b38".to_owned(),
        test: TestName {
            class: "acme.RetryTest".to_owned(),
            name: "retries".to_owned(),
            file: "RetryTest.java".to_owned(),
            ..TestName::default()
        },
        variant: "os=linux".to_owned(),
        status: Status::Failed,
        signature: signature.to_owned(),
        message: String::new(),
        line: None,
        verdict: Verdict::Real,
        class: None,
    }
}

fn evidence(class: Class, proven: bool) -> Evidence {
    let proof = Proof {
        class,
        fails: 9,
        runs: 500,
        interval: (0.01, 0.03),
        divergent: vec!["3f1c9aa0d2".to_owned(), "77ab2019c4".to_owned()],
        waits: 0,
    };
    Evidence { proof, clean: 88, proven }
}

fn asked(because: &str) -> Asked {
    Asked { owner: "ana".to_owned(), issue: "#412".to_owned(), because: because.to_owned() }
}

fn propose(
    judged: &Judged,
    evidence: &Evidence,
    asked: &Asked,
) -> Result<Quarantined, ProposeError> {
    entry(judged, evidence, asked, &Cap::default(), Timestamp::parse("2026-11-03").unwrap())
}

#[test]
fn a_proven_flake_gets_an_entry_that_the_file_takes() {
    let entry =
        propose(&judged("b41d93c2aa07e5f1"), &evidence(Class::Flaky, true), &asked("")).unwrap();
    assert_eq!(entry.name, "acme.RetryTest > retries");
    assert_eq!((entry.since.as_str(), entry.expires.as_str()), ("2026-11-03", "2026-12-03"));
    // 412 runs up to the last failure, not 500.
    assert_eq!(entry.clean_runs, 298);
    assert_eq!(entry.file, "RetryTest.java");
    let text = super::super::edit::add("", &entry, "").unwrap();
    assert_eq!(super::super::parse(&text).unwrap().tests[0].variant, "os=linux");
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let mut case = judged("b41d93c2aa07e5f1");
    case.test.file = "/src/api/RetryTest.java".to_owned();
    assert_eq!(propose(&case, &evidence(Class::Flaky, true), &asked("")).unwrap().file, "");
}

#[test]
fn a_flake_that_is_not_proven_needs_a_reason() {
    for (class, proven) in [(Class::Flaky, false), (Class::New, true), (Class::Healthy, false)] {
        let evidence = evidence(class, proven);
        let err = propose(&judged("b41d93c2aa07e5f1"), &evidence, &asked(" ")).unwrap_err();
        assert!(matches!(err, ProposeError::Unproven { .. }), "{err}");
        assert!(err.to_string().contains("9 of 500 runs, and on 2 commits"), "{err}");
        assert!(propose(&judged("b41d93c2aa07e5f1"), &evidence, &asked("seen by bo")).is_ok());
    }
}

#[test]
fn what_is_broken_is_never_put_into_quarantine() {
    for class in [Class::Broken, Class::Regressed, Class::Infra] {
        let err = propose(&judged("b41d93c2aa07e5f1"), &evidence(class, true), &asked("please"))
            .unwrap_err();
        assert!(matches!(err, ProposeError::Class { .. }), "{err}");
    }
}

#[test]
fn somebody_answers_for_it_and_the_failure_can_be_recognised() {
    let flaky = evidence(Class::Flaky, true);
    for signature in ["", "0000000000000000", "what"] {
        let err = propose(&judged(signature), &flaky, &asked("please")).unwrap_err();
        assert!(matches!(err, ProposeError::Unrecognised { .. }), "{err}");
    }
    for (what, asked) in [
        ("owner", Asked { owner: " ".to_owned(), ..asked("please") }),
        ("issue", Asked { issue: String::new(), ..asked("please") }),
    ] {
        assert_eq!(
            propose(&judged("b41d93c2aa07e5f1"), &flaky, &asked),
            Err(ProposeError::Nobody { what })
        );
    }
}
