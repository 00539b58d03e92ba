//! The server: what all handlers share, which address goes where, and its life from the first
//! connection to the last.
//!
//! In: [`Setup`] from the binary. Out: a running server. Start at [`serve`]; addresses are in
//! [`router`]. **Invariants:** a handler reads, calls a pure function and shows; whatever happens in one,
//! the others go on; nothing is loaded from another host.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tl_core::time::Timestamp;
use tl_ledger::Ledger;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;

use crate::access::keys::KeyStore;
use crate::access::{self, Door, Gate};
use crate::board::Board;
use crate::intake::{self, Inlet};
use crate::jobs::{self, Schedule};
use crate::mcp::Tools;
use crate::measured::Measure;
use crate::page::tests::Shelf;
use crate::page::what_if::Lab;
use crate::reading::Reading;
use crate::tls::Tls;
use crate::told::Told;
use crate::{api, asset, folding, headers, live, page, trail};

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
    /// How it is reached, and who may come in.
    pub door: Door,
    /// Who may send webhooks.
    pub inlet: intake::Options,
    /// What is collected by schedule; `None`: nothing.
    pub schedule: Option<Schedule>,
    /// What pages read beside the ledger, and whether they name people.
    pub reading: Reading,
}

/// What all handlers share.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// See [`App`].
pub struct Shared {
    /// Who may come in, and what they may do.
    pub(crate) gate: Gate,
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
    /// What is sent to it.
    pub inlet: Inlet,
    /// What is collected by schedule.
    pub(crate) schedule: Option<Schedule>,
    /// What pages read beside the ledger.
    pub reading: Reading,
    /// What the ledger told beside delivery.
    pub(crate) told: Told,
    /// What is known of tests.
    pub(crate) shelf: Shelf,
    /// What was asked if the line were another.
    pub(crate) lab: Lab,
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
        let Setup { measure, ledger, reader, clock, demo, door, inlet, schedule, reading } = setup;
        let inlet = Inlet::new(inlet);
        let (ends, stopping) = (watch::channel(0).0, watch::channel(false).0);
        let board = Board::new(measure, clock);
        let gate = Gate::new(door, KeyStore::default());
        Self(Arc::new(Shared {
            gate,
            board,
            ledger,
            reader,
            clock,
            demo,
            inlet,
            schedule,
            reading,
            told: Told::default(),
            shelf: Shelf::default(),
            lab: Lab::default(),
            ends,
            stopping,
        }))
    }
}

/// How long connections that are open have when the server ends.
const LAST: Duration = Duration::from_secs(10);

/// Every address.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(page::router())
        .merge(api::router())
        .merge(intake::router())
        .merge(jobs::router())
        .route("/live", get(live::live))
        .route_service("/mcp", Tools::service(&app))
        .route("/assets/{name}", get(asset::asset))
        .fallback(page::not_found)
        // From the inside out: whatever happens further in, these answer.
        .layer(middleware::from_fn_with_state(app.clone(), access::guard))
        .layer(CsrfLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(headers::secure))
        .with_state(app)
}

/// Serves on `listener`, by TLS where there is a configuration for it, until `stop` is done; connections that are open then are answered first.
///
/// # Errors
/// The listener cannot accept any more.
pub async fn serve(
    app: App,
    listener: TcpListener,
    tls: Option<Tls>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    tokio::spawn(live::watch(app.clone()));
    tokio::spawn(intake::write(app.clone()));
    tokio::spawn(folding::work(app.clone()));
    tokio::spawn(folding::tidy(app.clone()));
    tokio::spawn(trail::work(app.clone()));
    tokio::spawn(jobs::work(app.clone(), jobs::holder()));
    let stopping = app.clone();
    let stop = async move {
        stop.await;
        stopping.stopping.send_replace(true);
    };
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let Some(tls) = tls else {
        return axum::serve(listener, service).with_graceful_shutdown(stop).await;
    };
    let handle = axum_server::Handle::new();
    let ending = handle.clone();
    tokio::spawn(async move {
        stop.await;
        ending.graceful_shutdown(Some(LAST));
    });
    let config = axum_server::tls_rustls::RustlsConfig::from_config(tls);
    let server = axum_server::from_tcp_rustls(listener.into_std()?, config)?;
    server.handle(handle).serve(service).await
}
