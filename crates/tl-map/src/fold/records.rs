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

/// Recorded deployments, by key when they are finished.
#[derive(Debug, Default)]
pub struct Records {
    rows: Vec<Row>,
    /// Key, commit and version of each, end to end.
    texts: String,
    /// Texts that many have.
    names: Names,
    /// Steps that waited for a person, of the few that have any.
    steps: Vec<Vec<ManualStep>>,
}

/// Where the parts of a record are.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// Start of the texts of its own, and how long each is.
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

/// What measures ask of a recorded deployment: see [`Deployment`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the fields of a deployment")]
pub struct Record<'r> {
    pub key: &'r str,
    pub repository: &'r str,
    pub service: &'r str,
    pub environment: &'r str,
    pub commit: &'r str,
    pub version: &'r str,
    pub branch: &'r str,
    pub name: &'r str,
    pub production: Option<bool>,
    pub rollback: bool,
    pub queued: Option<Timestamp>,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub outcome: Outcome,
    pub steps: &'r [ManualStep],
}

impl<'r> Record<'r> {
    /// That of somebody who has it.
    fn of(deployment: &'r Deployment) -> Self {
        Self {
            key: &deployment.key,
            repository: &deployment.repository,
            service: &deployment.service,
            environment: &deployment.environment,
            commit: &deployment.commit,
            version: &deployment.version,
            branch: &deployment.branch,
            name: &deployment.name,
            production: deployment.production,
            rollback: deployment.rollback,
            queued: deployment.queued,
            started: deployment.started,
            finished: deployment.finished,
            outcome: deployment.outcome,
            steps: &deployment.steps,
        }
    }
}

impl Records {
    /// Deployments that somebody has, in their order.
    pub fn of(deployments: &[Deployment]) -> Self {
        let mut records = Self::default();
        records.reserve(deployments.len());
        deployments.iter().for_each(|one| records.add(&Record::of(one)));
        records
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, count: usize) {
        self.rows.reserve_exact(count);
    }

    /// Adds the row of a deployment.
    pub fn add_row(&mut self, row: &[u8]) -> Result<(), RowError> {
        let row: DeploymentRow = decode(row)?;
        self.add(&Record::of(&row.deployment));
        Ok(())
    }

    fn add(&mut self, record: &Record<'_>) {
        let start = self.texts.len();
        let [key, commit, version] = [record.key, record.commit, record.version].map(|text| {
            self.texts.push_str(text);
            text.len() as u32
        });
        let named =
            [record.repository, record.service, record.environment, record.branch, record.name];
        let [repository, service, environment, branch, name] =
            named.map(|text| self.names.number(text));
        if !record.steps.is_empty() {
            self.steps.push(record.steps.to_vec());
        }
        self.rows.push(Row {
            start,
            key,
            commit,
            version,
            repository,
            service,
            environment,
            branch,
            name,
            steps: if record.steps.is_empty() { 0 } else { self.steps.len() as u32 },
            queued: record.queued,
            started: record.started,
            finished: record.finished,
            outcome: record.outcome,
            production: record.production,
            rollback: record.rollback,
        });
    }

    /// Puts them in order, when all are there.
    pub fn finish(&mut self) {
        self.names.close();
        self.texts.shrink_to_fit();
        let texts = self.texts.as_str();
        let key = |row: &Row| &texts[row.start..row.start + row.key as usize];
        self.rows.par_sort_unstable_by(|one, other| {
            key(one).cmp(key(other)).then(one.start.cmp(&other.start))
        });
        self.rows.dedup_by(|later, first| key(later) == key(first));
    }

    /// Adds what another ledger holds.
    pub fn join(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.names.open();
        self.reserve(other.len());
        other.iter().for_each(|record| self.add(&record));
        self.finish();
    }

    /// Takes away some.
    pub fn retain(&mut self, keep: impl Fn(&Record<'_>) -> bool) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.retain(|row| keep(&self.record(row)));
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
        self.record(&self.rows[row])
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|row| self.record(row))
    }

    fn record(&self, row: &Row) -> Record<'_> {
        let (key, rest) = self.texts[row.start..].split_at(row.key as usize);
        let (commit, rest) = rest.split_at(row.commit as usize);
        let name = |number| self.names.get(number);
        let steps = row.steps.checked_sub(1).map(|row| self.steps[row as usize].as_slice());
        Record {
            key,
            repository: name(row.repository),
            service: name(row.service),
            environment: name(row.environment),
            commit,
            version: &rest[..row.version as usize],
            branch: name(row.branch),
            name: name(row.name),
            production: row.production,
            rollback: row.rollback,
            queued: row.queued,
            started: row.started,
            finished: row.finished,
            outcome: row.outcome,
            steps: steps.unwrap_or_default(),
        }
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
        let found: Vec<Record<'_>> = records.iter().collect();
        assert_eq!(found, [Record::of(&all[1]), Record::of(&all[0])]);
        assert!(records.add_row(b"no row").is_err());

        let other = Records::of(&[deployment("a", "other", 0), deployment("c", "", 1)]);
        records.join(&other);
        let found: Vec<Record<'_>> = records.iter().collect();
        assert_eq!(found, [Record::of(&all[1]), other.get(1), Record::of(&all[0])]);
        records.retain(|one| one.steps.is_empty());
        assert_eq!(records.len(), 1);
    }
}
