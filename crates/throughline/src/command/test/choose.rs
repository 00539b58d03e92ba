//! `throughline test order|select|split`: which tests to run for a change, in what order, on how
//! many machines.
//!
//! In: history, the change, a list of tests. Out: tests, one a line, or one JSON document.
//! **Invariant:** where too little is known, every test is there.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;

use clap::ValueEnum;
use rustc_hash::FxHashSet;
use serde::Serialize;
use tl_core::id::CommitId;
use tl_core::test::{TestKey, TestName};
use tl_exec::git::{Repository, StatusError, Uncommitted};
use tl_test::candidates::candidates;
use tl_test::choose::cofail::CoFail;
use tl_test::choose::escaped::{ALLOWED, Escapes, Expected};
use tl_test::choose::imports::Imports;
use tl_test::choose::select::{Limit, Selection, select};
use tl_test::choose::split::{Split, Unit, split};
use tl_test::choose::weights::{ENOUGH, Weights};
use tl_test::choose::{Candidate, Change, Choice, Chosen, Covers, Past, is_unknown_kind, order};
use tl_test::read::name;
use tl_test::record::{self, History};

use super::shelf::{Desk, Shelf};
use super::{change, diff};
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::{Ui, visible};
use tl_map::format::count;

/// Largest list of tests, bytes.
const LIST: u64 = 256 << 20;

/// The change, and the tests that there are.
#[derive(Debug, clap::Args)]
struct ForArgs {
    /// What the change is held against [default: where it left the default branch]
    #[arg(long, value_name = "REF")]
    base: Option<String>,
    /// Leave out what is not committed: edited, staged and new files
    #[arg(long)]
    committed: bool,
    /// The tests that there are, one a line, by id or name; `-`: from standard input [default:
    /// those that history knows]
    #[arg(long, value_name = "LIST")]
    from: Option<PathBuf>,
    /// Title and description of the request: a test that they name is nearer
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    text: String,
    /// The variant whose history counts [default: the one in which each test fails the most]
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "", hide_default_value = true)]
    variant: String,
    /// The request, such as `acme/api#12`: tests that were red in its earlier runs are nearer
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    change: String,
    /// What stands for a test in the output
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Name)]
    print: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Its class and name
    Name,
    /// Its id
    Id,
    /// The file that it stands in; each file once
    File,
}

/// Put tests in order: those first that are the likeliest to fail for their time
///
/// One test a line. What it did so far, how long it takes, and what the change has to do with it count.
#[derive(Debug, clap::Args)]
pub(super) struct OrderArgs {
    #[command(flatten)]
    of: ForArgs,
    /// Print one JSON document with every reason (`order/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// Select the tests that a change needs
///
/// New, edited and last red tests, and those that run changed lines, always; of the rest those
/// that score highest. Where the change reaches too far, or too little is known, all of them, and it says why.
#[derive(Debug, clap::Args)]
pub(super) struct SelectArgs {
    #[command(flatten)]
    of: ForArgs,
    /// Share of the time of all tests to spend [default: what leaves at most 1 % of failures out, once
    /// 100 were seen; 0.5 until then]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    time: Option<f64>,
    /// Say of every test why it is run or skipped
    #[arg(long, conflicts_with = "json")]
    explain: bool,
    /// Print one JSON document with every reason (`order/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// Deal tests out to machines that end at nearly the same time
#[derive(Debug, clap::Args)]
pub(super) struct SplitArgs {
    /// How many machines
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    count: u32,
    /// Print the tests of one machine alone, from 1
    #[arg(long, value_name = "I", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// The tests that there are, one a line; `-`: from standard input [default: those that history
    /// knows]
    #[arg(long, value_name = "LIST")]
    from: Option<PathBuf>,
    /// What goes to one machine as a whole
    #[arg(long, value_enum, value_name = "UNIT", default_value_t = By::File)]
    by: By,
    /// The variant whose durations count
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "", hide_default_value = true)]
    variant: String,
    /// Print one JSON document (`shards/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// A file of tests; a class where no file is known
    File,
    /// A test
    Test,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "a share is a number from 0 to 1".to_owned())?;
    (0.0..=1.0).contains(&share).then_some(share).ok_or("a share is from 0 to 1".to_owned())
}

/// `order/v1`
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    selection: &'a Selection,
    /// What the limit would have missed on full runs, where it was measured.
    measured: Option<Expected>,
    /// What history counts in an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<Weighed>,
}

/// What history counts.
#[derive(Serialize)]
struct Weighed {
    /// Whether that was fitted to this history; else the defaults hold.
    fitted: bool,
    /// Red results that were seen.
    red: u64,
    /// Factor of the logarithm of a test's chance to fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    chance: Option<f64>,
    /// What a red last run adds to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_red: Option<f64>,
}

impl Weighed {
    fn of(weights: &Weights) -> Self {
        let fitted = weights.are_fitted();
        let (chance, last_red) = weights.of_history();
        Self {
            fitted,
            red: weights.red(),
            chance: fitted.then_some(chance),
            last_red: fitted.then_some(last_red),
        }
    }
}

impl fmt::Display for Weighed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let red = count(self.red);
        match self.chance.zip(self.last_red) {
            Some((chance, last_red)) => write!(
                f,
                "what history counts is fitted to {red} red results: ln of the chance x {chance:.2}, a red last run {last_red:+.2}"
            ),
            None if self.red < ENOUGH => write!(
                f,
                "history counts as by default: {red} red results of {ENOUGH} that a fit needs"
            ),
            None => write!(
                f,
                "history counts as by default: {red} red results do not tell red tests from green ones"
            ),
        }
    }
}

/// `shards/v1`
#[derive(Serialize)]
struct Shards<'a> {
    schema: &'static str,
    #[serde(flatten)]
    split: &'a Split,
}

/// All that a choice is made of, owned.
struct Known {
    tests: Vec<Candidate>,
    change: Option<Change>,
    cofail: CoFail,
    escapes: Escapes,
    coverage: Vec<Covers>,
    imports: Option<Imports>,
    failed: FxHashSet<TestKey>,
    weights: Weights,
}

impl Known {
    async fn read(
        ui: &mut Ui,
        globals: &Globals,
        desk: &Desk,
        args: &ForArgs,
    ) -> Result<Self, CommandError> {
        let shelf = desk.needed_shelf(ui).await?;
        let history = history(&shelf).await?;
        let tests = tests(ui, &history, &args.variant, args.from.as_ref())?;
        let between = match &desk.repository {
            Some(repository) => between(ui, globals, repository, args)?,
            None => None,
        };
        let (mut change, mut imports, mut coverage) = (None, None, Vec::new());
        if let (Some(repository), Some((head, base))) = (&desk.repository, &between) {
            let own = if args.committed { Some(Vec::new()) } else { uncommitted(ui, repository) };
            // What is edited and cannot be told from the rest may be anything.
            change = own
                .as_ref()
                .and_then(|own| change::between(repository, head, base, own, args.text.clone()));
            imports = change::imports(repository, head, &own.unwrap_or_default());
            let map = record::coverage(&shelf.ledger, &shelf.lake).await;
            let map = map.map_err(CommandError::environment)?;
            let covers = |change| change::covers(repository, base, &map, &tests, change);
            coverage = change.as_ref().map(covers).unwrap_or_default();
        }
        let Shelf { ledger, place, lake } = &shelf;
        let failed = record::failed_in(ledger, place, lake, &history, &args.change);
        let failed = failed.await.map_err(CommandError::environment)?;
        let History { cofail, escapes, weights, .. } = history;
        Ok(Self { tests, change, cofail, escapes, coverage, imports, failed, weights })
    }

    fn choice(&self, desk: &Desk) -> Choice<'_> {
        Choice {
            tests: &self.tests,
            change: self.change.as_ref(),
            cofail: &self.cofail,
            coverage: &self.coverage,
            imports: self.imports.as_ref(),
            failed: &self.failed,
            weights: Some(&self.weights),
            now: desk.now(),
        }
    }
}

async fn history(shelf: &Shelf) -> Result<History, CommandError> {
    record::known(&shelf.ledger, &shelf.lake).await.map_err(CommandError::environment)
}

/// `HEAD`, and the commit that the change began at.
fn between(
    ui: &mut Ui,
    globals: &Globals,
    repository: &Repository,
    args: &ForArgs,
) -> Result<Option<(CommitId, CommitId)>, CommandError> {
    let between = diff::base(globals, args.base.as_deref(), repository)?;
    if between.is_none() {
        ui.note(
            "nobody can tell what the change touches: fetch more of the history, and give `--base`",
        );
    }
    Ok(between)
}

/// What is not committed; none without a work tree, and `None` where it cannot be told. Reports and
/// the like, which lie about, are no part of a change until somebody adds them to git.
fn uncommitted(ui: &mut Ui, repository: &Repository) -> Option<Vec<Uncommitted>> {
    match repository.uncommitted() {
        Ok(files) => {
            let is_stray = |file: &&Uncommitted| !file.is_tracked && is_unknown_kind(&file.path);
            let (stray, files): (Vec<&Uncommitted>, Vec<&Uncommitted>) =
                files.iter().partition(is_stray);
            if let Some(first) = stray.first() {
                let (many, first) = (count(stray.len() as u64), visible(&first.path));
                ui.note(format!(
                    "{many} untracked files do not count, `{first}` the first: `git add` what tests read"
                ));
            }
            Some(files.into_iter().cloned().collect())
        }
        Err(StatusError::Bare) => Some(Vec::new()),
        Err(err) => {
            ui.note(format!("{err}: `--committed` leaves it out"));
            None
        }
    }
}

/// The tests that there are: of a list, with what history knows of each.
fn tests(
    ui: &mut Ui,
    history: &History,
    variant: &str,
    list: Option<&PathBuf>,
) -> Result<Vec<Candidate>, CommandError> {
    let known = candidates(history, variant);
    let Some(path) = list else { return Ok(known) };
    let text = list_text(path)?;
    let mut by_name: BTreeMap<String, &Candidate> = BTreeMap::new();
    for test in &known {
        let names = [test.test.name.clone(), test.test.to_string(), test.id.to_string()];
        names.into_iter().for_each(|name| {
            by_name.insert(name, test);
        });
    }
    let mut unknown = 0_u64;
    let mut listed: BTreeMap<TestKey, Candidate> = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let candidate = by_name.get(line).map_or_else(
            || {
                unknown += 1;
                let test = TestName { name: line.to_owned(), ..TestName::default() };
                Candidate { id: name::key(&test), test, past: Past::default() }
            },
            |known| (*known).clone(),
        );
        listed.insert(candidate.id, candidate);
    }
    if unknown > 0 {
        ui.note(format!("history knows nothing of {} of the tests listed", count(unknown)));
    }
    Ok(listed.into_values().collect())
}

fn list_text(path: &PathBuf) -> Result<String, CommandError> {
    let failed = |err: io::Error| {
        CommandError::environment(format!("failed to read `{}`: {err}", path.display()))
    };
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(LIST).read_to_string(&mut text)
    } else {
        fs::File::open(path).map_err(failed)?.take(LIST).read_to_string(&mut text)
    };
    read.map_err(failed)?;
    Ok(text)
}

pub(super) async fn cmd_order(ui: &mut Ui, globals: &Globals, args: &OrderArgs) -> CmdResult {
    let desk = Desk::open(ui, globals)?;
    let known = Known::read(ui, globals, &desk, &args.of).await?;
    let tests = order(&known.choice(&desk));
    if args.json {
        let run = tests.len() as u64;
        let selection = Selection { tests, run, ..Selection::default() };
        let weights = Some(Weighed::of(&known.weights));
        let (schema, selection) = ("order/v1", &selection);
        ui.print_json(&Document { schema, selection, measured: None, weights })?;
    } else {
        ui.print(&lines(&tests, args.of.print))?;
        ui.status(Weighed::of(&known.weights));
    }
    Ok(Outcome::Done)
}

pub(super) async fn cmd_select(ui: &mut Ui, globals: &Globals, args: &SelectArgs) -> CmdResult {
    let desk = Desk::open(ui, globals)?;
    let known = Known::read(ui, globals, &desk, &args.of).await?;
    let measured = known.escapes.threshold(ALLOWED);
    let limit = match (args.time, measured) {
        (Some(share), _) => Limit::Time(share),
        (None, Some(least)) => Limit::Score(least),
        (None, None) => Limit::default(),
    };
    let selection = select(&known.choice(&desk), limit);
    let measured = match limit {
        Limit::Score(least) => Some(known.escapes.expected(least)),
        Limit::Time(_) => None,
    };
    if args.json {
        let (schema, selection) = ("order/v1", &selection);
        ui.print_json(&Document { schema, selection, measured, weights: None })?;
        return Ok(Outcome::Done);
    }
    if args.explain {
        for test in &selection.tests {
            let run = if test.run { "run " } else { "skip" };
            let name = visible(&test.test.to_string());
            ui.print(&format!("{run} {name}: {}\n", visible(&test.because)))?;
        }
    } else {
        ui.print(&lines(&selection.tests, args.of.print))?;
    }
    for reason in &selection.everything {
        ui.note(format!("everything is run: {reason}"));
    }
    let Selection { run, skipped, seconds, all_seconds, .. } = &selection;
    let all = count(run + skipped);
    ui.status(format!("{} of {all} tests, {seconds:.0} of {all_seconds:.0} s", count(*run)));
    if let Some(Expected { runs, red, escaped, .. }) = measured {
        ui.status(format!(
            "with this limit {} of {} failures in {} full runs would have been missed",
            count(escaped),
            count(red),
            count(runs)
        ));
    }
    Ok(Outcome::Done)
}

pub(super) async fn cmd_split(ui: &mut Ui, globals: &Globals, args: &SplitArgs) -> CmdResult {
    let desk = Desk::open(ui, globals)?;
    if args.index.is_some_and(|index| index > args.count) {
        return Err(CommandError::usage(format!("there are {} machines", args.count)));
    }
    let history = match desk.shelf(ui, super::shelf::Make::No).await? {
        Some(shelf) => history(&shelf).await?,
        None if args.from.is_some() => History::default(),
        None => history(&desk.needed_shelf(ui).await?).await?,
    };
    let tests = tests(ui, &history, &args.variant, args.from.as_ref())?;
    let split = split(&units(&tests, args.by), args.count);
    if args.json {
        ui.print_json(&Shards { schema: "shards/v1", split: &split })?;
        return Ok(Outcome::Done);
    }
    for shard in &split.shards {
        match args.index {
            Some(index) if index != shard.index => continue,
            Some(_) => {}
            None => {
                ui.print(&format!("# {} of {}: {:.1} s\n", shard.index, args.count, shard.seconds))?
            }
        }
        for item in &shard.items {
            ui.print(&format!("{}\n", visible(item)))?;
        }
    }
    if split.unknown > 0 {
        ui.note(format!(
            "{} durations are not known: {:.1} s are taken for each",
            count(split.unknown),
            split.median_seconds
        ));
    }
    ui.status(format!(
        "the longest takes {:.1} s; at least {:.1} s with any dealing",
        split.seconds(),
        split.bound_seconds
    ));
    Ok(Outcome::Done)
}

/// What is dealt out, with the sum of its tests' durations: the median of all tests stands for one
/// that is not known, and where none of its own is known, nothing is said.
fn units(tests: &[Candidate], by: By) -> Vec<Unit> {
    let mut known: Vec<u32> = tests.iter().filter_map(|test| test.past.p75_ms).collect();
    known.sort_unstable();
    let median = known.get(known.len() / 2).copied().unwrap_or_default();
    let mut units: BTreeMap<String, (u64, bool)> = BTreeMap::new();
    for test in tests {
        let unit = match by {
            By::Test => test.test.to_string(),
            By::File => file(&test.test),
        };
        let (sum, is_known) = units.entry(unit).or_default();
        *sum += u64::from(test.past.p75_ms.unwrap_or(median));
        *is_known |= test.past.p75_ms.is_some();
    }
    let units = units.into_iter();
    units.map(|(name, (sum, known))| Unit { name, p75_ms: known.then_some(sum) }).collect()
}

/// The file of a test, else its class, else itself.
fn file(test: &TestName) -> String {
    let known = [&test.file, &test.class].into_iter().find(|name| !name.is_empty());
    known.cloned().unwrap_or_else(|| test.to_string())
}

fn lines(tests: &[Chosen], form: Form) -> String {
    let mut text = String::new();
    let mut seen = FxHashSet::default();
    for test in tests.iter().filter(|test| test.run) {
        let line = match form {
            Form::Name => test.test.to_string(),
            Form::Id => test.id.to_string(),
            Form::File => file(&test.test),
        };
        if form != Form::File || seen.insert(line.clone()) {
            text.push_str(&visible(&line));
            text.push('\n');
        }
    }
    text
}
