//! `throughline config`: what can be configured, what is, and from where.
//!
//! In: files and variables. Out: the commented defaults, the effective values, or the table of
//! variables. **Invariant:** changes nothing.

use std::path::PathBuf;

use serde::Serialize;
use tl_exec::git::{OpenError, Repository};

use crate::config::env::VARIABLES;
use crate::config::{self, Setting};
use crate::context::{Context, Globals};
use crate::error::{CmdResult, Outcome};
use crate::ui::{Table, Ui};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every key with its default and what it means, as a file to start from
    Defaults,
    Show(ShowArgs),
    /// List the environment variables that Throughline reads
    Env,
}

/// Show every effective value and where it comes from
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// Repository whose configuration to show
    #[arg(default_value = ".", value_name = "REPO")]
    repository: PathBuf,
    /// Print one JSON document (`config/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// `config/v1`
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    settings: &'a [Setting],
}

pub(super) fn cmd_config(ui: &mut Ui, globals: &Globals, command: &ConfigCommand) -> CmdResult {
    match command {
        ConfigCommand::Defaults => ui.print(config::DEFAULTS)?,
        ConfigCommand::Show(args) => return show(ui, globals, args),
        ConfigCommand::Env => {
            let mut table = Table::new(["variable", "since", "what it does"]);
            table.rows.extend(VARIABLES.iter().map(|variable| {
                let what = variable
                    .key
                    .map_or_else(|| variable.what.to_owned(), |key| format!("Sets `{key}`"));
                vec![variable.name.to_owned(), variable.since.to_owned(), what]
            }));
            ui.print_table(&table)?;
        }
    }
    Ok(Outcome::Done)
}

fn show(ui: &mut Ui, globals: &Globals, args: &ShowArgs) -> CmdResult {
    let repository = match Repository::open(&args.repository) {
        Ok(repository) => Some(repository),
        // Outside of a repository there is still the user's own file.
        Err(OpenError::NotARepository { .. }) => None,
        Err(err) => return Err(err.into()),
    };
    let cx = Context::load(ui, globals, repository.as_ref())?;
    let settings = &cx.loaded.settings;
    if args.json {
        ui.print_json(&Document { schema: "config/v1", settings })?;
    } else {
        let mut table = Table::new(["key", "value", "origin"]);
        let row = |s: &Setting| vec![s.key.clone(), s.value.clone(), s.origin.clone()];
        table.rows.extend(settings.iter().map(row));
        ui.print_table(&table)?;
    }
    Ok(Outcome::Done)
}
