//! `throughline map`: from a git history to where the time goes.
//!
//! PLACEHOLDER until the command is wired to `tl-collect`, `tl-map` and `report`.

use std::path::PathBuf;

use tl_exec::git::Repository;

use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError};
use crate::ui::Ui;

/// Show where changes wait between first commit and release
#[derive(Debug, clap::Args)]
pub(crate) struct MapArgs {
    /// Repositories to read
    #[arg(default_value = ".", value_name = "REPO")]
    repositories: Vec<PathBuf>,
    /// Print one JSON document (`map/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn cmd_map(ui: &mut Ui, globals: &Globals, args: &MapArgs) -> CmdResult {
    let repositories = args.repositories.iter().map(|path| Repository::open(path));
    let repositories: Vec<Repository> = repositories.collect::<Result<_, _>>()?;
    let cx = Context::load(ui, globals, repositories.first())?;
    ui.status(format_args!("{} days until {}", cx.config().map.window_days, cx.now.date()));
    Err(CommandError::bug("`throughline map` is not wired up yet"))
}
