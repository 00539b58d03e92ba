//! What a server that runs for months has to tidy up: old deliveries, and the log of SQLite.
//!
//! In: the ledger. Out: the same, smaller. Start at [`tidy`]. **Invariant:** each step is short: who takes
//! deliveries in does not wait for it.

use std::sync::Arc;
use std::time::Duration;

use tl_core::time::Millis;
use tl_ledger::Ledger;
use tl_ledger::checkpoint::OnDisk;
use tl_ledger::store::StoreError;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::app::App;

/// Days for which a delivery is kept whose events are in the ledger.
const FOLDED: i64 = 14;

/// Days for which a delivery is kept that was set aside.
const FAILED: i64 = 90;

/// Deliveries that are forgotten at once.
const AT_ONCE: u32 = 200;

/// How often deliveries are forgotten.
const FORGET: Duration = Duration::from_secs(600);

/// How often the log is copied to the file. The database would do that in the middle of a commit, and
/// all at once.
const COPY: Duration = Duration::from_secs(1);

/// Pages of the log that may still be to copy when the writer is asked to wait for them.
const FEW: u64 = 256;

/// Tidies up for as long as the server runs.
pub(crate) async fn tidy(app: App) {
    let mut stopping = app.stopping.subscribe();
    let beside = app.ledger.beside().await.ok().flatten();
    let file = app.ledger.on_disk().ok().flatten().map(Arc::new);
    let mut forgotten: Option<Instant> = None;
    loop {
        if let Some(beside) = &beside {
            copy(&app, beside, file.as_ref()).await;
        }
        if forgotten.is_none_or(|last| last.elapsed() >= FORGET) {
            let now = (app.clock)();
            let (folded, failed) = (now - Millis::days(FOLDED), now - Millis::days(FAILED));
            match app.ledger.forget_deliveries(folded, failed, AT_ONCE).await {
                // There are more.
                Ok(count) if count == u64::from(AT_ONCE) => (),
                Ok(_) => forgotten = Some(Instant::now()),
                Err(err) => {
                    tracing::warn!(%err, source = %err.source, "old deliveries stay");
                    forgotten = Some(Instant::now());
                }
            }
        }
        let stopped = stopping.wait_for(|stopping| *stopping);
        tokio::select! {
            _ = stopped => return,
            () = sleep(COPY) => (),
        }
    }
}

/// Copies the log to the file: most of it beside the writer, and the rest while that waits, so that the
/// log begins anew.
async fn copy(app: &App, beside: &Ledger, file: Option<&Arc<OnDisk>>) {
    match copied(beside, file).await {
        Ok(left) if left <= FEW => {
            // Copied or not, nothing is lost; it is tried again.
            app.ledger.checkpoint().await.ok();
        }
        Ok(_) => (),
        Err(err) => tracing::warn!(%err, "the log was not copied"),
    }
}

/// Copies what it can beside the writer; how many pages came meanwhile. What was copied is on the disk:
/// the writer would wait for that.
async fn copied(beside: &Ledger, file: Option<&Arc<OnDisk>>) -> Result<u64, StoreError> {
    let left = beside.checkpoint().await?;
    let Some(file) = file.cloned() else { return Ok(left) };
    // Where the disk does not take it, the writer hears that.
    spawn_blocking(move || file.sync().ok()).await.ok();
    beside.checkpoint().await
}
