//! Any bytes are a report that is read or refused: the first of them says in which format, or that
//! its content says so.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_test::read::{Format, Limits, Report, detect, name};

/// All of them; behind the last one, what the content says.
const FORMATS: [Format; 24] = [
    Format::GoText,
    Format::GoJson,
    Format::Libtest,
    Format::LibtestText,
    Format::Tap,
    Format::Dart,
    Format::PytestLog,
    Format::BazelEvents,
    Format::Ctrf,
    Format::Jest,
    Format::Mocha,
    Format::Playwright,
    Format::PytestJson,
    Format::Rspec,
    Format::GtestJson,
    Format::Cucumber,
    Format::Junit,
    Format::Trx,
    Format::Nunit2,
    Format::Nunit3,
    Format::Xunit,
    Format::Robot,
    Format::Ctest,
    Format::Cts,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, report)) = bytes.split_first() else { return };
    let wanted = usize::from(first.wrapping_sub(b'A')) % (FORMATS.len() + 1);
    let given = FORMATS.get(wanted).copied();
    let limits = Limits { text: 256, name: 512, line: 4_096, cases: 1_000, ..Limits::default() };
    let format = given.or_else(|| detect::detect(report));
    let mut report = Report::open("fuzz", report, given, limits).expect("memory is read");
    let mut cases = 0;
    while let Some(batch) = report.next_batch().expect("memory is read") {
        for case in &batch {
            assert!(case.attempt > 0);
            let names = [&case.test.class, &case.test.name, &case.test.file];
            // A cut name has its control characters escaped: each becomes at most ten.
            assert!(names.iter().all(|name| name.len() <= 10 * limits.name));
            assert!(names.iter().all(|name| !name.chars().any(char::is_control)));
            // What is stable is so after itself: a key does not change on its way through history.
            let stable = name::stable(&case.test);
            assert_eq!(name::key(&case.test), name::key(&case.test.clone()), "{stable:?}");
        }
        cases += batch.len() as u64;
    }
    let ending = report.ending();
    assert_eq!(ending.counted.cases, cases);
    assert_eq!(ending.complete, ending.remarks.iter().all(|remark| remark.gap.is_none()));
    if format.is_none() {
        assert!(!ending.complete && cases == 0);
    }
});
