//! One server's entry, in any client's words, as a [`Server`].

use std::collections::BTreeMap;

use tl_core::finding::Location;

use super::{Client, Launch, Package, Scope, Server, package, shape};
use crate::parse::{Data, Lines, Node};

/// Where a document stands and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// whose configuration
    pub client: Client,
    /// who may write there
    pub scope: Scope,
    /// the file
    pub at: &'a Location,
    /// lines of its text
    pub lines: &'a Lines<'a>,
}

impl Source<'_> {
    /// Place of a byte, with the keys above it.
    pub fn place(&self, byte: usize, within: &str) -> Location {
        let (line, column) = self.lines.at(byte);
        Location { line, column, within: within.to_owned(), ..self.at.clone() }
    }
}

/// Keys that are read; all others go to `rest`.
const KNOWN: &[&str] = &[
    "command",
    "cmd",
    "args",
    "cwd",
    "env",
    "envs",
    "environment",
    "url",
    "serverUrl",
    "httpUrl",
    "uri",
    "headers",
    "http_headers",
    "disabled",
    "enabled",
    "autoApprove",
    "alwaysAllow",
    "trust",
    "autoApproved",
    "allowedTools",
    "always_allow",
    "auto_approve",
    "instructions",
    "name",
    "type",
    "transport",
];

/// Reads an entry.
pub fn read(source: Source<'_>, entry: &shape::Entry<'_>) -> Server {
    let node = entry.node;
    let at = source.place(entry.start, &entry.within);
    let (launch, mut env) = launch(node);
    for key in ["env", "envs", "environment"] {
        if let Some(values) = node.get(key) {
            env.extend(pairs(values));
        }
    }
    let package = match &launch {
        Launch::Stdio { command, args, .. } => package::fetched(command, args).map(|f| Package {
            ecosystem: f.ecosystem,
            name: f.name,
            version: f.version,
            pinned: f.pinned,
            at: argument_place(source, node, f.argument).unwrap_or_else(|| at.clone()),
            launcher: Some(f.launcher),
        }),
        _ => None,
    };
    let off = node.get("enabled").is_some_and(|e| matches!(e.data, Data::Bool(false)));
    let rest = node.members().iter().filter(|m| !KNOWN.contains(&m.key.as_str()));
    Server {
        client: source.client,
        scope: source.scope,
        name: entry.name.clone(),
        launch,
        env,
        package,
        disabled: off || node.get("disabled").is_some_and(Node::is_true),
        auto_approve: auto_approve(node),
        instructions: node.get("instructions").and_then(Node::text).map(str::to_owned),
        tools: Vec::new(),
        at,
        rest: rest.map(|m| (m.key.clone(), m.value.value())).collect(),
    }
}

fn launch(node: &Node) -> (Launch, BTreeMap<String, String>) {
    let url = ["url", "serverUrl", "httpUrl", "uri"].iter().find_map(|k| node.get(k)?.text());
    let command = node.get("command").or_else(|| node.get("cmd"));
    if let Some(command) = command {
        return stdio(node, command);
    }
    if let Some(url) = url {
        let kind = node.get("type").or_else(|| node.get("transport")).and_then(Node::text);
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for key in ["headers", "http_headers", "requestInit"] {
            let Some(values) = node.get(key) else { continue };
            headers.extend(pairs(values.get("headers").unwrap_or(values)));
        }
        for key in ["bearer_token_env_var", "env_http_headers", "oauth", "auth", "authProviderType"]
        {
            if let Some(value) = node.get(key) {
                let shown = value.text().map_or_else(|| "given".to_owned(), |v| format!("${v}"));
                headers.insert(key.to_owned(), shown);
            }
        }
        let sse = kind == Some("sse");
        return (Launch::Http { url: url.to_owned(), sse, headers }, BTreeMap::new());
    }
    (Launch::Other { text: node.value().to_string() }, BTreeMap::new())
}

/// `command` is a program, a command line, a list, or (Zed) `{path, args, env}`.
fn stdio(node: &Node, command: &Node) -> (Launch, BTreeMap<String, String>) {
    let mut env = BTreeMap::new();
    let mut args = node.get("args").map(Node::texts).unwrap_or_default();
    let program = match &command.data {
        Data::List(_) => {
            let mut words = command.texts();
            let program = if words.is_empty() { String::new() } else { words.remove(0) };
            words.append(&mut args);
            args = words;
            program
        }
        Data::Map(_) => {
            args.splice(0..0, command.get("args").map(Node::texts).unwrap_or_default());
            env.extend(command.get("env").map(pairs).unwrap_or_default());
            command.get("path").and_then(Node::scalar).unwrap_or_default()
        }
        _ => command.scalar().unwrap_or_default(),
    };
    let cwd = node.get("cwd").and_then(Node::scalar);
    (Launch::Stdio { command: program, args, cwd }, env)
}

/// Place of the argument with this index, as `stdio` counts them.
fn argument_place(source: Source<'_>, node: &Node, index: usize) -> Option<Location> {
    let command = node.get("command").or_else(|| node.get("cmd"))?;
    let mut words: Vec<&Node> = match &command.data {
        Data::List(items) => items.iter().skip(1).collect(),
        Data::Map(_) => command.get("args")?.items().iter().collect(),
        _ => Vec::new(),
    };
    words.extend(node.get("args").map(Node::items).unwrap_or_default());
    // A command line in one string has fewer items: its own place then.
    let word = words.get(index).copied().unwrap_or(command);
    let within = source.place(word.start, "");
    Some(Location { end_line: within.line, ..within })
}

/// `{A: b}`, or a list of `{name, value}` or of `A=b`.
fn pairs(node: &Node) -> BTreeMap<String, String> {
    let from_map = node
        .members()
        .iter()
        .map(|m| (m.key.clone(), m.value.scalar().unwrap_or_else(|| m.value.value().to_string())));
    let from_list = node.items().iter().filter_map(|item| {
        if let Some(text) = item.text() {
            return text.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
        }
        Some((item.get("name")?.scalar()?, item.get("value")?.scalar()?))
    });
    from_map.chain(from_list).collect()
}

fn auto_approve(node: &Node) -> Vec<String> {
    let mut tools = Vec::new();
    for key in
        ["autoApprove", "alwaysAllow", "autoApproved", "always_allow", "auto_approve", "trust"]
    {
        match node.get(key) {
            Some(value) if value.is_true() => tools.push("*".to_owned()),
            Some(value) => tools.extend(value.items().iter().filter_map(Node::scalar)),
            None => {}
        }
    }
    // `[mcp_servers.x.tools.y] approval_mode = "approve"` of Codex.
    for tool in node.get("tools").map(Node::members).unwrap_or_default() {
        if tool.value.get("approval_mode").and_then(Node::text) == Some("approve") {
            tools.push(tool.key.clone());
        }
    }
    tools
}
