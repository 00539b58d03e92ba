//! `throughline mcp`: what the ledger knows, as tools for an agent on this machine.
//!
//! In: a repository or a ledger. Out: the Model Context Protocol over standard input and output, until the
//! input ends. **Invariant:** nothing but the protocol is written to standard output.

use std::path::PathBuf;

use tl_exec::git::Repository;
use tl_server::app::App;
use tl_server::mcp::Tools;

use super::serve::alone;
use super::serve::place::PlaceArgs;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::pipeline;
use crate::ui::Ui;

/// Answer an agent's questions over MCP, on standard input and output
///
/// Where work waits, how risky paths are and who owns them, whether a package is real, whether a test is
/// flaky, what the last incidents were. Every tool only reads. `throughline serve` has the same at `/mcp`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: claude mcp add throughline -- throughline mcp")]
pub(crate) struct McpArgs {
    /// Repositories to measure beside those that were collected [default: the one here, if there is one]
    #[arg(value_name = "REPO")]
    repositories: Vec<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

pub(super) async fn cmd_mcp(ui: &mut Ui, globals: &Globals, args: &McpArgs) -> CmdResult {
    let repositories = match args.repositories.as_slice() {
        [] => Repository::open(".".as_ref()).into_iter().collect(),
        named => pipeline::open(ui, named)?,
    };
    let globals = globals.with_ledger(args.place.choose(globals, &repositories)?);
    let (_, setup) = alone(ui, &globals, &repositories).await?;
    let done = Tools::new(App::new(setup)).over_stdio().await;
    done.map_err(CommandError::environment)?;
    Ok(Outcome::Done)
}
