//! One reading statement, answered within limits.
//!
//! In: a session and a statement, as a person typed it. Out: [`Answer`]. Start at [`ask`].
//! **Invariant:** the statement is planned and looked at before any of it runs: what defines,
//! changes or sets something is refused.

use std::collections::BTreeSet;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::types::{Float64Type, Int64Type};
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, StructArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SQLOptions, SessionContext};
use datafusion::sql::parser::DFParser;
use datafusion::sql::resolve::resolve_table_references;
use futures_util::StreamExt as _;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text; instants are RFC 3339 in UTC, structures as the engine writes them.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The answer to a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a value per column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether there were more rows than the limit.
    pub truncated: bool,
    /// Rows with a `flip_stats` whose flips are a guess.
    pub guessed: usize,
}

/// How much a statement may take; its memory is the session's to limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows returned at most.
    pub rows: usize,
    /// Time at most.
    pub time: Duration,
}

/// Why a statement has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No statement, or several.
    #[error("expected one SQL statement, got {count}")]
    Statements {
        /// How many there are.
        count: usize,
    },
    /// The engine refused the statement.
    #[error("DataFusion says: {message}")]
    Refused {
        /// Its message.
        message: String,
        /// Its error.
        source: Box<DataFusionError>,
    },
    /// The engine began, and could not go on: what it met in the rows, or a cluster's network.
    #[error("DataFusion says: {message}")]
    Failed {
        /// Its message.
        message: String,
        /// Its error.
        source: Box<DataFusionError>,
    },
    /// It needs more memory than it may take.
    #[error("the query needs more memory than it may take")]
    Memory(#[source] Box<DataFusionError>),
    /// It took too long.
    #[error("the query took longer than {} seconds", limit.as_secs())]
    TooSlow {
        /// The limit.
        limit: Duration,
    },
    /// A value could not be read.
    #[error("failed to read the answer")]
    Value(#[from] ArrowError),
}

impl AskError {
    fn refused(err: DataFusionError) -> Self {
        let source = Box::new(err);
        Self::Refused { message: source.strip_backtrace(), source }
    }

    fn failed(err: DataFusionError) -> Self {
        let source = Box::new(err);
        if matches!(source.find_root(), DataFusionError::ResourcesExhausted(_)) {
            return Self::Memory(source);
        }
        Self::Failed { message: source.strip_backtrace(), source }
    }
}

/// Runs a future on as many threads as there are cores; the engine itself takes no other.
///
/// # Errors
/// No thread can be started.
pub async fn on_all_cores<F>(future: F) -> io::Result<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let cores = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let answer = cores.spawn(future).await;
    // What a query that was given up still does is not waited for.
    cores.shutdown_background();
    answer.map_err(|err| match err.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(cancelled) => io::Error::other(cancelled),
    })
}

/// Names of the tables that a statement reads, without those that it makes itself by `with`.
///
/// So a driver need not fetch what nobody asks for.
pub fn named_tables(statement: &str) -> Result<BTreeSet<String>, AskError> {
    let mut named = BTreeSet::new();
    for statement in DFParser::parse_sql(statement).map_err(AskError::refused)? {
        let (tables, _) = resolve_table_references(&statement, true).map_err(AskError::refused)?;
        named.extend(tables.into_iter().map(|table| table.table().to_owned()));
    }
    Ok(named)
}

/// Answers one statement that reads.
pub async fn ask(
    session: &SessionContext,
    statement: &str,
    limits: Limits,
) -> Result<Answer, AskError> {
    let count = DFParser::parse_sql(statement).map_err(AskError::refused)?.len();
    if count != 1 {
        return Err(AskError::Statements { count });
    }
    match tokio::time::timeout(limits.time, answer(session, statement, limits.rows)).await {
        Ok(answer) => answer,
        Err(_) => Err(AskError::TooSlow { limit: limits.time }),
    }
}

async fn answer(
    session: &SessionContext,
    statement: &str,
    limit: usize,
) -> Result<Answer, AskError> {
    let reads =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let frame = session.sql_with_options(statement, reads).await.map_err(AskError::refused)?;
    let fields = frame.schema().fields();
    let columns = fields.iter().map(|field| field.name().clone()).collect();
    let mut answer = Answer { columns, rows: Vec::new(), truncated: false, guessed: 0 };
    let context = Arc::new(frame.task_ctx());
    let plan = frame.create_physical_plan().await.map_err(AskError::refused)?;
    let mut stream = execute_stream(plan, context).map_err(AskError::failed)?;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(AskError::failed)?;
        let wanted = batch.num_rows().min(limit - answer.rows.len());
        answer.truncated = wanted < batch.num_rows();
        add(&mut answer, &batch.slice(0, wanted))?;
        if answer.truncated {
            break;
        }
    }
    Ok(answer)
}

fn add(answer: &mut Answer, batch: &RecordBatch) -> Result<(), ArrowError> {
    let columns: Vec<Vec<Cell>> = batch.columns().iter().map(cells).collect::<Result<_, _>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    for _ in 0..batch.num_rows() {
        answer.rows.push(columns.iter_mut().filter_map(Iterator::next).collect());
    }
    let structures = batch.columns().iter().filter_map(|column| column.as_struct_opt());
    answer.guessed += structures.map(guesses).sum::<usize>();
    Ok(())
}

/// Rows of a `flip_stats` that say that they are not exact.
fn guesses(column: &StructArray) -> usize {
    let exact = column.column_by_name("exact").and_then(|exact| exact.as_boolean_opt());
    exact.map_or(0, |exact| {
        (0..column.len()).filter(|&row| column.is_valid(row) && !exact.value(row)).count()
    })
}

/// The values of a column.
fn cells(column: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    use DataType::{
        Binary, BinaryView, Boolean, FixedSizeBinary, Float16, Float32, Float64, Int8, Int16,
        Int32, Int64, LargeBinary, UInt8, UInt16, UInt32,
    };
    let rows = 0..column.len();
    // A column of nothing but NULL has no mask of its own.
    let nulls = column.logical_nulls();
    let is_null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let or_null = |row: usize, cell: &dyn Fn(usize) -> Cell| {
        if is_null(row) { Cell::Null } else { cell(row) }
    };
    Ok(match column.data_type() {
        Boolean => {
            let flags = column.as_boolean();
            rows.map(|row| or_null(row, &|row| Cell::Flag(flags.value(row)))).collect()
        }
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 => {
            let numbers = cast(column, &Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            rows.map(|row| or_null(row, &|row| Cell::Integer(numbers.value(row)))).collect()
        }
        Float16 | Float32 | Float64 => {
            let numbers = cast(column, &Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            rows.map(|row| or_null(row, &|row| Cell::Real(numbers.value(row)))).collect()
        }
        Binary | LargeBinary | BinaryView | FixedSizeBinary(_) => {
            let bytes = cast(column, &Binary)?;
            let bytes = bytes.as_binary::<i32>();
            rows.map(|row| or_null(row, &|row| Cell::Bytes(bytes.value(row).to_vec()))).collect()
        }
        _ => {
            let options = FormatOptions::default();
            let text = ArrayFormatter::try_new(column, &options)?;
            rows.map(|row| {
                if is_null(row) {
                    return Ok(Cell::Null);
                }
                Ok(Cell::Text(text.value(row).try_to_string()?))
            })
            .collect::<Result<_, ArrowError>>()?
        }
    })
}
