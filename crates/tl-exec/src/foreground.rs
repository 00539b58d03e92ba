//! A child in the foreground: what somebody would have typed, run as they would have run it.
//!
//! In: a program and its arguments. Out: [`Ended`]. Start at [`run`]. **Invariants:** the child has
//! our terminal, streams and variables, for it is the user's own command; when its time is over,
//! everything that it started goes with it; how it ended is told as it was, never as success.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::Duration;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it; `None` also where the system has none.
    pub signal: Option<i32>,
    /// Whether it was stopped because its time was over.
    pub timed_out: bool,
}

/// Why a child did not run, or nobody knows how it ended.
#[derive(Debug, thiserror::Error)]
pub enum ForegroundError {
    /// There is no program.
    #[error("no program was given")]
    Empty,
    /// It could not be started.
    #[error("failed to start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
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
const POLL: Duration = Duration::from_millis(20);

/// How long a child that was asked to end may take to do so.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a program to its end, in a directory (`None`: ours), for at most `timeout` (`None`: as long
/// as it takes).
///
/// Where there is a limit, the child is the head of a process group of its own, so that what it
/// started ends with it: first asked to (`SIGTERM`), five seconds later not asked. A terminal's
/// Ctrl-C reaches it only without a limit.
pub fn run(
    argv: &[String],
    dir: Option<&Path>,
    timeout: Option<Duration>,
) -> Result<Ended, ForegroundError> {
    let Some((program, args)) = argv.split_first() else { return Err(ForegroundError::Empty) };
    let named = || program.clone();
    let mut child = start(program, args, dir, timeout.is_some())
        .map_err(|source| ForegroundError::Start { program: named(), source })?;
    let failed = |source| ForegroundError::Wait { program: named(), source };
    let Some(limit) = timeout else {
        return child.wait().map(|status| ended(status, false)).map_err(failed);
    };
    if let Some(status) = wait(&mut child, limit).map_err(failed)? {
        return Ok(ended(status, false));
    }
    stop(&mut child, false);
    let status = wait(&mut child, GRACE).map_err(failed)?;
    // What the child left behind is stopped, also where it ended itself.
    stop(&mut child, true);
    let status = match status {
        Some(status) => status,
        None => child.wait().map_err(failed)?,
    };
    Ok(ended(status, true))
}

#[expect(clippy::disallowed_methods, reason = "this is the place that the ban points at")]
fn start(program: &str, args: &[String], dir: Option<&Path>, group: bool) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.args(args);
    if let Some(dir) = dir {
        command.current_dir(dir);
    }
    #[cfg(unix)]
    if group {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    #[cfg(not(unix))]
    let _ = group;
    command.spawn()
}

/// Waits until the child ends, at most for a time.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= limit {
            return Ok(None);
        }
        thread::sleep(POLL);
        waited += POLL;
    }
}

/// Asks the child's group to end, or ends it.
fn stop(child: &mut Child, at_once: bool) {
    #[cfg(unix)]
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        use rustix::process::{Signal, kill_process_group};
        let signal = if at_once { Signal::KILL } else { Signal::TERM };
        // A group that is gone needs no signal.
        kill_process_group(group, signal).ok();
    }
    #[cfg(not(unix))]
    if at_once {
        // A child that is gone needs no end.
        child.kill().ok();
    }
}

fn ended(status: ExitStatus, timed_out: bool) -> Ended {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    Ended { code: status.code(), signal, timed_out }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn sh(script: &str, timeout: Option<Duration>) -> Ended {
        let argv = ["sh", "-c", script].map(str::to_owned);
        run(&argv, None, timeout).unwrap()
    }

    #[test]
    fn how_it_ended_is_told_as_it_was() {
        assert_eq!(sh("exit 3", None), Ended { code: Some(3), signal: None, timed_out: false });
        assert_eq!(sh("kill -9 $$", None), Ended { code: None, signal: Some(9), timed_out: false });
        let with_limit = sh("exit 0", Some(Duration::from_secs(60)));
        assert_eq!(with_limit, Ended { code: Some(0), signal: None, timed_out: false });
    }

    #[test]
    fn what_runs_for_too_long_ends_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("alive");
        let script = format!("(sleep 2; touch '{}') & sleep 60", mark.display());
        let ended = sh(&script, Some(Duration::from_millis(100)));
        assert!(ended.timed_out && ended.code != Some(0), "{ended:?}");
        thread::sleep(Duration::from_millis(2_500));
        assert!(!mark.exists(), "a child of the child went on");
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let argv = ["no-such-program".to_owned()];
        let err = run(&argv, None, None).unwrap_err();
        assert_eq!(err.to_string(), "failed to start `no-such-program`");
        assert!(matches!(run(&[], None, None), Err(ForegroundError::Empty)));
    }
}
