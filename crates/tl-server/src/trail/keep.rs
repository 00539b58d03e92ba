//! Trails are kept up to date while the server runs.
//!
//! In: the ledger, as it grows. Out: rows of [`Trails`]. Start at [`work`]. **Invariants:** a step is
//! bounded; while webhooks come in fast it is rare, because a look reads the newest events itself; it
//! reads over a connection of its own, so that nobody waits for that.

use std::time::Duration;

use tl_ledger::projection::ProjectError;
use tl_ledger::rows::Progress;
use tl_ledger::{Ledger, Position};
use tokio::time::{Instant, timeout};

use super::{TAIL, Trails};
use crate::app::App;

/// How often is looked whether the ledger grew.
const LOOK: Duration = Duration::from_secs(3);

/// The pause where it cannot be written.
const PAUSE: Duration = Duration::from_secs(30);

/// Events of a step.
const STEP: usize = 20_000;

/// Folds what is new for as long as the server runs.
pub(crate) async fn work(app: App) {
    // In memory there is but one connection.
    let own = app.ledger.again().await.ok().flatten();
    let reader = own.as_ref().unwrap_or(&app.ledger);
    let mut stopping = app.stopping.subscribe();
    let mut last = Position::START;
    while !*stopping.borrow() {
        let pause = match round(&app.ledger, reader, &mut last).await {
            Ok(pause) => pause,
            Err(err) => {
                tracing::warn!(%err, "trails were not folded");
                PAUSE
            }
        };
        // It ends with the server, and not a pause later; done or not is asked above.
        timeout(pause, stopping.changed()).await.ok();
    }
}

/// Folds what is to be folded now, at most a step; says how long to wait for the next.
async fn round(
    ledger: &Ledger,
    reader: &Ledger,
    last: &mut Position,
) -> Result<Duration, ProjectError> {
    let begun = Instant::now();
    let (_, folded) = reader.rows_of::<Trails>(&[]).await?;
    let end = reader.end().await.unwrap_or(folded);
    let is_quiet = std::mem::replace(last, end) == end;
    if end <= folded || (!is_quiet && end.0 - folded.0 < TAIL / 2) {
        return Ok(LOOK);
    }
    let Progress { position, end } = ledger.step_rows::<Trails>(reader, STEP).await?;
    if position >= end {
        return Ok(LOOK);
    }
    // Half of the time the ledger is left to others.
    Ok(begun.elapsed())
}
