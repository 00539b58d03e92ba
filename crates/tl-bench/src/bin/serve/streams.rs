//! Pages that are open while webhooks come in: streams of server-sent events.
//!
//! In: how many. Out: how many of them were still open in the end, and what they were told. Start at
//! [`open`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use serde_json::{Value, json};

use super::http::connect;

/// Streams that are open.
pub(crate) struct Streams {
    all: Vec<Arc<Stream>>,
}

/// One of them.
#[derive(Default)]
struct Stream {
    is_open: AtomicBool,
    /// How often it was told anything.
    told: AtomicU64,
}

/// Opens so many.
pub(crate) async fn open(count: u64, to: SocketAddr) -> Streams {
    let mut all = Vec::new();
    for _ in 0..count {
        let stream = Arc::new(Stream::default());
        follow(to, Arc::clone(&stream)).await;
        all.push(stream);
    }
    Streams { all }
}

impl Streams {
    /// What became of them.
    pub(crate) fn outcome(&self) -> Value {
        let open = self.all.iter().filter(|one| one.is_open.load(Ordering::Relaxed)).count();
        let told = || self.all.iter().map(|one| one.told.load(Ordering::Relaxed));
        json!({
            "asked": self.all.len(), "open_at_the_end": open,
            "told_least": told().min(), "told_most": told().max(),
        })
    }
}

/// Opens one, and counts what it is told until it ends.
async fn follow(to: SocketAddr, stream: Arc<Stream>) {
    let Some(mut sender) = connect(to).await else { return };
    let request = Request::get("/live").header("host", to.to_string());
    let Ok(request) = request.body(Full::new(Bytes::new())) else { return };
    let Ok(response) = sender.send_request(request).await else { return };
    stream.is_open.store(response.status() == 200, Ordering::Relaxed);
    tokio::spawn(async move {
        let mut body = response.into_body();
        while let Some(Ok(frame)) = body.frame().await {
            let is_told = frame.data_ref().is_some_and(|data| data.starts_with(b"event:"));
            stream.told.fetch_add(u64::from(is_told), Ordering::Relaxed);
        }
        stream.is_open.store(false, Ordering::Relaxed);
        // The connection ends with its sender.
        drop(sender);
    });
}
