//! A session: the engine with its tables and limits.
//!
//! In: the segments that the ledger lists, and the other tables. Out: a context to ask. Start at
//! [`session`]. **Invariant:** where a query reads `results`, its files are those of one manifest, each
//! with the size and the SHA-256 that it says.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::error::ArrowError;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionState;
use datafusion::prelude::{SessionConfig, SessionContext};
use tl_core::segment::Segment;
use tl_lake::place::Place;
use tl_lake::scan::{ScanError, check};

use crate::files::Files;
use crate::flip_stats::flip_stats;
use crate::tables::{Tables, results_schema};

/// The segments of a lake on this machine.
#[derive(Debug, Clone)]
pub struct Lake {
    /// Directory that the paths of the segments begin at.
    pub root: PathBuf,
    /// The segments of one manifest.
    pub segments: Vec<Segment>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A segment is missing, or not what the ledger says.
    #[error(transparent)]
    Segment(#[from] ScanError),
    /// A path that the engine cannot name.
    #[error("`{path}` is not an absolute path that is text")]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// A table could not be made.
    #[error("failed to make the columns of a table")]
    Columns(#[source] ArrowError),
    /// A table could not be written for a cluster to read.
    #[error("failed to write table `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The engine refused the tables.
    #[error("failed to prepare the query engine")]
    Engine(#[source] DataFusionError),
}

/// A session in this process for a query that reads the tables `named`, over a lake and the other
/// tables; `memory` in bytes, at most.
pub fn session(
    lake: &Lake,
    tables: &Tables,
    named: &BTreeSet<String>,
    memory: usize,
) -> Result<SessionContext, SessionError> {
    with_config(config(), lake, tables, named, memory)
}

/// The same with another configuration.
pub(crate) fn with_config(
    config: SessionConfig,
    lake: &Lake,
    tables: &Tables,
    named: &BTreeSet<String>,
    memory: usize,
) -> Result<SessionContext, SessionError> {
    let context = SessionContext::new_with_state(state(config, runtime(memory)?));
    let results = Arc::new(results(lake, named.contains("results"))?);
    context.register_table("results", results).map_err(SessionError::Engine)?;
    for (name, batch) in tables.batches().map_err(SessionError::Columns)? {
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]);
        let table = Arc::new(table.map_err(SessionError::Engine)?);
        context.register_table(name, table).map_err(SessionError::Engine)?;
    }
    Ok(context)
}

/// A session's state: all functions of the engine, and ours.
pub(crate) fn state(config: SessionConfig, runtime: Arc<RuntimeEnv>) -> SessionState {
    let builder = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime);
    let mut state = builder.with_default_features().build();
    let aggregates = state.aggregate_functions().values().cloned();
    let all = aggregates.chain([Arc::new(flip_stats())]).collect();
    state = SessionStateBuilder::new_from_existing(state).with_aggregate_functions(all).build();
    state
}

/// What the engine is told.
///
/// Files stay in the stretches that [`Files`] deals them to, and no row changes its stretch before it
/// is counted: so the parts that `flip_stats` puts together do not overlap in time.
pub(crate) fn config() -> SessionConfig {
    SessionConfig::new()
        .with_information_schema(true)
        .with_round_robin_repartition(false)
        .set_bool("datafusion.execution.enable_file_stream_work_stealing", false)
        // A row by itself is a state of 41 bytes: never cheaper than to add rows up first.
        .set_str("datafusion.execution.skip_partial_aggregation_probe_ratio_threshold", "2")
        .set_bool("datafusion.execution.parquet.pushdown_filters", true)
}

/// Memory at most, and no file written: a query that needs more ends with an error.
pub(crate) fn runtime(memory: usize) -> Result<Arc<RuntimeEnv>, SessionError> {
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
    RuntimeEnvBuilder::new()
        .with_memory_limit(memory, 1.0)
        .with_disk_manager_builder(disk)
        .build_arc()
        .map_err(SessionError::Engine)
}

/// `results` over the segments of `lake`, in the order in which a direct scan reads them.
///
/// With `whole` every file is read once before: what is not what the ledger says is no answer.
pub(crate) fn results(lake: &Lake, whole: bool) -> Result<Files, SessionError> {
    let mut segments: Vec<&Segment> = lake.segments.iter().collect();
    segments.sort_by_key(|segment| (segment.first, segment.last, segment.id));
    let place = Place::Directory(lake.root.clone());
    let mut files = Files::new(results_schema());
    for segment in segments {
        if whole {
            check(&place, segment)?;
        }
        let path = lake.root.join(&segment.path);
        if !files.push(&path, segment.bytes, segment.rows) {
            return Err(SessionError::Path { path });
        }
    }
    Ok(files)
}
