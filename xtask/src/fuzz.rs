//! `cargo xtask fuzz`: every fuzz target with mutated seeds, by the compiler of the workspace.
//!
//! In: targets, or none for all of them. Out: what each one says, and failure if an input panicked, hung or
//! filled the memory; such inputs are kept in `fuzz/target/artifacts`. It does not look at coverage, as
//! `cargo +nightly fuzz run` does, and needs no other compiler.

use std::fs;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::process::{cargo, command, root, run as run_command, succeeds};

/// Which targets, and for how long.
#[derive(clap::Args)]
pub(crate) struct FuzzArgs {
    /// Only these
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// For each target
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Another number, other inputs
    #[arg(long, value_name = "N", default_value_t = 1)]
    number: u64,
    /// Bytes of the longest input
    #[arg(long, value_name = "N", default_value_t = 256 << 10)]
    longest: usize,
    /// A folder of files to mutate besides, such as a corpus; may be repeated
    #[arg(long, value_name = "DIR")]
    seeds: Vec<PathBuf>,
    /// Write each input before it runs: for one that ends the process itself
    #[arg(long)]
    keep: bool,
}

/// Builds and runs them.
pub(crate) fn run(args: &FuzzArgs) -> Result<(), Failure> {
    let fuzz = root().join("fuzz");
    run_command(
        cargo()
            .args(["build", "--quiet", "--bins", "--manifest-path"])
            .arg(fuzz.join("Cargo.toml")),
    )?;
    let sources =
        fs::read_dir(fuzz.join("fuzz_targets")).map_err(Failure::io("list the targets"))?;
    let stems = sources
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned()));
    let mut targets: Vec<String> = stems.collect();
    targets.sort();
    if let Some(unknown) = args.targets.iter().find(|name| !targets.contains(name)) {
        return Err(Failure::Program(format!(
            "there is no target `{unknown}` in fuzz/fuzz_targets"
        )));
    }
    targets.retain(|name| args.targets.is_empty() || args.targets.contains(name));
    let mut bad = Vec::new();
    for target in targets {
        let mut program = command(fuzz.join("target/debug").join(&target));
        program.args([
            "--seconds",
            &args.seconds.to_string(),
            "--number",
            &args.number.to_string(),
        ]);
        // The fixtures of Guard's rules are texts of all the kinds that its parsers read.
        if target.starts_with("guard_") {
            program.arg(root().join("crates/tl-guard/fixtures"));
        }
        program.args(&args.seeds);
        if args.keep {
            program.arg("--keep");
        }
        if !succeeds(&mut program)? {
            bad.push(target);
        }
    }
    if bad.is_empty() {
        return Ok(());
    }
    Err(Failure::Program(format!("an input ended badly: {}", bad.join(", "))))
}
