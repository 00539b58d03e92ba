//! A synthetic organisation: people, teams, services, and everything that their systems would say
//! about three years of delivery.
//!
//! In: an [`Organisation`]: a seed and a size. Out: [`Event`]s in the order of time, one after the
//! other, so that twenty million of them need no memory; [`ndjson`] writes them in the neutral
//! format. Start at [`Organisation::generate`].
//!
//! It is a simulation, not a draw from finished distributions: a change waits for one of its
//! team's reviewers, who review in the afternoon of their own time zone; a job waits for one of
//! the runners; a merge waits for the train of its service. So waits emerge, they hang together,
//! and what would change them can be asked. **Invariant:** the same seed and size give the same
//! events, whatever part of them is asked for.

mod calendar;
mod chance;
mod change;
mod ci;
mod deploy;
pub mod ndjson;
mod people;
mod side;
mod watched;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use tl_core::event::Event;
use tl_core::time::{Millis, Timestamp};

use chance::Chance;
use change::Change;
use people::Structure;

/// How long the organisation is followed.
pub const SPAN: Millis = Millis::days(3 * 365);

/// Which organisation, and which part of its life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Organisation {
    /// What chance begins with.
    pub seed: u64,
    /// About how many changes are begun in [`SPAN`]. Everything else grows with it: at 1,000,000
    /// there are 2,000 people, 250 teams, 300 services in 150 repositories.
    pub changes: u64,
    /// About how many events each change leaves; jobs of CI make up what the rest does not.
    pub events_per_change: f64,
    /// End of the simulation; nothing later is told.
    pub until: Timestamp,
    /// Events before this are left out; what led to the later ones happened all the same.
    pub since: Option<Timestamp>,
}

impl Organisation {
    /// Hands every event to `tell`, oldest first; stops early when that says `false`.
    pub fn generate(&self, mut tell: impl FnMut(Event) -> bool) {
        let since = self.since.map_or(i64::MIN, Timestamp::as_millis);
        let mut life = Life::new(self);
        while let Some(Reverse(due)) = life.due.pop() {
            if due.at >= self.until.as_millis() {
                break;
            }
            match due.what {
                What::Tell(event) => {
                    if due.at >= since && !tell(*event) {
                        break;
                    }
                }
                What::Do(step) => life.step(due.at, step),
            }
        }
    }
}

impl Organisation {
    /// Its teams, each with the logins of its members.
    pub fn teams(&self) -> Vec<(String, Vec<String>)> {
        let structure = Life::new(self).structure;
        let login = |row: &usize| structure.people[*row].login.clone();
        let teams = structure.teams.iter();
        teams.map(|team| (team.name.clone(), team.members.iter().map(login).collect())).collect()
    }
}

/// What happens at an instant.
#[derive(Debug)]
enum What {
    Tell(Box<Event>),
    Do(Step),
}

/// What somebody does next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A day begins, counted from the first.
    Day(i64),
    Ticket(u64),
    Begin(u64),
    Open(u64),
    Review(u64),
    Mend(u64),
    Merge(u64),
    Land(u64),
    Abandon(u64),
    Deploy(usize),
    Train(usize),
}

#[derive(Debug)]
struct Due {
    at: i64,
    order: u64,
    what: What,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The state of the organisation.
struct Life {
    chance: Chance,
    structure: Structure,
    /// First instant, in ms since 1970: midnight in UTC.
    start: i64,
    /// Changes begun on a working day, on average.
    arrivals: f64,
    /// Jobs of one run of CI, on average.
    jobs: f64,
    due: BinaryHeap<Reverse<Due>>,
    order: u64,
    /// Changes on their way.
    changes: BTreeMap<u64, Change>,
    next_change: u64,
    next_ticket: u64,
    next_build: u64,
    next_deployment: u64,
    next_incident: u64,
    next_commit: u64,
    seed: u64,
    /// When each runner of CI is free.
    runners: BinaryHeap<Reverse<i64>>,
}

impl Life {
    fn new(organisation: &Organisation) -> Self {
        let until = organisation.until.as_millis();
        let start = (until - SPAN.get()).div_euclid(calendar::DAY) * calendar::DAY;
        let mut chance = Chance::new(organisation.seed);
        let structure = Structure::new(organisation.changes, &mut chance);
        let days = SPAN.get() / calendar::DAY;
        // Five days in seven, and the weekend's twelfth part of them.
        let working_days = days as f64 * (5.0 + 2.0 * side::WEEKEND) / 7.0;
        let arrivals = organisation.changes as f64 / working_days;
        let jobs = ((organisation.events_per_change - ci::EVENTS_WITHOUT_JOBS)
            / ci::EVENTS_PER_JOB)
            .max(0.0);
        let runners = ci::runners(arrivals, jobs);
        let mut life = Self {
            chance,
            structure,
            start,
            arrivals,
            jobs,
            due: BinaryHeap::new(),
            order: 0,
            changes: BTreeMap::new(),
            next_change: 0,
            next_ticket: 0,
            next_build: 0,
            next_deployment: 0,
            next_incident: 0,
            next_commit: 0,
            seed: organisation.seed,
            runners: (0..runners).map(|_| Reverse(start)).collect(),
        };
        life.then(start, Step::Day(0));
        life.first_trains();
        life
    }

    fn step(&mut self, at: i64, step: Step) {
        match step {
            Step::Day(day) => self.day(at, day),
            Step::Ticket(change) => self.ticket(at, change),
            Step::Begin(change) => self.begin(at, change),
            Step::Open(change) => self.open(at, change),
            Step::Review(change) => self.review(at, change),
            Step::Mend(change) => self.mend(at, change),
            Step::Merge(change) => self.merge(at, change),
            Step::Land(change) => self.land(at, change),
            Step::Abandon(change) => self.abandon(at, change),
            Step::Deploy(service) => self.deploy(at, service),
            Step::Train(service) => self.train(at, service),
        }
    }

    fn then(&mut self, at: i64, step: Step) {
        self.push(at, What::Do(step));
    }

    /// Tells an event at its instant.
    fn tell(&mut self, event: Event) {
        self.push(event.at.as_millis(), What::Tell(Box::new(event)));
    }

    fn push(&mut self, at: i64, what: What) {
        self.order += 1;
        self.due.push(Reverse(Due { at, order: self.order, what }));
    }

    /// A commit id that no other commit has.
    fn commit_id(&mut self) -> String {
        self.next_commit += 1;
        let mut hash =
            Chance::new(self.seed ^ self.next_commit.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (a, b) = (hash.bits(), hash.bits());
        format!("{a:016x}{b:016x}{:08x}", self.next_commit)
    }
}

/// An event of this organisation. The key is unique within its source, because nothing happens to
/// one thing twice in the same way at the same second.
fn event(kind: &str, at: i64, source: &str, subject: &str, detail: &str) -> Event {
    let key = format!("{subject} {kind} {detail}");
    Event::new(kind, Timestamp::from_millis(at), source, &key, subject)
}

#[cfg(test)]
mod tests;
