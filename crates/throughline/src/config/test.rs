//! `[test]`: how runs of tests are judged, and where their history is kept.

use serde::Deserialize;

/// `[test]`: see `defaults.toml` for what each key means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct TestConfig {
    /// Whether a test that a report holds twice was tried again.
    pub(crate) retries: bool,
    /// Further exit codes by which runners say that tests failed.
    pub(crate) fail_codes: Vec<i32>,
    /// Whether a test that passed only when tried again stops the change.
    pub(crate) fail_on_flaky: bool,
    /// What a run is whose failures are all machines'.
    pub(crate) machines: Machines,
    /// Where results are kept; empty: beside the ledger.
    pub(crate) lake: String,
}

/// What failures of machines make of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Machines {
    /// It failed.
    Failed,
    /// It proved nothing.
    Unproven,
}
