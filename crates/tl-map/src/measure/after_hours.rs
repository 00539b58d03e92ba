//! After hours: how much of merging, reviewing and deploying happens outside working hours.
//!
//! In: the dataset and the team's calendar. Out: [`AfterHours`]. Start at [`after_hours`].
//! **Invariant:** told of everybody together, never of a person, and hidden where too few people
//! are behind a row.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::time::Timestamp;

use super::MeasureDoc;
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

/// When a piece of work was done. Of a large organisation there are millions.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// Dense id of whoever did it; 0 where nobody is told of.
    who: u32,
    /// Outside working hours.
    outside: bool,
    /// On a day of the week on which nobody works.
    weekend: bool,
    /// Around a release.
    around: bool,
}

/// By what a moment is judged.
struct Judge<'d> {
    calendar: &'d Calendar,
    /// Days of releases.
    releases: BTreeSet<Date>,
}

impl Judge<'_> {
    fn moment(&self, who: u32, at: Timestamp) -> Moment {
        let Self { calendar, releases } = self;
        let weekend = calendar.hour_and_day(at).is_some_and(|(_, day)| !calendar.days[day]);
        let around = day(calendar, at).is_some_and(|day| {
            releases.contains(&day) || day.tomorrow().is_ok_and(|next| releases.contains(&next))
        });
        Moment { who, outside: !calendar.is_working(at), weekend, around }
    }
}

fn people(moments: &[Moment]) -> usize {
    moments.iter().map(|one| one.who).collect::<FxHashSet<u32>>().len()
}

/// A row of the report.
fn row(
    what: &str,
    moments: &[Moment],
    share: impl Fn(fn(&Moment) -> bool) -> Figure,
) -> Option<AfterHoursRow> {
    (!moments.is_empty()).then(|| AfterHoursRow {
        what: what.to_owned(),
        n: moments.len() as u64,
        outside: share(|one| one.outside),
        weekend: share(|one| one.weekend),
    })
}

/// The row of work of no person.
fn row_of_all(what: &str, moments: &[Moment]) -> Option<AfterHoursRow> {
    let count = |is: fn(&Moment) -> bool| moments.iter().filter(|one| is(one)).count() as u64;
    row(what, moments, |is| share(count(is), moments.len() as u64))
}

/// The rows of work of people: of all of it, and of what is around releases. Hidden where few people
/// are behind one; where all are fewer than the floor, a row of everybody tells no more than the
/// whole does.
fn rows_of_people(
    data: &Dataset<'_>,
    what: &str,
    mut moments: Vec<Moment>,
) -> [Option<AfterHoursRow>; 2] {
    let floor = data.options.privacy_floor.min(people(&moments));
    let of = |what: &str, moments: &[Moment]| {
        let is_hidden = people(moments) < floor;
        row(what, moments, |is| {
            if is_hidden {
                return hidden(Unit::Share);
            }
            let column = Column::by_author(
                moments.iter().map(|one| i64::from(is(one))).collect(),
                moments.iter().map(|one| one.who).collect(),
            );
            clustered_share(&column, &data.options.bootstrap())
        })
    };
    let all = of(what, &moments);
    moments.retain(|one| one.around);
    [all, of(&format!("{what} around releases"), &moments)]
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
    let releases = releases(data, &deployed).iter().filter_map(|at| day(calendar, *at)).collect();
    let judge = Judge { calendar, releases };
    let mut by_hour = vec![0; 24];
    let mut by_day = vec![0; 7];
    for at in &deployed {
        if let Some((hour, day)) = calendar.hour_and_day(*at) {
            by_hour[hour] += 1;
            by_day[day] += 1;
        }
    }
    // One kind after the other: of each the moments go before those of the next come.
    let [merges, around_merges] = rows_of_people(data, "merges", merges(data, &judge));
    let [reviews, around_reviews] = rows_of_people(data, "reviews", reviews(data, &judge));
    let deployed: Vec<Moment> = deployed.iter().map(|at| judge.moment(0, *at)).collect();
    let deployments = row_of_all("deployments", &deployed);
    let rows = [merges, reviews, deployments, around_merges, around_reviews];
    AfterHours {
        calendar: calendar.name.clone(),
        rows: rows.into_iter().flatten().collect(),
        deployments_by_hour: by_hour,
        deployments_by_day: by_day,
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

fn merges(data: &Dataset<'_>, judge: &Judge<'_>) -> Vec<Moment> {
    by_people(data).map(|item| judge.moment(item.author, item.merged)).collect()
}

fn reviews(data: &Dataset<'_>, judge: &Judge<'_>) -> Vec<Moment> {
    // Numbered as they are met: whoever else has a login is no reviewer.
    let mut ids: FxHashMap<u32, u32> = FxHashMap::default();
    let mut id = |who| {
        let next = ids.len() as u32;
        *ids.entry(who).or_insert(next)
    };
    data.requests.given.iter().map(|review| judge.moment(id(review.who), review.at)).collect()
}

#[cfg(test)]
mod tests {
    use tl_core::attribution::AuthorClass;
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

    #[test]
    fn evenings_around_releases_of_a_few_among_many_are_hidden() {
        let review =
            |day: &str, who: usize| reviewed(&format!("{day}T2{who}:00:00Z"), &format!("p{who}"));
        let mut requests: Vec<Request> = (0..4).map(|who| review("2026-03-04", who)).collect();
        let around = |requests: &[Request]| {
            let found = measured(&["2026-03-04T10:00:00Z"], requests.to_vec());
            let row = found.rows.into_iter().find(|row| row.what == "reviews around releases");
            row.unwrap().outside.value
        };
        assert_eq!(around(&requests), Some(1.0), "the four are all there are");
        requests.extend([
            reviewed("2026-03-20T12:00:00Z", "p5"),
            reviewed("2026-03-21T12:00:00Z", "p6"),
        ]);
        assert_eq!(around(&requests), None);
    }
}
