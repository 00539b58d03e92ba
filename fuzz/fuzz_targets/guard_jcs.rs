//! The canonical text of a value is JSON of the same value, and canonical already.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_guard::lock::jcs::canonical;

fuzz_target!(|text: &str| {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
    let once = canonical(&value);
    let again: serde_json::Value = serde_json::from_str(&once).expect("canonical text is JSON");
    assert_eq!(canonical(&again), once);
});
