//! Findings that somebody allowed, by name, with a reason and until a day.

use serde::{Deserialize, Serialize};
use tl_core::{
    finding::{Finding, RuleId},
    time::Timestamp,
};

/// `[[allow]]` of `.throughline/guard.toml`. All given conditions must hold; an expired one counts
/// no more and is itself reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// Id or name of the rule.
    pub rule: RuleId,
    /// Path below its root; `*` stands for any characters but `/`, `**` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Exactly [`Location::within`](tl_core::finding::Location::within).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Exactly that finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why it is all right.
    pub reason: String,
    /// Last day on which it counts, `2027-01-31`; at most 365 days ahead.
    pub expires: String,
}

/// Whether a suppression counts today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Counts,
    /// Its day is over.
    Expired,
    /// It names no owner, no reason, nothing to match, no day, or one too far ahead.
    Invalid(&'static str),
}

/// Longest time for which something can be allowed, in days.
pub const LONGEST: i64 = 365;

impl Suppression {
    /// Whether it counts on that day.
    pub fn standing(&self, today: Timestamp) -> Standing {
        if self.owner.trim().is_empty() {
            return Standing::Invalid("no owner");
        }
        if self.reason.trim().is_empty() {
            return Standing::Invalid("no reason");
        }
        if self.path.is_none() && self.within.is_none() && self.fingerprint.is_none() {
            return Standing::Invalid("no path, within or fingerprint");
        }
        let Ok(last) = Timestamp::parse(&format!("{}T00:00:00Z", self.expires)) else {
            return Standing::Invalid("`expires` is not a day such as 2027-01-31");
        };
        if last.day() < today.day() {
            Standing::Expired
        } else if last.day() - today.day() > LONGEST {
            Standing::Invalid("more than 365 days ahead")
        } else {
            Standing::Counts
        }
    }

    /// Whether all its conditions hold, whatever the day. `name` is the rule's name.
    pub fn matches(&self, finding: &Finding, name: &str) -> bool {
        (self.rule == finding.rule || self.rule.0 == name)
            && self.path.as_ref().is_none_or(|glob| glob_matches(glob, &finding.at.path))
            && self.within.as_ref().is_none_or(|within| *within == finding.at.within)
            && self.fingerprint.as_ref().is_none_or(|print| *print == finding.fingerprint)
    }
}

/// Whether a path is one of a pattern's. Linear in pattern times path: no backtracking.
fn glob_matches(glob: &str, path: &str) -> bool {
    let glob = glob.strip_prefix("./").unwrap_or(glob).as_bytes();
    let mut reached = vec![false; glob.len() + 1];
    reached[0] = true;
    spread(glob, &mut reached, true);
    for byte in path.bytes() {
        let mut next = vec![false; glob.len() + 1];
        for (at, pattern) in glob.iter().enumerate().filter(|(at, _)| reached[*at]) {
            if *pattern == b'*' {
                let any = glob.get(at + 1) == Some(&b'*') || (at > 0 && glob[at - 1] == b'*');
                if any || byte != b'/' {
                    next[at] = true;
                }
            } else if *pattern == byte {
                next[at + 1] = true;
            }
        }
        spread(glob, &mut next, byte == b'/');
        reached = next;
    }
    reached[glob.len()]
}

/// A star may stand for nothing; so may `**/`, where a name begins.
fn spread(glob: &[u8], reached: &mut [bool], begins: bool) {
    for at in 0..glob.len() {
        if !reached[at] {
            continue;
        }
        if glob[at] == b'*' {
            reached[at + 1] = true;
        }
        if begins && glob[at..].starts_with(b"**/") && (at == 0 || glob[at - 1] == b'/') {
            reached[at + 3] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, Suppression, glob_matches};
    use tl_core::{finding::RuleId, time::Timestamp};

    fn allow(expires: &str) -> Suppression {
        Suppression {
            rule: RuleId::new("GC001"),
            path: Some("a".to_owned()),
            within: None,
            fingerprint: None,
            owner: "ana".to_owned(),
            reason: "pinned by the image".to_owned(),
            expires: expires.to_owned(),
        }
    }

    #[test]
    fn it_counts_to_the_end_of_its_last_day_and_at_most_a_year() {
        let today = Timestamp::parse("2026-11-21T15:00:00Z").unwrap();
        assert_eq!(allow("2026-11-21").standing(today), Standing::Counts);
        assert_eq!(allow("2026-11-20").standing(today), Standing::Expired);
        assert_eq!(allow("2027-11-21").standing(today), Standing::Counts);
        assert!(matches!(allow("2027-11-22").standing(today), Standing::Invalid(_)));
        assert!(matches!(allow("soon").standing(today), Standing::Invalid(_)));
        let nobody = Suppression { owner: " ".to_owned(), ..allow("2027-01-31") };
        assert!(matches!(nobody.standing(today), Standing::Invalid(_)));
    }

    #[test]
    fn one_star_stays_in_its_folder_and_two_do_not() {
        assert!(glob_matches("a/*.md", "a/b.md"));
        assert!(!glob_matches("a/*.md", "a/b/c.md"));
        assert!(glob_matches("a/**", "a/b/c.md"));
        assert!(glob_matches("**/c.md", "c.md"));
        assert!(glob_matches("**/c.md", "a/b/c.md"));
        assert!(!glob_matches("**/c.md", "a/bc.md"));
        assert!(glob_matches("crates/*/fixtures/**", "crates/tl-guard/fixtures/GH001/bad/x"));
    }
}
