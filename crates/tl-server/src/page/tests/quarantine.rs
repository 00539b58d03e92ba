//! What is in quarantine: whose it is, why, until when, and what of it is over.
//!
//! In: the files of the repositories that are measured, the history of tests, the gate's decisions. Out: a
//! [`Section`], or rows for a call. Start at [`quarantines`]. **Invariants:** nothing of a repository is run; a file
//! that cannot be read is named and not left out; what is over comes first.

use std::collections::BTreeMap;

use serde::Serialize;
use tl_core::test::TestKey;
use tl_core::time::{Millis, Timestamp};
use tl_map::format;
use tl_test::gate::{Known, Unknown};
use tl_test::quarantine::cap::limit;
use tl_test::quarantine::release::{Standing, standing};
use tl_test::quarantine::{Proof, Quarantine, Quarantined};

use super::Suite;
use crate::app::App;
use crate::chart::table::{Cell, Table, prose, text};
use crate::page::Problem;
use crate::page::sheet::address;
use crate::question::Question;
use crate::reading::OfRepository;
use crate::report::sections::{Block, Headline, Missing, Section};
use crate::told::Heard;

/// Days before its end from which an entry is said to end soon.
const SOON: i64 = 7;

/// Rows of the list; the call has all of them.
const ROWS: usize = 200;

/// Characters of a name that stays on one line.
const SHORT: usize = 28;

/// Days over which the gate's decisions are counted.
const DAYS: i64 = 30;

/// How an entry stands, what needs somebody first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Its last day is over: the gate fails until somebody sees to it.
    Over,
    /// Its test was clean for long enough: it can be taken out.
    Released,
    /// It masks what it knows.
    InForce,
    /// Its first day is still to come.
    NotYet,
}

/// A test in quarantine.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    /// The repository whose file has it.
    pub(crate) repository: String,
    /// How it stands.
    pub(crate) state: State,
    /// Clean runs since its last failure.
    pub(crate) clean: u32,
    /// Clean runs after which it is released; `None` where no number of them would do.
    pub(crate) needed: Option<u32>,
    /// Days to its last one; negative where that is over.
    pub(crate) days_left: Option<i64>,
    /// The suite whose history knows the test.
    pub(crate) suite: Option<String>,
    /// What the file says.
    #[serde(flatten)]
    pub(crate) entry: Quarantined,
}

/// The file of a repository.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct File {
    /// The repository.
    pub(crate) repository: String,
    /// Whether it has one.
    pub(crate) is_there: bool,
    /// Entries that it has.
    pub(crate) tests: u64,
    /// Entries in force that it may have; `None` where it cannot be read.
    pub(crate) limit: Option<u64>,
    /// Why it cannot be read.
    pub(crate) problem: Option<String>,
}

/// What the gate of tests decided in the last 30 days, of the latest 200 decisions.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Gate {
    /// Decisions by their outcome.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// By id of a test, in how many of them its failures were taken out.
    pub(crate) masked: BTreeMap<String, u64>,
}

/// What is known of quarantines.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Quarantines {
    /// `quarantines/v1`
    schema: &'static str,
    /// The files of the repositories that are measured.
    pub(crate) files: Vec<File>,
    /// Their entries, what needs somebody first.
    pub(crate) entries: Vec<Entry>,
    /// What the gate decided.
    pub(crate) gate: Gate,
}

/// Reads the files, unless that was done a moment ago, and says how their entries stand today.
pub(crate) async fn quarantines(app: &App, suites: &[Suite]) -> Result<Quarantines, Problem> {
    let read = super::files(app).await?;
    let now = (app.clock)();
    let heard = crate::told::heard(app).await.map_err(Problem::bug)?;
    Ok(Quarantines::of(&read, suites, &heard, now))
}

impl Quarantines {
    fn of(read: &[OfRepository], suites: &[Suite], heard: &Heard, now: Timestamp) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut files = Vec::new();
        for OfRepository { repository, quarantine } in read {
            let known = suite(suites, repository);
            files.push(file(repository, quarantine, known));
            let all = quarantine.iter().flatten().flat_map(|file| &file.tests);
            entries.extend(all.map(|entry| stands(repository, entry, suites, now)));
        }
        entries.sort_by(|a, b| {
            let order =
                |one: &Entry| (one.state, one.entry.expires.clone(), one.entry.name.clone());
            order(a).cmp(&order(b))
        });
        Self { schema: "quarantines/v1", files, entries, gate: gate(heard, now) }
    }

    /// How many entries are in a state.
    pub(crate) fn count(&self, state: State) -> u64 {
        self.entries.iter().filter(|one| one.state == state).count() as u64
    }

    fn soon(&self) -> u64 {
        self.entries.iter().filter(|one| one.ends_soon()).count() as u64
    }

    /// What needs somebody, in a sentence; empty where nothing does.
    pub(crate) fn sentence(&self) -> String {
        let over = match self.count(State::Over) {
            0 => String::new(),
            1 => "1 entry of the quarantine is over".to_owned(),
            n => format!("{} entries of the quarantine are over", format::count(n)),
        };
        let soon = match self.soon() {
            0 => String::new(),
            1 => format!("1 ends within {SOON} days"),
            n => format!("{} end within {SOON} days", format::count(n)),
        };
        let parts: Vec<String> = [over, soon].into_iter().filter(|one| !one.is_empty()).collect();
        match (self.count(State::Over), parts.as_slice()) {
            (_, []) => String::new(),
            (0, parts) => format!(" Of the quarantine {}.", parts.join(", ")),
            (_, parts) => format!(" {}.", parts.join(", ")),
        }
    }

    /// How much is in quarantine.
    pub(crate) fn headline(&self) -> Option<Headline> {
        if self.files.iter().all(|file| !file.is_there) {
            return None;
        }
        let limit: u64 = self.files.iter().filter_map(|file| file.limit).sum();
        Some(Headline {
            label: "in quarantine".to_owned(),
            value: format::count(self.entries.len() as u64),
            small: format!(
                "{} over, {} may be in force",
                format::count(self.count(State::Over)),
                format::count(limit)
            ),
        })
    }

    /// The section of the page.
    pub(super) fn section(&self, suites: &[Suite], question: &Question) -> Section {
        let mut blocks: Vec<Block> = self.files.iter().filter_map(problem).collect();
        if self.entries.is_empty() {
            blocks.push(Block::Missing(self.nothing()));
        } else {
            let many = self.files.len() > 1;
            let rows = self.entries.iter().take(ROWS).map(|one| row(one, many, question));
            let columns = ["test", "how it stands", "#last day", "owner", "issue", "why"];
            let caption = match self.entries.len() > ROWS {
                true => format!("The first {ROWS} of {} entries", self.entries.len()),
                false => format!("{} entries", self.entries.len()),
            };
            blocks.push(Block::Table(Table::new(caption, &columns).with(rows)));
        }
        blocks.extend(self.gate.blocks(suites, question));
        Section {
            id: "quarantine",
            title: "Quarantine",
            lead: format!(
                "Known failures that do not stop a change, each with an owner and a last day: \
                 `{}` of each repository, at its `HEAD`.",
                Quarantine::PATH
            ),
            blocks,
        }
    }

    fn nothing(&self) -> Missing {
        let add =
            "throughline test quarantine add TEST --from REPORT --owner NAME --issue acme/api#412";
        let (what, mend) = match self.files.as_slice() {
            [] => (
                "No repository is measured here, and a quarantine is a file of a repository.",
                "throughline serve PATH/TO/REPOSITORY",
            ),
            _ => ("Nothing is in quarantine.", add),
        };
        Missing { what: what.to_owned(), why: String::new(), mend: Some(mend.to_owned()) }
    }
}

impl Entry {
    fn ends_soon(&self) -> bool {
        matches!(self.state, State::InForce | State::Released)
            && self.days_left.is_some_and(|days| days <= SOON)
    }
}

/// The history of a repository's tests: its own, else the only one there is.
fn suite<'a>(suites: &'a [Suite], repository: &str) -> Option<&'a Suite> {
    let own = suites.iter().find(|suite| suite.name == repository);
    own.or(match suites {
        [only] => Some(only),
        _ => None,
    })
}

fn file(
    repository: &str,
    read: &Result<Option<Quarantine>, String>,
    suite: Option<&Suite>,
) -> File {
    let known = suite.map_or(0, |suite| Known::tests(&suite.history));
    let there = read.as_ref().ok().and_then(Option::as_ref);
    File {
        repository: repository.to_owned(),
        is_there: there.is_some() || read.is_err(),
        tests: there.map_or(0, |file| file.tests.len() as u64),
        limit: there.map(|file| limit(&file.cap, known)),
        problem: read.as_ref().err().cloned(),
    }
}

/// How an entry stands today.
fn stands(repository: &str, entry: &Quarantined, suites: &[Suite], now: Timestamp) -> Entry {
    let suite = suite(suites, repository);
    let known: &dyn Known = suite.map_or(&Unknown, |suite| &suite.history);
    let key: Option<TestKey> = entry.id.parse().ok();
    let history = key.and_then(|key| known.state(&key, &entry.variant));
    let (state, clean, needed) = match standing(history, entry, now) {
        Standing::Expired => (State::Over, history.map_or(0, |known| known.clean), None),
        Standing::NotYet => (State::NotYet, 0, None),
        Standing::Released { clean } => (State::Released, clean, Some(clean)),
        Standing::InForce { clean, needed } => {
            (State::InForce, clean, (needed < u32::MAX).then_some(needed))
        }
    };
    let last = Timestamp::parse(&entry.expires).ok();
    Entry {
        repository: repository.to_owned(),
        state,
        clean,
        needed,
        days_left: last.map(|last| last.day() - now.day()),
        suite: suite.filter(|_| history.is_some()).map(|suite| suite.name.clone()),
        entry: entry.clone(),
    }
}

/// What the gate decided lately.
fn gate(heard: &Heard, now: Timestamp) -> Gate {
    let mut gate = Gate::default();
    for one in heard.gated.iter().filter(|one| one.at > now - Millis::days(DAYS)) {
        *gate.outcomes.entry(one.outcome.clone()).or_default() += 1;
        for id in &one.masked {
            *gate.masked.entry(id.clone()).or_default() += 1;
        }
    }
    gate
}

/// A file that cannot be read.
fn problem(file: &File) -> Option<Block> {
    let why = file.problem.as_ref()?;
    Some(Block::Missing(Missing {
        what: format!("The quarantine of {} cannot be read.", file.repository),
        why: why.clone(),
        mend: Some("throughline test quarantine check".to_owned()),
    }))
}

fn row(one: &Entry, many: bool, question: &Question) -> Vec<Cell> {
    let Entry { entry, suite, .. } = one;
    let place = [
        many.then(|| one.repository.clone()),
        (!entry.variant.is_empty()).then(|| entry.variant.clone()),
        (!entry.file.is_empty()).then(|| entry.file.clone()),
    ];
    let place: Vec<String> = place.into_iter().flatten().collect();
    let mut test = prose(entry.name.clone()).and((!place.is_empty()).then(|| place.join(", ")));
    if let Some(suite) = suite {
        test = test.to(address(&format!("/tests/{}", entry.id), question, &[("suite", suite)]));
    }
    let is_link = entry.issue.starts_with("https://");
    let issue = words(&entry.issue);
    vec![
        test,
        stand(one),
        text(entry.expires.clone()).and(one.days_left.map(left)),
        words(&entry.owner),
        if is_link { issue.to(entry.issue.clone()) } else { issue },
        why(&entry.evidence),
    ]
}

/// A short name stays on one line, a long one is broken.
fn words(name: &str) -> Cell {
    if name.chars().count() <= SHORT { text(name) } else { prose(name) }
}

fn stand(one: &Entry) -> Cell {
    let clean = format::count(one.clean.into());
    match (one.state, one.needed) {
        (State::Over, _) => prose("over").under("mend the test and take it out, or enter it anew"),
        (State::Released, _) => {
            prose("clean for long enough").under(format!("{clean} runs in a row: take it out"))
        }
        (State::NotYet, _) => prose("not yet").under(format!("from {}", one.entry.since)),
        (State::InForce, _) if one.suite.is_none() => {
            prose("in force").under("history does not know the test")
        }
        (State::InForce, Some(needed)) => prose("in force")
            .under(format!("{clean} of {} clean runs", format::count(needed.into()))),
        (State::InForce, None) => prose("in force").under("no number of clean runs releases it"),
    }
}

fn left(days: i64) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

/// What it was put there for.
fn why(proof: &Proof) -> Cell {
    let (low, high) = proof.interval;
    let interval = format!("{} to {}", format::share(low), format::share(high));
    let divergent = (!proof.divergent.is_empty())
        .then(|| format!("both results on {} commits", proof.divergent.len()));
    prose(format!(
        "{}: {} of {} runs failed",
        tl_test::listing::word(proof.class),
        format::count(proof.fails),
        format::count(proof.runs)
    ))
    .under(interval)
    .and(divergent)
}

impl Gate {
    /// What the gate decided, where it told.
    fn blocks(&self, suites: &[Suite], question: &Question) -> Vec<Block> {
        let all: u64 = self.outcomes.values().sum();
        if all == 0 {
            return Vec::new();
        }
        let outcomes: Vec<String> = self
            .outcomes
            .iter()
            .map(|(outcome, n)| format!("{} {outcome}", format::count(*n)))
            .collect();
        let mut blocks = vec![Block::Text(format!(
            "The gate decided {} times in the last {DAYS} days: {}.",
            format::count(all),
            outcomes.join(", ")
        ))];
        if self.masked.is_empty() {
            return blocks;
        }
        let mut most: Vec<(&String, &u64)> = self.masked.iter().collect();
        most.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let rows = most.into_iter().take(ROWS).map(|(id, times)| {
            let test = match super::found(suites, "", id) {
                Some((suite, tests)) => {
                    prose(tests[0].test.to_string()).to(super::of_test(suite, tests[0], question))
                }
                None => text(id.clone()),
            };
            vec![test, text(format::count(*times))]
        });
        let table = Table::new("Tests whose failures were taken out", &["test", "#decisions"]);
        blocks.push(Block::Table(table.with(rows)));
        blocks
    }
}

#[cfg(test)]
mod tests;
