//! How fast the lake says how often each test flipped: 100 million rows, as they came and sorted.
//!
//! In: rows that are made up. Out: CPU seconds and memory of a scan, of putting the files together,
//! and of other programs that are asked the same of the same files. Start at [`measure`].
//! **Invariant:** every answer is compared with what was counted while the rows were made; a wrong
//! one is an error and no figure.

use std::path::Path;
use std::time::Duration;

use tl_core::segment::{Manifest, Segment};
use tl_core::time::Timestamp;
use tl_exec::process;
use tl_lake::compact::{compact, plan};
use tl_lake::divergent::divergent;
use tl_lake::flips::flips;
use tl_lake::place::Place;
use tl_lake::scan::{Wanted, scan};
use tl_lake::write::write;

use super::rows::{FLAKY, RUNS, TESTS, of_run};
use super::{Figure, Options, Problem, cpu_seconds, peak_mib};

/// CPU seconds and MiB that were promised for a scan.
const PROMISED: (f64, f64) = (4.0, 512.0);

/// What is true of the rows.
#[derive(Debug, PartialEq, Eq)]
struct Truth {
    flips: u64,
    red: u64,
    divergent: u64,
}

/// Takes the measure.
///
/// # Errors
/// No room for 300 MB of temporary files; an answer that is wrong.
pub(super) fn measure(options: &Options) -> Result<Vec<Figure>, Problem> {
    let directory = tempfile::tempdir()?;
    let place = Place::Directory(directory.path().to_owned());
    let clock = Clock::start();
    let (mut manifest, truth) = fill(&place)?;
    let rows = u64::from(TESTS) * u64::from(RUNS);
    let mut figures = vec![clock.figure(format!("{rows} rows made up, written and put"))];
    figures.push(size(&manifest, "as they came"));
    asked(&place, &manifest, &truth, "as they came", &mut figures)?;
    if options.peers {
        peers(directory.path(), "as they came", &truth, &mut figures);
    }

    let clock = Clock::start();
    put_together(&place, &mut manifest)?;
    figures.push(clock.figure(format!("{rows} rows put together, sorted by test")));
    figures.push(Figure::new("most memory until then", peak()?, "MiB"));
    figures.push(size(&manifest, "sorted"));
    asked(&place, &manifest, &truth, "sorted", &mut figures)?;
    one_test(&place, &manifest, &mut figures)?;
    if options.peers {
        peers(directory.path(), "sorted", &truth, &mut figures);
    }
    Ok(figures)
}

/// Writes a file for each run, as recording does; counts what the answers have to be.
fn fill(place: &Place) -> Result<(Manifest, Truth), Problem> {
    let mut manifest = Manifest::EMPTY;
    let mut truth = Truth { flips: 0, red: 0, divergent: 0 };
    let (mut last, mut mixed) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let rows = of_run(run);
        let red: Vec<bool> = rows.status.iter().map(|status| *status >= 2).collect();
        truth.red += red.iter().filter(|red| **red).count() as u64;
        let other =
            |before: &[bool]| before.iter().zip(&red).filter(|(a, b)| a != b).count() as u64;
        truth.flips += other(&last);
        if run % 2 == 1 {
            truth.divergent += other(&mixed);
        }
        (last, mixed) = (red.clone(), red);
        let (bytes, segment) = write(&rows, 0, manifest.next)?;
        place.put(&segment.path, bytes)?;
        manifest.next += 1;
        manifest.segments.push(segment);
    }
    Ok((manifest, truth))
}

fn asked(
    place: &Place,
    manifest: &Manifest,
    truth: &Truth,
    order: &str,
    figures: &mut Vec<Figure>,
) -> Result<(), Problem> {
    let clock = Clock::start();
    let table = flips(place, &manifest.segments, TESTS)?;
    let (mut all, mut red) = (0, 0);
    for (_, _, stats) in table.iter() {
        all += u64::from(stats.flips);
        red += u64::from(stats.red);
    }
    let said = Truth { flips: all, red, divergent: truth.divergent };
    if said != *truth || table.iter().any(|(_, _, stats)| stats.overlap) {
        return Err(format!("{said:?} was found, and {truth:?} is true").into());
    }
    let n = manifest.segments.len();
    let what = format!("flips of {TESTS} tests, {RUNS} runs, {n} files {order}");
    figures.push(clock.figure(what).at_most(PROMISED.0));
    figures.push(Figure::new(format!("most memory, {order}"), peak()?, "MiB").at_most(PROMISED.1));
    drop(table);

    let clock = Clock::start();
    let found = divergent(place, &manifest.segments)?.len() as u64;
    if found != truth.divergent {
        return Err(format!("{found} divergent commits were found of {}", truth.divergent).into());
    }
    figures.push(clock.figure(format!("{found} divergent commits, {order}")));
    Ok(())
}

/// Until there is nothing more to do.
fn put_together(place: &Place, manifest: &mut Manifest) -> Result<(), Problem> {
    let later = Timestamp::from_millis(i64::MAX);
    while let Some(old) = plan(manifest, later, false) {
        let new = compact(place, &old, manifest.next)?;
        let is_old = |segment: &Segment| old.iter().any(|old| old.id == segment.id);
        manifest.segments.retain(|segment| !is_old(segment));
        old.iter().try_for_each(|segment| place.delete(&segment.path))?;
        manifest.next += new.len() as u64;
        manifest.segments.extend(new);
    }
    Ok(())
}

/// What `--explain` reads: all rows of one test.
fn one_test(place: &Place, manifest: &Manifest, figures: &mut Vec<Figure>) -> Result<(), Problem> {
    let clock = Clock::start();
    let test = 600 * FLAKY;
    let wanted = Wanted { tests: Some((test, test)), ..Wanted::ALL };
    let scanned = scan(place, &manifest.segments, &wanted, &mut |_| ())?;
    if scanned.rows != u64::from(RUNS) {
        return Err(format!("{} rows of a test were found of {RUNS}", scanned.rows).into());
    }
    let what = format!("all {RUNS} rows of one test, {} row groups, sorted", scanned.groups);
    figures.push(clock.figure(what));
    Ok(())
}

fn size(manifest: &Manifest, order: &str) -> Figure {
    let bytes: u64 = manifest.segments.iter().map(|segment| segment.bytes).sum();
    Figure::new(format!("size {order}"), bytes as f64 / f64::from(1 << 20), "MiB")
}

fn peak() -> Result<f64, Problem> {
    peak_mib().ok_or_else(|| "memory is measured on Linux".into())
}

/// CPU seconds from a moment on.
struct Clock(Option<f64>);

impl Clock {
    fn start() -> Self {
        Self(cpu_seconds())
    }

    fn figure(&self, what: String) -> Figure {
        match self.0.zip(cpu_seconds()) {
            Some((before, after)) => Figure::new(what, after - before, "CPU s"),
            None => Figure::absent(what),
        }
    }
}

/// The question of R in the words of each: flips of each test, then their sum, so that little is
/// handed over. `sys.argv`: the program, the files.
const PEERS: [(&str, &str); 2] = [
    (
        "duckdb",
        "import duckdb\n\
         duckdb.sql('set enable_progress_bar = false')\n\
         flips = duckdb.sql(f'''select sum(n) from (select test, count(*) filter (flip) as n from (
             select test, (status >= 2) <> lag(status >= 2)
                 over (partition by test, variant order by \"at\") as flip
             from read_parquet('{files}')) group by test)''').fetchall()[0][0]",
    ),
    (
        "polars",
        "import polars as pl\n\
         red = pl.col('status') >= 2\n\
         before = red.shift(1).over('test', 'variant', order_by='at')\n\
         flips = (pl.scan_parquet(files).select('test', flip=red != before)
             .group_by('test').agg(pl.col('flip').sum()).select(pl.col('flip').sum())
             .collect().item())",
    ),
];

/// Asks others the same.
fn peers(directory: &Path, order: &str, truth: &Truth, figures: &mut Vec<Figure>) {
    for (name, question) in PEERS {
        let script = format!(
            "import resource, sys\nfiles = sys.argv[1]\n{question}\n\
             used = resource.getrusage(resource.RUSAGE_SELF)\n\
             print(flips, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
        );
        let files = directory.join("results/*/*.parquet").display().to_string();
        let options = process::Options {
            timeout: Duration::from_secs(600),
            env: vec![("HOME".to_owned(), directory.display().to_string())],
            ..process::Options::default()
        };
        let answer = process::run("python3", &["-I", "-c", &script, &files], &options);
        let text = answer.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let numbers: Vec<f64> = text
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let what = format!("{name}, the same {order}");
        let [flips, seconds, memory] = numbers[..] else {
            figures.push(Figure::absent(what));
            continue;
        };
        let right = if flips as u64 == truth.flips { "" } else { ", with another answer" };
        figures.push(Figure::new(format!("{what}{right}"), seconds, "CPU s"));
        figures.push(Figure::new(format!("{what}{right}: memory"), memory, "MiB"));
    }
}
