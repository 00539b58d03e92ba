//! The server: what all handlers share, which address goes where, and its life from the first
//! connection to the last.
//!
//! In: [`Setup`] from the binary. Out: a running server. Start at [`serve`]; addresses are in
//! [`router`]. **Invariants:** a handler reads, calls a pure function and shows; whatever happens in one,
//! the others go on; nothing is loaded from another host.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tl_core::time::Timestamp;
use tl_ledger::Ledger;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::board::Board;
use crate::measured::Measure;
use crate::{asset, headers, live, page};

/// What the binary hands over.
pub struct Setup {
    /// Measures.
    pub measure: Measure,
    /// The ledger that events go to.
    pub ledger: Ledger,
    /// The same, to read from while something is written.
    pub reader: Ledger,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// What stands on every page of an organisation that is made up; `None` where it is real.
    pub demo: Option<String>,
}

/// What all handlers share.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// See [`App`].
pub struct Shared {
    /// What was measured.
    pub board: Board,
    /// The ledger that events go to.
    pub ledger: Ledger,
    /// The same, to read from while something is written.
    pub reader: Ledger,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// Marks what is made up.
    pub demo: Option<String>,
    /// Position of the newest event, as far as it was looked.
    pub ends: watch::Sender<u64>,
    /// Whether the server is about to end: streams that have no end of their own end then.
    pub stopping: watch::Sender<bool>,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// What handlers of this server share.
    pub fn new(setup: Setup) -> Self {
        let Setup { measure, ledger, reader, clock, demo } = setup;
        let (ends, stopping) = (watch::channel(0).0, watch::channel(false).0);
        let board = Board::new(measure, clock);
        Self(Arc::new(Shared { board, ledger, reader, clock, demo, ends, stopping }))
    }
}

/// Every address.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(page::router())
        .route("/live", get(live::live))
        .route("/assets/{name}", get(asset::asset))
        .fallback(page::not_found)
        .layer(middleware::from_fn(headers::secure))
        .with_state(app)
}

/// Serves on `listener` until `stop` is done; connections that are open then are answered first.
///
/// # Errors
/// The listener cannot accept any more.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    tokio::spawn(live::watch(app.clone()));
    let stopping = app.clone();
    let stop = async move {
        stop.await;
        stopping.stopping.send_replace(true);
    };
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}
