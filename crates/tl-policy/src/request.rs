//! What an agent is about to do, as plain words: the question that policy answers.
//!
//! Whoever asks has made the words canonical already: see the fields of [`Request`].

use serde::{Deserialize, Serialize};

/// What is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// A file or directory is read, or searched.
    Read,
    /// A file is written, moved or deleted.
    Write,
    /// A program is run: one request for each program of a command line.
    Run,
    /// Something is fetched from, or sent to, a host.
    Fetch,
    /// A tool of an MCP server is called.
    CallTool,
    /// A package is installed.
    Install,
    /// Settings, rules, skills or hooks of an agent are changed.
    ChangeSettings,
    /// A person's words go to the agent.
    Prompt,
}

impl Verb {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Write,
        Self::Run,
        Self::Fetch,
        Self::CallTool,
        Self::Install,
        Self::ChangeSettings,
        Self::Prompt,
    ];

    /// Its word in files, and the name of its Cedar action.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Run => "run",
            Self::Fetch => "fetch",
            Self::CallTool => "call-tool",
            Self::Install => "install",
            Self::ChangeSettings => "change-settings",
            Self::Prompt => "prompt",
        }
    }
}

/// One thing that an agent is about to do. What does not apply is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Name of the agent, a subagent's where there is one; that of the client otherwise.
    #[serde(default)]
    pub agent: String,
    /// Client that runs it, such as `claude-code`.
    #[serde(default)]
    pub client: String,
    /// Role that it was given; empty where it has none.
    #[serde(default)]
    pub role: String,
    /// What is about to be done.
    pub verb: Verb,
    /// To what, by verb:
    ///
    /// - read, write, change-settings: a path, absolute, `..` resolved, links of what exists
    ///   followed, `/` between names, the home as `~`;
    /// - run: the command line, as it was given;
    /// - fetch: a host or a URL (only the host counts);
    /// - call-tool: the name of the tool;
    /// - install: the package, such as `npm:@acme/tools`, without its version;
    /// - prompt: empty.
    #[serde(default)]
    pub resource: String,
    /// For a path: the same below the repository's root, such as `src/lib.rs` (empty for the root
    /// itself); `None` outside of it.
    #[serde(default)]
    pub below: Option<String>,
    /// For run: the program and its arguments, unquoted.
    #[serde(default)]
    pub words: Vec<String>,
    /// For call-tool: the server, as the client's configuration names it.
    #[serde(default)]
    pub server: String,
    /// For call-tool: what that server is: `npm:@acme/server` or `https://mcp.acme.example/v1`,
    /// without a version; empty where unknown.
    #[serde(default)]
    pub origin: String,
    /// The session has read what nobody vouches for.
    #[serde(default)]
    pub tainted: bool,
    /// A person is there who can be asked.
    #[serde(default)]
    pub interactive: bool,
    /// What is known of the resource: `unapproved`, `drifted`, ids of rules that object.
    #[serde(default)]
    pub marks: Vec<String>,
    /// Days since 1970-01-01, by UTC.
    #[serde(default)]
    pub today: i64,
}

impl Request {
    /// A request with nothing but verb and resource.
    pub fn new(verb: Verb, resource: impl Into<String>) -> Self {
        Self {
            agent: String::new(),
            client: String::new(),
            role: String::new(),
            verb,
            resource: resource.into(),
            below: None,
            words: Vec::new(),
            server: String::new(),
            origin: String::new(),
            tainted: false,
            interactive: false,
            marks: Vec::new(),
            today: 0,
        }
    }
}
