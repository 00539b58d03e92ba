//! Any bytes are a report that is read or refused: the first of them says in which format.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_test::read::{Format, Limits, Report};

/// Formats of lines and of JSON; XML has a target of its own.
const FORMATS: [Format; 16] = [
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
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, report)) = bytes.split_first() else { return };
    let format = FORMATS[usize::from(*first) % FORMATS.len()];
    let limits = Limits { text: 256, line: 4_096, cases: 1_000, ..Limits::default() };
    let mut report = Report::open("fuzz", report, Some(format), limits).expect("memory is read");
    let mut cases = 0;
    while let Some(batch) = report.next_batch().expect("memory is read") {
        assert!(batch.iter().all(|case| case.attempt > 0));
        cases += batch.len() as u64;
    }
    assert_eq!(report.ending().counted.cases, cases);
});
