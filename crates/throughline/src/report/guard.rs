//! Showing what guard found: findings and changes as text for a terminal.
//!
//! In: judged findings, an inventory, changes. Out: text. Start at [`findings`] and
//! [`diff::changes`]. **Invariant:** evidence is what strangers wrote: every hidden character of it
//! is spelled out, so that what is shown is what is there.

pub(crate) mod diff;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tl_core::finding::{Finding, Level, Location, Root, State};
use tl_guard::inventory::Inventory;
use tl_guard::lock::diff::shown;
use tl_rules::sort::Sorted;

use crate::ui::{Ink, visible};

/// New findings at a level and above, by place, the worst place first. A mend is said once, and
/// of a rule's findings in one place the first ones are shown.
pub(crate) fn findings(sorted: &Sorted, shown_from: Level) -> String {
    let mut places: Vec<(Head<'_>, Vec<&Finding>)> = Vec::new();
    let mut known: BTreeMap<Head<'_>, usize> = BTreeMap::new();
    // Worst first they come, so a place stands where its worst finding does.
    for finding in shown_of(sorted, shown_from) {
        let head = (finding.at.root, finding.at.path.as_str());
        let place = *known.entry(head).or_insert_with(|| {
            places.push((head, Vec::new()));
            places.len() - 1
        });
        places[place].1.push(finding);
    }
    let mut text = String::new();
    let mut said = BTreeSet::new();
    for ((root, path), findings) in places {
        let _infallible = writeln!(text, "{}", Ink::Heading.paint(escaped(&path_of(root, path))));
        let mut rest: Vec<&Finding> = findings;
        while let Some(first) = rest.first().copied() {
            let same = |other: &&&Finding| other.rule == first.rule && other.level == first.level;
            let of_rule: Vec<&Finding> = rest.iter().filter(same).copied().collect();
            rest.retain(|other| !same(&other));
            for finding in of_rule.iter().take(OF_A_RULE) {
                one(&mut text, finding);
            }
            if of_rule.len() > OF_A_RULE {
                let lines: Vec<String> = of_rule[OF_A_RULE..]
                    .iter()
                    .filter(|finding| finding.at.line > 0)
                    .take(LINES)
                    .map(|finding| finding.at.line.to_string())
                    .collect();
                let more = of_rule.len() - OF_A_RULE;
                let dots = if more > lines.len() { ", …" } else { "" };
                let at = if lines.is_empty() {
                    String::new()
                } else {
                    format!(", lines {}{dots}", lines.join(", "))
                };
                let _infallible = writeln!(
                    text,
                    "         {}",
                    Ink::Faint.paint(format_args!("and {more} more of {}{at}", first.rule))
                );
            }
            if !first.fix.text.is_empty()
                && said.insert((first.rule.clone(), first.fix.text.clone()))
            {
                line(&mut text, "mend: ", &first.fix.text);
            }
        }
        text.push('\n');
    }
    text
}

/// What a heading is about.
type Head<'a> = (Root, &'a str);

/// Findings of one rule in one place that are shown.
const OF_A_RULE: usize = 3;
/// Characters of what was seen.
const SEEN: usize = 120;
/// Lines of the others that are named.
const LINES: usize = 8;

fn shown_of(sorted: &Sorted, from: Level) -> impl Iterator<Item = &Finding> {
    sorted
        .findings
        .iter()
        .filter(move |finding| finding.state == State::New && finding.level >= from)
}

/// `  high   GC001 line 3  ...`, and below it what was seen where the sentence does not say it.
fn one(text: &mut String, finding: &Finding) {
    let at = match (finding.at.line, finding.at.within.as_str()) {
        (0, "") => String::new(),
        (0, within) => format!(" {within}"),
        // The sentence mostly names it.
        (line, within)
            if finding.message.contains(within.rsplit('.').next().unwrap_or_default()) =>
        {
            format!(" line {line}")
        }
        (line, within) => format!(" line {line} {within}"),
    };
    let _infallible = writeln!(
        text,
        "  {}  {}{}  {}",
        ink(finding.level).paint(format_args!("{:<5}", word(finding.level))),
        finding.rule,
        escaped(&at),
        escaped(&finding.message),
    );
    let seen = &finding.evidence;
    if !finding.message.contains(&seen.raw) {
        line(text, "seen: ", &short(&seen.raw));
    }
    if seen.decoded != seen.raw && !seen.raw.contains(&seen.decoded) {
        line(text, "reads: ", &seen.decoded);
    }
}

/// The whole of it is in the JSON.
fn short(seen: &str) -> String {
    match seen.char_indices().nth(SEEN) {
        Some((at, _)) => format!("{}…", &seen[..at]),
        None => seen.to_owned(),
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    if !value.is_empty() {
        let _infallible = writeln!(text, "         {}{}", Ink::Faint.paint(label), escaped(value));
    }
}

/// What somebody could do now, a sentence each.
/// `mends`: findings that `guard fix` and `guard fix --user` can mend.
pub(crate) fn next_steps(sorted: &Sorted, shown_from: Level, mends: [usize; 2]) -> Vec<String> {
    let new: Vec<&Finding> = shown_of(sorted, Level::Info).collect();
    let mut steps = Vec::new();
    let hidden = new.iter().filter(|finding| finding.level < shown_from).count();
    if hidden > 0 {
        let (are, them) = if hidden == 1 { ("finding is", "it") } else { ("findings are", "them") };
        steps.push(format!("{hidden} lesser {are} not shown: `--level info` shows {them}"));
    }
    for (mends, option) in mends.into_iter().zip(["", " --user"]) {
        if mends > 0 {
            let (has, it) = if mends == 1 { ("one finding", "it") } else { ("findings", "them") };
            let count = if mends == 1 { String::new() } else { format!("{mends} ") };
            steps.push(format!(
                "`throughline guard fix{option}` can mend {count}{has}: it shows how before it touches {it}"
            ));
        }
    }
    let mut shown = shown_of(sorted, shown_from).peekable();
    if shown.peek().is_some() {
        // Why a rule of another scanner matters only that one can say.
        let worst = shown.find(|finding| !finding.rule.0.contains('/'));
        let why = worst.map(|worst| {
            format!("`throughline guard explain {}` says why it matters; ", worst.rule)
        });
        steps.push(format!(
            "{}`throughline guard allow` lets a finding be, `--write-baseline` all that are there now",
            why.unwrap_or_default()
        ));
    }
    steps
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
    let mut text = path_of(at.root, &at.path);
    if at.line > 0 {
        let _infallible = write!(text, ":{}", at.line);
    }
    if !at.within.is_empty() {
        let _infallible = write!(text, " {}", at.within);
    }
    text
}

fn path_of(root: Root, path: &str) -> String {
    let front = match root {
        Root::Home => "~/",
        Root::System => "/",
        Root::Repository | Root::Tools | Root::Process | Root::Stream => "",
    };
    if path.is_empty() { "(no file)".to_owned() } else { format!("{front}{path}") }
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
        (inventory.listeners.len(), "listener", "listeners"),
    ];
    let mut text = String::from("there: ");
    let none = match sorted.findings.is_empty() {
        true => "nothing that an agent reads",
        false => "no configuration of an agent",
    };
    text.push_str(&counted(&there).unwrap_or_else(|| none.to_owned()));
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
        let text = anstream::adapter::strip_str(&findings(&sorted, Level::Warn)).to_string();
        insta::assert_snapshot!(text, @r"
        ~/x/CLAUDE.md
          block  GH001 line 3  there is hidden text
                 seen: a\u{e0068}\u{e0069}(reads: hi)\u{202e}b\u{1b}[31m\nc
                 mend: take it out
        ");
    }

    #[test]
    fn the_worst_place_comes_first_and_what_repeats_is_folded() {
        let finding = |rule: &'static str, level, path: &str, line| Finding {
            rule: RuleId::new(rule),
            level,
            confidence: Confidence::High,
            at: Location {
                root: Root::Repository,
                path: path.to_owned(),
                line,
                column: 0,
                end_line: 0,
                within: String::new(),
            },
            message: "`x` is bad".to_owned(),
            evidence: Evidence { raw: "x".to_owned(), ..Evidence::default() },
            fix: Fix { text: "change it".to_owned(), edits: Vec::new() },
            taxonomy: Vec::new(),
            fingerprint: String::new(),
            state: State::New,
        };
        let mut all = vec![finding("GC003", Level::Block, "z", 2)];
        all.extend((1..=15).map(|line| finding("GS090", Level::Warn, "a", line)));
        all.push(finding("GC003", Level::Warn, "z", 9));
        all.push(finding("GI002", Level::Info, "a", 1));
        let sorted = Sorted { findings: all, ..Sorted::default() };
        let text = anstream::adapter::strip_str(&findings(&sorted, Level::Warn)).to_string();
        insta::assert_snapshot!(text, @r"
        z
          block  GC003 line 2  `x` is bad
                 mend: change it
          warn   GC003 line 9  `x` is bad

        a
          warn   GS090 line 1  `x` is bad
          warn   GS090 line 2  `x` is bad
          warn   GS090 line 3  `x` is bad
                 and 12 more of GS090, lines 4, 5, 6, 7, 8, 9, 10, 11, …
                 mend: change it
        ");
        insta::assert_snapshot!(next_steps(&sorted, Level::Warn, [2, 1]).join("\n"), @r"
        1 lesser finding is not shown: `--level info` shows it
        `throughline guard fix` can mend 2 findings: it shows how before it touches them
        `throughline guard fix --user` can mend one finding: it shows how before it touches it
        `throughline guard explain GC003` says why it matters; `throughline guard allow` lets a finding be, `--write-baseline` all that are there now
        ");
    }
}
