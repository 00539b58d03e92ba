//! A program that nobody trusts, started where it can reach next to nothing.
//!
//! In: a [`Spec`]. Out: a dialogue with it. Start at [`run_dialogue`]. We start our own program once
//! more with the arguments of [`Spec`]; it calls [`enter`], which confines itself and then becomes
//! the program. So standard input is the program's own from its first byte.
//! **Invariant:** a program is executed only behind every fence: where one cannot be put up,
//! [`enter`] returns and nothing is started. Linux only; elsewhere [`check`] says so.

#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod filter;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::dialogue::{self, DialogueError, Limits, Next};

/// First argument of our own program that leads to [`enter`].
pub const COMMAND: &str = "sandbox-exec";

/// What is started, and what it may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Path of the program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its working directory; `None` for its temporary home.
    pub dir: Option<PathBuf>,
    /// Files and directories that it may read and execute, beside the system's.
    pub read: Vec<PathBuf>,
    /// `PATH` for it: the only variable that it gets of ours.
    pub path: OsString,
}

/// This machine has no sandbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Not Linux, or a processor without filters of system calls.
    #[error(
        "a server is started in a sandbox alone, which is there on Linux on x86-64, arm64 and riscv64"
    )]
    System,
    /// The kernel has no Landlock, or it is switched off.
    #[error(
        "a server is started in a sandbox alone, and this kernel has no Landlock: it takes Linux 5.13 or newer with `landlock` in `lsm=`"
    )]
    Landlock,
}

/// Why [`enter`] returned.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// We were called with something else than what [`run_dialogue`] gives.
    #[error("`sandbox-exec` is called by this program alone")]
    Arguments,
    /// No sandbox here.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A fence could not be put up.
    #[error("failed to {what}: {why}")]
    Fence {
        /// Which one.
        what: &'static str,
        /// What the system said.
        why: String,
    },
    /// All fences stand, but the program could not be executed.
    #[error("failed to execute `{program}`: {source}")]
    Execute {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl EnterError {
    /// Exit status by which [`run_dialogue`] knows it.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Execute { .. } => dialogue::NOT_STARTED,
            _ => dialogue::NOT_CONFINED,
        }
    }
}

/// Whether this machine has a sandbox.
///
/// # Errors
/// It has none, and why.
pub fn check() -> Result<(), Unavailable> {
    #[cfg(target_os = "linux")]
    return confine::check();
    #[cfg(not(target_os = "linux"))]
    return Err(Unavailable::System);
}

/// Starts `spec` in the sandbox by way of `own`, the path of our own program; sends `opening`, and
/// answers its lines by `on_line` until that is [`Next::Done`].
///
/// # Errors
/// No sandbox, or whatever the program did in place of answering.
pub fn run_dialogue(
    own: &std::path::Path,
    spec: &Spec,
    limits: &Limits,
    opening: Vec<u8>,
    on_line: &mut dyn FnMut(&[u8]) -> Next,
) -> Result<(), DialogueError> {
    check()?;
    let home = tempfile::Builder::new().prefix("throughline-").tempdir();
    let home = home.map_err(DialogueError::Prepare)?;
    // Rules hold for what a path leads to, so links on the way to a temporary directory are followed.
    let directory = home.path().canonicalize().map_err(DialogueError::Prepare)?;
    let dir = spec.dir.as_ref().unwrap_or(&directory);
    let mut command = own_program(own);
    command.arg(COMMAND).arg(&directory).arg(spec.read.len().to_string()).args(&spec.read);
    command.arg(&spec.program).args(&spec.args);
    command.env_clear().env("PATH", &spec.path).env("LANG", "C.UTF-8");
    command.env("HOME", &directory).env("TMPDIR", &directory).current_dir(dir);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(DialogueError::Prepare)?;
    dialogue::converse(child, &directory, limits, opening, on_line)
}

#[expect(clippy::disallowed_methods, reason = "beside `process`, the place that the ban points at")]
fn own_program(path: &std::path::Path) -> Command {
    Command::new(path)
}

/// What our own program is given behind [`COMMAND`].
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// The one directory that may be written.
    write: PathBuf,
    read: Vec<PathBuf>,
    program: OsString,
    args: Vec<OsString>,
}

/// Takes the arguments apart: directory, number of what may be read, these, program, its arguments.
fn entry(args: impl IntoIterator<Item = OsString>) -> Option<Entry> {
    let mut args = args.into_iter();
    let write = PathBuf::from(args.next()?);
    let count: usize = args.next()?.to_str()?.parse().ok()?;
    let read: Vec<PathBuf> = args.by_ref().take(count).map(PathBuf::from).collect();
    let program = args.next().filter(|_| read.len() == count)?;
    Some(Entry { write, read, program, args: args.collect() })
}

/// Confines this process by the arguments behind [`COMMAND`], and becomes the program that they
/// name. Returns only where that failed. To be called before any thread is started.
pub fn enter(args: impl IntoIterator<Item = OsString>) -> EnterError {
    let Some(entry) = entry(args) else { return EnterError::Arguments };
    #[cfg(target_os = "linux")]
    return confine::enter(&entry);
    #[cfg(not(target_os = "linux"))]
    return EnterError::Unavailable(Unavailable::System);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn arguments_of_the_program_are_never_taken_for_ours() {
        let entry = entry(words(&["/tmp/x", "1", "/opt/server", "/bin/sh", "2", "--", "/etc"]));
        let entry = entry.unwrap();
        assert_eq!(entry.read, [PathBuf::from("/opt/server")]);
        assert_eq!((entry.program, entry.args), ("/bin/sh".into(), words(&["2", "--", "/etc"])));
    }

    #[test]
    fn what_run_dialogue_does_not_say_confines_nothing_and_starts_nothing() {
        for args in
            [&[][..], &["/tmp"], &["/tmp", "x", "sh"], &["/tmp", "2", "a", "b"], &["/tmp", "0"]]
        {
            assert!(entry(words(args)).is_none(), "{args:?}");
            assert!(matches!(enter(words(args)), EnterError::Arguments));
        }
    }
}
