//! `cargo xtask bench serve`: webhooks at a rate, open pages beside them, the server killed in the middle; and
//! pages of a large ledger.
//!
//! In: rate and time, or a ledger. Out: what the program `serve` of `tl-bench` prints: how fast deliveries
//! were acknowledged, and that none was lost or doubled; the same with streams of events open; the same
//! with `kill -9`; or how long pages take. Start at [`run`].

use std::path::PathBuf;

use cargo_metadata::MetadataCommand;

use crate::failure::Failure;
use crate::process::{cargo, command, root, run as run_command, succeeds};

/// How much is sent.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// Webhooks a second
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    rate: u64,
    /// Seconds of each run
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// How often the server is killed in the second run
    #[arg(long, value_name = "N", default_value_t = 10)]
    kills: u32,
    /// Streams of events that are open in the third run
    #[arg(long, value_name = "N", default_value_t = 500)]
    streams: u32,
    /// Measure the pages of this ledger instead, such as the one that `bench collect` makes
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

/// Builds and runs it; fails where something was lost or doubled.
pub(crate) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let build = ["build", "--quiet", "--release", "--locked"];
    run_command(cargo().args(build).args(["--package", "throughline"]))?;
    run_command(cargo().args(build).args(["--package", "tl-bench", "--bin", "serve"]))?;
    let target = MetadataCommand::new().current_dir(root()).no_deps().exec()?.target_directory;
    let measure = || {
        let mut measure = command(target.join("release/serve"));
        measure.arg("--program").arg(target.join("release/throughline"));
        measure.arg("--scratch").arg(target.join("bench-serve"));
        measure
    };
    if let Some(ledger) = &args.ledger {
        let ledger = std::path::absolute(ledger).map_err(Failure::io("find the ledger"))?;
        return run_command(measure().arg("--ledger").arg(ledger));
    }
    let mut kept = true;
    for (kills, streams) in [(0, 0), (args.kills, 0), (0, args.streams)] {
        let mut measure = measure();
        let numbers = [
            ("--rate", args.rate),
            ("--seconds", args.seconds),
            ("--kills", kills.into()),
            ("--streams", streams.into()),
        ];
        for (name, value) in numbers {
            measure.args([name, &value.to_string()]);
        }
        kept &= succeeds(&mut measure)?;
    }
    if kept { Ok(()) } else { Err(Failure::Program("deliveries were lost or doubled".to_owned())) }
}
