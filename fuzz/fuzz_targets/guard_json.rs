//! What `serde_json` reads is read the same way; what it does not read is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_guard::parse::{Limits, json::parse};

fuzz_target!(|text: &str| {
    let own = parse(text, Limits::default());
    let Ok(node) = own else { return };
    node.duplicates();
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        assert_eq!(node.value(), value);
    }
});
