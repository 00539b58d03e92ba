//! A sender of webhooks: so many a second, over connections that it keeps open.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1::SendRequest;
use serde_json::json;
use sha2::Sha256;
use tokio::task::JoinError;
use tokio::time::Instant;

use super::http::connect;

/// What the sender signs with.
pub(crate) const SECRET: &str = "a secret of the benchmark";

/// How often a request is sent at most.
const TRIES: u32 = 300;

/// From one try to the next.
const PAUSE: Duration = Duration::from_millis(100);

/// How long is waited for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Requests a second.
    pub(crate) rate: u64,
    pub(crate) seconds: u64,
    /// Size of a body, about.
    pub(crate) bytes: usize,
    pub(crate) connections: u64,
}

/// How long one request took.
pub(crate) struct Times {
    /// From when it was due to the answer.
    pub(crate) from_due: Duration,
    /// From when it was sent, the time that counts, to the answer.
    pub(crate) from_sent: Duration,
}

/// What became of all requests.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) acknowledged: BTreeSet<u64>,
    pub(crate) times: Vec<Times>,
    /// Requests that were sent once more.
    pub(crate) again: u64,
    pub(crate) given_up: u64,
    /// Answers by status; 0: none.
    pub(crate) statuses: BTreeMap<u16, u64>,
}

impl Sent {
    /// Counts an answer; whether it was the one that was hoped for.
    fn note(&mut self, number: u64, attempt: u32, status: Option<u16>, times: Times) -> bool {
        *self.statuses.entry(status.unwrap_or(0)).or_default() += 1;
        self.again += u64::from(attempt > 1);
        let is_done = status == Some(202);
        if is_done {
            self.acknowledged.insert(number);
            self.times.push(times);
        }
        self.given_up += u64::from(attempt == TRIES && !is_done);
        is_done
    }
}

/// The id of a delivery.
pub(crate) fn id(number: u64) -> String {
    format!("delivery-{number}")
}

/// Sends all of it; ends when each was acknowledged or given up.
pub(crate) async fn send(load: Load, to: SocketAddr) -> Result<Sent, JoinError> {
    let sent = Arc::new(Mutex::new(Sent::default()));
    let next = Arc::new(AtomicU64::new(1));
    let begun = Instant::now();
    let workers: Vec<_> = (0..load.connections)
        .map(|_| {
            let (sent, next) = (Arc::clone(&sent), Arc::clone(&next));
            tokio::spawn(work(load, to, begun, next, sent))
        })
        .collect();
    for worker in workers {
        worker.await?;
    }
    let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut sent))
}

async fn work(
    load: Load,
    to: SocketAddr,
    begun: Instant,
    next: Arc<AtomicU64>,
    sent: Arc<Mutex<Sent>>,
) {
    let mut connection = None;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number > load.rate * load.seconds {
            return;
        }
        let due = begun + Duration::from_secs_f64(number as f64 / load.rate as f64);
        tokio::time::sleep_until(due).await;
        let body = Bytes::from(body(number, load.bytes));
        let signature = signature(&body);
        for attempt in 1..=TRIES {
            let at = Instant::now();
            let status = once(&mut connection, to, number, &signature, body.clone()).await;
            let answered = Instant::now();
            let times = Times { from_due: answered - due, from_sent: answered - at };
            if sent
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .note(number, attempt, status, times)
            {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Sends a request; its status, where there was an answer.
async fn once(
    connection: &mut Option<SendRequest<Full<Bytes>>>,
    to: SocketAddr,
    number: u64,
    signature: &str,
    body: Bytes,
) -> Option<u16> {
    let mut sender = match connection.take() {
        Some(sender) => sender,
        None => connect(to).await?,
    };
    let request = Request::post("/hooks/load")
        .header("host", to.to_string())
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .header("x-github-event", "pull_request")
        .header("x-github-delivery", id(number))
        .header("x-hub-signature-256", signature)
        .body(Full::new(body))
        .ok()?;
    let answered = async {
        sender.ready().await.ok()?;
        let response = sender.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        response.into_body().collect().await.ok()?;
        Some(status)
    };
    let status = tokio::time::timeout(PATIENCE, answered).await.ok().flatten();
    if status.is_some() {
        *connection = Some(sender);
    }
    status
}

fn signature(body: &[u8]) -> String {
    let mut made =
        Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
    made.update(body);
    let hex: String =
        made.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A request that was opened, as GitHub tells it, of about so many bytes.
fn body(number: u64, bytes: usize) -> Vec<u8> {
    let person = json!({"login": "ana", "id": 1, "type": "User"});
    let repository = json!({"full_name": "acme/api", "html_url": "https://github.com/acme/api"});
    let side = |name: &str| {
        let sha = format!("{number:040x}");
        json!({"ref": name, "sha": sha, "repo": repository})
    };
    let text = "What changes, and why. ".repeat(bytes.saturating_sub(900) / 23);
    let body = json!({
        "action": "opened", "number": number, "repository": repository, "sender": person,
        "pull_request": {
            "number": number, "state": "open", "title": format!("change {number}"), "body": text,
            "html_url": format!("https://github.com/acme/api/pull/{number}"),
            "user": person, "created_at": "2026-03-01T10:00:00Z",
            "updated_at": "2026-03-01T10:00:00Z", "draft": false, "labels": [],
            "head": side("topic"), "base": side("main"),
        },
    });
    body.to_string().into_bytes()
}
