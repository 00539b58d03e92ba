//! Any message has a reading, and a newline at its end is no part of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_collect::message::parse;

fuzz_target!(|message: &[u8]| {
    let mut longer = message.to_vec();
    longer.push(b'\n');
    assert_eq!(parse(message), parse(&longer));
});
