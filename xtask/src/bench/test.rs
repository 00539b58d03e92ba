//! `cargo xtask bench test`: what `throughline test` reads, remembers and orders, and at what cost.
//!
//! In: a folder of real data. Out: what the program `results` of `tl-bench` prints. Each measure is
//! taken by a process of its own, so that its peak of memory is its own.

use std::path::PathBuf;

use cargo_metadata::MetadataCommand;

use crate::failure::Failure;
use crate::process::{cargo, command, output, root, run as run_command, succeeds};

/// Which data, and which measures.
#[derive(clap::Args)]
pub(crate) struct TestArgs {
    /// The folder of real data; what is missing in it is said
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only these measures
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    only: Vec<String>,
    /// Run other programs on the same input, where they are on `PATH`
    #[arg(long)]
    peers: bool,
    /// Print a JSON document for each measure
    #[arg(long)]
    json: bool,
}

/// Builds and runs it; fails where a promise was not kept.
pub(crate) fn run(args: &TestArgs) -> Result<(), Failure> {
    let data = std::path::absolute(&args.data).map_err(Failure::io("find the data"))?;
    run_command(cargo().args(["build", "--quiet", "--release", "--locked"]).args([
        "--package",
        "tl-bench",
        "--bin",
        "results",
    ]))?;
    let target = MetadataCommand::new().current_dir(root()).no_deps().exec()?.target_directory;
    let program = target.join("release/results");
    let listed = output(command(&program).arg("--list"))?;
    let names: Vec<&str> = if args.only.is_empty() {
        listed.lines().collect()
    } else {
        args.only.iter().map(String::as_str).collect()
    };
    let mut kept = true;
    for name in names {
        let mut measure = command(&program);
        measure.arg("--data").arg(&data).args(["--only", name]);
        if args.peers {
            measure.arg("--peers");
        }
        if args.json {
            measure.arg("--json");
        }
        kept &= succeeds(&mut measure)?;
    }
    if kept { Ok(()) } else { Err(Failure::Program("a promise was not kept".to_owned())) }
}
