//! Child processes of the tasks: `cargo`, `git` and the tools that check.
//!
//! In: a program and its arguments. Out: an exit status or what it printed. This is the one place
//! of xtask that starts anything. `tl-exec` is left alone: it would make every check wait for the
//! compilation of a git library.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// A command that inherits this process's streams and environment.
#[expect(clippy::disallowed_methods, reason = "xtask runs developer tools, with no limit on time")]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// `cargo`, in the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut cargo = command("cargo");
    cargo.current_dir(root());
    cargo
}

/// The root of this workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Runs a command to its end; `true` if it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, Failure> {
    let doing = format!("run {}", shown(command));
    command.status().map(|status| status.success()).map_err(Failure::io(doing))
}

/// Runs a command to its end and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    if succeeds(command)? {
        return Ok(());
    }
    Err(Failure::Program(format!("{} failed", shown(command))))
}

/// Runs a command to its end and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let doing = format!("run {}", shown(command));
    let output = command.stderr(Stdio::inherit()).output().map_err(Failure::io(doing))?;
    if !output.status.success() {
        return Err(Failure::Program(format!("{} failed", shown(command))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program answers when it is asked for something harmless.
pub(crate) fn answers(program: &str, args: &[&str]) -> bool {
    command(program)
        .args(args)
        .current_dir(root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    format!("`{}`", words.join(" "))
}
