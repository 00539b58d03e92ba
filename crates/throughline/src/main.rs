//! Throughline: where a change waits between first commit and release.
//!
//! In: arguments, environment, repositories. Out: data on stdout, everything else on stderr, an
//! exit code. Start at [`cli::run`]. The way of a command: [`cli`] parses, [`command`] fetches,
//! calls a pure function of a capability and shows what it returns.
//! **Invariant:** a panic is our bug, says so, and ends with exit code 70.

mod cli;
mod clock;
mod collected;
mod command;
mod config;
mod context;
mod error;
mod guard_files;
mod pipeline;
mod report;
mod test_files;
mod ui;

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;

use crate::config::env::Variables;

/// Reading and folding events makes and drops many small pieces of memory, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code for a bug of ours.
const BUG: u8 = 70;

fn main() -> ExitCode {
    // First: an agent waits for the answer, and nothing else may speak.
    if let Some(code) = command::hook::run(std::env::args_os()) {
        return ExitCode::from(code);
    }
    panic::set_hook(Box::new(report_panic));
    ExitCode::from(guarded(|| {
        let in_sandbox = command::sandbox::run(std::env::args_os());
        in_sandbox.unwrap_or_else(|| cli::run(std::env::args_os(), Variables::read()))
    }))
}

/// Runs `program`; a panic in it, already reported by the hook, is exit code 70.
fn guarded(program: impl FnOnce() -> u8) -> u8 {
    panic::catch_unwind(AssertUnwindSafe(program)).unwrap_or(BUG)
}

fn report_panic(panic: &PanicHookInfo<'_>) {
    use std::io::Write as _;
    let place = panic.location().map(|at| format!(" at {at}")).unwrap_or_default();
    let what = panic.payload_as_str().unwrap_or("panicked");
    let mut text = error::labelled(ui::Ink::Error, "error", &format!("{what}{place}"));
    text.push_str(&error::labelled(ui::Ink::Hint, "hint", error::BUG_HINT));
    let backtrace = std::backtrace::Backtrace::capture();
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        text.push_str(&backtrace.to_string());
    }
    let _nowhere_to_report = anstream::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_exit_code_70() {
        assert_eq!(guarded(|| panic!("this panic is part of a test")), 70);
        assert_eq!(guarded(|| 1), 1);
    }
}
