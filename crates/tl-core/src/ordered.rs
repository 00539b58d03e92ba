//! JSON whose keys stand in their order, whatever the library does.
//!
//! `serde_json` keeps the keys of an object sorted, or as they came where any library in the
//! program asks for that (Cedar's does). What is stored, hashed or compared as text must not
//! depend on it. Start at [`Ordered`].

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A value that is written with the keys of every object sorted, as `serde_json` does by itself.
#[derive(Debug, Clone, Copy)]
pub struct Ordered<'a>(pub &'a Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut sorted: Vec<(&str, Self)> =
                    members.iter().map(|(key, value)| (key.as_str(), Ordered(value))).collect();
                sorted.sort_unstable_by_key(|(key, _)| *key);
                serializer.collect_map(sorted)
            }
            Value::Array(values) => serializer.collect_seq(values.iter().map(Ordered)),
            other => other.serialize(serializer),
        }
    }
}

impl fmt::Display for Ordered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// For `serialize_with`.
pub(crate) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Ordered(value).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let text = r#"{"b":[{"d":1,"c":null}],"a":{"z":"x","y":0.5}}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        let written = serde_json::to_string(&Ordered(&value)).unwrap();
        assert_eq!(written, r#"{"a":{"y":0.5,"z":"x"},"b":[{"c":null,"d":1}]}"#);
    }
}
