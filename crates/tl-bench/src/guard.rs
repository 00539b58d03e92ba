//! `cargo xtask bench guard`: what the rules find in corpora, what they find in vain, and at what cost.
//!
//! In: a folder of corpora. Out: a [`Line`] for each measure. Start at [`measure`]. The folder holds
//! what is there of: `mcp-registry/servers/*/tools.json`, `github-mcp-tools/**/*.snap`,
//! `*/tools.json` (tools with a member `poisoned`), `*/results.json` (what tools answered, with a
//! member `attack`), `skill-scanner/evals` and `skill-inject` (a skill below a folder whose name
//! begins with `safe` is benign), `anthropics-skills/skills`, `trojan-source`, and the benign files
//! of `documents::FOLDERS`. **Invariant:** what is not there is said to be so, and is never a 0.

mod answers;
mod corpus;
mod documents;
mod measures;
mod peers;
mod secrets;
mod servers;
mod transform;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::{fmt, fs};

use serde::Serialize;
use tl_map::stats::rates::{Count, wilson};

pub use measures::{NAMES, measure};
pub use peers::peers;

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The folder, or a file in it, could not be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what it is said to be.
    #[error("{path} is no list of tools")]
    Tools {
        /// Which.
        path: String,
    },
    /// A file is not what it is said to be.
    #[error("{path} is no list of answers")]
    Answers {
        /// Which.
        path: String,
    },
    /// `--only` names something else.
    #[error("there is no measure `{name}`; there are {}", NAMES.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
}

/// One figure, and what was promised of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Of [`NAMES`].
    pub measure: &'static str,
    /// What was counted.
    pub what: String,
    /// How many of how many; absent for a cost or what is not there.
    pub count: Option<Count>,
    /// CPU seconds of it.
    pub cpu_seconds: Option<f64>,
    /// Bytes read, where speed matters.
    pub bytes: Option<u64>,
    /// The promise, in words; empty without one.
    pub target: String,
    /// Whether it was kept; absent without a promise or a corpus.
    pub kept: Option<bool>,
    /// Units that were decided wrongly, at most 20.
    pub wrong: Vec<String>,
}

impl Line {
    fn counted(measure: &'static str, what: &str, count: Count) -> Self {
        Self {
            measure,
            what: what.to_owned(),
            count: Some(count),
            cpu_seconds: None,
            bytes: None,
            target: String::new(),
            kept: None,
            wrong: Vec::new(),
        }
    }

    fn missing(measure: &'static str, folder: &str) -> Self {
        let count = Count::default();
        Self { count: None, ..Self::counted(measure, &format!("{folder}: not there"), count) }
    }

    fn promised(mut self, target: &str, kept: bool) -> Self {
        self.target = target.to_owned();
        self.kept = Some(kept);
        self
    }

    fn wrong(mut self, mut wrong: Vec<String>) -> Self {
        wrong.truncate(20);
        self.wrong = wrong;
        self
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<14} {:<44}", self.measure, self.what)?;
        if let Some(count) = self.count {
            write!(f, " {:>5} of {:<5}", count.events, count.trials)?;
            if let Some(rate) = wilson(count) {
                write!(
                    f,
                    " {:5.1} % ({:.1} to {:.1})",
                    100.0 * rate.estimate,
                    100.0 * rate.low,
                    100.0 * rate.high
                )?;
            }
        }
        if let Some(bytes) = self.bytes {
            write!(f, " {:.1} MB", bytes as f64 / 1e6)?;
        }
        if let Some(seconds) = self.cpu_seconds {
            write!(f, " {seconds:.3} s CPU")?;
        }
        match self.kept {
            Some(true) => write!(f, "  kept: {}", self.target),
            Some(false) => write!(f, "  NOT KEPT: {}", self.target),
            None => Ok(()),
        }
    }
}

/// CPU seconds of this thread so far; `None` where the system does not say.
fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string(Path::new("/proc/self/schedstat")).ok()?;
    let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}
