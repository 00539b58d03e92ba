//! The JSON of a git-ai note: of all that it holds, only who a key is.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Newest format that is understood, as in `authorship/3.0.0`.
const NEWEST: u32 = 3;

#[derive(Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) schema_version: String,
    #[serde(default)]
    prompts: BTreeMap<String, Writer>,
    #[serde(default)]
    sessions: BTreeMap<String, Writer>,
}

/// A prompt or a session; their transcripts are skipped.
#[derive(Deserialize)]
struct Writer {
    agent_id: Option<Agent>,
}

#[derive(Deserialize)]
struct Agent {
    #[serde(default)]
    tool: String,
}

impl Metadata {
    pub(super) fn is_readable(&self) -> bool {
        let version = self.schema_version.strip_prefix("authorship/");
        let major = version.and_then(|version| version.split('.').next());
        major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major <= NEWEST)
    }

    /// The tool behind a key: its name, empty if the note does not say; `None` for a person.
    pub(super) fn tool(&self, key: &str) -> Option<&str> {
        if is_person(key) {
            return None;
        }
        let session = key.split_once("::").map_or(key, |(session, _)| session);
        let writer = self.prompts.get(key).or_else(|| self.sessions.get(session));
        Some(writer.and_then(|writer| writer.agent_id.as_ref()).map_or("", |agent| &agent.tool))
    }
}

/// Whether a key stands for a person.
pub(super) fn is_person(key: &str) -> bool {
    key.starts_with("h_") || key == "human"
}
