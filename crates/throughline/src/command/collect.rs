//! `throughline collect`: tickets, reviews, CI runs, deployments and incidents into the ledger.
//!
//! In: files and pipes (`--from`), or the sources of the configuration. Out: how many events were
//! new, and what could not be read, with file and line. **Invariants:** nothing is counted that is
//! not on disk; the same input again changes nothing; one bad record never stops the rest.

mod credentials;
mod live;
mod system;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use serde::Serialize;
use tl_collect::intake::{Batch, Format, Intake, Options, Problem};
use tl_core::event::Event;
use tl_core::time::{OffsetMinutes, Timestamp};
use tl_exec::git::Repository;
use tl_ledger::Ledger;
use tl_ledger::append::Appended;
use tl_ledger::jobs::Brought;

use crate::collected::{self, Folding};
use crate::context::{Context, Globals, LedgerChoice};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::{Table, Ui};
use tl_map::format::count;

/// Bring tickets, reviews, CI runs, deployments and incidents into the ledger
///
/// From files and pipes with `--from`: neutral NDJSON and CSV, CDEvents, webhook bodies, exports of
/// forges and trackers, JUnit, telemetry of AI tools, surveys. Without it from the systems of the
/// configuration (`[collect.sources]`). What is known already is not counted twice, so a
/// collection that was stopped can simply be run again. `docs/collect-files.md` lists the formats.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code 1: something could not be read; the rest is in the ledger.")]
pub(crate) struct CollectArgs {
    /// Sources of the configuration to collect from [default: all]
    #[arg(value_name = "SOURCE", conflicts_with = "from")]
    pub(super) sources: Vec<String>,
    /// File to read; `-` is standard input (can be repeated)
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Format of the files [default: recognised by their content]
    #[arg(long, value_name = "FORMAT", requires = "from")]
    format: Option<Format>,
    /// Zone of dates that have none, such as `+02:00`; without it they are left out
    #[arg(long, value_name = "OFFSET", value_parser = offset, requires = "from")]
    assume_offset: Option<OffsetMinutes>,
    /// Repository or project of records that do not name theirs, such as `acme/api`
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    scope: String,
    /// Commit that test results belong to
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    commit: String,
    /// Say what would be read or fetched, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print one JSON document (`collect/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// What came of one input.
#[derive(Debug, Default, Serialize)]
pub(super) struct Collected {
    /// File, or source and stream.
    pub(super) input: String,
    /// Events that were not in the ledger before.
    pub(super) new: u64,
    /// Events that were.
    pub(super) known: u64,
    /// Events whose key was taken by another one: the first stays.
    pub(super) conflicting: u64,
    /// Records that were left out.
    pub(super) left_out: u64,
    /// Events by kind.
    pub(super) kinds: BTreeMap<String, u64>,
    /// What a dry run would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<String>,
    /// What was left out or is remarkable; at most [`PROBLEMS`].
    pub(super) problems: Vec<Remark>,
    /// Problems beyond those listed.
    pub(super) more_problems: u64,
}

/// Something about the input that its owner should know.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Remark {
    /// File and line, or source and stream.
    place: String,
    what: String,
    mend: String,
    /// Whether the record went in all the same.
    kept: bool,
}

/// `collect/v1`
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    inputs: &'a [Collected],
}

/// Remarks that are kept of one input.
const PROBLEMS: usize = 1_000;

/// Remarks that are shown of one input, unless everything is printed as JSON.
const SHOWN: usize = 20;

/// Problems that are told of one source on the server's page.
const TOLD: usize = 5;

/// Events appended in one transaction: each is one wait for the disk.
const APPENDED: usize = 50_000;

/// Letters of events that wait for it at most: few large ones fill the memory like many small ones.
const LETTERS: usize = 32 << 20;

pub(super) async fn cmd_collect(ui: &mut Ui, globals: &Globals, args: &CollectArgs) -> CmdResult {
    let here = Repository::open(std::path::Path::new(".")).ok();
    let cx = Context::load(ui, globals, here.as_ref())?;
    if args.from.is_empty() {
        // First, so that no ledger is made for a collection that is refused.
        live::check(&cx, args)?;
    }
    let ledger = ledger(ui, &cx, here.as_ref(), args).await?;
    if !args.dry_run {
        super::hook::take(ui, globals, here.as_ref(), &ledger).await?;
    }
    let mut inputs = Vec::new();
    let mut failed = Vec::new();
    let mut folding = Folding::default();
    for path in &args.from {
        inputs.push(from_file(ui, &cx, (&ledger, &mut folding), args, path).await?);
    }
    if args.from.is_empty() {
        let outcomes = live::collect(ui, &cx, globals, &ledger, args).await?;
        inputs = outcomes.inputs;
        failed = outcomes.failed;
    }
    if !args.dry_run {
        collected::fold(ui, &ledger, &mut folding).await?;
    }
    // What was acknowledged is safe all the same: only the files are not tidied up.
    let _untidy = ledger.close().await;
    let outcome = show(ui, args, &inputs)?;
    let Some((first, more)) = failed.split_first() else { return Ok(outcome) };
    for (what, hints) in more {
        let hints = hints.iter().map(|hint| format!("; {hint}")).collect::<String>();
        ui.warn(format!("{what}{hints}"));
    }
    let (what, hints) = first;
    let error = CommandError::environment(what.clone());
    Err(hints.iter().fold(error, |error, hint| error.hint(hint)))
}

/// Collects from one source of the configuration, as `throughline collect NAME` does, and says what
/// came of it.
pub(super) async fn from_source(
    ui: &mut Ui,
    cx: &Context,
    globals: &Globals,
    ledger: &Ledger,
    name: &str,
) -> Result<Brought, CommandError> {
    let args = CollectArgs {
        sources: vec![name.to_owned()],
        from: Vec::new(),
        format: None,
        assume_offset: None,
        scope: String::new(),
        commit: String::new(),
        dry_run: false,
        json: false,
    };
    live::check(cx, &args)?;
    let outcomes = live::collect(ui, cx, globals, ledger, &args).await?;
    let sum = |of: fn(&Collected) -> u64| outcomes.inputs.iter().map(of).sum();
    let failed = outcomes.failed.iter().map(|(what, hints)| {
        let hints: String = hints.iter().map(|hint| format!("; {hint}")).collect();
        format!("{what}{hints}")
    });
    let remarks = outcomes.inputs.iter().flat_map(|input| &input.problems);
    let left_out = remarks
        .filter(|remark| !remark.kept)
        .map(|remark| format!("{}: {}; {}", remark.place, remark.what, remark.mend));
    let problems: Vec<String> = failed.chain(left_out).take(TOLD).collect();
    Ok(Brought {
        new: sum(|input| input.new),
        known: sum(|input| input.known),
        left_out: sum(|input| input.left_out + input.conflicting),
        problem: (!problems.is_empty()).then(|| problems.join("\n")),
        is_failed: !outcomes.failed.is_empty(),
    })
}

/// The ledger to collect into. A dry run opens none of its own making.
async fn ledger(
    ui: &mut Ui,
    cx: &Context,
    here: Option<&Repository>,
    args: &CollectArgs,
) -> Result<Ledger, CommandError> {
    match (&cx.ledger, here) {
        _ if args.dry_run && !args.from.is_empty() => Ok(Ledger::in_memory().await?),
        (LedgerChoice::Default, Some(here)) if args.dry_run => {
            match cx.ledger_path(here).filter(|path| path.exists()) {
                Some(path) => Ok(Ledger::open(&path).await?),
                None => Ok(Ledger::in_memory().await?),
            }
        }
        (LedgerChoice::Path(path), _) if args.dry_run && !path.exists() => {
            Ok(Ledger::in_memory().await?)
        }
        (LedgerChoice::None | LedgerChoice::Default, _) if args.dry_run => {
            Ok(Ledger::in_memory().await?)
        }
        (LedgerChoice::Path(path), _) => Ok(Ledger::open(path).await?),
        (LedgerChoice::Url(url), _) => Ok(Ledger::open_url(url.as_str()).await?),
        (LedgerChoice::None, _) => {
            Err(CommandError::usage("there is no ledger to collect into with `--ledger none`")
                .hint("`--dry-run` reads without keeping anything"))
        }
        (LedgerChoice::Default, Some(repository)) => cx.open_ledger(ui, repository).await,
        (LedgerChoice::Default, None) => {
            Err(CommandError::usage("there is no repository here whose ledger could be used")
                .hint("name a ledger with `--ledger PATH`"))
        }
    }
}

async fn from_file(
    ui: &mut Ui,
    cx: &Context,
    (ledger, folding): (&Ledger, &mut Folding),
    args: &CollectArgs,
    path: &std::path::Path,
) -> Result<Collected, CommandError> {
    let name = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let failed = |source| CommandError::environment(ReadError { path: name.clone(), source });
    let mut written = None;
    let reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
        if io::stdin().is_terminal() {
            ui.note("reading standard input; end it with Ctrl-D");
        }
        Box::new(BufReader::with_capacity(1 << 20, io::stdin()))
    } else {
        let file = File::open(path).map_err(failed)?;
        written = file.metadata().ok().and_then(|known| written_at(&known));
        Box::new(BufReader::with_capacity(1 << 20, file))
    };
    let options = Options {
        format: args.format,
        assume_offset: args.assume_offset,
        received: cx.now,
        written,
        scope: args.scope.clone(),
        commit: args.commit.clone(),
    };
    let mut intake = Intake::open(&name, reader, options).map_err(failed)?;
    let mut done = Collected { input: name.clone(), ..Collected::default() };
    let progress = ui.progress();
    let mut waiting = Batch::default();
    let (mut read, mut letters) = (0_u64, 0);
    while let Some(batch) = intake.next_batch().map_err(failed)? {
        read += batch.events.len() as u64;
        progress.report("reading events", read, None);
        for problem in batch.problems {
            done.remark(problem);
        }
        letters += batch.letters;
        waiting.events.extend(batch.events);
        waiting.lines.extend(batch.lines);
        if waiting.events.len() >= APPENDED || letters >= LETTERS {
            letters = 0;
            done.take(ui, (ledger, folding), args, std::mem::take(&mut waiting)).await?;
        }
    }
    done.take(ui, (ledger, folding), args, waiting).await?;
    Ok(done)
}

/// When a file was written last; nothing of what is no file, such as a pipe.
fn written_at(known: &std::fs::Metadata) -> Option<Timestamp> {
    let since_1970 = known.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let at = i64::try_from(since_1970.as_millis()).ok()?;
    known.is_file().then(|| Timestamp::from_millis(at))
}

fn place(file: &str, line: u64) -> String {
    format!("{file}, line {line}")
}

impl Collected {
    /// Appends a batch of a file and folds it.
    async fn take(
        &mut self,
        ui: &Ui,
        (ledger, folding): (&Ledger, &mut Folding),
        args: &CollectArgs,
        batch: Batch,
    ) -> Result<(), CommandError> {
        let (appended, events) = if args.dry_run {
            // Counted, not kept: what stands twice in the input counts twice.
            let appended = Appended { new: batch.events.len(), ..Appended::default() };
            (appended, batch.events)
        } else {
            collected::append(ui, ledger, folding, batch.events).await?
        };
        let name = self.input.clone();
        self.count(&events, &appended, |row| place(&name, batch.lines[row]));
        Ok(())
    }

    /// Counts what became of events; `place` says where one came from.
    fn count(&mut self, events: &[Event], appended: &Appended, place: impl Fn(usize) -> String) {
        for event in events {
            match self.kinds.get_mut(&event.kind) {
                Some(count) => *count += 1,
                None => {
                    self.kinds.insert(event.kind.clone(), 1);
                }
            }
        }
        self.new += appended.new as u64;
        self.known += appended.known as u64;
        self.conflicting += appended.conflicting.len() as u64;
        for row in &appended.conflicting {
            let event = &events[*row];
            self.add(Remark {
                place: place(*row),
                what: format!(
                    "`{}` of `{}` is in the ledger with other content, which stays",
                    event.key, event.source
                ),
                mend: "give what was corrected a key of its own".to_owned(),
                kept: false,
            });
        }
    }

    fn remark(&mut self, problem: Problem) {
        self.left_out += u64::from(!problem.kept);
        self.add(Remark {
            place: place(&problem.file, problem.line),
            what: problem.what,
            mend: problem.mend,
            kept: problem.kept,
        });
    }

    fn add(&mut self, remark: Remark) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(remark);
        } else {
            self.more_problems += 1;
        }
    }

    /// Whether everything went in.
    const fn is_whole(&self) -> bool {
        self.left_out == 0 && self.conflicting == 0
    }
}

fn show(ui: &mut Ui, args: &CollectArgs, inputs: &[Collected]) -> CmdResult {
    if args.json {
        ui.print_json(&Document { schema: "collect/v1", inputs })?;
    } else {
        for input in inputs {
            for remark in input.problems.iter().take(SHOWN) {
                let fate = if remark.kept { "" } else { "left out: " };
                ui.warn(format!("{}: {fate}{}; {}", remark.place, remark.what, remark.mend));
            }
            let listed = input.problems.len().saturating_sub(SHOWN) as u64;
            let more = count(listed + input.more_problems);
            let which = if input.more_problems > 0 { "the first 1,000" } else { "them" };
            if listed > 0 {
                ui.warn(format!("{}: and {more} more; `--json` lists {which}", input.input));
            }
        }
        ui.print_table(&table(inputs))?;
    }
    let whole = inputs.iter().all(Collected::is_whole);
    Ok(if whole { Outcome::Done } else { Outcome::No })
}

fn table(inputs: &[Collected]) -> Table {
    let mut table = Table::new(["from", "new", "known", "left out", "what"]);
    table.rows.extend(inputs.iter().map(|input| {
        let mut kinds: Vec<(&String, &u64)> = input.kinds.iter().collect();
        kinds.sort_by_key(|(kind, events)| (std::cmp::Reverse(**events), *kind));
        let shown: Vec<String> = kinds
            .iter()
            .take(4)
            .map(|(kind, events)| format!("{} {kind}", count(**events)))
            .collect();
        let more = kinds.len().saturating_sub(4);
        let more = if more > 0 { format!(", {more} more kinds") } else { String::new() };
        vec![
            input.input.clone(),
            count(input.new),
            count(input.known),
            count(input.left_out + input.conflicting),
            input.plan.clone().unwrap_or_else(|| format!("{}{more}", shown.join(", "))),
        ]
    }));
    table
}

/// Reads `+02:00`, `-0530` or `Z`.
fn offset(text: &str) -> Result<OffsetMinutes, String> {
    let wrong = || format!("`{text}` is no offset such as `+02:00`");
    if text.eq_ignore_ascii_case("z") {
        return Ok(OffsetMinutes(0));
    }
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("+", digits)) => (1, digits.replace(':', "")),
        Some(("-", digits)) => (-1, digits.replace(':', "")),
        _ => return Err(wrong()),
    };
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let (hours, minutes) = digits.split_at(2);
    let number = |text: &str| text.parse::<i16>().map_err(|_| wrong());
    match (number(hours)?, number(minutes)?) {
        (hours, minutes) if hours <= 15 && minutes < 60 => {
            Ok(OffsetMinutes(sign * (hours * 60 + minutes)))
        }
        _ => Err(wrong()),
    }
}

/// Why an input could not be read further.
#[derive(Debug, thiserror::Error)]
#[error("failed to read `{path}`")]
struct ReadError {
    path: String,
    source: io::Error,
}

#[cfg(test)]
mod tests {
    use super::offset;
    use tl_core::time::OffsetMinutes;

    #[test]
    fn offsets_are_read_and_others_refused() {
        assert_eq!(offset("+02:00"), Ok(OffsetMinutes(120)));
        assert_eq!(offset("-0530"), Ok(OffsetMinutes(-330)));
        assert_eq!(offset("Z"), Ok(OffsetMinutes(0)));
        for text in ["", "2", "+2", "+99:00", "é02:00", "+02:99"] {
            assert!(offset(text).is_err(), "{text}");
        }
    }
}
