//! `cargo xtask bench test`: what Test reads, remembers and orders, and at what cost.
//!
//! In: [`Options`]. Out: a [`Figure`] for each promise, measured in this process. Start at
//! [`MEASURES`]. **Invariant:** data that is not there is said to be so, and is never a 0.

mod corpora;
mod flaky;
mod flips;
mod gate;
mod ingest;
mod junit;
mod order;
mod release;
mod rows;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// What a measure may need.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of real data: `launchable`, `flakeflagger`, `iofrol`, ...
    pub data: PathBuf,
    /// Run other programs on the same input, where they are on `PATH`.
    pub peers: bool,
}

/// Why a measure could not be taken.
pub type Problem = Box<dyn std::error::Error>;

/// One of them: a name for `--only`, and what measures it.
pub struct Measure {
    /// What to type.
    pub name: &'static str,
    /// Takes it.
    pub run: fn(&Options) -> Result<Vec<Figure>, Problem>,
}

/// All of them.
pub const MEASURES: &[Measure] = &[
    Measure { name: "junit", run: junit::measure },
    Measure { name: "corpora", run: corpora::measure },
    Measure { name: "flips", run: flips::measure },
    Measure { name: "ingest", run: ingest::measure },
    Measure { name: "flaky", run: flaky::measure },
    Measure { name: "release", run: release::measure },
    Measure { name: "gate", run: gate::measure },
    Measure { name: "order", run: order::measure },
];

/// A bound that was promised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Promise {
    /// No more than this.
    Most(f64),
    /// No less than this.
    Least(f64),
}

/// One figure, and what was promised of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What was measured, with its n.
    pub what: String,
    /// The figure; absent where its data is not there.
    pub value: Option<f64>,
    /// Its unit: `CPU s`, `MiB`, a share without one.
    pub unit: &'static str,
    /// The promise, where there is one.
    pub promise: Option<Promise>,
}

impl Figure {
    /// A figure without a promise.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value: Some(value), unit, promise: None }
    }

    /// Data that is not there.
    pub fn absent(what: impl Into<String>) -> Self {
        Self { what: what.into(), value: None, unit: "", promise: None }
    }

    /// The same, promised to be no more than `most`.
    #[must_use]
    pub const fn at_most(mut self, most: f64) -> Self {
        self.promise = Some(Promise::Most(most));
        self
    }

    /// The same, promised to be no less than `least`.
    #[must_use]
    pub const fn at_least(mut self, least: f64) -> Self {
        self.promise = Some(Promise::Least(least));
        self
    }

    /// Whether the promise was kept; `None` without a promise or a figure.
    pub fn kept(&self) -> Option<bool> {
        let value = self.value?;
        Some(match self.promise? {
            Promise::Most(most) => value <= most,
            Promise::Least(least) => value >= least,
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.value else { return write!(f, "{}: not there", self.what) };
        write!(f, "{}: {value:.4} {}", self.what, self.unit)?;
        let word = if self.kept() == Some(false) { "NOT KEPT" } else { "kept" };
        match self.promise {
            None => Ok(()),
            Some(Promise::Most(most)) => write!(f, "  {word}: at most {most}"),
            Some(Promise::Least(least)) => write!(f, "  {word}: at least {least}"),
        }
    }
}

/// CPU seconds of this process and its threads so far, in hundredths; `None` but on Linux.
pub fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in brackets, and may hold blanks.
    let after = text.rsplit_once(')')?.1;
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

/// Largest resident memory of this process so far in MiB; `None` but on Linux.
pub fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_that_is_not_kept_is_said_loudly() {
        let slow = Figure::new("100 MB", 2.0, "CPU s").at_most(1.0);
        assert_eq!(slow.kept(), Some(false));
        assert_eq!(slow.to_string(), "100 MB: 2.0000 CPU s  NOT KEPT: at most 1");
        assert_eq!(Figure::new("recall", 0.7, "").at_least(0.63).kept(), Some(true));
        assert_eq!(Figure::absent("dorny").kept(), None);
        assert_eq!(Figure::absent("dorny").to_string(), "dorny: not there");
    }
}
