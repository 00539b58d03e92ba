//! What a gate answers: how strongly it objects, with every reason.
//!
//! Data only. `tl-policy` and the capabilities make verdicts, the driver acts on them. **Invariant:**
//! there is no "allow": a verdict never lifts what somebody else asks or forbids.

use serde::{Deserialize, Serialize};

use crate::finding::RuleId;

/// How strongly a gate objects. Order matters: the strongest reason is the verdict's.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// No objection.
    #[default]
    Neutral,
    /// Goes on, and is written down.
    Note,
    /// A person is asked.
    Ask,
    /// Must not happen.
    Deny,
}

/// One objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// How strong.
    pub effect: Effect,
    /// Which policy objects: `paths.deny_read[0]`, `rule:GA001`, `lock`; `internal` where it could not be asked.
    pub policy: String,
    /// The rule behind it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// For people: what is wrong, and what to do.
    pub text: String,
}

/// The answer: the strongest effect, and all reasons, strongest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The strongest of the reasons' effects.
    pub effect: Effect,
    /// Why, strongest first; among equals in the order in which they were added.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// Adds a reason; the verdict becomes as strong as it.
    pub fn add(&mut self, reason: Reason) {
        self.effect = self.effect.max(reason.effect);
        let after = self.reasons.partition_point(|other| other.effect >= reason.effect);
        self.reasons.insert(after, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_reason_comes_first_and_decides() {
        let mut verdict = Verdict::default();
        for (effect, policy) in
            [(Effect::Note, "a"), (Effect::Deny, "b"), (Effect::Ask, "c"), (Effect::Deny, "d")]
        {
            verdict.add(Reason {
                effect,
                policy: policy.to_owned(),
                rule: None,
                text: String::new(),
            });
        }
        let order: Vec<_> = verdict.reasons.iter().map(|reason| reason.policy.as_str()).collect();
        assert_eq!(verdict.effect, Effect::Deny);
        assert_eq!(order, ["b", "d", "c", "a"]);
    }
}
