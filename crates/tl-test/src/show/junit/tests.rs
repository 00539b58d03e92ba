use std::fs;
use std::io::Cursor;
use std::path::Path;

use proptest::prelude::*;
use tl_core::test::Status;

use super::*;
use crate::read::{Case, Ending, Limits, Report, name};

/// Masks tests whose name holds one of these, or everything.
fn masked(report: &[u8], names: &[&str]) -> (Vec<u8>, u64) {
    let (cases, _) = read(report);
    let keys: Vec<TestKey> = cases
        .iter()
        .filter(|case| names.iter().any(|name| case.test.name.contains(name)))
        .map(|case| name::key(&case.test))
        .collect();
    let reason = |key: &TestKey| keys.contains(key).then(|| "quarantined: ana, <a&b>".to_owned());
    let mut out = Vec::new();
    let count = rewrite(Cursor::new(report), &reason, &mut out).unwrap();
    (out, count)
}

fn read(report: &[u8]) -> (Vec<Case>, Ending) {
    let mut report = Report::open("report", report, None, Limits::default()).unwrap();
    let mut cases = Vec::new();
    while let Some(batch) = report.next_batch().unwrap() {
        cases.extend(batch);
    }
    (cases, report.ending())
}

const REPORT: &str = "\u{feff}<?xml version='1.0'?>\n<!-- <failure> in a comment > -->\n\
    <testsuites tests=\"4\" failures=\"2\" errors = '1' skipped=\"0\">\n\
    <testsuite name='a > b' tests='3' failures='2' errors='0' skipped='0'>\n\
    <testcase name='fine'/>\n<testcase name='flaky' classname='c'><failure message='x > y'\n\
    type='E'><![CDATA[ </failure> <error> ]]>\u{e4}</failure><system-out><failure/></system-out>\
    </testcase>\n<testcase name='red'><failure/></testcase></testsuite>\n\
    <testsuite name='b' failures='0' errors='1'><testcase name='flaky error'><error/><failure>x\
    </failure></testcase></testsuite></testsuites>\n\n";

#[test]
fn masked_cases_are_skipped_and_their_suites_counted_anew() {
    let (out, count) = masked(REPORT.as_bytes(), &["flaky"]);
    let skipped = "<skipped message=\"quarantined: ana, &lt;a&amp;b&gt;\"/>";
    let wanted = REPORT
        .replace(
            "failures=\"2\" errors = '1' skipped=\"0\"",
            "failures=\"1\" errors = '0' skipped=\"2\"",
        )
        .replace("failures='2' errors='0' skipped='0'", "failures='1' errors='0' skipped='1'")
        .replace("failures='0' errors='1'", "failures='0' errors='0'")
        .replace("<failure message", &format!("{skipped}<flakyFailure message"))
        .replace("\u{e4}</failure>", "\u{e4}</flakyFailure>")
        .replace("<error/><failure>x", &format!("{skipped}<flakyError/><flakyFailure>x"))
        .replace("x</failure>", "x</flakyFailure>");
    assert_eq!((String::from_utf8(out).unwrap(), count), (wanted, 2));
}

#[test]
fn the_rewritten_report_is_read_as_skipped_where_it_was_masked() {
    let (out, _) = masked(REPORT.as_bytes(), &["flaky"]);
    let (cases, ending) = read(&out);
    let last = |name: &str| {
        let found = cases.iter().rfind(|case| case.test.name == name).map(|case| case.status);
        found.unwrap()
    };
    assert_eq!((last("flaky"), last("flaky error")), (Status::Skipped, Status::Skipped));
    assert_eq!((last("fine"), last("red")), (Status::Passed, Status::Failed));
    assert!(ending.complete);
}

#[test]
fn names_with_prefixes_keep_them() {
    let report = b"<j:testsuite failures='1'><j:testcase name='a'><j:failure>x</j:failure></j:testcase></j:testsuite>";
    let (out, _) = masked(report, &["a"]);
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.contains("<j:skipped message=") && out.contains("<j:flakyFailure>x</j:flakyFailure>"),
        "{out}"
    );
}

#[test]
fn a_case_that_never_ended_is_not_masked() {
    for cut in ["</testcase>", "</failure>", "<flaky", "x"] {
        let report = format!("<testsuite failures='1'><testcase name='a'><failure>x{cut}");
        let report = report.strip_suffix("</testcase>").unwrap_or(&report);
        assert_eq!(masked(report.as_bytes(), &[""]), (report.as_bytes().to_vec(), 0), "{cut}");
    }
    // The next case does not end it.
    let report = "<testsuite><testcase name='a'><failure/><testcase name='b'/></testsuite>";
    assert_eq!(masked(report.as_bytes(), &[""]).0, report.as_bytes());
}

#[test]
fn no_byte_beside_a_name_is_taken_for_it() {
    for end in [
        "<</failure>",
        "</ failure>",
        "<</failure></testcase></testsuite>",
        "<failure</j:failure></testcase></testsuite>",
    ] {
        let report = format!("<testsuite><testcase name='a'><failure>x{end}");
        let out = String::from_utf8(masked(report.as_bytes(), &[""]).0).unwrap();
        assert!(out.ends_with(end), "{out}");
    }
    let report = "<testsuite><testcase name='a'><failure>x</failure ></testcase></testsuite>";
    let out = String::from_utf8(masked(report.as_bytes(), &[""]).0).unwrap();
    assert!(out.ends_with("x</flakyFailure ></testcase></testsuite>"), "{out}");
}

#[test]
fn every_junit_report_of_dorny_and_launchable_is_the_same_where_nothing_is_masked() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    for directory in [
        "dorny/__tests__/fixtures",
        "launchable/tests/data/ant/junitreport",
        "launchable/tests/data/pytest",
    ] {
        let at = shared.join(directory);
        let entries = fs::read_dir(&at).unwrap_or_else(|_| panic!("{} is missing", at.display()));
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let report = fs::read(&path).unwrap();
            assert_eq!(masked(&report, &[]).0, report, "{}", path.display());
        }
    }
}

#[test]
fn every_red_case_of_a_real_report_can_be_masked() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = shared.join("launchable/tests/data/pytest/report.xml");
    let report = fs::read(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
    let (out, count) = masked(&report, &[""]);
    let (_, ending) = read(&out);
    assert_eq!(count, 4);
    // What did not count is an attempt, and the last one is skipped.
    assert_eq!((ending.counted.skipped, ending.counted.passed), (4, 8));
    assert_eq!(ending.said.map(|said| (said.cases, said.failed)), Some((12, 0)));
}

proptest! {
    /// Take the edits out again, and the report is as it was.
    #[test]
    fn every_other_byte_is_as_it_was(step in 1_usize..60, cut in 0..REPORT.len(), all: bool) {
        let report = &REPORT.as_bytes()[..cut];
        let reason = |_: &TestKey| all.then(|| "x".to_owned());
        let (changes, _) = edits(io::BufReader::with_capacity(step, report), &reason).unwrap();
        let mut at = 0;
        for edit in &changes {
            prop_assert!(edit.at >= at && edit.at + edit.len <= cut as u64, "{:?}", changes);
            at = edit.at + edit.len;
        }
        let mut out = Vec::new();
        apply(report, &changes, &mut out).unwrap();
        prop_assert_eq!(changes.is_empty(), out == report);
        let whole = edits(report, &reason).unwrap().0;
        prop_assert_eq!(changes, whole);
    }

    #[test]
    fn no_bytes_are_too_odd_to_rewrite(text in "[<>/!\\[\\]CDAT\\-a-z ='\"?]{0,80}") {
        let report = format!("<testsuite failures='1'><testcase name='a'><failure>{text}");
        let reason = |_: &TestKey| Some(String::new());
        let mut out = Vec::new();
        rewrite(Cursor::new(report.as_bytes()), &reason, &mut out).unwrap();
    }
}
