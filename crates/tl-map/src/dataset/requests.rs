//! What requests tell, repository by repository.
//!
//! In: the requests of one repository, and the changes that were found in it. Out: [`Heard`], and
//! all of it together [`Requests`]. Start at [`Hearing::hear`]. **Invariant:** what measures ask of
//! a request is kept with the change that it is ([`Told`]); what belongs to no one change is here.

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::attribution::{AuthorClass, Cohort};
use tl_core::delivery::{Request, numbered};
use tl_core::fact::ReviewVerdict;
use tl_core::history::EARLIEST;
use tl_core::time::Timestamp;

use super::repository::Repository;
use super::{Size, Window, at_most};
use crate::change::Change;
use crate::collected::{Asked, Collected, GitMentions, Hot, Rare, Told};
use crate::failure;
use crate::journey::{Boundary, Front, Marks, Seen, Shape};
use crate::measure::funnel::{self, Fate};
use crate::measure::merge_queue::{Passage, passage};
use crate::options::Options;
use crate::review::is_by_other_person;
use crate::row::RowIx;

/// What requests tell that belongs to no one change.
#[derive(Debug, Default)]
pub struct Requests {
    /// Whether any was collected.
    pub any: bool,
    /// Whether any was in a merge queue.
    pub any_queued: bool,
    /// Whoever opened a request or reviewed one, once each.
    pub logins: Vec<String>,
    /// Reviews given by people in the window.
    pub given: Vec<Given>,
    /// Requests of people, by key, that were queued and are not merged.
    pub unmerged: Vec<(String, Passage)>,
}

/// Row of a repository that is not measured.
const NOWHERE: u32 = u32::MAX;

/// A review by a person who did not open the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// When.
    pub at: Timestamp,
    /// By whom, as a row of [`Requests::logins`].
    pub who: u32,
    /// Row of the repository and number of the request; of a request that nothing measures none that
    /// is.
    pub of: (u32, u32),
    /// Whether it is one for sure: the author of the request is known, and it was not taken back.
    pub counts: bool,
}

impl Requests {
    /// Adds what the requests of one more repository tell: people are one by login. Returns for
    /// each of its logins the row here.
    pub(super) fn add(
        &mut self,
        rows: &mut FxHashMap<String, u32>,
        repository: Option<usize>,
        heard: Heard,
    ) -> Vec<u32> {
        self.any |= heard.any;
        self.any_queued |= heard.any_queued;
        self.unmerged.extend(heard.unmerged);
        let known: Vec<u32> = heard
            .logins
            .into_iter()
            .map(|login| match rows.get(&login) {
                Some(row) => *row,
                None => {
                    let row = self.logins.len() as u32;
                    self.logins.push(login.clone());
                    rows.insert(login, row);
                    row
                }
            })
            .collect();
        let given = heard.given.into_iter();
        let row = repository.map_or(NOWHERE, |row| row as u32);
        self.given.extend(given.map(|one| Given {
            who: known[one.who as usize],
            of: (row, one.of.1),
            ..one
        }));
        known
    }
}

/// What the requests of one repository tell; logins are its own.
#[derive(Debug, Default)]
pub(super) struct Heard {
    any: bool,
    any_queued: bool,
    logins: Vec<String>,
    given: Vec<Given>,
    unmerged: Vec<(String, Passage)>,
}

impl Heard {
    /// Drops what another clone of the repository told already.
    pub(super) fn is_told(&mut self) {
        self.given = Vec::new();
        self.unmerged = Vec::new();
    }
}

/// Everything that is needed to understand a request.
pub(super) struct Hearing<'c> {
    pub(super) collected: &'c Collected<'c>,
    pub(super) options: &'c Options,
    pub(super) window: Window,
    pub(super) front: Front,
    /// Incidents and their tickets.
    pub(super) incidents: FxHashSet<&'c str>,
}

impl<'c> Hearing<'c> {
    pub(super) fn new(
        collected: &'c Collected<'c>,
        options: &'c Options,
        window: Window,
        front: Front,
    ) -> Self {
        let delivery = collected.delivery;
        let mut incidents = FxHashSet::default();
        for incident in &delivery.incidents {
            incidents.insert(incident.key.as_str());
            incidents.extend(incident.state.iter().map(|(_, state)| state.ticket.as_str()));
        }
        incidents.remove("");
        Self { collected, options, window, front, incidents }
    }

    /// Takes in the requests of a repository: what they say of its changes goes into it.
    pub(super) fn hear(&self, found: Option<&mut Repository<'_>>, requests: &[Request]) -> Heard {
        let mut heard = Heard { any: !requests.is_empty(), ..Heard::default() };
        let mut logins = Logins::default();
        let until = self.window.until;
        for request in requests {
            let entered = |(at, entered): &(Timestamp, bool)| *entered && *at <= until;
            heard.any_queued |= request.queued.iter().any(entered);
            self.add_given(request, &mut logins, &mut heard.given);
        }
        let mut landed: FxHashSet<usize> = FxHashSet::default();
        if let Some(found) = found {
            let by_number: FxHashMap<u64, usize> = requests
                .iter()
                .enumerate()
                .filter_map(|(row, request)| Some((numbered(&request.key)?.1, row)))
                .collect();
            let of = |number: u32| by_number.get(&u64::from(number)).copied();
            self.tell_changes(found, requests, of, &mut logins, &mut landed);
            self.tell_pending(found, requests, of);
        }
        for (row, request) in requests.iter().enumerate() {
            let merged = request.merged.as_ref().is_some_and(|merge| merge.at <= until);
            // Closed on the forge and landed by hand.
            if request.queued.is_empty() || merged || landed.contains(&row) || !is_persons(request)
            {
                continue;
            }
            let way = passage(request, None, until);
            if way.entries > 0 {
                heard.unmerged.push((request.key.clone(), way));
            }
        }
        heard.logins = logins.names;
        heard
    }

    fn add_given<'r>(&self, request: &'r Request, logins: &mut Logins<'r>, given: &mut Vec<Given>) {
        let author = request.state.as_ref().map_or("", |(_, state)| state.author.as_str());
        let number = numbered(&request.key).and_then(|(_, number)| u32::try_from(number).ok());
        let of = (NOWHERE, number.unwrap_or_default());
        for review in &request.reviews {
            let inside = review.at >= self.window.since && review.at <= self.window.until;
            let other = !review.reviewer.is_empty() && review.reviewer != author;
            if inside && other && review.class == AuthorClass::Human {
                let counts = review.verdict != ReviewVerdict::Dismissed
                    && is_by_other_person(request, review);
                given.push(Given { at: review.at, who: logins.row(&review.reviewer), of, counts });
            }
        }
    }

    /// Tells each delivered change what was collected of it.
    fn tell_changes<'r>(
        &self,
        found: &mut Repository<'_>,
        requests: &'r [Request],
        of: impl Fn(u32) -> Option<usize>,
        logins: &mut Logins<'r>,
        landed: &mut FxHashSet<usize>,
    ) {
        let until = self.window.until;
        let delivered = std::mem::take(&mut found.changes.delivered);
        let mut marks = std::mem::take(&mut found.changes.marks);
        found.told.reserve_exact(delivered.len());
        found.sizes.reserve_exact(delivered.len());
        for (change, marks) in delivered.iter().zip(&mut marks) {
            let merged = failure::merged_at(change);
            if merged > until || merged < EARLIEST {
                found.told.push(Told::default());
                found.sizes.push(None);
                continue;
            }
            let row = change.request().and_then(&of);
            let request = row.map(|row| &requests[row]);
            let mut told = self.tell(found, change, marks, request);
            if let Some((row, request)) = row.zip(request) {
                if request.merged.is_none() {
                    landed.insert(row);
                }
                told.request = Some(self.asked(request, merged, logins));
            }
            found.told.push(told);
            found.sizes.push(request.and_then(told_size));
        }
        found.changes.delivered = delivered;
        found.changes.marks = marks;
    }

    /// Adds to the marks of a change what was collected of it.
    fn tell(
        &self,
        found: &Repository<'_>,
        change: &Change,
        marks: &mut Marks,
        request: Option<&Request>,
    ) -> Told {
        if change.shape == Shape::Direct {
            marks.seen = Seen::Direct;
        }
        if self.front == Front::Git {
            return Told::default();
        }
        let start = change.position as usize;
        let landed = &found.graph.mainline[start..start + change.span as usize];
        let mut git = GitMentions::default();
        for commit in landed.iter().map(|ix| found.history.commit(*ix)) {
            if self.collected.has_ties() {
                git.commits.push(commit.id.to_string());
            }
            let links = commit.links.iter();
            git.tickets.extend(links.flat_map(|links| &links.tickets).map(String::as_str));
        }
        let options = &self.options.collected;
        self.collected.tell(marks, request, &git, options, self.window.until)
    }

    /// What measures ask of a request that became a change.
    fn asked<'r>(&self, request: &'r Request, landed: Timestamp, logins: &mut Logins<'r>) -> Asked {
        let state = request.state.as_ref().map(|(_, state)| state);
        let merged = request.merged.as_ref().map(|merge| merge.at);
        let author = state.map(|state| state.author.as_str()).filter(|name| !name.is_empty());
        let way = (!request.queued.is_empty())
            .then(|| passage(request, Some(merged.unwrap_or(landed)), self.window.until));
        let rare = Rare { passage: way.unwrap_or_default(), hot: self.hot(request) };
        Asked {
            has_state: state.is_some(),
            author: author.map(|author| RowIx::new(logins.row(author))),
            head: state.and_then(|state| self.collected.builds.row(&state.head)).map(RowIx::new),
            merged,
            rare: (rare != Rare::default()).then(|| Box::new(rare)),
        }
    }

    /// What speaks for a hotfix.
    fn hot(&self, request: &Request) -> Hot {
        let Some((_, state)) = &request.state else { return Hot::default() };
        let options = &self.options.collected;
        let is_hot = |label: &&String| options.hotfix_labels.contains(&label.to_lowercase());
        let names = state.mentions.iter().map(|one| &one.ticket);
        Hot {
            label: state.labels.iter().find(is_hot).cloned(),
            branch: Some(&state.branch)
                .filter(|name| options.hotfix_branches.is_match(name))
                .cloned(),
            names: names.filter(|name| self.incidents.contains(name.as_str())).cloned().collect(),
        }
    }

    /// Tells each pending request what its forge says became of it; open ones with their marks.
    fn tell_pending(
        &self,
        found: &mut Repository<'_>,
        requests: &[Request],
        of: impl Fn(u32) -> Option<usize>,
    ) {
        let until = self.window.until;
        for pending in &mut found.pending {
            let request = of(pending.request).map(|row| &requests[row]);
            pending.fate = request.map(|request| funnel::told(request, until));
            let fate = funnel::fate(pending, until, self.options.open_request_window());
            if pending.attribution.cohort() == Cohort::Bot || fate != Fate::Open {
                continue;
            }
            let mut marks = Marks::default();
            marks.apply_known(Boundary::FirstCommit, Some(pending.first_commit));
            marks.apply_known(Boundary::LastPush, Some(pending.last_push));
            if self.front != Front::Git {
                let options = &self.options.collected;
                let git = GitMentions::default();
                self.collected.tell(&mut marks, request, &git, options, until);
            }
            found.open.push((pending.request, marks));
        }
    }
}

/// Logins of one repository, in the order in which they are met.
#[derive(Default)]
struct Logins<'r> {
    rows: FxHashMap<&'r str, u32>,
    names: Vec<String>,
}

impl<'r> Logins<'r> {
    fn row(&mut self, login: &'r str) -> u32 {
        let Self { rows, names } = self;
        *rows.entry(login).or_insert_with(|| {
            names.push(login.to_owned());
            names.len() as u32 - 1
        })
    }
}

fn is_persons(request: &Request) -> bool {
    request.state.as_ref().is_some_and(|(_, state)| state.author_class != AuthorClass::Bot)
}

/// The size of a request as its forge tells it; what of it was reworked is unknown there.
fn told_size(request: &Request) -> Option<Size> {
    let (_, state) = request.state.as_ref()?;
    Some(Size {
        added: at_most(state.additions?),
        removed: at_most(state.deletions?),
        files: at_most(state.files.unwrap_or_default()),
        reworked: None,
    })
}
