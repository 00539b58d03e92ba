//! What a rule says about itself.

use tl_core::finding::{Confidence, Level, RuleId};

/// Documentation of a rule; the page `docs/rules.md`, `guard explain` and SARIF's rule objects are
/// made of it.
#[derive(Debug)]
pub struct RuleDoc {
    /// `GC001`: for ever.
    pub id: &'static str,
    /// `unpinned-launcher`: for ever; `explain` takes either.
    pub name: &'static str,
    /// What it usually is; single findings may be lower or higher.
    pub level: Level,
    /// How sure the detection is.
    pub confidence: Confidence,
    /// One sentence: what it finds.
    pub summary: &'static str,
    /// What can happen.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Codes of taxonomies; empty: those of its family.
    pub taxonomy: &'static [&'static str],
    /// Version that first had it.
    pub since: &'static str,
}

impl RuleDoc {
    /// The id as findings carry it.
    pub const fn rule(&self) -> RuleId {
        RuleId::new(self.id)
    }

    /// What is missing for a reader; empty when the documentation is complete.
    pub fn gaps(&self) -> Vec<&'static str> {
        let mut gaps = Vec::new();
        let (family, number) = self.id.split_at(self.id.len().min(2));
        if !family.bytes().all(|b| b.is_ascii_uppercase())
            || number.len() != 3
            || !number.bytes().all(|b| b.is_ascii_digit())
        {
            gaps.push("id is not two capitals and three digits");
        }
        if self.name.is_empty() || !self.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
            gaps.push("name is not kebab-case");
        }
        for (text, gap) in [
            (self.summary, "summary is not a sentence"),
            (self.why, "why is not a sentence"),
            (self.fix, "fix is not a sentence"),
        ] {
            if text.len() < 20 || !text.ends_with('.') || text.contains('\n') {
                gaps.push(gap);
            }
        }
        if self.since.is_empty() {
            gaps.push("since is empty");
        }
        if crate::taxonomy::of(self).is_empty() {
            gaps.push("no taxonomy");
        }
        gaps
    }
}
