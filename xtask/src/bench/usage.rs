//! What one run of a program cost: processor time, wall time, peak memory.
//!
//! In: a command. Out: [`Usage`]. The kernel's own account is read with GNU `time`: its system
//! call needs `unsafe` code, which this workspace forbids.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::process::{answers, command, run};

const TIME: &str = "/usr/bin/time";

/// The cost of one run, or the median of each cost over several.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    /// Processor time in the program, over all its threads, in seconds.
    pub(crate) user: f64,
    /// Processor time in the kernel, in seconds.
    pub(crate) system: f64,
    /// Time on the wall, in seconds.
    pub(crate) wall: f64,
    /// Largest resident memory, in KiB.
    pub(crate) peak_kib: f64,
}

impl Usage {
    /// The cost of one run after the other.
    pub(crate) fn then(self, next: Self) -> Self {
        Self {
            user: self.user + next.user,
            system: self.system + next.system,
            wall: self.wall + next.wall,
            peak_kib: self.peak_kib.max(next.peak_kib),
        }
    }
}

/// Fails early, with what to install, where GNU `time` is missing.
pub(crate) fn require_time() -> Result<(), Failure> {
    if answers(TIME, &["--version"]) {
        return Ok(());
    }
    Err(Failure::Program(format!("{TIME} is missing: install the package `time` (GNU time)")))
}

/// Runs a command with its output thrown away, and returns what it cost.
pub(crate) fn measure(measured: &Command, scratch: &Path) -> Result<Usage, Failure> {
    let report = scratch.join("usage");
    let mut time = command(TIME);
    time.args(["--format", "%U %S %e %M", "--output"]).arg(&report);
    time.arg(measured.get_program()).args(measured.get_args());
    time.stdout(Stdio::null());
    run(&mut time)?;
    let text = fs::read_to_string(&report).map_err(Failure::io("read the output of `time`"))?;
    parse(&text).ok_or_else(|| Failure::Program(format!("{TIME} said `{}`", text.trim())))
}

/// Reads `user system wall peak`, as the format above asks for them.
fn parse(text: &str) -> Option<Usage> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next()?.ok();
    Some(Usage { user: next()?, system: next()?, wall: next()?, peak_kib: next()? })
}

/// The median of each cost by itself; zero for no runs at all.
pub(crate) fn median(runs: &[Usage]) -> Usage {
    let of = |cost: fn(&Usage) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(cost).collect();
        values.sort_by(f64::total_cmp);
        let upper = values.get(values.len() / 2).copied().unwrap_or_default();
        let lower = values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default();
        f64::midpoint(lower, upper)
    };
    Usage {
        user: of(|run| run.user),
        system: of(|run| run.system),
        wall: of(|run| run.wall),
        peak_kib: of(|run| run.peak_kib),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_time_is_read_and_anything_else_refused() {
        let usage = Usage { user: 4.21, system: 0.37, wall: 4.6, peak_kib: 180_232.0 };
        assert_eq!(parse("4.21 0.37 4.60 180232\n"), Some(usage));
        assert_eq!(parse("Command terminated by signal 9\n"), None);
    }

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        let run = |user| Usage { user, ..Usage::default() };
        assert_eq!(median(&[run(9.0), run(1.0), run(2.0)]).user, 2.0);
        assert_eq!(median(&[run(1.0), run(2.0)]).user, 1.5);
    }
}
