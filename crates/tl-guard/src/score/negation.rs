//! Actions that a text says it does not do.
//!
//! In: the part of a sentence in front of an action. Out: whether the action is denied there.
//! "never reads `~/.ssh`" is a promise; "do not forget to read `~/.ssh`" and "never answer without
//! reading `~/.ssh`" are orders.

use super::lexicon::Pattern;

/// Bytes in front of an action that are looked at: enough for six words.
const REACH: usize = 80;

/// A denial up to four words ahead, in the same clause: no comma, colon or bracket between.
static DENIAL: Pattern = Pattern::new(
    r#"\b(?:(?P<double>(?:never|not|n't|no)\b.{0,40}?\bwithout|not only|(?:not|n't|never) (?:forget|fail|hesitate|neglect|omit|skip))|never|not|n't|no|nor|without|avoid(?:s|ing)?|refuses?|prevent(?:s|ing)?|blocks?|den(?:y|ies)|cannot|unable|instead of|rather than)(?:[ \t'"`*]+[\w/'-]+){0,4}[ \t'"`*]*$"#,
);

/// The end of a list of verbs that are all denied: "never stores, logs or".
static LIST: Pattern =
    Pattern::new(r"\b(?:never|not|n't|without)(?: \w+){1,2}(?:, \w+){0,5},? (?:or|nor) (?:\w+ )?$");

/// Whether what follows `before` is denied.
pub(super) fn denied(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(REACH)..];
    let mut denial = DENIAL.get().create_captures();
    DENIAL.get().captures(near, &mut denial);
    if denial.is_match() {
        return denial.get_group_by_name("double").is_none();
    }
    LIST.get().is_match(near)
}
