use tl_core::test::Status;

use crate::read::tests::{gaps, lines, read};
use crate::read::{Counts, Gap};

#[test]
fn the_worst_of_several_results_counts() {
    let (cases, _) = read(
        "<testsuite name='s'><testcase name='a'><skipped/><failure message='m'>t</failure></testcase>\
         <testcase name='b'><failure message='m'/><error type='E' message='n'/></testcase>\
         <testcase name='c'><error message='n'/><failure message='m'/></testcase>\
         <testcase name='d'><failure message='m'/><failure message='n'>t</failure></testcase></testsuite>",
    );
    assert_eq!(
        lines(&cases),
        [
            "s |  | a: Failed (, m, t)",
            "s |  | b: Errored (E, n, )",
            "s |  | c: Errored (, n, )",
            "s |  | d: Failed (, m, \nn\nt)",
        ]
    );
}

#[test]
fn what_is_to_be_done_yet_may_fail() {
    // As node 20 writes it: `node --test --test-reporter=junit`.
    let (cases, _) = read(
        "<testsuites><testcase name='t' classname='test' failure='soon'><skipped type='todo' message='true'/>\
         <failure type='testCodeFailure' message='soon'>at a.mjs</failure></testcase>\
         <testcase name='s' classname='test'><skipped type='skipped' message='true'/>\
         <failure message='m'/></testcase></testsuites>",
    );
    let found: Vec<Status> = cases.iter().map(|case| case.status).collect();
    assert_eq!(found, [Status::Skipped, Status::Failed]);
}

#[test]
fn a_case_may_say_what_became_of_it_in_an_attribute() {
    let (cases, _) = read(
        "<testsuite><testcase name='a' status='notrun'/><testcase name='b' result='suppressed'/>\
         <testcase name='c' status='run' result='completed'/><testcase name='d' status='failed'/>\
         <testcase name='e' status='skipped'><failure/></testcase></testsuite>",
    );
    let found: Vec<Status> = cases.iter().map(|case| case.status).collect();
    let (skipped, failed) = (Status::Skipped, Status::Failed);
    assert_eq!(found, [skipped, skipped, Status::Passed, failed, failed]);
}

#[test]
fn attempts_of_surefire_and_nextest_are_attempts() {
    let (cases, ending) = read(
        "<testsuite name='s' tests='3'>\
         <testcase name='flaky' classname='c' time='2'><flakyFailure type='E' message='m'>\
         <stackTrace>at a</stackTrace><system-out>x</system-out></flakyFailure>\
         <flakyError message='n' timestamp='2026-03-01T12:00:00Z' time='0.5'>t</flakyError></testcase>\
         <testcase name='broken' classname='c'><failure message='m'/><rerunFailure message='n'>\
         <stackTrace>at b</stackTrace></rerunFailure></testcase>\
         <testcase name='never mind' classname='c'><failure message='flaky'/><flakyFailure \
         message='m'/></testcase></testsuite>",
    );
    assert_eq!(
        lines(&cases),
        [
            "s | c | flaky: Failed (E, m, at a)",
            "s | c | flaky: Errored #2 (, n, t)",
            "s | c | flaky: Passed #3",
            "s | c | broken: Failed #2 (, n, at b)",
            "s | c | broken: Failed (, m, )",
            "s | c | never mind: Failed (, m, )",
            "s | c | never mind: Failed #2 (, flaky, )",
        ]
    );
    assert_eq!(cases[1].micros, Some(500_000));
    assert_eq!(cases[1].started.map(|at| at.as_millis()), Some(1_772_366_400_000));
    assert!(ending.complete, "attempts are no cases: {:?}", ending.remarks);
}

#[test]
fn suites_within_suites_keep_their_path_and_cases_may_stand_outside_of_them() {
    let (cases, ending) = read(
        "<testsuites name='all'><testsuite name='a'><testsuite name=''><testsuite name='b'>\
         <testcase name='x' class='c' file='f.rb' line='3'/></testsuite></testsuite>\
         <testcase name='y'/></testsuite><testcase name='z'/></testsuites>\
         <testsuite name='second root'><testcase name='w'/></testsuite>",
    );
    assert_eq!(
        lines(&cases),
        [
            "a / b | c | x: Passed",
            "a |  | y: Passed",
            " |  | z: Passed",
            "second root |  | w: Passed"
        ]
    );
    assert_eq!((cases[0].test.file.as_str(), cases[0].line), ("f.rb", Some(3)));
    assert_eq!((ending.suites, ending.complete), (4, true));
}

#[test]
fn fewer_cases_than_said_are_a_gap_and_more_are_not() {
    let suite = |said: u32, name: &str| {
        read(&format!("<testsuite name='{name}' tests='{said}'><testcase name='a'/></testsuite>")).1
    };
    assert_eq!(gaps(&suite(2, "s")), [Gap::FewerThanSaid]);
    assert_eq!((gaps(&suite(0, "s")), suite(0, "s").remarks.len()), (vec![], 1));
    assert_eq!(gaps(&read("<testsuite name='s' tests='2'/>").1), [Gap::FewerThanSaid]);
    // An outer suite sums up what is within it.
    let nested = "<testsuite tests='2'><testcase name='a'/><testsuite tests='1'><testcase name='b'/>\
                  </testsuite></testsuite>";
    assert!(read(nested).1.complete);
    // pytest counts a test whose teardown broke as two.
    let twice = "<testsuite name='pytest' tests='2' errors='1'><testcase name='a'><error/></testcase>\
                 </testsuite>";
    assert!(read(twice).1.complete);
}

#[test]
fn commit_hosts_and_instants_are_kept() {
    let (_, ending) = read(
        "<testsuites><testsuite name='s' tests='1' skipped='1' hostname='one' \
         timestamp='2026-03-01T12:00:00'><properties><property name='git.commit' value='3F1C9AA0D2'/>\
         </properties><testcase name='a'><skipped>why</skipped></testcase></testsuite></testsuites>",
    );
    assert_eq!(ending.commit.as_deref(), Some("3f1c9aa0d2"));
    assert_eq!(ending.hosts.into_iter().collect::<Vec<_>>(), ["one"]);
    assert_eq!(ending.first.map(|at| at.as_millis()), Some(1_772_366_400_000));
    assert_eq!(ending.said, Some(Counts { cases: 1, skipped: 1, ..Counts::default() }));
}

#[test]
fn namespaces_and_prefixes_do_not_matter() {
    let (cases, ending) = read(
        "<j:testsuite xmlns:j='urn:x' j:name='s'><j:testcase j:name='a'><j:failure/></j:testcase>\
         </j:testsuite>",
    );
    assert_eq!(lines(&cases), ["s |  | a: Failed"]);
    assert!(ending.complete);
}

#[test]
fn attributes_that_are_not_quoted_are_told() {
    let (_, ending) =
        read("<testsuite><testcase name='a' time=3><failure/></testcase></testsuite>");
    assert_eq!(gaps(&ending), [Gap::Malformed]);
}

#[test]
fn a_line_of_the_report_is_that_of_its_case() {
    let long = "x\n".repeat(100_000);
    let (cases, _) = read(&format!(
        "<testsuite>\n<testcase name='a'>\n<system-out>{long}</system-out></testcase>\n\
         <testcase name='b'/></testsuite>"
    ));
    assert_eq!((cases[0].at_line, cases[1].at_line), (2, 100_004));
}
