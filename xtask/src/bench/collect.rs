//! `cargo xtask bench collect`: a synthetic organisation through the ledger, and what it costs.
//!
//! In: the size of the organisation. Out: cost of reading three years into a ledger and folding
//! them, of one hour more, and of mapping 90 days and everything; with the targets.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;

use cargo_metadata::MetadataCommand;

use crate::bench::usage::{Usage, measure, require_time};
use crate::failure::Failure;
use crate::process::{cargo, command, root, run as run_command};

/// End of the last hour: a Wednesday afternoon in UTC, so that something happens in it.
const UNTIL: &str = "2025-10-29T15:00:00Z";
const LAST_HOUR: &str = "2025-10-29T14:00:00Z";
/// 90 days before the end, and before the first event.
const RECENT: &str = "2025-07-31T15:00:00Z";
const START: &str = "2022-10-01";

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct CollectArgs {
    /// Changes of the organisation; 1,000,000 is what the targets are for
    #[arg(long, default_value_t = 1_000_000)]
    changes: u64,
    /// Events of each change
    #[arg(long, default_value_t = 20)]
    events_per_change: u32,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What was measured, and what is promised for an organisation of full size.
struct Measured {
    events: usize,
    first: Usage,
    hour: Usage,
    recent: Usage,
    all: Usage,
}

/// Builds, generates, measures, prints.
pub(crate) fn run(args: &CollectArgs) -> Result<(), Failure> {
    require_time()?;
    run_command(cargo().args(["build", "--release", "--locked", "--package", "throughline"]))?;
    let generator = ["--package", "tl-bench", "--bin", "organisation"];
    run_command(cargo().args(["build", "--release", "--locked"]).args(generator))?;
    let target_dir = MetadataCommand::new().current_dir(root()).no_deps().exec()?.target_directory;
    let release = target_dir.join("release").into_std_path_buf();
    let scratch = target_dir.join("bench-collect").into_std_path_buf();
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(Failure::io("empty the scratch directory"))?;
    }
    fs::create_dir_all(&scratch).map_err(Failure::io("create the scratch directory"))?;
    let measured = measure_all(args, &release, &scratch)?;
    fs::remove_dir_all(&scratch).map_err(Failure::io("remove the scratch directory"))?;
    writeln!(io::stdout(), "{}", table(&measured)).map_err(Failure::io("write to stdout"))
}

fn measure_all(args: &CollectArgs, release: &Path, scratch: &Path) -> Result<Measured, Failure> {
    let (past, hour) = (scratch.join("past.ndjson"), scratch.join("hour.ndjson"));
    generate(args, release, &past, &["--until", LAST_HOUR])?;
    generate(args, release, &hour, &["--until", UNTIL, "--since", LAST_HOUR])?;
    let throughline = |arguments: &[&str], file: Option<&Path>| {
        let mut program = command(release.join("throughline"));
        program.args(arguments).args(file);
        program.arg("--quiet").arg("--ledger").arg(scratch.join("ledger.db"));
        measure(&program, scratch)
    };
    let map = |since| {
        let window = ["map", "--collected", "--json", "--until", UNTIL, "--since", since];
        throughline(&window, None)
    };
    Ok(Measured {
        events: lines(&past)?,
        first: throughline(&["collect", "--from"], Some(&past))?,
        hour: throughline(&["collect", "--from"], Some(&hour))?,
        recent: map(RECENT)?,
        all: map(START)?,
    })
}

/// Writes a part of the organisation's life to a file.
fn generate(args: &CollectArgs, release: &Path, to: &Path, part: &[&str]) -> Result<(), Failure> {
    let file = File::create(to).map_err(Failure::io("create a file of events"))?;
    let mut generator = command(release.join("organisation"));
    generator.args(["--changes", &args.changes.to_string()]);
    generator.args(["--events-per-change", &args.events_per_change.to_string()]);
    generator.args(["--seed", &args.seed.to_string()]).args(part);
    run_command(generator.stdout(file))
}

fn lines(path: &Path) -> Result<usize, Failure> {
    let failed = Failure::io("count the events");
    let file = File::open(path).map_err(Failure::io("open the file of events"))?;
    let mut count = 0;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    loop {
        let bytes = match reader.fill_buf() {
            Ok(bytes) => bytes,
            Err(err) => return Err(failed(err)),
        };
        if bytes.is_empty() {
            return Ok(count);
        }
        count += bytes.iter().filter(|byte| **byte == b'\n').count();
        let read = bytes.len();
        reader.consume(read);
    }
}

fn table(measured: &Measured) -> String {
    let Measured { events, first, hour, recent, all } = measured;
    let mut lines = vec![
        format!("{events} events in the past"),
        format!("{:<24} {:>9} {:>10} {:>9} {:>9}", "", "user s", "system s", "wall s", "peak MiB"),
    ];
    let runs = [
        ("collect and fold, all", first),
        ("collect and fold, 1 h", hour),
        ("map of 90 days", recent),
        ("map of all", all),
    ];
    for (name, usage) in runs {
        let Usage { user, system, wall, peak_kib } = usage;
        let peak = peak_kib / 1024.0;
        lines.push(format!("{name:<24} {user:>9.2} {system:>10.2} {wall:>9.2} {peak:>9.0}"));
    }
    let peak = runs.map(|(_, usage)| usage.peak_kib).into_iter().fold(0.0, f64::max);
    lines.push(String::new());
    for (name, cost, limit) in [
        ("seconds of processor for 100,000 events", per_100_000(first, *events), 1.0),
        ("seconds to collect and fold one hour", hour.wall, 1.0),
        ("seconds to map 90 days", recent.wall, 2.0),
        ("seconds to map all", all.wall, 15.0),
        ("peak memory, GB", peak * 1024.0 / 1e9, 1.5),
    ] {
        let verdict = if cost <= limit { "met" } else { "MISSED" };
        lines.push(format!("{name:<42} {cost:>8.2}  at most {limit}  {verdict}"));
    }
    lines.join("\n")
}

/// Processor time for 100,000 events; not a number for none, which meets nothing.
fn per_100_000(usage: &Usage, events: usize) -> f64 {
    (usage.user + usage.system) / (events as f64 / 100_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_promise_is_judged() {
        let usage = |wall, gb| Usage { user: wall, system: 0.0, wall, peak_kib: gb * 1e9 / 1024.0 };
        let kept = Measured {
            events: 1_000_000,
            first: usage(9.0, 0.5),
            hour: usage(0.5, 0.1),
            recent: usage(1.0, 0.5),
            all: usage(14.0, 1.4),
        };
        assert!(!table(&kept).contains("MISSED"), "{}", table(&kept));
        let broken = Measured {
            events: 1_000_000,
            first: usage(11.0, 0.5),
            hour: usage(1.5, 0.1),
            recent: usage(3.0, 0.5),
            all: usage(16.0, 1.6),
        };
        assert_eq!(table(&broken).matches("MISSED").count(), 5);
        let nothing = Measured { events: 0, first: usage(0.0, 0.0), ..kept };
        assert!(table(&nothing).contains("MISSED"));
    }
}
