//! Asking an MCP server over stdio what it offers: the protocol, without a process.
//!
//! In: lines of a server. Out: lines for it, and at the end an [`Answer`]. Start at [`Probe::new`]
//! and [`Probe::line`]. Versions with a handshake are tried first, for nearly all servers have it
//! and some do not survive anything before it; then the stateless version 2026-07-28.
//! **Invariant:** whatever a server says, the dialogue is bounded: 100 pages a list, 100 requests of
//! its own, [`tools::MOST_TOOLS`]; what was left out is a [`Problem`].

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};
use tl_core::finding::Finding;

use crate::inventory::{Server, Tool, ToolKind, tools};
use crate::parse::{Limits, Node, ParseError, json as parser};
use crate::rules::gq;

/// Newest version with a handshake; a server answers with the one that it speaks.
const VERSION: &str = "2025-11-25";
/// The version without.
const STATELESS: &str = "2026-07-28";
/// Pages of one list.
const MOST_PAGES: usize = 100;
/// Requests of the server that are answered.
const MOST_REQUESTS: usize = 100;

/// What is done after a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Lines to send, each with its end; empty where there is nothing to say.
    Send(String),
    /// Nothing more is asked.
    Done,
}

/// Something that was not learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A limit was reached, in place of something that could not be read.
    pub limit: bool,
    /// In our words.
    pub text: String,
    /// In the server's.
    pub seen: String,
}

/// What a server said of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Tools, prompts and resources, in the order of its lists.
    pub tools: Vec<Tool>,
    /// What it says to a model at start.
    pub instructions: Option<String>,
    /// Version of the protocol that it speaks.
    pub version: Option<String>,
    /// What was not learnt.
    pub problems: Vec<Problem>,
}

impl Answer {
    /// What was not learnt, as findings about the server.
    pub fn findings(&self, server: &Server) -> Vec<Finding> {
        let finding = |problem: &Problem| {
            let doc = if problem.limit { &gq::NOT_FULLY_SCANNED } else { &gq::UNREADABLE };
            let text = format!("the server `{}` {}", server.name, problem.text);
            gq::finding(doc, server.at.clone(), text, &problem.seen)
        };
        self.problems.iter().map(finding).collect()
    }
}

/// A finding that a server was not asked, or did not answer, and why.
pub fn unasked(server: &Server, why: &str, seen: &str) -> Finding {
    let text = format!("the server `{}` {why}", server.name);
    gq::finding(&gq::UNREADABLE, server.at.clone(), text, seen)
}

/// A list that a server has: method, member of the result, what its items are.
#[derive(Debug, Clone, Copy)]
struct List {
    method: &'static str,
    member: &'static str,
    capability: &'static str,
    kind: ToolKind,
}

const LISTS: [List; 4] = [
    List { method: "tools/list", member: "tools", capability: "tools", kind: ToolKind::Tool },
    List {
        method: "prompts/list",
        member: "prompts",
        capability: "prompts",
        kind: ToolKind::Prompt,
    },
    List {
        method: "resources/list",
        member: "resources",
        capability: "resources",
        kind: ToolKind::Resource,
    },
    List {
        method: "resources/templates/list",
        member: "resourceTemplates",
        capability: "resources",
        kind: ToolKind::Resource,
    },
];

/// What the pending request asked for.
#[derive(Debug, Clone, Copy)]
enum Pending {
    Initialize,
    Discover,
    /// A page of a list, and whether the server said that it has it.
    Page {
        list: List,
        said: bool,
    },
}

/// A dialogue under way.
#[derive(Debug)]
pub struct Probe {
    pending: Pending,
    /// Number of the pending request.
    id: u64,
    stateless: bool,
    /// Lists that are still to be asked for.
    left: VecDeque<(List, bool)>,
    /// Of the list at hand.
    cursors: BTreeSet<String>,
    pages: usize,
    /// Requests of the server.
    requests: usize,
    answer: Answer,
}

impl Probe {
    /// A dialogue, and the first line of it.
    pub fn new() -> (Self, String) {
        let mut probe = Self {
            pending: Pending::Initialize,
            id: 0,
            stateless: false,
            left: VecDeque::new(),
            cursors: BTreeSet::new(),
            pages: 0,
            requests: 0,
            answer: Answer::default(),
        };
        let params =
            json!({"protocolVersion": VERSION, "capabilities": {}, "clientInfo": client()});
        let line = probe.request("initialize", params);
        (probe, line)
    }

    /// What was learnt so far.
    pub fn finish(self) -> Answer {
        self.answer
    }

    /// Takes a line of the server. What is no message of the protocol, such as a line of a log, is
    /// passed over.
    pub fn line(&mut self, line: &[u8]) -> Next {
        let text = String::from_utf8_lossy(line);
        if !text.trim_start().starts_with(['{', '[']) {
            return Next::Send(String::new());
        }
        let limits = Limits { nodes: 1_000_000, ..Limits::default() };
        match parser::parse(&text, limits) {
            Ok(message) => self.message(&message),
            Err(ParseError::Syntax { .. }) => Next::Send(String::new()),
            Err(err) => {
                let text = format!("sent an answer that is over a limit: {err}");
                self.answer.problems.push(Problem { limit: true, text, seen: String::new() });
                Next::Done
            }
        }
    }

    fn message(&mut self, message: &Node) -> Next {
        if matches!(message.data, crate::parse::Data::List(_)) {
            let mut lines = String::new();
            for item in message.items().iter().filter(|item| item.is_map()) {
                match self.message(item) {
                    Next::Send(more) => lines.push_str(&more),
                    Next::Done => return Next::Done,
                }
            }
            return Next::Send(lines);
        }
        let id = message.get("id").and_then(Node::scalar);
        if let Some(method) = message.get("method").and_then(Node::text) {
            let id = message.get("id").map(Node::value);
            return self.asked(method, id);
        }
        if id.as_deref() != Some(self.id.to_string().as_str()) {
            return Next::Send(String::new());
        }
        match (message.get("result"), message.get("error")) {
            (Some(result), None) => self.result(result),
            (_, Some(error)) => self.refused(error),
            (None, None) => Next::Send(String::new()),
        }
    }

    /// A request or notification of the server.
    fn asked(&mut self, method: &str, id: Option<Value>) -> Next {
        let Some(id) = id.filter(|id| id.is_number() || id.is_string()) else {
            return Next::Send(String::new());
        };
        self.requests += 1;
        if self.requests > MOST_REQUESTS {
            return self.give_up(true, "asks more than it answers", method);
        }
        let reply = if method == "ping" {
            json!({"jsonrpc": "2.0", "id": id, "result": {}})
        } else {
            let error = json!({"code": -32601, "message": "Method not found"});
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        };
        Next::Send(format!("{reply}\n"))
    }

    fn result(&mut self, result: &Node) -> Next {
        match self.pending {
            Pending::Initialize | Pending::Discover => self.introduced(result),
            Pending::Page { list, .. } => self.page(list, result),
        }
    }

    /// Who it is and what it has.
    fn introduced(&mut self, result: &Node) -> Next {
        self.answer.instructions =
            result.get("instructions").and_then(Node::text).map(str::to_owned);
        let handshake = matches!(self.pending, Pending::Initialize);
        self.answer.version = if handshake {
            result.get("protocolVersion").and_then(Node::text).map(str::to_owned)
        } else {
            Some(STATELESS.to_owned())
        };
        let has =
            |list: &List| result.path(&["capabilities", list.capability]).is_some_and(Node::is_map);
        // Some servers forget to say that they have tools.
        let asked = LISTS.into_iter().filter(|list| has(list) || list.capability == "tools");
        self.left = asked.map(|list| (list, has(&list))).collect();
        let mut lines = String::new();
        if handshake {
            lines =
                format!("{}\n", json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        }
        match self.next_list() {
            Next::Send(more) => Next::Send(lines + &more),
            Next::Done => Next::Done,
        }
    }

    fn next_list(&mut self) -> Next {
        let Some((list, said)) = self.left.pop_front() else { return Next::Done };
        self.pending = Pending::Page { list, said };
        self.cursors.clear();
        self.pages = 1;
        Next::Send(self.request(list.method, json!({})))
    }

    fn page(&mut self, list: List, result: &Node) -> Next {
        let Some(items) = result.get(list.member) else {
            let seen = result.get("resultType").and_then(Node::text).unwrap_or_default().to_owned();
            self.problem(false, &format!("answers `{}` without a list", list.method), &seen);
            return self.next_list();
        };
        let items = items.items().iter().filter(|item| item.is_map()).cloned();
        for item in items {
            if self.answer.tools.len() == tools::MOST_TOOLS {
                let text = format!("has more than {} tools", tools::MOST_TOOLS);
                return self.give_up(true, &text, "");
            }
            self.answer.tools.push(tools::tool(item, list.kind));
        }
        let Some(cursor) = result.get("nextCursor").and_then(Node::text) else {
            return self.next_list();
        };
        if self.pages == MOST_PAGES {
            let text = format!("has more than {MOST_PAGES} pages of `{}`", list.method);
            self.problem(true, &text, "");
            return self.next_list();
        }
        if !self.cursors.insert(cursor.to_owned()) {
            let text = format!("gives the same page of `{}` again and again", list.method);
            self.problem(true, &text, cursor);
            return self.next_list();
        }
        self.pages += 1;
        Next::Send(self.request(list.method, json!({"cursor": cursor})))
    }

    /// It answered by an error.
    fn refused(&mut self, error: &Node) -> Next {
        let seen = error.get("message").and_then(Node::text).unwrap_or_default();
        match self.pending {
            Pending::Initialize => {
                self.pending = Pending::Discover;
                self.stateless = true;
                Next::Send(self.request("server/discover", json!({})))
            }
            Pending::Discover => {
                self.give_up(false, "speaks no version of the protocol that is known here", seen)
            }
            Pending::Page { list, said } => {
                if said {
                    self.problem(false, &format!("refuses `{}`", list.method), seen);
                }
                self.next_list()
            }
        }
    }

    fn problem(&mut self, limit: bool, text: &str, seen: &str) {
        let problem = Problem { limit, text: text.to_owned(), seen: seen.to_owned() };
        self.answer.problems.push(problem);
    }

    fn give_up(&mut self, limit: bool, text: &str, seen: &str) -> Next {
        self.problem(limit, text, seen);
        Next::Done
    }

    /// A line with the next request.
    fn request(&mut self, method: &str, mut params: Value) -> String {
        self.id += 1;
        if self.stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": STATELESS,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": client(),
            });
        }
        let request = json!({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params});
        format!("{request}\n")
    }
}

fn client() -> Value {
    json!({"name": "throughline", "version": env!("CARGO_PKG_VERSION")})
}

#[cfg(test)]
mod tests;
