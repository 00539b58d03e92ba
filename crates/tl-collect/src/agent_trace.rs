//! Agent Trace records: which ranges of files an AI tool wrote (level E1).
//!
//! In: one JSON record of Agent Trace 0.1.0 (a draft of January 2026 that leaves storage open).
//! Out: an [`AgentTrace`]. Start at [`parse`]. **Invariant:** pure; a record that cannot be read
//! is an error that says where. Conversations are not kept.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tl_core::attribution::ToolSet;

use crate::attribution::tool_named;

/// Largest record that is read, in bytes.
pub const RECORD_LIMIT: usize = 4 << 20;

/// What one record says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentTrace {
    /// Revision that it describes, as written (for git an object id).
    pub revision: Option<String>,
    /// Tools that it names, if AI wrote any range of it.
    pub tools: ToolSet,
    /// Ranges written by AI.
    pub ai_ranges: u64,
    /// Ranges written by people.
    pub human_ranges: u64,
    /// Ranges written by both.
    pub mixed_ranges: u64,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// Larger than [`RECORD_LIMIT`].
    #[error("trace record has {size} bytes, more than {RECORD_LIMIT}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// Not the JSON that it should be.
    #[error("failed to read the JSON of a trace record")]
    Json(#[source] serde_json::Error),
    /// A version whose meaning is not known.
    #[error("trace record has version `{version}`, not 0.1 or 1")]
    Version {
        /// What the record says.
        version: String,
    },
}

#[derive(Deserialize)]
struct Record {
    version: String,
    vcs: Option<Vcs>,
    tool: Option<Tool>,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct Vcs {
    revision: Option<String>,
}

#[derive(Deserialize)]
struct Tool {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    conversations: Vec<Conversation>,
}

#[derive(Deserialize)]
struct Conversation {
    contributor: Option<Contributor>,
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Deserialize)]
struct Range {
    #[serde(rename = "start_line")]
    _start_line: IgnoredAny,
    /// Overrides that of the conversation.
    contributor: Option<Contributor>,
}

#[derive(Deserialize)]
struct Contributor {
    #[serde(rename = "type", default)]
    kind: String,
}

/// Reads one record. Ranges by an `unknown` contributor are not counted.
pub fn parse(record: &[u8]) -> Result<AgentTrace, TraceError> {
    if record.len() > RECORD_LIMIT {
        return Err(TraceError::TooLarge { size: record.len() });
    }
    let record: Record = serde_json::from_slice(record).map_err(TraceError::Json)?;
    if !["0.1", "1"].iter().any(|known| is_version(&record.version, known)) {
        let version = record.version.chars().take(80).collect();
        return Err(TraceError::Version { version });
    }
    let mut trace =
        AgentTrace { revision: record.vcs.and_then(|vcs| vcs.revision), ..AgentTrace::default() };
    for conversation in record.files.iter().flat_map(|file| &file.conversations) {
        for range in &conversation.ranges {
            let contributor = range.contributor.as_ref().or(conversation.contributor.as_ref());
            match contributor.map_or("", |contributor| &contributor.kind) {
                "ai" => trace.ai_ranges += 1,
                "human" => trace.human_ranges += 1,
                "mixed" => trace.mixed_ranges += 1,
                _ => {}
            }
        }
    }
    if trace.ai_ranges + trace.mixed_ranges > 0 {
        let name = record.tool.map(|tool| tool.name).unwrap_or_default();
        trace.tools = ToolSet::one(tool_named(&name));
    }
    Ok(trace)
}

/// Whether `version` is `known` or continues it with a point.
fn is_version(version: &str, known: &str) -> bool {
    version.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
