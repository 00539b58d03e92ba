//! Lists of tools: `{"tools":[...]}`, a bare list, or what a server answered.
//!
//! In: bytes of a file or of standard input. Out: [`Tool`]s, in their order. A key that no
//! version of the protocol has is kept in `rest`: a model may see it.

use serde_json::Value;

use super::{Tool, ToolKind};
use crate::parse::{Data, Limits, Member, Node, ParseError, json};

/// Most tools of one list that are looked at; whoever has more says so as `GQ001`.
pub const MOST_TOOLS: usize = 10_000;

/// Bytes of the largest list that is looked at.
pub const LARGEST: u64 = 64 << 20;

/// Why a list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// More than [`LARGEST`].
    #[error("the list of tools is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// Not text in UTF-8.
    #[error("the list of tools is not UTF-8")]
    Encoding(#[from] std::str::Utf8Error),
    /// Not JSON.
    #[error("the list of tools is not JSON")]
    Syntax(#[from] ParseError),
    /// JSON of another kind.
    #[error("there is no list of tools: expected `{{\"tools\":[...]}}` or a list of tools")]
    Shape,
}

/// Reads a list. Takes `{"tools":[...]}`, `{"prompts":[...]}`, `{"resources":[...]}`, the
/// `result` of a JSON-RPC answer with one of them, several such answers in a list or one a
/// line, a bare list of tools, and one tool alone.
pub fn read(bytes: &[u8]) -> Result<Vec<Tool>, ToolsError> {
    if bytes.len() as u64 > LARGEST {
        return Err(ToolsError::TooLarge);
    }
    let wide = utf16(bytes);
    let text = match &wide {
        Some(text) => text.as_str(),
        None => std::str::from_utf8(bytes)?,
    };
    let limits = Limits { nodes: 5_000_000, ..Limits::default() };
    let mut tools = Vec::new();
    let found = match json::parse(text, limits) {
        Ok(node) => gather(node, &mut tools),
        Err(error) => match lines(text, limits) {
            Some(nodes) => {
                nodes.into_iter().map(|node| gather(node, &mut tools)).fold(false, |a, b| a | b)
            }
            None => return Err(error.into()),
        },
    };
    if found { Ok(tools) } else { Err(ToolsError::Shape) }
}

/// Text in UTF-16, behind its mark.
fn utf16(bytes: &[u8]) -> Option<String> {
    let little = match bytes.get(..2)? {
        [0xff, 0xfe] => true,
        [0xfe, 0xff] => false,
        _ => return None,
    };
    let read = |pair: &[u8]| match (pair, little) {
        ([a, b], true) => u16::from_le_bytes([*a, *b]),
        ([a, b], false) => u16::from_be_bytes([*a, *b]),
        _ => 0xfffd,
    };
    let units: Vec<u16> = bytes[2..].chunks(2).map(read).collect();
    String::from_utf16(&units).ok()
}

/// One document a line, at least two.
fn lines(text: &str, limits: Limits) -> Option<Vec<Node>> {
    let full = text.lines().filter(|line| !line.trim().is_empty());
    let nodes: Vec<Node> =
        full.map(|line| json::parse(line, limits).ok()).collect::<Option<_>>()?;
    (nodes.len() > 1).then_some(nodes)
}

/// Whether `node` is a list of tools, be it an empty one.
fn gather(mut node: Node, tools: &mut Vec<Tool>) -> bool {
    if let Some(result) = take(&mut node, "result", Node::is_map) {
        return gather(result, tools);
    }
    let mut found = false;
    for (key, kind) in [
        ("tools", ToolKind::Tool),
        ("prompts", ToolKind::Prompt),
        ("resources", ToolKind::Resource),
        ("resourceTemplates", ToolKind::Resource),
    ] {
        if let Some(Data::List(list)) = take(&mut node, key, is_list).map(|node| node.data) {
            found = true;
            tools.extend(list.into_iter().map(|item| entry(item, kind)));
        }
    }
    if found {
        return true;
    }
    if is_tool(&node) {
        tools.push(tool(node, ToolKind::Tool));
        return true;
    }
    let Data::List(items) = node.data else { return false };
    if items.is_empty() {
        return true;
    }
    // One tool among them makes it a list of tools: what is none is an entry that is malformed.
    if items.iter().any(is_tool) {
        tools.extend(items.into_iter().map(|item| entry(item, ToolKind::Tool)));
        return true;
    }
    for item in items {
        found |= gather(item, tools);
    }
    found
}

const fn is_list(node: &Node) -> bool {
    matches!(node.data, Data::List(_))
}

/// Takes the value of a key out of a map, where it is as wanted: see [`Node::get`].
fn take(node: &mut Node, key: &str, is_wanted: impl Fn(&Node) -> bool) -> Option<Node> {
    let Data::Map(members) = &mut node.data else { return None };
    let at = members.iter().rposition(|member| member.key == key)?;
    is_wanted(&members[at].value).then(|| members.remove(at).value)
}

/// One entry of a list; one that is no object keeps its text, and has no name.
fn entry(node: Node, kind: ToolKind) -> Tool {
    if node.is_map() {
        return tool(node, kind);
    }
    let mut tool = Tool { kind, ..Tool::default() };
    tool.rest.insert("entry".to_owned(), node.into_value());
    tool
}

fn is_tool(node: &Node) -> bool {
    node.get("name").or_else(|| node.get("uri")).is_some_and(|name| name.text().is_some())
}

/// Reads one tool; a key of the wrong type goes to `rest`, so that its text is still seen.
pub fn tool(node: Node, kind: ToolKind) -> Tool {
    let mut tool = Tool { kind, ..Tool::default() };
    let Data::Map(members) = node.data else { return tool };
    for Member { key, value, .. } in members {
        match (key.as_str(), value.into_value()) {
            ("name", Value::String(text)) => tool.name = text,
            ("title", Value::String(text)) => tool.title = Some(text),
            ("description", Value::String(text)) => tool.description = Some(text),
            (_, value @ Value::String(_)) => {
                tool.rest.insert(key, value);
            }
            ("inputSchema" | "input_schema" | "parameters", value) => {
                tool.input_schema = Some(value);
            }
            ("outputSchema" | "output_schema", value) => tool.output_schema = Some(value),
            ("annotations", value) => tool.annotations = Some(value),
            (_, value) => {
                tool.rest.insert(key, value);
            }
        }
    }
    if tool.name.is_empty() {
        let uri = tool.rest.get("uri").or_else(|| tool.rest.get("uriTemplate"));
        uri.and_then(Value::as_str).unwrap_or_default().clone_into(&mut tool.name);
    }
    tool
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        read(text.as_bytes()).unwrap().into_iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn every_form_of_a_list_is_read() {
        for text in [
            r#"{"tools":[{"name":"a"},{"name":"b"}]}"#,
            r#"[{"name":"a"},{"name":"b"}]"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}],"prompts":[{"name":"b"}]}}"#,
            r#"[{"jsonrpc":"2.0","result":{"tools":[{"name":"a"}]}},{"tools":[{"name":"b"}]}]"#,
            r#"{"result":{"tools":[{"name":"a"},{"name":"b"}]}}"#,
            "{\"tools\":[{\"name\":\"a\"}]}\n{\"jsonrpc\":\"2.0\",\"result\":{\"tools\":[{\"name\":\"b\"}]}}\n",
        ] {
            assert_eq!(names(text), ["a", "b"], "{text}");
        }
        assert_eq!(names(r#"{"name":"alone","description":"x"}"#), ["alone"]);
        assert_eq!(names(r#"{"tools":[{"name":"a"},{"description":"x"},"y"]}"#), ["a", "", ""]);
        assert_eq!(names(r#"[{"name":"a"},3]"#), ["a", ""]);
        let wide: Vec<u8> =
            "\u{feff}[{\"name\":\"a\"}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&wide).unwrap().remove(0).name, "a");
        assert_eq!(names("[]"), [""; 0]);
        assert_eq!(names(r#"{"tools":[]}"#), [""; 0]);
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_kept() {
        let text = r#"[{"name":"a","description":["x"],"arguments":[{"name":"q"}],"inputSchema":{"type":"object"}}]"#;
        let tool = read(text.as_bytes()).unwrap().remove(0);
        assert_eq!(tool.rest.keys().collect::<Vec<_>>(), ["arguments", "description"]);
        assert!(tool.input_schema.is_some());
    }

    #[test]
    fn what_is_no_list_of_tools_is_an_error() {
        assert!(matches!(read(b"{\"a\":1}"), Err(ToolsError::Shape)));
        assert!(matches!(read(b"3"), Err(ToolsError::Shape)));
        assert!(matches!(read(b"{"), Err(ToolsError::Syntax(_))));
        assert!(matches!(read(b"\xff"), Err(ToolsError::Encoding(_))));
    }
}
