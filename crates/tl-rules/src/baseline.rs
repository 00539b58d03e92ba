//! Findings that were there when somebody began: they are shown, and do not fail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tl_core::finding::{Finding, State};

/// `.throughline/guard-baseline.json`: fingerprints and how often each occurs, so that a second copy
/// is new.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`Baseline::SCHEMA`].
    pub schema: String,
    /// Fingerprint to count.
    pub findings: BTreeMap<String, u32>,
}

/// Why a baseline cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON of this form.
    #[error("failed to read the baseline")]
    Json(#[source] serde_json::Error),
    /// A newer program wrote it, or it is another file.
    #[error("the baseline has schema `{schema}`, not `{}`", Baseline::SCHEMA)]
    Schema {
        /// What it says.
        schema: String,
    },
}

impl Baseline {
    /// Schema of the file.
    pub const SCHEMA: &str = "guard-baseline/v1";

    /// Reads the file's text.
    ///
    /// # Errors
    /// It is not JSON of this form, or of another schema.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let read: Self = serde_json::from_str(text).map_err(BaselineError::Json)?;
        if read.schema == Self::SCHEMA {
            Ok(read)
        } else {
            Err(BaselineError::Schema { schema: read.schema })
        }
    }

    /// A baseline of everything that nobody suppressed.
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.state != State::Suppressed) {
            *counts.entry(finding.fingerprint.clone()).or_default() += 1;
        }
        Self { schema: Self::SCHEMA.to_owned(), findings: counts }
    }
}
