//! Rows that wait in memory while events are appended: each is written once, not once per batch.
//!
//! In: pages of events, one after another. Out: their rows, in memory until there are enough, then
//! in the ledger. Start at [`Ledger::append_and_fold`] and end with
//! [`Ledger::catch_up_folding`]. **Invariant:** what waits here is not in the rows yet, and the
//! ledger's position of the rows says so: a crash loses nothing, the next run folds it again from
//! the events.

use std::hash::BuildHasher as _;
use std::marker::PhantomData;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Groups, Progress, Row, RowKey, RowProjection, RowSet, grouped, make_row_set, row_set};
use crate::backend::Connection;
use crate::names::filter::Filter;
use crate::projection::ProjectError;
use crate::read::Recorded;
use crate::{Ledger, Position};

/// Events whose rows wait at most. The rows of things that are alive are met again in each page.
const EVENTS: usize = if cfg!(test) { 4_000 } else { 400_000 };

/// Bytes of rows that wait at most.
const BYTES: usize = 96 << 20;

/// A row that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) row: Row,
    /// Whether the ledger has a row of this key, an older one.
    pub(super) is_stored: bool,
}

/// Rows of one projection on their way into a ledger.
#[derive(Debug)]
pub struct Folding<P> {
    /// The rows in the ledger that these go on from; `None` until the first page.
    from: Option<RowSet>,
    /// The newest event in `rows`.
    upto: Position,
    rows: FxHashMap<RowKey, Waiting>,
    /// The rows in the ledger, where these wrote all of them: most keys are new, and are not looked
    /// for.
    written: Option<Filter>,
    events: usize,
    bytes: usize,
    projection: PhantomData<P>,
}

impl<P> Default for Folding<P> {
    fn default() -> Self {
        Self {
            from: None,
            upto: Position::START,
            rows: FxHashMap::default(),
            written: None,
            events: 0,
            bytes: 0,
            projection: PhantomData,
        }
    }
}

impl<P: RowProjection> Folding<P> {
    /// Whether the events after `end` are the next ones.
    pub(crate) fn goes_on_from(&self, end: Position) -> bool {
        self.from.is_none() || self.upto == end
    }

    /// Folds the page that follows; `false` where that cannot be done from here.
    pub(crate) async fn take(
        &mut self,
        connection: &mut Connection,
        page: &[Recorded],
    ) -> Result<bool, sqlx::Error> {
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(true) };
        let from = match self.from {
            Some(from) => from,
            None => match row_set::<P>(connection).await? {
                Some(set) => set,
                None => make_row_set::<P>(connection).await?,
            },
        };
        if self.from.is_none() && from.position.0 + 1 != first.position.0 {
            return Ok(false);
        }
        if self.from.is_none() && from.position == Position::START {
            self.written = Some(Filter::default());
        }
        let groups = grouped::<P>(page);
        if self.fold(connection, from, page, groups).await?.is_some() {
            *self = Self::default();
            return Ok(false);
        }
        self.from = Some(from);
        self.upto = last.position;
        self.events += page.len();
        if self.events < EVENTS && self.bytes < BYTES {
            return Ok(true);
        }
        self.save(connection).await
    }

    /// Folds groups of a page into the rows; the key of a stored row that cannot be read.
    pub(super) async fn fold(
        &mut self,
        connection: &mut Connection,
        from: RowSet,
        page: &[Recorded],
        groups: Groups,
    ) -> Result<Option<RowKey>, sqlx::Error> {
        for table in groups.chunk_by(|(a, _), (b, _)| a.table == b.table) {
            let absent: Vec<&RowKey> = table
                .iter()
                .map(|(key, _)| key)
                .filter(|key| !self.rows.contains_key(key) && self.may_be_written(key))
                .collect();
            let stored = super::load(connection, from.id, &absent).await?;
            for (key, numbers) in table {
                let events: Vec<&Recorded> = numbers.iter().map(|&n| &page[n as usize]).collect();
                let waiting = self.rows.get_mut(key);
                let known = waiting.as_ref().map(|waiting| waiting.row.value.as_slice());
                let stored = stored.get(key.key.as_str()).map(Vec::as_slice);
                let before = known.or(stored);
                let Some(row) = P::fold(key, before, &events) else {
                    return Ok(Some(key.clone()));
                };
                self.bytes += row.value.len() + key.key.len();
                match waiting {
                    Some(waiting) => {
                        self.bytes -= waiting.row.value.len() + key.key.len();
                        waiting.row = row;
                    }
                    None => {
                        let is_stored = stored.is_some();
                        self.rows.insert(key.clone(), Waiting { row, is_stored });
                    }
                }
            }
        }
        Ok(None)
    }

    /// Whether the ledger may have a row of this key.
    fn may_be_written(&self, key: &RowKey) -> bool {
        self.written.as_ref().is_none_or(|written| written.may_hold(number(key)))
    }

    pub(super) fn into_rows(self) -> FxHashMap<RowKey, Waiting> {
        self.rows
    }

    /// Writes what waits; `false` where somebody else folded meanwhile, and it is dropped.
    pub(super) async fn save(&mut self, connection: &mut Connection) -> Result<bool, sqlx::Error> {
        let Self { from: Some(from), upto, rows, mut written, .. } = std::mem::take(self) else {
            return Ok(true);
        };
        if let Some(written) = &mut written {
            for number in rows.keys().map(number) {
                if !written.may_hold(number) {
                    written.add(number);
                }
            }
        }
        if !from.move_to(connection, upto).await? {
            return Ok(false);
        }
        super::save(connection, from.id, rows).await?;
        self.from = Some(RowSet { position: upto, ..from });
        self.upto = upto;
        self.written = written;
        Ok(true)
    }
}

/// The number of a key for [`Filter`].
fn number(key: &RowKey) -> i64 {
    let hash = FxBuildHasher.hash_one(key);
    // Its lower bits say little, and the filter wants all of them.
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (mixed ^ (mixed >> 32)).cast_signed() & i64::MAX
}

impl Ledger {
    /// Writes the rows that wait, and folds whatever else is new; see
    /// [`Ledger::catch_up_rows`]. `folding` goes on from there.
    pub async fn catch_up_folding<P: RowProjection>(
        &self,
        folding: &mut Folding<P>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Position, ProjectError> {
        let mut own = std::mem::take(folding);
        let failed = |err| self.unprojected(P::NAME, err);
        if own.from.is_some() {
            let mut session = self.session().await;
            session.begin().await.map_err(failed)?;
            let done = own.save(&mut session.connection).await;
            session.finish(done).await.map_err(failed)?;
        }
        self.catch_up_rows::<P>(progress).await
    }
}
