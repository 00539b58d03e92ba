//! `throughline sql --engine datafusion`: results of tests, asked by the query engine.
//!
//! In: a statement, the history of the tests of the repository here. Out: its rows. Start at
//! [`answer`]. **Invariant:** what is read is of one moment: tables and files are of one generation of
//! the lake.

use std::fs;
use std::path::{Path, PathBuf};

use tl_core::event::Event;
use tl_core::time::Timestamp;
use tl_lake::place::Place;
use tl_ledger::sql::{Rows, SqlValue};
use tl_ledger::{Ledger, Position};
use tl_query::answer::{Answer, AskError, Cell, Limits, ask, named_tables, on_all_cores};
use tl_query::cluster::{ClusterError, connect};
use tl_query::session::{Lake, SessionError, session};
use tl_query::tables::{CommitRow, RunRow, SignatureRow, StateRow, Tables, TestRow, VariantRow};
use tl_test::record::{self, History};
use tl_test::{classify, listing};

use super::{SqlArgs, TIME};
use crate::command::test::shelf::{Desk, Shelf};
use crate::context::Globals;
use crate::error::CommandError;
use crate::ui::Ui;

/// Bytes of memory that one query may take.
const MEMORY: usize = 1 << 30;

/// Events that are read at a time.
const PAGE: usize = 10_000;

/// How often the history is read anew because somebody recorded in between.
const ROUNDS: usize = 8;

/// Answers the statement; says how many rows hold a guess.
pub(super) async fn answer(
    ui: &mut Ui,
    globals: &Globals,
    args: &SqlArgs,
) -> Result<Rows, CommandError> {
    let named = named_tables(&args.query)?;
    if !args.repositories.is_empty() {
        return Err(CommandError::usage(
            "`--engine datafusion` asks about the repository here, and no other",
        )
        .hint("change to its directory, or name a ledger with `--ledger`"));
    }
    let desk = Desk::open(ui, globals)?;
    let shelf = desk.needed_shelf(ui).await?;
    let (lake, history) = of_one_moment(&shelf).await?;
    let mut tables = tables(&history, desk.now());
    if named.contains("events") {
        tables.events = events(&shelf.ledger).await?;
    }
    let limits = Limits { rows: args.limit, time: TIME };
    let query = args.query.clone();
    let answer = match &args.cluster {
        None => {
            on_all_cores(async move {
                let session = session(&lake, &tables, &named, MEMORY)?;
                Ok::<_, CommandError>(ask(&session, &query, limits).await?)
            })
            .await
        }
        Some(url) => {
            let folder = Folder::new(&lake.root, desk.now())?;
            let url = url.clone();
            on_all_cores(async move {
                let at = folder.0.as_path();
                let session = connect(&url, &lake, &tables, &named, at, MEMORY).await?;
                ask(&session, &query, limits).await.map_err(of_cluster)
            })
            .await
        }
    };
    let answer = answer.map_err(CommandError::environment)??;
    if answer.guessed > 0 {
        ui.warn(format!(
            "in {} rows `flips` is a guess: what was counted apart overlaps in time (`exact` is \
             false); group by test and variant before joining",
            answer.guessed
        ));
    }
    Ok(rows(answer))
}

/// The files of the lake and all that the ledger says of them.
async fn of_one_moment(shelf: &Shelf) -> Result<(Lake, History), CommandError> {
    let root = match &shelf.place {
        Place::Directory(root) => fs::canonicalize(root).map_err(|_| {
            CommandError::usage("there is no history of tests here yet")
                .hint("`throughline test record REPORT...` begins one")
        })?,
        #[cfg(feature = "s3")]
        Place::Objects(_) => {
            return Err(CommandError::usage("the query engine cannot read a lake in a bucket yet")
                .hint("copy it to a directory, and name that with `TL_TEST_LAKE`"));
        }
    };
    for _ in 0..ROUNDS {
        let manifest = shelf.ledger.lake(&shelf.lake).await.map_err(CommandError::environment)?;
        let history = record::known(&shelf.ledger, &shelf.lake).await;
        let history = history.map_err(CommandError::environment)?;
        if history.generation() == manifest.generation {
            return Ok((Lake { root, segments: manifest.segments }, history));
        }
    }
    Err(CommandError::environment(format!("history changed {ROUNDS} times while it was read")))
}

fn tables(history: &History, now: Timestamp) -> Tables {
    let test = |id| {
        let (key, name) = (history.key(id)?, history.name(id)?);
        Some(TestRow {
            id,
            key: key.to_string(),
            title: name.to_string(),
            class: name.class,
            name: name.name,
            file: name.file,
        })
    };
    let signature = |id| {
        let (reason, template) = history.reason(id)?;
        Some(SignatureRow {
            id,
            signature: reason.signature.to_string(),
            infra: reason.infra.clone(),
            template: template.to_owned(),
        })
    };
    let commits = (0..).zip(history.commits());
    let variants = (0..).zip(history.variants());
    Tables {
        tests: (0..).map_while(test).collect(),
        commits: commits
            .map(|(id, commit)| CommitRow { id, sha: commit.id.clone(), first_run: commit.at })
            .collect(),
        variants: variants.map(|(id, name)| VariantRow { id, variant: name.clone() }).collect(),
        runs: (0..).zip(&history.runs).map(|(id, run)| run_row(id, run)).collect(),
        signatures: (1..).map_while(signature).collect(),
        test_state: history.tests().iter().map(|test| state_row(history, test, now)).collect(),
        events: Vec::new(),
    }
}

fn run_row(id: u32, run: &record::Run) -> RunRow {
    RunRow {
        id,
        commit: run.commit,
        variant: run.variant,
        at: run.at,
        attempt: run.attempt,
        job: run.job.clone(),
        shard: run.shard.clone(),
        build: run.build.clone(),
        change: run.change.clone(),
        author: run.author.clone(),
        complete: run.complete,
        selected: run.selected,
        cases: run.cases,
        red: run.red,
        ms: run.ms,
    }
}

/// The class is the one that `throughline test flaky` shows.
fn state_row(history: &History, test: &record::Test<'_>, now: Timestamp) -> StateRow {
    let state = test.state;
    let judgement = classify::of(state);
    let first = judgement.phases.last().map(|phase| phase.cause.1 as usize);
    let began = first.and_then(|row| history.commits().get(row)).map_or(state.first, |it| it.at);
    let judgement = classify::aged(judgement, began, now);
    let variant = history.variants().iter().position(|name| name == test.variant);
    StateRow {
        test: test.row,
        variant: variant.and_then(|row| u32::try_from(row).ok()).unwrap_or(u32::MAX),
        class: listing::word(judgement.class).to_owned(),
        first: state.first,
        last: state.last,
        runs: state.runs.into(),
        red: state.red.into(),
        flips: state.flips.into(),
        clean: state.clean.into(),
        divergent: state.divergent_all.into(),
        infra: state.infra.into(),
        lately: (state.weight > 0.0).then(|| f64::from(state.ema) / f64::from(state.weight)),
    }
}

async fn events(ledger: &Ledger) -> Result<Vec<Event>, CommandError> {
    let (mut events, mut after) = (Vec::new(), Position::START);
    loop {
        let page = ledger.read(after, "", PAGE).await.map_err(CommandError::environment)?;
        let Some(last) = page.last() else { return Ok(events) };
        after = last.position;
        events.extend(page.into_iter().map(|recorded| recorded.event));
    }
}

/// Tables for a cluster, written beside the lake for one query, and gone with it.
struct Folder(PathBuf);

impl Folder {
    /// Makes one that no query had before: executors remember files by their paths.
    fn new(root: &Path, now: Timestamp) -> Result<Self, CommandError> {
        let all = root.join("queries");
        let folder = all.join(format!("{}-{}", now.as_millis(), std::process::id()));
        fs::create_dir_all(&all)
            .and_then(|()| fs::create_dir(&folder))
            .map_err(|source| FolderError { path: folder.clone(), source })
            .map_err(CommandError::environment)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _nobody_to_tell = fs::remove_dir_all(&self.0);
    }
}

/// A folder for the tables of a query could not be made.
#[derive(Debug, thiserror::Error)]
#[error("failed to make `{path}` for the tables of the query")]
struct FolderError {
    path: PathBuf,
    source: std::io::Error,
}

/// The answer as SQLite would give it: flags are 1 and 0.
fn rows(answer: Answer) -> Rows {
    let value = |cell: Cell| match cell {
        Cell::Null => SqlValue::Null,
        Cell::Flag(flag) => SqlValue::Integer(flag.into()),
        Cell::Integer(number) => SqlValue::Integer(number),
        Cell::Real(number) => SqlValue::Real(number),
        Cell::Text(text) => SqlValue::Text(text),
        Cell::Bytes(bytes) => SqlValue::Blob(bytes),
    };
    let row = |row: Vec<Cell>| row.into_iter().map(value).collect();
    Rows {
        columns: answer.columns,
        rows: answer.rows.into_iter().map(row).collect(),
        truncated: answer.truncated,
    }
}

/// What goes wrong once the statement is planned is the cluster's doing more often than the query's.
fn of_cluster(err: AskError) -> CommandError {
    match err {
        AskError::Failed { message, .. } => {
            CommandError::environment(format!("the cluster says: {message}"))
                .hint("the same query without `--cluster` says whether the query is to blame")
        }
        other => other.into(),
    }
}

impl From<AskError> for CommandError {
    fn from(err: AskError) -> Self {
        match &err {
            AskError::Statements { .. } => {
                Self::usage(err).hint("put the whole statement in quotes, as one argument")
            }
            // The message is the whole of it; its source would say the same again.
            AskError::Refused { message, .. } | AskError::Failed { message, .. } => {
                Self::usage(format!("DataFusion says: {message}"))
                    .hint("`show tables` lists the tables, `describe results` the columns of one")
            }
            AskError::Memory(_) | AskError::TooSlow { .. } => {
                Self::environment(err).hint("narrow the query with `where` or `limit`")
            }
            AskError::Value(_) => Self::bug(err),
        }
    }
}

impl From<SessionError> for CommandError {
    fn from(err: SessionError) -> Self {
        match &err {
            SessionError::Segment(_) => Self::environment(err)
                .hint("if nobody puts the history together just now, the lake is damaged"),
            SessionError::Path { .. } | SessionError::Write { .. } => Self::environment(err),
            SessionError::Columns(_) | SessionError::Engine(_) => Self::bug(err),
        }
    }
}

impl From<ClusterError> for CommandError {
    fn from(err: ClusterError) -> Self {
        match err {
            ClusterError::Session(err) => err.into(),
            ClusterError::Address { .. } => Self::usage(err),
            ClusterError::Node { .. } => Self::environment(err),
        }
    }
}
