//! What `serde_json` reads is read the same way; what it does not read is read or refused.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::parse::{Limits, json::parse};

fuzz_target!(|text: &str| {
    let own = parse(text, Limits::default());
    let Ok(node) = own else { return };
    node.duplicates();
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        assert_eq!(node.value(), value);
    }
});
