//! The tables beside `results`: what the numbers in a lake's rows stand for, and the ledger's events.
//!
//! In: rows that the driver read from the ledger. Out: columns. Start at [`Tables`].
//! **Invariant:** a number of a row is the `id` of another table; what is not known is NULL.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMillisecondArray,
    UInt32Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use tl_core::event::Event;
use tl_core::time::Timestamp;

/// All tables but `results`, whole.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// `tests`
    pub tests: Vec<TestRow>,
    /// `commits`
    pub commits: Vec<CommitRow>,
    /// `variants`
    pub variants: Vec<VariantRow>,
    /// `runs`
    pub runs: Vec<RunRow>,
    /// `signatures`
    pub signatures: Vec<SignatureRow>,
    /// `test_state`
    pub test_state: Vec<StateRow>,
    /// `events`
    pub events: Vec<Event>,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRow {
    /// Its number in `results`.
    pub id: u32,
    /// Its key, as people type it.
    pub key: String,
    /// How it is shown to people.
    pub title: String,
    /// Class, module or package; empty where the report has none.
    pub class: String,
    /// Its own name.
    pub name: String,
    /// File that it stands in; empty where the report does not say.
    pub file: String,
}

/// A commit that tests ran on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRow {
    /// Its number in `results`.
    pub id: u32,
    /// Its id in git.
    pub sha: String,
    /// Instant of its first run that was recorded.
    pub first_run: Timestamp,
}

/// An environment that tests ran in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantRow {
    /// Its number in `results`.
    pub id: u32,
    /// Such as `os=linux,python=3.13`; empty for the only one.
    pub variant: String,
}

/// One run of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its number in `results`.
    pub id: u32,
    /// Number of its commit.
    pub commit: u32,
    /// Number of its variant.
    pub variant: u32,
    /// When it was.
    pub at: Timestamp,
    /// Which attempt of its pipeline, from 1.
    pub attempt: u32,
    /// Job of the pipeline; empty where there is none.
    pub job: String,
    /// Which part of the tests, such as `2/5`; empty for all of them.
    pub shard: String,
    /// Build of the CI system; empty where there is none.
    pub build: String,
    /// The change under test; empty where there is none.
    pub change: String,
    /// Who wrote the change, as the ledger calls people; empty where nobody is known.
    pub author: String,
    /// Whether its reports were seen whole.
    pub complete: bool,
    /// Whether it ran only some of the tests, on purpose.
    pub selected: bool,
    /// Executions of tests.
    pub cases: u64,
    /// Red ones among them.
    pub red: u64,
    /// Sum of the tests' durations in milliseconds.
    pub ms: u64,
}

/// A reason to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRow {
    /// Its number in `results`; 0 is none.
    pub id: u32,
    /// Its hash, as people type it.
    pub signature: String,
    /// Class of a machine's failure, such as `disk-full`; empty for the test's own.
    pub infra: String,
    /// Its message, with what differs from time to time masked.
    pub template: String,
}

/// What the ledger keeps of one test in one variant, over first attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct StateRow {
    /// Number of the test.
    pub test: u32,
    /// Number of the variant.
    pub variant: u32,
    /// Its class, such as `flaky`.
    pub class: String,
    /// When it was seen first.
    pub first: Timestamp,
    /// When it was seen last.
    pub last: Timestamp,
    /// First attempts on merged code, but those that a machine failed.
    pub runs: u64,
    /// Red ones among them.
    pub red: u64,
    /// Changes of the result from commit to commit: fewer than those from row to row.
    pub flips: u64,
    /// Green ones since the last commit with a red one.
    pub clean: u64,
    /// Commits on which it failed, and passed later.
    pub divergent: u64,
    /// First attempts that a machine failed.
    pub infra: u64,
    /// Share of red ones, the newest weighing most; `None` without a run.
    pub lately: Option<f64>,
}

/// How a column is read from a row. What may be absent is NULL then.
enum Read<T> {
    Id(fn(&T) -> u32),
    Count(fn(&T) -> u64),
    Flag(fn(&T) -> bool),
    Rate(fn(&T) -> Option<f64>),
    Text(fn(&T) -> Option<Cow<'_, str>>),
    Instant(fn(&T) -> Timestamp),
}

/// A column of a table.
type Column<T> = (&'static str, Read<T>);

const TESTS: &[Column<TestRow>] = &[
    ("id", Read::Id(|row| row.id)),
    ("key", Read::Text(|row| known(&row.key))),
    ("title", Read::Text(|row| known(&row.title))),
    ("class", Read::Text(|row| known(&row.class))),
    ("name", Read::Text(|row| known(&row.name))),
    ("file", Read::Text(|row| known(&row.file))),
];

const COMMITS: &[Column<CommitRow>] = &[
    ("id", Read::Id(|row| row.id)),
    ("sha", Read::Text(|row| known(&row.sha))),
    ("first_run", Read::Instant(|row| row.first_run)),
];

const VARIANTS: &[Column<VariantRow>] = &[
    ("id", Read::Id(|row| row.id)),
    ("variant", Read::Text(|row| Some(Cow::from(row.variant.as_str())))),
];

const RUNS: &[Column<RunRow>] = &[
    ("id", Read::Id(|row| row.id)),
    ("commit", Read::Id(|row| row.commit)),
    ("variant", Read::Id(|row| row.variant)),
    ("at", Read::Instant(|row| row.at)),
    ("attempt", Read::Id(|row| row.attempt)),
    ("job", Read::Text(|row| known(&row.job))),
    ("shard", Read::Text(|row| known(&row.shard))),
    ("build", Read::Text(|row| known(&row.build))),
    ("change", Read::Text(|row| known(&row.change))),
    ("author", Read::Text(|row| known(&row.author))),
    ("complete", Read::Flag(|row| row.complete)),
    ("selected", Read::Flag(|row| row.selected)),
    ("cases", Read::Count(|row| row.cases)),
    ("red", Read::Count(|row| row.red)),
    ("ms", Read::Count(|row| row.ms)),
];

const SIGNATURES: &[Column<SignatureRow>] = &[
    ("id", Read::Id(|row| row.id)),
    ("signature", Read::Text(|row| known(&row.signature))),
    ("infra", Read::Text(|row| known(&row.infra))),
    ("template", Read::Text(|row| known(&row.template))),
];

const TEST_STATE: &[Column<StateRow>] = &[
    ("test", Read::Id(|row| row.test)),
    ("variant", Read::Id(|row| row.variant)),
    ("class", Read::Text(|row| known(&row.class))),
    ("first", Read::Instant(|row| row.first)),
    ("last", Read::Instant(|row| row.last)),
    ("runs", Read::Count(|row| row.runs)),
    ("red", Read::Count(|row| row.red)),
    ("flips", Read::Count(|row| row.flips)),
    ("clean", Read::Count(|row| row.clean)),
    ("divergent", Read::Count(|row| row.divergent)),
    ("infra", Read::Count(|row| row.infra)),
    ("lately", Read::Rate(|row| row.lately)),
];

const EVENTS: &[Column<Event>] = &[
    ("id", Read::Text(|row| Some(Cow::from(row.id.to_string())))),
    ("kind", Read::Text(|row| known(&row.kind))),
    ("at", Read::Instant(|row| row.at)),
    ("source", Read::Text(|row| known(&row.source))),
    ("key", Read::Text(|row| known(&row.key))),
    ("subject", Read::Text(|row| known(&row.subject))),
    ("actor", Read::Text(|row| row.actor.as_deref().map(Cow::from))),
    ("refs", Read::Text(|row| serde_json::to_string(&row.refs).ok().map(Cow::from))),
    ("data", Read::Text(|row| Some(Cow::from(row.data.to_string())))),
];

/// Names of all tables, `results` first.
pub const NAMES: [&str; 8] =
    ["results", "tests", "commits", "variants", "runs", "signatures", "test_state", "events"];

fn known(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then(|| Cow::from(text))
}

impl Tables {
    /// Each table but `results`: its name and its rows as columns.
    pub fn batches(&self) -> Result<Vec<(&'static str, RecordBatch)>, ArrowError> {
        Ok(vec![
            ("tests", batch(TESTS, &self.tests)?),
            ("commits", batch(COMMITS, &self.commits)?),
            ("variants", batch(VARIANTS, &self.variants)?),
            ("runs", batch(RUNS, &self.runs)?),
            ("signatures", batch(SIGNATURES, &self.signatures)?),
            ("test_state", batch(TEST_STATE, &self.test_state)?),
            ("events", batch(EVENTS, &self.events)?),
        ])
    }
}

fn batch<T>(columns: &[Column<T>], rows: &[T]) -> Result<RecordBatch, ArrowError> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, read)| Field::new(*name, read.data_type(), true)).collect();
    let arrays = columns.iter().map(|(_, read)| read.array(rows)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

impl<T> Read<T> {
    fn data_type(&self) -> DataType {
        match self {
            Self::Id(_) => DataType::UInt32,
            Self::Count(_) => DataType::Int64,
            Self::Flag(_) => DataType::Boolean,
            Self::Rate(_) => DataType::Float64,
            Self::Text(_) => DataType::Utf8,
            Self::Instant(_) => instant(),
        }
    }

    fn array(&self, rows: &[T]) -> ArrayRef {
        match self {
            Self::Id(read) => Arc::new(UInt32Array::from_iter_values(rows.iter().map(read))),
            Self::Count(read) => {
                let counts = rows.iter().map(|row| i64::try_from(read(row)).unwrap_or(i64::MAX));
                Arc::new(Int64Array::from_iter_values(counts))
            }
            Self::Flag(read) => {
                Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(read(row)))))
            }
            Self::Rate(read) => Arc::new(Float64Array::from_iter(rows.iter().map(read))),
            Self::Text(read) => Arc::new(StringArray::from_iter(rows.iter().map(read))),
            Self::Instant(read) => {
                let instants = rows.iter().map(|row| read(row).as_millis());
                Arc::new(TimestampMillisecondArray::from_iter_values(instants).with_timezone("UTC"))
            }
        }
    }
}

fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// The columns of `results`, as segments have them.
pub fn results_schema() -> SchemaRef {
    let number = |name| Field::new(name, DataType::UInt32, false);
    let small = |name| Field::new(name, DataType::UInt8, false);
    Arc::new(Schema::new(vec![
        number("test"),
        number("commit"),
        number("variant"),
        number("run"),
        Field::new("at", instant(), false),
        small("status"),
        small("attempt"),
        number("ms"),
        number("signature"),
    ]))
}
