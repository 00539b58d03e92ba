//! `cargo xtask oracle`: the program against what others computed from the same data.
//!
//! In: data that somebody else published; none of it is in this repository. Out: what
//! `tl-bench`'s program `oracle` says; exit code 1 where anything differs.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::process::{cargo, root, run as run_command};

/// Where the data of the oracles is looked for: beside this repository.
const BESIDE: &str = "../shared/data/devlake";

/// Who is asked.
#[derive(clap::Subcommand)]
pub(crate) enum Oracle {
    /// The tables that DevLake expects of its own plugins, row by row
    Devlake(DevlakeArgs),
    /// Apache ZooKeeper: from ticket opened to commit and release
    Zookeeper(ZookeeperArgs),
}

/// DevLake's end-to-end tests.
#[derive(clap::Args)]
pub(crate) struct DevlakeArgs {
    /// Copy of DevLake, or of its `backend/plugins/*/e2e` alone
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// List the columns that are compared, and those that are not, with the reason
    #[arg(long)]
    columns: bool,
    /// The definitions that differ on purpose; DevLake's is the only set there is
    #[arg(long, value_name = "PRODUCT", value_parser = ["devlake"], default_value = "devlake")]
    compat: String,
}

/// A repository, and what is known of its tickets.
#[derive(clap::Args)]
pub(crate) struct ZookeeperArgs {
    /// Clone of apache/zookeeper
    #[arg(long, value_name = "PATH")]
    repo: PathBuf,
    /// Copy of hosseinkshvrz/apachejit, or of its `data` alone
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
}

/// Asks one oracle.
pub(crate) fn run(oracle: &Oracle) -> Result<(), Failure> {
    let mut program = cargo();
    program.args(["run", "--quiet", "--release", "--package", "tl-bench", "--bin", "oracle", "--"]);
    match oracle {
        Oracle::Devlake(args) => {
            let data = args.data.clone().unwrap_or_else(|| root().join(BESIDE));
            program.arg("devlake").arg(absolute(&data)?);
            if args.columns {
                program.arg("--columns");
            }
        }
        Oracle::Zookeeper(args) => {
            program.arg("zookeeper").arg(absolute(&args.repo)?).arg(absolute(&args.data)?);
        }
    }
    run_command(&mut program)
}

/// The path from the root, which is where the program is started.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(Failure::io(format!("find `{}`", path.display())))
}
