//! How the process that ran the tests ended, and whether that fits what its reports say.
//!
//! In: the process, the red tests. Out: remarks; one with a gap where the run is no evidence.
//! Start at [`judge`]. **Invariant:** an end that nobody can explain is never taken for a pass.

use super::runners::{self, Runner};
use super::{Process, Red};
use crate::read::{Gap, Remark};

const RERUN: &str = "run the tests again; where that is how this runner says that tests failed, \
                     name the code: `--fail-code`";

/// What the end of the process says about the evidence.
pub(super) fn judge(process: &Process, reds: &[Red], fail_codes: &[i32]) -> Vec<Remark> {
    let runner = runners::of(&process.program);
    let name = if runner.name.is_empty() { "the runner" } else { &runner.name };
    let gap = |what: String, mend: &str| {
        vec![Remark { gap: Some(Gap::Process), line: 0, what, mend: mend.to_owned() }]
    };
    if process.timed_out {
        let what = format!("`{name}` was stopped because its time was over");
        return gap(
            what,
            "give it more time, or find the test that hangs: it is the last one that began",
        );
    }
    if let Some(signal) = process.signal {
        return gap(format!("`{name}` was ended by signal {signal}{}", said_of(signal)), KILLED);
    }
    let Some(code) = process.code else {
        return gap(format!("nobody knows how `{name}` ended"), RERUN);
    };
    let red = reds.iter().filter(|red| red.passed_after == 0).count() as u64;
    if code == 0 {
        return zero(name, red);
    }
    let failed = fail_codes.contains(&code) || runner.says_failed(code, red);
    if !failed {
        return other_code(name, &runner, code);
    }
    if red > 0 {
        return Vec::new();
    }
    let what = if reds.is_empty() {
        format!("`{name}` ended with {code}, and no report says why")
    } else {
        format!("`{name}` ended with {code}, and every red test passed when it was tried again")
    };
    gap(what, "look at the output of the runner: a build, a setup or a report is missing")
}

const KILLED: &str =
    "run the tests again with more memory or fewer at a time; what did not run is not known";

const fn said_of(signal: i32) -> &'static str {
    match signal {
        2 => " (interrupted)",
        6 => " (aborted)",
        9 => " (killed, often out of memory)",
        11 => " (segmentation fault)",
        15 => " (terminated)",
        _ => "",
    }
}

/// It says that all is well: red tests are real all the same.
fn zero(name: &str, red: u64) -> Vec<Remark> {
    if red == 0 {
        return Vec::new();
    }
    let are = if red == 1 { "is" } else { "are" };
    let what = format!("`{name}` ended with 0, and {red} of its tests {are} red");
    let mend = "where the runner tried them again and they passed, say so by `--retries`";
    vec![Remark { gap: None, line: 0, what, mend: mend.to_owned() }]
}

/// A code that does not mean "tests failed".
fn other_code(name: &str, runner: &Runner, code: i32) -> Vec<Remark> {
    let (what, mend) = match code {
        124 if runner.name != "mocha" => {
            (format!("`{name}` ended with 124: its time was over"), "give it more time")
        }
        126 | 127 => (
            format!("`{name}` ended with {code}: a command was not found or could not be started"),
            "install it, or mend its path",
        ),
        129..=159 => {
            let signal = code - 128;
            let what = format!("`{name}` ended with {code}: signal {signal}{}", said_of(signal));
            (what, KILLED)
        }
        _ => (format!("`{name}` ended with {code}, which does not mean that tests failed"), RERUN),
    };
    vec![Remark { gap: Some(Gap::Process), line: 0, what, mend: mend.to_owned() }]
}
