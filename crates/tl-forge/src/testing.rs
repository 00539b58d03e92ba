//! A server on this machine that answers as a test scripts it, and a clock that waits for nothing.
//!
//! In: a function from request to [`Reply`]. Out: its address, and what was asked. It listens on
//! loopback, on a port that the system chooses, in the test's own runtime, and ends with it.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tl_core::ordered::Ordered;
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Auth, Client, Connection, Limits};
use crate::clock::{Clock, Pause, Soon};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};

/// Token that tests send, and that nothing may show.
pub(crate) const TOKEN: &str = "s3cr3t-t0ken";

/// What time it is in tests, until something waits.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

/// Requests after which a server ends, so that no test runs for ever.
const MOST_REQUESTS: usize = 2000;

/// One request, as the server sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `GET`, `POST`, `PATCH`.
    pub(crate) method: String,
    /// Path and query: `/repos/acme/api/issues?page=1`.
    pub(crate) target: String,
    /// Lines of the head, names in small letters.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
    /// How many requests came before it.
    pub(crate) before: usize,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The value of a parameter, decoded as far as tests need it.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let pair = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pair.into_iter().find(|(key, _)| *key == name)?;
        Some(value.replace("%3A", ":"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What the server does.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Status, header lines, body.
    Full(u16, Vec<String>, String),
    /// The head and the beginning of a body that claims to be longer, then the end.
    Cut(String),
    /// The end, without a word.
    Reset,
}

pub(crate) fn ok(body: &Value) -> Reply {
    Reply::Full(200, Vec::new(), body.to_string())
}

pub(crate) fn status(status: u16, headers: &[&str], body: &str) -> Reply {
    Reply::Full(status, headers.iter().map(|line| (*line).to_owned()).collect(), body.to_owned())
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A server that runs as long as the test's runtime.
pub(crate) struct Server {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    clock: Arc<TestClock>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (script, list): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&asked));
        tokio::spawn(async move {
            for _ in 0..MOST_REQUESTS {
                let Ok((stream, _)) = listener.accept().await else { return };
                answer(stream, &*script, &list).await;
            }
        });
        Self { address, asked, clock: Arc::default() }
    }

    /// The same server, for a client whose base is a path on it.
    pub(crate) fn below(mut self, path: &str) -> Self {
        self.address.push_str(path);
        self
    }

    pub(crate) fn client(&self, system: System) -> Client {
        self.client_with(system, Limits::default())
    }

    pub(crate) fn client_with(&self, system: System, limits: Limits) -> Client {
        self.client_of(system, Auth::Bearer(Secret::new(TOKEN)), limits)
    }

    pub(crate) fn client_of(&self, system: System, auth: Auth, limits: Limits) -> Client {
        let (base, clock) = (self.address.clone(), Arc::clone(&self.clock));
        Client::new(Connection { system, base, auth, certificates: None, clock, limits }).unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Paths and queries that were asked for.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.target).collect()
    }

    /// What the user was told while waiting.
    pub(crate) fn told(&self) -> Vec<String> {
        self.clock.0.lock().unwrap().told.clone()
    }
}

async fn answer(mut stream: TcpStream, script: &Script, list: &Mutex<Vec<Asked>>) {
    let Some(mut asked) = read(&mut stream).await else { return };
    asked.before = list.lock().unwrap().len();
    list.lock().unwrap().push(asked.clone());
    let text = match script(&asked) {
        Reply::Full(status, headers, body) => {
            let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
            let length = body.len();
            format!(
                "HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
            )
        }
        Reply::Cut(body) => {
            format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\nconnection: close\r\n\r\n{body}")
        }
        Reply::Reset => return,
    };
    // The client may have gone: over its limit, for example.
    let _gone = stream.write_all(text.as_bytes()).await;
    let _gone = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines().map(str::to_owned);
            let first = lines.next()?;
            let (method, rest) = first.split_once(' ')?;
            let (method, target) = (method.to_owned(), rest.split(' ').next()?.to_owned());
            let headers = lines.filter_map(|line| {
                let (name, value) = line.split_once(": ")?;
                Some(format!("{}: {value}", name.to_lowercase()))
            });
            let asked = Asked { method, target, headers: headers.collect(), ..Asked::default() };
            let length = asked.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(Asked { body: body.to_owned(), ..asked });
            }
        }
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&part[..count]);
    }
}

/// A clock that is set forward by whatever is waited for.
#[derive(Debug, Default)]
struct TestClock(Mutex<Waited>);

#[derive(Debug, Default)]
struct Waited {
    millis: i64,
    told: Vec<String>,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() + self.0.lock().unwrap().millis)
    }

    fn wait<'a>(&'a self, pause: &'a Pause) -> Soon<'a, ()> {
        let mut waited = self.0.lock().unwrap();
        waited.millis += pause.length.get();
        waited.told.push(pause.to_string());
        drop(waited);
        Box::pin(async {})
    }
}

/// Collects `scope` from ninety days before now.
pub(crate) fn wanted(scope: &str) -> Wanted {
    let since = Timestamp::from_millis(NOW.as_millis() - Millis::days(90).get());
    Wanted { name: "work".to_owned(), scopes: vec![scope.to_owned()], since }
}

/// The instant `minutes` before now, as systems write it.
pub(crate) fn ago(minutes: i64) -> String {
    Timestamp::from_millis(NOW.as_millis() - minutes * 60_000).to_string()
}

/// Runs a test to its end, on one thread.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

pub(crate) fn stream(source: &dyn Source, what: &str) -> Stream {
    source.streams().into_iter().find(|stream| stream.what == what).unwrap()
}

/// Pulls a stream to its end; the pages in order.
pub(crate) async fn pull_all(
    source: &dyn Source,
    what: &str,
    from: Option<&str>,
) -> Result<Vec<Page>, PullError> {
    let stream = stream(source, what);
    let mut pages: Vec<Page> = Vec::new();
    loop {
        let cursor = pages.last().map(|page| page.next.as_str()).or(from);
        let page = source.pull(&stream, cursor).await?;
        let done = page.done;
        pages.push(page);
        assert!(pages.len() < 200, "it never ends");
        if done {
            return Ok(pages);
        }
    }
}

/// What was collected, as texts in order: `review 1 {...}`.
pub(crate) fn texts(records: &[Record]) -> Vec<String> {
    let text =
        |it: &Record| format!("{} {} {} {}", it.scope, it.what, it.parent, Ordered(&it.body));
    records.iter().map(text).collect()
}

/// An error with all its causes, as a user sees it.
pub(crate) fn shown(err: &PullError) -> String {
    let mut text = format!("{err}; {err:?}");
    let mut cause = std::error::Error::source(err);
    while let Some(err) = cause {
        text = format!("{text}: {err}");
        cause = err.source();
    }
    text
}
