//! Projections: what is folded from the events, kept up to date page by page.
//!
//! In: a type that is [`Projection`]. Out: its state up to the newest event. Start at
//! [`Ledger::catch_up`]. **Invariant:** a state and the position that it was folded up to are
//! stored as one row, so a crash can only make us fold the same events again from an older state;
//! [`Ledger::rebuild`] gives the same state.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::Arg;
use crate::read::{ReadError, Recorded};
use crate::store::StoreError;
use crate::{Ledger, Place, Position};

/// Events folded in one go before the state is stored.
const PAGE: usize = 4096;

/// A fold over all events. The state before the first event is `default()`.
///
/// A trait, because the set is open: each capability that keeps something up to date has one.
/// `apply` is pure: the same events in the same order give the same state.
pub trait Projection: Default + Serialize + DeserializeOwned {
    /// Name under which the state is stored. Never changes.
    const NAME: &'static str;

    /// Version of the state's shape and of `apply`: raise it, and the state is folded anew.
    const VERSION: u32;

    /// Takes one more event into the state.
    fn apply(&mut self, recorded: &Recorded);
}

/// A projection's state, and how far it got.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Projected<P> {
    /// The state.
    pub state: P,
    /// The newest event in it.
    pub position: Position,
}

/// Why a projection could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The events could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The state cannot be written as JSON.
    #[error("state of projection `{name}` cannot be written as JSON")]
    State {
        /// The projection.
        name: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A row cannot be read although it was just folded from nothing: the projection is wrong.
    #[error("row `{key}` of table {table} of projection `{name}` cannot be read again")]
    Row {
        /// The projection.
        name: &'static str,
        /// Its table.
        table: u8,
        /// The key of the row.
        key: String,
    },
    /// The database could not load or save the state.
    #[error("failed to keep projection `{name}` in ledger `{place}`")]
    Store {
        /// The projection.
        name: &'static str,
        /// The ledger.
        place: Place,
        /// Why.
        source: StoreError,
    },
}

impl Ledger {
    /// Folds the events that are newer than the stored state, stores the result and returns it.
    ///
    /// Starts from nothing when there is no stored state, or one of another version, or one that
    /// cannot be read any more.
    pub async fn catch_up<P: Projection>(&self) -> Result<Projected<P>, ProjectError> {
        let stored = self.stored::<P>().await?;
        self.fold(stored.unwrap_or_default()).await
    }

    /// Folds all events anew, stores the result and returns it.
    pub async fn rebuild<P: Projection>(&self) -> Result<Projected<P>, ProjectError> {
        self.fold(Projected::default()).await
    }

    async fn fold<P: Projection>(
        &self,
        mut projected: Projected<P>,
    ) -> Result<Projected<P>, ProjectError> {
        loop {
            let page = self.read(projected.position, "", PAGE).await?;
            for recorded in &page {
                projected.state.apply(recorded);
                projected.position = recorded.position;
            }
            if !page.is_empty() {
                self.store(&projected).await?;
            }
            if page.len() < PAGE {
                return Ok(projected);
            }
        }
    }

    async fn stored<P: Projection>(&self) -> Result<Option<Projected<P>>, ProjectError> {
        let mut session = self.session().await;
        let row = session
            .connection
            .first(
                "SELECT position, state FROM projections WHERE name = $1 AND version = $2",
                &[Arg::Text(P::NAME), Arg::Integer(P::VERSION.into())],
                |row| Ok((Position(row.integer(0)?), serde_json::from_str(row.text(1)?))),
            )
            .await
            .map_err(|err| self.unprojected(P::NAME, err))?;
        let Some((position, state)) = row else { return Ok(None) };
        Ok(state.ok().map(|state| Projected { state, position }))
    }

    async fn store<P: Projection>(&self, projected: &Projected<P>) -> Result<(), ProjectError> {
        let state = serde_json::to_string(&projected.state)
            .map_err(|source| ProjectError::State { name: P::NAME, source })?;
        let mut session = self.session().await;
        // Another process may be folding too: a state never goes back, nor to an older version.
        let sql = "INSERT INTO projections AS stored (name, version, position, state)
                   VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE
                   SET version = excluded.version, position = excluded.position,
                       state = excluded.state
                   WHERE (excluded.version, excluded.position) >= (stored.version, stored.position)";
        let (version, position) =
            (Arg::Integer(P::VERSION.into()), Arg::Integer(projected.position.0));
        let args = [Arg::Text(P::NAME), version, position, Arg::Text(&state)];
        let stored = session.connection.execute(sql, &args).await;
        stored.map(|_| ()).map_err(|err| self.unprojected(P::NAME, err))
    }

    pub(crate) fn unprojected(&self, name: &'static str, err: sqlx::Error) -> ProjectError {
        ProjectError::Store { name, place: self.place.clone(), source: err.into() }
    }
}

#[cfg(test)]
mod tests;
