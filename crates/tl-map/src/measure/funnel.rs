//! The funnel: what became of requests.
//!
//! In: the dataset. Out: merged, open, abandoned. Start at [`funnel`]. git does not know whether
//! a request was closed: one that was never merged and has been silent for long counts as
//! abandoned, which the report says.

use rustc_hash::FxHashSet;
use tl_core::attribution::Cohort;
use tl_core::delivery::Request;
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::cohorts::floor;
use super::figures::{hidden, share};
use crate::change::Pending;
use crate::dataset::Dataset;
use crate::report::{Figure, Funnel, FunnelRow, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "funnel",
    title: "Request funnel",
    what: "how many requests reach the default branch, and how much work is abandoned on the way",
    formula: "merged share = merged / (merged + abandoned), Wilson interval; abandoned effort = \
              commits in abandoned requests / commits in merged and abandoned ones",
    unit: "requests; shares",
    edge_cases: &[
        "needs request heads (refs/pull/*/head, refs/merge-requests/*/head)",
        "a request is in the window if it was merged in it or, never merged, last pushed in it",
        "merged: named by a mainline title, contained in the branch, or replayed on it (same \
         author, author date and title)",
        "merged elsewhere: named by a commit of another branch, or held as a whole by another \
         request that was merged",
        "never merged and silent for longer than 90 days counts as abandoned, else as open: git \
         does not know whether it was closed",
    ],
    source: "funnel of the value stream; APEX flow efficiency counts abandoned work as waste",
};

/// What became of a request that was never merged to the default branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Merged to another branch, or with another request.
    Elsewhere,
    /// It may still be merged.
    Open,
    /// It was given up.
    Abandoned,
}

/// What the forge says became of it.
pub(crate) fn told(request: &Request, until: Timestamp) -> Fate {
    let known = |at: &&Timestamp| **at <= until;
    let closed = request.closed.iter().filter(known).max();
    let reopened = request.reopened.iter().filter(known).max();
    match closed {
        _ if request.merged.as_ref().is_some_and(|merge| merge.at <= until) => Fate::Elsewhere,
        Some(closed) if reopened.is_none_or(|reopened| reopened < closed) => Fate::Abandoned,
        _ => Fate::Open,
    }
}

/// What became of a request, by git, by its forge, or by how long it has been silent: longer than
/// `silence` is given up.
pub(crate) fn fate(request: &Pending, until: Timestamp, silence: Millis) -> Fate {
    match request.fate {
        _ if request.merged_elsewhere => Fate::Elsewhere,
        Some(fate) => fate,
        None if until - request.last_push <= silence => Fate::Open,
        None => Fate::Abandoned,
    }
}

fn pending<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = (usize, &'d Pending)> {
    data.repositories
        .iter()
        .enumerate()
        .flat_map(|(row, repository)| repository.pending.iter().map(move |request| (row, request)))
}

/// The request's name for people.
pub fn request_name(data: &Dataset<'_>, repository: usize, number: u32) -> String {
    data.name_within(repository, "", &format!("#{number}"))
}

/// Computes the funnel of the window, bots left out.
pub fn funnel(data: &Dataset<'_>) -> Funnel {
    let heads: u64 = data.repositories.iter().map(|found| found.summary.request_heads).sum();
    let mut table = Counts::default();
    let mut by_cohort: Vec<(Cohort, Counts)> =
        Cohort::ALL.map(|cohort| (cohort, Counts::default())).to_vec();
    let mut count = |cohort: Cohort, author: u32, add: &dyn Fn(&mut Counts)| {
        if cohort != Cohort::Bot {
            add(&mut table);
            let of_cohort = &mut by_cohort[cohort as usize].1;
            add(of_cohort);
            of_cohort.authors.insert(author);
        }
    };
    for item in data.in_window().filter(|item| data.change(item).request().is_some()) {
        let commits = commits_of(data, item.repository(), item.change());
        count(item.cohort, item.author, &|counts| {
            counts.merged += 1;
            counts.merged_commits += commits;
        });
    }
    for (repository, request) in pending(data) {
        if request.last_push < data.window.since {
            continue;
        }
        let fate = fate(request, data.window.until, data.options.open_request_window());
        let author = data.author(repository, request.author);
        count(request.attribution.cohort(), author, &|counts| match fate {
            Fate::Elsewhere => counts.elsewhere += 1,
            Fate::Open => counts.open += 1,
            Fate::Abandoned => {
                counts.abandoned += 1;
                counts.abandoned_commits += u64::from(request.commits);
            }
        });
    }
    if heads == 0 {
        table = Counts::default();
        by_cohort.clear();
    }
    Funnel {
        opened: table.opened(),
        merged: table.merged,
        merged_elsewhere: table.elsewhere,
        open: table.open,
        abandoned: table.abandoned,
        open_days: data.options.open_request_days,
        merged_share: table.merged_share(heads),
        abandoned_commits: table.abandoned_effort(heads),
        by_cohort: by_cohort
            .into_iter()
            .filter(|(_, counts)| counts.opened() > 0)
            .map(|(cohort, counts)| FunnelRow {
                cohort,
                opened: counts.opened(),
                merged: counts.merged,
                merged_share: if cohort != Cohort::AgentAuthored
                    && counts.authors.len() < floor(data)
                {
                    hidden(Unit::Share)
                } else {
                    counts.merged_share(heads)
                },
            })
            .collect(),
    }
}

/// Commits of a delivered request: those that its head has and the mainline had not.
fn commits_of(data: &Dataset<'_>, repository: usize, change: usize) -> u64 {
    u64::from(data.repositories[repository].changes.delivered[change].commits)
}

#[derive(Debug, Default, Clone)]
struct Counts {
    merged: u64,
    elsewhere: u64,
    open: u64,
    abandoned: u64,
    merged_commits: u64,
    abandoned_commits: u64,
    /// Of one cohort.
    authors: FxHashSet<u32>,
}

impl Counts {
    const fn opened(&self) -> u64 {
        self.merged + self.elsewhere + self.open + self.abandoned
    }

    fn merged_share(&self, heads: u64) -> Figure {
        if heads == 0 {
            return Figure::unknown(0, Unit::Share, "the repository holds no request heads");
        }
        share(self.merged, self.merged + self.abandoned)
    }

    fn abandoned_effort(&self, heads: u64) -> Figure {
        let all = self.merged_commits + self.abandoned_commits;
        if heads == 0 || all == 0 {
            return Figure::unknown(0, Unit::Share, "the repository holds no request heads");
        }
        if self.merged > 0 && self.merged_commits == 0 {
            let why = "the commits of merged requests are unknown";
            return Figure::unknown(0, Unit::Share, why);
        }
        // Commits of one request hang together: a binomial interval would be too narrow.
        let mut effort =
            Figure::plain(self.abandoned_commits as f64 / all as f64, all, Unit::Share);
        effort.note = Some("no interval: commits of one request are not independent".to_owned());
        effort
    }
}
