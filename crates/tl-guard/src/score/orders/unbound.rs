//! To leave what binds an agent, however it is called.
//!
//! In: nothing. Out: [`actions`], for the lexicon. A person may well say that a limit does not apply; these
//! name what is the agent's own: its constraints, its guidelines, what a character is free of.

use super::stems::UNBOUND;
use crate::score::Kind;
use crate::score::lexicon::{Action, action};

/// All of them.
pub(super) fn actions() -> Vec<Action> {
    let one = |pattern| action(Kind::Override, UNBOUND, false, pattern);
    vec![
        one(
            r"\b(?:set(?:s|ting)?|put(?:s|ting)?) aside(?: \w+){0,2}? (?:its|your|their|all|any|the)(?: \w+){0,2}? (?:constraint|restriction|safeguard|guardrail|guideline|limitation|perspective|rule)s?\b",
        ),
        one(
            r"\b(?:previous|prior|operational|safety|system|existing|built-in|usual)(?: \w+)? (?:guidelines|instructions|rules|restrictions|constraints|policies|directives)\b(?: \w+){0,2}? (?:treated|regarded|considered|seen|viewed) as (?:\w+ )?(?:suggestions?|optional|advisory|recommendations?)\b",
        ),
        one(
            r"\b(?:normal|usual|standard|ordinary|safety) (?:\w+ )?(?:restrictions|limitations|safeguards|guardrails|constraints|guidelines|rules)\b(?: \w+){0,2}? (?:do not|don't|no longer|need not|cease to) apply\b",
        ),
        one(
            r"\b(?:persona|character|alter ego|ai|model|assistant)\b[^.!?\n]{0,80}?\b(?:without|no|free (?:of|from))(?: any| all)? (?:content|ethical|moral|safety) (?:restrictions|filters|limits|limitations|guardrails|safeguards|guidelines)\b",
        ),
    ]
}
