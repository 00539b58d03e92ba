//! The canonical text of a value is JSON of the same value, and canonical already.
#![cfg_attr(fuzzing, no_main)]

use serde_json::Value;
use tl_fuzz::fuzz_target;
use tl_guard::lock::jcs::canonical;

/// Whether all numbers are of the RFC: beyond, a double is written like a whole number that is none.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|float| float.abs() < 9e15),
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fuzz_target!(|text: &str| {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    let once = canonical(&value);
    let again: Value = serde_json::from_str(&once).expect("canonical text is JSON");
    assert!(!is_exact(&value) || canonical(&again) == once);
});
