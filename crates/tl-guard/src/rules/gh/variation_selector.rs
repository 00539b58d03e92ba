//! Variation selectors that vary nothing: each holds a byte that nobody sees.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Raw, Rule, Sink, gh},
    text::unit::HiddenKind,
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Raw(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH003",
    name: "variation-selector-text",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "Variation selectors stand where they change nothing, so they carry data.",
    why: "A run of them behind any character holds a message that no font shows and a program or model can read.",
    fix: "Take them out; a single selector behind an emoji or a Han character is fine.",
    taxonomy: &[],
    since: "0.1.0",
};

fn check(raw: &Raw<'_>, _: &Cx<'_>, sink: &mut Sink) {
    for group in gh::groups(raw, HiddenKind::VariationSelector, |_| true) {
        let message = "variation selectors carry hidden data".to_owned();
        let mut found = group.finding(&DOC, message, vec!["variation-selector".to_owned()]);
        found.fix.edits = group.without(raw);
        // Bytes of an image that somebody saved as text hold any character.
        if group.is_garbage() {
            found.level = Level::Warn;
        }
        sink.add(found);
    }
}
