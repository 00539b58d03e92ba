//! Pages of a ledger that is there: how long each takes once it was measured.
//!
//! In: a ledger. Out: for each page the time of the first answer, and quantiles of those that follow.
//! Start at [`measure`].

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::http::connect;
use super::quantiles;

/// The pages.
const PAGES: [&str; 6] = ["/", "/flow", "/reliability", "/reviews", "/paradox", "/events"];

/// How long the first answer may take: the ledger is folded and measured for it.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// Asks for each page so often, one request after another.
pub(crate) async fn measure(to: SocketAddr, requests: u32) -> Result<Value, Box<dyn Error>> {
    let mut pages = serde_json::Map::new();
    for page in PAGES {
        let first = get(to, page).await?;
        let mut times = Vec::new();
        for _ in 0..requests {
            times.push(get(to, page).await?.as_secs_f64() * 1e3);
        }
        let told = json!({
            "first_seconds": first.as_secs_f64(), "requests": requests,
            "millis": quantiles(times),
        });
        pages.insert(page.to_owned(), told);
    }
    Ok(Value::Object(pages))
}

/// How long a page takes, to its last byte.
async fn get(to: SocketAddr, page: &str) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    let mut sender = connect(to).await.ok_or("the server takes no connection")?;
    let request = Request::get(page).header("host", to.to_string());
    let request = request.body(Full::new(Bytes::new()))?;
    let response = timeout(PATIENCE, sender.send_request(request)).await??;
    if response.status() != 200 {
        return Err(format!("`{page}` answers {}", response.status()).into());
    }
    timeout(PATIENCE, response.into_body().collect()).await??;
    Ok(begun.elapsed())
}
