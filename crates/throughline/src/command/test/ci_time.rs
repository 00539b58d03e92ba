//! `throughline test ci-time`: where the time of CI goes.

use tl_core::event::Event;
use tl_core::time::{Millis, Timestamp};
use tl_exec::git::Repository;
use tl_ledger::Position;
use tl_test::ci_time::{CiTime, ci_time, runs};

use crate::command::events::{PAGE, existing};
use crate::command::map::when;
use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::{Table, Ui};
use tl_map::format::count;

/// Days back, where nobody says how many.
const DAYS: i64 = 30;

/// Findings that a table shows.
const SHOWN: usize = 20;

/// Show where the time of CI goes: waits for runners, repetitions, what runs twice, slow jobs
///
/// From the runs and jobs in the ledger (`throughline collect`).
#[derive(Debug, clap::Args)]
pub(super) struct CiTimeArgs {
    /// What happened then or later counts: a date, an instant, or an age such as `90d` [default: 30d]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Print one JSON document (`ci-time/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// `ci-time/v1`
#[derive(serde::Serialize)]
struct Document<'a> {
    schema: &'static str,
    since: Timestamp,
    #[serde(flatten)]
    time: &'a CiTime,
}

pub(super) async fn cmd_ci_time(ui: &mut Ui, globals: &Globals, args: &CiTimeArgs) -> CmdResult {
    let here = Repository::open(std::path::Path::new(".")).ok();
    let cx = Context::load(ui, globals, here.as_ref())?;
    let since = args.since.as_deref().map(|text| when("--since", text, cx.now)).transpose()?;
    let since = since.unwrap_or(cx.now - Millis::days(DAYS));
    let ledger = existing(&cx, here.as_ref()).await?;
    let mut events: Vec<Event> = Vec::new();
    let mut after = Position::START;
    loop {
        let page = ledger.read(after, "ci.", PAGE).await.map_err(CommandError::environment)?;
        let Some(last) = page.last() else { break };
        after = last.position;
        events.extend(page.into_iter().map(|one| one.event).filter(|event| event.at >= since));
    }
    let time = ci_time(&runs::gather(&events));
    if args.json {
        ui.print_json(&Document { schema: "ci-time/v1", since, time: &time })?;
        return Ok(Outcome::Done);
    }
    let mut pipelines = Table::new([
        "pipeline",
        "runs",
        "p50",
        "p90",
        "wait p50",
        "wait p90",
        "longest job on the path",
    ]);
    pipelines.rows = time
        .pipelines
        .iter()
        .map(|one| {
            let longest = one.path.first().map_or_else(String::new, |job| {
                format!("{} ({:.0} % of runs)", job.job, 100.0 * job.share)
            });
            let wait = |seconds: Option<f64>| seconds.map_or_else(String::new, span);
            vec![
                one.pipeline.clone(),
                count(one.runs),
                span(one.wall_p50),
                span(one.wall_p90),
                wait(one.queue_p50),
                wait(one.queue_p90),
                longest,
            ]
        })
        .collect();
    if !time.pipelines.is_empty() {
        ui.print_table(&pipelines)?;
        ui.print("\n")?;
    }
    let mut findings = Table::new(["finding", "waited for", "beside", "n", "what"]);
    findings.rows = time
        .findings
        .iter()
        .take(SHOWN)
        .map(|one| {
            vec![
                one.rule.clone(),
                span(one.seconds_on_path),
                span(one.seconds_off_path),
                count(one.n),
                one.what.clone(),
            ]
        })
        .collect();
    if !time.findings.is_empty() {
        ui.print_table(&findings)?;
    }
    for note in &time.notes {
        ui.note(note);
    }
    ui.status(format!(
        "{} {} and {} {} since {}",
        count(time.runs),
        if time.runs == 1 { "run" } else { "runs" },
        count(time.jobs),
        if time.jobs == 1 { "job" } else { "jobs" },
        since.date()
    ));
    Ok(Outcome::Done)
}

/// Seconds for people.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}
