//! The velocity paradox: whether those who use AI tools most deliver more often, and what follows
//! the merge, beside what a survey found.
//!
//! In: the dataset and its telemetry joined to authors. Out: [`Paradox`]. Start at [`paradox`].
//! **Invariant:** cohorts of fewer people than the privacy floor are hidden; a sentence speaks of
//! association, never of cause.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::time::Millis;

use super::MeasureDoc;
use super::after_hours::clustered_share;
use super::ai_use::AiUse;
use super::change_failure::{counts, failed_share, failed_strict};
use super::cohorts::{floor, strata};
use super::deployments::recovery;
use super::figures::{Column, figure, people, share, unless_hidden, visibility};
use super::rework::reworked_share;
use super::usage::{NAMES, by_people};
use crate::dataset::{Dataset, Item};
use crate::journey::End;
use crate::report::collected::{AdjustedFailure, BeforeAfter, Compared, Paradox, ParadoxRow};
use crate::report::{Figure, Unit, Visibility};
use crate::stats::bootstrap::Clusters;
use crate::stats::detectable::smallest_rise_over;
use crate::stats::minimum::is_comparable;
use crate::stats::quantile::quantile;
use crate::stats::rates::Count;
use crate::stats::strata::{Stratum, e_value, risk_ratio};
use cohort::Authors;

mod before_after;
mod cohort;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "velocity-paradox",
    title: "Velocity paradox",
    what: "whether authors who use AI tools most bring changes to production more often, and whether \
           those fail more, take longer to mend, and cost evenings",
    formula: "cohorts by telemetry: very frequent with 2 sessions or more on at least 60 % of the days \
              on which they committed, frequent with 1 or more, else occasional; authors without \
              telemetry by the share of their changes with evidence, as in usage cohorts; production \
              days = days with a change of theirs coming to production / weeks in which they committed \
              or one came; daily or faster = authors whose median such week has five or more such \
              days / authors; \
              failed = strict change failure; recovery = failed deployment to its recovery, each \
              deployment once; like with like: Mantel-Haenszel risk ratio over repository x size third \
              x month, very frequent and frequent against the others; before and after: per author \
              with 10 changes on both sides of the first known use, after less before, median over \
              authors; intervals by author, of failure and of daily or faster Wilson",
    unit: "days a week; shares; hours; ratio",
    edge_cases: &[
        "the survey's cohorts are self-reported (several times a day, daily, weekly) and its figures \
         are of teams: they stand beside for orientation, not as a norm",
        "an author may have two addresses, and then is two authors; `.mailmap` joins them",
        "where telemetry counts no sessions, hours with a session are counted",
        "days are UTC days, weeks go from Monday to Sunday; a release stands for a deployment where \
         none is recorded, and recovery is then from merge to revert",
        "the first known use is the first that telemetry or evidence shows: where telemetry began \
         later than use, the side before holds use as well and the difference is too small",
        "only changes merged in the window count, also before and after: a longer window shows more; \
         changes a week are those of a side over the weeks from its first to its last change",
        "cohorts below the privacy floor are hidden, below 20 changes too few; associations, no causes",
    ],
    source: "Harness, State of DevOps Modernization 2026 (n = 700, self-reported); Mantel & Haenszel \
             1959; Greenland & Robins 1985; VanderWeele & Ding 2017",
};

/// Where the survey's figures come from.
const SURVEY: &str = "Harness, State of DevOps Modernization 2026 (Coleman Parkes, February 2026, \
                      n = 700), self-reported: very frequent is several times a day, frequent daily, \
                      occasional weekly";

/// The survey's figures for the four cohorts: deploy daily or faster, deployments that fail, hours
/// to recover.
const SURVEYED: [[Option<f64>; 3]; 4] = [
    [Some(0.45), Some(0.22), Some(7.6)],
    [Some(0.32), None, None],
    [Some(0.15), Some(0.15), Some(6.3)],
    [None, None, None],
];

/// Days a week with a change in production that count as daily.
const DAILY: f64 = 5.0;

/// Compares usage cohorts; `None` where no person's change was merged in the window.
pub fn paradox(data: &Dataset<'_>, uses: &AiUse<'_, '_>) -> Option<Paradox> {
    let authors = Authors::new(data, uses);
    if authors.class.is_empty() {
        return None;
    }
    let mut cohorts: [Vec<&Item>; 4] = Default::default();
    for item in by_people(data) {
        cohorts[authors.class[&item.author]].push(item);
    }
    let production = Production::new(data, &authors);
    let rows = || {
        let some = cohorts.par_iter().enumerate().filter(|(_, items)| !items.is_empty());
        some.map(|(class, items)| row(data, &authors, &production, class, items)).collect()
    };
    let (rows, (adjusted, before_after)): (Vec<ParadoxRow>, _) = rayon::join(rows, || {
        rayon::join(|| adjusted(data, &cohorts), || before_after::before_after(data, uses))
    });
    Some(Paradox {
        by_telemetry: authors.by_telemetry as u64,
        by_evidence: (authors.class.len() - authors.by_telemetry) as u64,
        says: says(&rows, &adjusted, &before_after),
        rows,
        survey: SURVEY.to_owned(),
        adjusted: adjusted.table,
        before_after,
    })
}

/// What one author brought to production.
#[derive(Debug, Clone, Copy)]
struct Brought {
    /// Days on which a change of theirs came.
    days: i64,
    /// Weeks in which they committed or a change of theirs came, Monday to Sunday.
    weeks: i64,
    /// Whether the median of those weeks has [`DAILY`] such days.
    is_daily: bool,
}

/// What each author brought to production.
struct Production {
    by_author: FxHashMap<u32, Brought>,
    is_known: bool,
}

impl Production {
    fn new(data: &Dataset<'_>, authors: &Authors) -> Self {
        let mut days: FxHashMap<u32, BTreeSet<i64>> = FxHashMap::default();
        let mut is_known = false;
        for item in data.items.iter() {
            let arrived = item.journey.at(data.line.last());
            if let Some(at) = arrived.filter(|at| *at >= data.window.since) {
                is_known = true;
                days.entry(item.author).or_default().insert(at.day());
            }
        }
        let none = BTreeSet::new();
        let by_author = authors.class.keys().map(|author| {
            let committed = authors.days.get(author).unwrap_or(&none);
            (*author, brought(days.get(author).unwrap_or(&none), committed))
        });
        Self { by_author: by_author.collect(), is_known }
    }

    /// Days a week, and the share of authors who deliver daily.
    fn figures(&self, data: &Dataset<'_>, mut authors: Vec<u32>) -> (Figure, Figure) {
        let unknown = |unit| Figure::unknown(0, unit, "nothing came to production in the window");
        if !self.is_known {
            return (unknown(Unit::PerWeek), unknown(Unit::Share));
        }
        authors.sort_unstable();
        authors.retain(|author| self.by_author[author].weeks > 0);
        let brought = || authors.iter().map(|author| self.by_author[author]);
        let (days, weeks): (Vec<i64>, Vec<i64>) =
            brought().map(|one| (one.days, one.weeks)).unzip();
        let ratio = Clusters::new(&authors).ratio(&days, &weeks, &data.options.bootstrap());
        let n = authors.len() as u64;
        let daily = brought().filter(|one| one.is_daily).count() as u64;
        let ratio = ratio.map(|ratio| figure(ratio, n, Unit::PerWeek));
        (ratio.unwrap_or_else(|| unknown(Unit::PerWeek)), share(daily, n))
    }
}

/// The week of a day since the epoch, Monday to Sunday.
const fn week(day: i64) -> i64 {
    // The epoch is a Thursday: three days before it the week began.
    (day + 3).div_euclid(7)
}

/// Counts days and weeks from the days on which changes arrived and on which commits were made.
fn brought(arrived: &BTreeSet<i64>, committed: &BTreeSet<i64>) -> Brought {
    let mut weeks: BTreeMap<i64, i64> = BTreeMap::new();
    for day in committed {
        weeks.entry(week(*day)).or_default();
    }
    for day in arrived {
        *weeks.entry(week(*day)).or_default() += 1;
    }
    let mut counts: Vec<i64> = weeks.into_values().collect();
    counts.sort_unstable();
    Brought {
        days: arrived.len() as i64,
        weeks: counts.len() as i64,
        is_daily: quantile(&counts, 0.5).is_some_and(|days| days >= DAILY),
    }
}

fn row(
    data: &Dataset<'_>,
    authors: &Authors,
    production: &Production,
    class: usize,
    items: &[&Item],
) -> ParadoxRow {
    let draws = data.options.bootstrap();
    let calendar = &data.options.collected.calendar;
    let of_cohort = |author: &u32| authors.class[author] == class;
    let own: Vec<u32> = authors.class.keys().copied().filter(of_cohort).collect();
    let people = own.len();
    let visibility = visibility(people, items.len(), floor(data));
    let all = || items.iter().copied();
    let shown = |figure: &dyn Fn() -> Figure, unit| unless_hidden(visibility, figure, unit);
    let (production_days, daily) = production.figures(data, own);
    let [surveyed_daily, surveyed_failed, surveyed_recovery] = SURVEYED[class];
    let outside = Column::of(all(), |item| Some(i64::from(!calendar.is_working(item.merged))));
    ParadoxRow {
        usage: NAMES[class].to_owned(),
        people: people as u64,
        changes: items.len() as u64,
        visibility,
        production_days: shown(&|| production_days.clone(), Unit::PerWeek),
        daily: Compared { own: shown(&|| daily.clone(), Unit::Share), survey: surveyed_daily },
        failed: Compared {
            own: shown(&|| failed_share(data, all()), Unit::Share),
            survey: surveyed_failed,
        },
        recovery: Compared {
            own: shown(&|| recovered(data, items).median(Unit::Hours, &draws), Unit::Hours),
            survey: surveyed_recovery,
        },
        after_hours: shown(&|| clustered_share(&outside, &draws), Unit::Share),
        rework: shown(&|| reworked_share(data, all()), Unit::Share),
    }
}

/// How long it took to mend what failed with these changes: each deployment counts once.
fn recovered(data: &Dataset<'_>, items: &[&Item]) -> Column {
    let mut seen = FxHashSet::default();
    let mut column = Column::default();
    for item in items.iter().filter(|item| failed_strict(data, item)) {
        let spent = match item.deployment {
            Some(row) if seen.insert(row) => recovery(&data.deployments.list[row.index()]),
            // Without deployments the sign of a failure is the revert that mends it.
            None if data.line.end == End::Released => item.failed_strict,
            _ => None,
        };
        if let Some(spent) = spent {
            column.values.push(Millis::get(spent));
            column.authors.push(item.author);
        }
    }
    column.or("nothing of theirs failed and was mended by something known")
}

/// The comparison of failures, with what these n would have shown.
struct Adjusted {
    table: AdjustedFailure,
    detectable: Option<f64>,
}

/// Failures of very frequent and frequent users against those of the others.
fn adjusted(data: &Dataset<'_>, cohorts: &[Vec<&Item>; 4]) -> Adjusted {
    let [very, frequent, occasional, none] = cohorts;
    let exposed: Vec<&Item> = very.iter().chain(frequent).copied().collect();
    let reference: Vec<&Item> = occasional.iter().chain(none).copied().collect();
    let crowd = people(exposed.iter().copied()).min(people(reference.iter().copied()));
    let count = |items: &[&Item]| {
        let (events, trials) = counts(data, items.iter().copied());
        Count { events, trials }
    };
    let (a, b) = (count(&exposed), count(&reference));
    let is_hidden = crowd < floor(data);
    let why = if exposed.is_empty() || reference.is_empty() {
        Some("there is nobody to compare with")
    } else if is_hidden {
        Some("hidden: fewer people than the privacy floor")
    } else {
        (!is_comparable(a, b)).then_some("too few failures or changes to compare")
    };
    let n = a.trials + b.trials;
    let ratio = |strata: &[Stratum]| match (why, risk_ratio(strata)) {
        (Some(why), _) => (Figure::unknown(n, Unit::Ratio, why), None),
        (None, None) => {
            (Figure::unknown(n, Unit::Ratio, "no group of like changes has both sides"), None)
        }
        (None, Some(found)) => (figure(found, n, Unit::Ratio), Some(found)),
    };
    let (within, found) = ratio(&strata(data, &exposed, &reference));
    let shown = |items: &[&Item]| {
        let visibility = if is_hidden { Visibility::Hidden } else { Visibility::Shown };
        unless_hidden(visibility, || failed_share(data, items.iter().copied()), Unit::Share)
    };
    Adjusted {
        table: AdjustedFailure {
            exposed: shown(&exposed),
            reference: shown(&reference),
            crude: ratio(&[Stratum { exposed: a, unexposed: b }]).0,
            ratio: within,
            e_value: found.map(|found| e_value(found).estimate),
        },
        detectable: if is_hidden { None } else { smallest_rise_over(b, a.trials) },
    }
}

/// What the figures show, or why they show nothing.
fn says(rows: &[ParadoxRow], adjusted: &Adjusted, before_after: &BeforeAfter) -> Vec<String> {
    vec![velocity(rows), failure(adjusted), within_authors(before_after)]
}

/// The most frequent users against the least frequent ones that are shown.
fn velocity(rows: &[ParadoxRow]) -> String {
    let known = |row: &&ParadoxRow| {
        row.visibility == Visibility::Shown && row.production_days.value.is_some()
    };
    let shown: Vec<&ParadoxRow> = rows.iter().filter(known).collect();
    let [most, .., least] = shown[..] else {
        return "Days in production: fewer than two usage cohorts can be shown, so nothing can be \
                compared."
            .to_owned();
    };
    let (a, b) = (&most.production_days, &least.production_days);
    let more = match (a.low, a.high, b.low, b.high) {
        (Some(low), _, _, Some(high)) if low > high => "on more days",
        (_, Some(high), Some(low), _) if high < low => "on fewer days",
        _ => "on no more and no fewer days, as far as these n can tell,",
    };
    format!(
        "Authors of {} use brought changes to production {more} than authors of {} use: {:.1} \
         against {:.1} a week; an association, not a cause.",
        most.usage,
        least.usage.replace("none known", "no known"),
        a.value.unwrap_or_default(),
        b.value.unwrap_or_default()
    )
}

fn failure(adjusted: &Adjusted) -> String {
    let ratio = &adjusted.table.ratio;
    let (Some(value), Some(low), Some(high)) = (ratio.value, ratio.low, ratio.high) else {
        let why = ratio.note.as_deref().unwrap_or("unknown");
        return format!("Failures of frequent users against the others: {why}.");
    };
    if low <= 1.0 && high >= 1.0 {
        let rise = adjusted.detectable.map_or_else(
            || "no rise at all would be seen at these n".to_owned(),
            |rise| format!("these n would show a rise of {:.1} points", rise * 100.0),
        );
        return format!(
            "Like with like, changes of frequent users failed {value:.2} times as often: no \
             difference seen; {rise}."
        );
    }
    format!(
        "Like with like, changes of frequent users failed {value:.2} times as often as those of the \
         others ({low:.2} to {high:.2}); an association, not a cause."
    )
}

fn within_authors(found: &BeforeAfter) -> String {
    let of = |figure: &Figure, name: &str, show: &dyn Fn(f64) -> String| {
        let (value, low, high) = (figure.value?, figure.low?, figure.high?);
        let seen = if low > 0.0 || high < 0.0 { "" } else { ", no difference seen" };
        Some(format!("{name} {}{seen}", show(value)))
    };
    let told: Vec<String> = [
        of(&found.failed, "failures", &|share| format!("{:+.1} points", share * 100.0)),
        of(&found.to_merge, "first commit to merge", &|hours| format!("{hours:+.1} h")),
        of(&found.changes_per_week, "changes a week", &|changes| format!("{changes:+.1}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if told.is_empty() {
        let why = found.changes_per_week.note.as_deref().unwrap_or("nothing to compare");
        return format!("Authors before and after their first known use: {why}.");
    }
    format!(
        "Authors before and after their first known use, in the median: {}. Other things changed \
         over that time as well.",
        told.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_of_holidays_does_not_make_a_daily_author_a_weekly_one() {
        // Day 4 since the epoch is a Monday.
        let five = |monday: i64| monday..monday + 5;
        let arrived: BTreeSet<i64> = five(4).chain(five(11)).chain([18]).collect();
        let daily = brought(&arrived, &BTreeSet::from([18]));
        assert_eq!((daily.days, daily.weeks, daily.is_daily), (11, 3, true));
        let weekly = brought(&BTreeSet::from([4, 11]), &BTreeSet::from([18, 19]));
        assert_eq!((weekly.days, weekly.weeks, weekly.is_daily), (2, 3, false));
        let sunday_and_monday = brought(&BTreeSet::from([10, 11]), &BTreeSet::new());
        assert_eq!(sunday_and_monday.weeks, 2);
    }
}
