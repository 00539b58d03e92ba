//! `throughline test run`: runs the tests as somebody would have typed it, and judges what they
//! leave.
//!
//! **Invariants:** the command's own streams are untouched; a report that was there before and was
//! not written anew is no evidence.

use std::time::Duration;

use tl_exec::foreground::{self, ForegroundError};
use tl_test::gate::Process;

use super::GATE_EXIT_CODES;
use super::evidence::{EvidenceArgs, Read};
use super::gate::{self, Bench, Judged};
use super::output::OutputArgs;
use super::which::WhichArgs;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError};
use crate::test_files::Snapshot;
use crate::ui::Ui;

/// Where runners customarily write their reports.
const CUSTOMARY: [&str; 12] = [
    "**/target/surefire-reports/*.xml",
    "**/target/failsafe-reports/*.xml",
    "**/build/test-results/**/*.xml",
    "**/target/nextest/*/*.xml",
    "**/junit*.xml",
    "**/*test-results*.xml",
    "**/test-results/**/*.xml",
    "**/test-reports/**/*.xml",
    "**/TestResults/**/*.trx",
    "**/*test-results*.json",
    "**/test-results/**/*.json",
    "**/ctrf*.json",
];

/// Run the tests, and judge what they leave
///
/// Everything behind `--` is run as it stands, without a shell, with your terminal and variables.
/// Then the reports that it wrote are read, and judged as `throughline test gate` does.
#[derive(Debug, clap::Args)]
#[command(
    after_help = concat!("Example: throughline test run --report 'reports/*.xml' -- pytest --junit-xml=reports/unit.xml\n\n"),
    after_long_help = GATE_EXIT_CODES
)]
pub(super) struct RunArgs {
    /// Reports that it writes: a file, a directory or a glob [default: where runners customarily
    /// write them]
    #[arg(long = "report", value_name = "GLOB")]
    reports: Vec<String>,
    /// Stop it, and all that it started, after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

pub(super) async fn cmd_run(ui: &mut Ui, globals: &Globals, args: &RunArgs) -> CmdResult {
    let bench = Bench::open(ui, globals).await?;
    let since = gate::now(globals)?;
    let patterns: Vec<String> = if args.reports.is_empty() {
        CUSTOMARY.map(str::to_owned).into()
    } else {
        args.reports.clone()
    };
    let before = Snapshot::take(&patterns)?;
    let timeout = args.timeout.map(Duration::from_secs);
    let ended = foreground::run(&args.command, None, timeout).map_err(not_run)?;
    let (written, stale) = before.written(&patterns)?;
    let keep = bench.keep(&args.output, &args.which);
    let read = Read::written(ui, &written, &args.evidence, keep);
    for path in &stale {
        ui.note(format!(
            "`{}` is left out: it was there before, and was not written anew",
            path.display()
        ));
    }
    if written.is_empty() {
        ui.note(format!(
            "no report was written where one was looked for: {}",
            shown(&args.reports)
        ));
    }
    let process = Process {
        code: ended.code,
        signal: ended.signal,
        timed_out: ended.timed_out,
        program: args.command.clone(),
    };
    let mut expected = args.evidence.expected(&bench.desk.config().test);
    expected.since = Some(since);
    let run = Judged { read, process: Some(process), expected, now: gate::now(globals)? };
    gate::judge(ui, globals, &bench, run, &args.evidence, &args.which, &args.output).await
}

/// What was asked for, or where reports customarily are.
fn shown(reports: &[String]) -> String {
    if reports.is_empty() {
        return "`--report GLOB` says where it is".to_owned();
    }
    reports.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
}

fn not_run(err: ForegroundError) -> CommandError {
    CommandError::environment(err).hint("check that the program is installed and in `PATH`")
}
