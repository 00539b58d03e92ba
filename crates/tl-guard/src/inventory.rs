//! What the agents of a machine or repository have: servers, instructions, skills, hooks,
//! permissions, listeners.
//!
//! In: configuration files, one at a time. Out: an [`Inventory`]. The shapes in which clients
//! write servers are in [`shape`]; settings with hooks and permissions in [`settings`].

pub mod hook;
pub mod package;
pub mod permission;
pub mod server;
pub mod settings;
pub mod shape;
pub mod skill;
pub mod tools;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tl_core::finding::{Location, Root};

use crate::lockfiles::{Known, mention::Mention};

/// Programs whose files we know. The order is the order of `location.rs`; the name in JSON is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Claude Desktop
    ClaudeDesktop,
    /// Claude Code
    ClaudeCode,
    /// Cursor
    Cursor,
    /// Windsurf
    Windsurf,
    /// VS Code with Copilot
    Vscode,
    /// Copilot CLI
    CopilotCli,
    /// Codex
    Codex,
    /// Gemini CLI
    Gemini,
    /// Antigravity
    Antigravity,
    /// Zed
    Zed,
    /// Cline
    Cline,
    /// Roo Code
    Roo,
    /// Kilo Code
    Kilo,
    /// Continue
    Continue,
    /// Amazon Q
    AmazonQ,
    /// Kiro
    Kiro,
    /// JetBrains Junie
    Junie,
    /// Goose
    Goose,
    /// OpenCode
    Opencode,
    /// Amp
    Amp,
    /// Warp
    Warp,
    /// Augment
    Augment,
    /// Crush
    Crush,
    /// Qwen Code
    Qwen,
    /// Trae
    Trae,
    /// OpenClaw
    Openclaw,
    /// Pi
    Pi,
    /// Tabnine
    Tabnine,
    /// Docker's MCP toolkit
    DockerMcp,
    /// a file of MCP shape at a place that no table knows
    Unknown,
}

impl Client {
    /// All that have a table, in its order.
    pub const ALL: &[Self] = &[
        Self::ClaudeDesktop,
        Self::ClaudeCode,
        Self::Cursor,
        Self::Windsurf,
        Self::Vscode,
        Self::CopilotCli,
        Self::Codex,
        Self::Gemini,
        Self::Antigravity,
        Self::Zed,
        Self::Cline,
        Self::Roo,
        Self::Kilo,
        Self::Continue,
        Self::AmazonQ,
        Self::Kiro,
        Self::Junie,
        Self::Goose,
        Self::Opencode,
        Self::Amp,
        Self::Warp,
        Self::Augment,
        Self::Crush,
        Self::Qwen,
        Self::Trae,
        Self::Openclaw,
        Self::Pi,
        Self::Tabnine,
        Self::DockerMcp,
    ];
}

/// Who may write there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// an administrator
    Managed,
    /// the person, for all repositories
    User,
    /// everybody who can change the repository
    Project,
    /// the author of an installed plugin
    Plugin,
    /// the author of a dependency
    Dependency,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "lowercase")]
pub enum Launch {
    /// A process that speaks on its standard streams.
    Stdio {
        /// program, or a whole command line where the client takes one
        command: String,
        /// its arguments
        args: Vec<String>,
        /// where it runs
        #[serde(default)]
        cwd: Option<String>,
    },
    /// A service at a URL.
    Http {
        /// as written
        url: String,
        /// the old transport of server-sent events
        #[serde(default)]
        sse: bool,
        /// header name to value; values masked when shown
        headers: BTreeMap<String, String>,
    },
    /// Neither could be read.
    Other {
        /// what stands there, as JSON
        text: String,
    },
}

/// What a launcher fetches before it runs (`npx`, `uvx`, `docker run`, ...).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Package {
    /// whose name it is
    pub ecosystem: Ecosystem,
    /// without version
    pub name: String,
    /// as written: `1.2.3`, `latest`, `^1`, `sha256:...`
    #[serde(default)]
    pub version: Option<String>,
    /// exact version, digest or commit
    pub pinned: bool,
    /// the argument
    pub at: Location,
    /// program that fetches it
    #[serde(default)]
    pub launcher: Option<String>,
}

/// Where names come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// npm
    Npm,
    /// the Python package index
    Pypi,
    /// crates
    Crates,
    /// a Go module
    Go,
    /// an image of a container registry
    Docker,
    /// a git repository
    Git,
    /// none of these
    Other,
}

/// An MCP server in one place of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// whose configuration
    pub client: Client,
    /// who may write there
    pub scope: Scope,
    /// key in the map
    pub name: String,
    /// how it is reached
    #[serde(flatten)]
    pub launch: Launch,
    /// Name to value as written; masked when shown, names only in the lock.
    pub env: BTreeMap<String, String>,
    /// what the launcher fetches
    #[serde(default)]
    pub package: Option<Package>,
    /// switched off by the client
    pub disabled: bool,
    /// tools that run without a prompt; `["*"]` for all
    pub auto_approve: Vec<String>,
    /// what it says to the model at start, where it was asked
    #[serde(default)]
    pub instructions: Option<String>,
    /// what it offers, where it was asked or a list was given
    pub tools: Vec<Tool>,
    /// the entry
    pub at: Location,
    /// Keys that no shape knows: kept, so that drift sees them.
    #[serde(default)]
    pub rest: BTreeMap<String, Value>,
}

impl Server {
    /// A server of which only the name is known, and the place that speaks of it.
    pub fn named(name: &str, at: Location) -> Self {
        Self {
            client: Client::Unknown,
            scope: Scope::User,
            name: name.to_owned(),
            launch: Launch::Other { text: String::new() },
            env: BTreeMap::new(),
            package: None,
            disabled: false,
            auto_approve: Vec::new(),
            instructions: None,
            tools: Vec::new(),
            at,
            rest: BTreeMap::new(),
        }
    }
}

/// All that a model sees of a tool (prompts and resources have the same form, with `kind`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// what a model calls
    pub name: String,
    /// what a person reads
    #[serde(default)]
    pub title: Option<String>,
    /// what a model reads
    #[serde(default)]
    pub description: Option<String>,
    /// JSON Schema of the arguments
    #[serde(default)]
    pub input_schema: Option<Value>,
    /// JSON Schema of the result
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// `readOnlyHint` and others
    #[serde(default)]
    pub annotations: Option<Value>,
    /// tool, prompt or resource
    #[serde(default)]
    pub kind: ToolKind,
    /// Keys that no version of the protocol has (`arguments` of docker's registry): read as text, not pinned.
    #[serde(default, flatten)]
    pub rest: BTreeMap<String, Value>,
}

impl Eq for Tool {}
/// What kind of offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolKind {
    /// a tool
    #[default]
    Tool,
    /// a prompt
    Prompt,
    /// a resource or a template of resources
    Resource,
}

/// A file that a model takes as instructions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFile {
    /// who reads it
    pub client: Client,
    /// who may write there
    pub scope: Scope,
    /// the file
    pub at: Location,
    /// of the content, line ends as LF
    pub sha256: String,
    /// size on disk
    pub bytes: u64,
    /// no glob or condition keeps it out of a session
    pub always: bool,
    /// paths behind `@`
    pub imports: Vec<String>,
}

/// A skill, agent, command or plugin: a document and the files beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// what it is
    pub kind: SkillKind,
    /// who reads it
    pub clients: Vec<Client>,
    /// who may write there
    pub scope: Scope,
    /// of its head, or of its folder
    pub name: String,
    /// of its head
    pub description: String,
    /// of its head
    pub allowed_tools: Vec<String>,
    /// all below it, by path
    pub files: Vec<FileDigest>,
    /// Merkle root of `files`
    pub root_hash: String,
    /// the document
    pub at: Location,
}

/// Kinds of [`Skill`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SkillKind {
    /// `SKILL.md` and what is beside it
    Skill,
    /// a subagent
    Agent,
    /// a slash command, prompt or recipe
    Command,
    /// a package of these
    Plugin,
}

/// Path below the skill with `/`, and content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileDigest {
    /// below the skill, or the tree
    pub path: String,
    /// hex, line ends as LF
    pub sha256: String,
}

/// Something that a client runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// who runs it
    pub client: Client,
    /// who may write there
    pub scope: Scope,
    /// `PreToolUse`, `apiKeyHelper`, `statusLine`, `folderOpen`
    pub event: String,
    /// which tools; empty for all
    pub matcher: String,
    /// what it is
    pub kind: HookKind,
    /// command line, URL, prompt or tool
    pub command: String,
    /// file that it runs, with its hash, where it is one of the tree's
    #[serde(default)]
    pub target: Option<FileDigest>,
    /// whether this program is what it runs
    pub ours: bool,
    /// whether a failure stops the agent
    pub fail_closed: bool,
    /// the entry
    pub at: Location,
}

/// What a [`Hook`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookKind {
    /// a command line
    Command,
    /// an HTTP request
    Http,
    /// a tool of an MCP server
    McpTool,
    /// a prompt to a model
    Prompt,
    /// a subagent
    Agent,
    /// a command that fetches keys, draws a status line, or the like
    Helper,
}

/// A rule of a client's own permissions, or a mode that switches them off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// whose
    pub client: Client,
    /// who may write there
    pub scope: Scope,
    /// path of keys
    pub key: String,
    /// as written
    pub value: String,
    /// how much
    pub grants: Grants,
    /// the entry
    pub at: Location,
}

/// How much a [`Permission`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grants {
    /// forbids
    Deny,
    /// asks each time
    Ask,
    /// allows named calls
    Some,
    /// allows every call of one tool, such as `Bash(*)`
    AllOfTool,
    /// allows every tool
    Everything,
    /// switches prompts off
    BypassesPrompts,
}

/// An open socket of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// as text
    pub address: String,
    /// TCP port
    pub port: u16,
    /// reachable from other machines
    pub wildcard: bool,
    /// process, where it may be seen
    #[serde(default)]
    pub pid: Option<u32>,
    /// its name
    pub program: String,
    /// its command line
    pub arguments: Vec<String>,
    /// `(client, server)` whose launch it is
    #[serde(default)]
    pub server: Option<(Client, String)>,
}

/// Everything found. Sorted by (root, path, line): the same tree gives the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// of which a file is there
    pub clients: Vec<ClientSeen>,
    /// MCP servers
    pub servers: Vec<Server>,
    /// instructions
    pub rule_files: Vec<RuleFile>,
    /// skills, agents, commands, plugins
    pub skills: Vec<Skill>,
    /// what runs by itself
    pub hooks: Vec<Hook>,
    /// what runs without a question
    pub permissions: Vec<Permission>,
    /// open sockets
    pub listeners: Vec<Listener>,
    /// what launchers fetch
    pub packages: Vec<Package>,
    /// packages that the trees have; too many to show
    #[serde(skip)]
    pub known: Known,
    /// packages that manifests, instructions and skills ask for
    #[serde(skip)]
    pub wanted: Vec<Wanted>,
    /// Files of the trees that run without being asked for.
    #[serde(skip)]
    pub run: Vec<RunFile>,
    /// Sources of servers, with the files beside them that they import.
    #[serde(skip)]
    pub sources: Vec<ServerSource>,
}

/// The source of a server, and what it imports from its own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSource {
    /// The file that makes the server.
    pub at: Location,
    /// What it says.
    pub text: String,
    /// Files that it imports, each once.
    pub modules: Vec<(Location, String)>,
}

/// A file that runs without being asked for: at installation, when a folder is opened, in a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFile {
    /// The file.
    pub at: Location,
    /// What it says, or the beginning of that.
    pub text: String,
    /// Whether that is all of it.
    pub whole: bool,
    /// What runs it: an event, a script, a setting.
    pub by: String,
}

/// A package that a manifest declares, or instructions tell somebody to install or import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// what it is
    pub mention: Mention,
    /// it stands in a manifest
    pub declared: bool,
    /// where
    pub at: Location,
}

/// A client of which a file is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSeen {
    /// which
    pub client: Client,
    /// its files
    pub places: Vec<Location>,
}

/// For `Location`s of a tree.
pub const fn is_project(root: Root) -> bool {
    matches!(root, Root::Repository)
}
