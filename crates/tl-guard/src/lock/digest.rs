//! SHA-256 of what a model sees: the digest of a tool, of instructions, of an entry of the lock.
//!
//! In: a tool or text. Out: 64 hex digits. Start at [`tool`]. **Invariant:** every kind of thing
//! is hashed behind a tag of its own, so that none can stand for another.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::jcs::canonical;
use crate::inventory::{Tool, ToolKind};

/// All that a model sees of a tool and that may not change unseen, as canonical JSON: name, title,
/// description, both schemas, annotations. A member that is not there is left out, which `null` is
/// not. `_meta`, icons and hints for caches do not belong to it.
pub fn seen(tool: &Tool) -> String {
    canonical(&Value::Object(members(tool)))
}

fn members(tool: &Tool) -> Map<String, Value> {
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let fields = [
        ("name", Some(Value::String(tool.name.clone()))),
        ("title", text(&tool.title)),
        ("description", text(&tool.description)),
        ("inputSchema", tool.input_schema.clone()),
        ("outputSchema", tool.output_schema.clone()),
        ("annotations", tool.annotations.clone()),
    ];
    let mut members = Map::new();
    for (name, value) in fields {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    }
    if tool.kind != ToolKind::Tool {
        // What prompts and resources have in place of a schema.
        for name in ["uri", "mimeType", "arguments"] {
            if let Some(value) = tool.rest.get(name) {
                members.insert(name.to_owned(), value.clone());
            }
        }
    }
    members
}

/// Digest of a tool, prompt or resource.
pub fn tool(tool: &Tool) -> String {
    let tag = match tool.kind {
        ToolKind::Tool => "throughline.guard.tool.v1",
        ToolKind::Prompt => "throughline.guard.prompt.v1",
        ToolKind::Resource => "throughline.guard.resource.v1",
    };
    tagged(tag, &seen(tool))
}

/// Digest of a server's instructions as they are: a hidden character changes it.
pub fn instructions(text: &str) -> String {
    tagged("throughline.guard.instructions.v1", text)
}

/// Checksum of an entry of the lock, 16 hex digits: shows an edit by hand, keeps nobody out.
pub fn sum(entry: &str) -> String {
    tagged("throughline.guard.entry.v1", entry).chars().take(16).collect()
}

fn tagged(tag: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(tag);
    hash.update([0]);
    hash.update(text);
    hex(&hash.finalize())
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Tool {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn order_of_keys_and_what_no_model_sees_do_not_change_a_tool() {
        let one = read(
            json!({"name": "a", "description": "b", "inputSchema": {"type": "object", "properties": {}}}),
        );
        let other =
            read(json!({"inputSchema": {"properties": {}, "type": "object"}, "_meta": {"x": 1},
            "icons": [], "description": "b", "name": "a"}));
        assert_eq!(tool(&one), tool(&other));
    }

    #[test]
    fn a_hidden_character_changes_a_tool() {
        let one = read(json!({"name": "a", "description": "b"}));
        let other = read(json!({"name": "a", "description": "b\u{200b}"}));
        assert_ne!(tool(&one), tool(&other));
        assert_eq!(tool(&one).len(), 64);
    }

    #[test]
    fn a_prompt_does_not_stand_for_a_tool() {
        let one = read(json!({"name": "a"}));
        let other = Tool { kind: ToolKind::Prompt, ..one.clone() };
        assert_ne!(tool(&one), tool(&other));
    }
}
