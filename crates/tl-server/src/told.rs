//! What the ledger's events tell beside delivery: how many of which kinds came from where, what guard
//! found, what agents' hooks and the gate of tests decided.
//!
//! In: the events of the ledger, as far as they were not read yet. Out: [`Heard`]. Start at
//! [`heard`]. **Invariants:** an event is taken in once; what is kept is bounded, whatever comes;
//! nobody waits longer than [`PATIENCE`] for a ledger that is long: the rest is read on, and the answer
//! says how far it is.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::Serialize;
use tl_core::fact::{AgentDecided, GateDecided, GuardApproved, GuardScanned, kind};
use tl_core::time::Timestamp;
use tl_core::verdict::Effect;
use tl_ledger::read::{ReadError, Recorded};
use tl_ledger::{Ledger, Position};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::app::App;

/// How long a page waits for events to be read.
const PATIENCE: Duration = Duration::from_millis(800);

/// Repositories of which scans are kept; the one that was not scanned for longest goes first.
const REPOSITORIES: usize = 2_000;

/// Machines of which scans are kept, and repositories on each: what was not scanned for longest goes first.
const MACHINES: usize = 1_000;
const ON_MACHINE: usize = 20;

/// Approvals and decisions that are kept one by one, the newest of them.
const LATEST: usize = 200;

/// Days of which decisions are counted.
const DAYS: usize = 400;

/// Sources, and kinds of each, that are counted.
const COUNTED: usize = 10_000;

/// Names of clients and rules that are counted.
const NAMES: usize = 500;

/// What was heard so far; shared by all handlers.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<Heard>);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The newest event that was taken in.
    pub(crate) position: Position,
    /// The newest event there was.
    pub(crate) end: Position,
    /// By source, then by kind.
    pub(crate) sources: BTreeMap<String, BTreeMap<String, Count>>,
    /// What guard saw, by repository.
    pub(crate) scanned: BTreeMap<String, Scans>,
    /// What guard saw, by machine, where scans say on which they ran.
    pub(crate) machines: BTreeMap<String, Machine>,
    /// The newest first.
    pub(crate) approvals: VecDeque<Approval>,
    /// Decisions that were no plain yes, the newest first.
    pub(crate) objections: VecDeque<Objection>,
    /// Decisions by day since 1970, then by client.
    pub(crate) days: BTreeMap<i64, BTreeMap<String, Decisions>>,
    /// Objections by what objected, such as `rule:GA001`.
    pub(crate) policies: BTreeMap<String, Count>,
    /// What the gate of tests decided, the newest first.
    pub(crate) gated: VecDeque<Gated>,
    is_read_on: bool,
}

/// How many events, and when the latest of them happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    /// How many.
    pub(crate) events: u64,
    /// The latest.
    pub(crate) last: Timestamp,
}

/// The scans of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Scans {
    /// How many.
    pub(crate) scans: u64,
    /// When the newest was.
    pub(crate) last: Timestamp,
    /// Since when what is there is as it is.
    pub(crate) since: Timestamp,
    /// The newest.
    pub(crate) newest: GuardScanned,
    /// When somebody last approved something.
    pub(crate) approved: Option<Timestamp>,
}

/// The scans on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    /// How many.
    pub(crate) scans: u64,
    /// When the newest was.
    pub(crate) last: Timestamp,
    /// The newest of each repository, with its instant.
    pub(crate) repositories: BTreeMap<String, (Timestamp, GuardScanned)>,
}

/// Somebody approved something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Approval {
    /// When.
    pub(crate) at: Timestamp,
    /// Of which repository.
    pub(crate) repository: String,
    /// Who, as the event says: never shown as it is, see [`Reading`](crate::reading::Reading).
    #[serde(skip)]
    pub(crate) by: Option<String>,
    /// What.
    pub(crate) approved: GuardApproved,
    /// Its place in the ledger.
    pub(crate) position: i64,
}

/// A hook objected to what an agent wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Objection {
    /// When.
    pub(crate) at: Timestamp,
    /// The session, as a number that stands for it.
    pub(crate) session: String,
    /// What was decided.
    pub(crate) decided: AgentDecided,
    /// Its place in the ledger.
    pub(crate) position: i64,
}

/// The gate of tests decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Gated {
    /// When.
    pub(crate) at: Timestamp,
    /// `passed`, `overdue`, `failed` or `unproven`.
    pub(crate) outcome: String,
    /// Ids of tests whose failures the quarantine took out.
    pub(crate) masked: Vec<String>,
    /// Its place in the ledger.
    pub(crate) position: i64,
}

/// Decisions by how strongly was objected.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Decisions {
    /// Nothing was said against it.
    pub(crate) neutral: u64,
    /// It went on, and was noted.
    pub(crate) noted: u64,
    /// A person was asked.
    pub(crate) asked: u64,
    /// It was denied.
    pub(crate) denied: u64,
}

impl Decisions {
    /// All of them.
    pub(crate) const fn all(self) -> u64 {
        self.neutral + self.noted + self.asked + self.denied
    }

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            neutral: self.neutral + other.neutral,
            noted: self.noted + other.noted,
            asked: self.asked + other.asked,
            denied: self.denied + other.denied,
        }
    }

    const fn add(&mut self, effect: Effect) {
        match effect {
            Effect::Neutral => self.neutral += 1,
            Effect::Note => self.noted += 1,
            Effect::Ask => self.asked += 1,
            Effect::Deny => self.denied += 1,
        }
    }
}

/// What was heard up to the newest event; of a long ledger that was not read yet, up to where one got.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) async fn heard(app: &App) -> Result<MutexGuard<'_, Heard>, ReadError> {
    let begun = Instant::now();
    loop {
        let mut heard = app.told.0.lock().await;
        if heard.is_read_on {
            // Somebody has waited already, and nobody else has to.
            return Ok(heard);
        }
        heard.step(&app.reader).await?;
        if heard.is_whole() {
            return Ok(heard);
        }
        if begun.elapsed() < PATIENCE {
            continue;
        }
        if !std::mem::replace(&mut heard.is_read_on, true) {
            tokio::spawn(read_on(app.clone()));
        }
        return Ok(heard);
    }
}

async fn read_on(app: App) {
    loop {
        let mut heard = app.told.0.lock().await;
        let step = heard.step(&app.reader).await;
        if step.is_err() || heard.is_whole() {
            heard.is_read_on = false;
            return;
        }
        drop(heard);
        tokio::task::yield_now().await;
    }
}

/// Whether a machine stands by a pseudonym, as guard makes it: `machine-1f3a90c2`.
fn is_pseudonym(machine: &str) -> bool {
    let digits = machine.strip_prefix("machine-").unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Heard {
    /// Whether everything was taken in that there was when it was last looked.
    pub(crate) fn is_whole(&self) -> bool {
        self.position >= self.end
    }

    /// Takes in the next events.
    async fn step(&mut self, ledger: &Ledger) -> Result<(), ReadError> {
        self.end = ledger.end().await?;
        if self.is_whole() {
            return Ok(());
        }
        let (tally, until) = ledger.tally(self.position).await?;
        // Nothing is kept of a step that fails: it is made again, whole.
        let mut told = Vec::new();
        for kinds in ["guard.", kind::AGENT_DECIDED, kind::GATE_DECIDED] {
            if tally.iter().any(|one| one.kind.starts_with(kinds)) {
                told.extend(ledger.between(self.position, until, kinds).await?);
            }
        }
        for one in tally {
            let is_known = self.sources.contains_key(&one.source);
            if !is_known && self.sources.len() >= COUNTED {
                continue;
            }
            let kinds = self.sources.entry(one.source).or_default();
            if kinds.len() >= COUNTED && !kinds.contains_key(&one.kind) {
                continue;
            }
            let count = kinds.entry(one.kind).or_insert(Count { events: 0, last: one.last });
            count.events += one.events;
            count.last = count.last.max(one.last);
        }
        told.iter().for_each(|recorded| self.take(recorded));
        self.position = until;
        Ok(())
    }

    /// Takes in one event. One whose data is not what its kind says tells nothing.
    fn take(&mut self, recorded: &Recorded) {
        let event = &recorded.event;
        let (_, name) = event.subject.split_once(':').unwrap_or(("", &event.subject));
        match event.kind.as_str() {
            kind::GUARD_SCANNED => {
                if let Ok(mut scan) = event.payload::<GuardScanned>() {
                    // A name that somebody else gave a machine may be that of a person.
                    if !is_pseudonym(&scan.machine) {
                        scan.machine.clear();
                    }
                    self.scan(name, event.at, scan);
                }
            }
            kind::GUARD_APPROVED => {
                if let Ok(approved) = event.payload::<GuardApproved>() {
                    if let Some(scans) = self.scanned.get_mut(name) {
                        scans.approved = scans.approved.max(Some(event.at));
                    }
                    let (repository, position) = (name.to_owned(), recorded.position.0);
                    self.approvals.push_front(Approval {
                        at: event.at,
                        repository,
                        by: event.actor.clone(),
                        approved,
                        position,
                    });
                    self.approvals.truncate(LATEST);
                }
            }
            kind::GATE_DECIDED => {
                if let Ok(decided) = event.payload::<GateDecided>() {
                    let GateDecided { outcome, mut masked, .. } = decided;
                    masked.truncate(NAMES);
                    let (at, position) = (event.at, recorded.position.0);
                    self.gated.push_front(Gated { at, outcome, masked, position });
                    self.gated.truncate(LATEST);
                }
            }
            kind::AGENT_DECIDED => {
                if let Ok(decided) = event.payload::<AgentDecided>() {
                    self.decide(name, event.at, decided, recorded.position.0);
                }
            }
            _ => (),
        }
    }

    fn on_machine(&mut self, name: &str, at: Timestamp, scan: &GuardScanned) {
        if scan.machine.is_empty() {
            return;
        }
        let first = || Machine { scans: 0, last: at, repositories: BTreeMap::new() };
        let machine = self.machines.entry(scan.machine.clone()).or_insert_with(first);
        machine.scans += 1;
        machine.last = machine.last.max(at);
        let known = machine.repositories.get(name);
        if known.is_none_or(|(known, _)| *known <= at) {
            machine.repositories.insert(name.to_owned(), (at, scan.clone()));
        }
        if machine.repositories.len() > ON_MACHINE {
            let oldest = machine.repositories.iter().min_by_key(|(_, (at, _))| *at);
            let oldest = oldest.map(|(name, _)| name.clone());
            oldest.map(|name| machine.repositories.remove(&name));
        }
        if self.machines.len() > MACHINES {
            let oldest = self.machines.iter().min_by_key(|(_, machine)| machine.last);
            let oldest = oldest.map(|(name, _)| name.clone());
            oldest.map(|name| self.machines.remove(&name));
        }
    }

    fn scan(&mut self, name: &str, at: Timestamp, scan: GuardScanned) {
        self.on_machine(name, at, &scan);
        match self.scanned.get_mut(name) {
            Some(known) => {
                known.scans += 1;
                if at >= known.last {
                    if known.newest.inventory != scan.inventory {
                        known.since = at;
                    }
                    (known.last, known.newest) = (at, scan);
                }
            }
            None => {
                let approved = self.approvals.iter().find(|one| one.repository == name);
                let approved = approved.map(|one| one.at);
                let first = Scans { scans: 1, last: at, since: at, newest: scan, approved };
                self.scanned.insert(name.to_owned(), first);
                if self.scanned.len() > REPOSITORIES {
                    let oldest = self.scanned.iter().min_by_key(|(_, scans)| scans.last);
                    let oldest = oldest.map(|(name, _)| name.clone());
                    oldest.map(|name| self.scanned.remove(&name));
                }
            }
        }
    }

    fn decide(&mut self, session: &str, at: Timestamp, decided: AgentDecided, position: i64) {
        let clients = self.days.entry(at.day()).or_default();
        if clients.len() < NAMES || clients.contains_key(&decided.client) {
            clients.entry(decided.client.clone()).or_default().add(decided.verdict.effect);
        }
        if self.days.len() > DAYS {
            self.days.pop_first();
        }
        for reason in &decided.verdict.reasons {
            let is_known = self.policies.contains_key(&reason.policy);
            if is_known || self.policies.len() < NAMES {
                let known = self.policies.entry(reason.policy.clone());
                let count = known.or_insert(Count { events: 0, last: at });
                count.events += 1;
                count.last = count.last.max(at);
            }
        }
        if decided.verdict.effect > Effect::Neutral {
            let session = session.to_owned();
            self.objections.push_front(Objection { at, session, decided, position });
            self.objections.truncate(LATEST);
        }
    }

    /// How far it was read, where not all of it was.
    pub(crate) fn gap(&self) -> Option<String> {
        (!self.is_whole()).then(|| {
            format!(
                "Of {} events {} are read so far; the rest is on its way.",
                tl_map::format::count(u64::try_from(self.end.0).unwrap_or(0)),
                tl_map::format::count(u64::try_from(self.position.0).unwrap_or(0)),
            )
        })
    }

    /// Decisions of the days from `since` on, by client.
    pub(crate) fn decisions(&self, since: Timestamp) -> BTreeMap<&str, Decisions> {
        let mut by_client: BTreeMap<&str, Decisions> = BTreeMap::new();
        for clients in self.days.range(since.day()..).map(|(_, one)| one) {
            for (client, decisions) in clients {
                let known = by_client.entry(client).or_default();
                *known = known.and(*decisions);
            }
        }
        by_client
    }
}

#[cfg(test)]
mod tests;
