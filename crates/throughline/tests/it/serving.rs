//! A server of this build, beside a test.
//!
//! In: what follows `serve`. Out: where it listens, and its answers. Start at [`Serving::start`].
//! **Invariant:** it has a home of its own, listens on loopback alone, and ends with the test.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `throughline serve`.
pub(crate) struct Serving {
    process: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) base: String,
    args: Vec<String>,
    variables: Vec<(String, String)>,
    home: TempDir,
}

impl Serving {
    /// Starts it with these arguments and variables, and waits until it listens.
    pub(crate) fn start(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let home = TempDir::new().expect("a test may write to the temporary directory");
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        let variables: Vec<(String, String)> =
            variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (process, base) = spawn(&home, "127.0.0.1:0", &args, &variables);
        Self { process, base, args, variables, home }
    }

    /// Ends it without a word, as a power cut does, and starts it again where it was.
    pub(crate) fn kill_and_start(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it was ours");
        let address = self.host().to_owned();
        let (process, base) = spawn(&self.home, &address, &self.args, &self.variables);
        assert_eq!(base, self.base);
        self.process = process;
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn host(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The body that an address answers with; fails unless its status is 200.
    pub(crate) fn get(&self, path: &str) -> String {
        let (status, body) = ask(self.host(), "GET", path, "", "").expect("the server answers");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Hands an event over, as a deployer would.
    pub(crate) fn tell(&self, event: &str) {
        let header = "content-type: application/json\r\n";
        let answer = ask(self.host(), "POST", "/v1/events", header, event);
        let (status, body) = answer.expect("the server answers");
        assert!(status == 200 && body.contains("\"new\":1"), "{status}: {body}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Whether it was still there is not what the test is about.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A request over a connection of its own: status and body, where there was a whole answer. It is one of
/// HTTP/1.0, so that a body which has no length ends with the connection.
/// Each line of `headers` ends with `\r\n`.
pub(crate) fn ask(
    host: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!(
        "{method} {path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[expect(clippy::disallowed_methods, reason = "it runs beside the test and has no end")]
fn spawn(
    home: &TempDir,
    address: &str,
    args: &[String],
    variables: &[(String, String)],
) -> (Child, String) {
    // Its clock is the real one, unless the variables say otherwise.
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(["serve", "--listen", address])
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env("TZ", "UTC")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut said = BufReader::new(process.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains("listening on ") {
        line.clear();
        let read = said.read_line(&mut line).expect("a pipe can be read");
        assert!(read > 0, "the server ended before it listened");
    }
    // A pipe that nobody reads would stop it some day.
    std::thread::spawn(move || io::copy(&mut said, &mut io::sink()));
    let base = line.split("listening on ").nth(1).and_then(|rest| rest.split(',').next());
    (process, base.expect("it says where").to_owned())
}
