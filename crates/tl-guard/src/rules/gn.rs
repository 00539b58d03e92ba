//! Network: what other machines, or pages in a browser, can reach.

use std::sync::LazyLock;

use regex::Regex;
use tl_core::finding::{Evidence, Location, Root};

use crate::inventory::Listener;
use crate::parse::Lines;
use crate::rules::{Rule, gc};
use crate::text::unit::Artifact;

mod metadata_address;
mod no_auth_remote;
mod no_origin_check;
mod unknown_listener;
mod wildcard_bind;

/// Rules of the family.
pub(crate) const RULES: &[Rule] = &[
    wildcard_bind::RULE,
    no_origin_check::RULE,
    no_auth_remote::RULE,
    metadata_address::RULE,
    unknown_listener::RULE,
];

/// A socket as a place: the process is its path.
pub(super) fn place(listener: &Listener) -> Location {
    Location {
        root: Root::Process,
        path: listener.program.clone(),
        line: 0,
        column: 0,
        end_line: 0,
        within: format!("{}:{}", listener.address, listener.port),
    }
}

/// The command line that listens, without its secrets.
pub(super) fn seen(listener: &Listener) -> Evidence {
    Evidence::of(&gc::masked(&listener.arguments.join(" ")), "", Vec::new())
}

/// Whether source imports an SDK with which MCP servers are written.
pub(super) fn is_server(text: &str) -> bool {
    // Nearly no text does.
    if !["mcp", "MCP", "Mcp"].iter().any(|name| text.contains(name)) {
        return false;
    }
    [
        "from mcp",
        "import mcp",
        "fastmcp",
        "FastMCP",
        "@modelcontextprotocol/sdk",
        "rmcp::",
        "mark3labs/mcp-go",
        "modelcontextprotocol/go-sdk",
        "McpServer",
        "mcp.server",
    ]
    .iter()
    .any(|import| text.contains(import))
}

/// First place where source listens on all addresses: byte and line.
pub(super) fn bound(text: &str) -> Option<(usize, &str)> {
    static WILDCARD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?i)(host|hostname|bind|address|addr)["']?\s*[=:]\s*["'](0\.0\.0\.0|::)["']|listen\([^)\n]{0,60}["'](0\.0\.0\.0|::)["']|\[0, 0, 0, 0\]|ListenAndServe\("(0\.0\.0\.0)?:[0-9]+""#,
        )
        .expect("the pattern is a literal")
    });
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        let comment = code.starts_with(['#', '*']) || code.starts_with("//");
        if !comment && WILDCARD.is_match(line) {
            return Some((start, line));
        }
        start += line.len();
    }
    None
}

/// A line of a file.
pub(super) fn place_of(artifact: &Artifact, byte: usize) -> Location {
    let (line, column) = Lines::of(&artifact.text).at(byte);
    Location { line, column, ..artifact.at.clone() }
}
