//! Any tag name is a release or none; a release has numbers.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::release_name::parse;
use tl_fuzz::fuzz_target;

fuzz_target!(|tag: &str| {
    if let Some(name) = parse(tag) {
        assert!(!name.numbers.is_empty());
    }
});
