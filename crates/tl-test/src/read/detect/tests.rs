use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

fn shared(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path)
}

fn all(at: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(at).unwrap_or_else(|_| panic!("{} is missing", at.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() { all(&path, found) } else { found.push(path) }
    }
}

#[test]
fn each_format_is_known_by_its_beginning() {
    for (head, format) in [
        ("<testsuites/>", Format::Junit),
        (
            "\u{feff}\n<?xml version='1.0'?><!-- by a runner --><x:testsuite xmlns:x='y'>",
            Format::Junit,
        ),
        ("<TestRun xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'>", Format::Trx),
        ("<test-run id='0'>", Format::Nunit3),
        ("<test-results name='x'>", Format::Nunit2),
        ("<assemblies>", Format::Xunit),
        ("<robot generator='x'>", Format::Robot),
        ("<Site Name='x'>\n<Testing>", Format::Ctest),
        ("<Result start='1' suite_plan='cts'>", Format::Cts),
        (r#"{"reportFormat":"CTRF","specVersion":"0.0.0"}"#, Format::Ctrf),
        (r#"{"results":{"tool":{"name":"x"},"summary":{},"tests":[]}}"#, Format::Ctrf),
        (r#"{"numFailedTestSuites":0,"numTotalTestSuites":1,"numTotalTests":3,"#, Format::Jest),
        (r#"{"stats":{"suites":1,"passes":1,"pending":0},"tests":[{"#, Format::Mocha),
        (r#"{"config":{"rootDir":"/src","projects":[{"#, Format::Playwright),
        (r#"{"created":1.5,"duration":1,"exitcode":0,"root":"/src","#, Format::PytestJson),
        (r#"{"version":"3.9.1","examples":[],"#, Format::Rspec),
        (r#"{"tests":3,"name":"AllTests","testsuites":[{"#, Format::GtestJson),
        (r#"[{"uri":"a.feature","keyword":"Feature","elements":[]}]"#, Format::Cucumber),
        (
            "go: downloading x v1\n{\"Time\":\"x\",\"Action\":\"run\",\"Package\":\"a\"}\n",
            Format::GoJson,
        ),
        ("{\"pytest_version\":\"8\",\"$report_type\":\"SessionStart\"}\n", Format::PytestLog),
        (r#"{ "type": "suite", "event": "started", "test_count": 3 }"#, Format::Libtest),
        (r#"{"protocolVersion":"0.1.1","type":"start","time":0}"#, Format::Dart),
        (r#"{"id":{"started":{}},"children":[{"progress":{}}],"started":{}}"#, Format::BazelEvents),
        ("TAP version 13\n1..2\n", Format::Tap),
        ("1..4\nok 1\n", Format::Tap),
        ("not ok 1 - adds\n", Format::Tap),
        ("\nrunning 3 tests\ntest a ... ok\n", Format::LibtestText),
        ("=== RUN   TestOne\n", Format::GoText),
        ("# pkg\nok  \tpkg\t0.1s\n", Format::GoText),
        ("?   \tpkg\t[no test files]\n", Format::GoText),
    ] {
        assert_eq!(detect(head.as_bytes()), Some(format), "{head}");
    }
}

#[test]
fn what_is_no_report_is_none() {
    assert_eq!(look(b" \n\t"), Seen::Nothing);
    assert_eq!(look(b"<bogus/>"), Seen::Other("bogus".to_owned()));
    assert_eq!(look(b"<Site><Build>"), Seen::Other("Site/Build".to_owned()));
    assert_eq!(look(b"<Result>"), Seen::Other("Result".to_owned()));
    assert_eq!(look(b"{\"a\": 1}"), Seen::Other("JSON".to_owned()));
    assert_eq!(look(b"no report of anything"), Seen::Text);
    assert_eq!(look(b"ok, so this is prose"), Seen::Text);
}

#[test]
fn every_report_of_dorny_and_launchable_is_known_by_its_content() {
    let mut files = Vec::new();
    all(&shared("dorny"), &mut files);
    all(&shared("launchable"), &mut files);
    let (mut known, mut wrong) = (0, Vec::new());
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let extension = path.extension().unwrap_or_default();
        // What the tool itself records, and lists of tests.
        let own = ["record_test", "subset", "expected", "ctest_list", "nunit-reporter"]
            .iter()
            .any(|start| name.starts_with(start) && extension == "json");
        let none = ["dummy.xml", "broken.xml", "empty.json"].contains(&name.as_str());
        if own || !(extension == "xml" || extension == "trx" || extension == "json") {
            continue;
        }
        match (detect(&fs::read(&path).unwrap()), none) {
            (Some(_), false) => known += 1,
            (None, true) => {}
            (found, _) => wrong.push((path, found)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(known > 80, "{known}");
}

#[test]
fn every_text_of_go_is_known() {
    let mut files = Vec::new();
    all(&shared("go-junit-report/testdata"), &mut files);
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(".txt") {
            continue;
        }
        // One that could not be built has no line of JSON.
        let text = fs::read(&path).unwrap();
        let json = text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"{"));
        let wanted = if json { Format::GoJson } else { Format::GoText };
        assert_eq!(detect(&text), Some(wanted), "{name}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd_to_look_at(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _seen = look(&bytes);
    }

    #[test]
    fn no_json_is_too_odd_to_look_at(text in r#"[{\[][\[\]{}":,a-z\\ 0-9é]{0,80}"#) {
        let _seen = look(text.as_bytes());
    }
}
