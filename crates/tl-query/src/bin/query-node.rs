//! A machine of a cluster that answers `throughline sql --cluster`: its scheduler, or an executor.
//!
//! In: addresses. Out: nothing but errors, until it is told to end. Start at [`main`]. Who reaches it
//! can read what it can: it asks nobody for a password.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tl_query::cluster::{ClusterError, Executor, executor, scheduler};
use tokio::net::TcpListener;

/// Run a machine of a cluster for `throughline sql --cluster`
#[derive(Debug, Parser)]
enum Node {
    /// Plan queries and deal them to executors
    Scheduler {
        /// Where clients and executors reach it, such as `10.0.0.5:50050`
        #[arg(value_name = "IP:PORT")]
        listen: SocketAddr,
    },
    /// Compute parts of queries
    Executor {
        /// Address of the scheduler
        #[arg(long, value_name = "IP:PORT")]
        scheduler: SocketAddr,
        /// Where clients and other executors reach this one
        #[arg(long, value_name = "IP:PORT")]
        listen: SocketAddr,
        /// Directory for what it has computed, this executor's alone
        #[arg(long, value_name = "DIR")]
        work: PathBuf,
        /// Parts at a time
        #[arg(long, value_name = "N", default_value_t = 2)]
        slots: usize,
        /// Memory for all parts together, in MiB
        #[arg(long, value_name = "MIB", default_value_t = 2048)]
        memory: u64,
    },
}

fn main() -> ExitCode {
    let node = Node::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(node)),
        Err(err) => Err(err.into()),
    };
    let Err(err) = ended else { return ExitCode::SUCCESS };
    let mut cause: Option<&dyn Error> = Some(&*err);
    while let Some(err) = cause {
        let _nowhere_to_report = writeln!(io::stderr(), "error: {err}");
        cause = err.source();
    }
    ExitCode::from(3)
}

async fn run(node: Node) -> Result<(), Box<dyn Error>> {
    match node {
        Node::Scheduler { listen } => {
            let stop = tokio::signal::ctrl_c();
            let listener = TcpListener::bind(listen).await?;
            tokio::select! {
                ended = scheduler(listener) => Ok(ended?),
                told = stop => Ok(told?),
            }
        }
        Node::Executor { scheduler, listen, work, slots, memory } => {
            fs::create_dir_all(&work)?;
            let memory = memory.saturating_mul(1 << 20);
            let node = Executor { scheduler, listen, work, slots: slots.max(1), memory };
            Ok::<(), ClusterError>(executor(&node).await?).map_err(Into::into)
        }
    }
}
