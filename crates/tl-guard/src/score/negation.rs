//! Actions that a text says it does not do.
//!
//! In: the part of a sentence in front of an action. Out: whether the action is denied there, or is none.
//! "never reads `~/.ssh`" is a promise; "do not forget to read `~/.ssh`" and "never answer without
//! reading `~/.ssh`" are orders.

use super::pattern::Pattern;

/// Bytes in front of an action that are looked at: enough for six words.
const REACH: usize = 80;

/// Two denials, which are an order.
macro_rules! double {
    () => {
        r"(?:never|not|n't|no)\b.{0,40}?\bwithout|not only|(?:not|n't|never) (?:forget|fail|hesitate|neglect|omit|skip)"
    };
}

/// Up to four words in the same clause: no comma, colon or bracket between.
macro_rules! ahead {
    () => {
        r#"(?:[ \t'"`*]+[\w/'-]+){0,4}[ \t'"`*]*$"#
    };
}

/// A denial, or two of them.
static DENIAL: Pattern = Pattern::new(concat!(
    r"\b(?:(?:",
    double!(),
    r")|never|not|n't|no|nor|without|avoid(?:s|ing)?|refuses?|prevent(?:s|ing)?|blocks?|den(?:y|ies)|cannot|unable|instead of|rather than)",
    ahead!()
));

/// Two of them, from their beginning.
static DOUBLE: Pattern = Pattern::new(concat!("^(?:", double!(), ")", ahead!()));

/// The end of a list of verbs that are all denied: "never stores, logs or".
static LIST: Pattern =
    Pattern::new(r"\b(?:never|not|n't|without)(?: \w+){1,2}(?:, \w+){0,5},? (?:or|nor) (?:\w+ )?$");

/// What a tool gives back, said as documentation says it: "Returns: the whole prompt".
static ANSWER: Pattern = Pattern::new(r"(?:^|[\n.:;])\s*returns?:?\s+(?:(?:the|an?|its)\s+)?$");

/// All of them.
#[cfg(test)]
pub(super) static PATTERNS: [&Pattern; 4] = [&DENIAL, &DOUBLE, &LIST, &ANSWER];

/// Whether what follows `before` is what a tool gives back, which asks nothing of anybody.
pub(super) fn answered(before: &[u8]) -> bool {
    ANSWER.is_match(&before[before.len().saturating_sub(REACH)..])
}

/// Whether what follows `before` is denied.
pub(super) fn denied(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(REACH)..];
    if let Some(denial) = DENIAL.find(near) {
        return !DOUBLE.is_match(&near[denial.start..]);
    }
    LIST.is_match(near)
}
