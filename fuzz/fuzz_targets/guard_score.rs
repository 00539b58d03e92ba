//! Every text has findings or none, as an answer, a document and a description; each with a place.
#![cfg_attr(fuzzing, no_main)]

use tl_core::finding::{Location, Root};
use tl_fuzz::fuzz_target;
use tl_guard::scan::result;

fuzz_target!(|text: &str| {
    let at = Location {
        root: Root::Stream,
        path: "answer".to_owned(),
        line: 0,
        column: 0,
        end_line: 0,
        within: String::new(),
    };
    let lines = u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
    for finding in result(text, at) {
        assert!(finding.at.line <= lines, "{finding:?}");
        // Each of at most 200 characters may be spelled out, as `\u{10ffff}`.
        assert!(finding.evidence.raw.chars().count() <= 2_001, "{finding:?}");
    }
});
