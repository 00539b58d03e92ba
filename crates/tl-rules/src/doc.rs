//! tl-rules
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tl_core::finding::{Confidence, Finding, Level, RuleId};
/// What a rule says about itself; the page `docs/rules.md` and SARIF's rule objects are made of it.
#[derive(Debug)]
pub struct RuleDoc {
    pub id: &'static str,
    /// kebab-case; `explain` takes either
    pub name: &'static str,
    pub level: Level,
    pub confidence: Confidence,
    pub summary: &'static str,
    pub why: &'static str,
    pub fix: &'static str,
    pub taxonomy: &'static [&'static str],
    /// Version that first had it.
    pub since: &'static str,
}
/// `[[allow]]` of `.throughline/guard.toml`. All given conditions must hold; an expired one counts no more and is itself `GI005`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    pub rule: RuleId,
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub within: Option<String>,
    #[serde(default)]
    pub fingerprint: Option<String>,
    pub owner: String,
    pub reason: String,
    /// `2027-01-31`, at most 365 days ahead
    pub expires: String,
}
/// `.throughline/guard-baseline.json`: findings that were there when somebody began. Counted, so a second copy is new.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    pub schema: String,
    pub findings: BTreeMap<String, u32>,
}
/// What became of a scan's findings.
#[derive(Debug, Default)]
pub struct Sorted {
    pub findings: Vec<Finding>,
    pub expired: Vec<Suppression>,
    pub unused: Vec<Suppression>,
    pub rules: BTreeSet<RuleId>,
}
