//! `throughline test gate`: the gate over reports that are there.

use tl_core::time::Timestamp;
use tl_test::gate::{Expected, Process};

use super::evidence::{EvidenceArgs, Read};
use super::output::{self, OutputArgs};
use super::{GATE_EXIT_CODES, diff};
use crate::clock;
use crate::config::env::TL_NOW;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError};
use crate::ui::Ui;

/// Judge reports of tests
///
/// Files, directories, globs, or `-` for standard input; the format is recognised by what is in it.
/// A failure that `.throughline/quarantine.toml` knows is masked, unless the change touches the test;
/// every other one is exit code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = GATE_EXIT_CODES)]
pub(super) struct GateArgs {
    /// Reports
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<String>,
    /// How the runner ended: its exit code
    #[arg(long, value_name = "CODE", conflicts_with = "signal")]
    exit_code: Option<i32>,
    /// How the runner ended: the signal that ended it
    #[arg(long, value_name = "SIGNAL")]
    signal: Option<i32>,
    /// The runner, such as `pytest`: what its exit codes mean
    #[arg(long, value_name = "PROGRAM")]
    runner: Option<String>,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) fn cmd_gate(ui: &mut Ui, globals: &Globals, args: &GateArgs) -> CmdResult {
    let now = now(globals)?;
    let read = Read::files(ui, &args.reports, &args.evidence, args.output.wants_cases())?;
    let process = (args.exit_code.is_some() || args.signal.is_some()).then(|| Process {
        code: args.exit_code,
        signal: args.signal,
        timed_out: false,
        program: args.runner.iter().cloned().collect(),
    });
    let expected = args.evidence.expected();
    judge(ui, globals, &Judged { read, process, expected, now }, &args.evidence, &args.output)
}

/// A run that was read.
pub(super) struct Judged {
    pub(super) read: Read,
    pub(super) process: Option<Process>,
    pub(super) expected: Expected,
    pub(super) now: Timestamp,
}

/// Asks the gate, and shows what it says.
pub(super) fn judge(
    ui: &mut Ui,
    globals: &Globals,
    run: &Judged,
    evidence: &EvidenceArgs,
    to: &OutputArgs,
) -> CmdResult {
    let change = diff::change(ui, globals, evidence, &run.read.reds)?;
    let decision = tl_test::gate::decide(
        &run.read.reports,
        &run.read.reds,
        run.process.as_ref(),
        &run.expected,
        &change.quarantine,
        &tl_test::gate::Unknown,
        &change.touched,
        run.now,
    );
    output::show(ui, globals, to, &decision, &run.read)?;
    Ok(output::outcome(decision.answer))
}

/// The current instant.
pub(super) fn now(globals: &Globals) -> Result<Timestamp, CommandError> {
    let fixed = globals.variables.text(TL_NOW);
    clock::now(fixed.as_deref()).map_err(|err| {
        CommandError::usage(err).hint(format!("mend or unset the variable `{TL_NOW}`"))
    })
}
