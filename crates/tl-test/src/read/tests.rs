use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

/// All cases of a report, and how it ended.
fn read_as(bytes: &[u8], format: Option<Format>, limits: Limits) -> (Vec<Case>, Ending) {
    let mut report = Report::open("report", bytes, format, limits).unwrap();
    let mut cases = Vec::new();
    while let Some(batch) = report.next_batch().unwrap() {
        cases.extend(batch);
    }
    (cases, report.ending())
}

/// All cases of a report of XML, its format found by its content.
pub(super) fn read(text: &str) -> (Vec<Case>, Ending) {
    read_as(text.as_bytes(), None, Limits::default())
}

/// A line a case: names, status, attempt, message.
pub(super) fn lines(cases: &[Case]) -> Vec<String> {
    let line = |case: &Case| {
        let TestName { suite, class, name, .. } = &case.test;
        let mut line = format!("{} | {class} | {name}: {:?}", suite.join(" / "), case.status);
        if case.attempt > 1 {
            write!(line, " #{}", case.attempt).unwrap();
        }
        if let Some(failure) = &case.failure {
            write!(line, " ({}, {}, {})", failure.class, failure.message, failure.text).unwrap();
        }
        line
    };
    cases.iter().map(line).collect()
}

/// What keeps a report from being complete.
pub(super) fn gaps(ending: &Ending) -> Vec<Gap> {
    ending.remarks.iter().filter_map(|remark| remark.gap).collect()
}

/// One small report of every format of XML: two cases or three, one of them red.
pub(super) const SAMPLES: &[(Format, &str)] = &[
    (
        Format::Junit,
        "<?xml version='1.0'?>\n<!-- written by hand -->\n<testsuites tests='3'>\
        <testsuite name='Sums' tests='3' failures='1'>\n<properties><property name='a' value='b'/>\
        </properties><testcase name='adds' classname='acme.Sums' time='0.5'/>\
        <testcase name='takes &amp; adds' classname='acme.Sums'><failure message='3 &lt; 4' type='E'>\
        <![CDATA[at a line\n]]></failure><system-out>x</system-out></testcase>\
        <testcase name='waits' classname='acme.Sums'><skipped/></testcase></testsuite></testsuites>\n",
    ),
    (
        Format::Trx,
        "<TestRun id='1' xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'>\
        <Results><UnitTestResult testId='1' testName='Acme.Sums.Adds' outcome='Passed' \
        duration='00:00:00.5'/><UnitTestResult testId='2' testName='Acme.Sums.Takes' \
        outcome='Failed'><Output><ErrorInfo><Message>3 &lt; 4</Message><StackTrace>at a line\
        </StackTrace></ErrorInfo></Output></UnitTestResult></Results><TestDefinitions>\
        <UnitTest id='1'><TestMethod className='Acme.Sums' name='Adds'/></UnitTest>\
        <UnitTest id='2'><TestMethod className='Acme.Sums' name='Takes'/></UnitTest>\
        </TestDefinitions><ResultSummary outcome='Failed'><Counters total='2'/></ResultSummary>\
        </TestRun>",
    ),
    (
        Format::Nunit2,
        "<test-results name='x' total='2' errors='0' failures='1'><test-suite \
        type='Assembly' name='/src/acme.dll'><results><test-case name='Acme.Sums.Adds' \
        executed='True' result='Success' success='True' time='0,5'/><test-case \
        name='Acme.Sums.Takes' executed='True' result='Failure' success='False'><failure><message>\
        <![CDATA[3 < 4]]></message><stack-trace>at a line</stack-trace></failure></test-case>\
        <test-case name='Acme.Sums.Waits' executed='False' result='Ignored'/></results>\
        </test-suite></test-results>",
    ),
    (
        Format::Nunit3,
        "<test-run id='0' total='2' passed='1' failed='1'><test-suite type='Assembly' \
        name='acme.dll' result='Failed' site='Child'><test-suite type='TestFixture' name='Sums' \
        fullname='Acme.Sums' result='Failed' site='Child'><test-case name='Adds' \
        fullname='Acme.Sums.Adds' classname='Acme.Sums' result='Passed' duration='0.5'/><test-case \
        name='Takes' fullname='Acme.Sums.Takes' classname='Acme.Sums' result='Failed'><failure>\
        <message><![CDATA[3 < 4]]></message><stack-trace>at a line</stack-trace></failure>\
        </test-case></test-suite></test-suite></test-run>",
    ),
    (
        Format::Xunit,
        "<assemblies><assembly name='/src/acme.dll' run-date='2026-03-01' \
        run-time='12:00:00' total='3' passed='1' failed='1' skipped='1' errors='0'><collection \
        name='c'><test name='Acme.Sums.Adds(a: 1)' type='Acme.Sums' method='Adds' time='0.5' \
        result='Pass'/><test name='Acme.Sums.Takes' type='Acme.Sums' method='Takes' result='Fail'>\
        <failure exception-type='E'><message>3 &lt; 4</message><stack-trace>at a line</stack-trace>\
        </failure></test><test name='waits a while' type='Acme.Sums' method='Waits' result='Skip'>\
        <reason>later</reason></test></collection></assembly></assemblies>",
    ),
    (
        Format::Robot,
        "<robot generator='Robot 7.0' generated='2026-03-01T12:00:00'><suite \
        name='Sums' source='/src/sums.robot'><test name='Adds' line='3'><kw name='x'><status \
        status='PASS' start='2026-03-01T12:00:00' elapsed='0.1'/></kw><status status='PASS' \
        start='2026-03-01T12:00:00' elapsed='0.5'/></test><test name='Takes'><kw name='x'><status \
        status='FAIL'>other</status></kw><status status='FAIL'>3 &lt; 4</status></test><status \
        status='FAIL'/></suite><statistics><total><stat pass='1' fail='1' skip='0'>All Tests</stat>\
        </total></statistics></robot>",
    ),
    (
        Format::Ctest,
        "<Site Name='x' Hostname='one'><Testing><StartTestTime>1612422386\
        </StartTestTime><TestList><Test>./Adds</Test></TestList><Test Status='passed'><Name>Adds\
        </Name><Path>.</Path><FullName>./Adds</FullName><Results><NamedMeasurement \
        type='numeric/double' name='Execution Time'><Value>0.5</Value></NamedMeasurement><Measurement>\
        <Value>fine</Value></Measurement></Results></Test><Test Status='failed'><Name>Takes</Name>\
        <Path>./sums</Path><Results><NamedMeasurement name='Exit Code'><Value>SEGFAULT</Value>\
        </NamedMeasurement><Measurement><Value>3 &lt; 4</Value></Measurement></Results></Test>\
        </Testing></Site>",
    ),
    (
        Format::Cts,
        "<Result start='1680745541059' suite_plan='cts' host_name='one'><Summary pass='1' \
        failed='1'/><Module name='Sums' abi='x86' done='true' total_tests='2'><TestCase \
        name='acme.Sums'><Test result='pass' name='adds'/><Test result='fail' name='takes'>\
        <Failure message='3 &lt; 4'><StackTrace>at a line</StackTrace></Failure></Test></TestCase>\
        </Module></Result>",
    ),
];

/// Cases, passed, failed, errored, skipped; and whether it is complete.
type Expected = (&'static str, Option<Format>, [u64; 5], bool);

/// Every XML report of two projects that read many, as this reader counts them: a change of any count
/// is to be seen. `tests/corpora.rs` counts in other ways.
#[rustfmt::skip]
const REAL: &[Expected] = &[
    ("dorny/__tests__/fixtures/dotnet-nunit.xml", Some(Format::Nunit3), [9, 3, 3, 2, 1], true),
    ("dorny/__tests__/fixtures/dotnet-trx.trx", Some(Format::Trx), [11, 5, 5, 0, 1], true),
    ("dorny/__tests__/fixtures/dotnet-xunitv3.trx", Some(Format::Trx), [4, 1, 3, 0, 0], true),
    ("dorny/__tests__/fixtures/empty/dotnet-trx-empty-test-definitions.trx", Some(Format::Trx), [0, 0, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/empty/dotnet-trx.trx", Some(Format::Trx), [0, 0, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/empty/java-junit.xml", Some(Format::Junit), [0, 0, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/empty/jest-junit-empty-testsuite.xml", Some(Format::Junit), [0, 0, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/empty/jest-junit.xml", Some(Format::Junit), [0, 0, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/empty/phpunit-empty.xml", Some(Format::Junit), [0, 0, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/external/FluentValidation.Tests.trx", Some(Format::Trx), [804, 803, 0, 0, 1], true),
    ("dorny/__tests__/fixtures/external/SilentNotes.trx", Some(Format::Trx), [79, 67, 0, 0, 12], true),
    ("dorny/__tests__/fixtures/external/java/TEST-org.apache.pulsar.AddMissingPatchVersionTest.xml", Some(Format::Junit), [2, 0, 1, 0, 1], true),
    ("dorny/__tests__/fixtures/external/java/empty_failures.xml", Some(Format::Junit), [3, 2, 1, 0, 0], true),
    ("dorny/__tests__/fixtures/external/java/junit4-basic.xml", Some(Format::Junit), [6, 5, 1, 0, 0], true),
    ("dorny/__tests__/fixtures/external/java/junit4-complete.xml", Some(Format::Junit), [8, 5, 1, 1, 1], true),
    ("dorny/__tests__/fixtures/external/java/pulsar-test-report.xml", Some(Format::Junit), [808, 793, 1, 0, 14], true),
    ("dorny/__tests__/fixtures/external/jest/jest-react-component-test-results.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/external/jest/jest-test-results.xml", Some(Format::Junit), [4239, 4207, 2, 0, 30], true),
    ("dorny/__tests__/fixtures/external/nunit-sample.xml", Some(Format::Nunit3), [18, 12, 1, 1, 4], true),
    ("dorny/__tests__/fixtures/external/phpunit/junit-basic.xml", Some(Format::Junit), [9, 8, 1, 0, 0], true),
    ("dorny/__tests__/fixtures/external/phpunit/phpcheckstyle-phpunit.xml", Some(Format::Junit), [30, 28, 2, 0, 0], true),
    ("dorny/__tests__/fixtures/jest-junit-eslint.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/jest-junit.xml", Some(Format::Junit), [6, 1, 4, 0, 1], true),
    ("dorny/__tests__/fixtures/junit-with-message.xml", Some(Format::Junit), [1, 0, 1, 0, 0], false),
    ("dorny/__tests__/fixtures/nette-tester/BootstrapFormRenderer-report.xml", Some(Format::Junit), [4, 4, 0, 0, 0], true),
    ("dorny/__tests__/fixtures/nette-tester/tester-v1.7-report.xml", Some(Format::Junit), [65, 61, 1, 0, 3], true),
    ("dorny/__tests__/fixtures/phpunit/phpunit-paths.xml", Some(Format::Junit), [6, 0, 6, 0, 0], true),
    ("dorny/__tests__/fixtures/phpunit/phpunit.xml", Some(Format::Junit), [12, 10, 2, 0, 0], true),
    ("dorny/__tests__/fixtures/python-xunit-pytest.xml", Some(Format::Junit), [10, 6, 2, 0, 2], false),
    ("dorny/__tests__/fixtures/python-xunit-unittest.xml", Some(Format::Junit), [8, 4, 1, 1, 2], true),
    ("dorny/__tests__/fixtures/swift-xunit.xml", Some(Format::Junit), [3, 2, 1, 0, 0], true),
    ("dorny/__tests__/fixtures/test-errors/jest/jest-test-results.xml", Some(Format::Junit), [2, 0, 0, 2, 0], true),
    ("launchable/tests/data/ant/junitreport/TEST-com.launchable.HelloWorldTest.xml", Some(Format::Junit), [2, 1, 1, 0, 0], true),
    (concat!("launchable/tests/data/ant/junitreport/TEST-com.launchable.", "library", ".CacheTest.xml"), Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/ant/junitreport/TESTS-TestSuites.xml", Some(Format::Junit), [3, 2, 1, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test1/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test2/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test3/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test4/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test5/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test6/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test7/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test8/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/bazel/bazel-testlogs/src/test/java/com/ninjinkun/mylib_test9/test.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/behave/reports/report.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/broken_xml/broken.xml", None, [0, 0, 0, 0, 0], false),
    ("launchable/tests/data/broken_xml/normal.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/ctest/Testing/latest/Test.xml", Some(Format::Ctest), [4, 2, 1, 0, 1], true),
    ("launchable/tests/data/cts/test_result.xml", Some(Format::Cts), [11, 10, 1, 0, 0], true),
    ("launchable/tests/data/cucumber/report/TEST-features-foo-bar.xml", Some(Format::Junit), [1, 0, 0, 0, 1], true),
    ("launchable/tests/data/cucumber/report/TEST-features-foo-is_it_friday_yet.xml", Some(Format::Junit), [6, 5, 1, 0, 0], true),
    ("launchable/tests/data/cucumber/report/TEST-features-is_it_friday_yet.xml", Some(Format::Junit), [6, 5, 1, 0, 0], true),
    ("launchable/tests/data/cucumber/report/dummy.xml", None, [0, 0, 0, 0, 0], false),
    ("launchable/tests/data/cypress/empty.xml", Some(Format::Junit), [0, 0, 0, 0, 0], true),
    ("launchable/tests/data/cypress/test-result.xml", Some(Format::Junit), [3, 3, 0, 0, 0], true),
    ("launchable/tests/data/dotnet/test-result.xml", Some(Format::Nunit3), [4, 1, 3, 0, 0], true),
    ("launchable/tests/data/go_test/reportv1/reportv1.xml", Some(Format::Junit), [9, 9, 0, 0, 0], true),
    ("launchable/tests/data/go_test/reportv2/reportv2.xml", Some(Format::Junit), [9, 9, 0, 0, 0], true),
    ("launchable/tests/data/googletest/fail/output.xml", Some(Format::Junit), [3, 2, 1, 0, 0], true),
    ("launchable/tests/data/googletest/output_a.xml", Some(Format::Junit), [3, 3, 0, 0, 0], true),
    ("launchable/tests/data/googletest/output_b.xml", Some(Format::Junit), [3, 3, 0, 0, 0], true),
    ("launchable/tests/data/gradle/recursion/foo/bar/reports/1.xml", Some(Format::Junit), [4, 4, 0, 0, 0], true),
    ("launchable/tests/data/jest/junit.xml", Some(Format::Junit), [10, 10, 0, 0, 0], true),
    ("launchable/tests/data/maven/reports/TEST-1.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/maven/reports/TEST-2.xml", Some(Format::Junit), [2, 2, 0, 0, 0], true),
    ("launchable/tests/data/maven/reports/TEST-nested.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/maven/reports/dummy.xml", None, [0, 0, 0, 0, 0], false),
    ("launchable/tests/data/minitest/TEST-Admin_UserTest.xml", Some(Format::Junit), [2, 2, 0, 0, 0], true),
    ("launchable/tests/data/minitest/TEST-Admin_UserTest_ChildlenTest.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/minitest/TEST-UserControllerTest.xml", Some(Format::Junit), [2, 2, 0, 0, 0], true),
    ("launchable/tests/data/minitest/TEST-UserCopyTest.xml", Some(Format::Junit), [2, 2, 0, 0, 0], true),
    ("launchable/tests/data/minitest/TEST-UserTest.xml", Some(Format::Junit), [1, 1, 0, 0, 0], true),
    ("launchable/tests/data/nunit/list.xml", Some(Format::Nunit3), [0, 0, 0, 0, 0], false),
    ("launchable/tests/data/nunit/nunit-reporter-bug-with-nested-type.xml", Some(Format::Nunit3), [2, 2, 0, 0, 0], false),
    ("launchable/tests/data/nunit/output-linux.xml", Some(Format::Nunit3), [7, 6, 1, 0, 0], true),
    ("launchable/tests/data/nunit/output-windows.xml", Some(Format::Nunit3), [7, 6, 1, 0, 0], true),
    ("launchable/tests/data/playwright/report.xml", Some(Format::Junit), [93, 84, 3, 0, 6], true),
    ("launchable/tests/data/prove/report.xml", Some(Format::Junit), [7, 5, 2, 0, 0], true),
    ("launchable/tests/data/pytest/report.xml", Some(Format::Junit), [12, 8, 4, 0, 0], true),
    ("launchable/tests/data/robot/dryrun.xml", Some(Format::Robot), [6, 0, 0, 0, 6], true),
    ("launchable/tests/data/robot/output.xml", Some(Format::Robot), [6, 4, 2, 0, 0], true),
    ("launchable/tests/data/robot/single-output.xml", Some(Format::Robot), [3, 2, 1, 0, 0], true),
    ("launchable/tests/data/rspec/rspec.xml", Some(Format::Junit), [16, 16, 0, 0, 0], true),
    ("launchable/tests/data/vitest/report.xml", Some(Format::Junit), [5, 3, 2, 0, 0], true),
    ("launchable/tests/data/xctest/junit.xml", Some(Format::Junit), [9, 7, 2, 0, 0], true),
];

#[test]
fn every_xml_report_of_dorny_and_launchable_has_its_cases() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut wrong = Vec::new();
    for (path, format, counts, complete) in REAL {
        let path = shared.join(path);
        let bytes = fs::read(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        let (cases, ending) = read_as(&bytes, None, Limits::default());
        let Counts { cases: all, passed, failed, errored, skipped } = ending.counted;
        let found = (ending.format, [all, passed, failed, errored, skipped], ending.complete);
        assert_eq!(cases.len() as u64, all);
        assert!(cases.iter().enumerate().all(|(at, case)| case.order as usize == at));
        if found != (*format, *counts, *complete) {
            wrong.push(format!("{}: {found:?} {:?}", path.display(), ending.remarks));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_sample_is_read_by_its_content() {
    for (format, sample) in SAMPLES {
        let (cases, ending) = read(sample);
        assert_eq!(ending.format, Some(*format));
        assert!(ending.complete, "{format:?} {:?}", ending.remarks);
        assert_eq!((cases[0].status, cases[0].attempt), (Status::Passed, 1), "{format:?}");
        assert_eq!(cases[1].status, Status::Failed, "{format:?}");
        let known = if *format == Format::Cts { None } else { Some(500_000) };
        assert_eq!(cases[0].micros, known, "{format:?}");
        let failure = cases[1].failure.as_ref().unwrap();
        assert!(format!("{failure:?}").contains("3 < 4"), "{format:?} {failure:?}");
    }
}

#[test]
fn a_document_type_is_refused_wherever_it_stands() {
    let types = [
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x'> %x;]>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'>",
        "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>",
        "<!doctype a>",
        "<!ENTITY a 'b'>",
    ];
    for (format, sample) in SAMPLES {
        for kind in types {
            let body = sample.split_once("?>").map_or(*sample, |(_, body)| body);
            let (cases, ending) =
                read_as(format!("{kind}{body}").as_bytes(), Some(*format), Limits::default());
            assert_eq!((cases.len(), gaps(&ending)), (0, vec![Gap::Doctype]), "{format:?} {kind}");
        }
        // Within the report: what was read before stands.
        let at = sample.rfind("</").unwrap();
        let late = format!("{}{}{}", &sample[..at], types[0], &sample[at..]);
        let (_, ending) = read_as(late.as_bytes(), Some(*format), Limits::default());
        assert_eq!(gaps(&ending), [Gap::Doctype], "{format:?}");
    }
    assert_eq!(gaps(&read("<!DOCTYPE testsuite><testsuite/>").1), [Gap::Doctype]);
}

#[test]
fn entities_that_nobody_declared_are_text() {
    for (format, sample) in SAMPLES {
        let odd = sample.replace("3 &lt; 4", "&xxe;&#0; &nbsp; 3 &lt; 4 & &#x110000;");
        let (cases, ending) = read_as(odd.as_bytes(), Some(*format), Limits::default());
        assert!(ending.complete, "{format:?} {:?}", ending.remarks);
        assert_eq!(cases[1].status, Status::Failed);
    }
}

#[test]
fn ten_thousand_levels_are_too_deep() {
    for (format, sample) in SAMPLES {
        let at = sample.rfind("</").unwrap();
        let deep = format!(
            "{}{}{}{}",
            &sample[..at],
            "<x>".repeat(10_000),
            "</x>".repeat(10_000),
            &sample[at..]
        );
        let (cases, ending) = read_as(deep.as_bytes(), Some(*format), Limits::default());
        assert_eq!(gaps(&ending), [Gap::TooDeep], "{format:?}");
        assert!(cases.len() >= 2, "{format:?}");
    }
    let suites = format!("{}<testcase name='a'/>", "<testsuite name='s'>".repeat(10_000));
    assert_eq!(gaps(&read(&suites).1), [Gap::TooDeep]);
}

#[test]
fn long_attributes_and_texts_are_cut_and_many_attributes_refused() {
    for (format, sample) in SAMPLES {
        let limits = Limits { text: 1_000, attribute: 1_000, ..Limits::default() };
        let long = "ä\n".repeat(100_000);
        let at = sample.rfind("</").unwrap();
        let bulky = format!(
            "{}<x y='{long}'>{long}<![CDATA[{long}]]><!--{long}--></x>{}",
            &sample[..at],
            &sample[at..]
        );
        let (cases, ending) = read_as(bulky.as_bytes(), Some(*format), limits);
        assert!(ending.complete, "{format:?} {:?}", ending.remarks);
        assert_eq!(cases.len(), read(sample).0.len());
        assert!(ending.cut >= 4 * 299_000 - 4 * 10, "{}", ending.cut);
        let many = format!("{}<x {}/>{}", &sample[..at], "a='b' ".repeat(100_000), &sample[at..]);
        let (_, ending) = read_as(many.as_bytes(), Some(*format), limits);
        assert_eq!(gaps(&ending), [Gap::TooLarge], "{format:?}");
    }
}

#[test]
fn what_is_cut_from_a_failure_is_counted_there() {
    let limits = Limits { text: 1_000, ..Limits::default() };
    for (format, sample) in SAMPLES {
        // A stack, or a message where the format has no stack.
        let place = if sample.contains("at a line") { "at a line" } else { "3 &lt; 4" };
        let long = sample.replace(place, &"x\n".repeat(50_000));
        let (cases, ending) = read_as(long.as_bytes(), Some(*format), limits);
        let cut = cases[1].failure.as_ref().map_or(0, |failure| failure.cut);
        assert!((98_000..=100_000).contains(&cut), "{format:?} {cut}");
        assert!(ending.complete && ending.cut >= 98_000, "{format:?} {ending:?}");
    }
}

/// Full names, and what became of them.
fn names(cases: &[Case]) -> Vec<(String, Status)> {
    let full = |case: &Case| (format!("{}.{}", case.test.class, case.test.name), case.status);
    cases.iter().map(full).collect()
}

#[test]
fn a_report_that_breaks_off_anywhere_is_told_and_what_was_read_stands() {
    for (format, sample) in SAMPLES {
        let whole = names(&read(sample).0);
        let end = sample.trim_end().len();
        for cut in 0..end {
            let (cases, ending) =
                read_as(&sample.as_bytes()[..cut], Some(*format), Limits::default());
            assert!(!ending.complete, "{format:?} {}", &sample[..cut]);
            let found = names(&cases);
            assert!(found.len() <= whole.len(), "{format:?} {found:?}");
            for (at, (found, wanted)) in found.iter().zip(&whole).enumerate() {
                let last = at + 1 == cases.len() && found.1 == Status::Unfinished;
                assert!(found == wanted || last, "{format:?} {found:?} {}", &sample[..cut]);
            }
        }
    }
}

#[test]
fn utf_16_is_read_as_utf_8_is() {
    for (format, sample) in SAMPLES {
        let whole = read(sample).0;
        for big in [false, true] {
            let pair = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let bytes: Vec<u8> = sample.encode_utf16().flat_map(pair).collect();
            let (cases, ending) = read_as(&bytes, None, Limits::default());
            assert!(ending.complete, "{format:?} {:?}", ending.remarks);
            assert_eq!(cases, whole);
        }
    }
}

#[test]
fn control_characters_and_bytes_that_are_no_text_do_not_end_a_report() {
    for (format, sample) in SAMPLES {
        let whole = read(sample).0.len();
        let odd = sample.replace("3 &lt; 4", "\0\u{1b}[31m3 &lt; 4\u{1b}[0m\u{8}");
        let odd = odd.replace("3 < 4", "\0\u{1b}[31m3 < 4\u{1b}[0m\u{8}").into_bytes();
        let at = odd.iter().position(|byte| *byte == 0).unwrap();
        let odd = [&odd[..at], &[0xff, 0xc3], &odd[at..]].concat();
        let (cases, ending) = read_as(&odd, Some(*format), Limits::default());
        assert_eq!(cases.len(), whole, "{format:?}");
        assert!(ending.complete, "{format:?} {:?}", ending.remarks);
        assert!(ending.remarks.iter().any(|remark| remark.what.contains("encoding")));
        let failure = format!("{:?}", cases[1].failure);
        assert!(failure.contains("3 < 4") && !failure.contains("u{1b}"), "{failure}");
    }
}

#[test]
fn an_end_tag_that_does_not_match_is_told() {
    let (cases, ending) =
        read("<testsuite><testcase name='a'/><testcase name='b'></testsuite><testcase name='c'/>");
    assert_eq!(lines(&cases), [" |  | a: Passed", " |  | b: Unfinished"]);
    assert_eq!(gaps(&ending), [Gap::Malformed]);
}

#[test]
fn numbers_that_are_none_are_left_out() {
    let (cases, ending) = read(
        "<testsuite tests='-3' failures='1e400' time='NaN'><testcase name='a' time='1e400' line='-1'/>\
         <testcase name='b' time='-1'/></testsuite>",
    );
    assert!(ending.complete);
    assert_eq!((cases[0].micros, cases[0].line, cases[1].micros), (None, None, None));
    assert_eq!((ending.said, ending.remarks.len()), (None, 1));
}

#[test]
fn what_is_no_report_says_why() {
    for (text, gap) in [
        ("", Gap::Empty),
        (" \n", Gap::Empty),
        ("<bogus/>", Gap::NoReport),
        ("{\"a\": 1}", Gap::NoReport),
        ("this is prose", Gap::Malformed),
    ] {
        let (cases, ending) = read(text);
        assert_eq!((cases.len(), gaps(&ending)), (0, vec![gap]), "{text:?}");
        assert_eq!(ending.format, None);
    }
}

#[test]
fn a_report_that_is_not_read_to_its_end_is_not_complete() {
    let text = format!("<testsuite>{}</testsuite>", "<testcase name='a'/>".repeat(3_000));
    let mut report = Report::open("report", text.as_bytes(), None, Limits::default()).unwrap();
    assert_eq!(report.next_batch().unwrap().map(|batch| batch.len()), Some(sink::BATCH));
    assert!(!report.ending().complete);
    let (cases, ending) = read(&text);
    assert_eq!((cases.len(), ending.complete), (3_000, true));
}

#[test]
fn batches_are_small_where_texts_and_names_are_long() {
    let text = "x".repeat(60_000);
    let case = format!("<testcase name='a'><failure message='{text}'>{text}</failure></testcase>");
    let suites = format!("<testsuite name='{text}'>").repeat(200);
    for whole in [
        format!("<testsuite>{}</testsuite>", case.repeat(75)),
        format!("{suites}{}{}", "<testcase name='a'/>".repeat(600), "</testsuite>".repeat(200)),
    ] {
        let mut report = Report::open("report", whole.as_bytes(), None, Limits::default()).unwrap();
        let mut most = 0;
        while let Some(batch) = report.next_batch().unwrap() {
            let names = |case: &Case| case.test.suite.iter().map(String::len).sum::<usize>();
            let texts = |case: &Case| case.failure.as_ref().map_or(0, |failure| failure.text.len());
            most = most.max(batch.iter().map(|case| names(case) + texts(case)).sum());
        }
        assert!((1 << 20..9 << 20).contains(&most), "{most}");
        assert!(report.ending().complete);
    }
}

proptest! {
    #[test]
    fn no_report_is_too_odd(
        sample in 0..SAMPLES.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        moved in any::<prop::sample::Index>(),
    ) {
        let (format, text) = SAMPLES[sample];
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let at = moved.index(bytes.len());
        bytes.rotate_left(at);
        let (cases, ending) = read_as(&bytes, Some(format), Limits::default());
        prop_assert_eq!(cases.len() as u64, ending.counted.cases);
    }
}
