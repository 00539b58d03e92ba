//! tl-core::finding
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};
/// How bad. Order matters: `--fail-on` compares. SARIF: note, warning, error, error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Warn,
    High,
    Block,
}
/// How sure the detection itself is, whatever the harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}
/// `GC001`: family of two capitals and three digits. Never reused. `&'static` in rules, owned when read from a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub Cow<'static, str>);
impl RuleId {
    /// A literal id.
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }
    /// `GC` of `GC001`.
    pub fn family(&self) -> &str {
        self.0.get(..2).unwrap_or("")
    }
}
impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
/// Which tree a path is below; the path itself is relative to it, with `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    Repository,
    Home,
    System,
    Tools,
    Process,
    Stream,
}
/// Where. `line`, `column` (in characters) and `end_line` count from 1 in the file as it is on disk, never in normalised text; 0: unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    pub root: Root,
    pub path: String,
    #[serde(default)]
    pub line: u32,
    #[serde(default)]
    pub column: u32,
    #[serde(default)]
    pub end_line: u32,
    /// What inside the file, such as `mcpServers.github`, `tools.get_mail.inputSchema`, or a member `a.zip!doc.xml`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
}
/// What was seen. Secrets are masked before they get here (`Evidence::masked`); at most 200 characters each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// As written; invisible characters as `\u{e0041}`.
    pub raw: String,
    /// What the model reads: normalised, hidden text decoded. Empty: the same as `raw`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoded: String,
    /// What told it: `obligation`, `secret-path`, `conceal`, `depth:2`, ...
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
}
/// A mend that `guard fix` can make. Ranges are bytes of the file on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub replacement: String,
}
/// What to do: words always, edits where they are safe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}
/// A code of somebody's taxonomy, written as they write it: `owasp-mcp:MCP03`, `asi:ASI01`, `ast:AST01`, `atlas:AML.T0051`, `cosai:MCP-T4`, `snyk:E001`, `safe-mcp:SAFE-T1001`, `cwe:CWE-78`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taxon(pub Cow<'static, str>);
/// One thing wrong at one place. The JSON is `guard/v1`'s finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: RuleId,
    pub level: Level,
    pub confidence: Confidence,
    #[serde(rename = "where")]
    pub at: Location,
    /// One sentence, no line break, literals in backticks.
    pub message: String,
    pub evidence: Evidence,
    pub fix: Fix,
    pub taxonomy: Vec<Taxon>,
    /// Hex SHA-256 of (rule, root, path, within, decoded-or-raw evidence folded of white space): survives a moved line. Baseline, suppression and SARIF `partialFingerprints` use it.
    pub fingerprint: String,
    /// Set by the report: `new`, `baseline`, `suppressed`.
    #[serde(default)]
    pub state: State,
}
/// Whether it counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    #[default]
    New,
    Baseline,
    Suppressed,
}
