//! Child processes: the only place that starts any.
//!
//! In: a program and its arguments, never a shell string. Out: [`Output`].
//! Start at [`run`]. **Invariant:** the child sees only the variables it is given, is killed when
//! its time is over, and cannot fill the memory with output.

use std::ffi::OsStr;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// How a program is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its working directory; `None` for ours.
    pub dir: Option<PathBuf>,
    /// Its environment. `PATH` is passed on from ours in addition, unless it is given here.
    pub env: Vec<(String, String)>,
    /// What it reads from standard input.
    pub stdin: Vec<u8>,
    /// After this time it is killed.
    pub timeout: Duration,
    /// Bytes kept of each of its outputs; the rest is read and dropped.
    pub output_limit: usize,
}

impl Default for Options {
    /// Our directory, an empty environment, no input, one minute, 16 MiB.
    fn default() -> Self {
        Self {
            dir: None,
            env: Vec::new(),
            stdin: Vec::new(),
            timeout: Duration::from_secs(60),
            output_limit: 16 << 20,
        }
    }
}

/// What a program said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// Its standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// Whether either output was longer than the limit.
    pub truncated: bool,
}

/// Why a program gave no output.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started: it does not exist, or may not be executed.
    #[error("failed to start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ran for too long and was killed.
    #[error("`{program}` did not end within {} s and was killed", .timeout.as_secs_f64())]
    Timeout {
        /// The program.
        program: String,
        /// How long it had.
        timeout: Duration,
    },
    /// It could not be waited for.
    #[error("failed to wait for `{program}`")]
    Wait {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
}

/// How often a running child is looked after.
const POLL: Duration = Duration::from_millis(2);

/// Runs a program to its end. A non-zero exit is an [`Output`], not an error.
pub fn run<A: AsRef<OsStr>>(
    program: &str,
    args: &[A],
    options: &Options,
) -> Result<Output, ProcessError> {
    let child = start(program, args, options);
    let child =
        child.map_err(|source| ProcessError::Start { program: program.to_owned(), source })?;
    finish(program, child, options)
}

#[expect(clippy::disallowed_methods, reason = "this is the place that the ban points at")]
fn start<A: AsRef<OsStr>>(program: &str, args: &[A], options: &Options) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.args(args).env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.envs(options.env.iter().map(|(key, value)| (key, value)));
    if let Some(dir) = &options.dir {
        command.current_dir::<&Path>(dir);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn()
}

/// Feeds the child, reads both of its outputs at the same time, and waits.
fn finish(program: &str, mut child: Child, options: &Options) -> Result<Output, ProcessError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (input, limit) = (options.stdin.clone(), options.output_limit);
    // Not joined, for a child of a killed child may hold its pipes open for as long as it likes.
    let _feeder = thread::spawn(move || {
        // A child that does not read its input closes the pipe: its own business.
        stdin.map(|mut pipe| pipe.write_all(&input))
    });
    let stdout = thread::spawn(move || drain(stdout, limit));
    let stderr = thread::spawn(move || drain(stderr, limit));
    let status = wait(program, &mut child, options.timeout)?;
    let (stdout, more_out) = stdout.join().unwrap_or_default();
    let (stderr, more_err) = stderr.join().unwrap_or_default();
    Ok(Output { status, stdout, stderr, truncated: more_out || more_err })
}

/// Waits until the child ends by itself or its time is over.
fn wait(program: &str, child: &mut Child, timeout: Duration) -> Result<ExitStatus, ProcessError> {
    let failed = |source| ProcessError::Wait { program: program.to_owned(), source };
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(status);
        }
        if waited >= timeout {
            child.kill().and_then(|()| child.wait()).map_err(failed)?;
            return Err(ProcessError::Timeout { program: program.to_owned(), timeout });
        }
        thread::sleep(POLL);
        waited += POLL;
    }
}

/// Reads to the end, keeps the first `limit` bytes, and says whether there was more.
fn drain(pipe: Option<impl Read>, limit: usize) -> (Vec<u8>, bool) {
    let Some(mut pipe) = pipe else { return (Vec::new(), false) };
    let mut kept = Vec::new();
    // What was read before an error is worth keeping.
    drop(pipe.by_ref().take(limit as u64).read_to_end(&mut kept));
    let more = io::copy(&mut pipe, &mut io::sink()).unwrap_or(0);
    (kept, more > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, options: &Options) -> Result<Output, ProcessError> {
        run("sh", &["-c", script], options)
    }

    #[test]
    fn output_and_exit_status_are_handed_on() {
        let output = sh(
            "cat; echo oops >&2; exit 3",
            &Options { stdin: b"hello".to_vec(), ..Options::default() },
        )
        .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (output.stdout.as_slice(), output.stderr.as_slice()),
            (&b"hello"[..], &b"oops\n"[..])
        );
        assert!(!output.truncated);
    }

    #[test]
    fn the_environment_is_clean_but_for_what_is_given() {
        let env = vec![("TL_GIVEN".to_owned(), "yes".to_owned())];
        let output = run("env", &[] as &[&str], &Options { env, ..Options::default() }).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut names: Vec<&str> = text.lines().filter_map(|line| line.split('=').next()).collect();
        names.sort_unstable();
        assert_eq!(names, ["PATH", "TL_GIVEN"]);
    }

    #[test]
    fn a_program_that_does_not_end_is_killed() {
        let options = Options { timeout: Duration::from_millis(50), ..Options::default() };
        for result in [run("sleep", &["30"], &options), sh("sleep 30; true", &options)] {
            assert!(matches!(result, Err(ProcessError::Timeout { .. })), "{result:?}");
        }
    }

    #[test]
    fn endless_output_is_cut_and_does_not_block_the_child() {
        let options = Options { output_limit: 1_000, ..Options::default() };
        let output = sh("head -c 1000000 /dev/zero", &options).unwrap();
        assert_eq!((output.stdout.len(), output.truncated), (1_000, true));
        assert!(output.status.success());
    }

    #[test]
    fn input_that_nobody_reads_is_no_error() {
        let options = Options { stdin: vec![0; 1 << 20], ..Options::default() };
        assert!(sh("exec 0<&-; true", &options).unwrap().status.success());
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let result = run("no-such-program", &[] as &[&str], &Options::default());
        assert_eq!(result.unwrap_err().to_string(), "failed to start `no-such-program`");
    }
}
