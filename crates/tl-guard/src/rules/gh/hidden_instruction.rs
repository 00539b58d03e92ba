//! Instructions where a reader of the rendered page does not see them.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;
use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Rule, Sink, finding},
    score::{Kind, score},
    text::unit::{Context, Role, Span, Unit, of_text},
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Text(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH006",
    name: "hidden-instruction",
    level: Level::Block,
    confidence: Confidence::Medium,
    summary: "A comment or an element that is not shown tells an agent what to do.",
    why: "The rendered page hides it from a reviewer, and a model reads the source.",
    fix: "Write it in the open, or take it away.",
    taxonomy: &[],
    since: "0.1.0",
};

/// Points that a text gets for being hidden; it needs as many again of its own.
const HIDDEN: i32 = 4;

/// Elements that a style puts out of sight, and words beside images, with their text.
static UNSEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?is)<[a-z]+[^>]*style\s*=\s*["'][^"'>]*"#,
        r#"(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*[;"']|font-size\s*:\s*[01](?:px|pt|em)?\s*[;"']"#,
        r#"|color\s*:\s*(?:\#fff(?:fff)?|white|transparent))[^>]*>([^<]+)"#,
        r#"|\s(?:alt|title)\s*=\s*(?:"([^"]+)"|'([^']+)')"#,
    ))
    .expect("the pattern is a literal")
});

/// What opens a text that is not shown.
const MARKS: [&str; 5] = ["<!--", "[//]: #", "[comment]: #", "<details", "!["];

fn check(unit: &Unit<'_>, cx: &Cx<'_>, sink: &mut Sink) {
    if unit.depth > 0 || matches!(unit.role, Role::Source | Role::Config | Role::Settings) {
        return;
    }
    let unseen = |span: &&Span| {
        // What is folded up is opened by whoever wants to know: pages of installation are full of it.
        matches!(span.context, Context::HtmlComment | Context::AltText)
    };
    let shown = unit.is_form();
    // Where a mark is never closed, all that follows in the file would be hidden: it counts where it stands.
    let marked = unit.spans.iter().any(|span| unseen(&span))
        && MARKS.iter().any(|mark| unit.text.contains(mark));
    for span in unit.spans.iter().filter(|span| marked && unseen(span)) {
        if !(shown && span.context == Context::HtmlComment) {
            judge(unit, span.start, span.end, cx, sink);
        }
    }
    if !has_attribute(&unit.text) {
        return;
    }
    for groups in UNSEEN.captures_iter(&unit.text) {
        let start = groups.get(0).map_or(0, |whole| whole.start());
        if let Some(found) = groups.iter().skip(1).flatten().next()
            && !of_component(&unit.text[..start])
        {
            judge(unit, found.start(), found.end(), cx, sink);
        }
    }
}

/// Whether one of the attributes is set somewhere; few texts have one, and the pattern takes long to make.
fn has_attribute(text: &str) -> bool {
    text.match_indices('=').any(|(at, _)| {
        let name = text[..at].trim_ascii_end().as_bytes();
        ["style", "alt", "title"].iter().any(|attribute| {
            let from = name.len().checked_sub(attribute.len());
            from.is_some_and(|from| name[from..].eq_ignore_ascii_case(attribute.as_bytes()))
        })
    })
}

/// Whether what is put in at the end of a text belongs to a component, which shows its title as a heading:
/// names of elements begin small.
fn of_component(before: &str) -> bool {
    let tag = before.rfind(['<', '>']).and_then(|at| before[at..].strip_prefix('<'));
    tag.is_some_and(|tag| tag.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Scores a stretch as if it stood alone and encoded.
fn judge(unit: &Unit<'_>, start: usize, end: usize, cx: &Cx<'_>, sink: &mut Sink) {
    let text = &unit.text[start..end];
    if text.len() < 16 {
        return;
    }
    let span = Span { start: 0, end: text.len(), context: Context::Prose, field: 0 };
    let at = unit.locate(start);
    let mut alone = of_text((unit.role, unit.scope), Cow::Borrowed(text), vec![span], at.clone());
    alone.depth = 1;
    let action = |kind: Kind| !matches!(kind, Kind::Conceal | Kind::Tag | Kind::Authority);
    let scored = score(&alone, cx);
    let Some(worst) =
        scored.iter().filter(|s| action(s.kind) && s.points >= 2 * HIDDEN).max_by_key(|s| s.points)
    else {
        return;
    };
    let mut found = finding(&DOC, at, "text that is not shown tells an agent what to do");
    found.level = worst.level.max(Level::High);
    let signals = worst.signals.iter().map(|s| (*s).to_owned()).collect();
    found.evidence = Evidence::of(text, "", signals);
    sink.add(found);
}
