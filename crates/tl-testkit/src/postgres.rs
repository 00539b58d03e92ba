//! A real PostgreSQL server for tests.
//!
//! In: nothing. Out: an empty database each. Start at [`database`]; who wants the server to fall, at
//! [`Falling::start`]. **Invariant:** a server that
//! was started ends with this process, also when that is killed: a shell beside it waits for the
//! end of a pipe that only this process holds, then stops the server and removes its directory.
//!
//! The server's programs are looked for in `PATH` and where Debian puts them. Where they are
//! missing, tests that need them are skipped, loudly; under `TL_REQUIRE_ALL=1` they fail. With
//! `TL_TEST_POSTGRES=URL`, databases are made on that server instead, and dropped again.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tl_exec::process;

/// An empty database.
#[derive(Debug)]
pub struct Database {
    url: String,
    /// How to drop it, where its server goes on.
    dropped_by: Option<(PathBuf, String)>,
}

impl Database {
    /// Its URL, which begins with `postgres://`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((psql, name)) = &self.dropped_by {
            let server = given().expect("it was given when the database was made");
            sql(psql, &server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Makes an empty database; `None` where there is no PostgreSQL and none is required.
///
/// # Panics
///
/// When a server does not start, or there is none under `TL_REQUIRE_ALL=1`.
pub fn database() -> Option<Database> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    static SERVER: LazyLock<Option<Server>> = LazyLock::new(Server::start);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("throughline_test_{}_{number}", std::process::id());
    let create = format!("CREATE DATABASE {name}");
    if let Some(server) = given() {
        let psql = programs().map_or_else(|| PathBuf::from("psql"), |bin| bin.join("psql"));
        sql(&psql, &server, &create);
        let (before, parameters) = server.split_once('?').unwrap_or((&server, ""));
        let host = before.strip_prefix("postgres://").unwrap_or(before);
        let host = host.split('/').next().unwrap_or_default();
        let url = format!("postgres://{host}/{name}?{parameters}");
        return Some(Database { url, dropped_by: Some((psql, name)) });
    }
    Some(Database { url: SERVER.as_ref()?.made(&name), dropped_by: None })
}

/// A database on a server of its own, which may be killed.
pub struct Falling {
    server: Server,
    url: String,
}

impl Falling {
    /// Starts it; `None` where there is no PostgreSQL and none is required.
    ///
    /// # Panics
    ///
    /// As [`database`].
    pub fn start() -> Option<Self> {
        let server = Server::start()?;
        let url = server.made("throughline_test");
        Some(Self { server, url })
    }

    /// URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server falls as it does when its machine goes down, and is started again, which makes it
    /// recover from its log.
    ///
    /// # Panics
    ///
    /// When it does not start again.
    pub fn fall_and_rise(&mut self) {
        self.server.say("fall");
        assert_eq!(self.server.hear(), "risen\n", "{}", self.server.log());
    }
}

/// The server to use, where one is given.
fn given() -> Option<String> {
    let url = std::env::var_os("TL_TEST_POSTGRES").filter(|url| !url.is_empty())?;
    Some(url.into_string().expect("a URL is UTF-8"))
}

/// A server of our own.
struct Server {
    programs: PathBuf,
    directory: PathBuf,
    /// Its standard input is the pipe that the shell waits on.
    shell: Child,
    /// What the shell says.
    said: BufReader<ChildStdout>,
}

/// `$1` the server's programs, `$2` a directory of ours. No TCP: the socket is in the directory.
/// What a power cut would lose is gone anyway, so nothing is synced.
const SCRIPT: &str = r#"
    cd "$2" || exit 1
    "$1/initdb" -D data -U tester -A trust -E UTF8 --locale=C --no-sync >log 2>&1 || exit 1
    "$1/pg_ctl" -D data -l log -w -o "-k '$2' -h '' -F -c max_connections=50" start \
        >pg_ctl.log 2>&1 || exit 1
    echo ready
    while read -r _; do
        "$1/pg_ctl" -D data -l log -w -m immediate restart >pg_ctl.log 2>&1 || exit 1
        echo risen
    done
    "$1/pg_ctl" -D data -m immediate stop >/dev/null 2>&1
    rm -rf "$2"
"#;

/// The user `nobody` of Debian: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

impl Server {
    #[expect(clippy::print_stderr, reason = "a test that tests nothing must say so")]
    fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            let required = std::env::var_os("TL_REQUIRE_ALL").is_some_and(|set| set == "1");
            assert!(!required, "PostgreSQL is missing: install the package `postgresql`");
            eprintln!("SKIPPED: PostgreSQL is missing; install the package `postgresql`");
            return None;
        };
        let directory = tempfile::Builder::new().prefix("tl-pg-").tempdir();
        // The shell removes it.
        let directory = directory.expect("a test may write to the temporary directory").keep();
        // Only root may give it away, and only root has to.
        let as_nobody = std::os::unix::fs::chown(&directory, Some(NOBODY), Some(NOBODY)).is_ok();
        let mut shell = shell(as_nobody, &programs, &directory);
        let said = BufReader::new(shell.stdout.take().expect("it is piped"));
        let mut server = Self { programs, directory, shell, said };
        assert_eq!(server.hear(), "ready\n", "PostgreSQL does not start: {}", server.log());
        Some(server)
    }

    /// Makes a database; its URL.
    fn made(&self, name: &str) -> String {
        let url = |name: &str| format!("postgres://tester@localhost/{name}?host={}", self.socket());
        sql(&self.programs.join("psql"), &url("postgres"), &format!("CREATE DATABASE {name}"));
        url(name)
    }

    fn say(&mut self, word: &str) {
        let input = self.shell.stdin.as_mut().expect("it is piped");
        writeln!(input, "{word}").expect("the shell reads");
    }

    fn hear(&mut self) -> String {
        let mut said = String::new();
        self.said.read_line(&mut said).expect("a pipe can be read");
        said
    }

    fn log(&self) -> String {
        let log = |name| std::fs::read_to_string(self.directory.join(name)).unwrap_or_default();
        format!("{}{}", log("log"), log("pg_ctl.log"))
    }

    /// The directory of the socket, as a URL writes it.
    fn socket(&self) -> String {
        self.directory.display().to_string().replace('/', "%2F")
    }
}

#[expect(clippy::disallowed_methods, reason = "it runs beside the test and has no end of its own")]
fn shell(as_nobody: bool, programs: &Path, directory: &Path) -> Child {
    let mut command = if as_nobody {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh"]);
        command
    } else {
        std::process::Command::new("sh")
    };
    command.args(["-c", SCRIPT, "sh"]).arg(programs).arg(directory).current_dir(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("`sh` and `setpriv` are part of every Debian")
}

/// The directory with the server's programs: one of `PATH`, or Debian's newest.
fn programs() -> Option<PathBuf> {
    let complete = |bin: &PathBuf| {
        ["initdb", "pg_ctl", "postgres", "psql"].iter().all(|name| bin.join(name).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(bin) = std::env::split_paths(&path).find(complete) {
        return Some(bin);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| complete(bin))
        .max()
        .map(|(_, bin)| bin)
}

fn sql(psql: &Path, url: &str, statement: &str) {
    let args = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, "-d", url].map(OsStr::new);
    let program = psql.to_str().expect("the path of a program is UTF-8");
    let output = process::run(program, &args, &process::Options::default());
    let output = output.expect("`psql` starts and ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{statement}` failed: {said}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_new_and_answers() {
        let (Some(a), Some(b)) = (database(), database()) else { return };
        assert_ne!(a.url(), b.url());
        let psql = programs().expect("the server was started").join("psql");
        for database in [a, b] {
            sql(&psql, database.url(), "CREATE TABLE t (n INTEGER)");
        }
    }
}
