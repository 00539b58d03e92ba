//! Everything that is done to this workspace rather than by it: checks, benchmarks, releases.
//!
//! In: a subcommand. Out: text for people, exit code 0 or 1. Start at [`check`] for what CI
//! runs, at [`tidy`] for the rules that no other tool knows. It depends on almost nothing of the
//! workspace on purpose, so that it still runs when something else does not compile.

mod bench;
mod check;
mod dist;
mod failure;
mod fuzz;
mod oracle;
mod process;
mod tidy;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

/// Checks, benchmarks and releases of Throughline
#[derive(clap::Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Run every check that CI runs, or only the steps that are named
    Check(check::CheckArgs),
    /// Check the rules of this workspace that no other tool knows
    Tidy,
    /// Measure the program against a reference
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Compare with what others computed from the same data
    #[command(subcommand)]
    Oracle(oracle::Oracle),
    /// Run every fuzz target with mutated seeds
    Fuzz(fuzz::FuzzArgs),
    /// Build the program for release, with its checksum, in `target/dist`
    Dist,
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Check(args) => check::run(&args),
        Task::Tidy => tidy::run(),
        Task::Bench(bench) => bench::run(&bench),
        Task::Oracle(oracle) => oracle::run(&oracle),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Dist => dist::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nowhere is left to report that stderr is closed.
            writeln!(io::stderr(), "error: {failure}").ok();
            ExitCode::FAILURE
        }
    }
}
