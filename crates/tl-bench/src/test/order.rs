//! How early failures are found, and what it costs to order tests.
//!
//! In: recorded runs of ABB's IOF/ROL and of Dune, in the form of RETECS; 5,000 generated tests. Out:
//! figures. Start at [`measure`]. **Invariant:** each cycle is ordered by what was known before it.

use std::collections::BTreeMap;
use std::path::Path;

use tl_core::test::{Status, TestKey, TestName};
use tl_core::time::Timestamp;
use tl_test::choose::cofail::{self, CoFail};
use tl_test::choose::imports::Scan;
use tl_test::choose::measure::{Ran, Weighed, replay};
use tl_test::choose::select::{Limit, select};
use tl_test::choose::split::{Unit, split};
use tl_test::choose::{self, Candidate, Change, Choice, Covers, Past};

use super::{Figure, Options, Problem, cpu_seconds};

/// A recorded history: where it is, and what 1 in its column `Duration` is in seconds.
const ABB: (&str, f64) = ("iofrol/DATA/iofrol.csv", 0.001);
const DUNE: (&str, f64) =
    ("dune-ci/examples/core@dune-common/dune@debian_11 gcc-10-20/features-engineered.csv", 1.0);

/// Ties are broken by chance: the mean over these, as in the published figures.
const SEEDS: [u64; 3] = [1, 2, 3];

/// Tests of the generated repository.
const TESTS: u32 = 5_000;

/// Times that they are ordered: the clock of CPU time counts hundredths of a second.
const ROUNDS: u32 = 40;

/// Measures orders by recorded runs, and the cost of one.
///
/// # Errors
/// A file of the data is there, and is not in its form.
pub(super) fn measure(options: &Options) -> Result<Vec<Figure>, Problem> {
    let mut figures = Vec::new();
    for (name, recorded, least) in [("IOF/ROL", ABB, (0.522, 0.0)), ("Dune", DUNE, (0.0, 0.92))] {
        match cycles(&options.data, recorded)? {
            None => figures.push(Figure::absent(name)),
            Some(cycles) => figures.extend(played(name, &cycles, least)),
        }
    }
    figures.extend(cost());
    figures.push(shards());
    Ok(figures)
}

/// Recorded cycles played again: all of them, and the later half, each with fixed and with fitted weights.
fn played(name: &str, cycles: &[Vec<Ran>], (napfd, apfdc): (f64, f64)) -> Vec<Figure> {
    let mut figures = Vec::new();
    let half = cycles.len() / 2;
    for (part, from) in [("", 0), (" (the later half)", half)] {
        for (how, weighed) in [("fitted", Weighed::Fitted), ("fixed", Weighed::Fixed)] {
            let found = replay(cycles, &SEEDS, weighed, from);
            let of =
                |n: u64, what: &str| format!("{name}{part}, {how} weights, {n} cycles: {what}");
            let is_promised = from == 0 && weighed == Weighed::Fitted;
            let promised = |figure: Figure, least: f64| {
                if is_promised && least > 0.0 { figure.at_least(least) } else { figure }
            };
            let figure = Figure::new(of(found.cycles, "NAPFD"), found.napfd, "");
            figures.push(promised(figure, napfd));
            let figure = Figure::new(of(found.failing, "APFDc"), found.apfdc, "");
            figures.push(promised(figure, apfdc));
            let what = of(found.failing_anew, "APFD of new failures");
            figures.push(Figure::new(what, found.apfd_new, ""));
        }
    }
    figures
}

/// Runs of a file, oldest first; `None` where it is not there.
fn cycles(data: &Path, (path, unit): (&str, f64)) -> Result<Option<Vec<Vec<Ran>>>, Problem> {
    let path = data.join(path);
    if !path.is_file() {
        return Ok(None);
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_path(&path)?;
    let head = reader.headers()?.clone();
    let column = |name: &str| {
        let place = head.iter().position(|column| column == name);
        place.ok_or_else(|| format!("{} has no column `{name}`", path.display()))
    };
    let (name, seconds) = (column("Name")?, column("Duration")?);
    let (verdict, cycle) = (column("Verdict")?, column("Cycle")?);
    let mut tests: BTreeMap<String, u32> = BTreeMap::new();
    let mut all: Vec<(u64, Vec<Ran>)> = Vec::new();
    for row in reader.records() {
        let row = row?;
        let next = u32::try_from(tests.len())?;
        let test = *tests.entry(row[name].to_owned()).or_insert(next);
        let number: u64 = row[cycle].parse()?;
        let ran = Ran {
            test,
            seconds: row[seconds].parse::<f64>()? * unit,
            red: row[verdict].parse::<f64>()? != 0.0,
        };
        match all.last_mut().filter(|last| last.0 == number) {
            Some(last) => last.1.push(ran),
            None => all.push((number, vec![ran])),
        }
    }
    Ok(Some(all.into_iter().map(|(_, rows)| rows).collect()))
}

fn key(number: u32) -> TestKey {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&number.to_be_bytes());
    TestKey(key)
}

/// A test of a repository of 500 files with ten tests each, and what it did so far.
fn candidate(number: u32) -> Candidate {
    let (file, red) = (number / 10, number.is_multiple_of(97));
    Candidate {
        id: key(number),
        test: TestName {
            suite: vec![format!("part {}", file % 20)],
            class: format!("tests.part_{}.test_module_{file}", file % 20),
            name: format!("test_case_{number}_adds_what_is_in_it"),
            file: format!("tests/part_{}/test_module_{file}.py", file % 20),
        },
        past: Past {
            decayed: if red { 0.4 } else { 0.0 },
            runs: 300,
            red: if red { 4 } else { 0 },
            since_red: red.then_some(7),
            last: Some(Status::Passed),
            p75_ms: Some(20 + number * 7919 % 5_000),
            flaky: number.is_multiple_of(400),
        },
    }
}

/// CPU milliseconds to order and to select 5,000 tests with every signal.
fn cost() -> Vec<Figure> {
    let tests: Vec<Candidate> = (0..TESTS).map(candidate).collect();
    let source = |file: u32| format!("src/part_{}/module_{file}.py", file % 20);
    let files: Vec<String> = (0..30).map(|file| source(file * 16)).collect();
    let now = Timestamp::from_millis(1_767_225_600_000);
    let mut failing = CoFail::default();
    for run in 0..2_000_u32 {
        let changed = [source(run % 500), source(run * 31 % 500)];
        let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
        cofail::fold(&mut failing, &changed, &[key(run * 17 % TESTS)], now);
    }
    let mut scan = Scan::default();
    for file in 0..500 {
        scan.add(&source(file), &format!("from part_{} import module_{}\n", file % 20, file / 2));
        let test = format!("tests/part_{}/test_module_{file}.py", file % 20);
        scan.add(&test, &format!("from part_{} import module_{file}\n", file % 20));
    }
    let imports = scan.finish();
    let covers = |number: u32| Covers {
        test: key(number),
        file: files[number as usize % files.len()].clone(),
        lines: Some(vec![(1, 40), (60, 80)]),
        at: now,
    };
    let coverage: Vec<Covers> = (0..TESTS).map(covers).collect();
    let lines = files.iter().map(|file| (file.clone(), vec![(50, 70)])).collect();
    let text = "Adds what is in it. ".repeat(200);
    let change = Change { files: files.clone(), lines, text, ..Change::default() };
    let failed = [key(4)].into_iter().collect();
    let choice = Choice {
        tests: &tests,
        change: Some(&change),
        cofail: &failing,
        coverage: &coverage,
        imports: Some(&imports),
        failed: &failed,
        weights: None,
        now,
    };
    let measured = |what: &str, work: &dyn Fn() -> usize| {
        let before = cpu_seconds();
        let done: usize = (0..ROUNDS).map(|_| work()).sum();
        let seconds = cpu_seconds().zip(before).map(|(after, before)| after - before);
        match seconds {
            Some(seconds) if done == (TESTS * ROUNDS) as usize => {
                let each = 1_000.0 * seconds / f64::from(ROUNDS);
                Figure::new(what, each, "CPU ms").at_most(50.0)
            }
            _ => Figure::absent(what),
        }
    };
    vec![
        measured("5,000 tests ordered, 30 files touched", &|| choose::order(&choice).len()),
        measured("5,000 tests selected from", &|| select(&choice, Limit::default()).tests.len()),
    ]
}

/// How far the fullest shard is from the lower bound, the worst of many draws.
fn shards() -> Figure {
    let mut worst = 0.0_f64;
    let mut draws = 0;
    let mut chance = 7_u64;
    let mut uniform = || {
        chance =
            chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 11) as f64 / (1_u64 << 53) as f64
    };
    for (units, spread) in [(20, 1.0), (60, 1.5), (200, 1.0), (200, 2.0), (2_000, 1.5)] {
        for count in [4, 8, 16] {
            for _ in 0..20 {
                let units: Vec<Unit> = (0..units)
                    .map(|name| {
                        // Box and Muller: durations spread like the logarithm of a normal number.
                        let normal = (-2.0 * uniform().max(1e-12).ln()).sqrt()
                            * (std::f64::consts::TAU * uniform()).cos();
                        let ms = 10_000.0 * (spread * normal).exp();
                        Unit { name: format!("{name}"), p75_ms: Some(ms as u64) }
                    })
                    .collect();
                let split = split(&units, count);
                worst = worst.max(split.seconds() / split.bound_seconds - 1.0);
                draws += 1;
            }
        }
    }
    let what = format!("fullest shard over the lower bound, worst of {draws} draws");
    Figure::new(what, worst, "").at_most(0.05)
}
