//! `/tests/{id}`: all that is known of one test.
//!
//! In: a test of a suite. Out: a [`Sheet`]: what it is and why, since when, for which reasons it failed,
//! its last executions, and what to do when it is red again.

use axum::extract::{Path, State};
use axum::http::Uri;
use tl_core::test::Class;
use tl_map::format;
use tl_test::listing::{Listed, result, word};
use tl_test::record::{self, Executed};
use tl_test::rerun::{self, Failed, How};

use super::{Suite, fails, suites, took};
use crate::app::App;
use crate::chart::table::{Table, prose, text};
use crate::page::reliability::{moment, short};
use crate::page::sheet::{Own, Sheet, address, alone};
use crate::page::{PageResult, Problem};
use crate::report::sections::{Block, Section};

/// Executions that are shown.
const EXECUTIONS: usize = 50;

/// Characters of a reason that are shown.
const REASON: usize = 300;

/// `GET /tests/{id}`
pub(crate) async fn test(State(app): State<App>, Path(id): Path<String>, uri: Uri) -> PageResult {
    let (shell, question) = alone(&app, "Test", &uri)?;
    let own = Own::read(&uri, &["suite"])?;
    let suites = suites(&app).await?;
    let (suite, tests) = found(&suites, own.get("suite"), &id).ok_or_else(|| {
        Problem::missing(
            "History knows no test of this id.".to_owned(),
            "The list of tests has those that are known.".to_owned(),
        )
    })?;
    let executions = executions(&app, suite, tests[0].row).await;
    let mut sections = Vec::new();
    for test in &tests {
        sections.push(known(test, tests.len() > 1));
    }
    sections.push(advice(tests[0]));
    sections.extend(executions.as_deref().and_then(|list| last(suite, list)));
    let sheet = Sheet {
        shell,
        sentence: format!("{} is {}.", tests[0].test, word(tests[0].class)),
        headlines: Vec::new(),
        form: None,
        sections,
        more: vec![
            (address("/tests", &question, &[]), "All tests"),
            (address(&format!("/v1/tests/{id}"), &question, &[("suite", &suite.name)]), "As JSON"),
        ],
    };
    sheet.shown()
}

/// The variants of a test, in the suite that is named, else in the first that has it.
pub(crate) fn found<'a>(
    suites: &'a [Suite],
    name: &str,
    id: &str,
) -> Option<(&'a Suite, Vec<&'a Listed>)> {
    let named = suites.iter().filter(|suite| name.is_empty() || suite.name == name);
    named
        .map(|suite| {
            let tests = suite.listing.tests.iter().filter(|test| test.id.to_string() == id);
            (suite, tests.collect::<Vec<_>>())
        })
        .find(|(_, tests)| !tests.is_empty())
}

/// Its last executions; `None` where they cannot be read.
pub(crate) async fn executions(app: &App, suite: &Suite, row: u32) -> Option<Vec<Executed>> {
    let place = (app.reading.results)(&suite.name)?;
    let (app, name) = (app.clone(), suite.name.clone());
    let read = tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(record::executions(
            &app.reader,
            &place,
            &name,
            row,
            EXECUTIONS,
        ))
    });
    match read.await {
        Ok(Ok(executions)) => Some(executions),
        Ok(Err(err)) => {
            tracing::warn!(%err, "single executions cannot be read");
            None
        }
        Err(err) => {
            tracing::error!(%err, "reading executions broke off");
            None
        }
    }
}

/// What history says of it, and why.
fn known(test: &Listed, has_variants: bool) -> Section {
    let line = |what: &str, value: String| vec![prose(what), prose(value)];
    let n = |n: u32| format::count(u64::from(n));
    let mut rows = vec![
        vec![prose("what it is"), super::class(test)],
        vec![prose("fails now"), fails(&test.rate)],
        line("first attempts", format!("{}, of which {} red", n(test.runs), n(test.red))),
        line("green since the last red one", n(test.clean)),
    ];
    if test.unmerged > 0 {
        let (runs, red) = (n(test.unmerged), n(test.unmerged_red));
        rows.push(line("on code that was not merged", format!("{runs} runs, {red} red")));
    }
    if test.infra > 0 {
        let times = format!("{} of its runs, which do not count", n(test.infra));
        rows.push(line("its machine failed", times));
    }
    if !test.divergent.is_empty() {
        let commits: Vec<String> = test.divergent.iter().map(|id| short(id)).collect();
        rows.push(line("both results on the commits", commits.join(", ")));
    }
    let spans = [(test.p50_ms, "takes, median"), (test.p75_ms, "takes, 75th percentile")];
    for (ms, what) in spans {
        rows.extend(ms.map(|ms| line(what, took(ms))));
    }
    rows.push(line("seen", format!("{} to {}", test.first.date(), test.last.date())));
    if !test.test.file.is_empty() {
        rows.push(line("file", test.test.file.clone()));
    }
    let mut blocks =
        vec![Block::Table(Table::new("What history says", &["what", "value"]).with(rows))];
    let phases = test.phases.iter().rev().map(|phase| {
        let good = phase.good.as_deref().map_or_else(|| format::NOTHING.to_owned(), short);
        vec![text(good), text(short(&phase.bad)), fails(&phase.rate)]
    });
    let columns = ["after commit", "from commit", "#fails"];
    let table = Table::new("How often it failed, the newest phase first", &columns).with(phases);
    blocks.push(Block::Table(table));
    if !test.reasons.is_empty() {
        let reasons = test.reasons.iter().map(|reason| {
            // Of a failure without a class its text begins with what would stand behind one.
            let words = reason.text.trim_start_matches(": ");
            let words: String = words.chars().take(REASON).collect();
            let machine = (!reason.infra.is_empty()).then(|| format!("machine: {}", reason.infra));
            vec![
                prose(words).and(machine),
                text(format::count(u64::from(reason.times))),
                moment(reason.last),
                text(reason.signature.clone()),
            ]
        });
        let columns = ["reason", "#times", "last", "signature"];
        blocks.push(Block::Table(Table::new("Why it failed", &columns).with(reasons)));
    }
    Section {
        id: "known",
        title: "What is known",
        lead: match has_variants && !test.variant.is_empty() {
            true => format!("Variant {}.", test.variant),
            false => String::new(),
        },
        blocks,
    }
}

/// What to do when it is red again.
fn advice(test: &Listed) -> Section {
    let words = match (test.class, test.phases.last()) {
        (Class::Regressed | Class::Broken, Some(phase)) => Some(format!(
            "It fails whatever a change does, since commit {}: to run it again tells nothing. Mend it, \
             or put it into quarantine with an owner and a last day.",
            short(&phase.bad)
        )),
        _ => rerun(test),
    };
    Section {
        id: "again",
        title: "When it is red again",
        lead: String::new(),
        blocks: words.map(Block::Text).into_iter().collect(),
    }
}

fn rerun(test: &Listed) -> Option<String> {
    let failed = Failed {
        key: test.id,
        test: test.test.clone(),
        rate: (test.rate.runs > 0).then(|| test.rate.fails as f64 / test.rate.runs as f64),
        breaks: 0.0,
        ms: test.p50_ms,
        suspects: false,
        machine: false,
    };
    rerun::advise(&[failed], &[]).into_iter().next().map(|advice| {
        let chance = format::share(advice.flake);
        let how = match advice.how {
            How::Alone => "by itself",
            How::OtherMachine => "on another machine",
            How::Same => "as before",
            How::Shuffled => "in another order",
        };
        match advice.times {
            0 => format!(
                "A failure is none of the change’s doing with a chance of {chance}: to run it again \
                 tells nothing new."
            ),
            1 => format!(
                "A failure is none of the change’s doing with a chance of {chance}. Run it again \
                 {how}: if it fails once more, it is real."
            ),
            times => format!(
                "A failure is none of the change’s doing with a chance of {chance}. Run it again \
                 {how}: after {times} further failures it is real, and one pass on the same commit \
                 settles that it is not."
            ),
        }
    })
}

fn last(suite: &Suite, executions: &[Executed]) -> Option<Section> {
    if executions.is_empty() {
        return None;
    }
    let rows = executions.iter().rev().map(|one| {
        let commit = suite.history.commits().get(one.commit as usize);
        let run = suite.history.runs.get(one.run as usize);
        let attempt = (one.attempt > 1).then(|| format!("attempt {}", one.attempt));
        let took = if one.ms > 0 { took(one.ms) } else { format::NOTHING.to_owned() };
        vec![
            moment(one.at),
            text(result(one.status)).and(attempt),
            text(commit.map_or_else(|| format::NOTHING.to_owned(), |commit| short(&commit.id))),
            text(took),
            prose(run.map_or("", |run| &run.job)),
        ]
    });
    let columns = ["when", "result", "commit", "#took", "job"];
    let caption = format!("The last {} executions", executions.len());
    Some(Section {
        id: "executions",
        title: "Its last executions",
        lead: "The newest first.".to_owned(),
        blocks: vec![Block::Table(Table::new(caption, &columns).with(rows))],
    })
}
