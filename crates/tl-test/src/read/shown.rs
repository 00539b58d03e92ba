//! Reports as readable text, for the tests of the readers; and what holds for all of them.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// Reads a report that is known to be of a format.
pub(super) fn read(format: Format, text: &str) -> (Vec<Case>, Ending) {
    read_with(format, text, Limits::default())
}

/// Reads a report, and takes in so much of it.
pub(super) fn read_with(format: Format, text: &str, limits: Limits) -> (Vec<Case>, Ending) {
    let mut report = Report::open("report", text.as_bytes(), Some(format), limits).unwrap();
    let mut cases = Vec::new();
    while let Some(batch) = report.next_batch().unwrap() {
        cases.extend(batch);
    }
    (cases, report.ending())
}

/// A line for each case: status, names from the outside in, attempt, message. A line for each
/// remark: `!` and the gap where something is missing.
pub(super) fn shown(format: Format, text: &str) -> String {
    let (cases, ending) = read(format, text);
    let mut all = String::new();
    for case in cases {
        let TestName { suite, class, name, file } = &case.test;
        let mut parts: Vec<&str> = vec![file];
        parts.extend(suite.iter().map(String::as_str));
        parts.extend([class.as_str(), name.as_str()]);
        parts.retain(|part| !part.is_empty());
        write!(all, "{:?} {}", case.status, parts.join(" > ")).unwrap();
        if case.attempt > 1 {
            write!(all, " (attempt {})", case.attempt).unwrap();
        }
        if let Some(micros) = case.micros {
            write!(all, " {micros} us").unwrap();
        }
        if let Some(failure) = &case.failure {
            write!(all, " [{}] {:?}", failure.class, failure.message).unwrap();
        }
        all.push('\n');
    }
    for remark in &ending.remarks {
        match remark.gap {
            Some(gap) => writeln!(all, "! {gap:?}: {}", remark.what).unwrap(),
            None => writeln!(all, "note: {}", remark.what).unwrap(),
        }
    }
    all
}

/// A small report of each format, with something red in it and its own end.
pub(super) const SAMPLES: &[(Format, &str)] = &[
    (
        Format::Ctrf,
        r#"{"reportFormat":"CTRF","results":{"tool":{"name":"x"},"tests":[{"name":"adds","status":"passed","duration":5},{"name":"fails","status":"failed","duration":1,"message":"not 3"}],"summary":{"tests":2}}}"#,
    ),
    (
        Format::Jest,
        r#"{"numTotalTests":2,"testResults":[{"assertionResults":[{"ancestorTitles":["sums"],"title":"adds","status":"passed","failureMessages":[]},{"ancestorTitles":[],"title":"fails","status":"failed","failureMessages":["Error: no\n    at f (/src/a.js:1:1)"]}],"status":"failed","name":"/src/a.test.js"}]}"#,
    ),
    (
        Format::Mocha,
        r#"{"stats":{"tests":2},"tests":[{"title":"a"},{"title":"b"}],"failures":[{"title":"a","fullTitle":"sums a","err":{"message":"no"}}],"passes":[{"title":"b","fullTitle":"sums b","err":{}}]}"#,
    ),
    (
        Format::Playwright,
        r#"{"config":{},"suites":[{"title":"a.spec.ts","file":"a.spec.ts","suites":[{"title":"sums","specs":[{"title":"adds","tests":[{"expectedStatus":"passed","projectName":"firefox","results":[{"status":"failed","retry":0,"error":{"message":"Error: no"}},{"status":"passed","retry":1}]}]}]}]}],"stats":{"expected":0,"flaky":1}}"#,
    ),
    (
        Format::PytestJson,
        r#"{"exitcode":1,"root":"/src","summary":{"total":2},"tests":[{"nodeid":"a.py::TestA::test_x","outcome":"passed"},{"nodeid":"a.py::test_y[1]","outcome":"failed","call":{"outcome":"failed","crash":{"path":"/src/a.py","lineno":3,"message":"ValueError: no"},"longrepr":"def"}}]}"#,
    ),
    (
        Format::Rspec,
        r#"{"version":"3","examples":[{"description":"adds","full_description":"sums adds","status":"passed","file_path":"./a_spec.rb"},{"description":"fails","full_description":"sums fails","status":"failed","exception":{"class":"X","message":"no"}}],"summary":{"example_count":2}}"#,
    ),
    (
        Format::GtestJson,
        r#"{"tests":2,"testsuites":[{"name":"Sums","tests":2,"testsuite":[{"name":"Adds","status":"RUN","result":"COMPLETED","time":"0.01s"},{"name":"Fails","status":"RUN","result":"COMPLETED","failures":[{"failure":"a.cc:3\nno"}]}]}],"name":"AllTests"}"#,
    ),
    (
        Format::Cucumber,
        r#"[{"uri":"a.feature","name":"sums","elements":[{"type":"scenario","name":"adds","line":3,"steps":[{"name":"x","result":{"status":"passed","duration":1000}},{"name":"y","result":{"status":"failed","error_message":"no"}}]}]}]"#,
    ),
    (
        Format::PytestLog,
        "{\"$report_type\":\"SessionStart\"}\n{\"nodeid\":\"a.py::test_x\",\"when\":\"setup\",\"outcome\":\"passed\",\"$report_type\":\"TestReport\"}\n{\"nodeid\":\"a.py::test_x\",\"when\":\"call\",\"outcome\":\"failed\",\"longrepr\":\"no\",\"$report_type\":\"TestReport\"}\n{\"nodeid\":\"a.py::test_x\",\"when\":\"teardown\",\"outcome\":\"passed\",\"$report_type\":\"TestReport\"}\n{\"exitstatus\":1,\"$report_type\":\"SessionFinish\"}\n",
    ),
    (
        Format::Libtest,
        "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1}\n{\"type\":\"test\",\"event\":\"started\",\"name\":\"a\"}\n{\"type\":\"test\",\"event\":\"failed\",\"name\":\"a\",\"stdout\":\"no\"}\n{\"type\":\"suite\",\"event\":\"failed\"}\n",
    ),
    (
        Format::LibtestText,
        "running 2 tests\ntest a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\nno\n\nfailures:\n    b\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n",
    ),
    (
        Format::Tap,
        "TAP version 13\nok 1 - adds\nnot ok 2 - fails\n  ---\n  message: no\n  ...\n1..2\n",
    ),
    (
        Format::Dart,
        "{\"protocolVersion\":\"0.1.1\",\"type\":\"start\"}\n{\"suite\":{\"id\":0,\"path\":\"test/a.dart\"},\"type\":\"suite\"}\n{\"test\":{\"id\":1,\"name\":\"adds\",\"suiteID\":0,\"groupIDs\":[]},\"type\":\"testStart\",\"time\":1}\n{\"testID\":1,\"error\":\"no\",\"stackTrace\":\"\",\"type\":\"error\"}\n{\"testID\":1,\"result\":\"failure\",\"hidden\":false,\"type\":\"testDone\",\"time\":3}\n{\"success\":false,\"type\":\"done\"}\n",
    ),
    (
        Format::BazelEvents,
        "{\"id\":{\"started\":{}}}\n{\"id\":{\"testResult\":{\"label\":\"//a:b\",\"attempt\":1}},\"testResult\":{\"status\":\"FAILED\"}}\n{\"id\":{\"progress\":{}},\"lastMessage\":true}\n",
    ),
    (
        Format::GoJson,
        "{\"Action\":\"run\",\"Package\":\"a\",\"Test\":\"TestX\"}\n{\"Action\":\"output\",\"Package\":\"a\",\"Test\":\"TestX\",\"Output\":\"    x_test.go:3: no\\n\"}\n{\"Action\":\"fail\",\"Package\":\"a\",\"Test\":\"TestX\",\"Elapsed\":0.1}\n{\"Action\":\"fail\",\"Package\":\"a\"}\n",
    ),
    (
        Format::GoText,
        "=== RUN   TestX\n    x_test.go:3: no\n--- FAIL: TestX (0.10s)\n=== RUN   TestY\n--- PASS: TestY (0.10s)\nFAIL\nFAIL\ta\t0.1s\n",
    ),
];

#[test]
fn each_sample_is_whole_and_red_and_known_by_its_beginning() {
    for (format, text) in SAMPLES {
        let (cases, ending) = read(*format, text);
        assert!(ending.complete, "{format:?} {:?}", ending.remarks);
        assert!(cases.iter().any(|case| case.status.is_red()), "{format:?}");
        assert_eq!(ending.counted.cases, cases.len() as u64);
        assert_eq!(detect::detect(text.as_bytes()), Some(*format));
    }
}

#[test]
fn a_report_that_breaks_off_is_never_complete_with_what_is_left() {
    for (format, text) in SAMPLES {
        let all = read(*format, text).0.len();
        for end in (1..text.trim_end().len()).step_by(3) {
            let (cases, ending) = read(*format, &text[..end]);
            // What is for people has its numbers on its last line: the cut may fall into it.
            let may_end = matches!(format, Format::LibtestText | Format::Tap | Format::GoText)
                && cases.len() >= all;
            assert!(!ending.complete || may_end, "{format:?}: {}", &text[..end]);
        }
    }
}

#[test]
fn a_report_in_pieces_is_read_as_one() {
    /// A reader that hands out a byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl io::Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let len = usize::from(!self.0.is_empty() && !to.is_empty());
            to[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    for (format, text) in SAMPLES {
        let slow = io::BufReader::with_capacity(3, Slow(text.as_bytes()));
        let mut report = Report::open("report", slow, None, Limits::default()).unwrap();
        let mut cases = Vec::new();
        while let Some(batch) = report.next_batch().unwrap() {
            cases.extend(batch);
        }
        assert_eq!((cases, report.ending()), read(*format, text));
    }
}

#[test]
fn nothing_but_brackets_is_refused_and_not_followed() {
    for (format, _) in SAMPLES {
        for (open, count) in [("[", 100_000), ("{\"a\":", 100_000), ("{\"suites\":[", 50_000)] {
            assert!(!read(*format, &open.repeat(count)).1.complete, "{format:?}");
        }
    }
}

/// A sample with some of its bytes gone, doubled or replaced.
fn spoilt() -> impl Strategy<Value = (Format, String)> {
    let place = any::<prop::sample::Index>();
    let bytes = prop::collection::vec((place, 0_u8..4, any::<char>()), 1..6);
    (0..SAMPLES.len(), bytes).prop_map(|(sample, changes)| {
        let (format, text) = SAMPLES[sample];
        let mut signs: Vec<char> = text.chars().collect();
        for (place, what, sign) in changes {
            let at = place.index(signs.len());
            match what {
                0 => signs[at] = sign,
                1 => signs.insert(at, signs[at]),
                2 if signs.len() > 1 => drop(signs.remove(at)),
                _ => {
                    let other = (at + 7) % signs.len();
                    signs.swap(at, other);
                }
            }
        }
        (format, signs.into_iter().collect())
    })
}

proptest! {
    /// Whatever becomes of a report, reading it ends, and the counts are those of the cases.
    #[test]
    fn a_spoilt_report_is_read_or_refused((format, text) in spoilt()) {
        let (cases, ending) = read(format, &text);
        prop_assert_eq!(ending.counted.cases, cases.len() as u64);
    }

    #[test]
    fn any_text_is_read_or_refused(sample in 0..SAMPLES.len(), text in "[ -~\n\t\\PC]{0,200}") {
        let (cases, ending) = read(SAMPLES[sample].0, &text);
        prop_assert_eq!(ending.counted.cases, cases.len() as u64);
    }
}
