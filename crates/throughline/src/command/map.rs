//! `throughline map`: from a git history to where the time goes.
//!
//! In: repositories and a period. Out: the report, as text, HTML, JSON or CSV, or the explanation
//! of one measure. **Invariant:** fetch, call the pure function, show; no number is made here.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use tl_core::event::Event;
use tl_core::time::{Millis, Timestamp};
use tl_exec::git::Repository;
use tl_ledger::Ledger;
use tl_map::dataset::Dataset;
use tl_map::explain::{Explanation, explain, find};
use tl_map::format;
use tl_map::journey_row;
use tl_map::report::Report;

use crate::collected;
use crate::config;
use crate::context::{Context, Globals, LedgerChoice};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::pipeline::{self, Period};
use crate::report::{csv, terminal};
use crate::ui::{Table, Ui};

/// Show where changes wait between ticket and production, as far as it is known
///
/// From git alone between first commit and release: no account, no network. With what
/// `throughline collect` brought into the ledger the whole way. A change is a pull request, or a
/// commit on the default branch that had none. What was read is kept in `.throughline/ledger.db`,
/// so that the next run reads only what is new.
#[derive(Debug, clap::Args)]
#[command(after_help = "Measures to explain: value-stream, review-wait, cohorts, usage, \
    change-failure, dora, funnel, batch-size, rework, cadence, invest-first, teams; with collected \
    events coverage, ci, reviews, merge-queue, time-in-status, ai-use, apex, velocity-paradox, \
    after-hours, manual-steps, business-hours, network.")]
pub(crate) struct MapArgs {
    /// Repositories to read: work trees, worktrees or bare [default: the one here]
    #[arg(value_name = "REPO")]
    repositories: Vec<PathBuf>,
    /// Measure also the repositories that were collected and are not among REPO; with a ledger named
    /// by `--ledger` and without REPO only those
    #[arg(long)]
    collected: bool,
    /// Show stages in working hours too, by the calendar of `[collect.calendar]`
    #[arg(long)]
    business_hours: bool,
    /// Branch that changes are delivered to [default: the repository's own]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Start of the period: a date, an instant, or an age such as `90d`
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// End of the period; nothing later is looked at [default: the newest commit]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Find backports by equal patches too; reads more differences
    #[arg(long)]
    patch_ids: bool,
    /// Teams, a TOML file with lines as in `[map.teams]` of the configuration
    #[arg(long, value_name = "FILE")]
    team_map: Option<PathBuf>,
    /// Write the report as one self-contained page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a line per change, comma-separated; `-` is stdout
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Show a measure's formula, source, and the changes behind it
    #[arg(long, value_name = "MEASURE")]
    explain: Option<String>,
    /// Print one JSON document (`map/v1`; with `--explain`: `explain/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// Rows that `--explain` lists.
const EXPLAINED_ROWS: usize = 20;

pub(super) async fn cmd_map(ui: &mut Ui, globals: &Globals, args: &MapArgs) -> CmdResult {
    if let Some(id) = &args.explain {
        find(id)?; // Before any reading: a typo should not cost a minute.
    }
    let repositories = args.open(ui, &globals.ledger)?;
    let cx = Context::load(ui, globals, repositories.first())?;
    let period = args.period(cx.now)?;
    let teams = match &args.team_map {
        Some(path) => config::read_teams(path)?,
        None => cx.config().map.teams.clone(),
    };
    let mut options = pipeline::options(&cx, &period, &teams)?;
    options.collected.business_hours = args.business_hours;
    let (mut histories, mut ledgers) = pipeline::histories(ui, &cx, &repositories, &period).await?;
    if ledgers.is_empty() {
        ledgers.extend(cx.named_ledger().await?);
    }
    let (gathered, names) = pipeline::delivery(
        ui,
        &cx,
        &repositories,
        &mut histories,
        &ledgers,
        &period,
        args.collected,
    )
    .await?;
    let (delivery, rest) = gathered.split();
    // The process ends here, and the system takes all of it back at once: to give millions of pieces
    // back one by one takes a tenth of the run.
    let (histories, delivery) = (ManuallyDrop::new(histories), ManuallyDrop::new(delivery));
    let data = collected::dataset(&histories, &delivery, rest, names, &options)?;
    let data = ManuallyDrop::new(data);
    if let Some(id) = &args.explain {
        let explanation = explain(&data, id, EXPLAINED_ROWS)?;
        return show_explanation(ui, args, &explanation);
    }
    let report = tl_map::map(&data);
    remember(ui, &cx, &ledgers, &report).await;
    for ledger in ledgers {
        // What was acknowledged is safe all the same: only the files are not tidied up.
        let _untidy = ledger.close().await;
    }
    show(ui, &cx, args, &data, &report)
}

impl MapArgs {
    /// The repositories named; without any the one here, unless those collected into a ledger that
    /// was named are wanted.
    fn open(&self, ui: &mut Ui, ledger: &LedgerChoice) -> Result<Vec<Repository>, CommandError> {
        match self.repositories.as_slice() {
            [] if self.collected && ledger.is_named() => Ok(Vec::new()),
            [] => pipeline::open(ui, &["."]),
            named => pipeline::open(ui, named),
        }
    }

    fn period(&self, now: Timestamp) -> Result<Period, CommandError> {
        let read = |flag: &str, text: &Option<String>| {
            text.as_deref().map(|text| when(flag, text, now)).transpose()
        };
        let since = read("--since", &self.since)?;
        let until = read("--until", &self.until)?;
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(CommandError::usage(format!(
                "the period ends ({until}) before it starts ({since})"
            )));
        }
        Ok(Period { branch: self.branch.clone(), since, until, patch_ids: self.patch_ids })
    }
}

/// Reads a date, an instant, or an age in days or weeks.
pub(super) fn when(flag: &str, text: &str, now: Timestamp) -> Result<Timestamp, CommandError> {
    let age = [('d', 1), ('w', 7)].into_iter().find_map(|(unit, days)| {
        let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
        Some(now - Millis::days(i64::from(count) * days))
    });
    match age {
        Some(at) => Ok(at),
        None => Timestamp::parse(text).map_err(|err| {
            CommandError::usage(err)
                .hint(format!("`{flag}` also takes an age such as `90d` or `12w`"))
        }),
    }
}

fn show(
    ui: &mut Ui,
    cx: &Context,
    args: &MapArgs,
    data: &Dataset<'_>,
    report: &Report,
) -> CmdResult {
    if let Some(path) = &args.html {
        let page = tl_server::report::page(report).map_err(CommandError::bug)?;
        write_file(path, |file| file.write_all(page.as_bytes()))?;
        ui.status(format!("wrote {}", path.display()));
    }
    if let Some(path) = &args.csv {
        let rows = journey_row::rows(data, cx.config().map.privacy.names);
        if path.as_os_str() == "-" {
            csv::changes_csv(&rows, ui.out()).map_err(csv_error)?;
            return Ok(Outcome::Done);
        }
        write_file(path, |file| csv::changes_csv(&rows, file).map_err(io::Error::from))?;
        ui.status(format!(
            "wrote {} changes to {}",
            format::count(rows.len() as u64),
            path.display()
        ));
    }
    if args.json {
        ui.print_json(report)?;
    } else if args.html.is_none() && args.csv.is_none() {
        let style = terminal::Style { unicode: ui.has_unicode() };
        let text = terminal::render(report, ui.width(), &style);
        ui.print(&text)?;
    } else {
        ui.status(&report.invest_first.sentence);
    }
    Ok(Outcome::Done)
}

/// Writes a file that the user named.
fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let failed = |err: io::Error| {
        CommandError::environment(WriteError { path: path.to_owned(), source: err })
    };
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    write(&mut file).and_then(|()| file.flush()).map_err(failed)
}

/// Why a file that the user named could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write `{path}`")]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

fn csv_error(err: ::csv::Error) -> CommandError {
    match io::Error::from(err) {
        err if err.kind() == io::ErrorKind::BrokenPipe => crate::ui::OutputError::from(err).into(),
        err => CommandError::environment(err),
    }
}

/// Appends that this was measured, and what came out, so that a later run can compare.
/// The same tip and period is the same event.
async fn remember(ui: &mut Ui, cx: &Context, ledgers: &[Ledger], report: &Report) {
    for (ledger, repository) in ledgers.iter().zip(&report.repositories) {
        let Some(head) = &repository.head else { continue };
        let key = format!("map/{head}/{}/{}", report.since.as_millis(), report.until.as_millis());
        let subject = format!("repository:{}", repository.name);
        let mut event = Event::new("measure.taken", cx.now, "throughline", &key, &subject);
        event.refs.insert("commit", head.clone());
        event.data = serde_json::json!({
            "changes": report.value_stream.changes,
            "total_p50_hours": report.value_stream.total.p50.value,
            "flow_efficiency": report.value_stream.flow_efficiency.value,
            "failed_strict": report.failures.strict.value,
            "releases": report.cadence.releases,
        });
        if let Err(err) = ledger.append(&[event]).await {
            let causes = crate::error::causes(&err).join(": ");
            ui.warn(format!("this measurement is not kept in the ledger: {causes}"));
        }
    }
}

fn show_explanation(ui: &mut Ui, args: &MapArgs, explanation: &Explanation) -> CmdResult {
    if args.json {
        #[derive(serde::Serialize)]
        struct Document<'a> {
            schema: &'static str,
            explanation: &'a Explanation,
        }
        ui.print_json(&Document { schema: "explain/v1", explanation })?;
        return Ok(Outcome::Done);
    }
    let measure = explanation.measure;
    let mut text = format!(
        "{} ({})\n\n{}\n\nFormula: {}\nUnit: {}\nSource: {}\n\nEdge cases:\n",
        measure.title, measure.id, measure.what, measure.formula, measure.unit, measure.source
    );
    for case in measure.edge_cases {
        text.push_str("  - ");
        text.push_str(case);
        text.push('\n');
    }
    ui.print(&wrapped(&text, ui.width()))?;
    if explanation.rows.is_empty() {
        ui.print("\nNothing in this period is behind it.\n")?;
        return Ok(Outcome::Done);
    }
    let shown = explanation.rows.len();
    ui.print(&format!("\nThe largest {shown} of {} behind it:\n\n", explanation.n))?;
    let mut table = Table::new(["item", explanation.column, "note"]);
    table.rows.extend(
        explanation
            .rows
            .iter()
            .map(|row| vec![row.item.clone(), format!("{:.1}", row.value), row.note.clone()]),
    );
    ui.print_table(&table)?;
    Ok(Outcome::Done)
}

/// Breaks lines at blanks so that none is wider than `width`; what follows is indented alike.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let indent =
            line.len() - line.trim_start().len() + 2 * usize::from(line.starts_with("  - "));
        let mut used = 0;
        for word in line.split_inclusive(' ') {
            if used > 0 && used + word.trim_end().chars().count() > width {
                lines.truncate(lines.trim_end().len());
                lines.push('\n');
                lines.push_str(&" ".repeat(indent));
                used = indent;
            }
            lines.push_str(word);
            used += word.chars().count();
        }
        lines.push('\n');
    }
    lines
}
