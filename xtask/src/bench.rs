//! `cargo xtask bench`: the program against a reference on a real repository, in the same run.
//!
//! In: a repository, or a synthetic organisation. Out: a table for people, or one JSON document. The numbers are for the
//! machine and the minute; only their ratios are for comparing.

mod collect;
mod guard;
mod guard_hook;
mod map;
mod serve;
mod test;
mod usage;

use std::path::PathBuf;

use crate::failure::Failure;
use crate::process::{cargo, run as run_command};

/// What is measured.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Time and memory of `throughline map` against `git log` of the same history
    Map(map::MapArgs),
    /// Time and memory of a synthetic organisation through `throughline collect` and `map`
    Collect(collect::CollectArgs),
    /// What Guard's rules find in corpora, what they find in vain, and at what cost
    Guard(guard::GuardArgs),
    /// What Test reads, remembers and orders, and at what cost
    Test(test::TestArgs),
    /// Webhooks at a rate into `throughline serve`, and the server killed in the middle of them
    Serve(serve::ServeArgs),
    /// Trailers (E3) against line notes (E1): how much AI use the weaker evidence finds
    Attribution(RepoArgs),
    /// The revert linker without ids, against the ids that reverts name
    Reverts(RepoArgs),
}

/// One repository.
#[derive(clap::Args)]
pub(crate) struct RepoArgs {
    /// The repository
    #[arg(long, value_name = "PATH")]
    repo: PathBuf,
}

/// Runs one benchmark.
pub(crate) fn run(bench: &Bench) -> Result<(), Failure> {
    match bench {
        Bench::Map(args) => map::run(args),
        Bench::Collect(args) => collect::run(args),
        Bench::Guard(args) => guard::run(args),
        Bench::Test(args) => test::run(args),
        Bench::Serve(args) => serve::run(args),
        Bench::Attribution(args) => program("attribution", args),
        Bench::Reverts(args) => program("reverts", args),
    }
}

/// Runs a program of `tl-bench`, which links the library that xtask must be able to do without.
fn program(name: &str, args: &RepoArgs) -> Result<(), Failure> {
    let repo = std::path::absolute(&args.repo).map_err(Failure::io("find the repository"))?;
    run_command(
        cargo()
            .args(["run", "--quiet", "--release", "--package", "tl-bench", "--bin", name, "--"])
            .arg(repo),
    )
}
