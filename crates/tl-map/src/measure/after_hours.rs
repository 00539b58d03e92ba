//! After hours: how much of merging, reviewing and deploying happens outside working hours.
//!
//! In: the dataset and the team's calendar. Out: [`AfterHours`]. Start at [`after_hours`].
//! **Invariant:** told of everybody together, never of a person, and hidden where too few people
//! are behind a row.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use tl_core::attribution::AuthorClass;
use tl_core::time::Timestamp;

use super::MeasureDoc;
use super::cohorts::floor;
use super::figures::{Column, hidden, share};
use super::usage::by_people;
use crate::calendar::Calendar;
use crate::dataset::Dataset;
use crate::report::collected::{AfterHours, AfterHoursRow};
use crate::report::{Figure, Unit};
use crate::stats::bootstrap::Draws;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "after-hours",
    title: "After-hours and weekend work",
    what: "how much of merging, reviewing and deploying happens outside the team's working hours",
    formula: "outside = merges (reviews by people, deployments to production) of the window at an \
              instant that the calendar does not call working time / all; weekend = the same on a day \
              of the week on which it never works; around releases = those on the day of a deployment \
              to production (of a release where none is recorded) or on the day before; interval: \
              bootstrap by person, of deployments Wilson",
    unit: "share; deployments by hour of the day and day of the week",
    edge_cases: &[
        "one calendar for all: who works elsewhere or at other hours seems to work outside; a team \
         spread over zones should read the change over time, not the level",
        "a merge counts for the author of the change; a merge queue or a bot may have merged it later",
        "changes by agents and bots, and reviews by programs, are left out",
        "holidays of the calendar are outside working hours and no weekend",
        "a row of fewer people than the privacy floor is hidden",
    ],
    source: "ours; Harness, State of DevOps Modernization 2026, asks for evenings and weekends spent \
             on release work",
};

/// Instants, and who acted at each.
#[derive(Debug, Clone, Default)]
struct Moments {
    at: Vec<Timestamp>,
    /// Dense ids of people; empty where nobody is told of.
    who: Vec<u32>,
}

impl Moments {
    fn only(&self, keep: impl Fn(Timestamp) -> bool) -> Self {
        let mut kept = Self::default();
        for (row, at) in self.at.iter().enumerate().filter(|(_, at)| keep(**at)) {
            kept.at.push(*at);
            kept.who.extend(self.who.get(row));
        }
        kept
    }

    fn people(&self) -> usize {
        self.who.iter().collect::<BTreeSet<_>>().len()
    }

    fn share(&self, draws: &Draws, holds: impl Fn(Timestamp) -> bool) -> Figure {
        let values: Vec<i64> = self.at.iter().map(|at| i64::from(holds(*at))).collect();
        if self.who.is_empty() {
            return share(values.iter().sum::<i64>() as u64, values.len() as u64);
        }
        clustered_share(&Column::by_author(values, self.who.clone()), draws)
    }
}

/// The share of ones in a column of zeros and ones, with an interval by author; by Wilson where all
/// are equal, since no draw could differ then.
pub fn clustered_share(column: &Column, draws: &Draws) -> Figure {
    let events: i64 = column.values.iter().sum();
    if events == 0 || events == column.len() as i64 {
        return share(events as u64, column.len() as u64);
    }
    column.mean(Unit::Share, draws)
}

/// Whether an instant is on a day of the week on which nobody works.
fn is_weekend(calendar: &Calendar, at: Timestamp) -> bool {
    calendar.hour_and_day(at).is_some_and(|(_, day)| !calendar.days[day])
}

/// The day of an instant where the calendar's clock hangs.
fn day(calendar: &Calendar, at: Timestamp) -> Option<Date> {
    let instant = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
    Some(calendar.zone.to_datetime(instant).date())
}

/// Measures the window.
pub fn after_hours(data: &Dataset<'_>) -> AfterHours {
    let calendar = &data.options.collected.calendar;
    let deployed = data.deployments.list.iter().map(|one| one.finished);
    let deployed: Vec<Timestamp> = deployed.filter(|at| *at >= data.window.since).collect();
    let days: BTreeSet<Date> =
        releases(data, &deployed).iter().filter_map(|at| day(calendar, *at)).collect();
    let is_around = |at: Timestamp| {
        day(calendar, at).is_some_and(|day| {
            days.contains(&day) || day.tomorrow().is_ok_and(|next| days.contains(&next))
        })
    };
    let (merges, reviews) = (merges(data), reviews(data));
    let (merges_around, reviews_around) = (merges.only(is_around), reviews.only(is_around));
    let mut by_hour = vec![0; 24];
    let mut by_day = vec![0; 7];
    for (hour, day) in deployed.iter().filter_map(|at| calendar.hour_and_day(*at)) {
        by_hour[hour] += 1;
        by_day[day] += 1;
    }
    let deployments = Moments { at: deployed, who: Vec::new() };
    let rows = [
        ("merges", merges),
        ("reviews", reviews),
        ("deployments", deployments),
        ("merges around releases", merges_around),
        ("reviews around releases", reviews_around),
    ];
    AfterHours {
        calendar: calendar.name.clone(),
        rows: rows
            .into_iter()
            .filter(|(_, moments)| !moments.at.is_empty())
            .map(|(what, moments)| row(data, what, &moments))
            .collect(),
        deployments_by_hour: by_hour,
        deployments_by_day: by_day,
    }
}

fn row(data: &Dataset<'_>, what: &str, moments: &Moments) -> AfterHoursRow {
    let calendar = &data.options.collected.calendar;
    let draws = data.options.bootstrap();
    let is_hidden = !moments.who.is_empty() && moments.people() < floor(data);
    let figure = |holds: &dyn Fn(Timestamp) -> bool| {
        if is_hidden { hidden(Unit::Share) } else { moments.share(&draws, holds) }
    };
    AfterHoursRow {
        what: what.to_owned(),
        n: moments.at.len() as u64,
        outside: figure(&|at| !calendar.is_working(at)),
        weekend: figure(&|at| is_weekend(calendar, at)),
    }
}

/// Instants of deployments; of releases where no deployment is known.
fn releases(data: &Dataset<'_>, deployed: &[Timestamp]) -> Vec<Timestamp> {
    if !data.deployments.list.is_empty() {
        return deployed.to_vec();
    }
    let all = data.repositories.iter().flat_map(|found| &found.releases.list);
    let window = data.window;
    all.map(|one| one.at).filter(|at| *at >= window.since && *at <= window.until).collect()
}

fn merges(data: &Dataset<'_>) -> Moments {
    let (at, who) = by_people(data).map(|item| (item.merged, item.author)).unzip();
    Moments { at, who }
}

fn reviews(data: &Dataset<'_>) -> Moments {
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut found = Moments::default();
    for request in &data.collected.delivery.requests {
        let author = request.state.as_ref().map_or("", |(_, state)| state.author.as_str());
        for review in &request.reviews {
            let inside = review.at >= data.window.since && review.at <= data.window.until;
            let other = !review.reviewer.is_empty() && review.reviewer != author;
            if inside && other && review.class == AuthorClass::Human {
                let next = ids.len() as u32;
                found.at.push(review.at);
                found.who.push(*ids.entry(&review.reviewer).or_insert(next));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::{Delivery, Deployment, Request, Review};
    use tl_core::fact::{Outcome, ReviewVerdict};

    use super::*;
    use crate::options::Options;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn deployed(when: &str) -> Deployment {
        Deployment {
            key: when.to_owned(),
            service: "api".to_owned(),
            commit: when.to_owned(),
            finished: Some(at(when)),
            outcome: Outcome::Success,
            ..Deployment::default()
        }
    }

    fn reviewed(when: &str, reviewer: &str) -> Request {
        let review = Review {
            at: at(when),
            reviewer: reviewer.to_owned(),
            class: AuthorClass::Human,
            verdict: ReviewVerdict::Approved,
            commit: String::new(),
        };
        Request { key: format!("acme/api#{when}"), reviews: vec![review], ..Request::default() }
    }

    fn measured(deployments: &[&str], requests: Vec<Request>) -> AfterHours {
        let deployments = deployments.iter().map(|when| deployed(when)).collect();
        let delivery = Delivery { deployments, requests, ..Delivery::default() };
        let now = at("2026-03-31T00:00:00Z");
        let options = Options { until: Some(now), draws: 50, ..Options::at(now) };
        after_hours(&Dataset::with_delivery(&[], &delivery, &options))
    }

    #[test]
    fn evenings_are_outside_and_a_weekend_is_both() {
        // A Monday noon, a Monday 23:30, and a Saturday noon, in UTC.
        let found = measured(
            &["2026-03-02T12:00:00Z", "2026-03-02T23:30:00Z", "2026-03-07T12:00:00Z"],
            Vec::new(),
        );
        let [row] = &found.rows[..] else { panic!("{found:?}") };
        assert_eq!((row.what.as_str(), row.n), ("deployments", 3));
        assert_eq!(row.outside.value, Some(2.0 / 3.0));
        assert_eq!(row.weekend.value, Some(1.0 / 3.0));
        assert_eq!((found.deployments_by_hour[12], found.deployments_by_hour[23]), (2, 1));
        assert_eq!(found.deployments_by_day, [2, 0, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn what_happens_the_day_before_a_deployment_is_around_it_and_the_day_after_is_not() {
        let days = ["2026-03-03", "2026-03-04", "2026-03-05"];
        let requests =
            days.iter().map(|day| reviewed(&format!("{day}T20:00:00Z"), "ana")).collect();
        let found = measured(&["2026-03-04T10:00:00Z"], requests);
        let n = |what: &str| found.rows.iter().find(|row| row.what == what).map(|row| row.n);
        assert_eq!((n("reviews"), n("reviews around releases")), (Some(3), Some(2)));
    }
}
