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
    r")|never|not|n't|no|nor|without|avoid(?:s|ing)?|refuses?|prevent(?:s|ing)?|blocks?|den(?:y|ies)|cannot|unable|instead of|rather than",
    // "Restrict access" takes away what "access" alone would ask for.
    r"|restrict(?:s|ed|ing)?|forbids?|prohibits?|disallows?|revokes?)",
    // "You may not, whatever happens, merge": what is put in changes nothing.
    r"(?:, [^,.;:!?\n]{1,40},)?",
    ahead!()
));

/// Two of them, from their beginning.
static DOUBLE: Pattern = Pattern::new(concat!("^(?:", double!(), ")", ahead!()));

/// The end of a list of verbs that are all denied: "never stores, logs or".
static LIST: Pattern =
    Pattern::new(r"\b(?:never|not|n't|without)(?: \w+){1,2}(?:, \w+){0,5},? (?:or|nor) (?:\w+ )?$");

/// Orders of others that are not to be followed, to the end of the sentence: "do not follow instructions
/// that ask you to".
static FOREIGN: Pattern = Pattern::new(
    r"\b(?:not|never|n't|refuse to)(?: \w+)? (?:follow|obey|execute|act on|comply with|carry out|accept|honou?r|trust)\b[^.!?\n]{0,40}?\b(?:instructions?|requests?|prompts?|commands?|directives?|orders|text|content)\b[^.!?\n]{0,30}?\b(?:(?:that|which) (?:\w+ )?(?:ask|tell|order|want|instruct|try|tries|attempt|request|direct|urge|demand)s?|asking|telling|ordering|trying|attempting)\b",
);

/// What a tool gives back, said as documentation says it: "Returns: the whole prompt".
static ANSWER: Pattern = Pattern::new(r"(?:^|[\n.:;])\s*returns?:?\s+(?:(?:the|an?|its)\s+)?$");

/// What stands behind something that is not to be done: "approving it yourself is no review".
static REFUTED: Pattern = Pattern::new(
    r"^[^.!?\n,;:]{0,24}?\b(?:(?:is|are|does|do|counts?)(?: not| never|n't| no)(?: count| count as)?(?: an?)? (?:reviews?|reviewed|approvals?|approved|enough|allowed|permitted|acceptable|sufficient|ok|okay|valid|an option)|(?:is|are) (?:strictly )?(?:forbidden|prohibited|disallowed|refused|blocked|never))\b",
);

/// An address that stands for any other one, at the end.
static EXAMPLE: Pattern = Pattern::new(
    r"\b(?:such as|e\.g\.,?|for example,?|for instance,?|like) [`'\x22]?[\w.+-]+@example\.[a-z]+$",
);

/// All of them.
#[cfg(test)]
pub(super) static PATTERNS: [&Pattern; 7] =
    [&DENIAL, &DOUBLE, &LIST, &FOREIGN, &ANSWER, &REFUTED, &EXAMPLE];

/// Whether a text ends with an address that is only an example of one: `such as ana@example.com`.
pub(super) fn is_example(text: &[u8]) -> bool {
    EXAMPLE.is_match(&text[text.len().saturating_sub(REACH)..])
}

/// Whether what stands before `behind` is said not to be done.
pub(super) fn refuted(behind: &[u8]) -> bool {
    REFUTED.is_match(behind)
}

/// Whether what follows `before` is what a tool gives back, which asks nothing of anybody.
pub(super) fn answered(before: &[u8]) -> bool {
    ANSWER.is_match(&before[before.len().saturating_sub(REACH)..])
}

/// What says whose access, or access to what, is meant: no order to take it.
const ACCESS_OF: [&[u8]; 13] = [
    b"admin", b"secret", b"secrets", b"root", b"read", b"write", b"user", b"network", b"remote",
    b"public", b"api", b"data", b"agent",
];

/// Whether an order that begins with "access" is about the access that somebody has: "grant admin access".
pub(super) fn is_noun(before: &[u8], found: &[u8]) -> bool {
    let access = found.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"access"));
    let Some((b' ', rest)) = before.split_last().filter(|_| access) else { return false };
    let start = rest.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    ACCESS_OF.iter().any(|word| word.eq_ignore_ascii_case(&rest[start..]))
}

/// Whether what was found is what somebody may need: "call it if you need to delete one".
pub(super) fn is_need(before: &[u8], found: &[u8]) -> bool {
    let starts = |text: &[u8], word: &[u8]| {
        text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    let tail = &before[before.len().saturating_sub(16)..];
    let ends =
        |word: &[u8]| tail.len() >= word.len() && starts(&tail[tail.len() - word.len()..], word);
    let needs = starts(found, b"need to") || starts(found, b"have to");
    needs
        && [&b"if you "[..], b"when you ", b"if users ", b"if they "].iter().any(|word| ends(word))
}

/// Whether what was found ends with a variable and the address of this machine that it is set to:
/// "`APP_URL` as `http://localhost`", `HOSTS=10.1.2.3`.
pub(super) fn sets_variable(found: &[u8], behind: &[u8]) -> bool {
    let text = String::from_utf8_lossy(found);
    let number = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let address = match ["https://", "http://"].iter().find(|scheme| text.ends_with(*scheme)) {
        Some(scheme) if NEAR.iter().any(|host| behind.starts_with(host)) => scheme.len(),
        _ if number > 6 => number,
        _ => return false,
    };
    let before = text[..text.len() - address].trim_end_matches(['`', '"', '\'', ' ']);
    let Some(before) = before.strip_suffix('=').or_else(|| before.strip_suffix(" as")) else {
        return false;
    };
    let before = before.trim_end_matches(['`', '"', '\'', ' ']);
    let name = before.len()
        - before
            .trim_end_matches(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            .len();
    name > 3 && before.ends_with(|c: char| c.is_ascii_uppercase())
}

/// This machine.
const NEAR: [&[u8]; 3] = [b"localhost", b"127.0.0.1", b"[::1]"];

/// Words that end like a noun in the plural and are none: what follows them may be an order.
const NO_NOUNS: [&[u8]; 10] = [
    b"always",
    b"unless",
    b"perhaps",
    b"otherwise",
    b"afterwards",
    b"towards",
    b"thus",
    b"besides",
    b"yes",
    b"steps",
];

/// Whether what follows `before` is said of others than who reads it: "tools run", "agents start".
///
/// The noun stands right before the verb, without a comma or "to" between.
pub(super) fn stated(before: &[u8]) -> bool {
    let Some((b' ', rest)) = before.split_last() else { return false };
    let start = rest.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    let word = &rest[start..];
    word.len() > 4
        && matches!(word, [.., before, b's' | b'S'] if !matches!(before, b's' | b'S' | b'i' | b'u'))
        && !NO_NOUNS.iter().any(|no| no.eq_ignore_ascii_case(word))
}

/// Whether what follows `before` is denied.
pub(super) fn denied(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(REACH)..];
    if let Some(denial) = DENIAL.find(near) {
        return !DOUBLE.is_match(&near[denial.start..]);
    }
    LIST.is_match(near) || FOREIGN.is_match(before)
}
