//! Deliveries: what senders brought by webhook, raw, from the moment it is acknowledged until its
//! events are in the ledger, and some days longer.
//!
//! In: [`Delivery`]s, as they came. Out: the same, [`Claimed`] by whoever turns them into events, then
//! settled. Start at [`Ledger::accept`], then [`Ledger::claim`] and [`Ledger::settle`].
//! **Invariants:** when [`Ledger::accept`] returns, its batch is on disk, all or none. A delivery that
//! is known already (everything in it is the same) is stored once. Its events and its state are one
//! transaction, so that it waits or its events are there. Whoever is killed with deliveries in hand
//! leaves them to others, one by one from then on: what kills its reader stands in nobody's way.
//!
//! Several servers may share a ledger: what one has claimed the others leave alone until
//! [`LEASE`] is over. The first who settles is who settled; events come in once all the same.

mod postgres;
mod settle;
mod sqlite;

use serde::{Deserialize, Serialize};
use tl_core::time::{Millis, Timestamp};

pub use self::settle::{SettleError, Settled};
use crate::backend::{Arg, Connection, Row};
use crate::store::StoreError;
use crate::{Ledger, Place};

/// How long a claimed delivery is left to who claimed it. Turning a batch into events takes far less.
pub const LEASE: Millis = Millis::new(15_000);

/// How often a delivery is claimed before it is set aside. A claim that was not settled is one whose
/// process ended, or one that lost its database: so one more than bad luck explains.
pub const ATTEMPTS: u32 = 5;

/// What a sender brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Name of the sender in the configuration.
    pub source: String,
    /// The sender's own id of the delivery; may be empty.
    pub id: String,
    /// A digest of source, id, headers and body: by it a delivery is known again.
    pub digest: [u8; 16],
    /// When it came.
    pub received: Timestamp,
    /// The headers that say what the body is, in small letters; no secrets.
    pub headers: Vec<(String, String)>,
    /// The body, as it was sent.
    pub body: Vec<u8>,
}

/// A delivery in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its number in the ledger.
    pub number: i64,
    /// See [`Delivery::source`].
    pub source: String,
    /// See [`Delivery::received`].
    pub received: Timestamp,
    /// See [`Delivery::headers`].
    pub headers: Vec<(String, String)>,
    /// See [`Delivery::body`].
    pub body: Vec<u8>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its events are not in the ledger yet.
    Waiting,
    /// Its events are in the ledger; it may have told none.
    Folded,
    /// It was set aside, see [`Listed::problem`].
    Failed,
}

impl State {
    /// As the database has it.
    const fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Folded => 1,
            Self::Failed => 2,
        }
    }

    const fn of(number: i64) -> Self {
        match number {
            0 => Self::Waiting,
            1 => Self::Folded,
            _ => Self::Failed,
        }
    }
}

/// A delivery for people, without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its number in the ledger.
    pub number: i64,
    /// See [`Delivery::source`].
    pub source: String,
    /// See [`Delivery::id`].
    pub id: String,
    /// See [`Delivery::received`].
    pub received: Timestamp,
    /// Size of the body in bytes.
    pub bytes: u64,
    /// What became of it.
    pub state: State,
    /// How often it was claimed.
    pub attempts: u64,
    /// Events that it told.
    pub events: u64,
    /// Why it was set aside, or what of it was left out.
    pub problem: Option<String>,
}

/// How many deliveries wait or were set aside.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// Those whose events are not in the ledger yet.
    pub waiting: u64,
    /// When the oldest of them came.
    pub oldest: Option<Timestamp>,
    /// Those that were set aside.
    pub failed: u64,
}

/// Why deliveries could not be stored or read. Nothing of a batch is in the ledger then.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the deliveries of ledger `{place}`")]
pub struct DeliveryError {
    /// The ledger.
    pub place: Place,
    /// Why.
    pub source: StoreError,
}

impl Ledger {
    /// Stores deliveries in one transaction; when it returns, they are on disk. Says of each whether
    /// it is new.
    ///
    /// # Errors
    /// The database could not write. None of them is stored then.
    pub async fn accept(&self, deliveries: &[Delivery]) -> Result<Vec<bool>, DeliveryError> {
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.session().await;
        session.begin().await.map_err(|err| self.no_delivery(err))?;
        let done = match &mut session.connection {
            Connection::Sqlite(to) => sqlite::insert(to, deliveries).await,
            Connection::Postgres(to) => postgres::insert(to, deliveries).await,
        };
        session.finish(done).await.map_err(|err| self.no_delivery(err))
    }

    /// Claims deliveries that nobody had in hand before, the oldest first: at most `most`, and no more
    /// than `bytes` of bodies but for the first.
    ///
    /// # Errors
    /// The database could not read or write.
    pub async fn claim(
        &self,
        now: Timestamp,
        most: usize,
        bytes: u64,
    ) -> Result<Vec<Claimed>, DeliveryError> {
        let mut session = self.session().await;
        session.begin().await.map_err(|err| self.no_delivery(err))?;
        let done = claim(&mut session.connection, now, most, bytes).await;
        session.finish(done).await.map_err(|err| self.no_delivery(err))
    }

    /// Claims one delivery that somebody had in hand and never settled: to be handled alone. One that
    /// was claimed [`ATTEMPTS`] times is set aside instead.
    ///
    /// # Errors
    /// The database could not read or write.
    pub async fn claim_again(&self, now: Timestamp) -> Result<Option<Claimed>, DeliveryError> {
        let mut session = self.session().await;
        session.begin().await.map_err(|err| self.no_delivery(err))?;
        let done = claim_again(&mut session.connection, now).await;
        session.finish(done).await.map_err(|err| self.no_delivery(err))
    }

    /// Whether any delivery waits.
    ///
    /// # Errors
    /// The database could not read.
    pub async fn has_waiting(&self) -> Result<bool, DeliveryError> {
        let mut session = self.session().await;
        let sql = "SELECT 1 FROM deliveries WHERE state = 0 LIMIT 1";
        let found = session.connection.first(sql, &[], |_| Ok(())).await;
        found.map(|found| found.is_some()).map_err(|err| self.no_delivery(err))
    }

    /// How many wait or were set aside.
    ///
    /// # Errors
    /// The database could not read.
    pub async fn backlog(&self) -> Result<Backlog, DeliveryError> {
        let mut session = self.session().await;
        let failed = |err| self.no_delivery(err);
        let mut backlog = Backlog::default();
        let waiting =
            "SELECT count(*), coalesce(min(received), -1) FROM deliveries WHERE state = 0";
        let get = |row: Row<'_>| Ok((row.integer(0)?, row.integer(1)?));
        if let Some((count, oldest)) =
            session.connection.first(waiting, &[], get).await.map_err(failed)?
        {
            backlog.waiting = whole(count);
            backlog.oldest = (count > 0).then(|| Timestamp::from_millis(oldest));
        }
        let aside = "SELECT count(*) FROM deliveries WHERE state = 2";
        let count = session.connection.first(aside, &[], |row| row.integer(0)).await;
        backlog.failed = whole(count.map_err(failed)?.unwrap_or(0));
        Ok(backlog)
    }

    /// Deliveries in one state, the newest first.
    ///
    /// # Errors
    /// The database could not read.
    pub async fn deliveries(
        &self,
        state: State,
        most: usize,
    ) -> Result<Vec<Listed>, DeliveryError> {
        let sql = "SELECT id, source, delivery, received, bytes, state, attempts, events, problem
                   FROM deliveries WHERE state = $1 ORDER BY id DESC LIMIT $2";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.list(sql, &[Arg::Integer(state.number()), Arg::Integer(most)]).await
    }

    /// The delivery of a sender that came last.
    ///
    /// # Errors
    /// The database could not read.
    pub async fn last_delivery(&self, source: &str) -> Result<Option<Listed>, DeliveryError> {
        let sql = "SELECT id, source, delivery, received, bytes, state, attempts, events, problem
                   FROM deliveries WHERE source = $1 ORDER BY id DESC LIMIT 1";
        Ok(self.list(sql, &[Arg::Text(source)]).await?.pop())
    }

    async fn list(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Listed>, DeliveryError> {
        let mut listed = Vec::new();
        let keep = |row: Row<'_>| {
            let problem = row.text(8)?;
            listed.push(Listed {
                number: row.integer(0)?,
                source: row.text(1)?.to_owned(),
                id: row.text(2)?.to_owned(),
                received: Timestamp::from_millis(row.integer(3)?),
                bytes: whole(row.integer(4)?),
                state: State::of(row.integer(5)?),
                attempts: whole(row.integer(6)?),
                events: whole(row.integer(7)?),
                problem: (!problem.is_empty()).then(|| problem.to_owned()),
            });
            Ok(true)
        };
        let mut session = self.session().await;
        let done = session.connection.fetch(sql, args, keep).await;
        done.map_err(|err| self.no_delivery(err))?;
        Ok(listed)
    }

    /// Lets a delivery that was set aside wait again; `false` where there is none of that number.
    ///
    /// # Errors
    /// The database could not write.
    pub async fn try_again(&self, number: i64) -> Result<bool, DeliveryError> {
        let mut session = self.session().await;
        let sql = "UPDATE deliveries SET state = 0, attempts = 0, lease = 0, problem = ''
                   WHERE id = $1 AND state = 2";
        let done = session.connection.execute(sql, &[Arg::Integer(number)]).await;
        done.map(|changed| changed > 0).map_err(|err| self.no_delivery(err))
    }

    /// Forgets at most `most` deliveries that were folded before one instant, or set aside before
    /// another; says how many. If one of them comes again, its events are known.
    ///
    /// # Errors
    /// The database could not write.
    pub async fn forget_deliveries(
        &self,
        folded: Timestamp,
        failed: Timestamp,
        most: u32,
    ) -> Result<u64, DeliveryError> {
        let mut session = self.session().await;
        session.begin().await.map_err(|err| self.no_delivery(err))?;
        let args = [folded.as_millis(), failed.as_millis(), most.into()].map(Arg::Integer);
        let done = forget(&mut session.connection, &args).await;
        session.finish(done).await.map_err(|err| self.no_delivery(err))
    }

    fn no_delivery(&self, err: sqlx::Error) -> DeliveryError {
        DeliveryError { place: self.place.clone(), source: err.into() }
    }
}

async fn forget(connection: &mut Connection, args: &[Arg<'_>]) -> Result<u64, sqlx::Error> {
    // The row goes last: by it its body is found.
    let bodies = "DELETE FROM delivery_bodies WHERE id IN (
                      SELECT id FROM deliveries
                      WHERE (state = 1 AND settled < $1) OR (state = 2 AND settled < $2)
                      ORDER BY id LIMIT $3)";
    connection.execute(bodies, args).await?;
    let rows = "DELETE FROM deliveries WHERE id IN (
                    SELECT id FROM deliveries
                    WHERE (state = 1 AND settled < $1) OR (state = 2 AND settled < $2)
                    ORDER BY id LIMIT $3)";
    connection.execute(rows, args).await
}

async fn claim(
    connection: &mut Connection,
    now: Timestamp,
    most: usize,
    bytes: u64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let (mut numbers, mut room) = (Vec::new(), bytes);
    let sql = match connection {
        Connection::Sqlite(_) => {
            "SELECT id, bytes FROM deliveries WHERE state = 0 AND attempts = 0 ORDER BY id LIMIT $1"
        }
        // What another server has in hand right now is not waited for.
        Connection::Postgres(_) => {
            "SELECT id, bytes FROM deliveries WHERE state = 0 AND attempts = 0 ORDER BY id LIMIT $1
             FOR UPDATE SKIP LOCKED"
        }
    };
    let keep = |row: Row<'_>| {
        let size = whole(row.integer(1)?);
        if !numbers.is_empty() && size > room {
            return Ok(false);
        }
        room = room.saturating_sub(size);
        numbers.push(row.integer(0)?);
        Ok(true)
    };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    connection.fetch(sql, &[Arg::Integer(most)], keep).await?;
    take(connection, now, &numbers).await
}

async fn claim_again(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<Option<Claimed>, sqlx::Error> {
    // A lease that begins long after now was given by a clock that was set back since.
    let over = [now - LEASE, now + LEASE].map(|at| Arg::Integer(at.as_millis()));
    let sql = match connection {
        Connection::Sqlite(_) => {
            "SELECT id, attempts FROM deliveries
             WHERE state = 0 AND attempts > 0 AND (lease <= $1 OR lease > $2)
             ORDER BY attempts, id LIMIT 1"
        }
        Connection::Postgres(_) => {
            "SELECT id, attempts FROM deliveries
             WHERE state = 0 AND attempts > 0 AND (lease <= $1 OR lease > $2)
             ORDER BY attempts, id LIMIT 1 FOR UPDATE SKIP LOCKED"
        }
    };
    loop {
        let get = |row: Row<'_>| Ok((row.integer(0)?, row.integer(1)?));
        let Some((number, attempts)) = connection.first(sql, &over, get).await? else {
            return Ok(None);
        };
        if attempts < i64::from(ATTEMPTS) {
            return Ok(take(connection, now, &[number]).await?.pop());
        }
        let aside = "UPDATE deliveries SET state = 2, settled = $2, problem = $3 WHERE id = $1";
        let problem = format!(
            "it was read {attempts} times, and each time its reader ended before it was done"
        );
        let args = [Arg::Integer(number), Arg::Integer(now.as_millis()), Arg::Text(&problem)];
        connection.execute(aside, &args).await?;
    }
}

/// Marks deliveries as claimed, and reads them.
async fn take(
    connection: &mut Connection,
    now: Timestamp,
    numbers: &[i64],
) -> Result<Vec<Claimed>, sqlx::Error> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let mut claimed = match connection {
        Connection::Sqlite(to) => sqlite::take(to, now.as_millis(), numbers).await?,
        Connection::Postgres(to) => postgres::take(to, now.as_millis(), numbers).await?,
    };
    claimed.sort_unstable_by_key(|one| one.number);
    Ok(claimed)
}

/// Headers as the database has them.
fn written(headers: &[(String, String)]) -> String {
    // Pairs of texts are always JSON.
    serde_json::to_string(headers).unwrap_or_default()
}

fn claimed(row: &Row<'_>) -> Result<Claimed, sqlx::Error> {
    Ok(Claimed {
        number: row.integer(0)?,
        source: row.text(1)?.to_owned(),
        received: Timestamp::from_millis(row.integer(2)?),
        headers: serde_json::from_str(row.text(3)?).unwrap_or_default(),
        body: row.bytes(4)?.to_vec(),
    })
}

/// Of each digest whether it is among those that were stored, for the first time that it comes.
fn fresh(deliveries: &[Delivery], stored: &rustc_hash::FxHashMap<[u8; 16], i64>) -> Vec<bool> {
    let mut seen = rustc_hash::FxHashSet::default();
    deliveries
        .iter()
        .map(|one| stored.contains_key(&one.digest) && seen.insert(one.digest))
        .collect()
}

/// A digest as the database has it.
fn digest(bytes: &[u8]) -> [u8; 16] {
    bytes.try_into().unwrap_or_default()
}

fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;
