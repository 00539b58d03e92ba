//! Characters without width inside words: they break filters, make two names of one, or carry bits.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Raw, Rule, Sink, gh},
    text::unit::{HiddenKind, Role},
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Raw(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH004",
    name: "zero-width-in-word",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "Characters without width stand inside words.",
    why: "They split words so that filters and reviewers do not see them, make two equal-looking names of one, or carry a message as bits.",
    fix: "Take them out; joiners of scripts and emoji that need them are not reported.",
    taxonomy: &[],
    since: "0.1.0",
};

/// This many in one text are no slip of an editor.
const MANY: usize = 8;
/// This many in a row carry data.
const RUN: usize = 16;

/// Whether a file is a test by its name or folder.
fn is_test(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.split('.').next().unwrap_or_default();
    folders.split('/').any(|folder| matches!(folder, "test" | "tests" | "__tests__" | "spec"))
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || name.contains(".test.")
        || name.contains(".spec.")
}

fn check(raw: &Raw<'_>, _: &Cx<'_>, sink: &mut Sink) {
    let groups = gh::groups(raw, HiddenKind::ZeroWidth, |_| true);
    let all: usize = groups.iter().map(|group| group.hidden.len()).sum();
    for group in groups {
        let pieces = || group.hidden.iter().map(|h| &raw.text[h.start..h.end]);
        let hyphens = pieces().all(|p| p.chars().all(|c| c == '\u{ad}'));
        let data = pieces().any(|p| p.chars().count() >= RUN);
        let says = !group.decoded().trim().is_empty();
        let message = "characters without width stand inside words".to_owned();
        let mut found = group.finding(&DOC, message, vec!["zero-width".to_owned()]);
        found.fix.edits = group.without(raw);
        if hyphens && raw.role == Role::Document {
            found.level = Level::Info;
        } else if data
            || says
            || all >= MANY
            || raw.role == Role::Source
            || raw.in_name(group.start)
        {
            found.level = Level::Block;
        }
        // A test shows what has to be cleaned: a few of them, and no text.
        if !data && !says && all < MANY && raw.role == Role::Source && is_test(&raw.locate(0).path)
        {
            found.level = Level::Warn;
        }
        sink.add(found);
    }
}

#[cfg(test)]
mod tests {
    use super::is_test;

    #[test]
    fn a_test_is_told_by_its_name_or_folder() {
        for path in ["tests/unit/names.py", "a/test_names.py", "a/names_test.go", "a/names.spec.ts"]
        {
            assert!(is_test(path), "{path}");
        }
        for path in ["src/latest/names.py", "src/testing.py", "contest.py"] {
            assert!(!is_test(path), "{path}");
        }
    }
}
