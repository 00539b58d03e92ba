//! What happens, as it happens: server-sent events, so that an open page follows.
//!
//! In: the ledger's end and the board's measurements. Out: events `ledger` (the position of the newest
//! event) and `measured` (how many measurements there were). Start at [`live`]; [`watch`] looks at the
//! ledger, which other processes may write to as well.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt as _};
use tl_ledger::Position;
use tokio_stream::wrappers::WatchStream;

use crate::app::App;
use crate::question::Question;

/// How often the ledger is asked for its end.
const LOOK: Duration = Duration::from_secs(2);

/// `GET /live`
pub(crate) async fn live(
    State(app): State<App>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let told = |name: &'static str| {
        move |number: u64| Ok(Event::default().event(name).data(number.to_string()))
    };
    let measured = WatchStream::new(app.board.follow()).map(told("measured"));
    let ledger = WatchStream::new(app.ends.subscribe()).map(told("ledger"));
    let mut stopping = app.stopping.subscribe();
    let stopped = async move {
        // An error is a server that is gone.
        stopping.wait_for(|stopping| *stopping).await.ok();
    };
    let told = futures_util::stream::select(ledger, measured).take_until(Box::pin(stopped));
    Sse::new(told).keep_alive(KeepAlive::default())
}

/// Looks at the ledger for as long as the server runs: tells the board and whoever listens when it grew.
pub(crate) async fn watch(app: App) {
    let mut last: Option<Position> = None;
    // What most pages show is there when the first reader comes.
    measure(&app);
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let end = match app.reader.end().await {
            Ok(end) => end,
            Err(err) => {
                tracing::warn!(%err, "the ledger cannot be read");
                continue;
            }
        };
        if last != Some(end) {
            if last.is_some() {
                app.board.changed();
            }
            last = Some(end);
            app.ends.send_replace(u64::try_from(end.0).unwrap_or(0));
        }
        if app.ends.receiver_count() > 0 {
            // Somebody has a page open: also when what came last came too soon after a measurement.
            measure(&app);
        }
    }
}

/// Has what most pages show measured, without waiting for it.
fn measure(app: &App) {
    let app = app.clone();
    tokio::spawn(async move { app.board.ask(&Question::default()).await });
}
