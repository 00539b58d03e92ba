//! Characters that turn the direction of writing: what is shown is not what is read.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Raw, Rule, Sink, gh},
    text::unit::{Hidden, HiddenKind, Role},
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Raw(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH002",
    name: "bidi-control",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "Control characters change the order in which text is shown.",
    why: "A reviewer sees code or instructions in another order than a compiler or a model reads them (Trojan Source, CVE-2021-42574).",
    fix: "Take them out; in text that is written from right to left, use balanced isolates in prose only.",
    taxonomy: &[],
    since: "0.1.0",
};

fn check(raw: &Raw<'_>, _: &Cx<'_>, sink: &mut Sink) {
    for group in gh::groups(raw, HiddenKind::Bidi, |h| !is_mark(raw, h)) {
        let line = gh::line(raw.text, group.start);
        let honest = raw.role != Role::Source
            && line.chars().any(crate::text::script::right_to_left)
            && balanced(line);
        let mut found = group.finding(
            &DOC,
            "text is shown in another order than it is read".to_owned(),
            vec!["bidi".to_owned()],
        );
        found.fix.edits = group.without(raw);
        if honest {
            found.level = Level::Warn;
            found.confidence = Confidence::Low;
        }
        sink.add(found);
    }
    for group in gh::groups(raw, HiddenKind::Bidi, |h| is_mark(raw, h)) {
        let line = gh::line(raw.text, group.start);
        if line.chars().any(crate::text::script::right_to_left) {
            continue;
        }
        let beside = group.hidden.iter().any(|h| in_identifier(raw.text, h));
        let message = "a mark of direction stands in text without such letters".to_owned();
        let mut found = group.finding(&DOC, message, vec!["direction-mark".to_owned()]);
        found.fix.edits = group.without(raw);
        found.level = if beside { Level::High } else { Level::Info };
        sink.add(found);
    }
}

/// LRM, RLM and ALM order nothing anew: they are often typed by word processors.
fn is_mark(raw: &Raw<'_>, hidden: &Hidden) -> bool {
    let c = raw.text[hidden.start..].chars().next();
    matches!(c, Some('\u{200e}' | '\u{200f}' | '\u{61c}'))
}

/// Between two characters of an identifier.
fn in_identifier(text: &str, hidden: &Hidden) -> bool {
    let of_name = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    of_name(text[..hidden.start].chars().next_back()) && of_name(text[hidden.end..].chars().next())
}

/// Whether every isolate and embedding of a line ends on it, and nothing is overridden.
fn balanced(line: &str) -> bool {
    let mut depth = 0i32;
    for c in line.chars() {
        match c {
            '\u{202d}' | '\u{202e}' => return false,
            '\u{202a}' | '\u{202b}' | '\u{2066}'..='\u{2068}' => depth += 1,
            '\u{202c}' | '\u{2069}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}
