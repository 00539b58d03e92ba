//! Sequences that a terminal obeys: they erase, hide or recolour what is shown.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Raw, Rule, Sink, gh},
    text::unit::{HiddenKind, Role},
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Raw(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH005",
    name: "terminal-escape",
    level: Level::High,
    confidence: Confidence::High,
    summary: "Text holds sequences that a terminal obeys.",
    why: "Shown on a terminal they erase lines, hide text or set links, so a person approves something other than what is there.",
    fix: "Take them out; colour belongs to the program that shows the text.",
    taxonomy: &[],
    since: "0.1.0",
};

fn check(raw: &Raw<'_>, _: &Cx<'_>, sink: &mut Sink) {
    let level = match raw.role {
        Role::ToolList | Role::ToolResult => Level::Block,
        Role::RuleFile | Role::SkillDoc => Level::High,
        _ => Level::Info,
    };
    for group in gh::groups(raw, HiddenKind::Ansi, |_| true) {
        let message = "a sequence that a terminal obeys stands in text".to_owned();
        let mut found = group.finding(&DOC, message, vec!["terminal".to_owned()]);
        found.fix.edits = group.without(raw);
        found.level = level;
        sink.add(found);
    }
}
