//! The shapes in which clients write their servers.
//!
//! In: a tree and the [`Shape`] that the table names. Out: the entries, each with the keys above
//! it. Where the named shape is not there, all others are tried.

use crate::parse::{Data, Member, Node};

/// Where in a file servers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A map from name to server below these keys, joined by `/`.
    Map(&'static str),
    /// The document itself is that map.
    Flat,
    /// A list of servers with `name` below these keys.
    List(&'static str),
    /// A map from directory to a map with `mcpServers`, below this key.
    Projects(&'static str),
    /// A map from name to what Docker's catalogue says of it: every member is a server.
    Catalogue(&'static str),
    /// The file holds no servers.
    None,
}

/// One server as written.
#[derive(Debug)]
pub struct Entry<'a> {
    /// key in the map, or `name` in the list
    pub name: String,
    /// keys from the root, joined by `.`
    pub within: String,
    /// first byte of the key, or of the item
    pub start: usize,
    /// the server
    pub node: &'a Node,
    /// the directory for which alone it holds
    pub project: Option<String>,
}

/// All that any client uses; tried in this order where the expected one is not there.
pub const ALL: &[Shape] = &[
    Shape::Map("mcpServers"),
    Shape::Map("servers"),
    Shape::Map("mcp/servers"),
    Shape::Map("context_servers"),
    Shape::Map("mcp_servers"),
    Shape::Map("settings/mcp/servers"),
    Shape::Map("settings/mcp.servers"),
    Shape::Map("mcp.servers"),
    Shape::Map("customizations/vscode/mcp/servers"),
    Shape::Map("powers/mcpServers"),
    Shape::Map("amp.mcpServers"),
    Shape::Map("mcp"),
    Shape::Map("augment.advanced/mcpServers"),
    Shape::Map("extensions"),
    Shape::Projects("projects"),
    Shape::List("mcpServers"),
    Shape::List("augment.advanced/mcpServers"),
    Shape::List("extensions"),
    Shape::Flat,
];

/// Servers of a document. `expected` are the shapes of its table; where none of them fits, all
/// others are tried, because clients take each other's files.
pub fn entries<'a>(root: &'a Node, expected: &[Shape]) -> Vec<Entry<'a>> {
    let found = gather(root, expected);
    if !found.is_empty() || expected == [Shape::None] {
        return found;
    }
    gather(root, ALL)
}

fn gather<'a>(root: &'a Node, shapes: &[Shape]) -> Vec<Entry<'a>> {
    let mut found: Vec<Entry<'a>> = Vec::new();
    for shape in shapes {
        for entry in of_shape(root, *shape) {
            if !found.iter().any(|known| known.start == entry.start) {
                found.push(entry);
            }
        }
    }
    found
}

fn of_shape(root: &Node, shape: Shape) -> Vec<Entry<'_>> {
    let below = |key: &str| root.path(&key.split('/').collect::<Vec<_>>());
    match shape {
        Shape::None => Vec::new(),
        Shape::Map(key) => {
            below(key).map(|node| map(node, &key.replace('/', "."))).unwrap_or_default()
        }
        Shape::Flat if !root.members().is_empty() => {
            let all = root.members().iter().all(|m| is_server(&m.value));
            if all { map(root, "") } else { Vec::new() }
        }
        Shape::Flat => Vec::new(),
        Shape::List(key) => {
            below(key).map(|node| list(node, &key.replace('/', "."))).unwrap_or_default()
        }
        Shape::Catalogue(key) => {
            let members = below(key).map(Node::members).unwrap_or_default();
            members.iter().filter(|m| m.value.is_map()).map(|m| named(m, key)).collect()
        }
        Shape::Projects(key) => {
            let mut found = Vec::new();
            for project in below(key).map(Node::members).unwrap_or_default() {
                let Some(servers) = project.value.get("mcpServers") else { continue };
                let within = format!("{key}.{}.mcpServers", project.key);
                for mut entry in map(servers, &within) {
                    entry.project = Some(project.key.clone());
                    found.push(entry);
                }
            }
            found
        }
    }
}

fn map<'a>(node: &'a Node, within: &str) -> Vec<Entry<'a>> {
    // A key that is there twice is two servers: which one runs depends on the reader.
    let servers = node.members().iter().filter(|m| is_server(&m.value));
    servers.map(|m| named(m, within)).collect()
}

fn named<'a>(member: &'a Member, within: &str) -> Entry<'a> {
    let dot = if within.is_empty() { "" } else { "." };
    Entry {
        name: member.key.clone(),
        within: format!("{within}{dot}{}", member.key),
        start: member.start,
        node: &member.value,
        project: None,
    }
}

fn list<'a>(node: &'a Node, within: &str) -> Vec<Entry<'a>> {
    let servers = node.items().iter().enumerate().filter(|(_, item)| is_server(item));
    servers
        .map(|(index, item)| Entry {
            name: item.get("name").and_then(Node::text).unwrap_or_default().to_owned(),
            within: format!("{within}[{index}]"),
            start: item.start,
            node: item,
            project: None,
        })
        .collect()
}

/// Whether a value is a server: a map that says how to start or reach it, or (Zed, Goose) that
/// names a builtin one.
fn is_server(node: &Node) -> bool {
    const TELLING: &[&str] = &["command", "cmd", "url", "serverUrl", "httpUrl", "uri", "source"];
    let known_type = node.get("type").and_then(Node::text).is_some_and(|kind| {
        matches!(
            kind,
            "stdio"
                | "http"
                | "sse"
                | "streamable-http"
                | "streamable_http"
                | "local"
                | "remote"
                | "ws"
        )
    });
    let switch = node.get("disabled").or_else(|| node.get("enabled")).is_some();
    let telling = TELLING.iter().any(|key| {
        node.get(key).is_some_and(|value| !matches!(value.data, Data::Null | Data::Bool(_)))
    });
    node.is_map() && (telling || known_type || (switch && node.members().len() <= 3))
}
