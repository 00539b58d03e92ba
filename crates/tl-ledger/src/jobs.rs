//! Jobs: what servers do again and again, such as collecting from a source, and how it went.
//!
//! In: the name of a job, and who wants to do it. Out: whether they may, then what became of it. Start
//! at [`Ledger::begin_job`], then [`Ledger::end_job`]. **Invariants:** of several servers one does a job at
//! a time: it holds the job while it works and says so again and again; a job whose holder fell silent
//! for [`LEASE`] is free. A paused job is not begun, but where somebody wants it now.

use serde::Serialize;
use tl_core::time::{Millis, Timestamp};

use crate::backend::{Arg, Connection, Row};
use crate::store::StoreError;
use crate::{Ledger, Place};

/// After how long without a word a holder is taken to be gone.
pub const LEASE: Millis = Millis::new(60_000);

/// A job, for people and for whoever does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    /// Its name, such as the source's.
    pub name: String,
    /// Whether it rests until somebody resumes it.
    pub is_paused: bool,
    /// Whether somebody wants it now, and it was not begun since.
    pub is_wanted: bool,
    /// Whether somebody is doing it: holds it, and was heard of lately.
    pub is_running: bool,
    /// When it was last begun.
    pub begun: Option<Timestamp>,
    /// When it last ended.
    pub ended: Option<Timestamp>,
    /// When it is due again.
    pub due: Option<Timestamp>,
    /// What the last one that ended brought.
    pub brought: Brought,
}

/// What came of doing a job once.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Brought {
    /// Events that were not in the ledger before.
    pub new: u64,
    /// Events that were.
    pub known: u64,
    /// Records that were left out.
    pub left_out: u64,
    /// Why it did not go to its end, with what to do about it; or what of it was left out.
    pub problem: Option<String>,
    /// Whether it did not go to its end.
    pub is_failed: bool,
}

/// Why jobs could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the jobs of ledger `{place}`")]
pub struct JobError {
    /// The ledger.
    pub place: Place,
    /// Why.
    pub source: StoreError,
}

impl Ledger {
    /// All jobs that were ever begun, paused or wanted, by name.
    ///
    /// # Errors
    /// The database could not read.
    pub async fn jobs(&self, now: Timestamp) -> Result<Vec<Job>, JobError> {
        let mut jobs = Vec::new();
        let instant = |at: i64| (at > 0).then(|| Timestamp::from_millis(at));
        let keep = |row: Row<'_>| {
            let (holder, lease, problem) = (row.text(3)?, row.integer(4)?, row.text(11)?);
            let is_held = !holder.is_empty() && is_alive(Timestamp::from_millis(lease), now);
            jobs.push(Job {
                name: row.text(0)?.to_owned(),
                is_paused: row.integer(1)? != 0,
                is_wanted: row.integer(2)? != 0,
                is_running: is_held,
                begun: instant(row.integer(5)?),
                ended: instant(row.integer(6)?),
                due: instant(row.integer(7)?),
                brought: Brought {
                    new: whole(row.integer(8)?),
                    known: whole(row.integer(9)?),
                    left_out: whole(row.integer(10)?),
                    problem: (!problem.is_empty()).then(|| problem.to_owned()),
                    is_failed: row.integer(12)? != 0,
                },
            });
            Ok(true)
        };
        let sql = "SELECT name, paused, wanted, holder, lease, begun, ended, due, fresh, known,
                          left_out, problem, failed
                   FROM jobs ORDER BY name";
        let mut session = self.session().await;
        session.connection.fetch(sql, &[], keep).await.map_err(|err| self.no_job(err))?;
        Ok(jobs)
    }

    /// Begins a job that is due, or wanted: `true` where `holder` may do it now. `every` is how often it
    /// is done: one that is due later than that was planned by a clock that was set back since.
    ///
    /// # Errors
    /// The database could not write.
    pub async fn begin_job(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        every: Millis,
    ) -> Result<bool, JobError> {
        let sql = "UPDATE jobs SET holder = $2, lease = $3, begun = $3, wanted = 0
                   WHERE name = $1 AND (holder = '' OR lease <= $4 OR lease > $5)
                     AND (wanted = 1 OR paused = 0 AND (due <= $3 OR due > $6))";
        let at = now.as_millis();
        let (silent, ahead) = (now - LEASE, now + LEASE);
        let args = [
            Arg::Text(name),
            Arg::Text(holder),
            Arg::Integer(at),
            Arg::Integer(silent.as_millis()),
            Arg::Integer(ahead.as_millis()),
            Arg::Integer((now + every).as_millis()),
        ];
        Ok(self.change_job(name, sql, &args).await? > 0)
    }

    /// Says that the holder of a job is still at it; `false` where somebody else has it by now.
    ///
    /// # Errors
    /// The database could not write.
    pub async fn hold_job(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
    ) -> Result<bool, JobError> {
        let sql = "UPDATE jobs SET lease = $3 WHERE name = $1 AND holder = $2";
        let args = [Arg::Text(name), Arg::Text(holder), Arg::Integer(now.as_millis())];
        Ok(self.change_job(name, sql, &args).await? > 0)
    }

    /// Ends a job: what it brought, and when it is due again. Nothing where somebody else has it by now.
    ///
    /// # Errors
    /// The database could not write.
    pub async fn end_job(
        &self,
        name: &str,
        holder: &str,
        (now, due): (Timestamp, Timestamp),
        brought: &Brought,
    ) -> Result<(), JobError> {
        let sql = "UPDATE jobs SET holder = '', ended = $3, due = $4, fresh = $5, known = $6,
                          left_out = $7, problem = $8, failed = $9
                   WHERE name = $1 AND holder = $2";
        let number = |count: u64| Arg::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let problem = brought.problem.as_deref().unwrap_or_default().replace('\0', " ");
        let args = [
            Arg::Text(name),
            Arg::Text(holder),
            Arg::Integer(now.as_millis()),
            Arg::Integer(due.as_millis()),
            number(brought.new),
            number(brought.known),
            number(brought.left_out),
            Arg::Text(&problem),
            Arg::Integer(brought.is_failed.into()),
        ];
        self.change_job(name, sql, &args).await.map(|_| ())
    }

    /// Pauses a job, or resumes it. One that runs goes on to its end.
    ///
    /// # Errors
    /// The database could not write.
    pub async fn pause_job(&self, name: &str, is_paused: bool) -> Result<(), JobError> {
        let sql = "UPDATE jobs SET paused = $2 WHERE name = $1";
        let args = [Arg::Text(name), Arg::Integer(is_paused.into())];
        self.change_job(name, sql, &args).await.map(|_| ())
    }

    /// Says that a job is wanted now, also where it is paused.
    ///
    /// # Errors
    /// The database could not write.
    pub async fn want_job(&self, name: &str) -> Result<(), JobError> {
        let sql = "UPDATE jobs SET wanted = 1 WHERE name = $1";
        self.change_job(name, sql, &[Arg::Text(name)]).await.map(|_| ())
    }

    /// Changes a job, which is made where it is missing.
    async fn change_job(
        &self,
        name: &str,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<u64, JobError> {
        let mut session = self.session().await;
        let is_known = session
            .connection
            .first("SELECT 1 FROM jobs WHERE name = $1", &[Arg::Text(name)], |_| Ok(()))
            .await
            .map_err(|err| self.no_job(err))?
            .is_some();
        if is_known {
            let changed = session.connection.execute(sql, args).await;
            return changed.map_err(|err| self.no_job(err));
        }
        session.begin().await.map_err(|err| self.no_job(err))?;
        let done = make(&mut session.connection, name, sql, args).await;
        session.finish(done).await.map_err(|err| self.no_job(err))
    }

    fn no_job(&self, err: sqlx::Error) -> JobError {
        JobError { place: self.place.clone(), source: err.into() }
    }
}

async fn make(
    connection: &mut Connection,
    name: &str,
    sql: &'static str,
    args: &[Arg<'_>],
) -> Result<u64, sqlx::Error> {
    let insert = "INSERT INTO jobs (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
    connection.execute(insert, &[Arg::Text(name)]).await?;
    connection.execute(sql, args).await
}

/// Whether a holder was heard of lately; one that will be heard of much later was, by a clock that was
/// set back since.
fn is_alive(lease: Timestamp, now: Timestamp) -> bool {
    lease > now - LEASE && lease <= now + LEASE
}

fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
