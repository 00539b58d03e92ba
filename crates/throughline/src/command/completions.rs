//! `throughline completions`: what a shell needs to complete our commands and flags.
//!
//! In: the name of a shell. Out: its script. **Invariant:** made from the same arguments that
//! are parsed, so it cannot be out of date.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::{CmdResult, Outcome};
use crate::ui::{OutputError, Ui};

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Shell to print it for
    shell: Shell,
}

pub(super) fn cmd_completions(ui: &mut Ui, args: &CompletionsArgs) -> CmdResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "throughline", &mut script);
    std::io::Write::write_all(ui.out(), &script).map_err(OutputError::from)?;
    Ok(Outcome::Done)
}
