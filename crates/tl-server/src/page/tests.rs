//! `/tests`: which tests need somebody, what they cost, and all that is known of one.
//!
//! In: the history of tests in the ledger, kept until something is recorded. Out: [`Sheet`]s. Start at
//! [`tests()`] and [`test()`]; the history is read by [`suites`]. **Invariants:** nothing is read again while
//! nothing was recorded; a suite whose files are elsewhere is shown all the same, without what only single
//! executions tell.

mod one;
#[cfg(test)]
mod proof;
pub(crate) mod quarantine;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use tl_core::test::{Class, Rate};
use tl_core::time::Millis;
use tl_map::format;
use tl_test::cost::{self, Cost, red_by_chance};
use tl_test::listing::{Listed, Listing, listing, word};
use tl_test::record::{self, History};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::reliability::{moment, short};
use super::sheet::{Field, Form, Own, Sheet, Summary, address, alone};
use super::{PageResult, Problem};
use crate::app::App;
use crate::chart::table::{Cell, Table, count, prose, text};
use crate::question::Question;
use crate::reading::OfRepository;
use crate::report::sections::{Block, Headline, Missing, Section};

pub(crate) use one::{executions, found, test};
pub(crate) use quarantine::quarantines;

/// Rows of the list; the API has all of them.
const ROWS: usize = 200;

/// Days over which the cost of flakes is added up.
const DAYS: i64 = 30;

/// How long the files of repositories are believed to be as they were read.
const BELIEVED: Duration = Duration::from_secs(10);

/// Tests that the overview names.
const FIRST: usize = 3;

/// Names of classes, what needs somebody most first.
pub(crate) const CLASSES: [&str; 6] = ["regressed", "broken", "flaky", "infra", "new", "healthy"];

/// The tests of one lake.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The lake's name: the repository's, or `tests`.
    pub(crate) name: String,
    /// All that history knows.
    pub(crate) history: History,
    /// Its tests, those that need somebody first.
    pub(crate) listing: Listing,
    /// What flakes cost in the last 30 days; `None` where single executions cannot be read.
    pub(crate) cost: Option<Cost>,
}

/// Lakes with their generations, and what was read of them then.
type Kept = (Vec<(String, u64)>, Arc<Vec<Suite>>);

/// Files of repositories, and when they were read.
type Files = (Instant, Arc<Vec<OfRepository>>);

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    suites: Mutex<Option<Kept>>,
    files: Mutex<Option<Files>>,
}

/// The tests of every lake that the ledger lists.
pub(crate) async fn suites(app: &App) -> Result<Arc<Vec<Suite>>, Problem> {
    let mut kept = app.shelf.suites.lock().await;
    let lakes = app.reader.lakes().await.map_err(Problem::bug)?;
    if let Some((known, suites)) = &*kept
        && *known == lakes
    {
        return Ok(Arc::clone(suites));
    }
    let names: Vec<String> = lakes.iter().map(|(name, _)| name.clone()).collect();
    let reading = app.clone();
    // Files are read: other requests are answered meanwhile.
    let read = tokio::task::spawn_blocking(move || {
        Handle::current().block_on(async {
            let mut suites = Vec::new();
            for name in names {
                suites.push(suite(&reading, name).await?);
            }
            // What a ledger keeps beside results of tests is no suite.
            suites.retain(|suite| suite.listing.runs > 0);
            Ok(suites)
        })
    });
    let read = Arc::new(read.await.map_err(Problem::bug)??);
    *kept = Some((lakes, Arc::clone(&read)));
    Ok(read)
}

/// The quarantines of the repositories that are measured, as they were a moment ago.
async fn files(app: &App) -> Result<Arc<Vec<OfRepository>>, Problem> {
    let mut kept = app.shelf.files.lock().await;
    if let Some((at, files)) = &*kept
        && at.elapsed() < BELIEVED
    {
        return Ok(Arc::clone(files));
    }
    let reading = app.clone();
    let read = tokio::task::spawn_blocking(move || (reading.reading.quarantines)());
    let read = Arc::new(read.await.map_err(Problem::bug)?);
    *kept = Some((Instant::now(), Arc::clone(&read)));
    Ok(read)
}

async fn suite(app: &App, name: String) -> Result<Suite, Problem> {
    let history = record::known(&app.reader, &name).await.map_err(Problem::bug)?;
    let now = (app.clock)();
    let mut spent = None;
    if let Some(place) = (app.reading.results)(&name) {
        let since = now - Millis::days(DAYS);
        let attempts =
            record::attempts(&app.reader, &place, &name, &history, since, |_| None).await;
        match attempts {
            Ok(attempts) => spent = Some(cost::of(&attempts)),
            Err(err) => tracing::warn!(%err, suite = name, "single executions cannot be read"),
        }
    }
    Ok(Suite { listing: listing(&history, now), name, history, cost: spent })
}

/// What the overview says of tests; `None` where none were recorded.
///
/// # Errors
/// The history cannot be read.
pub(crate) async fn summary(app: &App) -> Result<Option<Summary>, Problem> {
    let suites = suites(app).await?;
    if suites.is_empty() {
        return Ok(None);
    }
    let quarantines = quarantines(app, &suites).await?;
    let all =
        || suites.iter().flat_map(|suite| suite.listing.tests.iter().map(move |t| (suite, t)));
    let needed: Vec<_> = all().filter(|(_, test)| test.needs_somebody()).collect();
    let first = needed.iter().take(FIRST).map(|(suite, test)| {
        let words = format!("{} {}", test.test, word(test.class));
        (words, of_test(suite, test, &Question::default()))
    });
    let mut first: Vec<(String, String)> = first.collect();
    let quarantine = quarantines.sentence();
    if !quarantine.is_empty() {
        first.push((quarantine.trim().to_owned(), "/tests#quarantine".to_owned()));
    }
    let what = match needed.len() {
        1 => "test needs somebody".to_owned(),
        _ => "tests need somebody".to_owned(),
    };
    Ok(Some(Summary {
        value: format::count(needed.len() as u64),
        what: format!("{what}, of {}", format::count(all().count() as u64)),
        first,
    }))
}

/// The page of a test.
fn of_test(suite: &Suite, test: &Listed, question: &Question) -> String {
    address(&format!("/tests/{}", test.id), question, &[("suite", &suite.name)])
}

/// What a list of tests is narrowed to.
pub(crate) struct Narrowed<'a> {
    /// Name of the suite; empty for all.
    pub(crate) suite: &'a str,
    /// Name of the class; empty for those that need somebody, `any` for all.
    pub(crate) class: &'a str,
    /// What stands in the name, in any case of letters.
    pub(crate) name: String,
}

impl<'a> Narrowed<'a> {
    /// What the address says.
    pub(crate) fn read(own: &'a Own) -> Result<Self, Problem> {
        let mut known = CLASSES.to_vec();
        known.push("any");
        let class = own.one_of("class", &known)?;
        Ok(Self { suite: own.get("suite"), class, name: own.get("name").to_lowercase() })
    }

    /// The tests that are left, suite by suite, those that need somebody first.
    pub(crate) fn of<'s>(&self, suites: &'s [Suite]) -> Vec<(&'s Suite, &'s Listed)> {
        let is_wanted = |test: &Listed| {
            let class = match self.class {
                "" => test.needs_somebody(),
                "any" => true,
                class => word(test.class) == class,
            };
            class
                && (self.name.is_empty()
                    || test.test.to_string().to_lowercase().contains(&self.name))
        };
        let suites =
            suites.iter().filter(|suite| self.suite.is_empty() || self.suite == suite.name);
        let tests = suites.flat_map(|suite| suite.listing.tests.iter().map(move |t| (suite, t)));
        tests.filter(|(_, test)| is_wanted(test)).collect()
    }
}

/// `GET /tests`
pub(crate) async fn tests(State(app): State<App>, uri: Uri) -> PageResult {
    let (shell, question) = alone(&app, "Tests", &uri)?;
    let own = Own::read(&uri, &["suite", "class", "name"])?;
    let narrowed = Narrowed::read(&own)?;
    let suites = suites(&app).await?;
    let shown = narrowed.of(&suites);
    let quarantines = quarantines(&app, &suites).await?;
    let quarantine = quarantines.section(&suites, &question);
    if suites.is_empty() {
        let mut sheet = nothing(shell);
        sheet.sections.push(quarantine);
        return sheet.shown();
    }
    let mut fields = vec![
        Field::choice("class", "What it is", own.get("class"), classes(&suites)),
        Field::free("name", "Name", own.get("name")),
    ];
    // Where nothing is chosen, only what needs somebody is shown.
    fields[0].options[0].1 = "needs somebody".to_owned();
    if suites.len() > 1 {
        let names = suites.iter().map(|suite| (suite.name.clone(), suite.name.clone()));
        fields.insert(0, Field::choice("suite", "Repository", own.get("suite"), names));
    }
    let more =
        [("class", own.get("class")), ("suite", own.get("suite")), ("name", own.get("name"))];
    let sheet = Sheet {
        shell,
        sentence: sentence(&suites) + &quarantines.sentence(),
        headlines: headlines(&suites).into_iter().chain(quarantines.headline()).collect(),
        form: Some(Form::new("/tests", &question, fields)),
        sections: vec![list(&shown, &suites, &question), quarantine],
        more: vec![
            (address("/v1/tests", &Question::default(), &more), "These as JSON"),
            ("/v1/quarantine".to_owned(), "The quarantine as JSON"),
        ],
    };
    sheet.shown()
}

fn nothing(shell: super::Shell) -> Sheet {
    Sheet {
        shell,
        sentence: String::new(),
        headlines: Vec::new(),
        form: None,
        sections: vec![Section {
            id: "tests",
            title: "Which tests need somebody",
            lead: "History tells a flaky test from a broken one, and says what each costs."
                .to_owned(),
            blocks: vec![Block::Missing(Missing {
                what: "No run of tests was recorded yet.".to_owned(),
                why: String::new(),
                mend: Some(
                    "throughline test record build/test-results/*.xml  # in CI, after the tests"
                        .to_owned(),
                ),
            })],
        }],
        more: Vec::new(),
    }
}

fn tally(suites: &[Suite], class: Class) -> u64 {
    suites.iter().filter_map(|suite| suite.listing.classes.get(&class)).sum()
}

/// Classes with how many tests are of each, what needs somebody first, and all of them.
fn classes(suites: &[Suite]) -> Vec<(String, String)> {
    let all =
        [Class::Regressed, Class::Broken, Class::Flaky, Class::Infra, Class::New, Class::Healthy];
    let mut classes: Vec<(String, String)> = all
        .into_iter()
        .map(|class| (word(class), tally(suites, class)))
        .map(|(name, n)| (name.to_owned(), format!("{name} ({})", format::count(n))))
        .collect();
    classes.push(("any".to_owned(), "any".to_owned()));
    classes
}

fn sentence(suites: &[Suite]) -> String {
    let parts: Vec<String> = [
        (Class::Regressed, "regressed"),
        (Class::Broken, "broken"),
        (Class::Flaky, "flaky"),
        (Class::Infra, "failed by their machine"),
    ]
    .into_iter()
    .map(|(class, what)| (tally(suites, class), what))
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{} {what}", format::count(n)))
    .collect();
    let fine = tally(suites, Class::Healthy) + tally(suites, Class::New);
    match parts.as_slice() {
        [] => format!("No test needs anybody: {} are fine.", format::count(fine)),
        parts => format!("Tests: {}; {} are fine.", parts.join(", "), format::count(fine)),
    }
}

fn headlines(suites: &[Suite]) -> Vec<Headline> {
    let headline = |label: &str, value: String, small: String| Headline {
        label: label.to_owned(),
        value,
        small,
    };
    let tests: u64 = suites.iter().map(|suite| suite.listing.tests.len() as u64).sum();
    let runs: u64 = suites.iter().map(|suite| suite.listing.runs).sum();
    let last = suites.iter().filter_map(|suite| suite.listing.between).map(|(_, last)| last).max();
    let mut headlines = vec![
        headline("tests", format::count(tests), "each variant counts".to_owned()),
        headline(
            "recorded runs",
            format::count(runs),
            last.map_or_else(String::new, |at| format!("the last on {}", at.date())),
        ),
    ];
    let costs: Vec<&Cost> = suites.iter().filter_map(|suite| suite.cost.as_ref()).collect();
    if !costs.is_empty() {
        let lost: u32 = costs.iter().map(|cost| cost.lost).sum();
        let minutes: f64 = costs.iter().map(|cost| cost.minutes).sum();
        let small = format!("{} of tests, in {DAYS} days", format::duration(minutes / 60.0));
        headlines.push(headline("attempts lost to flakes", format::count(u64::from(lost)), small));
    }
    if let Some(chance) = suites.iter().map(red_by_chance_of).max_by(f64::total_cmp) {
        let small = "a run of all tests, though nothing is wrong".to_owned();
        headlines.push(headline("red by chance", format::share(chance), small));
    }
    headlines
}

/// The chance that a run of all tests of a suite is red though nothing is wrong.
pub(crate) fn red_by_chance_of(suite: &Suite) -> f64 {
    let flaky = suite.listing.tests.iter().filter(|test| test.class == Class::Flaky);
    red_by_chance(flaky.map(|test| test.rate.fails as f64 / test.rate.runs.max(1) as f64))
}

fn list(shown: &[(&Suite, &Listed)], suites: &[Suite], question: &Question) -> Section {
    let columns =
        ["test", "what it is", "#fails", "since", "#lost in 30 days", "#takes", "last seen"];
    let rows = shown.iter().take(ROWS).map(|(suite, test)| row(suite, test, suites, question));
    let caption = match shown.len() > ROWS {
        true => format!("The first {ROWS} of {} tests", format::count(shown.len() as u64)),
        false => format!("{} tests", format::count(shown.len() as u64)),
    };
    let blocks = match shown {
        [] => vec![Block::Text("No test is one of these.".to_owned())],
        _ => vec![Block::Table(Table::new(caption, &columns).with(rows))],
    };
    Section {
        id: "tests",
        title: "Tests, what needs somebody first",
        lead: "Regressed: a change broke it. Broken: it fails, and has for long. Flaky: it failed and \
               passed on one and the same commit. Infra: its machine failed."
            .to_owned(),
        blocks,
    }
}

fn row(suite: &Suite, test: &Listed, suites: &[Suite], question: &Question) -> Vec<Cell> {
    let mut place: Vec<String> = Vec::new();
    if suites.len() > 1 {
        place.push(suite.name.clone());
    }
    place.extend((!test.variant.is_empty()).then(|| test.variant.clone()));
    let small = (!place.is_empty()).then(|| place.join(", "));
    let phase = test.phases.last();
    let since = match phase {
        Some(phase) if test.needs_somebody() => text(short(&phase.bad)),
        _ => text(format::NOTHING),
    };
    let cost = suite.cost.as_ref().and_then(|cost| {
        let known = cost.tests.iter().find(|one| one.test == test.row)?;
        Some(text(format::duration(known.minutes / 60.0)))
    });
    vec![
        prose(test.test.to_string()).and(small).to(of_test(suite, test, question)),
        class(test),
        fails(&test.rate),
        since,
        cost.unwrap_or_else(|| text(format::NOTHING)),
        text(test.p75_ms.map_or_else(|| format::NOTHING.to_owned(), took)),
        moment(test.last),
    ]
}

fn class(test: &Listed) -> Cell {
    let evidence = (test.divergent_all > 0)
        .then(|| format!("both results on {} commits", format::count(test.divergent_all.into())));
    let unproven =
        (test.class == Class::Flaky && !test.proven).then(|| "not proven yet".to_owned());
    prose(word(test.class)).and(evidence).and(unproven)
}

fn fails(rate: &Rate) -> Cell {
    let interval = format!("{} to {}", format::share(rate.low), format::share(rate.high));
    let parts = [format!("of {}", format::count(rate.runs)), interval];
    // Each part stays on one line; the line may break between them.
    count(rate.fails).under(parts.map(|part| part.replace(' ', "\u{a0}")).join(", "))
}

/// A duration of a test.
fn took(ms: u32) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{:.1} s", f64::from(ms) / 1_000.0) }
}
