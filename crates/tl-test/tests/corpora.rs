//! Reports of real runners, collected by others: each is read, and comes to what stands beside it.
//!
//! They lie beside the checkout, in `../shared/data` (its README says whose they are). What is
//! not equal is listed here by name, with the reason. The expected numbers are those that the
//! collectors wrote down, or are counted here a second time, in another way.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tl_core::test::Status;
use tl_test::read::{Case, Ending, Gap, Limits, Report};

fn shared(path: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    assert!(folder.is_dir(), "`shared/data` is missing beside the checkout");
    folder.join(path)
}

fn files(folder: &str) -> Vec<PathBuf> {
    fn all(at: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(at).unwrap_or_else(|_| panic!("{} is missing", at.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() { all(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    all(&shared(folder), &mut found);
    found.sort();
    found
}

fn read(path: &Path) -> (Vec<Case>, Ending) {
    let file = BufReader::new(File::open(path).unwrap_or_else(|_| panic!("{}", path.display())));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut report = Report::open(&name, file, None, Limits::default()).unwrap();
    let mut cases = Vec::new();
    while let Some(batch) = report.next_batch().unwrap() {
        cases.extend(batch);
    }
    (cases, report.ending())
}

/// Passed, red, skipped.
fn counts(cases: &[Case]) -> [usize; 3] {
    let of = |fits: fn(Status) -> bool| cases.iter().filter(|case| fits(case.status)).count();
    [
        of(|status| status == Status::Passed),
        of(Status::is_red),
        of(|status| status == Status::Skipped),
    ]
}

/// What a case of `go test` comes to in the XML of go-junit-report.
fn go_rows(cases: &[Case]) -> Vec<(String, String, &'static str)> {
    let rows = cases.iter().map(|case| {
        let result = match case.status {
            Status::Passed => "passed",
            Status::Skipped => "skipped",
            Status::Failed => "failed",
            Status::Errored | Status::Unfinished => "errored",
        };
        (case.test.name.clone(), case.test.class.clone(), result)
    });
    rows.collect()
}

#[test]
fn all_outputs_of_go_come_to_what_go_junit_report_makes_of_them() {
    let folder = shared("go-junit-report/testdata");
    let (mut compared, mut wrong) = (0, Vec::new());
    for path in files("go-junit-report/testdata") {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(number) = name.strip_suffix(".txt").and_then(|name| name.get(..3)) else {
            continue;
        };
        let (cases, ending) = read(&path);
        let (expected, _) = read(&folder.join(format!("{number}-report.xml")));
        let (mut rows, mut expected) = (go_rows(&cases), go_rows(&expected));
        // The output of a test's own binary does not name its package; the XML was made with
        // `-package-name test/package`.
        if number == "007" {
            for row in &mut rows {
                assert_eq!(row.1, "");
                row.1 = "test/package".to_owned();
            }
        }
        rows.sort();
        expected.sort();
        if rows != expected || !ending.complete {
            wrong.push(format!("{name}: {rows:#?} != {expected:#?} {:?}", ending.remarks));
        }
        compared += 1;
    }
    assert_eq!(compared, 48);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Records of what the collectors made of reports, and the reports.
const RECORDED: &[(&str, &[&str])] = &[
    ("ant/record_test_result.json", &["ant/junitreport/TESTS-TestSuites.xml"]),
    (
        "ant/record_test_result.json",
        &[
            "ant/junitreport/TEST-com.launchable.HelloWorldTest.xml",
            concat!("ant/junitreport/TEST-com.launchable.", "library", ".CacheTest.xml"),
        ],
    ),
    ("behave/record_test_result.json", &["behave/reports/report.xml"]),
    ("ctest/record_test_result.json", &["ctest/Testing/latest/Test.xml"]),
    ("cts/record_test_result.json", &["cts/test_result.xml"]),
    ("cucumber/record_test_json_result.json", &["cucumber/report/result.json"]),
    (
        "cucumber/record_test_result.json",
        &[
            "cucumber/report/TEST-features-foo-bar.xml",
            "cucumber/report/TEST-features-foo-is_it_friday_yet.xml",
            "cucumber/report/TEST-features-is_it_friday_yet.xml",
        ],
    ),
    ("cypress/record_test_result.json", &["cypress/test-result.xml"]),
    ("dotnet/record_test_result.json", &["dotnet/test-result.xml"]),
    ("flutter/record_test_result.json", &["flutter/report.json"]),
    ("go_test/record_test_result.json", &["go_test/reportv1/reportv1.xml"]),
    ("go_test/record_test_result.json", &["go_test/reportv2/reportv2.xml"]),
    ("googletest/fail/record_test_result.json", &["googletest/fail/output.xml"]),
    ("googletest/record_test_result.json", &["googletest/output_a.xml", "googletest/output_b.xml"]),
    ("gradle/recursion/expected.json", &["gradle/recursion/foo/bar/reports/1.xml"]),
    ("jest/record_test_result.json", &["jest/junit.xml"]),
    (
        "maven/record_test_result.json",
        &["maven/reports/TEST-1.xml", "maven/reports/TEST-2.xml", "maven/reports/TEST-nested.xml"],
    ),
    (
        "minitest/record_test_result.json",
        &[
            "minitest/TEST-Admin_UserTest.xml",
            "minitest/TEST-Admin_UserTest_ChildlenTest.xml",
            "minitest/TEST-UserControllerTest.xml",
            "minitest/TEST-UserCopyTest.xml",
            "minitest/TEST-UserTest.xml",
        ],
    ),
    (
        "nunit/nunit-reporter-bug-with-nested-type.json",
        &["nunit/nunit-reporter-bug-with-nested-type.xml"],
    ),
    ("nunit/record_test_result-linux.json", &["nunit/output-linux.xml"]),
    ("nunit/record_test_result-windows.json", &["nunit/output-windows.xml"]),
    ("playwright/record_test_result.json", &["playwright/report.xml"]),
    ("playwright/record_test_result_with_json.json", &["playwright/report.json"]),
    ("prove/record_test_result.json", &["prove/report.xml"]),
    ("pytest/record_test_result.json", &["pytest/report.xml"]),
    ("pytest/record_test_result_json.json", &["pytest/report.json"]),
    ("robot/record_test_executed_only_one_file_result.json", &["robot/single-output.xml"]),
    ("robot/record_test_result.json", &["robot/output.xml"]),
    ("rspec/record_test_result.json", &["rspec/rspec.xml"]),
    ("vitest/record_test_result.json", &["vitest/report.xml"]),
    ("xctest/record_test_result.json", &["xctest/junit.xml"]),
];

/// Reports of launchable's that are not whole, or hold something else than results.
const NOT_WHOLE: &[(&str, Gap)] = &[
    // Text, as a test of bad input.
    ("broken_xml/broken.xml", Gap::Malformed),
    // Nothing, and a root of no runner, as tests of what lies beside reports.
    ("cucumber/report/dummy.xml", Gap::Empty),
    ("maven/reports/dummy.xml", Gap::NoReport),
    // Lists of tests that are to be run.
    ("nunit/list.xml", Gap::NoReport),
    ("ctest/ctest_list.json", Gap::NoReport),
    // What a runner that ran nothing leaves: `{"events": []}` of the collectors' own.
    ("cypress/empty.json", Gap::NoReport),
];

/// Reports that others have shortened by hand, and what is missing: they say more cases than they
/// have, or have no end.
const SHORTENED: &[(&str, Gap)] = &[
    ("nunit/nunit-reporter-bug-with-nested-type.xml", Gap::FewerThanSaid),
    ("junit-with-message.xml", Gap::FewerThanSaid),
    ("python-xunit-pytest.xml", Gap::FewerThanSaid),
    ("provider-test-results.json", Gap::Truncated),
];

/// Whole reports without a record of their own: passed, red, skipped, as counted by hand.
const BY_HAND: &[(&str, [usize; 3])] = &[
    ("bazel/build_event.json", [3, 0, 0]),
    ("bazel/build_event_rest.json", [2, 0, 0]),
    ("broken_xml/normal.xml", [1, 0, 0]),
    ("cypress/empty.xml", [0, 0, 0]),
    // A dry run passes nothing, whatever it says.
    ("robot/dryrun.xml", [0, 0, 6]),
];

/// Whether a report is as whole as it should be.
fn is_whole(report: &str, ending: &Ending) -> bool {
    let gaps: Vec<Gap> = ending.remarks.iter().filter_map(|remark| remark.gap).collect();
    let expected = SHORTENED.iter().find(|(name, _)| *name == report).map(|(_, gap)| *gap);
    gaps == expected.into_iter().collect::<Vec<_>>()
}

fn recorded(path: &Path) -> [usize; 3] {
    let record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut all = [0; 3];
    for event in record["events"].as_array().unwrap() {
        // 0 failed, 1 passed, 2 was skipped.
        all[[1, 0, 2][event["status"].as_u64().unwrap() as usize]] += 1;
    }
    all
}

#[test]
fn all_reports_of_launchable_come_to_what_was_recorded_of_them() {
    let folder = shared("launchable/tests/data");
    let mut wrong = Vec::new();
    for (record, reports) in RECORDED {
        let expected = recorded(&folder.join(record));
        let mut all = [0; 3];
        for report in *reports {
            let (cases, ending) = read(&folder.join(report));
            if !is_whole(report, &ending) {
                wrong.push(format!("{report}: {:?}", ending.remarks));
            }
            all.iter_mut().zip(counts(&cases)).for_each(|(sum, more)| *sum += more);
        }
        if all != expected {
            wrong.push(format!("{reports:?}: {all:?}, recorded {expected:?}"));
        }
    }
    for (report, gap) in NOT_WHOLE {
        let (cases, ending) = read(&folder.join(report));
        if !cases.is_empty() || ending.complete || ending.remarks[0].gap != Some(*gap) {
            wrong.push(format!("{report}: {:?}", ending.remarks));
        }
    }
    for (report, expected) in BY_HAND {
        let (cases, ending) = read(&folder.join(report));
        if counts(&cases) != *expected || !ending.complete {
            wrong.push(format!("{report}: {:?} {:?}", counts(&cases), ending.remarks));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_report_of_launchable_is_left_out() {
    let folder = shared("launchable/tests/data");
    let known = RECORDED.iter().flat_map(|(_, reports)| reports.iter().copied());
    let known: Vec<&str> = known
        .chain(NOT_WHOLE.iter().map(|(report, _)| *report))
        .chain(BY_HAND.iter().map(|(report, _)| *report))
        .collect();
    let (mut bazel, mut left) = (0, Vec::new());
    for path in files("launchable/tests/data") {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
        let base = name.rsplit('/').next().unwrap();
        // What the collectors' own tool is expected to send.
        let own = base.starts_with("record_test") || base.starts_with("subset");
        if own || base == "expected.json" || name.ends_with("nested-type.json") {
            continue;
        }
        // Nine alike, each of one case that passed: the record has nine.
        if base == "test.xml" && name.starts_with("bazel/") {
            let (cases, ending) = read(&path);
            assert_eq!((counts(&cases), ending.complete), ([1, 0, 0], true), "{name}");
            bazel += 1;
        } else if !known.contains(&name.as_str()) {
            left.push(name);
        }
    }
    assert_eq!(recorded(&folder.join("bazel/record_test_result.json")), [bazel, 0, 0]);
    assert!(left.is_empty(), "{left:?}");
}

/// Passed, red, skipped, counted in the text alone: no reader of the program has a part in it.
fn by_text(path: &Path) -> [usize; 3] {
    let text = fs::read_to_string(path).unwrap();
    let text = text.trim_start_matches('\u{feff}');
    if text.contains("<TestRun") {
        let outcome = |word: &str| text.matches(&format!("outcome=\"{word}\"")).count();
        let all = text.matches("<UnitTestResult ").count();
        // The summary has an outcome too.
        let summary = usize::from(text.contains("<ResultSummary outcome=\"Failed\""));
        let (red, skipped) = (outcome("Failed") - summary, outcome("NotExecuted"));
        return [all - red - skipped, red, skipped];
    }
    if text.contains("<test-run") {
        let cases = text.split("<test-case ").skip(1);
        let result = |case: &str| {
            let (_, rest) = case.split_once("result=\"").unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let results: Vec<String> = cases.map(result).collect();
        let of =
            |words: &[&str]| results.iter().filter(|got| words.contains(&got.as_str())).count();
        return [of(&["Passed", "Warning"]), of(&["Failed"]), of(&["Skipped", "Inconclusive"])];
    }
    if text.starts_with('<') {
        let pieces =
            text.split("<!--").map(|piece| piece.split_once("-->").unwrap_or(("", piece)).1);
        let text: String = pieces.collect();
        let mut all = [0; 3];
        for case in text.split("<testcase").skip(1) {
            let open = case.find('>').unwrap();
            let body = if case[..open].ends_with('/') {
                ""
            } else {
                case.split("</testcase>").next().unwrap()
            };
            let has = |tags: &[&str]| tags.iter().any(|tag| body.contains(tag));
            let place =
                if has(&["<failure", "<error"]) { 1 } else { 2 * usize::from(has(&["<skipped"])) };
            all[place] += 1;
        }
        return all;
    }
    json_by_text(text)
}

fn json_by_text(text: &str) -> [usize; 3] {
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        if let Some(examples) = document["examples"].as_array() {
            let of = |word: &str| examples.iter().filter(|one| one["status"] == word).count();
            return [of("passed"), of("failed"), of("pending")];
        }
        let stats = &document["stats"];
        return ["passes", "failures", "pending"].map(|key| stats[key].as_u64().unwrap() as usize);
    }
    let lines: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |fits: &dyn Fn(&Value) -> bool| lines.iter().filter(|line| fits(line)).count();
    if lines[0]["Action"].is_string() {
        let ends = |word: &'static str| {
            move |line: &Value| line["Action"] == word && line["Test"].is_string()
        };
        return [of(&ends("pass")), of(&ends("fail")), of(&ends("skip"))];
    }
    let shown = |line: &Value| line["type"] == "testDone" && line["hidden"] == false;
    [
        of(&|line| shown(line) && line["result"] == "success" && line["skipped"] == false),
        of(&|line| shown(line) && line["result"] != "success"),
        of(&|line| shown(line) && line["skipped"] == true),
    ]
}

#[test]
fn all_reports_of_dorny_come_to_what_their_text_says() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for path in files("dorny") {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (cases, ending) = read(&path);
        let (found, expected) = (counts(&cases), by_text(&path));
        let fits = is_whole(&name, &ending);
        if found != expected || !fits {
            wrong.push(format!(
                "{}: {found:?}, text {expected:?} {:?}",
                path.display(),
                ending.remarks
            ));
        }
        compared += 1;
    }
    assert_eq!(compared, 41);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
