//! The queue before the ledger: deliveries of many requests in one transaction.
//!
//! In: [`Delivery`]s of handlers. Out: for each whether it is new, once it is on disk. Start at
//! [`Queue::put`] and [`write()`]. Whatever waits when the last transaction ended is in the next one, so that
//! one wait for the disk serves all of them.
//! **Invariants:** a handler hears nothing good before the commit; where the queue is full or the ledger
//! cannot be written, it hears that, and the sender sends again.

use std::sync::{Mutex, PoisonError};

use tl_ledger::deliveries::Delivery;
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::oneshot;

use crate::app::App;

/// Deliveries that wait at most.
const WAITING: usize = 4_096;

/// Deliveries of one transaction at most.
const TOGETHER: usize = 512;

/// Bytes of bodies in one transaction, about.
const BYTES: usize = 16 << 20;

/// Why a delivery was not taken. The sender may try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many wait.
    Full,
    /// The ledger cannot be written; why.
    Store(String),
}

/// A delivery, and who waits for it.
struct Waiting {
    delivery: Delivery,
    done: oneshot::Sender<Result<bool, Refused>>,
}

/// See the module.
pub(super) struct Queue {
    to_writer: mpsc::Sender<Waiting>,
    /// Until the writer takes it.
    from_handlers: Mutex<Option<Receiver<Waiting>>>,
}

impl Default for Queue {
    fn default() -> Self {
        let (to_writer, from_handlers) = mpsc::channel(WAITING);
        Self { to_writer, from_handlers: Mutex::new(Some(from_handlers)) }
    }
}

impl Queue {
    /// Stores a delivery: whether it is new.
    pub(super) async fn put(&self, delivery: Delivery) -> Result<bool, Refused> {
        let (done, answer) = oneshot::channel();
        self.to_writer.try_send(Waiting { delivery, done }).map_err(|_| Refused::Full)?;
        answer.await.unwrap_or(Err(Refused::Full))
    }
}

/// Writes what waits, for as long as the server runs.
pub(crate) async fn write(app: App) {
    let receiver =
        app.inlet.queue.from_handlers.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut receiver) = receiver else { return };
    while let Some(first) = receiver.recv().await {
        let mut bytes = first.delivery.body.len();
        let (mut deliveries, mut waiting) = (vec![first.delivery], vec![first.done]);
        while deliveries.len() < TOGETHER
            && bytes < BYTES
            && let Ok(next) = receiver.try_recv()
        {
            bytes += next.delivery.body.len();
            deliveries.push(next.delivery);
            waiting.push(next.done);
        }
        let stored = app.ledger.accept(&deliveries).await;
        app.inlet.health.note_store(&stored);
        let answers: Vec<Result<bool, Refused>> = match stored {
            Ok(new) => new.into_iter().map(Ok).collect(),
            Err(err) => {
                tracing::error!(%err, source = %err.source, "deliveries were not stored");
                let why = err.source.to_string();
                waiting.iter().map(|_| Err(Refused::Store(why.clone()))).collect()
            }
        };
        for (done, answer) in waiting.into_iter().zip(answers) {
            // Who has hung up meanwhile sends again, and is told that it is known.
            done.send(answer).ok();
        }
        app.inlet.arrived.notify_one();
    }
}
