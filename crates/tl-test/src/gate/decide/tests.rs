//! Runs with the answers that a person would give, written by hand.

mod evidence;
mod known;

use std::collections::BTreeSet;

use tl_core::test::{Class, Signature, Status, TestKey, TestName};
use tl_core::time::Timestamp;

use crate::gate::{Answer, Decision, Expected, Known, Process, Red, Touched, Verdict, decide};
use crate::infra::Broad;
use crate::outage::Cause;
use crate::quarantine::{self, Cap, Quarantine, Quarantined};
use crate::read::{Counts, Ending, Failure, Gap, Remark};
use crate::simulate::quarantined;
use crate::state::TestState;

const KNOWN: Signature = Signature([0xaa; 8]);
const OTHER: Signature = Signature([0xbb; 8]);
const TODAY: &str = "2026-11-21";

/// A run, as it is built up: at first one report of ten tests that passed, and nobody asked more.
struct Run {
    reports: Vec<(String, Ending)>,
    reds: Vec<Red>,
    process: Option<Process>,
    expected: Expected,
    quarantine: Quarantine,
    known: History,
    touched: Touched,
}

/// What history says of the one test that is red.
#[derive(Default)]
struct History {
    state: Option<TestState>,
    tests: u64,
    near: Option<&'static str>,
    /// What other runs say of a reason of several tests.
    cause: Option<Cause>,
}

impl Known for History {
    fn state(&self, _: &TestKey, _: &str) -> Option<&TestState> {
        self.state.as_ref()
    }

    fn tests(&self) -> u64 {
        self.tests
    }

    fn is_near(&self, _: &TestKey, file: &str) -> bool {
        self.near == Some(file)
    }

    fn cause(&self, broad: &Broad) -> Cause {
        self.cause.unwrap_or(Cause::of_one_run(broad))
    }
}

fn key(name: &str) -> TestKey {
    let mut key = [0; 12];
    for (at, byte) in name.bytes().enumerate() {
        key[at % 12] ^= byte;
    }
    TestKey(key)
}

fn passed(cases: u64) -> Ending {
    let counted = Counts { cases, passed: cases, ..Counts::default() };
    Ending { complete: true, counted, ..Ending::default() }
}

impl Run {
    fn new() -> Self {
        Self {
            reports: vec![("out/report.xml".to_owned(), passed(10))],
            reds: Vec::new(),
            process: None,
            expected: Expected::default(),
            quarantine: quarantine::empty(),
            known: History::default(),
            touched: Touched { files: Some(BTreeSet::new()), ..Touched::default() },
        }
    }

    fn decide(&self) -> Decision {
        decide(
            &self.reports,
            &self.reds,
            self.process.as_ref(),
            &self.expected,
            &self.quarantine,
            &self.known,
            &self.touched,
            Timestamp::parse(TODAY).unwrap(),
        )
    }

    /// One more test, red.
    fn red(&mut self, name: &str, signatures: &[Signature]) -> &mut Red {
        for _ in 0..signatures.len().max(1) {
            self.reports[0].1.counted.add(Status::Failed);
        }
        let test = TestName {
            class: "acme.OrdersTest".to_owned(),
            name: name.to_owned(),
            file: "orders/OrdersTest.java".to_owned(),
            ..TestName::default()
        };
        self.reds.push(Red {
            key: key(name),
            test,
            variant: String::new(),
            status: Status::Failed,
            signatures: signatures.to_vec(),
            passed_after: 0,
            failure: Some(Failure {
                message: "the sum was wrong".to_owned(),
                ..Failure::default()
            }),
            line: Some(41),
            infra: None,
        });
        self.reds.last_mut().unwrap()
    }

    /// An entry that knows [`KNOWN`].
    fn entry(&mut self, name: &str) -> &mut Quarantined {
        let id = key(name).to_string();
        let name = format!("acme.OrdersTest > {name}");
        let entry = quarantined(&id, &name, &KNOWN.to_string());
        self.quarantine.tests.push(Quarantined { line: 8, ..entry });
        self.quarantine.tests.last_mut().unwrap()
    }

    /// A red test whose reason is in quarantine.
    fn masked(&mut self) -> &mut Quarantined {
        self.red("adds", &[KNOWN]);
        self.entry("adds")
    }

    fn ended(&mut self, program: &str, code: i32) {
        let program = program.split(' ').map(str::to_owned).collect();
        self.process = Some(Process { code: Some(code), program, ..Process::default() });
    }

    fn gap(&mut self, gap: Gap, line: u64, what: &str) {
        let ending = &mut self.reports[0].1;
        ending.complete = false;
        let mend = "let the runner finish".to_owned();
        ending.remarks.push(Remark { gap: Some(gap), line, what: what.to_owned(), mend });
    }

    fn touch(&mut self, file: &str) {
        self.touched.files.get_or_insert_default().insert(file.to_owned());
    }

    fn clean(&mut self, clean: u32, waits: u32) {
        let state = TestState { clean, waits, runs: 800, red: 10, ..TestState::default() };
        self.known.state = Some(state);
    }
}

/// What happened, how to build it, the answer, and what has to be said of it.
type Scenario = (&'static str, fn(&mut Run), Answer, &'static str);

use Answer::{Failed, Overdue, Passed, Unproven};
use evidence::{EVIDENCE, PROCESS};
use known::{QUARANTINE, RED};

#[test]
fn every_run_has_the_answer_that_a_person_gives() {
    let mut wrong = Vec::new();
    let all: Vec<&Scenario> = [PROCESS, EVIDENCE, RED, QUARANTINE].into_iter().flatten().collect();
    assert!(all.len() >= 100, "{} scenarios", all.len());
    for (name, build, answer, said) in all {
        let mut run = Run::new();
        build(&mut run);
        let decision = run.decide();
        let shown = crate::show::table(&decision);
        if decision.answer != *answer || !shown.contains(said) {
            wrong.push(format!("# {name}: not {answer:?} with {said:?}\n{shown}"));
        }
        let mended = |remark: &Remark| remark.gap.is_none() || !remark.mend.is_empty();
        assert!(decision.evidence.iter().all(mended), "{name}: a gap without a mend");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Built as each scenario, with something more.
fn with_more(more: fn(&mut Run)) -> Vec<(&'static str, Decision)> {
    let all = [PROCESS, EVIDENCE, RED, QUARANTINE].into_iter().flatten();
    let built = all.map(|(name, build, ..)| {
        let mut run = Run::new();
        build(&mut run);
        more(&mut run);
        (*name, run.decide())
    });
    built.collect()
}

#[test]
fn no_run_is_proven_with_a_report_that_breaks_off() {
    let cut = |run: &mut Run| {
        let mut ending = passed(1_000);
        ending.complete = false;
        run.reports.push(("more-1.xml".to_owned(), ending));
    };
    for (name, decision) in with_more(cut) {
        assert_eq!(decision.answer, Unproven, "{name}");
    }
}

#[test]
fn no_run_is_proven_whose_process_was_killed() {
    let kill =
        |run: &mut Run| run.process = Some(Process { signal: Some(9), ..Process::default() });
    for (name, decision) in with_more(kill) {
        assert_eq!(decision.answer, Unproven, "{name}");
    }
}

#[test]
fn no_run_passes_with_one_more_failure() {
    let fail = |run: &mut Run| {
        if run.reports.is_empty() {
            run.reports.push(("more-1.xml".to_owned(), passed(1)));
        }
        run.red("one more", &[OTHER]);
    };
    for (name, decision) in with_more(fail) {
        assert!(decision.answer >= Failed, "{name}");
    }
}

#[test]
fn red_tests_that_stop_the_change_come_first() {
    let mut run = Run::new();
    run.masked();
    run.red("zips", &[OTHER]);
    run.red("more", &[OTHER]).passed_after = 3;
    let decision = run.decide();
    let kinds: Vec<bool> = decision.red.iter().map(|judged| judged.verdict.excuses()).collect();
    assert_eq!(kinds, [false, true, true]);
    assert_eq!(decision.red[0].test.name, "zips");
    assert!(matches!(decision.red[1].verdict, Verdict::Masked { .. }));
    assert_eq!(decision.red[1].class, Some(Class::Flaky));
}

#[test]
fn a_decision_reads_as_it_is_written() {
    let mut run = Run::new();
    run.masked();
    run.red("zips", &[OTHER]);
    run.gap(Gap::Truncated, 3, "it breaks off");
    let decision = run.decide();
    let text = serde_json::to_string(&decision).unwrap();
    assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
    assert!(text.starts_with(r#"{"schema":"gate/v1","answer":"unproven""#), "{text}");
    assert!(text.contains(r#""why":"masked""#), "{text}");
}

#[test]
fn a_message_is_short_and_its_text_stands_in_for_it() {
    let mut run = Run::new();
    let red = run.red("adds", &[OTHER]);
    red.failure = Some(Failure { text: "é".repeat(1_000), ..Failure::default() });
    assert_eq!(run.decide().red[0].message.chars().count(), 300);
}
