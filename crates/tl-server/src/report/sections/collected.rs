//! Sections of what only collected events tell: services, CI, reviews, time in status, the
//! simulated line, coverage.

use tl_map::report::collected::{
    BoundaryCoverage, Ci, CollectedReport, MergeQueue, Network, PipelineRow, Reviews, ServiceDora,
    TimeInStatus,
};
use tl_map::report::{DoraRow, Figure, Report};

use super::{Block, Section, how};
use crate::chart::bars;
use crate::chart::plot::DrawError;
use crate::chart::table::{Cell, Table, count, figure, prose, text};
use tl_map::format;
use tl_map::words::capitalized;

/// Rows above which a table is folded away.
const LONG: usize = 25;

/// Where tickets spend their time, after the stages of the line.
pub(crate) fn time_in_status(collected: &CollectedReport) -> Result<Vec<Section>, DrawError> {
    let Some(found) = &collected.time_in_status else { return Ok(Vec::new()) };
    let mut blocks: Vec<Block> = bars::statuses(found)?.map(Block::Plot).into_iter().collect();
    blocks.extend(statuses(found));
    blocks.extend(how("time-in-status"));
    Ok(vec![Section {
        id: "time-in-status",
        title: "Time in status",
        lead: "What the board says: where tickets were while they were worked on.".to_owned(),
        blocks,
    }])
}

fn statuses(found: &TimeInStatus) -> Vec<Block> {
    if found.statuses.is_empty() {
        return vec![Block::Text("No ticket was done in the window.".to_owned())];
    }
    let rows = found.statuses.iter().map(|row| {
        vec![
            text(row.status.clone()).under(row.meaning.clone()),
            count(row.tickets),
            figure(&row.p50, Some(row.tickets)),
            figure(&row.p90, Some(row.tickets)),
            text(format::hours(row.total_hours)),
            figure(&row.share, Some(row.tickets)),
        ]
    });
    let columns = ["status", "#tickets", "#p50", "#p90", "#in all", "#share of the flow"];
    let caption = format!("Statuses of {} done tickets", format::count(found.tickets));
    let table = Table::new(caption, &columns).with(rows);
    let efficiency = figures(
        "Flow efficiency of tickets",
        &[("active time over all time, first progress to done", &found.flow_efficiency)],
    );
    vec![Block::Table(folded_when_long(table)), efficiency]
}

/// DORA's five of each service, those deployed most first.
pub(crate) fn services(services: &[ServiceDora]) -> Section {
    let mut most: Vec<&ServiceDora> = services.iter().collect();
    most.sort_by(|a, b| b.deployments.cmp(&a.deployments).then(a.service.cmp(&b.service)));
    let columns = [
        "service",
        "#deployments",
        "#lead time, p50",
        "#a week",
        "#recovery, p50",
        "#failed, A to C",
        "#failed, A to E",
        "#rework",
    ];
    let rows = most.iter().map(|service| {
        let row = |id: &str| service.rows.iter().find(|row| row.id == id);
        let cell = |row: Option<&DoraRow>| {
            row.map_or_else(|| text(format::NOTHING), |row| figure(&row.figure, None))
        };
        let failed = row("change-fail-rate");
        let wide = failed.and_then(|row| row.also.as_ref());
        let days = format!("on {} days", format::count(service.days));
        vec![
            text(service.service.clone()),
            count(service.deployments).under(days),
            cell(row("change-lead-time")),
            cell(row("deployment-frequency")),
            cell(row("failed-deployment-recovery-time")),
            cell(failed),
            wide.map_or_else(|| text(format::NOTHING), |(_, one)| figure(one, None)),
            cell(row("deployment-rework-rate")),
        ]
    });
    let table =
        folded_when_long(Table::new("Services, the most deployed first", &columns).with(rows));
    let mut blocks = Vec::new();
    if !services.is_empty() {
        blocks.push(Block::Table(table));
        blocks.extend(how("dora"));
    }
    Section {
        id: "services",
        title: "DORA’s five by service",
        lead: "Compare a service with itself over time, not with another.".to_owned(),
        blocks,
    }
}

/// Reviews, the merge queue, CI, the simulated line.
pub(crate) fn flow_of_work(collected: &CollectedReport) -> Vec<Section> {
    let section =
        |id, title, lead: &str, blocks| Section { id, title, lead: lead.to_owned(), blocks };
    vec![
        section(
            "reviews",
            "Reviews",
            "How much reviewing there is, and who waits for whom.",
            collected.reviews.as_ref().map(reviews).unwrap_or_default(),
        ),
        section(
            "merge-queue",
            "Merge queue",
            "How long what is approved waits for its turn to be merged, and how often in vain.",
            collected.merge_queue.as_ref().map(merge_queue).unwrap_or_default(),
        ),
        section(
            "ci",
            "CI",
            "How long a change waits for machines, and how often in vain.",
            collected.ci.as_ref().map(ci).unwrap_or_default(),
        ),
        section(
            "network",
            "What if the line changed",
            "A simulation in which queues fill and empty. It answers only where it first shows the \
             waits that were observed.",
            collected.network.as_ref().map(network).unwrap_or_default(),
        ),
    ]
}

fn reviews(found: &Reviews) -> Vec<Block> {
    let caption = format!(
        "{} reviews by {} people",
        format::count(found.reviews),
        format::count(found.reviewers)
    );
    let rows = [
        ("reviews for each reviewer and week", &found.load),
        ("share of the reviews by the busiest fifth of reviewers", &found.busiest_fifth),
        ("reviewer’s turn between first review and approval, median", &found.reviewers_turn),
        ("author’s turn between first review and approval, median", &found.authors_turn),
        ("times that changes were asked for, mean of a reviewed change", &found.rounds),
        ("ready to the first review by a program, median", &found.to_first_ai_review),
        ("merged requests that no other person reviewed", &found.unreviewed),
    ];
    let mut blocks = vec![figures(&caption, &rows)];
    blocks.extend(how("reviews"));
    blocks
}

fn merge_queue(found: &MergeQueue) -> Vec<Block> {
    let caption = format!("{} requests merged out of the queue", format::count(found.merged));
    let rows = [
        ("share of the merged requests that were merged out of it", &found.share),
        ("approval to the last entry, median", &found.approved_to_queued_p50),
        ("approval to the last entry, p90", &found.approved_to_queued_p90),
        ("time in queue: last entry to the merge, median", &found.in_queue_p50),
        ("time in queue: last entry to the merge, p90", &found.in_queue_p90),
        ("time in queue in all, over all entries of a request, median", &found.in_all_p50),
        ("time in queue in all, over all entries of a request, p90", &found.in_all_p90),
        ("entries, mean of a request merged out of it", &found.entries),
        ("removed unmerged at least once, of the requests that left it", &found.removed),
    ];
    let mut blocks = vec![figures(&caption, &rows)];
    blocks.push(Block::Text(format!(
        "Removed and not merged at the end: {}. In the queue at the end: {}.",
        format::count(found.removed_unmerged),
        format::count(found.waiting)
    )));
    blocks.extend(how("merge-queue"));
    blocks
}

fn ci(found: &Ci) -> Vec<Block> {
    let columns = [
        "pipeline",
        "#runs",
        "#wait for a runner, p50",
        "#p90",
        "#run, p50",
        "#failed",
        "#run again",
        "#flaky",
    ];
    let one = found.pipelines.len() == 1;
    let whole = (!one).then_some(("all pipelines", &found.whole));
    let rows = found.pipelines.iter().map(|row| (row.pipeline.as_str(), row)).chain(whole);
    let table = Table::new("Pipelines, the most run first", &columns)
        .with(rows.map(|(name, row)| pipeline(name, row)));
    let mut blocks = vec![
        Block::Table(table),
        figures(
            "Time to green",
            &[("first run of a request’s head to every pipeline green, median", &found.to_green)],
        ),
    ];
    blocks.extend(how("ci"));
    blocks
}

fn pipeline(name: &str, row: &PipelineRow) -> Vec<Cell> {
    let of = |one: &Figure| figure(one, Some(row.runs));
    vec![
        prose(name),
        count(row.runs),
        of(&row.queue_p50),
        of(&row.queue_p90),
        of(&row.duration_p50),
        of(&row.failed),
        of(&row.rerun),
        of(&row.flaky),
    ]
}

fn network(found: &Network) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(refused) = &found.refused {
        let refused = capitalized(refused.trim_end_matches('.'));
        blocks.push(Block::Text(format!("{refused}.")));
    }
    if !found.scenarios.is_empty() {
        blocks.push(scenarios(found));
    }
    let columns = [
        "station",
        "believed",
        "#waits, p50",
        "#simulated",
        "#waits, p90",
        "#simulated",
        "#load",
        "why",
    ];
    let rows = found.stations.iter().map(|row| {
        vec![
            text(row.station.clone()),
            text(if row.holds { "yes" } else { "no" }),
            figure(&row.observed_p50, None),
            text(format::duration(row.simulated_p50)),
            figure(&row.observed_p90, None),
            text(format::duration(row.simulated_p90)),
            text(format::share(row.load)),
            prose(row.why.clone()),
        ]
    });
    let stations = Table::new("Whether the simulated line waits as the observed one", &columns);
    blocks.push(Block::Table(stations.with(rows)));
    blocks.push(Block::Text(made_of(found)));
    blocks.extend(how("network"));
    blocks
}

fn scenarios(found: &Network) -> Block {
    let signed = |one: &Figure| {
        let cell = figure(one, Some(one.n));
        Cell { text: one.value.map_or(cell.text, format::signed_duration), ..cell }
    };
    let rows = found.scenarios.iter().map(|row| {
        let loads = row.loads.iter().map(|load| {
            format!("{} {} to {}", load.name, format::share(load.before), format::share(load.after))
        });
        let loads: Vec<String> = loads.collect();
        vec![
            prose(row.label.clone()),
            text(format::duration(row.median_before)),
            signed(&row.median_change),
            signed(&row.p90_change),
            signed(&row.mean_change),
            prose(loads.join("; ")).and(row.unstable.clone()),
        ]
    });
    let columns =
        ["what if", "#median now", "#change of median", "#of p90", "#of the mean", "how busy"];
    Block::Table(Table::new("Scenarios, from start of work to production", &columns).with(rows))
}

/// What stands in the simulated line, and what does not.
fn made_of(found: &Network) -> String {
    let effective = found
        .effective_reviewers
        .map_or_else(String::new, |one| format!(" (worth {} full time)", format::number(one)));
    let left_out = match found.left_out.is_empty() {
        true => String::new(),
        false => format!(" Left out: {}.", found.left_out.join("; ")),
    };
    format!(
        "The line of {}: {} changes begun {} to {}, {} reviewers{effective}, {} runners, {} trains.{left_out}",
        found.repository,
        format::count(found.changes),
        found.since.date(),
        found.until.date(),
        format::count(found.reviewers),
        format::count(found.runners),
        format::count(found.trains),
    )
}

/// How many changes have each boundary, and why the others lack it.
pub(crate) fn coverage(rows: &[BoundaryCoverage], report: &Report) -> Section {
    let changes = report.value_stream.changes;
    let lines = rows.iter().map(|row| {
        let why: Vec<String> =
            row.lacking.iter().map(|(why, n)| format!("{} {why}", format::count(*n))).collect();
        let part = row.known as f64 / changes.max(1) as f64;
        vec![
            text(row.label.clone()).under(row.boundary.clone()),
            count(row.known).under(format::share(part)),
            prose(why.join("; ")),
        ]
    });
    let caption = format!("Boundaries of {} changes", format::count(changes));
    let table = Table::new(caption, &["boundary", "#known", "why the others lack it"]).with(lines);
    let mut blocks = Vec::new();
    if !rows.is_empty() && changes > 0 {
        blocks.push(Block::Table(table));
        blocks.extend(how("coverage"));
    }
    Section {
        id: "coverage",
        title: "How much of the line is known",
        lead: "A stage is measured where both its ends are known.".to_owned(),
        blocks,
    }
}

/// A table of two columns: what, and its figure.
pub(crate) fn figures(caption: &str, rows: &[(&str, &Figure)]) -> Block {
    let rows = rows.iter().map(|(label, one)| vec![prose(*label), figure(one, None)]);
    Block::Table(Table::new(caption, &["what", "#figure"]).with(rows))
}

/// The table, folded away where it is long.
fn folded_when_long(table: Table) -> Table {
    if table.rows.len() > LONG { table.folded() } else { table }
}
