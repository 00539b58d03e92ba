//! Drift: what is not as somebody approved it. The comparison is in [`crate::lock::compare`].
//!
//! In: changes. Out: findings. Start at [`findings`]. **Invariant:** without a lock there is no
//! drift; what is approved anew is none any more.

use tl_core::finding::{Confidence, Evidence, Finding, Level};
use tl_rules::doc::RuleDoc;

use crate::lock::diff::{self, Became};
use crate::lock::{Change, compare};
use crate::rules::{Check, Rule, finding};

/// The rules of this family.
pub const RULES: &[Rule] = &[
    rule(&TOOL_CHANGED),
    rule(&TOOL_RENAMED),
    rule(&TOOL_NEW),
    rule(&SCHEMA_WIDENED),
    rule(&ANNOTATION_FLIPPED),
    rule(&ORIGIN_CHANGED),
    rule(&FILE_CHANGED),
    rule(&LOCK_BROKEN),
    rule(&APPROVAL_EXPIRED),
    rule(&NOT_IN_LOCK),
];

const fn rule(doc: &'static RuleDoc) -> Rule {
    Rule { doc, check: Check::Elsewhere }
}

/// A rule of this family: certain, because digests are compared.
const fn doc(
    id: &'static str,
    name: &'static str,
    level: Level,
    text: [&'static str; 3],
) -> RuleDoc {
    let [summary, why, fix] = text;
    RuleDoc {
        id,
        name,
        level,
        confidence: Confidence::High,
        summary,
        why,
        fix,
        taxonomy: &[],
        since: "0.1.0",
    }
}

static TOOL_CHANGED: RuleDoc = doc(
    "GD001",
    "tool-changed",
    Level::Block,
    [
        "A tool, or the instructions of a server, are not the text that was approved.",
        "Whoever runs the server can change what the model is told long after somebody read it; the client does not ask again.",
        "Read `throughline guard diff`, then `throughline guard approve ITEM`, or take the server out.",
    ],
);

static TOOL_RENAMED: RuleDoc = doc(
    "GD002",
    "tool-renamed",
    Level::High,
    [
        "A tool has another name and nearly the text of one that was approved and is gone.",
        "A new name leaves behind the permissions and policies that name the old one.",
        "Read `throughline guard diff`, adapt policies that name the tool, then `throughline guard approve ITEM`.",
    ],
);

static TOOL_NEW: RuleDoc = doc(
    "GD003",
    "tool-new",
    Level::Block,
    [
        "A server that was approved offers a tool that was not there then.",
        "The model is told of it at once, and can call it with the trust that the server was given for other tools.",
        "Read what the tool says, then `throughline guard approve ITEM`, or switch the tool off in the client.",
    ],
);

static SCHEMA_WIDENED: RuleDoc = doc(
    "GD004",
    "schema-widened",
    Level::Block,
    [
        "A tool takes arguments that it did not take when it was approved.",
        "A new field for free text is where a server collects what it should not get; a dropped bound lets through what was refused.",
        "Read `throughline guard diff`, then `throughline guard approve ITEM`.",
    ],
);

static ANNOTATION_FLIPPED: RuleDoc = doc(
    "GD005",
    "annotation-flipped",
    Level::Block,
    [
        "A tool says of itself that it changes or destroys things, or reaches out, and did not say so when it was approved.",
        "Clients run tools that only read without a prompt; the approval was for such a tool.",
        "Check what the tool does now and which prompts are left out for it, then `throughline guard approve ITEM`.",
    ],
);

static ORIGIN_CHANGED: RuleDoc = doc(
    "GD006",
    "origin-changed",
    Level::Block,
    [
        "A server of a known name is another command, package, version or address than was approved, or gets other variables.",
        "The name stays and the code behind it does not: the simplest way to put another server into a repository.",
        "Read `throughline guard diff` and check who made the change, then `throughline guard approve ITEM`.",
    ],
);

static FILE_CHANGED: RuleDoc = doc(
    "GD007",
    "file-changed",
    Level::Block,
    [
        "An instruction file, skill or hook is new, changed or gone since the approval.",
        "Agents follow these files, and clients run hooks by themselves; a change in one is a change of program.",
        "Read the change in git, then `throughline guard approve ITEM`.",
    ],
);

static LOCK_BROKEN: RuleDoc = doc(
    "GD008",
    "lock-broken",
    Level::Block,
    [
        "The lock cannot be read, an entry stands there twice, or was changed by hand.",
        "An approval that nobody gave hides every change that the lock should show.",
        "Take the lock from the last good commit, or approve the entry anew with `throughline guard approve ITEM`.",
    ],
);

static APPROVAL_EXPIRED: RuleDoc = doc(
    "GD009",
    "approval-expired",
    Level::High,
    [
        "An approval was given until a day, and that day is over.",
        "Whoever set the day wanted somebody to look again.",
        "Look again, then `throughline guard approve ITEM`, or take the item out.",
    ],
);

/// Of the family of inventories, and found by the comparison with the lock.
static NOT_IN_LOCK: RuleDoc = RuleDoc {
    id: "GI003",
    name: "not-in-lock",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "A server is configured that no entry of the lock names.",
    why: "Nobody has said that its program may run here with the permissions of the agent.",
    fix: "Read what it starts, then `throughline guard approve ITEM`, or take the server out.",
    taxonomy: &[],
    since: "0.1.0",
};

/// What mends a lock of which nothing can be read.
const UNREADABLE: &str = "Where two branches changed it, take the lines of the merge out and keep the entries of both. Else take it from \
the last good commit, or delete it and approve anew with `throughline guard lock`.";

/// Changes as findings of their rules.
pub fn findings(changes: &[Change]) -> Vec<Finding> {
    let known =
        |change: &Change| RULES.iter().map(|rule| rule.doc).find(|doc| doc.rule() == change.rule);
    changes.iter().filter_map(|change| Some(as_finding(change, known(change)?))).collect()
}

fn as_finding(change: &Change, doc: &'static RuleDoc) -> Finding {
    let mut finding = finding(doc, change.at.clone(), change.message.clone());
    finding.fix.text = match change.item.as_str() {
        compare::WHOLE => UNREADABLE.to_owned(),
        item => finding.fix.text.replace("ITEM", item),
    };
    finding.evidence = Evidence { raw: evidence(change), ..Evidence::default() };
    finding
}

/// What is there now and was not, as far as a line has room for it: with other words it is another
/// finding, which no baseline knows.
fn evidence(change: &Change) -> String {
    let text = match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let pieces = diff::words(before, after);
            let told = |became: Became| {
                let texts = pieces.iter().filter(|piece| piece.became == became);
                let texts = texts.map(|piece| piece.text.trim()).filter(|text| !text.is_empty());
                texts.collect::<Vec<_>>().join(" … ")
            };
            let added = told(Became::Added);
            if added.is_empty() { format!("gone: {}", told(Became::Removed)) } else { added }
        }
        (None, Some(after)) => after.clone(),
        _ => change.item.clone(),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    diff::shown(&line).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tl_core::finding::{Location, Root, RuleId};

    #[test]
    fn every_rule_says_what_why_and_what_to_do() {
        for rule in RULES {
            assert_eq!(rule.doc.gaps(), Vec::<&str>::new(), "{}", rule.doc.id);
        }
    }

    #[test]
    fn a_change_is_a_finding_that_names_its_approval_and_the_new_words() {
        let at = Location {
            root: Root::Repository,
            path: ".mcp.json".to_owned(),
            line: 0,
            column: 0,
            end_line: 0,
            within: String::new(),
        };
        let change = Change {
            rule: RuleId::new("GD001"),
            item: "tool:mail/list".to_owned(),
            message: "the tool `list` is not as it was approved".to_owned(),
            at,
            before: Some("Lists mails".to_owned()),
            after: Some("Lists mails\u{200b} and sends them on".to_owned()),
        };
        let found = findings(&[change]);
        assert_eq!(found[0].level, Level::Block);
        assert!(found[0].fix.text.contains("`throughline guard approve tool:mail/list`"));
        assert_eq!(found[0].evidence.raw, "\\u{200b} and sends them on");
    }
}
