//! The inlet: webhooks of configured senders, and events of anybody who may send them.
//!
//! In: `POST /hooks/{name}` and `POST /v1/events`. Out: deliveries on disk before the answer, which
//! `crate::folding` turns into events; events in the ledger. Start at `router` and [`Inlet`]; then
//! [`mod@sender`], `signature`, `queue`, `events`.
//! **Invariants:** who signed is checked before a body is read, over its bytes as they came; what is
//! acknowledged is on disk; what cannot be stored now is refused with a time to try again, never dropped; a
//! body that cannot be understood but is rightly signed is stored and shown; memory for bodies is
//! bounded.

pub(crate) mod events;
pub mod health;
mod queue;
pub mod sender;
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use tl_collect::intake::{Batch, Problem as Left};
use tl_core::event::Event;
use tl_core::fact::kind;
use tl_ledger::Position;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use self::health::{Condition, Health};
pub(crate) use self::queue::write;
use self::queue::{Queue, Refused};
use self::sender::{MOST_BYTES, Sender};
use crate::app::App;
use crate::page::Problem;

/// Kilobytes of bodies that are in memory at once.
const MEMORY: usize = 128 << 10;

/// What the reader of bodies says of one that is too long; its type is of a crate that we do not link.
const OVER: &str = "length limit exceeded";

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the binary says about it.
#[derive(Debug, Default)]
pub struct Options {
    /// Who may send webhooks, by the name in the address.
    pub senders: BTreeMap<String, Sender>,
    /// Whether a sender without any secret is believed. Only where nobody but this machine can reach the
    /// server, and only because somebody said so: anybody who can reach it could tell any story.
    pub unsigned: bool,
}

/// What handlers, writer and folding share.
pub struct Inlet {
    options: Options,
    queue: Queue,
    room: Arc<Semaphore>,
    pub(crate) health: Health,
    /// Told when something came.
    pub(crate) arrived: Notify,
    /// The newest event that is in the rows.
    folded: AtomicI64,
}

impl Inlet {
    /// An inlet for these senders.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            queue: Queue::default(),
            room: Arc::new(Semaphore::new(MEMORY)),
            health: Health::default(),
            arrived: Notify::new(),
            folded: AtomicI64::new(0),
        }
    }

    /// How it is doing since the server began.
    pub fn condition(&self) -> Condition {
        self.health.condition()
    }

    /// The newest event that is in the rows, as far as this server knows.
    pub(crate) fn folded(&self) -> Position {
        Position(self.folded.load(Ordering::Relaxed))
    }

    pub(crate) fn note_folded(&self, position: Position) {
        self.folded.store(position.0, Ordering::Relaxed);
    }

    /// Who may send webhooks, by name.
    pub fn senders(&self) -> &BTreeMap<String, Sender> {
        &self.options.senders
    }
}

/// Its addresses.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/hooks/{name}", post(hook))
        .route("/v1/events", post(events::events))
        .route("/settings/deliveries/{number}/again", post(again))
}

/// `POST /hooks/{name}`
async fn hook(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match take(&app, &name, &headers, body).await {
        Ok((id, is_new)) => {
            app.inlet.health.accepted();
            let told = json!({ "delivery": id, "known": !is_new });
            (StatusCode::ACCEPTED, Json(told)).into_response()
        }
        Err(refusal) => {
            app.inlet.health.refused(&name, refusal.status);
            refusal.into_response()
        }
    }
}

/// `POST /settings/deliveries/{number}/again`: lets one that was set aside wait again, by a button.
async fn again(State(app): State<App>, Path(number): Path<i64>) -> Response {
    match app.ledger.try_again(number).await {
        Ok(true) => {
            app.inlet.arrived.notify_one();
            Redirect::to("/settings").into_response()
        }
        Ok(false) => {
            let what = "no delivery of this number was set aside";
            Refusal::new(StatusCode::NOT_FOUND, what, "the settings list those that were")
                .into_response()
        }
        Err(err) => {
            tracing::error!(%err, source = %err.source, "a delivery cannot be tried again");
            Refusal::later(format!("the ledger cannot be written: {}", err.source), 30)
                .into_response()
        }
    }
}

async fn take(
    app: &App,
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<(String, bool), Refusal> {
    let Some(sender) = app.inlet.options.senders.get(name) else {
        let what = "no sender of this name is configured";
        return Err(Refusal::new(StatusCode::NOT_FOUND, what, "name it in `[serve.hooks]`"));
    };
    let (body, _room) = read(app, headers, body, sender.most_bytes.min(MOST_BYTES)).await?;
    let now = (app.clock)();
    let is_believed = sender.secrets.is_empty() && app.inlet.options.unsigned;
    if !is_believed && !signature::is_right(sender, headers, &body, now) {
        let what = "the signature is missing or wrong";
        let mend = "set the same secret at the sender and for this server";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, what, mend));
    }
    let delivery = sender.delivery(name, headers, body, now);
    let id = delivery.id.clone();
    match app.inlet.queue.put(delivery).await {
        Ok(is_new) => Ok((id, is_new)),
        Err(Refused::Full) => Err(Refusal::later("too many deliveries wait", 2)),
        Err(Refused::Store(why)) => Err(Refusal::later(format!("it cannot be stored: {why}"), 30)),
    }
}

/// Reads a body of at most so many bytes, if there is room for it.
async fn read(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<(Vec<u8>, OwnedSemaphorePermit), Refusal> {
    let too_large = || {
        let what = format!("the body is larger than {} KiB", most >> 10);
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, what, "send less, or raise `most_bytes`")
    };
    let length = headers.get(header::CONTENT_LENGTH).and_then(|text| text.to_str().ok());
    let length = length.and_then(|text| text.parse().ok()).unwrap_or(most);
    if length > most {
        return Err(too_large());
    }
    let needed = u32::try_from(length.div_ceil(1_024)).unwrap_or(u32::MAX);
    let room = Arc::clone(&app.inlet.room).try_acquire_many_owned(needed);
    let room = room.map_err(|_| Refusal::later("too many bodies are on their way", 2))?;
    match tokio::time::timeout(PATIENCE, to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok((bytes.to_vec(), room)),
        Ok(Err(err)) if is_over(&err) => Err(too_large()),
        Ok(Err(_)) => {
            let what = "the body broke off";
            Err(Refusal::new(StatusCode::BAD_REQUEST, what, "send it again"))
        }
        Err(_) => {
            let what = "the body did not come in time";
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, what, "send it again"))
        }
    }
}

/// What was read of somebody else's, without what the server alone may tell: its audit log is no
/// place for others to write.
pub(crate) fn from_outside(mut batch: Batch) -> Batch {
    let is_ours = |event: &Event| event.kind == kind::SERVER_AUDIT;
    if !batch.events.iter().any(is_ours) {
        return batch;
    }
    let told = batch.events.into_iter().zip(batch.lines);
    let (ours, theirs): (Vec<_>, Vec<_>) = told.partition(|(event, _)| is_ours(event));
    (batch.events, batch.lines) = theirs.into_iter().unzip();
    batch.problems.extend(ours.into_iter().map(|(event, line)| Left {
        file: "body".to_owned(),
        line,
        what: format!("`{}` is written by the server alone", event.kind),
        mend: "leave it out".to_owned(),
        kept: false,
    }));
    batch
}

/// Whether a body was longer than what may be read of it.
fn is_over(err: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(err);
    while let Some(err) = cause {
        if err.to_string() == OVER {
            return true;
        }
        cause = err.source();
    }
    false
}

/// Why something was not taken.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    what: String,
    mend: &'static str,
    /// Seconds after which it may work.
    retry: Option<u16>,
}

impl Refusal {
    fn new(status: StatusCode, what: impl Into<String>, mend: &'static str) -> Self {
        Self { status, what: what.into(), mend, retry: None }
    }

    fn later(what: impl Into<String>, seconds: u16) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { status, what: what.into(), mend: "send it again later", retry: Some(seconds) }
    }

    fn into_response(self) -> Response {
        let problem = Problem::new(self.status, self.what, self.mend.to_owned());
        let mut response = crate::api::Refused::from(problem).into_response();
        if let Some(seconds) = self.retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
pub(crate) mod tests;
