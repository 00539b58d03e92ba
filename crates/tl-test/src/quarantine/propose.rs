//! An entry for a test, with the evidence for it.
//!
//! In: a red test as the gate judged it, and what is known of it. Out: an entry, or why it must
//! not be one. Start at [`entry`]. **Invariant:** what is broken, or broke with a change that can be
//! named, is never put into quarantine: it is to be mended.

use tl_core::test::{Class, Signature};
use tl_core::time::{Millis, Timestamp};

use super::{Cap, Proof, Quarantined, release};
use crate::gate::Judged;
use crate::show::text;

/// What somebody asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Who will see to it.
    pub owner: String,
    /// Where that is talked about.
    pub issue: String,
    /// Why it is entered although little is known; empty where the evidence is enough.
    pub because: String,
}

/// What is known of the test.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Its class, rate and divergent commits.
    pub proof: Proof,
    /// Clean runs since it failed last: those of [`Proof::runs`] that are not up to a failure.
    pub clean: u32,
    /// Whether it is proven that it is flaky.
    pub proven: bool,
}

/// Why a test is not put into quarantine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// It is broken, regressed, or a victim of its machine.
    #[error("a test that is {class} is mended, not put into quarantine")]
    Class {
        /// In a word for people.
        class: &'static str,
    },
    /// Too little is known.
    #[error("that `{name}` is flaky is not proven: {known}")]
    Unproven {
        /// The test.
        name: String,
        /// What is known.
        known: String,
    },
    /// The failure has nothing to recognise it by.
    #[error("the failure of `{name}` says nothing that it could be recognised by")]
    Unrecognised {
        /// The test.
        name: String,
    },
    /// Nobody answers for it.
    #[error("no {what} is named")]
    Nobody {
        /// Owner or issue.
        what: &'static str,
    },
}

/// An entry for a red test.
///
/// # Errors
/// The test is none for a quarantine, or nobody answers for it. Too little evidence is excused by a
/// reason in [`Asked::because`].
pub fn entry(
    judged: &Judged,
    evidence: &Evidence,
    asked: &Asked,
    cap: &Cap,
    today: Timestamp,
) -> Result<Quarantined, ProposeError> {
    for (what, text) in [("owner", &asked.owner), ("issue", &asked.issue)] {
        if text.trim().is_empty() {
            return Err(ProposeError::Nobody { what });
        }
    }
    let name = judged.test.to_string();
    let name = if name.trim().is_empty() { judged.id.clone() } else { name };
    let proof = &evidence.proof;
    let class = match proof.class {
        Class::Broken => Some("broken"),
        Class::Regressed => Some("regressed"),
        Class::Infra => Some("the victim of its machine"),
        Class::New | Class::Healthy | Class::Flaky => None,
    };
    if let Some(class) = class {
        return Err(ProposeError::Class { class });
    }
    let signature: Option<Signature> = judged.signature.parse().ok();
    if signature.is_none_or(Signature::is_none) {
        return Err(ProposeError::Unrecognised { name });
    }
    let is_proven = proof.class == Class::Flaky && evidence.proven;
    if !is_proven && asked.because.trim().is_empty() {
        let known = format!(
            "it failed in {} of {} runs, and on {} commits it both passed and failed",
            proof.fails,
            proof.runs,
            proof.divergent.len()
        );
        return Err(ProposeError::Unproven { name, known });
    }
    let whole = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let to_last = whole(proof.runs.saturating_sub(u64::from(evidence.clean)));
    // A commit with both results is a failure also where its code was not merged; and it failed now.
    let fails = whole(proof.fails).max(proof.divergent.len() as u32).max(1);
    let last = today + Millis::days(i64::from(cap.days));
    Ok(Quarantined {
        id: judged.id.clone(),
        name,
        // A machine's own path says nothing to others.
        file: text::path(&judged.test.file).unwrap_or_default(),
        variant: judged.variant.clone(),
        signatures: vec![judged.signature.clone()],
        owner: asked.owner.trim().to_owned(),
        issue: asked.issue.trim().to_owned(),
        since: today.date(),
        expires: last.date(),
        clean_runs: release::needed(fails, to_last, 1),
        evidence: proof.clone(),
        line: 0,
    })
}

#[cfg(test)]
mod tests;
