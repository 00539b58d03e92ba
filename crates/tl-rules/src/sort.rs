//! What becomes of a scan's findings: fingerprints, suppressions, the baseline, the order.

use std::{cmp::Reverse, collections::BTreeSet};

use sha2::{Digest as _, Sha256};
use tl_core::{
    finding::{Finding, Level, RuleId, State},
    time::Timestamp,
};

use crate::{
    baseline::Baseline,
    registry::Registry,
    suppress::{Standing, Suppression},
};

/// Findings of a scan, judged and in order: worst first, then by place.
#[derive(Debug, Clone, Default)]
pub struct Sorted {
    /// All of them, with their state.
    pub findings: Vec<Finding>,
    /// Suppressions whose day is over.
    pub expired: Vec<Suppression>,
    /// Suppressions that cannot count, with the reason.
    pub invalid: Vec<(Suppression, &'static str)>,
    /// Suppressions that nothing matched.
    pub unused: Vec<Suppression>,
    /// Rules that found something.
    pub rules: BTreeSet<RuleId>,
}

impl Sorted {
    /// Findings at or above a level that are neither in the baseline nor suppressed.
    pub fn new_at(&self, level: Level) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |f| f.state == State::New && f.level >= level)
    }
}

/// Judges findings on a given day.
pub fn sort(
    mut findings: Vec<Finding>,
    allow: &[Suppression],
    baseline: &Baseline,
    today: Timestamp,
    registry: &Registry,
) -> Sorted {
    for finding in &mut findings {
        finding.fingerprint = fingerprint(finding);
    }
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup_by(|a, b| a.fingerprint == b.fingerprint && a.at == b.at);
    let mut sorted = Sorted::default();
    let mut used = vec![false; allow.len()];
    let standings: Vec<Standing> = allow.iter().map(|a| a.standing(today)).collect();
    let mut known = baseline.findings.clone();
    for finding in &mut findings {
        sorted.rules.insert(finding.rule.clone());
        let name = registry.get(&finding.rule.0).map_or("", |doc| doc.name);
        for (at, suppression) in allow.iter().enumerate() {
            if suppression.matches(finding, name) {
                used[at] = true;
                if standings[at] == Standing::Counts {
                    finding.state = State::Suppressed;
                }
            }
        }
        if finding.state == State::New
            && let Some(count) = known.get_mut(&finding.fingerprint)
            && *count > 0
        {
            *count -= 1;
            finding.state = State::Baseline;
        }
    }
    for (at, (suppression, standing)) in allow.iter().zip(standings).enumerate() {
        match standing {
            Standing::Expired => sorted.expired.push(suppression.clone()),
            Standing::Invalid(why) => sorted.invalid.push((suppression.clone(), why)),
            Standing::Counts if !used[at] => sorted.unused.push(suppression.clone()),
            Standing::Counts => {}
        }
    }
    sorted.findings = findings;
    sorted
}

fn key(finding: &Finding) -> impl Ord {
    (Reverse(finding.level), finding.at.clone(), finding.rule.clone(), finding.fingerprint.clone())
}

/// Hex SHA-256 of rule, root, path, what is within, and the evidence folded of white space: the same
/// after the line has moved. Every part is preceded by its length, so that parts cannot run together.
pub fn fingerprint(finding: &Finding) -> String {
    let seen = &finding.evidence;
    let seen = if seen.decoded.is_empty() { &seen.raw } else { &seen.decoded };
    let folded = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    let root = format!("{:?}", finding.at.root);
    let mut digest = Sha256::new();
    let parts = [&finding.rule.0, root.as_str(), &finding.at.path, &finding.at.within, &folded];
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
