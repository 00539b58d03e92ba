//! The server that is measured: started, killed, started again.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::sender::SECRET;

/// Name of the variable that holds the secret.
const VARIABLE: &str = "TL_BENCH_HOOK_SECRET";

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Server {
    program: PathBuf,
    scratch: PathBuf,
    ledger: PathBuf,
    address: SocketAddr,
    child: Child,
    /// Seconds of processor time of those that were killed.
    cpu: f64,
    peak_mib: f64,
}

impl Server {
    pub(crate) async fn start(
        program: &Path,
        scratch: &Path,
        ledger: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        if scratch.exists() {
            fs::remove_dir_all(scratch)?;
        }
        fs::create_dir_all(scratch)?;
        let config =
            format!("[serve.hooks.load]\nsystem = \"github\"\nsecret_env = \"{VARIABLE}\"\n");
        fs::write(scratch.join("config.toml"), config)?;
        // A port that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        // The server is started in a directory of its own.
        let ledger = std::path::absolute(ledger)?;
        let child = spawn(program, scratch, &ledger, address)?;
        let (program, scratch) = (program.to_owned(), scratch.to_owned());
        let mut server = Self { program, scratch, ledger, address, child, cpu: 0.0, peak_mib: 0.0 };
        server.wait().await?;
        Ok(server)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it without a word, as a power cut does, and starts it again.
    pub(crate) async fn kill_and_start(&mut self) -> Result<(), Box<dyn Error>> {
        self.note_usage();
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(&self.program, &self.scratch, &self.ledger, self.address)?;
        self.wait().await
    }

    /// Ends it; processor seconds and the peak of memory in MiB of all that ran.
    pub(crate) fn end(&mut self) -> Result<(f64, f64), Box<dyn Error>> {
        self.note_usage();
        self.child.kill()?;
        self.child.wait()?;
        Ok((self.cpu, self.peak_mib))
    }

    async fn wait(&mut self) -> Result<(), Box<dyn Error>> {
        let address = self.address;
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, listens).await.is_err() {
            return Err(format!("the server does not listen: {:?}", self.child.try_wait()?).into());
        }
        Ok(())
    }

    /// The memory that it has now, in MiB.
    pub(crate) fn memory_mib(&self) -> f64 {
        self.status_mib("VmRSS:")
    }

    /// What the kernel says of it.
    fn said(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }

    /// A size of its status, in MiB; 0 where there is none.
    fn status_mib(&self, name: &str) -> f64 {
        let status = self.said("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    }

    fn note_usage(&mut self) {
        let stat = self.said("stat");
        // User and system time are the 14th and 15th field, counted in hundredths of a second; the name
        // before them may hold spaces.
        let fields =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        self.cpu += fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0;
        self.peak_mib = self.peak_mib.max(self.status_mib("VmHWM:"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[expect(clippy::disallowed_methods, reason = "it runs beside the load and is killed on purpose")]
fn spawn(
    program: &Path,
    scratch: &Path,
    ledger: &Path,
    address: SocketAddr,
) -> Result<Child, Box<dyn Error>> {
    let log = fs::OpenOptions::new().create(true).append(true).open(scratch.join("log"))?;
    let child = Command::new(program)
        .arg("serve")
        .args(["--listen", &address.to_string()])
        .arg("--ledger")
        .arg(ledger)
        .arg("--config")
        .arg(scratch.join("config.toml"))
        .current_dir(scratch)
        .env(VARIABLE, SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok(child)
}
