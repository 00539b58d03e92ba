//! `throughline test gate`: the gate over reports that are there.

use tl_core::time::Timestamp;
use tl_test::candidates::candidates;
use tl_test::choose::Choice;
use tl_test::choose::escaped::ALLOWED;
use tl_test::choose::select::{Limit, select};
use tl_test::gate::{Expected, Known, Process, Unknown};
use tl_test::listing::{Listed, listing};
use tl_test::record::{self, History, Lesson};

use super::evidence::{EvidenceArgs, Keep, Read};
use super::output::{self, OutputArgs};
use super::shelf::{Desk, Make, Shelf};
use super::which::WhichArgs;
use super::{GATE_EXIT_CODES, change, comment, diff, remember};
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
    which: WhichArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) async fn cmd_gate(ui: &mut Ui, globals: &Globals, args: &GateArgs) -> CmdResult {
    let bench = Bench::open(ui, globals).await?;
    let keep = bench.keep(&args.output, &args.which);
    let read = Read::files(ui, &args.reports, &args.evidence, keep)?;
    let process = (args.exit_code.is_some() || args.signal.is_some()).then(|| Process {
        code: args.exit_code,
        signal: args.signal,
        timed_out: false,
        program: args.runner.iter().cloned().collect(),
    });
    let expected = args.evidence.expected(&bench.desk.config().test);
    let run = Judged { read, process, expected, now: bench.desk.now() };
    judge(ui, globals, &bench, run, &args.evidence, &args.which, &args.output).await
}

/// What a run is judged with: settings, and what is known of its tests.
pub(super) struct Bench {
    pub(super) desk: Desk,
    pub(super) shelf: Option<Shelf>,
    pub(super) history: Option<History>,
}

impl Bench {
    /// Reads what is there. History that cannot be read is a note: the reports say enough to judge.
    pub(super) async fn open(ui: &mut Ui, globals: &Globals) -> Result<Self, CommandError> {
        let desk = Desk::open(ui, globals)?;
        let mut bench = Self { desk, shelf: None, history: None };
        match bench.read(ui).await {
            Ok(()) => {}
            Err(why) if bench.desk.cx.ledger.is_named() => return Err(why),
            Err(why) => ui.note(format!("judged without history: {}", why.line())),
        }
        Ok(bench)
    }

    async fn read(&mut self, ui: &mut Ui) -> Result<(), CommandError> {
        let Some(shelf) = self.desk.shelf(ui, Make::No).await? else { return Ok(()) };
        let known = record::known(&shelf.ledger, &shelf.lake).await;
        self.history = Some(known.map_err(CommandError::environment)?);
        self.shelf = Some(shelf);
        Ok(())
    }

    /// What history knows; nothing where there is none.
    pub(super) fn known(&self) -> &dyn Known {
        match &self.history {
            Some(history) => history,
            None => &Unknown,
        }
    }

    /// All that history knows of one test.
    pub(super) fn listed(&self, id: &str, variant: &str) -> Option<Listed> {
        let all = listing(self.history.as_ref()?, self.desk.now()).tests;
        let mut meant = all.into_iter().filter(|test| test.id.to_string() == id);
        meant.find(|test| variant.is_empty() || test.variant == variant)
    }

    /// What is to be kept of reports.
    pub(super) fn keep(&self, output: &OutputArgs, which: &WhichArgs) -> Keep {
        Keep {
            cases: output.wants_cases(),
            results: self.shelf.is_some() && !which.no_record,
            retries: self.desk.config().test.retries,
        }
    }
}

/// A run that was read.
pub(super) struct Judged {
    pub(super) read: Read,
    pub(super) process: Option<Process>,
    pub(super) expected: Expected,
    pub(super) now: Timestamp,
}

/// Asks the gate, shows what it says, and remembers it.
pub(super) async fn judge(
    ui: &mut Ui,
    globals: &Globals,
    bench: &Bench,
    mut run: Judged,
    evidence: &EvidenceArgs,
    which: &WhichArgs,
    to: &OutputArgs,
) -> CmdResult {
    let job = which.job(globals);
    run.expected.selected |= which.selected;
    if let (Some(name), Some(repository)) = (&evidence.commit, &bench.desk.repository) {
        // `HEAD` and other names stand for an id.
        let known = repository.commit_of(name).ok().map(|commit| commit.to_string());
        run.expected.commit = known.or(run.expected.commit);
    }
    let whole = bench.history.as_ref().filter(|_| !run.expected.selected);
    run.expected.median =
        whole.and_then(|known| known.median_cases(&job, &which.shard, &evidence.variant));
    let change = diff::change(ui, globals, evidence, &run.read.reds)?;
    let at_run = match &bench.history {
        Some(history) => which.at_run(globals, evidence, &run.read.reports, history, run.now),
        None => None,
    };
    let known = at_run.as_ref().map_or_else(|| bench.known(), |known| known as &dyn Known);
    let decision = tl_test::gate::decide(
        &run.read.reports,
        &run.read.reds,
        run.process.as_ref(),
        &run.expected,
        &change.quarantine,
        known,
        &change.touched,
        run.now,
    );
    output::show(ui, globals, to, &decision, &run.read, &job)?;
    if to.comment {
        comment::write(ui, globals, &decision, &job).await;
    }
    if let (Some(shelf), Some(gathered)) = (&bench.shelf, &run.read.gathered) {
        let lesson = lesson(globals, bench, &run, evidence, which).await;
        let told = remember::Told {
            read: &run.read,
            decision: Some(&decision),
            process: run.process.as_ref(),
            lesson: lesson.as_ref(),
        };
        let kept = remember::keep(globals, shelf, gathered, &told, evidence, which, run.now).await;
        match kept {
            Ok(Some(_)) => {}
            Ok(None) => ui.note(
                "nothing is recorded: nobody knows which commit was tested; `--commit` says it",
            ),
            Err(why) => ui.note(format!("nothing is recorded: {}", why.line())),
        }
    }
    Ok(output::outcome(decision.answer))
}

/// What the run teaches about choosing tests: of a whole one, whose change is known.
async fn lesson(
    globals: &Globals,
    bench: &Bench,
    run: &Judged,
    evidence: &EvidenceArgs,
    which: &WhichArgs,
) -> Option<Lesson> {
    let (history, shelf) = (bench.history.as_ref()?, bench.shelf.as_ref()?);
    let repository = bench.desk.repository.as_ref()?;
    let (head, base) = diff::base(globals, evidence.base.as_deref(), repository).ok()??;
    let change = change::between(repository, &head, &base, &[], String::new())?;
    let changed = change.files.clone();
    // What was chosen cannot say what a choice would have missed.
    if run.expected.selected || history.is_empty() {
        return Some(Lesson { changed, selection: None });
    }
    let imports = change::imports(repository, &head, &[]);
    let tests = candidates(history, &evidence.variant);
    let Shelf { ledger, place, lake } = shelf;
    let failed = record::failed_in(ledger, place, lake, history, &which.change).await.ok()?;
    let map = record::coverage(ledger, lake).await.ok()?;
    let coverage = change::covers(repository, &base, &map, &tests, &change);
    let choice = Choice {
        tests: &tests,
        change: Some(&change),
        cofail: &history.cofail,
        coverage: &coverage,
        imports: imports.as_ref(),
        failed: &failed,
        weights: None,
        now: run.now,
    };
    let limit = history.escapes.threshold(ALLOWED).map_or_else(Limit::default, Limit::Score);
    Some(Lesson { changed, selection: Some(select(&choice, limit)) })
}

/// The current instant.
pub(super) fn now(globals: &Globals) -> Result<Timestamp, CommandError> {
    let fixed = globals.variables.text(TL_NOW);
    clock::now(fixed.as_deref()).map_err(|err| {
        CommandError::usage(err).hint(format!("mend or unset the variable `{TL_NOW}`"))
    })
}
