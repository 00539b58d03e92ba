//! What a tool can do, told from its name, its description and its annotations.
//!
//! In: a tool. Out: [`Capabilities`]. Names are read as words: `create_issue_comment` sends. A
//! guess: a wrong name is a wrong answer, so nothing blocks on it alone.

use std::fmt;

use serde_json::Value;

use crate::inventory::{Server, Tool};

/// What matters together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// Brings in text that strangers write.
    pub(super) untrusted: bool,
    /// Reads what is not public.
    pub(super) private: bool,
    /// Sends to where strangers read.
    pub(super) send: bool,
    /// Deletes or overwrites for good.
    pub(super) destructive: bool,
}

impl Capabilities {
    fn with(self, other: Self) -> Self {
        Self {
            untrusted: self.untrusted || other.untrusted,
            private: self.private || other.private,
            send: self.send || other.send,
            destructive: self.destructive || other.destructive,
        }
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.untrusted, "foreign text"),
            (self.private, "private data"),
            (self.send, "sends"),
        ];
        let names: Vec<&str> =
            all.into_iter().filter_map(|(is, name)| is.then_some(name)).collect();
        f.write_str(&names.join(", "))
    }
}

const READS: &[&str] = &[
    "get", "read", "list", "search", "query", "fetch", "find", "download", "browse", "view",
    "open", "export",
];
const FOREIGN: &[&str] = &[
    "web", "url", "page", "website", "internet", "issue", "issues", "comment", "comments", "mail",
    "email", "emails", "inbox", "message", "messages", "feed", "rss", "tweet", "review", "reviews",
    "html",
];
const PRIVATE: &[&str] = &[
    "file",
    "files",
    "database",
    "sql",
    "table",
    "drive",
    "secret",
    "secrets",
    "memory",
    "mail",
    "email",
    "emails",
    "inbox",
    "message",
    "messages",
    "calendar",
    "contact",
    "contacts",
    "document",
    "documents",
    "vault",
    "credential",
    "credentials",
    "directory",
    "notes",
];
const SENDS: &[&str] = &[
    "send", "post", "publish", "upload", "share", "reply", "tweet", "comment", "notify", "forward",
];
const MAKES: &[&str] = &["create", "add", "submit", "open"];
const PUBLIC: &[&str] = &[
    "issue", "comment", "message", "mail", "email", "pull", "webhook", "gist", "tweet", "event",
    "page",
];
const DESTROYS: &[&str] = &[
    "delete",
    "drop",
    "remove",
    "kill",
    "destroy",
    "truncate",
    "purge",
    "wipe",
    "terminate",
    "overwrite",
];

/// What a server can do: the union over its tools.
pub(super) fn of_server(server: &Server) -> Capabilities {
    server.tools.iter().map(of_tool).fold(Capabilities::default(), Capabilities::with)
}

/// What one tool can do.
pub(super) fn of_tool(tool: &Tool) -> Capabilities {
    let name = words(&tool.name);
    let has = |list: &[&str]| name.split(' ').any(|word| list.contains(&word));
    // Of few tools the name leaves it open.
    let says = |list: &[&str]| {
        let first = tool.description.as_deref().unwrap_or("");
        let said = words(first.split(['.', '\n']).next().unwrap_or(""));
        said.split(' ').any(|word| list.contains(&word))
    };
    let hint =
        |key: &str| tool.annotations.as_ref().and_then(|all| all.get(key)).and_then(Value::as_bool);
    let reads = has(READS);
    let only_reads = hint("readOnlyHint") == Some(true);
    let fetches = has(&["fetch", "browse", "navigate", "crawl", "scrape"]);
    Capabilities {
        untrusted: fetches
            && (has(FOREIGN) || says(FOREIGN) || hint("openWorldHint") == Some(true))
            || reads && has(FOREIGN),
        private: reads && (has(PRIVATE) || (!name.contains(' ') && says(PRIVATE))),
        send: !only_reads && (has(SENDS) || has(MAKES) && has(PUBLIC)),
        destructive: !only_reads && (has(DESTROYS) || hint("destructiveHint") == Some(true)),
    }
}

/// Words of a name or a sentence, in lower case and with blanks between: at separators and humps.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut lower, mut joint) = (false, false);
    for c in text.chars() {
        joint |= !c.is_alphanumeric() || (c.is_uppercase() && lower);
        lower = c.is_lowercase();
        if !c.is_alphanumeric() {
            continue;
        }
        if joint && !out.is_empty() {
            out.push(' ');
        }
        joint = false;
        out.extend(c.to_lowercase());
    }
    out
}
