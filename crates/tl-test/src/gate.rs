//! The gate: is a run of tests really red, and was it seen whole?
//!
//! In: the reports' endings, their red cases, how the process ended, what was expected, the
//! quarantine and what the diff touches. Out: [`Decision`] with every reason. Start there.
//! **Invariants:** nothing that was not seen whole passes; a reason to fail that nobody knows is
//! never masked, nor is a test that the diff touches. **Definition:** `docs/test.md`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tl_core::test::{Class, Rate, Signature, Status, TestKey, TestName};
use tl_core::time::Timestamp;

use crate::infra::Broad;
use crate::outage::Cause;
use crate::read::{Counts, Failure, Remark};
use crate::state::TestState;

mod complete;
mod decide;
mod mask;
mod process;
pub mod runners;

pub use decide::decide;

/// What the gate says, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// No failure is left.
    Passed,
    /// The quarantine is over its cap, or an entry over its end.
    Overdue,
    /// A test failed for a reason that nobody knows.
    Failed,
    /// The evidence is not whole.
    Unproven,
}

impl Answer {
    /// The exit code that stands for it: 0, 4, 1, 3.
    pub const fn exit(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Overdue => 4,
            Self::Failed => 1,
            Self::Unproven => 3,
        }
    }
}

/// How the process that ran the tests ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was stopped because its time was over.
    pub timed_out: bool,
    /// The program, as it was called, and its arguments.
    pub program: Vec<String>,
}

/// What the evidence has to hold to be whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Globs of files, each of which must be matched by a report.
    pub files: Vec<String>,
    /// How many shards there are, each of which must have a report.
    pub shards: Option<u32>,
    /// How many cases there are at least.
    pub cases: Option<u64>,
    /// The median of cases of earlier complete runs.
    pub median: Option<u64>,
    /// The commit that was tested.
    pub commit: Option<String>,
    /// When the run began: what is older is stale.
    pub since: Option<Timestamp>,
    /// Whether only chosen tests were to run.
    pub selected: bool,
    /// Whether no case at all is right.
    pub empty: bool,
    /// Further exit codes by which the runner says that tests failed.
    pub fail_codes: Vec<i32>,
    /// Whether a test that passed only when it was tried again stops the change.
    pub no_flaky: bool,
    /// Whether failures of machines, and no others, leave the run unproven instead of failed.
    pub machines_prove_nothing: bool,
}

/// One red test of the run, all attempts of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Red {
    /// What stands for it.
    pub key: TestKey,
    /// Its names.
    pub test: TestName,
    /// Variant that it ran in: `os=linux,py=3.12`; empty where there is one.
    pub variant: String,
    /// The worst of its attempts.
    pub status: Status,
    /// A signature for each red attempt.
    pub signatures: Vec<Signature>,
    /// Attempts after which the last one passed; 0 where it did not.
    pub passed_after: u32,
    /// Why the last red attempt was red.
    pub failure: Option<Failure>,
    /// Line of the test in its source, from 1.
    pub line: Option<u32>,
    /// The class of failures of machines that it belongs to.
    pub infra: Option<&'static str>,
}

/// What the change under test touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Files, as paths from the repository's root; `None` where that is not known.
    pub files: Option<BTreeSet<String>>,
    /// Ids of quarantine entries that it adds itself.
    pub entries_added: BTreeSet<String>,
}

/// What history knows.
pub trait Known {
    /// What is remembered of a test.
    fn state(&self, test: &TestKey, variant: &str) -> Option<&TestState>;

    /// How many tests are known.
    fn tests(&self) -> u64;

    /// Whether a test has to do with a file: it covers it, or fails when it changes.
    fn is_near(&self, test: &TestKey, file: &str) -> bool;

    /// Whose reason it is that several tests of this run failed for.
    fn cause(&self, broad: &Broad) -> Cause {
        Cause::of_one_run(broad)
    }
}

/// No history at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unknown;

impl Known for Unknown {
    fn state(&self, _: &TestKey, _: &str) -> Option<&TestState> {
        None
    }

    fn tests(&self) -> u64 {
        0
    }

    fn is_near(&self, _: &TestKey, _: &str) -> bool {
        false
    }
}

/// Why a red case counts or does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing excuses it.
    Real,
    /// The test is in quarantine, for other reasons to fail.
    NewReason {
        /// Signatures that are known.
        known: Vec<String>,
        /// The one that was seen.
        got: String,
    },
    /// The test is in quarantine, and the change touches it.
    Touched {
        /// What it touches.
        by: Vec<String>,
    },
    /// The test is in quarantine, and nobody knows what the change touches.
    DiffUnknown,
    /// Its entry is over.
    Expired {
        /// Who sees to it.
        owner: String,
        /// Its last day.
        on: String,
    },
    /// Its entry was released by clean runs.
    Released {
        /// How many.
        clean: u32,
    },
    /// The change itself adds the entry: it counts once that is merged.
    AddedHere,
    /// A known failure.
    Masked {
        /// Who sees to it.
        owner: String,
        /// Where that is talked about.
        issue: String,
        /// How often it fails.
        rate: Rate,
        /// Clean runs since it failed last.
        clean: u32,
        /// Clean runs after which it is released.
        needed: u32,
    },
    /// It passed when the runner tried again.
    RetriedToGreen {
        /// Attempts in all.
        attempts: u32,
    },
    /// The machine, network or runner failed.
    Infra {
        /// Which class of such failures.
        class: String,
    },
}

impl Verdict {
    /// Whether the case does not stop the change.
    pub const fn excuses(&self) -> bool {
        matches!(self, Self::Masked { .. } | Self::RetriedToGreen { .. })
    }
}

/// A red case, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Its key in hexadecimal digits.
    pub id: String,
    /// Its names.
    pub test: TestName,
    /// Variant that it ran in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// The worst of its attempts.
    pub status: Status,
    /// Signature of the failure; empty where there is nothing to recognise it by.
    pub signature: String,
    /// Its message, at most 300 characters of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Line of the test in its source, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Why it counts or does not.
    pub verdict: Verdict,
    /// What history says of it.
    pub class: Option<Class>,
}

/// The answer with every reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// `gate/v1`.
    pub schema: String,
    /// The worst that was found.
    pub answer: Answer,
    /// Cases of all reports.
    pub counts: Counts,
    /// Red cases, those that stop the change first.
    pub red: Vec<Judged>,
    /// What keeps the evidence from being whole, and what else to know about it.
    pub evidence: Vec<Remark>,
    /// What is wrong with the quarantine.
    pub quarantine: Vec<String>,
}
