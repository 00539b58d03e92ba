//! `throughline test`: is a run of tests really red, and was it seen whole?
//!
//! In: reports of any runner, or the command that writes them. Out: the gate's answer as exit code,
//! with every reason. Start at [`cmd_test`]. **Invariant:** silence is never green: no report, or
//! one that breaks off, is exit code 3.

mod change;
mod choose;
mod ci_time;
mod comment;
mod coverage;
mod diff;
mod evidence;
mod flaky;
mod gate;
mod keep;
mod output;
mod quarantine;
mod record;
mod remember;
mod rerun;
mod run;
pub(super) mod shelf;
mod which;

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
    Record(Box<record::RecordArgs>),
    Flaky(flaky::FlakyArgs),
    Rerun(rerun::RerunArgs),
    Order(choose::OrderArgs),
    Select(choose::SelectArgs),
    Split(choose::SplitArgs),
    CiTime(ci_time::CiTimeArgs),
    #[command(subcommand)]
    History(keep::HistoryCommand),
    Coverage(coverage::CoverageArgs),
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
}

impl TestArgs {
    /// Whether the output is for a program.
    pub(super) const fn json(&self) -> bool {
        match &self.command {
            TestCommand::Run(args) => args.output.is_for_programs(),
            TestCommand::Gate(args) => args.output.is_for_programs(),
            TestCommand::Flaky(args) => args.json,
            TestCommand::Rerun(args) => args.json,
            TestCommand::Order(args) => args.json,
            TestCommand::Select(args) => args.json,
            TestCommand::Split(args) => args.json,
            TestCommand::CiTime(args) => args.json,
            TestCommand::Coverage(args) => args.json,
            TestCommand::Record(_) | TestCommand::History(_) | TestCommand::Quarantine(_) => false,
        }
    }
}

/// What the exit codes of the gate mean.
const GATE_EXIT_CODES: &str = "Exit codes: 0 no failure is left, 1 a test failed for a reason \
that nobody knows, 2 bad arguments or a quarantine file that does not read, 3 the evidence is \
missing, broken or not whole, 4 the quarantine is over its cap, or an entry over its end.";

pub(super) async fn cmd_test(ui: &mut Ui, globals: &Globals, args: &TestArgs) -> CmdResult {
    match &args.command {
        TestCommand::Run(args) => run::cmd_run(ui, globals, args).await,
        TestCommand::Gate(args) => gate::cmd_gate(ui, globals, args).await,
        TestCommand::Record(args) => record::cmd_record(ui, globals, args).await,
        TestCommand::Flaky(args) => flaky::cmd_flaky(ui, globals, args).await,
        TestCommand::Rerun(args) => rerun::cmd_rerun(ui, globals, args).await,
        TestCommand::Coverage(args) => coverage::cmd_coverage(ui, globals, args).await,
        TestCommand::Order(args) => choose::cmd_order(ui, globals, args).await,
        TestCommand::Select(args) => choose::cmd_select(ui, globals, args).await,
        TestCommand::Split(args) => choose::cmd_split(ui, globals, args).await,
        TestCommand::CiTime(args) => ci_time::cmd_ci_time(ui, globals, args).await,
        TestCommand::History(command) => keep::cmd_history(ui, globals, command).await,
        TestCommand::Quarantine(command) => quarantine::cmd_quarantine(ui, globals, command).await,
    }
}
