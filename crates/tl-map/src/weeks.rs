//! This week against last: the seven days to the newest change against the seven before them.
//!
//! In: the dataset. Out: [`Weeks`]: a row for each thing that is asked every Monday, with both figures
//! and whether they differ by more than chance would. Start at [`weeks`]. **Invariants:** weeks do not
//! depend on the window; a week with fewer people than the privacy floor is hidden; what could be
//! chance is called so.
//! **Definition:** counts differ where the 95 % interval (Wilson) of this week's share of both does
//! not hold one half: that of two Poisson counts with the same rate. Times differ where the interval of
//! the Hodges-Lehmann shift, clustered by author, does not hold zero.

use serde::{Deserialize, Serialize};
use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};

use crate::dataset::{Dataset, Item};
use crate::journey::{Boundary, End};
use crate::measure::figures::{Column, hidden, people};
use crate::measure::value_stream::waited_for_merge;
use crate::report::{Figure, Unit};
use crate::stats::minimum::MIN_COHORT;
use crate::stats::rank;
use crate::stats::rates::{Count, wilson};

/// Two weeks, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weeks {
    /// Where the last week begins.
    pub since: Timestamp,
    /// Where it ends and this one begins.
    pub middle: Timestamp,
    /// Where this week ends: with the newest change.
    pub until: Timestamp,
    /// What is compared.
    pub rows: Vec<WeekRow>,
}

/// One thing in two weeks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeekRow {
    /// Stable name, such as `merged`.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Id of the measure whose definition it follows.
    pub measure: String,
    /// This week.
    pub this: Figure,
    /// The week before.
    pub last: Figure,
    /// How they differ.
    pub trend: Trend,
    /// Whether more is good, bad or neither.
    pub more_is: Good,
}

/// How this week differs from the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// More, and not by chance alone.
    More,
    /// Less, and not by chance alone.
    Less,
    /// Two weeks of the same kind differ as much.
    Noise,
    /// Too little happened to tell.
    TooFew,
}

impl Trend {
    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::More => "more than last week",
            Self::Less => "less than last week",
            Self::Noise => "no clear change",
            Self::TooFew => "too few to tell",
        }
    }
}

/// Whether more of something is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Good {
    /// More is better.
    Better,
    /// More is worse.
    Worse,
    /// It depends.
    Neither,
}

/// Things that happened in both weeks together below which nothing is said of a difference.
const MIN_EVENTS: u64 = 10;

/// From when to when, both ends included but that of the last week.
#[derive(Clone, Copy)]
struct Week {
    since: Timestamp,
    until: Timestamp,
}

impl Week {
    fn has(self, at: Timestamp) -> bool {
        at > self.since && at <= self.until
    }
}

/// Compares the two weeks before the end of the window.
pub fn weeks(data: &Dataset<'_>) -> Weeks {
    let until = data.window.until;
    let (middle, since) = (until - Millis::WEEK, until - Millis::days(14));
    let both = [Week { since: middle, until }, Week { since, until: middle }];
    let mut rows = vec![merged(data, both), whole_line(data, both), review_wait(data, both)];
    match data.line.end {
        End::Deployed => rows.push(deployments(data, both)),
        End::Released => rows.push(releases(data, both)),
    }
    rows.extend([failed(data, both), waiting(data, both), open(data)]);
    Weeks { since, middle, until, rows }
}

fn items<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = &'d Item> + Clone {
    data.items.iter().filter(|item| item.cohort != Cohort::Bot)
}

/// Whether so few people did what is counted in a week that it would tell of single ones.
fn is_hidden(data: &Dataset<'_>, of: &[&Item]) -> bool {
    let floor = data.options.privacy_floor.min(people(data.in_window()));
    let by_people = || of.iter().any(|item| item.cohort != Cohort::AgentAuthored);
    by_people() && people(of.iter().copied()) < floor
}

fn merged(data: &Dataset<'_>, both: [Week; 2]) -> WeekRow {
    let counts = both.map(|week| {
        let of: Vec<&Item> = items(data).filter(|item| week.has(item.merged)).collect();
        (!is_hidden(data, &of)).then_some(of.len() as u64)
    });
    counted(("merged", "changes merged", "value-stream"), counts, Good::Neither)
}

fn whole_line(data: &Dataset<'_>, both: [Week; 2]) -> WeekRow {
    let last = data.line.last();
    let arrived = |item: &Item, week: Week| item.journey.at(last).is_some_and(|at| week.has(at));
    let of = both.map(|week| items(data).filter(|item| arrived(item, week)).collect::<Vec<_>>());
    let label = match data.line.end {
        End::Deployed => "time to production, median",
        End::Released => "time to the first release, median",
    };
    let row = ("whole-line", label, "value-stream");
    timed(data, row, of, |item| item.journey.total().map(Millis::get))
}

fn review_wait(data: &Dataset<'_>, both: [Week; 2]) -> WeekRow {
    let of = both.map(|week| items(data).filter(|item| week.has(item.merged)).collect::<Vec<_>>());
    let row = ("review-wait", "wait for review and merge, median", "review-wait");
    timed(data, row, of, |item| waited_for_merge(item).map(Millis::get))
}

fn deployments(data: &Dataset<'_>, both: [Week; 2]) -> WeekRow {
    let list = data.deployments.list.iter().filter(|one| one.is_success());
    let counts = both.map(|week| list.clone().filter(|one| week.has(one.finished)).count() as u64);
    counted(("deployments", "deployments to production", "dora"), counts.map(Some), Good::Better)
}

fn releases(data: &Dataset<'_>, both: [Week; 2]) -> WeekRow {
    let shown = data.repositories.iter().enumerate().filter(|(row, _)| data.is_shown(*row));
    let all = shown.flat_map(|(_, found)| &found.releases.list).map(|one| one.at);
    let counts = both.map(|week| all.clone().filter(|at| week.has(*at)).count() as u64);
    counted(("releases", "stable releases", "cadence"), counts.map(Some), Good::Better)
}

/// Changes that were seen to fail, whenever they were merged.
fn failed(data: &Dataset<'_>, both: [Week; 2]) -> WeekRow {
    let seen = items(data).filter_map(|item| Some(item.merged + item.failed_strict?));
    let counts = both.map(|week| seen.clone().filter(|at| week.has(*at)).count() as u64);
    let row = ("failures", "changes seen to fail", "change-failure");
    counted(row, counts.map(Some), Good::Worse)
}

/// What is merged and not with its users, now and a week ago. It grew by what was merged and
/// shrank by what arrived between: the two are compared.
fn waiting(data: &Dataset<'_>, both: [Week; 2]) -> WeekRow {
    let last = data.line.last();
    let goes_on = |item: &&Item| item.is_waiting() || item.journey.at(last).is_some();
    let on_its_way: Vec<&Item> = items(data).filter(goes_on).collect();
    let waits = |at: Timestamp| {
        let is_there =
            |item: &&&Item| item.merged <= at && item.journey.at(last).is_none_or(|end| end > at);
        on_its_way.iter().filter(is_there).count() as u64
    };
    let [this, before] = both;
    let came = on_its_way.iter().filter(|item| this.has(item.merged)).count() as u64;
    let went =
        on_its_way.iter().filter(|item| item.journey.at(last).is_some_and(|at| this.has(at)));
    let what = match data.line.end {
        End::Deployed => "merged and not in production",
        End::Released => "merged and not released",
    };
    WeekRow {
        this: count(waits(this.until)),
        last: count(waits(before.until)),
        trend: trend(came, went.count() as u64),
        ..row(("waiting", what, "value-stream"), Good::Worse)
    }
}

/// Open requests now. How many were open a week ago is not known: nobody keeps those that were closed.
fn open(data: &Dataset<'_>) -> WeekRow {
    let is_opened = |open: &&crate::dataset::Open| open.journey.seen(Boundary::Opened).is_some();
    let n = data.open.iter().filter(is_opened).count() as u64;
    WeekRow {
        this: count(n),
        last: Figure::unknown(0, Unit::Count, "closed ones are not kept"),
        ..row(("open", "open requests", "funnel"), Good::Worse)
    }
}

/// Id, name for people and measure.
type Named = (&'static str, &'static str, &'static str);

fn row((id, label, measure): Named, more_is: Good) -> WeekRow {
    let none = || Figure::unknown(0, Unit::Count, "nothing known");
    WeekRow {
        id: id.to_owned(),
        label: label.to_owned(),
        measure: measure.to_owned(),
        this: none(),
        last: none(),
        trend: Trend::TooFew,
        more_is,
    }
}

fn count(n: u64) -> Figure {
    Figure::plain(n as f64, n, Unit::Count)
}

fn counted(named: Named, counts: [Option<u64>; 2], more_is: Good) -> WeekRow {
    let [this, last] = counts.map(|n| n.map_or_else(|| hidden(Unit::Count), count));
    let trend = match counts {
        [Some(this), Some(last)] => trend(this, last),
        _ => Trend::TooFew,
    };
    WeekRow { this, last, trend, ..row(named, more_is) }
}

/// Whether two counts differ by more than those of one rate would.
fn trend(this: u64, last: u64) -> Trend {
    let trials = this + last;
    match wilson(Count { events: this, trials }) {
        _ if trials < MIN_EVENTS => Trend::TooFew,
        Some(share) if share.low > 0.5 => Trend::More,
        Some(share) if share.high < 0.5 => Trend::Less,
        _ => Trend::Noise,
    }
}

fn timed(
    data: &Dataset<'_>,
    named: Named,
    of: [Vec<&Item>; 2],
    value: impl Fn(&Item) -> Option<i64>,
) -> WeekRow {
    let is_hidden = of.each_ref().map(|items| is_hidden(data, items));
    let draws = data.options.bootstrap();
    let columns = of.map(|items| Column::of(items, &value).or("no change with a known time"));
    let shown = |row: usize| match is_hidden[row] {
        true => hidden(Unit::Hours),
        false => columns[row].median(Unit::Hours, &draws),
    };
    let [this, last] = &columns;
    let side = |column: &Column| column.len() >= MIN_COHORT;
    let cohort = |of: &'_ Column| (of.values.clone(), of.authors.clone());
    let trend = if is_hidden.contains(&true) || !side(this) || !side(last) {
        Trend::TooFew
    } else {
        let ((a, by_a), (b, by_b)) = (cohort(this), cohort(last));
        let first = rank::Cohort { values: &a, authors: &by_a };
        let second = rank::Cohort { values: &b, authors: &by_b };
        match rank::compare(first, second, &draws) {
            Some(found) if found.shift.low > 0.0 => Trend::More,
            Some(found) if found.shift.high < 0.0 => Trend::Less,
            Some(_) => Trend::Noise,
            None => Trend::TooFew,
        }
    };
    WeekRow { this: shown(0), last: shown(1), trend, ..row(named, Good::Worse) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    #[test]
    fn two_counts_differ_only_where_chance_would_not_do_it() {
        assert_eq!(trend(0, 0), Trend::TooFew);
        assert_eq!(trend(7, 2), Trend::TooFew);
        assert_eq!(trend(12, 9), Trend::Noise);
        assert_eq!(trend(40, 12), Trend::More);
        assert_eq!(trend(12, 40), Trend::Less);
    }

    #[test]
    fn nothing_at_all_is_two_empty_weeks() {
        let options = Options::at(Timestamp::from_seconds(1_800_000_000));
        let found = weeks(&Dataset::new(&[], &options));
        assert!(found.rows.iter().all(|row| row.trend == Trend::TooFew), "{found:?}");
    }
}
