//! Words in which letters of another script stand for Latin ones.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Raw, Rule, Sink, gh},
    text::unit::{HiddenKind, Role},
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Raw(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH009",
    name: "homoglyph-word",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "A word mixes Latin letters with ones of another script that look the same.",
    why: "Two names look the same and are not, and a word that a filter or reviewer looks for is not found.",
    fix: "Write the word in one script.",
    taxonomy: &[],
    since: "0.1.0",
};

/// This many in one text are no slip of a keyboard.
const MANY: usize = 3;

/// Words that attacks are made of: one alone is enough.
const TELLING: &[&str] = &[
    "admin",
    "api",
    "bash",
    "command",
    "credentials",
    "curl",
    "delete",
    "developer",
    "env",
    "execute",
    "file",
    "hidden",
    "ignore",
    "important",
    "instruction",
    "instructions",
    "key",
    "login",
    "password",
    "previous",
    "prompt",
    "read",
    "run",
    "secret",
    "send",
    "shell",
    "ssh",
    "system",
    "token",
    "tool",
    "user",
];

fn check(raw: &Raw<'_>, _: &Cx<'_>, sink: &mut Sink) {
    let groups = gh::groups(raw, HiddenKind::Homoglyph, |_| true);
    let all: usize = groups.iter().map(|group| group.hidden.len()).sum();
    for group in groups.into_iter().filter(|group| !group.is_garbage()) {
        let telling = group.hidden.iter().any(|h| {
            TELLING.contains(&h.decoded.to_ascii_lowercase().as_str()) || is_name(&h.decoded)
        });
        let message = "a word mixes letters of two scripts that look the same".to_owned();
        let mut found = group.finding(&DOC, message, vec!["homoglyph".to_owned()]);
        found.level = if raw.in_name(group.start) {
            Level::Block
        } else if is_told(raw, &group)
            || raw.text.get(group.span()).is_some_and(is_spelled)
            || raw.role != Role::Source && is_symbol(raw, &group)
        {
            Level::Warn
        } else if telling || all >= MANY || raw.role == Role::Source {
            Level::High
        } else {
            Level::Warn
        };
        sink.add(found);
    }
}

/// Whether a comment on the line or above it says that letters of another script stand here.
fn is_told(raw: &Raw<'_>, group: &gh::Group<'_>) -> bool {
    let line = raw.text[..group.start].rfind('\n').map_or(0, |i| i + 1);
    let above = raw.text[..line.saturating_sub(1)].rfind('\n').map_or(0, |i| i + 1);
    let end = raw.text[group.start..].find('\n').map_or(raw.text.len(), |i| group.start + i);
    let comment = |line: &str| {
        let at = ["//", "#", "--", "/*"].iter().filter_map(|mark| line.find(mark)).min();
        let said = at.map_or("", |at| &line[at..]).to_ascii_lowercase();
        SCRIPTS.iter().any(|name| said.contains(name))
    };
    raw.role == Role::Source && raw.text[above..end].lines().any(comment)
}

/// What a comment calls such letters.
const SCRIPTS: &[&str] =
    &["cyrillic", "greek", "armenian", "homoglyph", "confusable", "look-alike", "lookalike"];

/// Whether words have no other foreign letters than those that look like no letter of ASCII: `ї` has two dots.
fn is_spelled(words: &str) -> bool {
    let foreign = |c: &char| c.is_alphabetic() && !c.is_ascii();
    words
        .chars()
        .filter(foreign)
        .all(|c| matches!(c, 'ї' | 'Ї' | 'й' | 'Й' | 'ё' | 'Ё' | 'ў' | 'Ў'))
}

/// Whether each word only begins with a Greek letter that looks like no Latin one, as names do that play with a
/// symbol, and is none of those that attacks are made of.
fn is_symbol(raw: &Raw<'_>, group: &gh::Group<'_>) -> bool {
    group.hidden.iter().all(|h| {
        let mut letters = raw.text[h.start..h.end].chars();
        let first = letters.next().is_some_and(|c| "βγδεζηθλμξπστφχψωΓΔΘΛΞΠΣΦΨΩ".contains(c));
        first
            && letters.all(|c| c.is_ascii())
            && !TELLING.contains(&h.decoded.to_ascii_lowercase().as_str())
    })
}

/// `getUser`, `get_user`: a name of a program, wherever it stands.
fn is_name(word: &str) -> bool {
    let camel =
        word.as_bytes().windows(2).any(|p| p[0].is_ascii_lowercase() && p[1].is_ascii_uppercase());
    camel || word.trim_matches('_').contains('_')
}

#[cfg(test)]
mod tests {
    use tl_core::finding::Level;

    fn worst(path: &str, text: &str) -> Option<Level> {
        let found = crate::testing::scanned(&[(path, text)]).findings;
        found.iter().filter(|one| one.rule.0 == "GH009").map(|one| one.level).max()
    }

    #[test]
    fn a_symbol_that_begins_a_name_of_a_text_looks_like_no_letter() {
        let press = "# Books\n\n- One, \u{3c7}tAxis Press\n- Two, \u{3c7}tAxis Press\n- Three, \u{3c7}tAxis Press\n- \u{3bb}Prolog\n";
        assert_eq!(worst("skills/k/refs/books.md", press), Some(Level::Warn));
        let word = "# Set up\n\nYour \u{3c1}assword, \u{3c1}assword and \u{3c1}assword.\n";
        assert_eq!(worst("README.md", word), Some(Level::High));
        let inside = "# Set up\n\nThe Pay\u{3bf}ut, pay\u{3bf}ut, Pay\u{3bf}ut.\n";
        assert_eq!(worst("README.md", inside), Some(Level::High));
    }
}
