//! Any message has a reading, and a newline at its end is no part of it.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::message::parse;
use tl_fuzz::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let mut longer = message.to_vec();
    longer.push(b'\n');
    assert_eq!(parse(message), parse(&longer));
});
