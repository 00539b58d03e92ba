//! A server on this machine that answers as a test scripts it.
//!
//! In: a function from request to [`Reply`]. Out: its address, and what it was asked. Start at
//! [`Server::start`]. **Invariant:** it listens on loopback alone, on a port that the system
//! chooses, answers one connection after the other, and ends when it is dropped or was asked
//! `MOST_REQUESTS` times, so that no test runs for ever.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Requests after which a server ends.
const MOST_REQUESTS: usize = 2_000;

/// Largest request that is read, bytes.
const MOST_BYTES: usize = 1 << 20;

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// One request, as the server sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Path and query: `/repos/acme/api/issues?page=1`.
    pub target: String,
    /// Lines of the head behind the first, names in small letters: `accept: text/html`.
    pub headers: Vec<String>,
    /// What follows the head.
    pub body: String,
    /// How many requests came before it.
    pub before: usize,
}

impl Asked {
    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The value of a parameter, with `%3A` as a colon: that is all that instants need.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        Some(value.replace("%3A", ":"))
    }

    /// The value of a header; `name` in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What the server does.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status, header lines such as `retry-after: 1`, body.
    Full(u16, Vec<String>, String),
    /// The head and the beginning of a body that claims to be longer, then the end.
    Cut(String),
    /// The end, without a word.
    Reset,
}

impl Reply {
    /// Status 200 with a body.
    pub fn ok(body: impl ToString) -> Self {
        Self::status(200, &[], body)
    }

    /// Any status, with header lines and a body.
    pub fn status(status: u16, headers: &[&str], body: impl ToString) -> Self {
        let headers = headers.iter().map(|line| (*line).to_owned()).collect();
        Self::Full(status, headers, body.to_string())
    }

    fn bytes(self) -> Vec<u8> {
        let close = "connection: close\r\ncontent-type: application/json";
        match self {
            Self::Full(status, headers, body) => {
                let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
                let length = body.len();
                let head = format!("HTTP/1.1 {status} -\r\n{close}\r\ncontent-length: {length}");
                format!("{head}\r\n{headers}\r\n{body}").into_bytes()
            }
            Self::Cut(body) => {
                format!("HTTP/1.1 200 -\r\n{close}\r\ncontent-length: 100000\r\n\r\n{body}")
                    .into_bytes()
            }
            Self::Reset => Vec::new(),
        }
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts to answer.
    pub fn start(script: impl Fn(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (asked, over) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<AtomicBool>::default());
        let (list, end) = (Arc::clone(&asked), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().take(MOST_REQUESTS) {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                // A client that goes away in the middle is part of some tests.
                let _gone = stream.and_then(|stream| answer(stream, &script, &list));
            }
        });
        Self { address, asked, over, thread: Some(thread) }
    }

    /// Its address with a path below it, such as `/api/v3`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its host and port, such as `127.0.0.1:4711`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// What it was asked, in order, since it was started or last [`Server::forget`] was called.
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.asked).clone()
    }

    /// Paths and queries that were asked for, in order.
    pub fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.target).collect()
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        locked(&self.asked).clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // It waits for a connection: here is one.
        let _ended = TcpStream::connect(self.address);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

fn locked(list: &Mutex<Vec<Asked>>) -> MutexGuard<'_, Vec<Asked>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(
    mut stream: TcpStream,
    script: &impl Fn(&Asked) -> Reply,
    list: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let Some(mut asked) = read(&mut stream)? else { return Ok(()) };
    {
        let mut list = locked(list);
        asked.before = list.len();
        list.push(asked.clone());
    }
    stream.write_all(&script(&asked).bytes())?;
    stream.shutdown(Shutdown::Both)
}

/// One request; `None` where the client ends before it does.
fn read(stream: &mut TcpStream) -> std::io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    while bytes.len() < MOST_BYTES {
        if let Some(asked) = whole(&String::from_utf8_lossy(&bytes)) {
            return Ok(Some(asked));
        }
        let mut part = [0; 4096];
        match stream.read(&mut part)? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
    Ok(None)
}

/// The request in a text, if all of it is there.
fn whole(text: &str) -> Option<Asked> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some(format!("{}: {value}", name.to_lowercase()))
    });
    let asked = Asked { target, headers: headers.collect(), ..Asked::default() };
    let length = asked.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    (body.len() >= length).then(|| Asked { body: body.to_owned(), ..asked })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.host()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn it_answers_as_scripted_and_remembers_what_it_was_asked() {
        let server = Server::start(|asked| match asked.path() {
            "/a" => Reply::status(429, &["retry-after: 1"], "soon"),
            "/cut" => Reply::Cut("[".to_owned()),
            _ => Reply::ok(&asked.body),
        });
        let first = said(&server, "GET /a?at=9%3A00 HTTP/1.1\r\nX-Name: Ana\r\n\r\n");
        assert!(first.starts_with("HTTP/1.1 429 -\r\n"), "{first}");
        assert!(first.ends_with("\r\nretry-after: 1\r\n\r\nsoon"), "{first}");
        assert!(said(&server, "GET /cut HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n["));
        let posted = said(&server, "POST /b HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi");
        assert!(posted.ends_with("\r\n\r\nhi"), "{posted}");
        assert_eq!(server.targets(), ["/a?at=9%3A00", "/cut", "/b"]);
        let asked = &server.asked()[0];
        assert_eq!(asked.parameter("at").as_deref(), Some("9:00"));
        assert_eq!(asked.header("x-name"), Some("Ana"));
        server.forget();
        assert_eq!(server.targets(), [""; 0]);
    }
}
