//! `throughline test flaky`: which tests need somebody, and all that is known of one.

use std::fmt::Write as _;

use clap::ValueEnum;
use tl_core::test::{Class, Rate};
use tl_core::time::{Millis, Timestamp};
use tl_test::cost::{self, Cost, red_by_chance};
use tl_test::listing::{Listed, Listing, listing, result, word};
use tl_test::order_dependence::{Effect, Suspect, suspects};
use tl_test::record::{self, Executed, History};

use super::shelf::{Desk, Shelf};
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::{Table, Ui, visible};
use tl_map::format::count;

/// Executions that `--explain` shows.
const SHOWN: usize = 20;

/// Days over which the cost of flakes is added up.
const DAYS: i64 = 30;

/// Tests that a line names.
const DEAREST: usize = 3;

/// Characters of a commit's id.
const SHORT: usize = 10;

/// Show which tests are flaky, broken or regressed
///
/// What history says: how often each fails with the 90 % interval, on how many commits it both failed and
/// passed, between which commits it began.
#[derive(Debug, clap::Args)]
pub(super) struct FlakyArgs {
    /// Only tests of these classes [default: those that need somebody]
    #[arg(long, value_enum, value_name = "CLASS", value_delimiter = ',')]
    class: Vec<ClassArg>,
    /// All that is known of one test, by its id or name
    #[arg(long, value_name = "TEST", conflicts_with_all = ["class", "json"])]
    explain: Option<String>,
    /// Most tests to show
    #[arg(long, value_name = "TESTS", default_value_t = 50)]
    limit: usize,
    /// Print one JSON document of all tests (`flaky/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClassArg {
    /// Began to fail, with a change that can be named
    Regressed,
    /// Fails, and has for long
    Broken,
    /// Failed and passed on one and the same commit
    Flaky,
    /// Its machine failed
    Infra,
    /// Fewer than ten runs
    New,
    /// Passes
    Healthy,
}

impl ClassArg {
    const fn is(self, class: Class) -> bool {
        matches!(
            (self, class),
            (Self::Regressed, Class::Regressed)
                | (Self::Broken, Class::Broken)
                | (Self::Flaky, Class::Flaky)
                | (Self::Infra, Class::Infra)
                | (Self::New, Class::New)
                | (Self::Healthy, Class::Healthy)
        )
    }
}

pub(super) async fn cmd_flaky(ui: &mut Ui, globals: &Globals, args: &FlakyArgs) -> CmdResult {
    let desk = Desk::open(ui, globals)?;
    let shelf = desk.needed_shelf(ui).await?;
    let history = record::known(&shelf.ledger, &shelf.lake).await;
    let history = history.map_err(CommandError::environment)?;
    let mut all = listing(&history, desk.now());
    if let Some(test) = &args.explain {
        return explain(ui, &shelf, &history, &all, test).await;
    }
    if args.class.is_empty() && !args.json {
        all.tests.retain(Listed::needs_somebody);
    } else if !args.class.is_empty() {
        all.tests.retain(|test| args.class.iter().any(|class| class.is(test.class)));
    }
    if args.json {
        ui.print_json(&all)?;
        return Ok(Outcome::Done);
    }
    let shown = all.tests.len().min(args.limit);
    let mut table =
        Table::new(["class", "test", "fails", "90 % interval", "divergent", "p75", "id"]);
    table.rows = all.tests.iter().take(shown).map(row).collect();
    if shown > 0 {
        ui.print_table(&table)?;
    }
    ui.status(headline(&all, shown));
    let cost = cost(&shelf, &history, desk.now()).await?;
    if cost.lost > 0 {
        ui.status(lost(&cost, &history));
    }
    let rates = all.tests.iter().filter(|test| test.class == Class::Flaky);
    let chance =
        red_by_chance(rates.map(|test| test.rate.fails as f64 / test.rate.runs.max(1) as f64));
    if chance > 0.0 {
        ui.status(format!("a run of all tests is red by chance with {:.1} %", 100.0 * chance));
    }
    Ok(Outcome::Done)
}

/// What was lost by flaky tests in the last weeks, by the durations of tests.
async fn cost(shelf: &Shelf, history: &History, now: Timestamp) -> Result<Cost, CommandError> {
    let Shelf { ledger, place, lake } = shelf;
    let since = now - Millis::days(DAYS);
    let attempts = record::attempts(ledger, place, lake, history, since, |_| None).await;
    Ok(cost::of(&attempts.map_err(CommandError::environment)?))
}

fn lost(cost: &Cost, history: &History) -> String {
    let dearest = cost.tests.iter().take(DEAREST).filter_map(|one| {
        let name = history.name(one.test)?;
        Some(format!("{} ({:.1} min)", visible(&name.to_string()), one.minutes))
    });
    let dearest: Vec<String> = dearest.collect();
    format!(
        "attempts of jobs lost to flakes in {DAYS} days: {}, with {:.1} minutes of tests: {}",
        count(u64::from(cost.lost)),
        cost.minutes,
        dearest.join(", ")
    )
}

fn row(test: &Listed) -> Vec<String> {
    let class = match (test.class, test.proven) {
        (Class::Flaky, false) => "flaky?",
        (class, _) => word(class),
    };
    let mut name = test.test.to_string();
    if !test.variant.is_empty() {
        write!(name, " [{}]", test.variant).ok();
    }
    vec![
        class.to_owned(),
        name,
        format!("{} of {}", count(test.rate.fails), count(test.rate.runs)),
        interval(&test.rate),
        test.divergent_all.to_string(),
        test.p75_ms.map_or_else(String::new, duration),
        test.id.to_string(),
    ]
}

fn interval(rate: &Rate) -> String {
    format!("{:.1} to {:.1} %", 100.0 * rate.low, 100.0 * rate.high)
}

fn duration(ms: u32) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{:.1} s", f64::from(ms) / 1_000.0) }
}

fn headline(all: &Listing, shown: usize) -> String {
    let counts: Vec<String> =
        all.classes.iter().map(|(class, n)| format!("{} {}", count(*n), word(*class))).collect();
    let more = all.tests.len() - shown;
    let more =
        if more > 0 { format!("; {} more: `--limit`", count(more as u64)) } else { String::new() };
    let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    format!("tests: {counts}; recorded runs: {}{more}", count(all.runs))
}

/// All that is known of one test.
async fn explain(
    ui: &mut Ui,
    shelf: &Shelf,
    history: &History,
    all: &Listing,
    meant: &str,
) -> CmdResult {
    let tests: Vec<&Listed> = all.tests.iter().filter(|test| test.is_meant(meant)).collect();
    let Some(first) = tests.first() else {
        return Err(CommandError::usage(format!("history knows no test `{meant}`"))
            .hint("`throughline test flaky --class healthy,new` lists those that need nobody"));
    };
    if tests.iter().any(|test| test.id != first.id) {
        return Err(CommandError::usage(format!("several tests are `{meant}`"))
            .hint("give the id of one: `throughline test flaky` lists them"));
    }
    let executions =
        record::executions(&shelf.ledger, &shelf.place, &shelf.lake, first.row, SHOWN).await;
    let executions = executions.map_err(CommandError::environment)?;
    let mut text = String::new();
    for test in &tests {
        text.push_str(&explained(test));
    }
    let orders = record::orders(&shelf.ledger, &shelf.place, &shelf.lake, first.row).await;
    for suspect in suspects(&orders.map_err(CommandError::environment)?) {
        text.push_str(&order(history, &suspect));
    }
    text.push_str(&runs(history, &executions));
    ui.print(&text)?;
    Ok(Outcome::Done)
}

fn explained(test: &Listed) -> String {
    let mut text = String::new();
    // Writing to text cannot fail.
    let mut line = |label: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "{label:<10} {value}").ok();
        }
    };
    line("test", test.test.to_string());
    line("id", test.id.to_string());
    line("file", test.test.file.clone());
    line("variant", test.variant.clone());
    let proven = if test.class == Class::Flaky && !test.proven { ", not proven yet" } else { "" };
    line("class", format!("{}{proven}", word(test.class)));
    line("runs", format!("{}, of which {} red; clean since {}", test.runs, test.red, test.clean));
    if test.unmerged > 0 {
        let (runs, red) = (test.unmerged, test.unmerged_red);
        line("requests", format!("and {runs} runs of code that was not merged, {red} of them red"));
    }
    if test.infra > 0 {
        line("machines", format!("failed {} of its runs, which do not count", test.infra));
    }
    for phase in &test.phases {
        let from = match &phase.good {
            Some(good) => format!("between {} and {}", short(good), short(&phase.bad)),
            None => format!("from {}", short(&phase.bad)),
        };
        let Rate { fails, runs, .. } = phase.rate;
        line("phase", format!("{from}: {fails} of {runs} red, {}", interval(&phase.rate)));
    }
    let commits: Vec<&str> = test.divergent.iter().map(|id| short(id)).collect();
    if test.divergent_all > 0 {
        let (n, last) = (test.divergent_all, commits.join(", "));
        line("divergent", format!("failed and passed on {n} commits, the last: {last}"));
    }
    for reason in &test.reasons {
        let first = reason.text.lines().next().unwrap_or_default();
        let first: String = first.chars().take(160).collect();
        line("reason", format!("{} x{} {first}", reason.signature, reason.times));
    }
    text
}

/// A test before it that may make it fail.
fn order(history: &History, suspect: &Suspect) -> String {
    let names: Vec<String> = suspect
        .tests
        .iter()
        .take(DEAREST)
        .filter_map(|row| Some(history.name(*row)?.to_string()))
        .collect();
    let Suspect { red, green, p, .. } = suspect;
    let what = match suspect.effect {
        Effect::Pollutes => "red behind",
        Effect::Prepares => "red without",
    };
    let names = names.join(" or ");
    format!("{:<10} {what} {names}: {red} red runs, {green} green ones, p = {p:.4}\n", "order")
}

fn runs(history: &History, executions: &[Executed]) -> String {
    let mut text = String::new();
    for one in executions.iter().rev() {
        let commit = history.commits().get(one.commit as usize).map_or("", |commit| &commit.id);
        let job = history.runs.get(one.run as usize).map_or("", |run| run.job.as_str());
        let attempt =
            if one.attempt > 1 { format!(" attempt {}", one.attempt) } else { String::new() };
        let took = if one.ms > 0 { duration(one.ms) } else { String::new() };
        writeln!(
            text,
            "{}  {:<10}  {:<10} {took:>9}  {job}{attempt}",
            one.at,
            short(commit),
            result(one.status)
        )
        .ok();
    }
    text
}

fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}
