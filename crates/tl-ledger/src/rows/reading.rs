//! Rows out of the ledger: many, several tables at a time.
//!
//! In: which rows are [`Wanted`], each table with the [`Sink`] that takes them. Out: the sinks, and the
//! newest event that is in the rows. Start at [`Ledger::rows`]. **Invariant:** all rows are of one
//! moment, whatever other processes fold meanwhile.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tl_core::time::Timestamp;

use super::{RowProjection, row_set};
use crate::backend::sqlite::direct::Reader;
use crate::backend::sqlite::{ACTIVE_ROWS, ALL_ROWS, ids};
use crate::backend::{Arg, Connection, postgres};
use crate::projection::ProjectError;
use crate::store::StoreError;
use crate::{Ledger, Place, Position};

/// How often readers of one file begin anew until all of them see the same moment.
const BEGINNINGS: usize = 8;

/// Takes the rows of one table, in no order that means something.
pub trait Sink: Send + 'static {
    /// Takes one more.
    fn add(&mut self, key: &str, value: &[u8]);
}

/// Rows of one table.
#[derive(Debug)]
pub struct Wanted<S> {
    /// The table.
    pub table: u8,
    /// Only what was active then or later, and the last row of each series before; `None`: all.
    pub since: Option<Timestamp>,
    /// Where they go.
    pub sink: S,
}

impl Ledger {
    /// Reads rows into their sinks, and gives those back in the same order with the newest event
    /// that is in the rows. Of a file, as many tables are read at a time as there are cores.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn rows<P: RowProjection, S: Sink>(
        &self,
        wanted: Vec<Wanted<S>>,
    ) -> Result<(Vec<S>, Position), ProjectError> {
        let Place::File(path) = &self.place else { return self.rows_in_turn::<P, S>(wanted).await };
        let path = path.clone();
        let read = tokio::task::spawn_blocking(move || {
            let cores = thread::available_parallelism().map_or(1, NonZero::get);
            match readers(&path, P::NAME, P::VERSION, cores.min(wanted.len().max(1))) {
                Ok(readers) => Ok(side_by_side(readers, wanted)),
                // The connection that is there may be the only one that can be had.
                Err(_) => Err(wanted),
            }
        });
        match read.await.unwrap_or_else(|panic| resume_unwind(panic.into_panic())) {
            Ok(read) => read.map_err(|source| ProjectError::Store {
                name: P::NAME,
                place: self.place.clone(),
                source,
            }),
            Err(wanted) => self.rows_in_turn::<P, S>(wanted).await,
        }
    }

    /// The same over the connection of the ledger.
    async fn rows_in_turn<P: RowProjection, S: Sink>(
        &self,
        wanted: Vec<Wanted<S>>,
    ) -> Result<(Vec<S>, Position), ProjectError> {
        let mut session = self.session().await;
        session.begin_reading().await.map_err(|err| self.unprojected(P::NAME, err))?;
        let done = in_turn::<P, S>(&mut session.connection, wanted).await;
        session.finish(done).await.map_err(|err| self.unprojected(P::NAME, err))
    }
}

async fn in_turn<P: RowProjection, S: Sink>(
    connection: &mut Connection,
    wanted: Vec<Wanted<S>>,
) -> Result<(Vec<S>, Position), sqlx::Error> {
    let set = row_set::<P>(connection).await?;
    let mut sinks = Vec::with_capacity(wanted.len());
    for Wanted { table, since, mut sink } in wanted {
        if let Some(set) = &set {
            let since = since.map(Timestamp::as_millis);
            match connection {
                Connection::Sqlite(_) => {
                    let ids = ids(set.id, table);
                    let (sql, args) = match since {
                        None => (ALL_ROWS, vec![*ids.start(), *ids.end()]),
                        Some(since) => (ACTIVE_ROWS, vec![set.id, i64::from(table), since]),
                    };
                    let args: Vec<Arg<'_>> = args.into_iter().map(Arg::Integer).collect();
                    let hand_on = |row: crate::backend::Row<'_>| {
                        sink.add(row.text(0)?, row.bytes(1)?);
                        Ok(true)
                    };
                    connection.fetch(sql, &args, hand_on).await?;
                }
                Connection::Postgres(from) => {
                    let hand_on = |key: &str, value: &[u8]| sink.add(key, value);
                    postgres::read_rows(from, set.id, table, since, hand_on).await?;
                }
            }
        }
        sinks.push(sink);
    }
    Ok((sinks, set.map_or(Position::START, |set| set.position)))
}

/// So many readers of a file that see the same moment; one, where others write all the time.
fn readers(path: &Path, name: &str, version: u32, count: usize) -> Result<Vec<Reader>, StoreError> {
    let open = || Reader::open(path, name, version);
    for _ in 0..BEGINNINGS {
        let readers = (0..count).map(|_| open()).collect::<Result<Vec<Reader>, StoreError>>()?;
        // Rows are written in one transaction with the position that they are folded up to.
        if readers.windows(2).all(|pair| pair[0].set == pair[1].set) {
            return Ok(readers);
        }
    }
    Ok(vec![open()?])
}

/// Reads the tables, each by whichever reader is free.
fn side_by_side<S: Sink>(
    readers: Vec<Reader>,
    wanted: Vec<Wanted<S>>,
) -> Result<(Vec<S>, Position), StoreError> {
    let folded = readers.first().and_then(|reader| reader.set);
    let position = folded.map_or(Position::START, |(_, position)| Position(position));
    let mut sinks: Vec<Option<S>> = Vec::new();
    sinks.resize_with(wanted.len(), || None);
    let next = Mutex::new(wanted.into_iter().zip(&mut sinks));
    let read = |reader: Reader| -> Result<(), StoreError> {
        loop {
            let next = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((Wanted { table, since, mut sink }, into)) = next else { return Ok(()) };
            let since = since.map(Timestamp::as_millis);
            reader.read(table, since, |key, value| sink.add(key, value))?;
            *into = Some(sink);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = readers.into_iter().map(|one| scope.spawn(|| read(one))).collect();
        threads
            .into_iter()
            .try_for_each(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    Ok((sinks.into_iter().flatten().collect(), position))
}
