//! The server under load: `serve --program PATH --scratch DIR [--rate 2000] [--seconds 60] [--kills 10]
//! [--streams 500]`, and its pages: `serve --program PATH --scratch DIR --ledger FILE`.
//!
//! In: the program to measure. Out: one JSON document. Of webhooks at a rate, as a forge sends them: what was
//! acknowledged and how fast, what the ledger
//! holds in the end, and whether anything was lost or doubled. The server is started here, ended by
//! `kill -9` as often as was asked for, and started again; a request that was not acknowledged is sent
//! again, as senders do. With a ledger that is there: how long pages of it take. Start at [`main`].
//!
//! A request's time begins when it was due, not when it could be sent: a server that stalls is not
//! spared those that had to wait for it.

mod http;
mod pages;
mod sender;
mod server;
mod streams;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use tl_ledger::Ledger;
use tl_ledger::sql::{Limits, SqlValue};

use self::sender::{Load, Sent};
use self::server::Server;
use tokio::time::Instant;

const USAGE: &str = "usage: serve --program PATH --scratch DIR [--rate N] [--seconds N] [--kills N] \
                     [--bytes N] [--connections N] [--streams N] | [--ledger FILE] [--requests N]";

/// How often a server's memory is looked at while it is under load.
const MOMENTS: u32 = 10;

/// What was asked for.
struct Arguments {
    program: PathBuf,
    scratch: PathBuf,
    load: Load,
    kills: u32,
    /// Streams of events that are open meanwhile.
    streams: u64,
    /// A ledger whose pages are measured in place of the load.
    ledger: Option<PathBuf>,
    /// How often each page is asked for.
    requests: u32,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = arguments().and_then(|arguments| runtime?.block_on(measure(&arguments)));
    match done {
        Ok((document, is_whole)) => {
            let text = serde_json::to_string_pretty(&document).unwrap_or_default();
            // Nowhere is left to report that stdout is closed.
            writeln!(io::stdout(), "{text}").ok();
            if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(err) => {
            writeln!(io::stderr(), "error: {err}").ok();
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let (mut program, mut scratch, mut ledger) = (None, None, None);
    let (mut kills, mut streams, mut requests) = (0, 0, 200);
    let mut load = Load { rate: 2_000, seconds: 60, bytes: 8_192, connections: 64 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--program" => program = Some(PathBuf::from(value)),
            "--scratch" => scratch = Some(PathBuf::from(value)),
            "--rate" => load.rate = value.parse()?,
            "--seconds" => load.seconds = value.parse()?,
            "--kills" => kills = value.parse()?,
            "--bytes" => load.bytes = value.parse()?,
            "--connections" => load.connections = value.parse()?,
            "--streams" => streams = value.parse()?,
            "--ledger" => ledger = Some(PathBuf::from(value)),
            "--requests" => requests = value.parse()?,
            _ => return Err(USAGE.into()),
        }
    }
    let (program, scratch) = (program.ok_or(USAGE)?, scratch.ok_or(USAGE)?);
    Ok(Arguments { program, scratch, load, kills, streams, ledger, requests })
}

async fn measure(arguments: &Arguments) -> Result<(Value, bool), Box<dyn Error>> {
    let Arguments { program, scratch, load, kills, streams, ledger, requests } = arguments;
    if let Some(ledger) = ledger {
        let mut server = Server::start(program, scratch, ledger).await?;
        let pages = pages::measure(server.address(), *requests).await?;
        let (cpu, peak) = server.end()?;
        let document = json!({
            "schema": "bench-pages/v1", "pages": pages,
            "server_cpu_seconds": cpu, "server_peak_mib": peak,
        });
        return Ok((document, true));
    }
    let mut server = Server::start(program, scratch, &scratch.join("ledger.db")).await?;
    let streams = streams::open(*streams, server.address()).await;
    let begun = Instant::now();
    let sending = tokio::spawn(sender::send(*load, server.address()));
    let moments = MOMENTS.max(*kills);
    let pause = Duration::from_secs(load.seconds) / (moments + 1);
    let mut memory = Vec::new();
    for moment in 1..=moments {
        tokio::time::sleep_until(begun + pause * moment).await;
        memory.push(server.memory_mib());
        if moment * kills / moments > (moment - 1) * kills / moments {
            server.kill_and_start().await?;
        }
    }
    let sent = sending.await??;
    let took = begun.elapsed();
    let streams = streams.outcome();
    let ledger = Ledger::open(&scratch.join("ledger.db")).await?;
    let waiting = ledger.backlog().await?.waiting;
    let folded = fold(&ledger).await?;
    let (cpu, peak) = server.end()?;
    let held = Held::read(&ledger).await?;
    ledger.check().await?;
    ledger.close().await?;
    let lost: Vec<&u64> = sent.acknowledged.iter().filter(|one| !held.told(**one)).collect();
    let doubled = held.doubled();
    let is_whole = lost.is_empty() && doubled == 0 && held.failed == 0;
    let document = json!({
        "schema": "bench-hooks/v2",
        "rate": load.rate, "seconds": load.seconds, "bytes": load.bytes,
        "connections": load.connections, "kills": kills,
        "acknowledged": sent.acknowledged.len(),
        "acknowledged_a_second": sent.acknowledged.len() as f64 / took.as_secs_f64(),
        "streams": streams,
        "sent_again": sent.again, "given_up": sent.given_up,
        "statuses": sent.statuses,
        "millis_from_due": millis(&sent, |one| one.from_due),
        "millis_from_sent": millis(&sent, |one| one.from_sent),
        "waiting_at_the_end_of_load": waiting,
        "seconds_to_fold_the_rest": folded.as_secs_f64(),
        "server_cpu_seconds": cpu, "server_peak_mib": peak, "server_mib": memory,
        "events": held.events, "deliveries": held.deliveries.len(),
        "lost": lost.len(), "doubled": doubled, "set_aside": held.failed,
        "is_whole": is_whole,
    });
    Ok((document, is_whole))
}

/// Waits until nothing waits any more.
async fn fold(ledger: &Ledger) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    while ledger.has_waiting().await? {
        if begun.elapsed() > Duration::from_secs(900) {
            return Err("deliveries still wait after 15 minutes".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(begun.elapsed())
}

fn millis(sent: &Sent, of: fn(&sender::Times) -> Duration) -> Value {
    quantiles(sent.times.iter().map(|one| of(one).as_secs_f64() * 1e3).collect())
}

fn quantiles(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (times.len() as f64 * share) as usize;
        times.get(place.min(times.len().saturating_sub(1))).copied()
    };
    json!({ "p50": at(0.5), "p90": at(0.9), "p95": at(0.95), "p99": at(0.99), "p999": at(0.999), "max": at(1.0) })
}

/// What the ledger holds in the end.
struct Held {
    /// How often each delivery is there.
    deliveries: BTreeMap<String, u64>,
    /// Of each request the kinds that were told of it, and how often.
    told: BTreeMap<(u64, String), u64>,
    events: u64,
    failed: u64,
}

impl Held {
    async fn read(ledger: &Ledger) -> Result<Self, Box<dyn Error>> {
        let limits = Limits { rows: usize::MAX, time: Duration::from_secs(300) };
        let mut held = Self {
            deliveries: BTreeMap::new(),
            told: BTreeMap::new(),
            events: 0,
            failed: ledger.backlog().await?.failed,
        };
        for row in ledger.sql("SELECT delivery FROM deliveries", limits).await?.rows {
            if let Some(SqlValue::Text(id)) = row.into_iter().next() {
                *held.deliveries.entry(id).or_default() += 1;
            }
        }
        let about = "SELECT kind, json_extract(event, '$.subject') FROM events";
        let rows = ledger.sql(about, limits).await.map(|answer| answer.rows);
        for row in rows? {
            held.events += 1;
            let [SqlValue::Text(kind), SqlValue::Text(subject)] = row.as_slice() else { continue };
            let number = subject.rsplit('#').next().and_then(|number| number.parse().ok());
            if let Some(number) = number {
                *held.told.entry((number, kind.clone())).or_default() += 1;
            }
        }
        Ok(held)
    }

    /// Whether an acknowledged request is stored, and was told.
    fn told(&self, number: u64) -> bool {
        self.deliveries.contains_key(&sender::id(number))
            && self.told.contains_key(&(number, "change.opened".to_owned()))
    }

    /// Deliveries that are there twice, and requests of which something was told twice.
    fn doubled(&self) -> usize {
        let deliveries = self.deliveries.values().filter(|count| **count > 1).count();
        let requests: BTreeSet<u64> = self
            .told
            .iter()
            .filter(|(_, count)| **count > 1)
            .map(|((number, _), _)| *number)
            .collect();
        deliveries + requests.len()
    }
}
