//! What a schema of arguments takes that it did not take before.
//!
//! In: the schema as approved and as it is. Out: the first widening in words. Start at
//! [`widened`]. **Invariant:** a schema that only got stricter is no widening.

use std::collections::BTreeSet;

use serde_json::Value;

/// How the second schema takes more than the first; `None` if it does not.
pub(super) fn widened(before: &Value, after: &Value) -> Option<String> {
    at("", before, after)
}

fn at(path: &str, before: &Value, after: &Value) -> Option<String> {
    let here = if path.is_empty() { "the whole".to_owned() } else { format!("`{path}`") };
    let names = |schema: &Value, key: &str| -> Option<BTreeSet<String>> {
        let list = schema.get(key)?.as_array()?;
        Some(list.iter().map(Value::to_string).collect())
    };
    let required = names(before, "required").unwrap_or_default();
    let still = names(after, "required").unwrap_or_default();
    if let Some(dropped) = required.difference(&still).next() {
        return Some(format!("{} is no longer required", ticked(dropped)));
    }
    if let Some(values) = names(before, "enum") {
        match names(after, "enum") {
            None => return Some(format!("{here} takes any value, not {} of a list", values.len())),
            Some(now) => {
                if let Some(added) = now.difference(&values).next() {
                    return Some(format!("{here} also takes {}", ticked(added)));
                }
            }
        }
    }
    if let Some(types) = types(before) {
        match self::types(after) {
            None => return Some(format!("{here} takes any type")),
            Some(now) => {
                if let Some(added) = now.difference(&types).next() {
                    return Some(format!("{here} also takes the type `{added}`"));
                }
            }
        }
    }
    if before.get("additionalProperties") == Some(&Value::Bool(false))
        && after.get("additionalProperties") != Some(&Value::Bool(false))
    {
        return Some(format!("{here} takes arguments that it does not name"));
    }
    for bound in ["pattern", "maxLength", "maximum", "const", "format"] {
        if before.get(bound).is_some() && after.get(bound).is_none() {
            return Some(format!("{here} has no `{bound}` any more"));
        }
    }
    properties(path, before, after).or_else(|| {
        let items = (before.get("items")?, after.get("items")?);
        at(&format!("{path}[]"), items.0, items.1)
    })
}

fn properties(path: &str, before: &Value, after: &Value) -> Option<String> {
    let now = after.get("properties")?.as_object()?;
    let known = before.get("properties").and_then(Value::as_object);
    for (name, schema) in now {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match known.and_then(|known| known.get(name)) {
            Some(before) => {
                if let Some(widened) = at(&path, before, schema) {
                    return Some(widened);
                }
            }
            None if is_free_text(schema) => {
                return Some(format!("there is a new argument `{path}` for free text"));
            }
            None => {}
        }
    }
    None
}

fn types(schema: &Value) -> Option<BTreeSet<String>> {
    match schema.get("type")? {
        Value::String(one) => Some([one.clone()].into()),
        Value::Array(many) => {
            Some(many.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        _ => None,
    }
}

fn is_free_text(schema: &Value) -> bool {
    let bound = ["enum", "const", "pattern", "format"].iter().any(|key| schema.get(key).is_some());
    !bound && types(schema).is_none_or(|types| types.contains("string"))
}

fn ticked(json: &str) -> String {
    format!("`{}`", json.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_way_to_take_more_is_told() {
        let before = json!({"type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {"a": {"type": "string", "enum": ["x"]}, "b": {"type": "array", "items": {"type": "integer"}}}});
        let cases: [(&str, Value, &str); 6] = [
            ("/required", json!([]), "`a` is no longer required"),
            ("/additionalProperties", json!(true), "arguments that it does not name"),
            ("/properties/a/enum", json!(["x", "y"]), "`a` also takes `y`"),
            (
                "/properties/b/items/type",
                json!(["integer", "string"]),
                "`b[]` also takes the type `string`",
            ),
            ("/properties/a", json!({"type": "string"}), "not 1 of a list"),
            ("/properties", json!({"note": {"type": "string"}}), "new argument `note`"),
        ];
        for (pointer, value, told) in cases {
            let mut after = before.clone();
            *after.pointer_mut(pointer).unwrap() = value;
            let widened = widened(&before, &after).unwrap_or_default();
            assert!(widened.contains(told), "{pointer}: {widened}");
        }
    }

    #[test]
    fn a_stricter_schema_is_no_widening() {
        let before = json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}}});
        let after = json!({"type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {"a": {"type": "string", "enum": ["x"], "description": "other words"}, "n": {"type": "integer"}}});
        assert_eq!(widened(&before, &after), None);
        assert_eq!(widened(&before, &before), None);
    }
}
