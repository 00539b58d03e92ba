//! Which (source, key) a SQLite ledger has, and where: what a unique index would say, at a fraction
//! of its pages.
//!
//! In: the numbers of names, see [`tl_core::event::NameHash`]. Out: positions of the events that may
//! have them: who asks compares the texts. Start at [`Names::catch_up`], [`Names::find`],
//! [`Names::add`]. Numbers come in no order, so each page of an index would be written with each
//! batch: those of large batches wait in memory, and a filter spares nearly every look into the
//! table. **Invariant:** the table holds the names of all events up to the position in `named`.
//! Names of later ones wait in the process that appended them; any other, and the same after a
//! crash, reads them from the events before it appends.

pub(crate) mod filter;

use sqlx::SqliteConnection;
use tl_core::event::NameHash;

use self::filter::Filter;
use crate::backend::sqlite::names as table;

/// Events of a batch from which its names wait.
pub(crate) const MANY: usize = if cfg!(test) { 100 } else { 2_000 };

/// Names that wait at most, and are read at once.
const WAITING: usize = if cfg!(test) { 2_500 } else { 1_000_000 };

/// A name and the position of its event.
pub(crate) type Named = (i64, i64);

/// The number of a name. In tests few, so that names share them.
pub(crate) fn number(name: &NameHash) -> i64 {
    let few = if cfg!(test) { !0 << 53 } else { !0 };
    name.number() & few
}

/// The names of one ledger, as one process knows them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// What is known; nothing before the first look.
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    /// The newest event whose name is known here.
    end: i64,
    /// The newest event whose name is in the table.
    tabled: i64,
    /// Names of the events between the two: runs, each ascending.
    waiting: Vec<Vec<Named>>,
    /// All names up to `end`, where they are known.
    filter: Option<Filter>,
}

impl Names {
    /// Learns the names of what others appended; returns the newest position. Within the
    /// transaction that appends.
    pub(crate) async fn catch_up(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<i64, sqlx::Error> {
        let (end, tabled) = table::ends(connection).await?;
        let known = self.known.get_or_insert_with(|| Known {
            end: tabled,
            tabled,
            waiting: Vec::new(),
            filter: (tabled == 0).then(Filter::default),
        });
        if known.tabled != tabled {
            known.tabled = tabled;
            for run in &mut known.waiting {
                run.retain(|(_, position)| *position > tabled);
            }
        }
        while known.end < end {
            let run = table::of_events(connection, known.end, WAITING).await?;
            known.end = run.last().map_or(end, |(_, position)| *position);
            known.add(run);
            if known.end < end || known.waiting() >= WAITING {
                known.write(connection).await?;
            }
        }
        Ok(end)
    }

    /// The events that may have these names, which are ascending.
    pub(crate) async fn find(
        &self,
        connection: &mut SqliteConnection,
        names: &[i64],
    ) -> Result<Vec<Named>, sqlx::Error> {
        let Some(known) = &self.known else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let wanted: Vec<i64> = match &known.filter {
            Some(filter) => names.iter().copied().filter(|name| filter.may_hold(*name)).collect(),
            None => names.to_vec(),
        };
        for name in &wanted {
            for run in &known.waiting {
                let first = run.partition_point(|(other, _)| other < name);
                found.extend(run[first..].iter().take_while(|(other, _)| other == name));
            }
        }
        table::find(connection, &wanted, &mut found).await?;
        Ok(found)
    }

    /// Takes the names of events that were just inserted, up to a position.
    pub(crate) async fn add(
        &mut self,
        connection: &mut SqliteConnection,
        run: Vec<Named>,
        end: i64,
    ) -> Result<(), sqlx::Error> {
        let Some(known) = &mut self.known else { return Ok(()) };
        let few = run.len() < MANY;
        known.end = end;
        known.add(run);
        if few || known.waiting() >= WAITING {
            known.write(connection).await?;
        }
        Ok(())
    }

    /// Whether names wait.
    pub(crate) fn wait(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.waiting() > 0)
    }

    /// Writes what waits.
    pub(crate) async fn write(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        // Another process may have written some of them.
        self.catch_up(connection).await?;
        match &mut self.known {
            Some(known) => known.write(connection).await,
            None => Ok(()),
        }
    }
}

impl Known {
    fn add(&mut self, mut run: Vec<Named>) {
        if let Some(filter) = &mut self.filter {
            run.iter().for_each(|(name, _)| filter.add(*name));
        }
        let tabled = self.tabled;
        run.retain(|(_, position)| *position > tabled);
        run.sort_unstable();
        self.waiting.push(run);
    }

    fn waiting(&self) -> usize {
        self.waiting.iter().map(Vec::len).sum()
    }

    async fn write(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let mut names = std::mem::take(&mut self.waiting).concat();
        if names.is_empty() {
            return Ok(());
        }
        // Runs, one behind the other: a sort that merges.
        names.sort();
        table::insert(connection, &names).await?;
        table::move_to(connection, self.end).await?;
        self.tabled = self.end;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
