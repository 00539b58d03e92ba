//! tl-guard::inventory
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tl_core::finding::{Location, Root};
/// Programs whose files we know. The order is the order of `location.rs`; the name in JSON is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    ClaudeDesktop,
    ClaudeCode,
    Cursor,
    Windsurf,
    Vscode,
    CopilotCli,
    Codex,
    Gemini,
    Antigravity,
    Zed,
    Cline,
    Roo,
    Kilo,
    Continue,
    AmazonQ,
    Kiro,
    Junie,
    Goose,
    Opencode,
    Amp,
    Warp,
    Augment,
    Crush,
    Qwen,
    Trae,
    Openclaw,
    Pi,
    Tabnine,
    Unknown,
}
/// Who may write there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Managed,
    User,
    Project,
    Plugin,
    Dependency,
}
/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "lowercase")]
pub enum Launch {
    Stdio {
        command: String,
        args: Vec<String>,
        #[serde(default)]
        cwd: Option<String>,
    },
    Http {
        url: String,
        #[serde(default)]
        sse: bool,
        /// header name to value; values masked when shown
        headers: BTreeMap<String, String>,
    },
    /// Neither could be read.
    Other { text: String },
}
/// What a launcher fetches before it runs (`npx`, `uvx`, `docker run`, ...).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Package {
    pub ecosystem: Ecosystem,
    pub name: String,
    /// as written: `1.2.3`, `latest`, `^1`, `sha256:...`
    #[serde(default)]
    pub version: Option<String>,
    /// exact version, digest or commit
    pub pinned: bool,
    pub at: Location,
    #[serde(default)]
    pub launcher: Option<String>,
}
/// Where names come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    Npm,
    Pypi,
    Crates,
    Go,
    Docker,
    Git,
    Other,
}
/// An MCP server in one place of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    pub client: Client,
    pub scope: Scope,
    pub name: String,
    #[serde(flatten)]
    pub launch: Launch,
    /// Name to value as written; masked when shown, names only in the lock.
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub package: Option<Package>,
    pub disabled: bool,
    /// tools that run without a prompt; `["*"]` for all
    pub auto_approve: Vec<String>,
    #[serde(default)]
    pub instructions: Option<String>,
    pub tools: Vec<Tool>,
    pub at: Location,
    /// Keys that no shape knows: kept, so that drift sees them.
    #[serde(default)]
    pub rest: BTreeMap<String, Value>,
}
/// All that a model sees of a tool (prompts and resources have the same form, with `kind`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    pub name: String,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub input_schema: Option<Value>,
    #[serde(default)]
    pub output_schema: Option<Value>,
    #[serde(default)]
    pub annotations: Option<Value>,
    #[serde(default)]
    pub kind: ToolKind,
    /// Keys that no version of the protocol has (`arguments` of docker's registry): read as text, not pinned.
    #[serde(default, flatten)]
    pub rest: BTreeMap<String, Value>,
}
impl Eq for Tool {}
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
/// What kind of offer.
pub enum ToolKind {
    #[default]
    Tool,
    Prompt,
    Resource,
}
/// A file that a model takes as instructions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFile {
    pub client: Client,
    pub scope: Scope,
    pub at: Location,
    pub sha256: String,
    pub bytes: u64,
    /// no glob or condition keeps it out of a session
    pub always: bool,
    pub imports: Vec<String>,
}
/// A skill, agent, command or plugin: a document and the files beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    pub kind: SkillKind,
    pub clients: Vec<Client>,
    pub scope: Scope,
    pub name: String,
    pub description: String,
    pub allowed_tools: Vec<String>,
    pub files: Vec<FileDigest>,
    pub root_hash: String,
    pub at: Location,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
/// Kinds of [`Skill`].
pub enum SkillKind {
    Skill,
    Agent,
    Command,
    Plugin,
}
/// Path below the skill with `/`, and content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileDigest {
    pub path: String,
    pub sha256: String,
}
/// Something that a client runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    pub client: Client,
    pub scope: Scope,
    /// `PreToolUse`, `apiKeyHelper`, `statusLine`, `folderOpen`
    pub event: String,
    pub matcher: String,
    pub kind: HookKind,
    /// command line, URL, prompt or tool
    pub command: String,
    /// file that it runs, with its hash, where it is one of the tree's
    #[serde(default)]
    pub target: Option<FileDigest>,
    pub ours: bool,
    pub fail_closed: bool,
    pub at: Location,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
/// What a [`Hook`] is.
pub enum HookKind {
    Command,
    Http,
    McpTool,
    Prompt,
    Agent,
    Helper,
}
/// A rule of a client's own permissions, or a mode that switches them off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    pub client: Client,
    pub scope: Scope,
    pub key: String,
    pub value: String,
    pub grants: Grants,
    pub at: Location,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
/// How much a [`Permission`] gives.
pub enum Grants {
    Deny,
    Ask,
    Some,
    AllOfTool,
    Everything,
    BypassesPrompts,
}
/// An open socket of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    pub address: String,
    pub port: u16,
    pub wildcard: bool,
    #[serde(default)]
    pub pid: Option<u32>,
    pub program: String,
    pub arguments: Vec<String>,
    /// `(client, server)` whose launch it is
    #[serde(default)]
    pub server: Option<(Client, String)>,
}
/// Everything found. Sorted by (root, path, line): the same tree gives the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    pub clients: Vec<ClientSeen>,
    pub servers: Vec<Server>,
    pub rule_files: Vec<RuleFile>,
    pub skills: Vec<Skill>,
    pub hooks: Vec<Hook>,
    pub permissions: Vec<Permission>,
    pub listeners: Vec<Listener>,
    pub packages: Vec<Package>,
}
/// A client of which a file is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSeen {
    pub client: Client,
    pub places: Vec<Location>,
}
/// Which machine is looked at: never read from the process, always given (tests give another).
#[derive(Debug, Clone)]
pub struct Host {
    pub os: Os,
    pub home: Option<std::path::PathBuf>,
    /// `/`, or a directory that stands for it
    pub system: std::path::PathBuf,
    /// `APPDATA`, `XDG_CONFIG_HOME`, `CODEX_HOME`, `CLAUDE_CONFIG_DIR`, ...
    pub variables: BTreeMap<String, String>,
    pub repositories: Vec<std::path::PathBuf>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// Operating systems with tables.
pub enum Os {
    Linux,
    MacOs,
    Windows,
}
/// For `Location`s of a tree.
pub const fn is_project(root: Root) -> bool {
    matches!(root, Root::Repository)
}
