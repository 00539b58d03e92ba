//! Benign files: instructions, agents, skills, READMEs that people wrote for people and agents.
//!
//! In: folders of the corpora. Out: how many are reported although nobody attacks there.

use std::path::Path;

use tl_core::finding::Level;
use tl_guard::text::unit::Role;

use super::measures::Tally;
use super::{BenchError, Line, corpus};

/// Folders whose files are benign.
pub(super) const FOLDERS: &[&str] =
    &["awesome-copilot", "anthropics-skills", "awesome-cursorrules", "claude-code", "public-files"];

/// Rules of characters that no honest text has.
const HIDDEN: &[&str] = &["GH001", "GH002", "GH003"];

/// Name, role and text of each.
pub(super) fn benign(folder: &Path) -> Result<Vec<(String, Role, String)>, BenchError> {
    let mut out = Vec::new();
    for name in FOLDERS {
        let inside = folder.join(name);
        if !inside.is_dir() {
            continue;
        }
        for path in corpus::files(&inside)? {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            let role = role(&name);
            out.push((name, role, text));
        }
    }
    Ok(out)
}

fn role(path: &str) -> Role {
    let name = path.rsplit('/').next().unwrap_or(path);
    let for_people = ["readme", "contributing", "security"]
        .iter()
        .any(|one| name.to_lowercase().starts_with(one));
    if name == "SKILL.md" {
        Role::SkillDoc
    } else if path.contains("/skills/") {
        Role::SkillFile
    } else if for_people {
        Role::Document
    } else if [".md", ".mdc", ".cursorrules"].iter().any(|ending| name.ends_with(ending)) {
        Role::RuleFile
    } else {
        Role::Other
    }
}

pub(super) fn benign_files(folder: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "benign-files";
    let files = benign(folder)?;
    if files.is_empty() {
        return Ok(vec![Line::missing(NAME, &FOLDERS.join(", "))]);
    }
    let [mut hidden, mut block, mut high] = [Tally::default(), Tally::default(), Tally::default()];
    for (name, role, text) in files {
        let findings = corpus::judge_file(&name, role, text);
        let is = findings.iter().any(|one| HIDDEN.contains(&&*one.rule.0));
        hidden.add(is, is, &name);
        for (tally, least) in [(&mut block, Level::Block), (&mut high, Level::High)] {
            let rules = corpus::rules(&findings, least);
            let found = !rules.is_empty();
            tally.add(found, found, &format!("{name} {rules}"));
        }
    }
    let (none, rate) = (hidden.count.events == 0, block.count.rate().unwrap_or(1.0));
    Ok(vec![
        Line::counted(NAME, "benign files with GH001 to GH003", hidden.count)
            .promised("none", none)
            .wrong(hidden.wrong),
        Line::counted(NAME, "benign files at block", block.count)
            .promised("at most 0.3 %", rate <= 0.003)
            .wrong(block.wrong),
        Line::counted(NAME, "benign files at high or block", high.count).wrong(high.wrong),
    ])
}
