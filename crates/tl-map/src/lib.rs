//! Facts to journeys to measures: where a change waits between first commit and release.
//!
//! In: one [`History`](tl_core::history::History) per repository, and [`Options`](options::Options).
//! Out: one [`Report`]. Start at [`map`]. A measure is a file in [`measure`].
//! **Invariant:** pure. No IO, no clock, no SQL; the same input gives the same report.

pub mod calendar;
pub mod change;
pub mod collected;
pub mod dataset;
pub mod deployment;
pub mod deployment_row;
pub mod explain;
pub mod failure;
pub mod fold;
pub mod format;
pub mod graph;
pub mod journey;
pub mod journey_row;
pub mod lines;
pub mod measure;
pub mod network;
pub mod open_row;
pub mod options;
pub mod packages;
pub mod path_row;
pub mod release;
pub mod report;
pub mod review;
pub mod row;
pub mod stats;
pub mod weeks;
pub mod what_if;
pub mod words;

#[cfg(test)]
mod tests;

use dataset::Dataset;
use measure::{
    after_hours, ai_use, apex, batch_size, business_hours, cadence, change_failure, ci, cohorts,
    coverage, deployments, dora, funnel, invest_first, manual_steps, merge_queue, paradox,
    repository, reviews, rework, series, teams, time_in_status, usage, value_stream,
    what_if_network,
};
use report::collected::CollectedReport;
use report::{Report, SCHEMA};

/// Computes values side by side, as many at a time as there are cores. None depends on another.
macro_rules! side_by_side {
    ($($name:ident = $value:expr;)+) => {
        $(let mut $name = None;)+
        rayon::scope(|scope| {
            $(scope.spawn(|_| $name = Some($value));)+
        });
        $(let $name = $name.expect("the scope waits for all of them");)+
    };
}

/// Measures a dataset.
pub fn map(data: &Dataset<'_>) -> Report {
    let shipped = cadence::shipped(data);
    side_by_side! {
        collected = collected_report(data);
        cohorts = cohorts::cohorts(data);
        invest_first = invest_first::invest_first(data);
        value_stream = value_stream::value_stream(data);
        series = series::series(data, &shipped);
        cadence = cadence::cadence(data, &shipped);
        dora = dora::dora(data, &shipped);
        usage = usage::usage(data);
        teams = teams::teams(data);
        failures = change_failure::change_failure(data);
        funnel = funnel::funnel(data);
        batch_size = batch_size::batch_size(data);
        rework = rework::rework(data);
        repositories = repository::summaries(data);
    }
    Report {
        schema: SCHEMA.to_owned(),
        as_of: data.window.until,
        since: data.window.since,
        until: data.window.until,
        repositories,
        gaps: data.gaps(),
        value_stream,
        cohorts,
        usage,
        teams,
        failures,
        dora,
        funnel,
        batch_size,
        rework,
        cadence,
        invest_first,
        series,
        collected,
    }
}

/// What the collected events add to the report.
fn collected_report(data: &Dataset<'_>) -> Option<Box<CollectedReport>> {
    if data.collected.is_empty() && !data.requests.any {
        return None;
    }
    let uses = ai_use::AiUse::new(data);
    let used = ai_use::ai_use(data, &uses);
    side_by_side! {
        paradox = paradox::paradox(data, &uses);
        network = what_if_network::what_if_network(data);
        ci = ci::ci(data);
        reviews = reviews::reviews(data);
        services = deployments::by_service(data);
        time_in_status = time_in_status::time_in_status(data);
        coverage = coverage::coverage(data);
        merge_queue = merge_queue::merge_queue(data);
        apex = apex::apex(data, used.as_ref());
        after_hours = after_hours::after_hours(data);
        manual_steps = manual_steps::manual_steps(data);
        business_hours = business_hours::business_hours(data);
    }
    Some(Box::new(CollectedReport {
        coverage,
        services,
        ci,
        reviews,
        merge_queue,
        time_in_status,
        apex,
        ai_use: used,
        after_hours,
        manual_steps,
        paradox,
        network,
        business_hours,
    }))
}
