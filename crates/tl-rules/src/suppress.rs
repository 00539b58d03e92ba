//! Findings that somebody allowed, by name, with a reason and until a day.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tl_core::{finding::Finding, time::Timestamp};

/// Rules that a suppression is for: ids, names, or families such as `GC`. Never empty. As text one
/// is a string, several are a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(Vec<String>);

impl Rules {
    /// One rule.
    pub fn one(rule: impl Into<String>) -> Self {
        Self(vec![rule.into()])
    }

    /// In the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a rule, by id and name, is one of them or of their families.
    pub fn has(&self, id: &str, name: &str) -> bool {
        self.iter().any(|rule| {
            rule == id || rule == name || (is_family(rule) && id.len() == 5 && id.starts_with(rule))
        })
    }
}

/// `GC`: two capitals stand for all rules whose ids begin with them.
fn is_family(rule: &str) -> bool {
    rule.len() == 2 && rule.bytes().all(|byte| byte.is_ascii_uppercase())
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            several => serializer.collect_seq(several),
        }
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Rules;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule or a family such as `GC001` or `GC`, or a list of them")
    }

    fn visit_str<E: serde::de::Error>(self, rule: &str) -> Result<Rules, E> {
        Ok(Rules::one(rule))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rules, A::Error> {
        let mut rules = Vec::new();
        while let Some(rule) = list.next_element()? {
            rules.push(rule);
        }
        if rules.is_empty() {
            Err(A::Error::custom("the list of rules is empty"))
        } else {
            Ok(Rules(rules))
        }
    }
}

/// `[[allow]]` of `.throughline/guard.toml`. All given conditions must hold; an expired one counts
/// no more and is itself reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// One rule or family, or a list of them. A family counts only with a path that begins with a
    /// name.
    pub rule: Rules,
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
    /// Last day on which it counts, `2027-01-31`; at most 365 days ahead. Files of before say `expires`.
    #[serde(rename = "until", alias = "expires")]
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
        if self.rule.iter().any(is_family) && !self.path.as_deref().is_some_and(begins_with_a_name)
        {
            return Standing::Invalid("a whole family needs a path that begins with a name");
        }
        let Ok(last) = Timestamp::parse(&format!("{}T00:00:00Z", self.expires)) else {
            return Standing::Invalid("`until` is not a day such as 2027-01-31");
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
        self.rule.has(&finding.rule.0, name)
            && self.path.as_ref().is_none_or(|glob| glob_matches(glob, &finding.at.path))
            && self.within.as_ref().is_none_or(|within| *within == finding.at.within)
            && self.fingerprint.as_ref().is_none_or(|print| *print == finding.fingerprint)
    }
}

/// Whether a pattern is about one folder or file, and not about all that there are.
fn begins_with_a_name(glob: &str) -> bool {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    glob.split('/').next().is_some_and(|first| !first.is_empty() && !first.contains('*'))
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
    use super::{Rules, Standing, Suppression, glob_matches};
    use tl_core::time::Timestamp;

    fn allow(expires: &str) -> Suppression {
        Suppression {
            rule: Rules::one("GC001"),
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

    #[test]
    fn a_family_covers_its_rules_and_needs_a_folder() {
        let today = Timestamp::parse("2026-11-21T15:00:00Z").unwrap();
        let of = |rule: &str, path: Option<&str>| Suppression {
            rule: serde_json::from_str(rule).unwrap(),
            path: path.map(str::to_owned),
            within: Some("x".to_owned()),
            ..allow("2027-01-31")
        };
        let both = of(r#"["GC", "tag-characters"]"#, Some("fixtures/**"));
        assert_eq!(both.standing(today), Standing::Counts);
        assert!(both.rule.has("GC016", "start-update") && both.rule.has("GH001", "tag-characters"));
        assert!(!both.rule.has("GH002", "bidi-control"));
        for path in [None, Some("**"), Some("*/a"), Some("./**"), Some("/x")] {
            assert!(matches!(of("\"GC\"", path).standing(today), Standing::Invalid(_)), "{path:?}");
            assert_eq!(of("\"GC001\"", path).standing(today), Standing::Counts);
        }
        assert!(serde_json::from_str::<Rules>("[]").is_err());
        let again = |rules: &str| {
            serde_json::to_string(&serde_json::from_str::<Rules>(rules).unwrap()).unwrap()
        };
        assert_eq!(
            (again("[\"GC\"]"), again("[\"GC\",\"GH001\"]")),
            ("\"GC\"".to_owned(), "[\"GC\",\"GH001\"]".to_owned())
        );
    }
}
