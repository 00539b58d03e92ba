//! Any bytes are a report of tests or refused; nothing but ends of suites comes of them.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::intake::{Format, Options, read_all};
use tl_fuzz::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = Options { format: Some(Format::Junit), ..Options::default() };
    let batch = read_all("fuzz", bytes, options);
    assert!(batch.events.iter().all(|event| event.kind == "tests.finished"));
});
