//! The lock: what somebody approved of the agents' environment, and what is different since.
//!
//! In: an [`Inventory`](crate::inventory::Inventory) and the text of a lock. Out: the lock's new
//! text, and [`Change`]s. Start at [`file::read`], [`entries::of`] and [`compare::compare`].
//! **Invariant:** pure, and no secret gets into a lock; the same entries give the same bytes in
//! whatever order they were approved. The format is described in `docs/guard-lock.md`.

pub mod approve;
pub mod compare;
pub mod diff;
pub mod digest;
pub mod entries;
pub mod file;
pub mod jcs;
pub mod launch;
#[cfg(test)]
mod sample;
pub mod simhash;
mod widen;

use serde::{Deserialize, Serialize};
use tl_core::finding::{Location, RuleId};

/// `schema` of a lock.
pub const SCHEMA: &str = "guard-lock/v1";

/// A lock: entries that somebody approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// [`SCHEMA`]
    pub schema: String,
    /// MCP servers, with the tools that were known.
    #[serde(default)]
    pub server: Vec<LockedServer>,
    /// Instruction files.
    #[serde(default)]
    pub file: Vec<LockedFile>,
    /// Skills, agents, commands and plugins.
    #[serde(default)]
    pub skill: Vec<LockedFile>,
    /// What clients run by themselves.
    #[serde(default)]
    pub hook: Vec<LockedHook>,
}

/// Who approved an entry, and until when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Name or address of a person.
    pub by: String,
    /// Day, such as `2026-11-21`.
    pub at: String,
    /// Why; empty where nobody said.
    #[serde(default)]
    pub reason: String,
    /// Last day on which it holds; without one it holds on. Locks of before say `expires`.
    #[serde(default, rename = "until", alias = "expires")]
    pub expires: Option<String>,
}

/// A server: its name and how it is reached. Two clients may share an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedServer {
    /// Name in the configuration.
    pub name: String,
    /// `stdio`, `http` or `other`
    pub transport: String,
    /// See [`launch::words`].
    pub launch: Vec<String>,
    /// `npm:@scope/name`
    #[serde(default)]
    pub package: Option<String>,
    /// As written in the configuration.
    #[serde(default)]
    pub version: Option<String>,
    /// Names of the variables that it is given, sorted.
    #[serde(default)]
    pub env: Vec<String>,
    /// [`digest::instructions`]
    #[serde(default)]
    pub instructions: Option<String>,
    /// Checksum of the entry without itself and without the approval.
    pub sum: String,
    /// Who approved it.
    pub approved: Approval,
    /// Sorted by name.
    #[serde(default)]
    pub tool: Vec<LockedTool>,
}

/// A tool, prompt or resource of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedTool {
    /// Name.
    pub name: String,
    /// [`digest::tool`]
    pub sha256: String,
    /// [`simhash::simhash`] of all its text, 16 hex digits.
    pub simhash: String,
    /// [`digest::seen`] in base64: what `guard diff` shows as the text before.
    #[serde(default)]
    pub kept: Option<String>,
}

/// An instruction file, or a skill with the files beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedFile {
    /// Below the repository or the home, with `/`.
    pub path: String,
    /// `rule`, `skill`, `agent`, `command` or `plugin`
    pub kind: String,
    /// Of the content; of a skill, of all its files.
    pub sha256: String,
    /// As of a server.
    pub sum: String,
    /// Who approved it.
    pub approved: Approval,
}

/// A hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedHook {
    /// File that sets it.
    pub path: String,
    /// When it runs.
    pub event: String,
    /// For which tools.
    #[serde(default)]
    pub matcher: String,
    /// What it runs, without secrets.
    pub command: String,
    /// Digest of the file that it runs, where that belongs to the tree.
    #[serde(default)]
    pub target: Option<String>,
    /// As of a server.
    pub sum: String,
    /// Who approved it.
    pub approved: Approval,
}

/// Something that is not as it was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// One of the GD rules.
    pub rule: RuleId,
    /// What `guard approve` takes: `server:github`, `tool:github/create_issue`, `file:AGENTS.md`,
    /// `skill:...`, `hook:...`.
    pub item: String,
    /// What happened, one sentence.
    pub message: String,
    /// Where it is now; of something that is gone, the lock.
    pub at: Location,
    /// The text as it was approved, where the lock keeps it.
    pub before: Option<String>,
    /// The text as it is.
    pub after: Option<String>,
}

impl Lock {
    /// A lock in which nothing is approved.
    pub fn empty() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            server: vec![],
            file: vec![],
            skill: vec![],
            hook: vec![],
        }
    }

    /// Whether nothing is approved.
    pub fn is_empty(&self) -> bool {
        self.server.is_empty()
            && self.file.is_empty()
            && self.skill.is_empty()
            && self.hook.is_empty()
    }
}
