//! `throughline test`: is a run of tests really red, and was it seen whole?
//!
//! In: reports of any runner, or the command that writes them. Out: the gate's answer as exit code,
//! with every reason. Start at [`cmd_test`]. **Invariant:** silence is never green: no report, or
//! one that breaks off, is exit code 3.

mod diff;
mod evidence;
mod gate;
mod output;
mod quarantine;
mod run;

use crate::context::Globals;
use crate::error::CmdResult;
use crate::ui::Ui;

/// Decide whether a run of tests is really red
///
/// Reads the reports of any runner, takes failures out that the team's quarantine knows, and says
/// no to evidence that is not whole.
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    #[command(subcommand)]
    command: TestCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TestCommand {
    Run(Box<run::RunArgs>),
    Gate(Box<gate::GateArgs>),
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
}

impl TestArgs {
    /// Whether the output is for a program.
    pub(super) const fn json(&self) -> bool {
        match &self.command {
            TestCommand::Run(args) => args.output.is_for_programs(),
            TestCommand::Gate(args) => args.output.is_for_programs(),
            TestCommand::Quarantine(_) => false,
        }
    }
}

/// What the exit codes of the gate mean.
const GATE_EXIT_CODES: &str = "Exit codes: 0 no failure is left, 1 a test failed for a reason \
that nobody knows, 2 bad arguments or a quarantine file that does not read, 3 the evidence is \
missing, broken or not whole, 4 the quarantine is over its cap, or an entry over its end.";

pub(super) fn cmd_test(ui: &mut Ui, globals: &Globals, args: &TestArgs) -> CmdResult {
    match &args.command {
        TestCommand::Run(args) => run::cmd_run(ui, globals, args),
        TestCommand::Gate(args) => gate::cmd_gate(ui, globals, args),
        TestCommand::Quarantine(command) => quarantine::cmd_quarantine(ui, globals, command),
    }
}
