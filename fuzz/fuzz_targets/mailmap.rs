//! Any map has a reading, and any identity has a proper one.
#![cfg_attr(fuzzing, no_main)]

use tl_exec::git::Mailmap;
use tl_fuzz::fuzz_target;

fuzz_target!(|map: &[u8]| {
    let read = Mailmap::parse(map);
    assert!(read.entries + read.malformed <= map.split(|byte| *byte == b'\n').count());
    read.resolve("ana".into(), "ana@example.com".into());
});
