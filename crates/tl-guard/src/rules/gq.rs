//! Quality of the scan: what could not be read, or not all of it. Nothing is skipped silently.
//!
//! These are found while reading, so they have no check of their own: [`finding`] makes them.

use tl_core::finding::{Confidence, Evidence, Finding, Level, Location};
use tl_rules::doc::RuleDoc;

use crate::{
    parse::{Duplicate, Limits, json},
    rules::{self, Check, Rule},
    text::unit::{Artifact, Encoding, Role, advance},
};

/// Rules of the family.
pub(crate) const RULES: &[Rule] = &[
    rule(&NOT_FULLY_SCANNED),
    rule(&UNREADABLE),
    rule(&ARCHIVE_SKIPPED),
    rule(&BINARY),
    rule(&ODD_ENCODING),
    rule(&DUPLICATE_KEY),
];

const fn rule(doc: &'static RuleDoc) -> Rule {
    Rule { doc, check: Check::Elsewhere }
}

/// A finding of this family: what happened, and what was seen of it.
pub fn finding(
    doc: &'static RuleDoc,
    at: Location,
    message: impl Into<String>,
    seen: &str,
) -> Finding {
    let mut found = rules::finding(doc, at, message);
    found.evidence = Evidence::of(seen, "", Vec::new());
    found
}

/// A limit was reached.
pub static NOT_FULLY_SCANNED: RuleDoc = RuleDoc {
    id: "GQ001",
    name: "not-fully-scanned",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "A limit was reached, so not all of it was scanned.",
    why: "What lies behind the limit may hold anything: attackers pad files so that scanners stop.",
    fix: "Make the file smaller, or look at the rest yourself.",
    taxonomy: &[],
    since: "0.1.0",
};

/// It is there and could not be read.
pub static UNREADABLE: RuleDoc = RuleDoc {
    id: "GQ002",
    name: "unreadable",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "Something that belongs to an agent's environment could not be read.",
    why: "An agent may read it with other rights, or take malformed text in another way than this program.",
    fix: "Mend the syntax or the rights, or take the file away.",
    taxonomy: &[],
    since: "0.1.0",
};

/// An archive was not opened.
pub static ARCHIVE_SKIPPED: RuleDoc = RuleDoc {
    id: "GQ003",
    name: "archive-skipped",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "An archive was not opened, or not all of it.",
    why: "What an agent unpacks was not scanned: a password, another format or a limit was in the way.",
    fix: "Unpack it beside the other files, or take it away.",
    taxonomy: &[],
    since: "0.1.0",
};

/// A program without its source.
pub static BINARY: RuleDoc = RuleDoc {
    id: "GQ004",
    name: "bytecode-or-binary",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "A file is a program or bytecode, which cannot be reviewed as text.",
    why: "Bytecode beside a skill runs instead of the source that was reviewed.",
    fix: "Ship source, and build it where it runs.",
    taxonomy: &[],
    since: "0.1.0",
};

/// Not UTF-8.
pub static ODD_ENCODING: RuleDoc = RuleDoc {
    id: "GQ005",
    name: "odd-encoding",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "Text is stored in another encoding than UTF-8.",
    why: "Programs take such a file differently, so what was scanned may not be what an agent reads.",
    fix: "Store it as UTF-8 without a byte order mark.",
    taxonomy: &[],
    since: "0.1.0",
};

/// Two values for one key.
pub static DUPLICATE_KEY: RuleDoc = RuleDoc {
    id: "GQ006",
    name: "duplicate-key",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "A key occurs twice in one object.",
    why: "One program takes the first value and another the last: a reviewer may see the harmless one.",
    fix: "Keep the value that is meant, and take the other away.",
    taxonomy: &[],
    since: "0.1.0",
};

/// What a file's encoding and keys say about how it can be read.
pub fn of_artifact(artifact: &Artifact) -> Vec<Finding> {
    let at = || artifact.at.clone();
    let of_agent =
        !matches!(artifact.role, Role::Source | Role::Document | Role::Other | Role::Lockfile);
    match artifact.encoding {
        Encoding::Binary => {
            return program(artifact).or_else(|| archive(artifact)).into_iter().collect();
        }
        Encoding::Utf16Le | Encoding::Utf16Be if of_agent => {
            return vec![finding(&ODD_ENCODING, at(), "the file is stored as UTF-16", "")];
        }
        Encoding::Latin1 if of_agent => {
            return vec![finding(&ODD_ENCODING, at(), "the file is not UTF-8", "")];
        }
        _ => {}
    }
    if !matches!(artifact.role, Role::Config | Role::Settings) || !is_json(&artifact.at.path) {
        return Vec::new();
    }
    let Ok(tree) = json::parse(&artifact.text, Limits::default()) else { return Vec::new() };
    tree.duplicates().iter().map(|twice| duplicate(artifact, twice)).collect()
}

fn is_json(path: &str) -> bool {
    [".json", ".jsonc", ".code-workspace"].iter().any(|end| path.ends_with(end))
}

fn duplicate(artifact: &Artifact, twice: &Duplicate<'_>) -> Finding {
    let mut at = artifact.at.clone();
    advance(&mut at, &artifact.text, twice.second.start);
    at.within.clone_from(&twice.path);
    let key: String = twice.second.key.chars().take(100).collect();
    let mut found = finding(&DUPLICATE_KEY, at, format!("`{key}` has two different values"), &key);
    let telling = ["command", "args", "url", "permissions", "hooks", "env", "mcpServers"];
    if telling.iter().any(|part| twice.path.split('.').any(|p| p == *part)) {
        found.level = Level::High;
    }
    found
}

/// Programs and bytecode where an agent keeps what it may run; images and fonts are none.
fn program(artifact: &Artifact) -> Option<Finding> {
    const PROGRAMS: &[&str] =
        &[".pyc", ".pyo", ".class", ".so", ".dylib", ".dll", ".node", ".wasm", ".exe"];
    let path = artifact.at.path.to_ascii_lowercase();
    PROGRAMS.iter().find(|end| path.ends_with(**end))?;
    let name = artifact.at.path.rsplit('/').next().unwrap_or_default();
    let mut found =
        finding(&BINARY, artifact.at.clone(), "a program that cannot be reviewed", name);
    if matches!(artifact.role, Role::SkillDoc | Role::SkillFile) {
        found.level = Level::High;
    }
    Some(found)
}

/// An archive that was not opened: what is in it was not scanned.
fn archive(artifact: &Artifact) -> Option<Finding> {
    const ARCHIVES: &[&str] = &[
        ".zip", ".docx", ".xlsx", ".pptx", ".mcpb", ".dxt", ".vsix", ".jar", ".whl", ".tar", ".gz",
        ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar",
    ];
    let path = artifact.at.path.to_ascii_lowercase();
    ARCHIVES.iter().find(|end| path.ends_with(**end))?;
    let name = artifact.at.path.rsplit('/').next().unwrap_or_default();
    Some(finding(&ARCHIVE_SKIPPED, artifact.at.clone(), "an archive was not opened", name))
}

#[cfg(test)]
mod tests;
