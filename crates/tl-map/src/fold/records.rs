//! Recorded deployments, held so that a million of them take little room.
//!
//! In: [`Deployment`]s, or their rows. Out: [`Records`], and each as [`Record`]. Start at
//! [`Records::add_row`] and [`Records::get`]. A deployment has nine texts, of which most are the same few
//! again and again: those are kept once. **Invariant:** of one key the first that was added counts.

use rayon::prelude::*;
use tl_core::delivery::{Deployment, ManualStep};
use tl_core::fact::Outcome;
use tl_core::time::Timestamp;

use super::deployment::DeploymentRow;
use super::names::Names;
use super::row::{RowError, decode};
use super::what::What;

/// Recorded deployments, by key when they are finished.
#[derive(Debug, Default)]
pub struct Records {
    rows: Vec<Row>,
    /// Key, commit and version of each, end to end; a full id as its bytes.
    texts: Vec<u8>,
    /// Texts that many have.
    names: Names,
    /// Steps that waited for a person, of the few that have any.
    steps: Vec<Vec<ManualStep>>,
}

/// Where the parts of a record are.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    /// Start of the texts of its own, and how many bytes each has, or [`ID`].
    start: usize,
    key: u32,
    commit: u32,
    version: u32,
    /// Numbers of `names`.
    repository: u32,
    service: u32,
    environment: u32,
    branch: u32,
    name: u32,
    /// Row of `steps`, counted from 1; 0 where it has none.
    steps: u32,
    queued: Option<Timestamp>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    outcome: Outcome,
    production: Option<bool>,
    rollback: bool,
}

/// Stands for the number of bytes where an id is written as its bytes.
const ID: u32 = u32::MAX;

/// A recorded deployment: see [`Deployment`].
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    records: &'r Records,
    row: &'r Row,
}

#[expect(missing_docs, reason = "the fields of a deployment")]
impl<'r> Record<'r> {
    pub fn key(&self) -> &'r str {
        text(self.key_bytes())
    }

    pub fn key_bytes(&self) -> &'r [u8] {
        self.records.key(self.row)
    }

    pub fn repository(&self) -> &'r str {
        self.records.names.get(self.row.repository)
    }

    pub fn service(&self) -> &'r str {
        self.records.names.get(self.row.service)
    }

    pub fn environment(&self) -> &'r str {
        self.records.names.get(self.row.environment)
    }

    pub fn commit(&self) -> What<'r> {
        self.what(self.row.key as usize, self.row.commit)
    }

    pub fn version(&self) -> What<'r> {
        self.what(self.row.key as usize + bytes(self.row.commit), self.row.version)
    }

    pub fn branch(&self) -> &'r str {
        self.records.names.get(self.row.branch)
    }

    pub fn name(&self) -> &'r str {
        self.records.names.get(self.row.name)
    }

    pub const fn production(&self) -> Option<bool> {
        self.row.production
    }

    pub const fn rollback(&self) -> bool {
        self.row.rollback
    }

    pub const fn queued(&self) -> Option<Timestamp> {
        self.row.queued
    }

    pub const fn started(&self) -> Option<Timestamp> {
        self.row.started
    }

    pub const fn finished(&self) -> Option<Timestamp> {
        self.row.finished
    }

    pub const fn outcome(&self) -> Outcome {
        self.row.outcome
    }

    pub fn steps(&self) -> &'r [ManualStep] {
        let steps = self.row.steps.checked_sub(1).map(|row| &self.records.steps[row as usize]);
        steps.map_or(&[], Vec::as_slice)
    }

    /// One of its own texts, by where it begins among them and how long it is.
    fn what(&self, start: usize, length: u32) -> What<'r> {
        let start = self.row.start + start;
        let written = &self.records.texts[start..start + bytes(length)];
        match <[u8; 20]>::try_from(written) {
            Ok(id) if length == ID => What::Id(id),
            _ => What::Text(text(written)),
        }
    }
}

/// How many bytes are written.
const fn bytes(length: u32) -> usize {
    if length == ID { size_of::<[u8; 20]>() } else { length as usize }
}

/// What was written from a text.
fn text(written: &[u8]) -> &str {
    std::str::from_utf8(written).unwrap_or_default()
}

impl Records {
    /// Deployments that somebody has, in their order.
    pub fn of(deployments: &[Deployment]) -> Self {
        let mut records = Self::default();
        records.reserve(deployments.len());
        deployments.iter().for_each(|one| records.add(one));
        records
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, count: usize) {
        self.rows.reserve_exact(count);
    }

    /// Adds the row of a deployment.
    pub fn add_row(&mut self, row: &[u8]) -> Result<(), RowError> {
        let row: DeploymentRow = decode(row)?;
        self.add(&row.deployment);
        Ok(())
    }

    fn add(&mut self, one: &Deployment) {
        let texts = [What::Text(&one.key), What::of(&one.commit), What::of(&one.version)];
        let names = [&one.repository, &one.service, &one.environment, &one.branch, &one.name];
        let row = Row {
            queued: one.queued,
            started: one.started,
            finished: one.finished,
            outcome: one.outcome,
            production: one.production,
            rollback: one.rollback,
            ..Row::default()
        };
        self.push(row, texts, names.map(String::as_str), &one.steps);
    }

    /// Adds a row, with what it points at: key, commit and version; repository, service,
    /// environment, branch and name; steps.
    fn push(&mut self, row: Row, texts: [What<'_>; 3], names: [&str; 5], steps: &[ManualStep]) {
        let start = self.texts.len();
        let [key, commit, version] = texts.map(|what| match what {
            What::Id(id) => {
                self.texts.extend_from_slice(&id);
                ID
            }
            What::Text(text) => {
                self.texts.extend_from_slice(text.as_bytes());
                text.len() as u32
            }
        });
        let [repository, service, environment, branch, name] =
            names.map(|name| self.names.number(name));
        if !steps.is_empty() {
            self.steps.push(steps.to_vec());
        }
        let steps = if steps.is_empty() { 0 } else { self.steps.len() as u32 };
        let texts = Row { start, key, commit, version, ..row };
        self.rows.push(Row { repository, service, environment, branch, name, steps, ..texts });
    }

    /// Puts them in order, when all are there.
    pub fn finish(&mut self) {
        self.names.close();
        self.texts.shrink_to_fit();
        let mut rows = std::mem::take(&mut self.rows);
        rows.par_sort_unstable_by(|one, other| {
            self.key(one).cmp(self.key(other)).then(one.start.cmp(&other.start))
        });
        rows.dedup_by(|later, first| self.key(later) == self.key(first));
        self.rows = rows;
    }

    fn key(&self, row: &Row) -> &[u8] {
        &self.texts[row.start..row.start + row.key as usize]
    }

    /// Adds what another ledger holds.
    pub fn join(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.names.open();
        self.reserve(other.len());
        for one in other.iter() {
            let texts = [What::Text(one.key()), one.commit(), one.version()];
            let names =
                [one.repository(), one.service(), one.environment(), one.branch(), one.name()];
            self.push(*one.row, texts, names, one.steps());
        }
        self.finish();
    }

    /// Takes away some.
    pub fn retain(&mut self, keep: impl Fn(&Record<'_>) -> bool) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.retain(|row| keep(&Record { records: self, row }));
        self.rows = rows;
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The record at a row.
    pub fn get(&self, row: usize) -> Record<'_> {
        Record { records: self, row: &self.rows[row] }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|row| Record { records: self, row })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Entity;

    fn deployment(key: &str, commit: &str, steps: usize) -> Deployment {
        let step = ManualStep { name: "ok?".to_owned(), ..ManualStep::default() };
        Deployment {
            key: key.to_owned(),
            repository: "acme/api".to_owned(),
            service: "api".to_owned(),
            environment: "production".to_owned(),
            commit: commit.to_owned(),
            version: format!("v{}", commit.len()),
            branch: "main".to_owned(),
            name: String::new(),
            production: Some(true),
            rollback: key.ends_with('b'),
            queued: Some(Timestamp::from_seconds(1)),
            started: None,
            finished: Some(Timestamp::from_seconds(3)),
            outcome: Outcome::Success,
            steps: vec![step; steps],
            ..Deployment::default()
        }
    }

    #[test]
    fn a_record_of_a_row_is_what_was_recorded_and_the_first_of_a_key_counts() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let all = [deployment("ü/b", id, 2), deployment("a", "", 0), deployment("ü/b", "x", 0)];
        let mut records = Records::default();
        for one in &all {
            let deployment = DeploymentRow { deployment: one.clone(), actor_at: None };
            records.add_row(&Entity::Deployment(deployment).encode()).unwrap();
        }
        records.finish();
        let found = records.iter().map(|record| shown(&record));
        assert_eq!(found.collect::<Vec<_>>(), [seen(&all[1]), seen(&all[0])]);
        assert!(records.add_row(b"no row").is_err());

        let others = [deployment("a", "other", 0), deployment("c", "", 1)];
        records.join(&Records::of(&others));
        let found = records.iter().map(|record| shown(&record));
        assert_eq!(found.collect::<Vec<_>>(), [&all[1], &others[1], &all[0]].map(seen));
        records.retain(|one| one.steps().is_empty());
        assert_eq!(records.len(), 1);
    }

    type Shown = ([String; 8], [Option<Timestamp>; 3], (Outcome, Option<bool>, bool), usize);

    fn shown(one: &Record<'_>) -> Shown {
        let [commit, version] = [one.commit(), one.version()].map(|what| what.to_string());
        let [key, repository, service] =
            [one.key(), one.repository(), one.service()].map(str::to_owned);
        let [environment, branch, name] =
            [one.environment(), one.branch(), one.name()].map(str::to_owned);
        (
            [key, commit, version, repository, service, environment, branch, name],
            [one.queued(), one.started(), one.finished()],
            (one.outcome(), one.production(), one.rollback()),
            one.steps().len(),
        )
    }

    fn seen(one: &Deployment) -> Shown {
        let texts = [&one.key, &one.commit, &one.version, &one.repository, &one.service];
        let [key, commit, version, repository, service] = texts.map(String::clone);
        let [environment, branch, name] =
            [&one.environment, &one.branch, &one.name].map(String::clone);
        (
            [key, commit, version, repository, service, environment, branch, name],
            [one.queued, one.started, one.finished],
            (one.outcome, one.production, one.rollback),
            one.steps.len(),
        )
    }
}
