//! Looking around in the ledger: the newest events, how many of each kind there are, which lakes it has.
//!
//! In: positions and what is looked for. Out: a part of the events, in bounded time. Start at
//! [`Ledger::newest`], [`Ledger::tally`] and [`Ledger::lakes`]. **Invariant:** no call looks at more than
//! [`SPAN`] positions, however large the ledger and however rare what is looked for; where it stopped, the
//! answer says.

use tl_core::event::Event;
use tl_core::time::Timestamp;

use crate::backend::{Arg, Connection, Row, postgres, sqlite};
use crate::lake::LakeError;
use crate::read::{ReadError, Recorded};
use crate::{Ledger, Place, Position};

/// Positions that one call looks at.
pub const SPAN: i64 = 50_000;

/// Positions that [`Ledger::at`] looks at.
pub const MOST_AT: usize = 20_000;

/// Which events are looked for; what is empty is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How the kind begins, such as `deploy.` or `change.merged`.
    pub kind: String,
    /// The source, exactly.
    pub source: String,
    /// What stands in the subject somewhere, such as `acme/api#12`.
    pub subject: String,
}

/// The newest events before a position.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Newest {
    /// The newest first.
    pub events: Vec<Recorded>,
    /// Where to go on to find older ones: everything from here on was looked at; `None`: everything was.
    pub before: Option<Position>,
}

/// Events of one kind from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The source.
    pub source: String,
    /// The kind.
    pub kind: String,
    /// How many.
    pub events: u64,
    /// When the latest of them happened.
    pub last: Timestamp,
}

/// Where a ledger lives, and the version of its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The database: `SQLite` or `PostgreSQL`.
    pub database: &'static str,
    /// The version of the tables.
    pub schema: i64,
    /// Bytes that it takes; `None` where that cannot be told.
    pub bytes: Option<u64>,
}

impl Ledger {
    /// The newest events before `before` (`None`: of all) that are wanted, at most `limit`. A page may be
    /// short although there are older ones: see [`Newest::before`].
    ///
    /// # Errors
    /// The ledger cannot be read, or holds what is no event.
    pub async fn newest(
        &self,
        before: Option<Position>,
        wanted: &Wanted,
        limit: usize,
    ) -> Result<Newest, ReadError> {
        let end = Position(self.end().await?.0.saturating_add(1));
        let before = before.map_or(end, |before| before.min(end)).max(Position(1));
        let floor = before.0.saturating_sub(SPAN).max(1);
        let sql = "SELECT position, source, key, kind, at, event FROM events
                   WHERE position < $1 AND position >= $2 AND substr(kind, 1, length($3)) = $3
                       AND (length($4) = 0 OR source = $4)
                   ORDER BY position DESC";
        let (from, to) = (Arg::Integer(before.0), Arg::Integer(floor));
        let args = [from, to, Arg::Text(&wanted.kind), Arg::Text(&wanted.source)];
        let mut events: Vec<Recorded> = Vec::new();
        let mut wrong = None;
        let mut keep = |position: Position, event: Result<Event, serde_json::Error>| {
            match event {
                Ok(event) if event.subject.contains(&wanted.subject) => {
                    events.push(Recorded { position, event });
                }
                Ok(_) => (),
                Err(source) => wrong = Some((position, source)),
            }
            wrong.is_none() && events.len() < limit
        };
        if limit > 0 {
            let mut session = self.session().await;
            let row = |row: Row<'_>| Ok(keep(Position(row.integer(0)?), row.stored(1)?.event()));
            session.connection.fetch(sql, &args, row).await.map_err(|err| self.not_read(err))?;
        }
        if let Some((position, source)) = wrong {
            return Err(ReadError::Event { place: self.place.clone(), position, source });
        }
        let seen = match events.last() {
            Some(last) if events.len() >= limit => last.position,
            _ => Position(floor),
        };
        Ok(Newest { events, before: (seen.0 > 1).then_some(seen) })
    }

    /// How many events of which kinds there are after `after`, and up to which position that was looked
    /// at: [`SPAN`] further, or the end.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn tally(&self, after: Position) -> Result<(Vec<Tally>, Position), ReadError> {
        let end = self.end().await?;
        let until = end.min(Position(after.0.saturating_add(SPAN)));
        let sql = "SELECT source, kind, count(*), max(at) FROM events
                   WHERE position > $1 AND position <= $2 GROUP BY source, kind";
        let mut all = Vec::new();
        let keep = |row: Row<'_>| {
            all.push(Tally {
                source: row.text(0)?.to_owned(),
                kind: row.text(1)?.to_owned(),
                events: u64::try_from(row.integer(2)?).unwrap_or(0),
                last: Timestamp::from_millis(row.integer(3)?),
            });
            Ok(true)
        };
        let mut session = self.session().await;
        let args = [Arg::Integer(after.0), Arg::Integer(until.0)];
        session.connection.fetch(sql, &args, keep).await.map_err(|err| self.not_read(err))?;
        Ok((all, until.max(after)))
    }

    /// The events after `after` and up to `until` whose kind begins with `kinds`, oldest first.
    ///
    /// # Errors
    /// The ledger cannot be read, or holds what is no event.
    pub async fn between(
        &self,
        after: Position,
        until: Position,
        kinds: &str,
    ) -> Result<Vec<Recorded>, ReadError> {
        let sql = "SELECT position, source, key, kind, at, event FROM events
                   WHERE position > $1 AND position <= $2 AND substr(kind, 1, length($3)) = $3
                   ORDER BY position";
        let until = until.min(Position(after.0.saturating_add(SPAN)));
        let args = [Arg::Integer(after.0), Arg::Integer(until.0), Arg::Text(kinds)];
        let mut session = self.session().await;
        self.recorded(&mut session.connection, sql, &args).await
    }

    /// The events at these positions, oldest first; there is none where the ledger ends before. At most
    /// [`MOST_AT`] are looked at.
    ///
    /// # Errors
    /// The ledger cannot be read, or holds what is no event.
    pub async fn at(&self, positions: &[Position]) -> Result<Vec<Recorded>, ReadError> {
        let mut wanted: Vec<i64> = positions.iter().take(MOST_AT).map(|one| one.0).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let list = format!("{wanted:?}");
        let mut session = self.session().await;
        // One statement for any number of them: each one is a trip of its own otherwise.
        let sql = match &session.connection {
            Connection::Sqlite(_) => {
                "SELECT position, source, key, kind, at, event FROM events
                 WHERE position IN (SELECT value FROM json_each($1)) ORDER BY position"
            }
            Connection::Postgres(_) => {
                "SELECT position, source, key, kind, at, event FROM events
                 WHERE position IN (SELECT value::BIGINT FROM json_array_elements_text($1::json))
                 ORDER BY position"
            }
        };
        self.recorded(&mut session.connection, sql, &[Arg::Text(&list)]).await
    }

    /// The events that a statement finds: its columns are the position and the event as it is stored.
    async fn recorded(
        &self,
        connection: &mut Connection,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Recorded>, ReadError> {
        let mut events = Vec::new();
        let mut wrong = None;
        let keep = |row: Row<'_>| {
            let position = Position(row.integer(0)?);
            match row.stored(1)?.event() {
                Ok(event) => events.push(Recorded { position, event }),
                Err(source) => wrong = Some((position, source)),
            }
            Ok(wrong.is_none())
        };
        connection.fetch(sql, args, keep).await.map_err(|err| self.not_read(err))?;
        match wrong {
            None => Ok(events),
            Some((position, source)) => {
                Err(ReadError::Event { place: self.place.clone(), position, source })
            }
        }
    }

    /// The lakes that it lists, by name, each with its generation: another one where anything changed.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn lakes(&self) -> Result<Vec<(String, u64)>, LakeError> {
        let mut lakes = Vec::new();
        let keep = |row: Row<'_>| {
            lakes.push((row.text(0)?.to_owned(), u64::try_from(row.integer(1)?).unwrap_or(0)));
            Ok(true)
        };
        let mut session = self.session().await;
        let sql = "SELECT name, generation FROM lakes ORDER BY name";
        session.connection.fetch(sql, &[], keep).await.map_err(|err| LakeError {
            lake: String::new(),
            place: self.place.clone(),
            source: err.into(),
        })?;
        Ok(lakes)
    }

    /// Which database it is, and how large.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn form(&self) -> Result<Form, ReadError> {
        let (database, schema, sql) = match &self.place {
            Place::File(_) | Place::Memory => (
                "SQLite",
                sqlite::SCHEMA_VERSION,
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            ),
            Place::Server(_) => (
                "PostgreSQL",
                postgres::SCHEMA_VERSION,
                "SELECT sum(pg_total_relation_size(oid))::BIGINT FROM pg_class
                 WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'",
            ),
        };
        let mut session = self.session().await;
        let bytes = session.connection.first(sql, &[], |row| row.integer(0)).await;
        let bytes = bytes.map_err(|err| self.not_read(err))?;
        Ok(Form { database, schema, bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()) })
    }

    fn not_read(&self, err: sqlx::Error) -> ReadError {
        ReadError::Store { place: self.place.clone(), source: err.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{self, on_both};

    async fn ledger(kinds: &[(&str, &str)]) -> Ledger {
        let ledger = Ledger::in_memory().await.unwrap();
        let events: Vec<Event> = kinds
            .iter()
            .enumerate()
            .map(|(row, (kind, source))| {
                let at = Timestamp::from_seconds(1_700_000_000 + row as i64);
                Event::new(kind, at, source, &format!("k{row}"), &format!("change:acme/api#{row}"))
            })
            .collect();
        ledger.append(&events).await.unwrap();
        ledger
    }

    fn positions(newest: &Newest) -> Vec<i64> {
        newest.events.iter().map(|one| one.position.0).collect()
    }

    #[tokio::test]
    async fn pages_from_the_newest_on_meet_every_event_once() {
        let ledger = ledger(&[("change.merged", "github"); 7]).await;
        let (mut before, mut seen) = (None, Vec::new());
        loop {
            let page = ledger.newest(before, &Wanted::default(), 3).await.unwrap();
            seen.extend(positions(&page));
            before = page.before;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
        let none = ledger.newest(None, &Wanted::default(), 0).await.unwrap();
        assert!(none.events.is_empty());
    }

    #[tokio::test]
    async fn what_is_looked_for_is_found_whatever_stands_between() {
        let kinds =
            [("change.merged", "github"), ("deploy.finished", "cd"), ("deploy.started", "x")];
        let ledger = ledger(&kinds).await;
        let found = |kind: &str, source: &str, subject: &str| {
            let wanted = Wanted {
                kind: kind.to_owned(),
                source: source.to_owned(),
                subject: subject.to_owned(),
            };
            let ledger = &ledger;
            async move { positions(&ledger.newest(None, &wanted, 10).await.unwrap()) }
        };
        assert_eq!(found("deploy.", "", "").await, [3, 2]);
        assert_eq!(found("deploy.", "cd", "").await, [2]);
        assert_eq!(found("", "", "#2").await, [3]);
        assert_eq!(found("", "%", "").await, [0; 0]);
        let far = ledger.newest(Some(Position(i64::MAX)), &Wanted::default(), 1).await.unwrap();
        assert_eq!(positions(&far), [3]);
        let wrong = ledger.newest(Some(Position(-5)), &Wanted::default(), 1).await.unwrap();
        assert_eq!((wrong.events.len(), wrong.before), (0, None));
    }

    #[tokio::test]
    async fn kinds_are_counted_by_source_from_where_one_was() {
        let kinds = [("change.merged", "github"), ("change.merged", "gitlab"), ("x.y", "github")];
        let ledger = ledger(&kinds).await;
        let (all, until) = ledger.tally(Position::START).await.unwrap();
        let mut told: Vec<_> =
            all.iter().map(|one| (one.source.as_str(), one.kind.as_str(), one.events)).collect();
        told.sort_unstable();
        let expected =
            [("github", "change.merged", 1), ("github", "x.y", 1), ("gitlab", "change.merged", 1)];
        assert_eq!((told.as_slice(), until), (expected.as_slice(), Position(3)));
        let (rest, until) = ledger.tally(Position(2)).await.unwrap();
        assert_eq!((rest.len(), until), (1, Position(3)));
        assert_eq!(ledger.tally(Position(3)).await.unwrap(), (Vec::new(), Position(3)));
        let part = ledger.between(Position(1), Position(3), "x.").await.unwrap();
        assert_eq!(part.iter().map(|one| one.position.0).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn events_are_read_by_their_positions_from_either_database() {
        on_both(async |home| {
            let ledger = home.open().await;
            ledger.append(&fixtures::events("github", 9)).await.unwrap();
            let wanted = [7, 2, 2, 0, -1, 10, i64::MAX].map(Position);
            let found = ledger.at(&wanted).await.unwrap();
            let keys: Vec<_> =
                found.iter().map(|one| (one.position.0, one.event.key.as_str())).collect();
            assert_eq!(keys, [(2, "key-1"), (7, "key-6")]);
            assert_eq!(ledger.at(&[]).await.unwrap(), []);
        });
    }

    #[tokio::test]
    async fn a_ledger_says_what_it_is() {
        let ledger = ledger(&[]).await;
        let form = ledger.form().await.unwrap();
        assert_eq!((form.database, form.schema), ("SQLite", sqlite::SCHEMA_VERSION));
        assert!(form.bytes.is_some_and(|bytes| bytes > 4_096));
        assert_eq!(ledger.lakes().await.unwrap(), []);
    }
}
