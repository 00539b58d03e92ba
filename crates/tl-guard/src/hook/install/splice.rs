//! Changes of a JSON text that leave all other bytes: a member, an item of `hooks.EVENT`, in and out.
//!
//! In: text. Out: text. Start at [`with_item`] and [`without_items`].

use serde_json::Value;

use super::InstallError;
use crate::parse::{Data, Limits, Node, json};

/// Puts `"key": value` at the end of the document's map, unless the key is there.
pub(super) fn with_member(text: &str, key: &str, value: &Value) -> Result<String, InstallError> {
    let root = root(text)?;
    if root.get(key).is_some() {
        return Ok(text.to_owned());
    }
    Ok(member(text, &root, key, value, 1))
}

/// Puts an item at the end of `hooks.EVENT`.
pub(super) fn with_item(text: &str, event: &str, item: &Value) -> Result<String, InstallError> {
    let document = root(text)?;
    let Some(hooks) = document.get("hooks") else {
        let hooks = Value::Object(
            [(event.to_owned(), Value::Array(vec![item.clone()]))].into_iter().collect(),
        );
        return Ok(member(text, &document, "hooks", &hooks, 1));
    };
    if !hooks.is_map() {
        return Err(InstallError::Shape("hooks".to_owned()));
    }
    let Some(list) = hooks.get(event) else {
        return Ok(member(text, hooks, event, &Value::Array(vec![item.clone()]), 2));
    };
    if !matches!(list.data, Data::List(_)) {
        return Err(InstallError::Shape(format!("hooks.{event}")));
    }
    let unit = unit(text, &document);
    let written = printed(item, &unit, 3);
    Ok(appended(text, list, list.items().last().map(|last| last.end), &written, &unit, 3))
}

/// Takes items of `hooks.EVENT` out; the list, and `hooks`, if nothing else is left in them.
pub(super) fn without_items(
    text: &str,
    event: &str,
    is_ours: &dyn Fn(&Node) -> bool,
) -> Result<String, InstallError> {
    let mut text = text.to_owned();
    loop {
        let document = root(&text)?;
        let Some(hooks) = document.get("hooks") else { return Ok(text) };
        let Some(list) = hooks.get(event) else { return Ok(text) };
        let items = list.items();
        let Some(at) = items.iter().rposition(is_ours) else { return Ok(text) };
        let whole =
            |node: &Node| node.members().len() + node.items().len() == 1 && is_bare(&text, node);
        // What holds nothing but it goes with it.
        text = if !whole(list) {
            let before = at.checked_sub(1).map(|before| items[before].end);
            cut(&text, list, before, items[at].start, items[at].end)
        } else if !whole(hooks) {
            cut_member(&text, hooks, event)
        } else {
            cut_member(&text, &document, "hooks")
        };
    }
}

/// Whether there is no comment directly inside a map or list of one part.
fn is_bare(text: &str, node: &Node) -> bool {
    let part = node.members().first().map(|member| (member.start, member.value.end));
    let part = part.or_else(|| node.items().first().map(|item| (item.start, item.end)));
    part.is_some_and(|(start, end)| {
        let outside = [&text[node.start + 1..start], &text[end..node.end - 1]];
        outside.iter().all(|blank| blank.chars().all(|c| c.is_whitespace() || c == ','))
    })
}

fn root(text: &str) -> Result<Node, InstallError> {
    let root = json::parse(text, Limits::default())?;
    if root.is_map() { Ok(root) } else { Err(InstallError::Shape("the document".to_owned())) }
}

/// Puts a member at the end of a map of this depth.
fn member(text: &str, map: &Node, key: &str, value: &Value, depth: usize) -> String {
    let unit = if depth == 1 {
        unit(text, map)
    } else {
        root(text).map_or_else(|_| "  ".to_owned(), |root| unit(text, &root))
    };
    let written = format!("{}: {}", Value::from(key), printed(value, &unit, depth));
    appended(text, map, map.members().last().map(|last| last.value.end), &written, &unit, depth)
}

/// Puts a part at the end of a map or list: behind a comma, on a line of its own, before the closing
/// bracket and behind all that stands there.
fn appended(
    text: &str,
    container: &Node,
    last: Option<usize>,
    written: &str,
    unit: &str,
    depth: usize,
) -> String {
    let close = container.end - 1;
    let inner = text[..close].trim_end();
    // White space alone is kept: it is part of what was there.
    let end = inner.len().max(container.start + 1);
    let mut out = String::with_capacity(text.len() + written.len() + 16);
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    match last {
        Some(last) if comma_behind(text, last, close).is_none() => {
            out.push_str(&text[..last]);
            out.push(',');
            out.push_str(&text[last..end]);
        }
        _ => out.push_str(&text[..end]),
    }
    out.push_str(newline);
    out.push_str(&unit.repeat(depth));
    out.push_str(&if newline == "\n" {
        written.to_owned()
    } else {
        written.replace('\n', newline)
    });
    let gap = &text[end..close];
    if gap.contains('\n') {
        out.push_str(gap);
    } else {
        out.push_str(newline);
        out.push_str(&unit.repeat(depth - 1));
    }
    out.push_str(&text[close..]);
    out
}

fn cut_member(text: &str, map: &Node, key: &str) -> String {
    let members = map.members();
    let Some(at) = members.iter().rposition(|member| member.key == key) else {
        return text.to_owned();
    };
    let before = at.checked_sub(1).map(|before| members[before].value.end);
    cut(text, map, before, members[at].start, members[at].value.end)
}

/// Takes a part out of a map or list, with one comma, and the white space in front of it. `before`: end
/// of the part before it.
fn cut(text: &str, container: &Node, before: Option<usize>, start: usize, end: usize) -> String {
    let close = container.end - 1;
    let from = text[..start].trim_end().len();
    let comma = comma_behind(text, end, close);
    // Behind the last part the comma of the part before goes; else its own.
    let own =
        comma.is_some_and(|comma| !text[comma + 1..close].trim().is_empty() || before.is_none());
    let mut out = String::with_capacity(text.len());
    match (own, comma, before.and_then(|before| comma_behind(text, before, start))) {
        (true, Some(comma), _) => {
            out.push_str(&text[..from]);
            out.push_str(&text[end..comma]);
            out.push_str(&text[comma + 1..]);
        }
        (_, None, Some(comma)) => {
            out.push_str(&text[..comma]);
            out.push_str(&text[comma + 1..from]);
            out.push_str(&text[end..]);
        }
        _ => {
            out.push_str(&text[..from]);
            out.push_str(&text[end..]);
        }
    }
    out
}

/// The comma behind a part, past white space and comments.
fn comma_behind(text: &str, end: usize, close: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = end;
    while at < close {
        match bytes[at] {
            b',' => return Some(at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += text[at..close].find('\n').unwrap_or(close - at);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += text[at + 2..close].find("*/").map_or(close - at, |length| length + 4);
            }
            b if b.is_ascii_whitespace() => at += 1,
            _ => return None,
        }
    }
    None
}

/// What one step of indentation is in a text: that of the first member.
fn unit(text: &str, root: &Node) -> String {
    let first = root.members().first().map(|member| member.start);
    let line = first.and_then(|start| {
        let line = text[..start].rfind('\n').map(|at| &text[at + 1..start])?;
        (!line.is_empty() && line.len() <= 8 && line.chars().all(|c| c == ' ' || c == '\t'))
            .then_some(line)
    });
    line.unwrap_or("  ").to_owned()
}

/// A value on several lines; its first line stands at `depth`.
fn printed(value: &Value, unit: &str, depth: usize) -> String {
    let inside = format!("\n{}", unit.repeat(depth + 1));
    let closing = format!("\n{}", unit.repeat(depth));
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("{inside}{}", printed(item, unit, depth + 1)))
                .collect();
            format!("[{}{closing}]", items.join(","))
        }
        Value::Object(members) if !members.is_empty() => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| {
                    format!(
                        "{inside}{}: {}",
                        Value::from(key.as_str()),
                        printed(value, unit, depth + 1)
                    )
                })
                .collect();
            format!("{{{}{closing}}}", members.join(","))
        }
        other => other.to_string(),
    }
}
