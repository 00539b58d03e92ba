//! To keep people and checks from looking at a change.
//!
//! In: nothing. Out: [`actions`], for the lexicon. Careful teams say much of this with a reason or a
//! condition ("do not request a review before CI is green"): a pattern ends where the order is
//! without one.

use super::stems::{
    ADMIN, ALONE, ALWAYS, APPROVE, CUT, FAILED, HARMLESS, HUSH, LIFT, REVIEW, RISK, UNCHECKED,
    WAIVE,
};
use crate::score::Kind;
use crate::score::lexicon::{Action, Mask, action, grave};

/// Without a condition.
fn plain(needs: Mask, pattern: &'static str) -> Action {
    action(Kind::Review, needs, false, pattern)
}

/// All of them.
pub(super) fn actions() -> Vec<Action> {
    vec![
        grave(plain(
            APPROVE.with(ALONE),
            r"\bapprov(?:e|ing) (?:it|this|them|the|every|all|any|each)\b[^.!?\n]{0,40}?\bwithout (?:any |further )?(?:comments?|review|reading|looking|questions?|checks?|checking)\b",
        )),
        grave(plain(
            ADMIN,
            r"\bapprov(?:e|ing) (?:your|its|their) own (?:pull|merge|change|work|pr)\b|\bmerge\b[^.!?\n]{0,40}?(?:--admin\b|\b(?:with|using) (?:the |an )?admin(?:istrator)? )",
        )),
        plain(
            REVIEW.with(HUSH),
            r"\b(?:do not|don't|never|no need to|without)(?: \w+)? (?:request|ask for|wait for|require|assign|trigger|requesting|asking for|waiting for)(?: \w+){0,2}? reviews?(?:ers?)?(?:[.,;!]|$| (?:for|on|of|and)\b)",
        ),
        grave(plain(
            REVIEW,
            r"\b(?:do not|don't|never|no need to|without)(?: \w+)? (?:request|ask for|wait for|requesting|asking for|waiting for)(?: \w+){0,2}? reviews?(?:ers?)? (?:for|on|of)\b[^.!?\n]{0,40}?\b(?:auth|security|crypto|payment|billing|secret|permission|workflow|login)|\bneeds? no human (?:eyes|reviews?|look)\b|\b(?:add|put|move)\b (?:all |every |their |its |the scanner's )(?:security )?(?:findings?|alerts?) (?:to|in|into) (?:the |an? )?(?:ignore|allow|suppress|exclu|white)",
        )),
        plain(
            REVIEW.with(ALONE),
            r"\bmerge\b[^.!?\n]{0,30}?\b(?:(?:it |them )?yourself\b|without (?:a |any |waiting for )?(?:review|approval))",
        ),
        plain(
            UNCHECKED,
            r"\b(?:add|put|include|append|prefix|start|end|push|commit)\b[^.!?\n]{0,50}?\[(?:skip ci|ci skip|no ci|skip actions)\]",
        ),
        grave(plain(
            CUT.with(FAILED),
            r"\b(?:if|when|where|whenever)\b[^.!?\n]{0,60}?\b(?:fails?|is red|turns red|complains?|blocks?|breaks?)[^.!?\n]{0,24}?, (?:then |simply |just |please )?(?:delete|remove|disable|comment out|neutrali[sz]e)(?: \w+){0,2}? (?:job|step|check|test|workflow|rule|scan|scanner|assertion|hook|gate)s?\b",
        )),
        plain(
            REVIEW.with(WAIVE),
            r"\b(?:add|put|move|append|write)\b[^.!?\n]{0,40}?\b(?:findings?|alerts?|vulnerabilit\w+)\b[^.!?\n]{0,20}?\b(?:to|in|into) (?:the |a |an |its )?(?:\w+ )?(?:ignore|allow|suppress|exclu|white)",
        ),
        action(
            Kind::Review,
            HUSH.with(RISK),
            true,
            r"\b(?:do not|don't|never|no need to) (?:flag|report|raise|comment on|list|point out|review|question|analy[sz]e|scan)\b[^.!?\n]{0,40}?\b(?:vulnerabilit|security|secrets?\b|credentials?\b|back ?doors?|hard-?coded|injection|anything|this (?:file|change|pull|commit))",
        ),
        grave(plain(
            ALWAYS,
            r"\balways (?:report|say|state|answer|respond|conclude|return|mark|rate|classify)\b[^.!?\n]{0,40}?\b(?:no (?:security )?(?:issues|problems|vulnerabilities|findings|concerns)\b|as (?:safe|clean|secure|benign|approved)\b|lgtm\b)",
        )),
        grave(plain(
            HARMLESS.with(RISK),
            r"\b(?:treat|consider|regard|mark|classify|rate)\b[^.!?\n]{0,50}?\b(?:vulnerabilit\w+|security (?:issues?|findings?|problems?|alerts?)|secrets?|injections?)\b[^.!?\n]{0,30}?\bas (?:a )?(?:intended|by design|false positives?|harmless|non-?issues?|informational|acceptable)",
        )),
        plain(
            LIFT,
            r"\b(?:disable|remove|lift|turn off|switch off|relax|delete)\b(?: \w+){0,3}? (?:branch protections?|required (?:reviews?|checks?|status checks?)|code ?owners|protected branch|secret scanning|push protection|code scanning)",
        ),
    ]
}
