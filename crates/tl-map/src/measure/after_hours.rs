//! After hours: how much of merging, reviewing and deploying happens outside working hours.
//!
//! In: the dataset and the team's calendar. Out: [`AfterHours`]. Start at [`after_hours`].
//! **Invariant:** told of everybody together, never of a person, and hidden where too few people
//! are behind a row.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rustc_hash::FxHashMap;
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

/// Moments of one kind of work, a row each.
#[derive(Debug, Clone, Default)]
struct Moments {
    /// 1 outside working hours.
    outside: Vec<i64>,
    /// 1 on a day of the week on which nobody works.
    weekend: Vec<i64>,
    /// Whether it was around a release.
    around: Vec<bool>,
    /// Dense ids of people; empty where nobody is told of.
    who: Vec<u32>,
}

impl Moments {
    fn add(&mut self, calendar: &Calendar, releases: &BTreeSet<Date>, at: Timestamp) {
        let weekend = calendar.hour_and_day(at).is_some_and(|(_, day)| !calendar.days[day]);
        self.outside.push(i64::from(!calendar.is_working(at)));
        self.weekend.push(i64::from(weekend));
        self.around.push(day(calendar, at).is_some_and(|day| {
            releases.contains(&day) || day.tomorrow().is_ok_and(|next| releases.contains(&next))
        }));
    }

    fn around_releases(&self) -> Self {
        let mut kept = Self::default();
        for row in (0..self.around.len()).filter(|row| self.around[*row]) {
            kept.outside.push(self.outside[row]);
            kept.weekend.push(self.weekend[row]);
            kept.around.push(true);
            kept.who.extend(self.who.get(row));
        }
        kept
    }

    fn people(&self) -> usize {
        self.who.iter().collect::<BTreeSet<_>>().len()
    }

    /// The row of the report; hidden where fewer than `floor` people are behind it.
    fn row(&self, data: &Dataset<'_>, what: &str, floor: usize) -> Option<AfterHoursRow> {
        let share = |column: &[i64]| match self.people() {
            0 => share(column.iter().sum::<i64>() as u64, column.len() as u64),
            few if few < floor => hidden(Unit::Share),
            _ => {
                let column = Column::by_author(column.to_vec(), self.who.clone());
                clustered_share(&column, &data.options.bootstrap())
            }
        };
        (!self.around.is_empty()).then(|| AfterHoursRow {
            what: what.to_owned(),
            n: self.around.len() as u64,
            outside: share(&self.outside),
            weekend: share(&self.weekend),
        })
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
    let mut deployments = Moments::default();
    let mut by_hour = vec![0; 24];
    let mut by_day = vec![0; 7];
    for at in deployed {
        deployments.add(calendar, &days, at);
        if let Some((hour, day)) = calendar.hour_and_day(at) {
            by_hour[hour] += 1;
            by_day[day] += 1;
        }
    }
    let (merges, reviews) = (merges(data, &days), reviews(data, &days));
    // Where all are fewer than the floor, a row of everybody tells no more than the whole does.
    let floor = |all: &Moments| data.options.privacy_floor.min(all.people());
    let rows = [
        merges.row(data, "merges", floor(&merges)),
        reviews.row(data, "reviews", floor(&reviews)),
        deployments.row(data, "deployments", 0),
        merges.around_releases().row(data, "merges around releases", floor(&merges)),
        reviews.around_releases().row(data, "reviews around releases", floor(&reviews)),
    ];
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

fn merges(data: &Dataset<'_>, releases: &BTreeSet<Date>) -> Moments {
    let mut found = Moments::default();
    for item in by_people(data) {
        found.add(&data.options.collected.calendar, releases, item.merged);
        found.who.push(item.author);
    }
    found
}

fn reviews(data: &Dataset<'_>, releases: &BTreeSet<Date>) -> Moments {
    // Numbered as they are met: whoever else has a login is no reviewer.
    let mut ids: FxHashMap<u32, u32> = FxHashMap::default();
    let mut found = Moments::default();
    for review in &data.requests.given {
        let next = ids.len() as u32;
        found.add(&data.options.collected.calendar, releases, review.at);
        found.who.push(*ids.entry(review.who).or_insert(next));
    }
    found
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
