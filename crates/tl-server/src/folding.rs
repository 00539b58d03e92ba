//! Folding: deliveries that wait become events, and events become rows.
//!
//! In: what [`crate::intake`] stored. Out: events in the ledger. Start at [`work`]; what one delivery tells
//! is in [`mod@read`]. **Invariants:** the events of a delivery and its state are one transaction; what
//! cannot be understood is set aside with its reason and stands in nobody's way; while the ledger cannot
//! be written, what was read is kept and tried again, and the page says so.

mod read;
mod tidy;

use std::time::Duration;

use tl_core::event::Event;
use tl_ledger::Ledger;
use tl_ledger::append::AppendError;
use tl_ledger::deliveries::{Claimed, DeliveryError, Settled};
use tl_ledger::store::StoreError;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

pub(crate) use self::tidy::tidy;
use crate::app::App;
use crate::things::Things;

/// Deliveries of one transaction at most.
const TOGETHER: usize = 64;

/// Bytes of their bodies, about.
const BYTES: u64 = 8 << 20;

/// How often is looked where nobody says that something came: other servers take deliveries in, too.
const LOOK: Duration = Duration::from_secs(1);

/// How often new events are folded into rows at most.
const ROWS: Duration = Duration::from_millis(700);

/// How long a transaction that folds events into rows should take: who waits for an acknowledgement
/// waits for it, too.
const STEP: Duration = Duration::from_millis(15);

/// For how long events are folded before it is looked again whether deliveries wait: a ledger that was
/// never served is folded for minutes, and what comes meanwhile is shown within a second all the same.
const SLICE: Duration = Duration::from_millis(300);

/// Events of one such transaction, at least and at most.
const STEPS: [usize; 2] = [128, 8_192];

/// The first pause where the ledger cannot be written, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(10)];

/// How often is tried what fails for a reason that nobody knows: it may be the events, or the disk.
const TRIES: u32 = 3;

/// What a delivery told.
struct Told {
    settled: Settled,
    events: Vec<Event>,
}

/// Turns deliveries into events for as long as the server runs.
pub(crate) async fn work(app: App) {
    let stopping = app.stopping.subscribe();
    // In memory there is but one connection.
    let own = app.ledger.again().await.ok().flatten();
    let reader = own.as_ref().unwrap_or(&app.ledger);
    let (mut pause, mut folded) = (PAUSES[0], Instant::now());
    let mut is_behind = true;
    while !*stopping.borrow() {
        match round(&app).await {
            Ok(0) if !is_behind => {
                // Done or not, it is looked again.
                timeout(LOOK, app.inlet.arrived.notified()).await.ok();
                is_behind = app.ledger.end().await.is_ok_and(|end| end != app.inlet.folded());
            }
            Ok(settled) => {
                pause = PAUSES[0];
                is_behind |= settled > 0;
                if is_behind && (settled == 0 || folded.elapsed() >= ROWS) {
                    let found = rows(&app, reader, SLICE).await;
                    folded = Instant::now();
                    is_behind = found != Rows::Folded;
                    if found == Rows::Failed {
                        sleep(LOOK).await;
                    }
                }
            }
            Err(err) => {
                tracing::error!(%err, source = %err.source, "deliveries cannot be read");
                app.inlet.health.note_folding(Some(err.source.to_string()));
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES[1]);
            }
        }
    }
}

/// How far rows came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Everything is folded.
    Folded,
    /// There is more.
    More,
    Failed,
}

/// Folds what is new into rows, before somebody waits for it, for a `slice` of time. Steps begin small each
/// time: the last one before had few events, and its time says nothing of a full one.
async fn rows(app: &App, reader: &Ledger, slice: Duration) -> Rows {
    let stopping = app.stopping.subscribe();
    let (first, mut step) = (Instant::now(), STEPS[0]);
    while !*stopping.borrow() {
        let begun = Instant::now();
        match app.ledger.step_rows::<Things>(reader, step).await {
            Ok(progress) => {
                app.inlet.note_folded(progress.position);
                if progress.position >= progress.end {
                    return Rows::Folded;
                }
            }
            Err(err) => {
                tracing::error!(%err, "events were not folded");
                app.inlet.health.note_folding(Some(err.to_string()));
                return Rows::Failed;
            }
        }
        step = if begun.elapsed() > STEP { step / 2 } else { step * 2 };
        step = step.clamp(STEPS[0], STEPS[1]);
        if first.elapsed() >= slice {
            break;
        }
    }
    Rows::More
}

/// Takes what waits, once; says how many deliveries that were.
async fn round(app: &App) -> Result<usize, DeliveryError> {
    if !app.ledger.has_waiting().await? {
        app.inlet.health.note_folding(None);
        return Ok(0);
    }
    let now = (app.clock)();
    let claimed = app.ledger.claim(now, TOGETHER, BYTES).await?;
    let mut count = claimed.len();
    if !claimed.is_empty() {
        handle(app, claimed).await;
    }
    // Alone: it may be what ended the one who had it before.
    if let Some(one) = app.ledger.claim_again(now).await? {
        count += 1;
        handle(app, vec![one]).await;
    }
    Ok(count)
}

/// Reads deliveries, and settles them.
async fn handle(app: &App, claimed: Vec<Claimed>) {
    let reader = app.clone();
    // Beside, so that the server goes on answering.
    let told = spawn_blocking(move || -> Vec<Told> {
        claimed.into_iter().map(|one| read::read(&reader, one)).collect()
    });
    // Where the thread ends without an answer, the deliveries are claimed again, one by one.
    let Ok(told) = told.await else { return };
    match settle(app, &told).await {
        Ok(()) => (),
        Err(_) if told.len() > 1 => {
            for one in told {
                settle_alone(app, one).await;
            }
        }
        Err(err) => set_aside(app, &told, &err).await,
    }
}

async fn settle_alone(app: &App, told: Told) {
    let told = [told];
    if let Err(err) = settle(app, &told).await {
        set_aside(app, &told, &err).await;
    }
}

/// Sets deliveries aside whose events the ledger does not take.
async fn set_aside(app: &App, told: &[Told], err: &AppendError) {
    let why = match err {
        AppendError::Store { source, .. } => format!("{err}: {source}"),
        AppendError::Event { source, .. } => format!("{err}: {source}"),
        AppendError::Json { .. } | AppendError::TooLarge { .. } => err.to_string(),
    };
    tracing::error!(%why, "a delivery was set aside");
    let aside = |one: &Told| Settled {
        number: one.settled.number,
        events: 0,
        problem: Some(why.clone()),
        is_failed: true,
    };
    let aside: Vec<Told> =
        told.iter().map(|one| Told { settled: aside(one), events: Vec::new() }).collect();
    // What the ledger does not even take without events is claimed again.
    settle(app, &aside).await.ok();
}

/// Settles deliveries; waits while the ledger cannot be written for a reason that passes, until the
/// server ends. An error is one that comes of the events.
async fn settle(app: &App, told: &[Told]) -> Result<(), AppendError> {
    let stopping = app.stopping.subscribe();
    let settled: Vec<Settled> = told.iter().map(|one| one.settled.clone()).collect();
    let events: Vec<Event> = told.iter().flat_map(|one| one.events.iter().cloned()).collect();
    let (mut pause, mut tries) = (PAUSES[0], 0);
    loop {
        let Err(err) = app.ledger.settle((app.clock)(), &settled, &events).await else {
            app.inlet.health.note_folding(None);
            return Ok(());
        };
        let AppendError::Store { source, .. } = &err else { return Err(err) };
        app.inlet.health.note_folding(Some(source.to_string()));
        if *stopping.borrow() {
            // They are claimed again when their lease is over.
            return Ok(());
        }
        if matches!(source, StoreError::Other(_)) {
            tries += 1;
            if tries == TRIES {
                return Err(err);
            }
        }
        tracing::warn!(%err, %source, "deliveries wait for the ledger");
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES[1]);
    }
}

#[cfg(test)]
mod tests;
