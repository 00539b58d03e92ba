//! Any map has a reading, and any identity has a proper one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_exec::git::Mailmap;

fuzz_target!(|map: &[u8]| {
    let read = Mailmap::parse(map);
    assert!(read.entries + read.malformed <= map.split(|byte| *byte == b'\n').count());
    read.resolve("ana".into(), "ana@example.com".into());
});
