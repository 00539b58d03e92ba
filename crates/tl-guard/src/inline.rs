//! Findings that a comment in the file allows: `guard:allow GC001 until=2027-01-31 owner=ana
//! reason="pinned by the image"`.
//!
//! In: a file of a repository. Out: [`Inline`]s, at most [`MOST`] of a file. Start at [`find`]. **Invariant:** only what a
//! person writes and reviews may allow: files of the repository itself, in a comment; never a list
//! of tools, a skill, what a tool answered, or what a package manager installed. What hides text,
//! speaks to the model or runs a download cannot be allowed by the file that does it.

use tl_core::finding::{Finding, Level, Location, State};
use tl_core::time::Timestamp;
use tl_rules::suppress::{Rules, Standing, Suppression};

use crate::inventory::Scope;
use crate::text::unit::{Artifact, Encoding, Role};

/// Before every allowance.
pub const MARK: &str = "guard:allow ";

/// More than these of one file do not count, and are told.
pub const MOST: usize = 200;

/// An allowance that stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// Its place; it holds for this line and the next.
    pub at: Location,
    /// What it says; the path is that of the file.
    pub allow: Suppression,
    /// The same as it is written, behind the mark.
    pub said: String,
}

/// The allowances of a file, and whether there are more than count.
pub fn find(artifact: &Artifact) -> (Vec<Inline>, bool) {
    let may = artifact.scope == Scope::Project
        && matches!(
            artifact.role,
            Role::Config
                | Role::Settings
                | Role::RuleFile
                | Role::Source
                | Role::Document
                | Role::Other
        )
        && artifact.encoding != Encoding::Binary;
    if !may || !artifact.text.contains(MARK) {
        return (Vec::new(), false);
    }
    let lines = artifact.text.lines().zip(1_u32..);
    let mut found = lines.filter_map(|(line, number)| {
        let said = comment(line, artifact.role)?;
        let at = Location { line: number, ..artifact.at.clone() };
        Some(Inline { allow: parsed(said, &at.path)?, at, said: said.trim_end().to_owned() })
    });
    let first = found.by_ref().take(MOST).collect();
    (first, found.next().is_some())
}

/// What stands behind the mark, where that begins a comment.
fn comment(line: &str, role: Role) -> Option<&str> {
    let at = line.find(MARK)?;
    let before = line[..at].trim_end();
    let prose = matches!(role, Role::RuleFile | Role::Document);
    let openers: &[&str] = if prose { &["<!--"] } else { &["//", "#", "/*", "<!--", ";", "--"] };
    let opener = openers.iter().find(|opener| before.ends_with(**opener))?;
    // Inside a string it is no comment: whoever wrote the string need not be who wrote the file.
    let code = &before[..before.len() - opener.len()];
    let quotes = |mark: char| code.chars().filter(|c| *c == mark).count() % 2;
    (prose || quotes('"') + quotes('\'') + quotes('`') == 0).then_some(&line[at + MARK.len()..])
}

/// `GC001 until=2027-01-31 owner=ana reason="..."`, in any order behind the rule.
fn parsed(said: &str, path: &str) -> Option<Suppression> {
    let (rule, mut rest) = said.trim_start().split_once(char::is_whitespace)?;
    let (mut owner, mut reason, mut expires) = (String::new(), String::new(), String::new());
    loop {
        rest = rest.trim_start();
        let Some((name, behind)) = rest.split_once('=') else { break };
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => behind.split_at(behind.find(char::is_whitespace).unwrap_or(behind.len())),
        };
        match name {
            "owner" => value.clone_into(&mut owner),
            "reason" => value.clone_into(&mut reason),
            "until" => value.clone_into(&mut expires),
            _ => break,
        }
        rest = behind;
    }
    Some(Suppression {
        rule: Rules::one(rule),
        path: Some(path.to_owned()),
        within: None,
        fingerprint: None,
        owner,
        reason,
        expires,
    })
}

/// Suppresses what allowances of this day allow. `name` tells a rule's name by its id. Gives back
/// the allowances that matched nothing they may allow, or do not count today, with the reason.
pub fn apply(
    findings: &mut [Finding],
    inline: &[Inline],
    today: Timestamp,
    name: &dyn Fn(&str) -> &'static str,
) -> Vec<(Inline, &'static str)> {
    let mut idle = Vec::new();
    for one in inline {
        match one.allow.standing(today) {
            Standing::Counts => {}
            Standing::Expired => {
                idle.push((one.clone(), "its day is over"));
                continue;
            }
            Standing::Invalid(why) => {
                idle.push((one.clone(), why));
                continue;
            }
        }
        let mut why = "nothing here is what it allows";
        for finding in findings.iter_mut() {
            let near = finding.at.root == one.at.root
                && finding.at.path == one.at.path
                && (one.at.line..=one.at.line + 1).contains(&finding.at.line);
            let exact = |rule: &str| rule == finding.rule.0 || rule == name(&finding.rule.0);
            if !near || !one.allow.rule.iter().any(exact) {
                continue;
            }
            if cannot(finding) {
                if !why.is_empty() {
                    why = "the file itself cannot allow this: `throughline guard allow` can";
                }
                continue;
            }
            finding.state = State::Suppressed;
            why = "";
        }
        if !why.is_empty() {
            idle.push((one.clone(), why));
        }
    }
    idle
}

/// What an attacker would allow himself.
fn cannot(finding: &Finding) -> bool {
    finding.level == Level::Block
        && (matches!(finding.rule.family(), "GH" | "GP" | "GD") || finding.rule.0 == "GC003")
}

#[cfg(test)]
mod tests;
