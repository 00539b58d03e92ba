//! Blank lines and blanks that put text out of sight.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Raw, Rule, Sink, gh},
    text::unit::{HiddenKind, Role},
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Raw(check), needs: &[] };

static DOC: RuleDoc = RuleDoc {
    id: "GH008",
    name: "padding",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "Text stands behind more blank lines or blanks than a window shows.",
    why: "A reviewer does not scroll that far, some scanners stop before it, and a model reads it all the same.",
    fix: "Read what stands behind the gap, and take the gap out.",
    taxonomy: &[],
    since: "0.1.0",
};

fn check(raw: &Raw<'_>, _: &Cx<'_>, sink: &mut Sink) {
    if matches!(raw.role, Role::Source | Role::Lockfile | Role::Other | Role::SkillFile) {
        return;
    }
    for group in gh::groups(raw, HiddenKind::Padding, |_| true) {
        let message = "text stands far behind blank lines or blanks".to_owned();
        sink.add(group.finding(&DOC, message, vec!["padding".to_owned()]));
    }
}
