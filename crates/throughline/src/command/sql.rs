//! `throughline sql`: one reading statement over what is known.
//!
//! In: a statement and repositories. Out: its rows. **Invariant:** nothing is written.

#[cfg(feature = "query")]
mod engine;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tl_core::time::Timestamp;
use tl_exec::git::{OpenError, Repository};
use tl_ledger::Ledger;
use tl_ledger::scratch::Scratch;
use tl_ledger::sql::{Limits, Rows, SqlValue};

use super::tables;
use crate::collected;
use crate::context::{Context, Globals, LedgerChoice};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::pipeline::{self, Period};
use crate::ui::{Table, Ui};

/// Longest time for one query.
const TIME: Duration = Duration::from_secs(60);

/// Ask in SQL
///
/// Reads the tables `journeys`, `changes` and `releases` of the repositories, over all time, and
/// `ledger.events`, in SQLite's dialect. Sizes are known for the configured window. `--engine datafusion`
/// asks about results of tests instead: `results`, `tests`, `test_state` and others, in the repository
/// here. Prints a table on a terminal and tab-separated lines in a pipe.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: throughline sql \"select cohort, count(*), avg(failed) from changes group by cohort\""
)]
pub(crate) struct SqlArgs {
    /// One statement: `select`, `with`, `values`, `explain` or (SQLite) `pragma table_info`
    query: String,
    /// Repositories to ask about [default: the one here]
    #[arg(value_name = "REPO")]
    repositories: Vec<PathBuf>,
    /// What answers
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
    /// Let a Ballista cluster answer: the address of its scheduler, with `--engine datafusion`
    #[arg(long, value_name = "df://HOST:PORT")]
    cluster: Option<String>,
    /// Most rows to print
    #[arg(long, value_name = "ROWS", default_value_t = 10_000)]
    limit: usize,
    /// Print one JSON document (`sql/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// What answers a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    /// SQLite, about changes, journeys and releases
    Sqlite,
    /// DataFusion, about results of tests; only in a program that is built with it
    Datafusion,
}

/// `sql/v1`
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    columns: &'a [String],
    rows: Vec<Vec<serde_json::Value>>,
    /// Whether there were more rows than the limit.
    truncated: bool,
}

pub(super) async fn cmd_sql(ui: &mut Ui, globals: &Globals, args: &SqlArgs) -> CmdResult {
    let rows = match args.engine {
        Engine::Sqlite if args.cluster.is_some() => {
            return Err(CommandError::usage("SQLite has no cluster")
                .hint("`--cluster` goes with `--engine datafusion`"));
        }
        Engine::Datafusion if args.cluster.is_some() && globals.offline => {
            return Err(CommandError::usage("a cluster cannot be asked with `--offline`"));
        }
        Engine::Sqlite => sqlite(ui, globals, args).await?,
        Engine::Datafusion => datafusion(ui, globals, args).await?,
    };
    if args.json {
        ui.print_json(&document(&rows))?;
    } else {
        ui.print_table(&table(&rows))?;
    }
    if rows.truncated {
        ui.warn(format!("only the first {} rows are shown; `--limit` shows more", args.limit));
    }
    Ok(Outcome::Done)
}

#[cfg(feature = "query")]
async fn datafusion(ui: &mut Ui, globals: &Globals, args: &SqlArgs) -> Result<Rows, CommandError> {
    // The future of the engine is large, and only one command has it.
    Box::pin(engine::answer(ui, globals, args)).await
}

#[cfg(not(feature = "query"))]
async fn datafusion(_: &mut Ui, _: &Globals, _: &SqlArgs) -> Result<Rows, CommandError> {
    Err(CommandError::usage("this program was built without the query engine")
        .hint("`cargo build --release --features query` builds one with it"))
}

async fn sqlite(ui: &mut Ui, globals: &Globals, args: &SqlArgs) -> Result<Rows, CommandError> {
    let repositories = open_repositories(ui, &args.repositories, &globals.ledger)?;
    let cx = Context::load(ui, globals, repositories.first())?;
    let period = Period { since: Some(Timestamp::default()), ..Period::default() };
    let read = Period::default();
    let (mut histories, mut ledgers) = pipeline::histories(ui, &cx, &repositories, &read).await?;
    if ledgers.is_empty() {
        ledgers.extend(cx.named_ledger().await?);
    }
    let mut scratch = Scratch::open(ledgers.first().and_then(Ledger::path)).await?;
    let options = pipeline::options(&cx, &period, &cx.config().map.teams)?;
    let (gathered, names) =
        pipeline::delivery(ui, &cx, &repositories, &mut histories, &ledgers, &period, true).await?;
    let (delivery, rest) = gathered.split();
    let data = collected::dataset(&histories, &delivery, rest, names, &options)?;
    tables::load(&data, cx.config().map.privacy.names, &mut scratch).await?;
    Ok(scratch.sql(&args.query, Limits { rows: args.limit, time: TIME }).await?)
}

/// The repositories named, or the one here. A ledger that was named can be asked without one.
fn open_repositories(
    ui: &mut Ui,
    paths: &[PathBuf],
    ledger: &LedgerChoice,
) -> Result<Vec<Repository>, CommandError> {
    if !paths.is_empty() {
        return pipeline::open(ui, paths);
    }
    match Repository::open(Path::new(".")) {
        Ok(repository) => Ok(vec![repository]),
        Err(OpenError::NotARepository { .. })
            if matches!(ledger, LedgerChoice::Path(path) if path.exists())
                || matches!(ledger, LedgerChoice::Url(_)) =>
        {
            Ok(Vec::new())
        }
        Err(err) => Err(err.into()),
    }
}

fn document(rows: &Rows) -> Document<'_> {
    let values = |row: &Vec<SqlValue>| row.iter().map(json).collect();
    Document {
        schema: "sql/v1",
        columns: &rows.columns,
        rows: rows.rows.iter().map(values).collect(),
        truncated: rows.truncated,
    }
}

fn json(value: &SqlValue) -> serde_json::Value {
    match value {
        SqlValue::Null => serde_json::Value::Null,
        SqlValue::Integer(value) => (*value).into(),
        SqlValue::Real(value) => (*value).into(),
        SqlValue::Text(value) => value.as_str().into(),
        SqlValue::Blob(bytes) => hex(bytes).into(),
    }
}

fn table(rows: &Rows) -> Table {
    let mut table = Table::new(rows.columns.iter().map(String::as_str));
    table.rows.extend(rows.rows.iter().map(|row| row.iter().map(text).collect()));
    table
}

fn text(value: &SqlValue) -> String {
    match value {
        SqlValue::Null => String::new(),
        SqlValue::Integer(value) => value.to_string(),
        SqlValue::Real(value) => value.to_string(),
        SqlValue::Text(value) => value.clone(),
        SqlValue::Blob(bytes) => hex(bytes),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
