//! Any tag name is a release or none; a release has numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_collect::release_name::parse;

fuzz_target!(|tag: &str| {
    if let Some(name) = parse(tag) {
        assert!(!name.numbers.is_empty());
    }
});
