//! `throughline map` against `git log`: the speed and memory that this project promises.
//!
//! In: a repository. Out: reference, first run, second run, their ratios, and the targets. The
//! reference does the part of the work that nobody can avoid: it reads every commit with its
//! body, and with `--all` also the lines changed on the default branch.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::MetadataCommand;
use serde_json::{Value, json};

use crate::bench::usage::{Usage, measure, median, require_time};
use crate::failure::Failure;
use crate::process::{cargo, command, output, root, run as run_command};

/// Every field of a commit that a map needs, and the body, as `git log` prints them.
const FORMAT: &str = "--format=%H%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B";

/// Peak memory of the first run, in KiB.
const PEAK_LIMIT_KIB: f64 = 700.0 * 1024.0;

/// What to measure, and how often.
#[derive(clap::Args)]
pub(crate) struct MapArgs {
    /// The repository to map
    #[arg(long, value_name = "PATH")]
    repo: PathBuf,
    /// Branch of the reference (default: what HEAD points at)
    #[arg(long)]
    branch: Option<String>,
    /// Reference of all refs, plus `--numstat` of the branch: for repositories with request heads
    #[arg(long)]
    all: bool,
    /// Runs of each; the median of each cost is shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// More arguments for `throughline map`, after `--`
    #[arg(last = true)]
    map_args: Vec<String>,
}

/// Medians of the three things measured.
struct Medians {
    reference: Usage,
    first: Usage,
    second: Usage,
}

/// One promise, and whether it was kept.
#[derive(Debug, PartialEq)]
struct Target {
    name: &'static str,
    measured: f64,
    limit: f64,
    unit: &'static str,
}

/// Builds, measures, prints.
pub(crate) fn run(args: &MapArgs) -> Result<(), Failure> {
    require_time()?;
    run_command(cargo().args(["build", "--release", "--locked", "--package", "throughline"]))?;
    let target_dir = MetadataCommand::new().current_dir(root()).no_deps().exec()?.target_directory;
    let program = target_dir.join("release/throughline").into_std_path_buf();
    let scratch = target_dir.join("bench-map").into_std_path_buf();
    let medians = measure_all(args, &program, &scratch)?;
    let targets = targets(&medians, args.all);
    let text = if args.json {
        format!("{:#}", document(args, &medians, &targets))
    } else {
        table(&medians, &targets)
    };
    writeln!(io::stdout(), "{text}").map_err(Failure::io("write to stdout"))
}

fn measure_all(args: &MapArgs, program: &Path, scratch: &Path) -> Result<Medians, Failure> {
    let branch = match &args.branch {
        Some(branch) => branch.clone(),
        None => head_branch(&args.repo)?,
    };
    let (mut references, mut firsts, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.runs {
        empty_dir(scratch)?;
        let mut map = command(program);
        map.arg("map").arg(&args.repo).arg("--ledger").arg(scratch.join("ledger.db"));
        map.args(&args.map_args);
        references.push(reference(args, &branch, scratch)?);
        firsts.push(measure(&map, scratch)?);
        seconds.push(measure(&map, scratch)?);
    }
    fs::remove_dir_all(scratch).map_err(Failure::io("remove the scratch directory"))?;
    Ok(Medians { reference: median(&references), first: median(&firsts), second: median(&seconds) })
}

fn head_branch(repo: &Path) -> Result<String, Failure> {
    let mut git = git(repo);
    let branch = output(git.args(["symbolic-ref", "--short", "HEAD"]))?;
    Ok(branch.trim_end().to_owned())
}

fn git(repo: &Path) -> Command {
    let mut git = command("git");
    git.arg("-C").arg(repo);
    git
}

fn reference(args: &MapArgs, branch: &str, scratch: &Path) -> Result<Usage, Failure> {
    let mut log = git(&args.repo);
    log.args(["log", FORMAT, if args.all { "--all" } else { branch }]);
    let log = measure(&log, scratch)?;
    if !args.all {
        return Ok(log);
    }
    let mut numstat = git(&args.repo);
    numstat.args(["log", "--numstat", branch]);
    Ok(log.then(measure(&numstat, scratch)?))
}

fn empty_dir(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            return Err(Failure::io("empty the scratch directory")(err));
        }
        _ => (),
    }
    fs::create_dir_all(dir).map_err(Failure::io("create the scratch directory"))
}

fn targets(medians: &Medians, all: bool) -> Vec<Target> {
    let Medians { reference, first, second } = medians;
    let x = "x";
    vec![
        Target {
            name: "first run, user time over the reference",
            measured: first.user / reference.user,
            limit: if all { 1.0 } else { 2.0 },
            unit: x,
        },
        Target {
            name: "first run, peak memory",
            measured: first.peak_kib / 1024.0,
            limit: PEAK_LIMIT_KIB / 1024.0,
            unit: "MiB",
        },
        Target {
            name: "second run, wall time over the first",
            measured: second.wall / first.wall,
            limit: 0.15,
            unit: x,
        },
        Target { name: "second run, wall time", measured: second.wall, limit: 1.0, unit: "s" },
    ]
}

fn table(medians: &Medians, targets: &[Target]) -> String {
    let mut lines = vec![format!(
        "{:<10} {:>9} {:>10} {:>9} {:>9}",
        "median of", "user s", "system s", "wall s", "peak MiB"
    )];
    let Medians { reference, first, second } = medians;
    for (name, usage) in [("git log", reference), ("first", first), ("second", second)] {
        let Usage { user, system, wall, peak_kib } = usage;
        let peak = peak_kib / 1024.0;
        lines.push(format!("{name:<10} {user:>9.2} {system:>10.2} {wall:>9.2} {peak:>9.0}"));
    }
    lines.push(String::new());
    for target in targets {
        let Target { name, measured, limit, unit } = target;
        let verdict = if is_met(target) { "met" } else { "MISSED" };
        lines.push(format!("{name:<40} {measured:>8.2} {unit:<3}  at most {limit}  {verdict}"));
    }
    lines.join("\n")
}

/// A ratio to nothing (a history too short to measure) is not a number, and meets nothing.
fn is_met(target: &Target) -> bool {
    target.measured <= target.limit
}

fn document(args: &MapArgs, medians: &Medians, targets: &[Target]) -> Value {
    let usage = |usage: &Usage| {
        let Usage { user, system, wall, peak_kib } = usage;
        json!({ "user_s": user, "system_s": system, "wall_s": wall, "peak_kib": peak_kib })
    };
    let target = |target: &Target| {
        let Target { name, measured, limit, unit } = target;
        json!({ "name": name, "measured": measured, "limit": limit, "unit": unit,
                "met": is_met(target) })
    };
    json!({
        "schema": "bench-map/v1",
        "runs": args.runs,
        "all": args.all,
        "reference": usage(&medians.reference),
        "first": usage(&medians.first),
        "second": usage(&medians.second),
        "targets": targets.iter().map(target).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(user: f64, wall: f64, mib: f64) -> Usage {
        Usage { user, system: 0.5, wall, peak_kib: mib * 1024.0 }
    }

    #[test]
    fn promises_are_judged_by_ratio_to_the_reference() {
        let medians = Medians {
            reference: usage(6.0, 6.5, 200.0),
            first: usage(9.0, 9.5, 710.0),
            second: usage(0.5, 0.6, 300.0),
        };
        let met = |all| targets(&medians, all).iter().map(is_met).collect::<Vec<_>>();
        assert_eq!(met(false), [true, false, true, true]);
        assert_eq!(met(true), [false, false, true, true]);
    }

    #[test]
    fn a_reference_of_no_time_meets_no_promise() {
        let nothing = usage(0.0, 0.0, 0.0);
        let medians = Medians { reference: nothing, first: nothing, second: nothing };
        assert!(!is_met(&targets(&medians, false)[0]));
    }
}
