//! Stages in working hours, beside calendar time.
//!
//! In: the dataset and the team's calendar. Out: [`BusinessHours`], where the caller asked for it.
//! Start at [`business_hours`]. **Invariant:** the same changes stand behind both columns, and
//! working time is never longer than calendar time; calendar time stays the headline.

use tl_core::time::Timestamp;

use super::MeasureDoc;
use super::figures::Column;
use super::value_stream::spent;
use crate::dataset::{Dataset, Item};
use crate::report::Unit;
use crate::report::collected::{BusinessHours, BusinessHoursRow};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "business-hours",
    title: "Stages in working hours",
    what: "how much of each stage fell into the hours in which the team works",
    formula: "working time of a stage = the part of it within the calendar's working hours; p50 and p90 \
              by type-7 quantiles with author-clustered bootstrap intervals, of the changes merged in \
              the window that went through the stage; calendar time of the same changes beside it",
    unit: "hours",
    edge_cases: &[
        "calendar time is the headline everywhere: users wait at night too",
        "one calendar for all, in one time zone; work outside it counts as nothing",
        "changes that are still in a stage are left out, so calendar time here may be shorter than in \
         the value stream, which counts them as long as they have waited",
        "a span of more than 4,000 days is counted by its weeks, without holidays",
    ],
    source: "ISO 8601 weekdays; the calendar of the configuration",
};

/// Measures stages in working hours; `None` unless the caller asked for it.
pub fn business_hours(data: &Dataset<'_>) -> Option<BusinessHours> {
    let options = &data.options.collected;
    if !options.business_hours {
        return None;
    }
    let items: Vec<&Item> = data.in_window().collect();
    let mut rows: Vec<BusinessHoursRow> = data
        .line
        .stages()
        .iter()
        .map(|stage| {
            let ends = data.line.ends(*stage);
            row(data, &items, (stage.id(), stage.label()), |item| {
                let (from, to) = ends.filter(|_| spent(item, *stage).is_some())?;
                Some((item.journey.at(from)?, item.journey.at(to)?))
            })
        })
        .collect();
    rows.push(row(data, &items, ("total", "whole line"), |item| {
        item.journey.total()?;
        Some((item.journey.at(data.line.first())?, item.journey.at(data.line.last())?))
    }));
    Some(BusinessHours { calendar: options.calendar.name.clone(), rows })
}

fn row(
    data: &Dataset<'_>,
    items: &[&Item],
    (id, label): (&str, &str),
    span: impl Fn(&Item) -> Option<(Timestamp, Timestamp)>,
) -> BusinessHoursRow {
    let calendar = &data.options.collected.calendar;
    let draws = data.options.bootstrap();
    let column = |length: &dyn Fn(Timestamp, Timestamp) -> i64| {
        let of = |item: &Item| span(item).map(|(from, to)| length(from, to));
        Column::of(items.iter().copied(), of).or("no change went through this stage")
    };
    let working = column(&|from, to| calendar.between(from, to).get());
    let elapsed = column(&|from, to| (to - from).get());
    BusinessHoursRow {
        id: id.to_owned(),
        label: label.to_owned(),
        n: working.len() as u64,
        p50: working.median(Unit::Hours, &draws),
        p90: working.quantiles(&[0.9], Unit::Hours, &draws).remove(0),
        calendar_p50: elapsed.median(Unit::Hours, &draws),
        calendar_p90: elapsed.quantiles(&[0.9], Unit::Hours, &draws).remove(0),
    }
}
