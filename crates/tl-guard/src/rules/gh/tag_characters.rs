//! Characters of the tag block: ASCII that no font shows and every model reads.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Raw, Rule, Sink, gh},
    text::unit::HiddenKind,
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Raw(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH001",
    name: "tag-characters",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "Text is hidden in Unicode's tag characters.",
    why: "They are invisible in every editor and review, and models read them as the ASCII letters that they stand for.",
    fix: "Take them out; whoever put them there did not mean you to read them.",
    taxonomy: &[],
    since: "0.1.0",
};

fn check(raw: &Raw<'_>, _: &Cx<'_>, sink: &mut Sink) {
    for group in gh::groups(raw, HiddenKind::Tag, |_| true) {
        let says = group.decoded();
        let message = if says.trim().is_empty() {
            "tag characters are hidden here".to_owned()
        } else {
            "tag characters hide text that a model reads".to_owned()
        };
        let mut found = group.finding(&DOC, message, vec!["tag".to_owned()]);
        found.fix.edits = group.without(raw);
        sink.add(found);
    }
}
