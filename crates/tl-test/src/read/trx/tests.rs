use super::split;
use crate::read::Gap;
use crate::read::tests::{gaps, lines, read};

fn run(results: &str, rest: &str) -> String {
    format!("<TestRun><Results>{results}</Results>{rest}</TestRun>")
}

#[test]
fn every_outcome_has_its_status_and_an_unknown_one_is_red() {
    let outcomes = [
        "Passed",
        "Failed",
        "NotExecuted",
        "Error",
        "Timeout",
        "Aborted",
        "Inconclusive",
        "NotRunnable",
        "Warning",
        "InProgress",
        "Odd",
    ];
    let results: String = outcomes
        .map(|outcome| format!("<UnitTestResult testName='{outcome}' outcome='{outcome}'/>"))
        .concat();
    let (cases, _) = read(&run(&format!("{results}<UnitTestResult testName='none'/>"), ""));
    let found: Vec<String> = cases.iter().map(|case| format!("{:?}", case.status)).collect();
    assert_eq!(
        found.join(" "),
        "Passed Failed Skipped Errored Errored Errored Skipped Errored Passed Unfinished Failed Failed"
    );
}

#[test]
fn rows_of_a_test_with_data_are_the_cases_and_it_is_their_sum() {
    let (cases, _) = read(&run(
        "<UnitTestResult testId='1' testName='Adds' outcome='Failed'><InnerResults>\
         <UnitTestResult testId='1' testName='Adds (1,2)' outcome='Passed'/>\
         <UnitTestResult testId='1' testName='Adds (1,3)' outcome='Failed'/></InnerResults>\
         </UnitTestResult>",
        "<TestDefinitions><UnitTest id='1'><TestMethod className='Acme.Sums, Acme, Version=1'/>\
         </UnitTest></TestDefinitions>",
    ));
    assert_eq!(
        lines(&cases),
        [" | Acme.Sums | Adds (1,2): Passed", " | Acme.Sums | Adds (1,3): Failed"]
    );
}

#[test]
fn messages_that_wait_are_cut_where_there_are_too_many() {
    let message = "x".repeat(60_000);
    let result = format!(
        "<UnitTestResult testName='A.b' outcome='Failed'><Output><ErrorInfo><Message>{message}\
         </Message></ErrorInfo></Output></UnitTestResult>"
    );
    let (cases, ending) = read(&run(&result.repeat(600), ""));
    let lengths: Vec<usize> =
        cases.iter().filter_map(|case| Some(case.failure.as_ref()?.message.len())).collect();
    assert_eq!((lengths.len(), lengths[0], lengths[599]), (600, 60_000, 200));
    let last = cases[599].failure.as_ref().map_or(0, |failure| failure.cut);
    assert_eq!((ending.complete, last), (true, 59_800));
    assert!(ending.cut > 59_800, "{}", ending.cut);
}

#[test]
fn without_definitions_the_class_stands_before_the_last_point() {
    assert_eq!(split("Acme.Sums.Adds(a: \"x.y\")"), ("Acme.Sums", "Adds(a: \"x.y\")"));
    assert_eq!(split("adds 1.5 and 2.5"), ("", "adds 1.5 and 2.5"));
    assert_eq!(split("Adds"), ("", "Adds"));
    assert_eq!(split("ends."), ("", "ends."));
}

#[test]
fn a_run_that_was_aborted_is_not_complete() {
    let (_, ending) =
        read(&run("", "<ResultSummary outcome='Aborted'><Counters total='0'/></ResultSummary>"));
    assert_eq!(gaps(&ending), [Gap::NeverFinished]);
    let (_, ending) =
        read(&run("", "<ResultSummary outcome='Completed'><Counters total='3'/></ResultSummary>"));
    assert_eq!(gaps(&ending), [Gap::FewerThanSaid]);
}
