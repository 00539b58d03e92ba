//! `cargo xtask bench guard`: recall, false alarms and cost of Guard's rules on corpora.
//!
//! In: a folder of corpora. Out: what the program `guard` of `tl-bench` prints, which links the rules
//! that xtask must be able to do without.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::process::{cargo, run as run_command};

/// Which corpora, and what of them.
#[derive(clap::Args)]
pub(crate) struct GuardArgs {
    /// The folder of corpora; what is missing in it is said
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,
    /// Only these measures
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    only: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Builds and runs it; fails where a promise was not kept.
pub(crate) fn run(args: &GuardArgs) -> Result<(), Failure> {
    let corpus = std::path::absolute(&args.corpus).map_err(Failure::io("find the corpora"))?;
    let mut program = cargo();
    program.args(["run", "--quiet", "--release", "--package", "tl-bench", "--bin", "guard", "--"]);
    program.arg(corpus);
    if args.json {
        program.arg("--json");
    }
    if !args.only.is_empty() {
        program.arg("--only").arg(args.only.join(","));
    }
    run_command(&mut program)
}
