//! Settling deliveries: their events and what became of them, in one transaction.
//!
//! In: [`Settled`] deliveries and the events that they told. Out: what became of the events. Start at
//! [`Ledger::settle`].

use tl_core::event::Event;
use tl_core::time::Timestamp;

use super::{State, postgres, sqlite};
use crate::Ledger;
use crate::append::{AppendError, Appended, append};
use crate::backend::Connection;
use crate::document;
use crate::store::StoreError;

/// Longest problem that is kept, in bytes.
const PROBLEM: usize = 2_000;

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its number, see [`super::Claimed`].
    pub number: i64,
    /// Events that it told.
    pub events: u64,
    /// What of it was left out, or why it is set aside.
    pub problem: Option<String>,
    /// Whether it is set aside.
    pub is_failed: bool,
}

impl Settled {
    pub(super) const fn state(&self) -> State {
        if self.is_failed { State::Failed } else { State::Folded }
    }

    /// The problem as the database has it: no database keeps a zero character.
    pub(super) fn problem(&self) -> String {
        let problem = self.problem.as_deref().unwrap_or_default();
        let end = (0..=problem.len().min(PROBLEM)).rfind(|end| problem.is_char_boundary(*end));
        problem[..end.unwrap_or(0)].replace('\0', " ")
    }
}

/// Why deliveries were not settled: as [`AppendError`]. They still wait then.
pub type SettleError = AppendError;

impl Ledger {
    /// Appends the events of deliveries, and says what became of these, in one transaction.
    ///
    /// # Errors
    /// As [`Ledger::append`]; nothing is changed then.
    pub async fn settle(
        &self,
        at: Timestamp,
        settled: &[Settled],
        events: &[Event],
    ) -> Result<Appended, SettleError> {
        let written = document::write_all(events)?;
        let failed = |err| AppendError::Store {
            place: self.place.clone(),
            count: events.len(),
            source: StoreError::from(err),
        };
        let mut session = self.session().await;
        session.begin().await.map_err(failed)?;
        // What a transaction that is undone has learnt of names is forgotten with it.
        let mut names = std::mem::take(&mut session.names);
        let connection = &mut session.connection;
        let done = async {
            let appended = append(connection, &mut names, events, written, None).await?;
            match connection {
                Connection::Sqlite(to) => sqlite::settle(to, at.as_millis(), settled).await?,
                Connection::Postgres(to) => postgres::settle(to, at.as_millis(), settled).await?,
            }
            Ok(appended)
        };
        let done = done.await;
        let appended = session.finish(done).await.map_err(failed)?;
        session.names = names;
        Ok(appended)
    }
}
