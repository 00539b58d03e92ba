//! Showing what guard found: findings and changes as text for a terminal.
//!
//! In: judged findings, an inventory, changes. Out: text. Start at [`findings`] and
//! [`diff::changes`]. **Invariant:** evidence is what strangers wrote: every hidden character of it
//! is spelled out, so that what is shown is what is there.

pub(crate) mod diff;

use std::fmt::Write as _;

use tl_core::finding::{Finding, Level, Location, Root, State};
use tl_guard::inventory::Inventory;
use tl_guard::lock::diff::shown;
use tl_rules::registry::Registry;
use tl_rules::sort::Sorted;

use crate::ui::{Ink, visible};

/// All findings that are new, worst first, and how many there are of each kind.
pub(crate) fn findings(sorted: &Sorted, registry: &Registry) -> String {
    let mut text = String::new();
    for finding in sorted.findings.iter().filter(|finding| finding.state == State::New) {
        one(&mut text, finding, registry);
    }
    text
}

fn one(text: &mut String, finding: &Finding, registry: &Registry) {
    let name = registry.get(&finding.rule.0).map_or("", |doc| doc.name);
    let _infallible = writeln!(
        text,
        "{}  {} {name}  {}",
        ink(finding.level).paint(format_args!("{:<5}", word(finding.level))),
        Ink::Heading.paint(&finding.rule),
        escaped(&place(&finding.at)),
    );
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _infallible =
                writeln!(text, "       {}{}", Ink::Faint.paint(label), escaped(value));
        }
    };
    line("", &finding.message);
    line("evidence: ", &finding.evidence.raw);
    if finding.evidence.decoded != finding.evidence.raw {
        line("reads:    ", &finding.evidence.decoded);
    }
    line("mend:     ", &finding.fix.text);
}

/// How bad, in a word.
pub(crate) const fn word(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::High => "high",
        Level::Block => "block",
    }
}

const fn ink(level: Level) -> Ink {
    match level {
        Level::Info => Ink::Hint,
        Level::Warn => Ink::Warning,
        Level::High | Level::Block => Ink::Bad,
    }
}

/// `.mcp.json:12 mcpServers.mail`; of a home `~/...`.
pub(crate) fn place(at: &Location) -> String {
    let front = match at.root {
        Root::Home => "~/",
        Root::System => "/",
        Root::Repository | Root::Tools | Root::Process | Root::Stream => "",
    };
    let mut text = format!("{front}{}", at.path);
    if at.line > 0 {
        let _infallible = write!(text, ":{}", at.line);
    }
    if !at.within.is_empty() {
        let _infallible = write!(text, " {}", at.within);
    }
    text
}

/// On one line, with nothing hidden.
fn escaped(text: &str) -> String {
    visible(&shown(&text.replace('\n', "\\n").replace('\t', " ")))
}

/// What was found in one line: what there is, and what is wrong.
pub(crate) fn summary(sorted: &Sorted, inventory: &Inventory) -> String {
    let tools: usize = inventory.servers.iter().map(|server| server.tools.len()).sum();
    let there = [
        (inventory.servers.len(), "server", "servers"),
        (tools, "tool", "tools"),
        (inventory.rule_files.len(), "instruction file", "instruction files"),
        (inventory.skills.len(), "skill or command", "skills and commands"),
        (inventory.hooks.len(), "hook", "hooks"),
        (inventory.permissions.len(), "permission", "permissions"),
    ];
    let mut text = String::from("there: ");
    text.push_str(&counted(&there).unwrap_or_else(|| "nothing that an agent reads".to_owned()));
    let of = |level: Level, state: State| {
        sorted
            .findings
            .iter()
            .filter(|finding| finding.level == level && finding.state == state)
            .count()
    };
    let levels = [Level::Block, Level::High, Level::Warn, Level::Info];
    let found: Vec<(usize, &str, &str)> =
        levels.iter().map(|level| (of(*level, State::New), word(*level), word(*level))).collect();
    text.push_str("\nfound: ");
    text.push_str(&counted(&found).unwrap_or_else(|| "nothing new".to_owned()));
    let all = |state: State| levels.iter().map(|level| of(*level, state)).sum::<usize>();
    let other = [
        (all(State::Baseline), "known before", "known before"),
        (all(State::Suppressed), "allowed", "allowed"),
    ];
    if let Some(other) = counted(&other) {
        let _infallible = write!(text, "; {other}");
    }
    text + "\n"
}

/// `2 servers, 1 hook`; `None` if there is nothing to count.
fn counted(counts: &[(usize, &str, &str)]) -> Option<String> {
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tl_core::finding::{Confidence, Evidence, Fix, RuleId};

    #[test]
    fn a_finding_shows_what_nobody_sees() {
        let at = Location {
            root: Root::Home,
            path: "x/CLAUDE.md".to_owned(),
            line: 3,
            column: 0,
            end_line: 0,
            within: String::new(),
        };
        let finding = Finding {
            rule: RuleId::new("GH001"),
            level: Level::Block,
            confidence: Confidence::High,
            at,
            message: "there is hidden text".to_owned(),
            evidence: Evidence {
                raw: "a\u{e0068}\u{e0069}\u{202e}b\u{1b}[31m\nc".to_owned(),
                ..Evidence::default()
            },
            fix: Fix { text: "take it out".to_owned(), edits: Vec::new() },
            taxonomy: Vec::new(),
            fingerprint: String::new(),
            state: State::New,
        };
        let sorted = Sorted { findings: vec![finding], ..Sorted::default() };
        let text =
            anstream::adapter::strip_str(&findings(&sorted, &Registry::default())).to_string();
        insta::assert_snapshot!(text, @r"
        block  GH001   ~/x/CLAUDE.md:3
               there is hidden text
               evidence: a\u{e0068}\u{e0069}(reads: hi)\u{202e}b\u{1b}[31m\nc
               mend:     take it out
        ");
    }
}
