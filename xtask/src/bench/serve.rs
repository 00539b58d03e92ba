//! `cargo xtask bench serve`: webhooks at a rate, and the server killed in the middle of them.
//!
//! In: rate and time. Out: what the program `hooks` of `tl-bench` prints: how fast deliveries were
//! acknowledged, and that none was lost or doubled; then the same with `kill -9`. Start at [`run`].

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
}

/// Builds and runs it; fails where something was lost or doubled.
pub(crate) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let build = ["build", "--quiet", "--release", "--locked"];
    run_command(cargo().args(build).args(["--package", "throughline"]))?;
    run_command(cargo().args(build).args(["--package", "tl-bench", "--bin", "hooks"]))?;
    let target = MetadataCommand::new().current_dir(root()).no_deps().exec()?.target_directory;
    let mut kept = true;
    for kills in [0, args.kills] {
        let mut hooks = command(target.join("release/hooks"));
        hooks.arg("--program").arg(target.join("release/throughline"));
        hooks.arg("--scratch").arg(target.join("bench-serve"));
        let numbers =
            [("--rate", args.rate), ("--seconds", args.seconds), ("--kills", u64::from(kills))];
        for (name, value) in numbers {
            hooks.args([name, &value.to_string()]);
        }
        kept &= succeeds(&mut hooks)?;
    }
    if kept { Ok(()) } else { Err(Failure::Program("deliveries were lost or doubled".to_owned())) }
}
