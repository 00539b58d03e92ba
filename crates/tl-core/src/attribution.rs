//! Who wrote a change, and with what: classes, tools, and how strong the evidence is.
//!
//! In: nothing. Out: [`Attribution`], attached to each commit by `tl-collect`.
//! **Invariant:** the absence of evidence is [`Cohort::NoEvidence`], never "a human alone":
//! trailers miss about half of AI-assisted commits (`docs/measures.md`).

use serde::{Deserialize, Serialize};

/// What kind of author a commit names.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorClass {
    /// An identity with no sign of being a program.
    #[default]
    Human,
    /// A program that is no AI: dependency updaters, release robots, merge queues.
    Bot,
    /// An AI coding agent in its own name.
    Agent,
}

/// A tool that leaves a trace in git. The order is stored in caches: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is the product's own name")]
pub enum AiTool {
    Claude,
    Copilot,
    Cursor,
    Codex,
    Devin,
    Aider,
    Jules,
    Gemini,
    Antigravity,
    Amp,
    OpenCode,
    Crush,
    Qwen,
    FactoryDroid,
    Codegen,
    Windsurf,
    /// Named by an `Assisted-by:`, `Generated-by:` line or a note, but not in our table.
    Other,
}

impl AiTool {
    /// Every tool, in stored order.
    pub const ALL: [Self; 17] = [
        Self::Claude,
        Self::Copilot,
        Self::Cursor,
        Self::Codex,
        Self::Devin,
        Self::Aider,
        Self::Jules,
        Self::Gemini,
        Self::Antigravity,
        Self::Amp,
        Self::OpenCode,
        Self::Crush,
        Self::Qwen,
        Self::FactoryDroid,
        Self::Codegen,
        Self::Windsurf,
        Self::Other,
    ];

    /// The product's name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude",
            Self::Copilot => "Copilot",
            Self::Cursor => "Cursor",
            Self::Codex => "Codex",
            Self::Devin => "Devin",
            Self::Aider => "aider",
            Self::Jules => "Jules",
            Self::Gemini => "Gemini",
            Self::Antigravity => "Antigravity",
            Self::Amp => "Amp",
            Self::OpenCode => "OpenCode",
            Self::Crush => "Crush",
            Self::Qwen => "Qwen",
            Self::FactoryDroid => "Factory Droid",
            Self::Codegen => "Codegen",
            Self::Windsurf => "Windsurf",
            Self::Other => "other",
        }
    }
}

/// A set of tools.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolSet(u32);

impl ToolSet {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The set of one tool.
    pub const fn one(tool: AiTool) -> Self {
        Self(1 << tool as u32)
    }

    /// Adds a tool.
    pub const fn insert(&mut self, tool: AiTool) {
        self.0 |= 1 << tool as u32;
    }

    /// Whether the tool is in the set.
    pub const fn contains(self, tool: AiTool) -> bool {
        self.0 & (1 << tool as u32) != 0
    }

    /// Tools in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether no tool is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The tools in stored order.
    pub fn iter(self) -> impl Iterator<Item = AiTool> {
        AiTool::ALL.into_iter().filter(move |tool| self.contains(*tool))
    }
}

/// How strong the evidence of AI use is; smaller is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EvidenceLevel {
    /// Line-level notes: which lines an agent wrote (`refs/notes/ai`, Agent Trace).
    E1,
    /// Telemetry of the tool, joined by author and time. Not readable from git.
    E2,
    /// A trailer, author or branch name that names the tool.
    E3,
    /// The author used a tool within 24 hours. Not readable from git.
    E4,
}

/// What one commit says about who wrote it and with what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// Class of the author identity.
    pub author: AuthorClass,
    /// AI tools that wrote part of it.
    pub tools: ToolSet,
    /// AI tools that only reviewed or suggested (Autofix, review suggestions).
    pub assist: ToolSet,
    /// Line notes (E1) say that an AI tool wrote lines of it.
    pub noted: bool,
    /// Line notes (E1) exist for it, whatever they say.
    pub has_note: bool,
    /// A trailer, author or branch (E3) names the tool.
    pub trailed: bool,
}

impl Attribution {
    /// The strongest evidence that an AI tool took part in writing, if any.
    pub const fn level(&self) -> Option<EvidenceLevel> {
        if self.noted {
            Some(EvidenceLevel::E1)
        } else if self.trailed {
            Some(EvidenceLevel::E3)
        } else {
            None
        }
    }

    /// What several commits of one change say together. The author class is kept from `self`.
    #[must_use]
    pub const fn merged(self, other: Self) -> Self {
        Self {
            author: self.author,
            tools: self.tools.union(other.tools),
            assist: self.assist.union(other.assist),
            noted: self.noted || other.noted,
            has_note: self.has_note || other.has_note,
            trailed: self.trailed || other.trailed,
        }
    }

    /// The cohort that a change with this attribution belongs to.
    pub const fn cohort(&self) -> Cohort {
        match self.author {
            AuthorClass::Agent => Cohort::AgentAuthored,
            AuthorClass::Bot => Cohort::Bot,
            AuthorClass::Human if self.noted || self.trailed => Cohort::AiAssisted,
            AuthorClass::Human => Cohort::NoEvidence,
        }
    }
}

/// Changes grouped by evidence of AI use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cohort {
    /// An AI agent is the author.
    AgentAuthored,
    /// A person is the author, and there is evidence that an AI tool wrote part of it.
    AiAssisted,
    /// No trace of an AI tool. That is not the same as "written without one".
    NoEvidence,
    /// A bot that is no AI; left out of comparisons.
    Bot,
}

impl Cohort {
    /// Every cohort, in the order of reports.
    pub const ALL: [Self; 4] = [Self::AgentAuthored, Self::AiAssisted, Self::NoEvidence, Self::Bot];

    /// Label for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AgentAuthored => "agent-authored",
            Self::AiAssisted => "AI-assisted",
            Self::NoEvidence => "no evidence",
            Self::Bot => "bot",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_its_own_bit_in_stored_order() {
        for (position, tool) in AiTool::ALL.into_iter().enumerate() {
            assert_eq!(tool as usize, position);
            assert_eq!(ToolSet::one(tool).iter().collect::<Vec<_>>(), [tool]);
        }
    }

    #[test]
    fn no_trace_is_no_evidence_and_never_human() {
        assert_eq!(Attribution::default().cohort(), Cohort::NoEvidence);
    }
}
