//! `gate`: faults that a gate must not let through, put into runs that it lets through.
//!
//! In: generated reports, each with one red test that the quarantine knows. Out: sound runs that it
//! stops, faults that it lets through. Start at [`measure`]. A report is cut at many places, emptied, left
//! out; its process is killed, timed out, or ends in a way that says something else; any other test fails
//! as well; the known one fails for another reason, is touched by the change, or its entry does not
//! count.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use tl_core::test::Status;
use tl_core::time::Timestamp;
use tl_test::gate::{Answer, Expected, Process, Red, Touched, Unknown, decide};
use tl_test::quarantine::{self, Quarantine, Quarantined};
use tl_test::read::{Case, Ending, Limits, Report};
use tl_test::reds::Reds;
use tl_test::simulate::quarantined;

use super::ingest::{run, xml};
use super::{Figure, Options, Problem};

/// Tests of a run.
const TESTS: u32 = 400;

/// Different runs.
const RUNS: u32 = 20;

/// Every so many bytes a report is cut.
const STEP: usize = 97;

/// 21 November 2026.
const TODAY: Timestamp = Timestamp::from_seconds(1_795_219_200);

/// What the gate is asked about.
#[derive(Clone)]
struct Asked {
    reports: Vec<(String, Ending)>,
    reds: Vec<Red>,
    process: Process,
    expected: Expected,
    quarantine: Quarantine,
    touched: Touched,
}

/// Takes the measure.
pub(super) fn measure(_: &Options) -> Result<Vec<Figure>, Problem> {
    let (mut stopped, mut faults) = (0_u32, 0_u32);
    let mut through: BTreeMap<&str, u32> = BTreeMap::new();
    for kind in 0..RUNS {
        let (cases, known) = cases(kind)?;
        let sound = asked(&xml(&cases), known)?;
        stopped += u32::from(answer(&sound) != Answer::Passed);
        let mut fault = |name: &'static str, asked: &Asked| {
            faults += 1;
            if answer(asked) == Answer::Passed {
                *through.entry(name).or_default() += 1;
            }
        };
        for (name, asked) in broken(&sound).into_iter().chain(of_the_known_one(&sound)) {
            fault(name, &asked);
        }
        let text = xml(&cases);
        // Behind the last `>` nothing is missing.
        for end in (0..text.trim_end().len()).step_by(STEP) {
            fault(
                "a report cut off",
                &with_report(&sound, &text[..text.floor_char_boundary(end)])?,
            );
        }
        let red = run(kind, TESTS).into_iter().find(|case| case.failure.is_some());
        let failure = red.and_then(|red| red.failure);
        for at in (0..cases.len()).filter(|at| *at != known) {
            let mut worse = cases.clone();
            worse[at].status = Status::Failed;
            worse[at].failure.clone_from(&failure);
            fault("one more test failed", &with_report(&sound, &xml(&worse))?);
        }
    }
    let all = f64::from(through.values().sum::<u32>());
    let mut figures = vec![
        Figure::new(format!("sound runs stopped, of {RUNS}"), f64::from(stopped), "runs")
            .at_most(0.0),
        Figure::new(format!("faults let through, of {faults}"), all, "faults").at_most(0.0),
    ];
    let each = through.into_iter().map(|(name, count)| {
        Figure::new(format!("let through: {name}"), f64::from(count), "faults").at_most(0.0)
    });
    figures.extend(each);
    Ok(figures)
}

/// A run in which one test fails, and the row of that.
fn cases(kind: u32) -> Result<(Vec<Case>, usize), Problem> {
    let mut cases = run(kind, TESTS);
    cases.retain(|case| case.attempt == 1);
    let known = cases.iter().position(|case| case.failure.is_some());
    let known = known.ok_or("no test of a generated run is red")?;
    for (row, case) in cases.iter_mut().enumerate().filter(|(row, _)| *row != known) {
        case.status = Status::Passed;
        case.failure = None;
        case.order = row as u32;
    }
    Ok((cases, known))
}

fn read(text: &str) -> Result<(Ending, Vec<Red>), Problem> {
    let mut report =
        Report::open("unit.xml", Cursor::new(text.as_bytes()), None, Limits::default())?;
    let mut reds = Reds::new("", false);
    while let Some(batch) = report.next_batch()? {
        batch.iter().for_each(|case| reds.add(case));
    }
    Ok((report.ending(), reds.finish()))
}

/// A run that passes: its one failure is known.
fn asked(text: &str, known: usize) -> Result<Asked, Problem> {
    let (ending, reds) = read(text)?;
    let red = reds.first().ok_or(format!("the failure in row {known} was not read"))?;
    let mut entry = quarantined(&red.key.to_string(), &red.test.to_string(), "");
    entry.signatures = red.signatures.iter().map(ToString::to_string).collect();
    entry.file = "src/test/java/acme/Known.java".to_owned();
    let files = Some(BTreeSet::from(["src/main/java/acme/Other.java".to_owned()]));
    Ok(Asked {
        reports: vec![("unit.xml".to_owned(), ending)],
        reds,
        process: Process { code: Some(1), program: vec!["mvn".to_owned()], ..Process::default() },
        expected: Expected { shards: Some(1), ..Expected::default() },
        quarantine: Quarantine { tests: vec![entry], ..quarantine::empty() },
        touched: Touched { files, ..Touched::default() },
    })
}

fn answer(asked: &Asked) -> Answer {
    let Asked { reports, reds, process, expected, quarantine, touched } = asked;
    decide(reports, reds, Some(process), expected, quarantine, &Unknown, touched, TODAY).answer
}

fn with_report(sound: &Asked, text: &str) -> Result<Asked, Problem> {
    let (ending, reds) = read(text)?;
    Ok(Asked { reports: vec![("unit.xml".to_owned(), ending)], reds, ..sound.clone() })
}

/// The same, with what is missing or ended otherwise.
fn broken(sound: &Asked) -> Vec<(&'static str, Asked)> {
    let with = |name, change: &dyn Fn(&mut Asked)| {
        let mut asked = sound.clone();
        change(&mut asked);
        (name, asked)
    };
    let ended = |name, process: Process| with(name, &|asked| asked.process = process.clone());
    let program = || sound.process.program.clone();
    vec![
        with("no report", &|asked| {
            asked.reports.clear();
            asked.reds.clear();
        }),
        with("the failure is in no report", &|asked| asked.reds.clear()),
        with("a shard is missing", &|asked| asked.expected.shards = Some(2)),
        with("a case is missing", &|asked| asked.expected.cases = Some(u64::from(TESTS) + 1)),
        with("half of the usual", &|asked| asked.expected.median = Some(u64::from(TESTS) * 2)),
        with("a file is missing", &|asked| asked.expected.files = vec!["other-*.xml".to_owned()]),
        ended("killed", Process { signal: Some(9), program: program(), ..Process::default() }),
        ended("timed out", Process { timed_out: true, program: program(), ..Process::default() }),
        ended("code 137", Process { code: Some(137), program: program(), ..Process::default() }),
        ended("nobody knows how it ended", Process { program: program(), ..Process::default() }),
    ]
}

/// The same, where the known failure is not the known one, or its entry does not count.
fn of_the_known_one(sound: &Asked) -> Vec<(&'static str, Asked)> {
    let with = |name, change: &dyn Fn(&mut Asked)| {
        let mut asked = sound.clone();
        change(&mut asked);
        (name, asked)
    };
    let entry = |name, change: &dyn Fn(&mut Quarantined)| {
        with(name, &|asked| asked.quarantine.tests.iter_mut().for_each(change))
    };
    vec![
        entry("another reason", &|entry| entry.signatures = vec!["0123456789abcdef".to_owned()]),
        entry("an entry that expired", &|entry| entry.expires = "2026-11-20".to_owned()),
        entry("an entry of tomorrow", &|entry| entry.since = "2026-11-22".to_owned()),
        entry("an entry of another variant", &|entry| entry.variant = "os=windows".to_owned()),
        with("nobody knows what changed", &|asked| asked.touched.files = None),
        with("the change touches the test", &|asked| {
            let files = asked.quarantine.tests.iter().map(|entry| entry.file.clone());
            asked.touched.files = Some(files.collect());
        }),
        // What a change adds itself is not in the quarantine that it is judged by.
        with("the change adds the entry", &|asked| {
            let ids = asked.quarantine.tests.drain(..).map(|entry| entry.id);
            asked.touched.entries_added = ids.collect();
        }),
        with("no entry", &|asked| asked.quarantine.tests.clear()),
    ]
}
