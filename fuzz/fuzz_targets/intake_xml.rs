//! Any bytes are a report of tests or refused; nothing but ends of suites comes of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_collect::intake::{Format, Options, read_all};

fuzz_target!(|bytes: &[u8]| {
    let options = Options { format: Some(Format::Junit), ..Options::default() };
    let batch = read_all("fuzz", bytes, options);
    assert!(batch.events.iter().all(|event| event.kind == "tests.finished"));
});
