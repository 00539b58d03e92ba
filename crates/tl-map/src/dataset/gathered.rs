//! What a dataset is made of, repository by repository.
//!
//! In: histories, and requests on their shelf. Out: a [`Task`] for each repository. Start at
//! [`tasks`]. **Invariant:** the order of repositories is that of the histories, then of the names
//! of the others; that of tasks is the order of the keys of their requests.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tl_core::delivery::{Delivery, Request};
use tl_core::history::History;
use tl_core::time::Timestamp;

use crate::fold::{Records, RowError, Shelf, Shelved};

/// Nothing was collected.
static NOTHING: Delivery = Delivery {
    tickets: Vec::new(),
    requests: Vec::new(),
    builds: Vec::new(),
    deployments: Vec::new(),
    releases: Vec::new(),
    incidents: Vec::new(),
    iterations: Vec::new(),
    usage: Vec::new(),
    answers: Vec::new(),
};

/// Nothing was collected: git alone.
pub(super) const fn nothing() -> &'static Delivery {
    &NOTHING
}

/// Repositories that are known by their requests alone.
pub struct Others<'o> {
    /// As their forge names them, sorted.
    pub names: Vec<String>,
    /// Makes the history of one from its requests, which are sorted by key.
    pub make: &'o (dyn Fn(&str, &[Request]) -> History + Sync),
    /// When something last happened to a request of one that its history would tell of, not after
    /// an instant.
    pub latest: &'o (dyn Fn(&Request, Timestamp) -> Option<Timestamp> + Sync),
}

impl Others<'_> {
    /// There are none.
    pub fn none() -> Self {
        Self { names: Vec::new(), make: &|_, _| History::default(), latest: &|_, _| None }
    }
}

/// The requests of one repository, and where they belong: two clones of one repository share them;
/// those of a repository that is not measured have no place.
pub(super) struct Task<'a> {
    pub(super) places: Vec<Place<'a>>,
    pub(super) name: String,
    pub(super) shelved: Shelved,
}

/// Row of a repository, and its history, where it was read.
type Place<'a> = (usize, Option<&'a History>);

/// What is to be done, in the repositories with these names for people; in all, where there is none.
pub(super) fn tasks<'a>(
    histories: &'a [History],
    requests: Shelf,
    others: &Others<'_>,
    only: &[String],
) -> Vec<Task<'a>> {
    let known = histories.iter().map(|history| (history.repository.as_str(), Some(history)));
    let made = others.names.iter().map(|name| (name.as_str(), None));
    let mut places: BTreeMap<&str, Vec<Place<'a>>> = BTreeMap::new();
    let is_wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    let wanted = known
        .chain(made)
        .filter(|(name, history)| is_wanted(history.map_or(name, |history| history.name.as_str())));
    for (row, (name, history)) in wanted.enumerate() {
        places.entry(name).or_default().push((row, history));
    }
    let mut tasks = Vec::new();
    for (name, shelved) in requests.into_shelved() {
        let places = places.remove(name.as_str()).unwrap_or_default();
        if places.is_empty() && !only.is_empty() {
            continue;
        }
        tasks.push(Task { places, name, shelved });
    }
    tasks.extend(places.into_iter().map(|(name, places)| Task {
        places,
        name: name.to_owned(),
        shelved: Shelved::default(),
    }));
    tasks
}

/// The newest instant at which something is known to have happened, not after `now`: where a window
/// ends that was not given.
pub fn newest(
    histories: &[History],
    delivery: &Delivery,
    records: &Records,
    requests: &Shelf,
    others: &Others<'_>,
    now: Timestamp,
) -> Result<Timestamp, RowError> {
    let of_history = |history: &History| {
        let mainline = history.mainline();
        let commits = mainline.into_iter().map(|ix| history.commit(ix).committed);
        let tags = history.tags.iter().map(|tag| tag.at);
        let heads = history.requests.iter().map(|head| history.commit(head.commit).committed);
        commits.chain(tags).chain(heads).filter(|at| *at <= now).max()
    };
    let read = histories.iter().filter_map(of_history);
    let deployed = records.iter().filter_map(|one| one.finished());
    let is_made = |name: &str| others.names.iter().any(|other| other == name);
    let released = delivery.releases.iter().filter(|one| is_made(&one.repository));
    let known = read.chain(deployed).chain(released.map(|one| one.at));
    let known = known.filter(|at| *at <= now).max();
    let told: Result<Vec<Option<Timestamp>>, RowError> = requests
        .named()
        .par_iter()
        .map(|(name, shelved)| {
            let is_made = is_made(name);
            let mut last = None;
            shelved.each(|request| {
                let merged = request.merged.as_ref().map(|merge| merge.at);
                last = last.max(merged.filter(|at| *at <= now));
                if is_made {
                    last = last.max((others.latest)(&request, now));
                }
            })?;
            Ok(last)
        })
        .collect();
    Ok(told?.into_iter().flatten().chain(known).max().unwrap_or(now))
}
