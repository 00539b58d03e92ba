//! From journeys to the line that the simulation runs: [`Observed`].
//!
//! In: the dataset and a repository. Out: the line that most changes take, with its active times
//! and waits. Start at [`observe`]. **Invariant:** bounded: at most [`MOST_CHANGES`] changes, the
//! newest, and no more runs of other changes than [`MOST_OTHER_WORK`] times their own.

use rustc_hash::FxHashSet;
use tl_core::attribution::AuthorClass;
use tl_core::delivery::{Request, Review};
use tl_core::fact::{BuildLevel, Outcome, ReviewVerdict};
use tl_core::time::{Millis, Timestamp};

use super::super::batch_size::lines;
use super::{groups, releases};
use crate::dataset::{Busiest, Dataset, Item, Size};
use crate::fold::Ran;
use crate::journey::Boundary;
use crate::network::observed::{Change, Merge, Observed, Release, Round, Run};

/// Most changes that are taken, the newest.
pub(super) const MOST_CHANGES: usize = 2_000;
/// Work of other changes on the runners, in that of the line: above it the pool is not its own.
const MOST_OTHER_WORK: i64 = 3;
/// Reviews of one person that follow one another more closely were one sitting.
const SITTING: Millis = Millis::new(2 * 60 * 60_000);
/// What a review is taken to need where too few were given in a sitting: 20 minutes.
const USUAL_REVIEW: i64 = 20 * 60_000;
/// Reviews in a sitting from which their median is taken instead.
const ENOUGH_SITTINGS: usize = 20;
/// The line of one repository, and what had to be left out of it.
pub(super) struct Line {
    pub(super) observed: Observed,
    pub(super) left_out: Vec<String>,
}

/// The line of the busiest repository in the window.
pub(super) fn observe(data: &Dataset<'_>, busiest: &Busiest) -> Line {
    let repository = busiest.repository;
    let mut taken = taken(data, repository);
    let until = settled(data, &taken);
    taken.retain(|(started, item)| *started < until && request(data, busiest, item).is_some());
    let mut from = data.observed().since;
    if taken.len() > MOST_CHANGES {
        taken.drain(..taken.len() - MOST_CHANGES);
        from = taken[0].0;
    }
    let requests = || taken.iter().filter_map(|(_, item)| request(data, busiest, item));
    let usual = sittings(requests());
    let changes = taken.iter().filter_map(|(started, item)| {
        change(request(data, busiest, item)?, item, *started, &usual)
    });
    let mut line = Line {
        observed: Observed {
            from,
            until,
            changes: changes.collect(),
            reviewers: Vec::new(),
            review_share: None,
            runners: 0,
            other_runs: Vec::new(),
            merge: Merge::ByHand,
            release: Release::OnDemand,
            deploys: Vec::new(),
        },
        left_out: Vec::new(),
    };
    groups::add(data, busiest, &taken, &mut line.observed);
    add_ci(data, busiest, &taken, &mut line);
    add_merge_waits(&taken, &mut line.observed);
    releases::add(data, repository, &taken, &mut line);
    line
}

/// Changes whose work started in the window, with their start, oldest first; bots' too, since
/// they are reviewed and tested as well.
fn taken<'d>(data: &'d Dataset<'_>, repository: usize) -> Vec<(Timestamp, &'d Item)> {
    let since = data.window.since;
    let mut taken: Vec<(Timestamp, &Item)> = data
        .merged_in_window()
        .filter(|item| item.repository() == repository && item.told.request.is_some())
        .filter_map(|item| {
            let started = item.journey.at(Boundary::WorkStarted)?;
            let ready = item.told.course.ready?;
            (since <= started && started <= ready && ready <= item.merged)
                .then_some((started, item))
        })
        .collect();
    taken.sort_by_key(|(started, item)| (*started, item.change()));
    taken
}

/// Up to when nine of ten changes that were begun are merged by the end of the window: the rest of
/// what was begun later is not seen yet.
fn settled(data: &Dataset<'_>, taken: &[(Timestamp, &Item)]) -> Timestamp {
    let mut spans: Vec<Millis> =
        taken.iter().map(|(started, item)| item.merged - *started).collect();
    spans.sort_unstable();
    data.window.until - spans.get(spans.len() * 9 / 10).copied().unwrap_or_default()
}

pub(super) fn request<'b>(
    data: &Dataset<'_>,
    busiest: &'b Busiest,
    item: &Item,
) -> Option<&'b Request> {
    busiest.request(data.change(item).request()?)
}

/// A change without its CI and what follows it.
fn change(request: &Request, item: &Item, started: Timestamp, usual: &Usual) -> Option<Change> {
    let ready = item.told.course.ready?;
    Some(Change {
        author: item.author,
        group: 0,
        started,
        coding: ready - started,
        rounds: rounds(request, ready, item.merged, usual),
        runs: Vec::new(),
        merge_wait: Millis::ZERO,
        release_wait: None,
        on_demand: false,
        low_risk: item.size.map(is_low_risk),
    })
}

/// At most 50 lines in at most 3 files.
fn is_low_risk(size: Size) -> bool {
    lines(&size) <= 50 && size.files <= 3
}

/// Reviews of a request by people who are not its author, oldest first.
pub(super) fn reviews(request: &Request) -> Vec<&Review> {
    let author = request.state.as_ref().map_or("", |(_, state)| state.author.as_str());
    let counts = |review: &&Review| {
        review.class == AuthorClass::Human
            && !review.reviewer.is_empty()
            && review.reviewer != author
            && review.verdict != ReviewVerdict::Dismissed
    };
    let mut reviews: Vec<&Review> = request.reviews.iter().filter(counts).collect();
    reviews.sort_by_key(|review| review.at);
    reviews
}

/// The turns of a request: a reviewer's until the review, then the author's until the next push,
/// commit or request for review. Reviews during the author's turn belong to the one before.
fn rounds(request: &Request, ready: Timestamp, merged: Timestamp, usual: &Usual) -> Vec<Round> {
    let pushed = request.pushes.iter().map(|(at, _)| *at);
    let committed = request.commits.iter().map(|one| one.committed.unwrap_or(one.authored));
    let asked = request.asked.iter().map(|(at, _)| *at);
    let back = pushed.chain(committed).chain(asked).map(|at| (at, None));
    let given = reviews(request).into_iter().map(|review| (review.at, Some(review)));
    let mut turns: Vec<(Timestamp, Option<&Review>)> =
        back.chain(given).filter(|(at, _)| ready <= *at && *at <= merged).collect();
    turns.sort_by_key(|(at, review)| (*at, review.is_some()));
    let mut rounds: Vec<Round> = Vec::new();
    let mut waits_since = Some(ready);
    for (at, review) in turns {
        match (review, waits_since) {
            (Some(review), Some(asked)) => {
                let wait = at - asked;
                let service = usual.service(review, asked).min(wait);
                rounds.push(Round { asked, wait, service, rework: Millis::ZERO });
                waits_since = None;
            }
            (None, None) => {
                waits_since = Some(at);
                if let Some(round) = rounds.last_mut() {
                    round.rework = at - (round.asked + round.wait);
                }
            }
            _ => {}
        }
    }
    rounds
}

/// What reviews took: known of those given in one sitting, one after the other.
#[derive(Debug, Default)]
struct Usual {
    /// When each reviewer gave reviews, sorted.
    given: Vec<(String, Timestamp)>,
    median: i64,
}

impl Usual {
    /// The time since the reviewer's review before this one, where this one waited already and it
    /// was the same sitting; else the median of those.
    fn service(&self, review: &Review, asked: Timestamp) -> Millis {
        let known = self.before(review).filter(|before| *before >= asked);
        known.map_or(Millis::new(self.median), |before| review.at - before)
    }

    fn before(&self, review: &Review) -> Option<Timestamp> {
        let key = (review.reviewer.as_str(), review.at);
        let place = self.given.partition_point(|(who, at)| (who.as_str(), *at) < key);
        let (who, at) = self.given.get(place.checked_sub(1)?)?;
        (*who == review.reviewer && review.at - *at <= SITTING).then_some(*at)
    }
}

fn sittings<'r>(requests: impl Iterator<Item = &'r Request>) -> Usual {
    let all: Vec<&Review> = requests.flat_map(reviews).collect();
    let mut given: Vec<(String, Timestamp)> =
        all.iter().map(|review| (review.reviewer.clone(), review.at)).collect();
    given.sort_unstable();
    let mut usual = Usual { given, median: USUAL_REVIEW };
    let mut known: Vec<i64> =
        all.iter().filter_map(|review| Some((review.at - usual.before(review)?).get())).collect();
    if known.len() >= ENOUGH_SITTINGS {
        known.sort_unstable();
        usual.median = known[known.len() / 2];
    }
    usual
}

/// CI of the changes, with all else that keeps the runners busy.
fn add_ci(data: &Dataset<'_>, busiest: &Busiest, taken: &[(Timestamp, &Item)], line: &mut Line) {
    let builds = &data.collected.builds;
    let observed = &mut line.observed;
    let mut own: FxHashSet<u32> = FxHashSet::default();
    for (change, (_, item)) in observed.changes.iter_mut().zip(taken) {
        let Some(request) = request(data, busiest, item) else { continue };
        let head = request.state.as_ref().map(|(_, state)| state.head.as_str());
        let commits = request.commits.iter().map(|commit| commit.id.as_str());
        let pushed = request.pushes.iter().map(|(_, head)| head.as_str());
        for id in commits.chain(pushed).chain(head) {
            let Some(row) = builds.row(id) else { continue };
            if own.insert(row) {
                let before_merge = |run: &Run| run.queued <= item.merged;
                change.runs.extend(runs(&builds.get(row).builds).filter(before_merge));
            }
        }
        for run in &mut change.runs {
            let given = |round: &&Round| round.asked + round.wait <= run.queued;
            run.after_round = change.rounds.iter().filter(given).count() as u32;
        }
    }
    let inside = |run: &Run| observed.from <= run.queued && run.queued < observed.until;
    let others = builds.ask(|row, one| {
        let rest = (!own.contains(&row)).then(|| runs(&one.builds).filter(inside));
        let rest: Vec<Run> = rest.into_iter().flatten().collect();
        (!rest.is_empty()).then_some(rest)
    });
    let mut others: Vec<Run> = others.into_iter().flatten().collect();
    let own: Vec<Run> = observed.changes.iter().flat_map(|change| change.runs.clone()).collect();
    let work = |runs: &[Run]| runs.iter().map(|run| run.service.get()).sum::<i64>();
    if own.is_empty() {
        return;
    }
    if work(&others) / MOST_OTHER_WORK > work(&own) {
        line.left_out.push(format!(
            "ci: its runners have {:.0} times as much to do for other repositories, so it is not \
             simulated, and its time is part of the merge wait",
            work(&others) as f64 / work(&own).max(1) as f64
        ));
        observed.changes.iter_mut().for_each(|change| change.runs.clear());
        return;
    }
    observed.runners = most_at_once(own.iter().chain(&others));
    others.sort_unstable_by_key(|run| (run.queued, run.wait, run.service));
    observed.other_runs = others;
}

/// Jobs of a commit, runs where there are no jobs.
fn runs(builds: &[Ran<'_>]) -> impl Iterator<Item = Run> {
    let has_jobs = builds.iter().any(|build| build.level == BuildLevel::Job);
    builds.iter().filter_map(move |build| {
        let counts = has_jobs == (build.level == BuildLevel::Job);
        let (started, finished) = (build.started?, build.finished?);
        let queued = build.queued.unwrap_or(started);
        let is_sound = queued <= started && started <= finished;
        (counts && is_sound && build.outcome != Outcome::Skipped).then_some(Run {
            after_round: 0,
            queued,
            wait: started - queued,
            service: finished - started,
        })
    })
}

/// The largest number of runs that went on at once.
fn most_at_once<'r>(runs: impl Iterator<Item = &'r Run>) -> u32 {
    let mut steps: Vec<(Timestamp, i32)> = runs
        .flat_map(|run| {
            let started = run.queued + run.wait;
            [(started, 1), (started + run.service, -1)]
        })
        .collect();
    // Who ends at an instant leaves before the next begins.
    steps.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, step) in steps {
        now += step;
        most = most.max(now);
    }
    most.max(0) as u32
}

/// From the last review, its rework and the end of CI to the merge.
fn add_merge_waits(taken: &[(Timestamp, &Item)], observed: &mut Observed) {
    for (change, (_, item)) in observed.changes.iter_mut().zip(taken) {
        let ready = change.started + change.coding;
        let reviewed = change.rounds.iter().map(|one| one.asked + one.wait + one.rework);
        let tested = change.runs.iter().map(|run| run.queued + run.wait + run.service);
        let ready_to_merge = reviewed.chain(tested).max().unwrap_or(ready).max(ready);
        change.merge_wait = Millis::new((item.merged - ready_to_merge).get().max(0));
    }
}

#[cfg(test)]
mod tests;
