//! Something was allowed until a day that is over, or in a way that does not count.
//!
//! In: the entries of `guard.toml`, the day. Out: findings. Start at [`findings`]: the scan knows no
//! `guard.toml`, so whoever reads it adds these.

use tl_core::finding::{Confidence, Evidence, Finding, Level, Location};
use tl_core::time::Timestamp;
use tl_rules::doc::RuleDoc;
use tl_rules::suppress::{Standing, Suppression};

use crate::rules::{Check, Rule, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Elsewhere };

static DOC: RuleDoc = RuleDoc {
    id: "GI005",
    name: "expired-exception",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "Something was allowed until a day that is over, or in a way that does not count.",
    why: "Whoever reads `guard.toml` takes it for allowed, and nobody answers for it any more.",
    fix: "Mend what was allowed, or allow it anew with an owner and a day.",
    taxonomy: &["ast:AST09"],
    since: "0.1.0",
};

/// Entries of the `guard.toml` at a place that no longer count, or never did.
pub fn findings(allow: &[Suppression], at: &Location, today: Timestamp) -> Vec<Finding> {
    let one = |entry: &Suppression| {
        let (rule, owner) = (&entry.rule, &entry.owner);
        let message = match entry.standing(today) {
            Standing::Counts => return None,
            Standing::Expired => {
                format!("{rule} was allowed by {owner} until {}, which is over", entry.expires)
            }
            Standing::Invalid(why) => format!("an entry for {rule} does not count: {why}"),
        };
        let mut found = finding(&DOC, at.clone(), message);
        found.at.within = format!("allow.{rule}");
        let place = entry.path.as_deref().or(entry.fingerprint.as_deref()).unwrap_or_default();
        found.evidence = Evidence::of(&format!("{rule} {place}"), "", Vec::new());
        Some(found)
    };
    allow.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tl_rules::suppress::Rules;

    #[test]
    fn an_entry_is_told_from_the_day_on_which_it_no_longer_counts() {
        let entry = |expires: &str, owner: &str| Suppression {
            rule: Rules::one("GC001"),
            path: Some(".mcp.json".to_owned()),
            within: None,
            fingerprint: None,
            owner: owner.to_owned(),
            reason: "pinned by the image".to_owned(),
            expires: expires.to_owned(),
        };
        let allow =
            [entry("2026-11-21", "ana"), entry("2026-12-31", ""), entry("2026-12-31", "bo")];
        let at = crate::text::unit::tools_at("guard.toml");
        let told = |day: &str| {
            let found = findings(&allow, &at, Timestamp::parse(day).unwrap());
            found.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
        };
        assert_eq!(told("2026-11-21T23:00:00Z").len(), 1);
        let told = told("2026-11-22T00:00:00Z");
        assert_eq!(told[0], "GC001 was allowed by ana until 2026-11-21, which is over");
        assert!(told[1].starts_with("an entry for GC001 does not count: "));
    }
}
