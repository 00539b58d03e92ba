//! How processes end and what reports hold, with the answers.

use super::*;
use crate::gate::Judged;

pub(super) const PROCESS: &[Scenario] = &[
    ("all is green", |_| (), Passed, "passed: 10 cases"),
    ("the runner ended with 0", |r| r.ended("pytest", 0), Passed, "passed"),
    (
        "a signal ended it",
        |r| {
            r.process = Some(Process {
                signal: Some(9),
                program: vec!["pytest".to_owned()],
                ..Process::default()
            });
        },
        Unproven,
        "signal 9 (killed, often out of memory)",
    ),
    (
        "its time was over",
        |r| {
            r.process = Some(Process {
                timed_out: true,
                program: vec!["pytest".to_owned()],
                ..Process::default()
            });
        },
        Unproven,
        "its time was over",
    ),
    (
        "nobody knows how it ended",
        |r| r.process = Some(Process::default()),
        Unproven,
        "nobody knows how",
    ),
    ("a shell tells of a kill", |r| r.ended("sh -c run", 137), Unproven, "signal 9"),
    (
        "a crash with red tests",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("pytest", 139);
        },
        Unproven,
        "signal 11",
    ),
    ("the command was not found", |r| r.ended("pytest", 127), Unproven, "not found"),
    ("timeout(1) stopped it", |r| r.ended("timeout 60 pytest", 124), Unproven, "its time was over"),
    (
        "pytest was interrupted",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("pytest", 2);
        },
        Unproven,
        "does not mean that tests failed",
    ),
    (
        "pytest found no tests",
        |r| r.ended("python -m pytest", 5),
        Unproven,
        "`pytest` ended with 5",
    ),
    (
        "a failure that its runner tells",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("pytest", 1);
        },
        Failed,
        "1 red test",
    ),
    (
        "cargo's code of failed tests",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("cargo test", 101);
        },
        Failed,
        "1 red test",
    ),
    (
        "nextest's code of failed tests",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("cargo nextest run", 100);
        },
        Failed,
        "1 red test",
    ),
    ("nextest could not build", |r| r.ended("cargo nextest run", 101), Unproven, "ended with 101"),
    (
        "ctest's code of failed tests",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("ctest", 8);
        },
        Failed,
        "1 red test",
    ),
    (
        "an unknown program ends with 7",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("./run", 7);
        },
        Unproven,
        "`--fail-code`",
    ),
    (
        "the team names that code",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("./run", 7);
            r.expected.fail_codes = vec![7];
        },
        Failed,
        "1 red test",
    ),
    (
        "the runner says no and no report says why",
        |r| r.ended("pytest", 1),
        Unproven,
        "no report says why",
    ),
    (
        "the runner says no, and all passed again",
        |r| {
            r.red("adds", &[OTHER]).passed_after = 2;
            r.ended("pytest", 1);
        },
        Unproven,
        "passed when it was tried again",
    ),
    (
        "0 with a red test",
        |r| {
            r.red("adds", &[OTHER]);
            r.ended("pytest", 0);
        },
        Failed,
        "`--retries`",
    ),
    (
        "red tests that are all masked",
        |r| {
            r.masked();
            r.ended("pytest", 1);
        },
        Passed,
        "masked",
    ),
];

pub(super) const EVIDENCE: &[Scenario] = &[
    ("no report", |r| r.reports.clear(), Unproven, "no report at all"),
    (
        "no report after a pass",
        |r| {
            r.reports.clear();
            r.ended("pytest", 0);
        },
        Unproven,
        "no report at all",
    ),
    (
        "no report where no case is right",
        |r| {
            r.reports.clear();
            r.expected.empty = true;
        },
        Unproven,
        "no report at all",
    ),
    (
        "a report breaks off",
        |r| r.gap(Gap::Truncated, 12, "it breaks off in `testcase`"),
        Unproven,
        "`out/report.xml` line 12: it breaks off",
    ),
    (
        "it declares a document type",
        |r| r.gap(Gap::Doctype, 2, "a DOCTYPE"),
        Unproven,
        "-> let the runner finish",
    ),
    (
        "it is not complete and does not say why",
        |r| r.reports[0].1.complete = false,
        Unproven,
        "not seen whole",
    ),
    (
        "a remark without a gap",
        |r| {
            let what = "2 names are one".to_owned();
            r.reports[0].1.remarks.push(Remark { gap: None, line: 0, what, mend: String::new() });
        },
        Passed,
        "`out/report.xml`: 2 names are one",
    ),
    (
        "a second report breaks off",
        |r| {
            let mut broken = passed(3);
            broken.complete = false;
            r.reports.push(("out/b.xml".to_owned(), broken));
        },
        Unproven,
        "`out/b.xml` was not seen whole",
    ),
    (
        "a report that breaks off, with a failure",
        |r| {
            r.red("adds", &[OTHER]);
            r.gap(Gap::Truncated, 12, "it breaks off");
        },
        Unproven,
        "1 red test",
    ),
    ("no cases", |r| r.reports[0].1 = passed(0), Unproven, "no report holds a single case"),
    (
        "no cases, and that is right",
        |r| {
            r.reports[0].1 = passed(0);
            r.expected.empty = true;
        },
        Passed,
        "0 cases",
    ),
    (
        "every case was skipped",
        |r| {
            r.reports[0].1.counted = Counts { cases: 6, skipped: 6, ..Counts::default() };
        },
        Unproven,
        "nothing was executed",
    ),
    (
        "every case was skipped, and that is right",
        |r| {
            r.reports[0].1.counted = Counts { cases: 6, skipped: 6, ..Counts::default() };
            r.expected.empty = true;
        },
        Passed,
        "6 skipped",
    ),
    (
        "an expected file is there",
        |r| r.expected.files = vec!["out/*.xml".to_owned()],
        Passed,
        "passed",
    ),
    (
        "an expected file is not there",
        |r| {
            r.expected.files = vec!["out/*.xml".to_owned(), "api/**/TEST-*.xml".to_owned()];
        },
        Unproven,
        "no report matches `api/**/TEST-*.xml`",
    ),
    (
        "a star does not leave its directory",
        |r| r.expected.files = vec!["*.xml".to_owned()],
        Unproven,
        "no report matches",
    ),
    (
        "an expected file is no glob",
        |r| r.expected.files = vec!["[".to_owned()],
        Unproven,
        "is no glob",
    ),
    (
        "all shards are there",
        |r| {
            r.reports = ["s/shard-1/a.xml", "s/shard-2/a.xml"]
                .map(|name| (name.to_owned(), passed(5)))
                .to_vec();
            r.expected.shards = Some(2);
        },
        Passed,
        "10 cases",
    ),
    (
        "shards count from 0",
        |r| {
            r.reports = ["a-0.xml", "a-1.xml"].map(|name| (name.to_owned(), passed(5))).to_vec();
            r.expected.shards = Some(2);
        },
        Passed,
        "10 cases",
    ),
    (
        "a shard is missing",
        |r| {
            r.reports =
                ["a-1-of-3.xml", "a-3-of-3.xml"].map(|name| (name.to_owned(), passed(5))).to_vec();
            r.expected.shards = Some(3);
        },
        Unproven,
        "no report of shard 2 (of 3 from 1)",
    ),
    (
        "the last shard is missing",
        |r| {
            r.reports =
                ["r1/a-1.xml", "r1/a-2.xml"].map(|name| (name.to_owned(), passed(5))).to_vec();
            r.expected.shards = Some(3);
        },
        Unproven,
        "no report of shard 3",
    ),
    (
        "one shard twice is not two",
        |r| {
            r.reports = ["x/shard-1.xml", "y/shard-1.xml"]
                .map(|name| (name.to_owned(), passed(5)))
                .to_vec();
            r.expected.shards = Some(2);
        },
        Unproven,
        "no report of shard 2",
    ),
    (
        "a shard too many",
        |r| {
            let names = ["shard-1/a.xml", "shard-2/a.xml", "shard-3/a.xml"];
            r.reports = names.map(|name| (name.to_owned(), passed(5))).to_vec();
            r.expected.shards = Some(2);
        },
        Unproven,
        "reports of shard 3, and 2 were expected",
    ),
    (
        "shards of another number",
        |r| {
            let names = ["a-1-of-3.xml", "a-2-of-3.xml"];
            r.reports = names.map(|name| (name.to_owned(), passed(5))).to_vec();
            r.expected.shards = Some(2);
        },
        Unproven,
        "they are of 3 shards",
    ),
    (
        "a number that may be a shard's, and one that is missing",
        |r| {
            let names = ["results-1/a.xml", "results-1/b.xml", "results-3/a.xml"];
            r.reports = names.map(|name| (name.to_owned(), passed(5))).to_vec();
            r.expected.shards = Some(3);
        },
        Unproven,
        "no report of shard 2",
    ),
    (
        "numbers that are no shard's",
        |r| {
            let names = ["py-3.11.xml", "py-3.12.xml"];
            r.reports = names.map(|name| (name.to_owned(), passed(5))).to_vec();
            r.expected.shards = Some(2);
        },
        Passed,
        "10 cases",
    ),
    (
        "as many reports as were expected",
        |r| {
            r.reports.push(("out/system.xml".to_owned(), passed(3)));
            r.expected.shards = Some(2);
        },
        Passed,
        "13 cases",
    ),
    (
        "fewer reports than were expected",
        |r| r.expected.shards = Some(2),
        Unproven,
        "there is 1 report, and 2 were expected",
    ),
    (
        "it is about this commit, shortened",
        |r| {
            r.reports[0].1.commit = Some("3f1c9aa0d2".to_owned());
            r.expected.commit = Some("3f1c9aa0d2b07be35a6610fa2b38aa07e5f1d41d".to_owned());
        },
        Passed,
        "passed",
    ),
    (
        "it is about another commit",
        |r| {
            r.reports[0].1.commit = Some("77ab2019c4".to_owned());
            r.expected.commit = Some("3f1c9aa0d2b07be35a6610fa2b38aa07e5f1d41d".to_owned());
        },
        Unproven,
        "about commit `77ab2019c4`, not",
    ),
    (
        "its commit is a word",
        |r| {
            r.reports[0].1.commit = Some("main".to_owned());
            r.expected.commit = Some("3f1c9aa0d2".to_owned());
        },
        Passed,
        "`main`, which is no commit",
    ),
    (
        "only an old report is there",
        |r| {
            r.reports[0].1.last = Timestamp::parse("2026-11-19").ok();
            r.expected.since = Timestamp::parse("2026-11-21").ok();
        },
        Unproven,
        "every report is older than the run",
    ),
    (
        "an old report beside a new one",
        |r| {
            r.reports[0].1.last = Timestamp::parse("2026-11-19").ok();
            r.reports.push(("new.xml".to_owned(), passed(3)));
            r.expected.since = Timestamp::parse("2026-11-21").ok();
        },
        Passed,
        "before the run began",
    ),
    (
        "a report in another zone is not old",
        |r| {
            r.reports[0].1.last = Timestamp::parse("2026-11-21T02:00:00Z").ok();
            r.expected.since = Timestamp::parse("2026-11-21T09:00:00Z").ok();
        },
        Passed,
        "passed",
    ),
    (
        "fewer cases than asked for",
        |r| r.expected.cases = Some(11),
        Unproven,
        "10 cases, and 11 were expected",
    ),
    ("as many cases as asked for", |r| r.expected.cases = Some(10), Passed, "passed"),
    (
        "under 90 % of the usual",
        |r| r.expected.median = Some(12),
        Unproven,
        "under 90 % of the usual 12",
    ),
    ("90 % of the usual", |r| r.expected.median = Some(11), Passed, "passed"),
    (
        "few, because they were chosen",
        |r| {
            r.expected.median = Some(100);
            r.expected.selected = true;
        },
        Passed,
        "passed",
    ),
    (
        "chosen tests that were none",
        |r| {
            r.reports[0].1 = passed(0);
            r.expected.selected = true;
        },
        Unproven,
        "no report holds a single case",
    ),
    (
        "the reports count red cases that nobody hands over",
        |r| r.reports[0].1.counted.add(Status::Failed),
        Unproven,
        "none was told",
    ),
];

#[test]
fn one_reason_of_a_third_of_the_tests_is_told_and_red_all_the_same() {
    let mut run = Run::new();
    run.expected.machines_prove_nothing = true;
    for number in 0..24 {
        let red = run.red(&format!("orders {number}"), &[KNOWN]);
        red.test.class = format!("acme.Orders{}Test", number % 4);
    }
    run.red("sums", &[OTHER]);
    let decision = run.decide();
    // It may be the change that breaks what they share.
    assert_eq!(decision.answer, Answer::Failed);
    let is_shared =
        |verdict: &Verdict| matches!(verdict, Verdict::Infra { class } if class == "shared-cause");
    assert_eq!(decision.red.iter().filter(|one| is_shared(&one.verdict)).count(), 24);
    assert_eq!(decision.red[0].verdict, Verdict::Real);
    // Of ninety tests they are less.
    run.reports[0].1 = passed(90);
    assert!(run.decide().red.iter().all(|one| one.verdict == Verdict::Real));
}

#[test]
fn a_reason_of_several_tests_is_red_whoever_else_has_it() {
    let mut run = Run::new();
    run.expected.machines_prove_nothing = true;
    for number in 0..24 {
        let red = run.red(&format!("orders {number}"), &[KNOWN]);
        red.test.class = format!("acme.Orders{}Test", number % 4);
    }
    for (cause, verdict, said) in [
        (Cause::Elsewhere { changes: 3 }, "machine", "and 3 other changes failed for it"),
        (Cause::GoesOn { runs: 1 }, "real", "as in the run before: it is the code's"),
        (Cause::GoesOn { runs: 4 }, "real", "as in the 4 runs before"),
        (Cause::Own, "real", ""),
    ] {
        run.known.cause = Some(cause);
        let decision = run.decide();
        assert_eq!(decision.answer, Answer::Failed, "{cause:?}");
        let is_machine = |judged: &Judged| matches!(judged.verdict, Verdict::Infra { .. });
        assert!(decision.red.iter().all(|one| is_machine(one) == (verdict == "machine")));
        let told = decision.evidence.iter().find(|remark| remark.what.contains("one reason"));
        assert_eq!(told.is_some(), !said.is_empty());
        assert!(told.is_none_or(|told| told.gap.is_none() && told.what.contains(said)));
    }
    // What the quarantine knows of a test stays masked, and what it does not know stays red.
    run.known.cause = Some(Cause::Elsewhere { changes: 3 });
    run.entry("orders 0");
    let decision = run.decide();
    let masked = |judged: &&Judged| matches!(judged.verdict, Verdict::Masked { .. });
    assert_eq!(decision.red.iter().filter(masked).count(), 1);
    assert_eq!(decision.answer, Answer::Failed);
}
