//! The same tables and the same function on several machines: Ballista's scheduler and executors.
//!
//! In: a scheduler's address, a lake that all machines see under one path. Out: a session whose
//! queries run there. Start at [`connect`]; [`scheduler`] and [`executor`] are the two kinds of
//! machines, since a stock executor does not know `flip_stats`. **Invariant:** none of them knows
//! a password: who reaches a scheduler can read what its executors can.

use std::any::Any;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ballista::extension::SessionContextExt as _;
use ballista_core::ConfigProducer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::extension::SessionConfigExt as _;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::metrics::default_metrics_collector;
use ballista_scheduler::scheduler_process::start_grpc_service_with_listener;
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::{Result as EngineResult, TableReference, not_impl_err};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use tokio::net::TcpListener;

use crate::files::Files;
use crate::flip_stats::flip_stats;
use crate::session::{self, Lake, SessionError};
use crate::tables::Tables;

/// Stretches that a table's files are dealt to, and so tasks of a stage.
const STRETCHES: usize = 16;

/// Executors ask for work: each needs one port, and nobody connects to it but for its results.
const POLICY: TaskSchedulingPolicy = TaskSchedulingPolicy::PullStaged;

/// Why a cluster does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A scheduler's address that does not read `df://HOST:PORT`.
    #[error("`{url}` is no address of a scheduler: it reads `df://HOST:PORT`")]
    Address {
        /// What was given.
        url: String,
    },
    /// The tables could not be made ready.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A scheduler or an executor could not start, or ended.
    #[error("failed to run a {role} of the cluster")]
    Node {
        /// `scheduler` or `executor`.
        role: &'static str,
        /// Why.
        source: BallistaError,
    },
}

/// An executor: works for one scheduler.
#[derive(Debug, Clone)]
pub struct Executor {
    /// The scheduler's address.
    pub scheduler: SocketAddr,
    /// Where other machines fetch what this one has computed.
    pub listen: SocketAddr,
    /// Directory of what it has computed; the executor makes and removes files in it.
    pub work: PathBuf,
    /// Tasks at a time.
    pub slots: usize,
    /// Bytes of memory for all tasks together.
    pub memory: u64,
}

/// A session whose queries run on the cluster of the scheduler at `url`.
///
/// Tables that are not in the lake cannot be sent with a query: those of `named` are written to
/// `folder`, which all machines have to see under the same path, and which no query before had; who
/// calls removes it.
pub async fn connect(
    url: &str,
    lake: &Lake,
    tables: &Tables,
    named: &BTreeSet<String>,
    folder: &Path,
    memory: usize,
) -> Result<SessionContext, ClusterError> {
    let address = url.strip_prefix("df://").and_then(|rest| rest.rsplit_once(':'));
    if !address.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
        return Err(ClusterError::Address { url: url.to_owned() });
    }
    let state = session::state(cluster_config(), session::runtime(memory)?);
    let context = SessionContext::remote_with_state(url, state).await;
    let context = context.map_err(SessionError::Engine)?;
    // The change to a remote session resets the functions to those that Ballista knows.
    context.register_udaf(flip_stats());
    let results = Arc::new(session::results(lake, named.contains("results"))?);
    context.register_table("results", results).map_err(SessionError::Engine)?;
    for (name, batch) in tables.batches().map_err(SessionError::Columns)? {
        register(&context, name, batch, named, folder)?;
    }
    Ok(context)
}

/// Writes a table that the query names; of the others the columns are enough.
fn register(
    context: &SessionContext,
    name: &str,
    batch: RecordBatch,
    named: &BTreeSet<String>,
    folder: &Path,
) -> Result<(), SessionError> {
    let mut table = Files::new(batch.schema());
    if named.contains(name) && batch.num_rows() > 0 {
        let path = folder.join(format!("{name}.parquet"));
        let bytes = write(&path, &batch)
            .map_err(|source| SessionError::Write { path: path.clone(), source })?;
        if !table.push(&path, bytes, batch.num_rows() as u64) {
            return Err(SessionError::Path { path });
        }
    }
    context.register_table(name, Arc::new(table)).map_err(SessionError::Engine)?;
    Ok(())
}

/// Writes a new file; returns its size.
fn write(path: &Path, batch: &RecordBatch) -> io::Result<u64> {
    let mut writer = ArrowWriter::try_new(File::create_new(path)?, batch.schema(), None)?;
    writer.write(batch)?;
    writer.close()?;
    path.metadata().map(|metadata| metadata.len())
}

fn cluster_config() -> SessionConfig {
    session::config()
        .with_target_partitions(STRETCHES)
        .with_ballista_logical_extension_codec(Arc::new(Codec::default()))
        .upgrade_for_ballista()
}

/// How a plan is sent to the scheduler: as Ballista does, and [`Files`] as lists.
#[derive(Debug, Default)]
struct Codec(BallistaLogicalExtensionCodec);

impl LogicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> EngineResult<Extension> {
        self.0.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, bytes: &mut Vec<u8>) -> EngineResult<()> {
        self.0.try_encode(node, bytes)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _: &TableReference,
        schema: SchemaRef,
        _: &TaskContext,
    ) -> EngineResult<Arc<dyn TableProvider>> {
        Ok(Arc::new(Files::decode(schema, bytes)?))
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> EngineResult<()> {
        let table: &dyn Any = table.as_ref();
        let Some(files) = table.downcast_ref::<Files>() else {
            return not_impl_err!("table `{name}` cannot be sent to a cluster");
        };
        bytes.extend(files.encode()?);
        Ok(())
    }
}

/// Runs a scheduler on `listener` until the future is dropped or it cannot go on.
pub async fn scheduler(listener: TcpListener) -> Result<(), ClusterError> {
    let failed = |source| ClusterError::Node { role: "scheduler", source };
    let name = listener.local_addr().map_err(|err| failed(err.into()))?.to_string();
    // It plans and holds no rows, so the session's own limit is the client's.
    let sessions = Arc::new(|config| Ok(session::state(config, Arc::default())));
    let producer: ConfigProducer = Arc::new(cluster_config);
    let cluster = BallistaCluster::new_memory(&name, sessions, producer);
    let config = SchedulerConfig {
        scheduler_id: name.clone(),
        scheduling_policy: POLICY,
        ..SchedulerConfig::default()
    };
    let metrics = default_metrics_collector().map_err(failed)?;
    let config_of_plans = cluster_config();
    let codec: BallistaCodec = BallistaCodec::new(
        config_of_plans.ballista_logical_extension_codec(),
        config_of_plans.ballista_physical_extension_codec(),
    );
    let mut server = SchedulerServer::new(name, cluster, codec, Arc::new(config), metrics);
    server.init().await.map_err(failed)?;
    start_grpc_service_with_listener(listener, server).await.map_err(failed)
}

/// Runs an executor until the future is dropped, the process is told to end, or it cannot go on.
pub async fn executor(executor: &Executor) -> Result<(), ClusterError> {
    let state = session::state(cluster_config(), Arc::default());
    let config = ExecutorProcessConfig {
        bind_host: executor.listen.ip().to_string(),
        external_host: Some(executor.listen.ip().to_string()),
        port: executor.listen.port(),
        scheduler_host: executor.scheduler.ip().to_string(),
        scheduler_port: executor.scheduler.port(),
        scheduler_connect_timeout_seconds: 20,
        task_scheduling_policy: POLICY,
        vcores: executor.slots,
        work_dir: Some(executor.work.display().to_string()),
        memory_pool_size: Some(executor.memory),
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
        override_config_producer: Some(Arc::new(cluster_config)),
        ..ExecutorProcessConfig::default()
    };
    let ended = start_executor_process(Arc::new(config)).await;
    ended.map_err(|source| ClusterError::Node { role: "executor", source })
}
