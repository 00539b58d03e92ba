//! Any bytes that may be JSON, CSV or a pipe are read or reported, each event with its line.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::intake::{Options, read_all};
use tl_fuzz::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let batch = read_all("fuzz", bytes, Options::default());
    assert_eq!(batch.events.len(), batch.lines.len());
    assert!(batch.events.iter().all(|event| event.check().is_ok()));
});
