//! The one place where errors meet the user: kind, exit code, hint, and how the chain is printed.
//!
//! In: the error enums of every crate. Out: [`CommandError`], printed once by `main` through
//! [`CommandError::show`]. **Invariant:** whoever makes an error says what was being done; who
//! decides what it means for the user is here.

use std::error::Error;
use std::fmt::Write as _;
use std::io;

use crate::config::ConfigError;
use crate::ui::{Ink, OutputError, visible};

/// How a command ended that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done: exit code 0.
    Done,
    /// The answer is no (a gate, findings, something broken): exit code 1.
    No,
    /// The evidence is not whole, so that there is no answer: exit code 3.
    Unproven,
    /// Nothing is wrong but what was put off, and is over its end: exit code 4.
    Overdue,
}

/// What every command returns.
pub(crate) type CmdResult = Result<Outcome, CommandError>;

/// Whose turn it is to mend an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// Bad arguments or configuration: exit code 2.
    Usage,
    /// The world is not as it must be (missing, no permission, broken): exit code 3.
    Environment,
    /// Our bug: exit code 70.
    Bug,
    /// Who read our output closed it: nothing to say, exit code 0.
    OutputClosed,
}

/// An error on its way to the user.
#[derive(Debug)]
pub(crate) struct CommandError {
    kind: ErrorKind,
    error: Box<dyn Error + Send + Sync>,
    hints: Vec<String>,
}

impl Outcome {
    /// The exit code.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Unproven => 3,
            Self::Overdue => 4,
        }
    }
}

impl CommandError {
    /// The user gave bad arguments or configuration.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: ErrorKind::Usage, error: error.into(), hints: Vec::new() }
    }

    /// Something outside the program is missing, broken or not allowed.
    pub(crate) fn environment(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: ErrorKind::Environment, error: error.into(), hints: Vec::new() }
    }

    /// Something that cannot happen happened.
    pub(crate) fn bug(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: ErrorKind::Bug, error: error.into(), hints: vec![BUG_HINT.to_owned()] }
    }

    /// Adds what the user can do about it, printed after the error in the order given.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a hint where there is one.
    #[must_use]
    pub(crate) fn maybe_hint(self, hint: Option<&str>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The exit code.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::OutputClosed => 0,
            ErrorKind::Usage => 2,
            ErrorKind::Environment => 3,
            ErrorKind::Bug => 70,
        }
    }

    /// The error and its causes in one line.
    pub(crate) fn line(&self) -> String {
        causes(self.error.as_ref()).join(": ")
    }

    /// What is to be said of it without labels: causes, then hints, a sentence each.
    pub(crate) fn plain(&self) -> String {
        let mut text = causes(self.error.as_ref()).join(": ");
        for hint in &self.hints {
            text.push_str("; ");
            text.push_str(hint);
        }
        text
    }

    /// The whole text for stderr, empty when there is nothing to say.
    pub(crate) fn show(&self) -> String {
        if self.kind == ErrorKind::OutputClosed {
            return String::new();
        }
        let mut text = String::new();
        for (position, message) in causes(self.error.as_ref()).iter().enumerate() {
            let label = if position == 0 { "error" } else { "caused by" };
            text.push_str(&labelled(Ink::Error, label, message));
        }
        for hint in &self.hints {
            text.push_str(&labelled(Ink::Hint, "hint", hint));
        }
        text
    }
}

/// The messages of an error and its sources, without those that the one before already ends
/// with: some libraries repeat their source's message in their own.
pub(crate) fn causes(err: &(dyn Error + 'static)) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut next = Some(err);
    while let Some(cause) = next {
        let message = cause.to_string();
        if messages.last().is_none_or(|last| !last.ends_with(&message)) {
            messages.push(message);
        }
        next = cause.source();
    }
    messages
}

/// What to do about a missing permission.
const DENIED_HINT: &str = "run as a user who may read it, or change the permissions";

/// Whether a missing permission is behind an error.
fn is_denied(err: &(dyn Error + 'static)) -> bool {
    let mut next = Some(err);
    while let Some(cause) = next {
        if cause.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::PermissionDenied) {
            return true;
        }
        next = cause.source();
    }
    false
}

/// What to do about a bug.
pub(crate) const BUG_HINT: &str =
    "this is a bug in Throughline: please report it with the command line and the text above";

/// `label: text` and a line break, the label in its colour, further lines indented. The text may
/// quote what strangers wrote, so nothing in it reaches the terminal as a command.
pub(crate) fn labelled(ink: Ink, label: &str, text: &str) -> String {
    let style = ink.style();
    let mut line = format!("{style}{label}:{style:#} ");
    let lines: Vec<String> = text.trim_end().lines().map(visible).collect();
    let _infallible = writeln!(line, "{}", lines.join("\n  "));
    line
}

impl From<OutputError> for CommandError {
    fn from(err: OutputError) -> Self {
        if err.0.kind() == io::ErrorKind::BrokenPipe {
            return Self { kind: ErrorKind::OutputClosed, error: err.into(), hints: Vec::new() };
        }
        Self::environment(err)
    }
}

impl From<ConfigError> for CommandError {
    fn from(err: ConfigError) -> Self {
        let hint = match &err {
            ConfigError::Missing { flag, .. } => {
                Some(format!("name a file that exists, or leave out `{flag}`"))
            }
            ConfigError::Value { key, default: Some(default), .. } => Some(format!(
                "the default is `{key} = {default}`; `throughline config defaults` explains each key"
            )),
            ConfigError::Value { default: None, .. } | ConfigError::Syntax { .. } => {
                Some("`throughline config defaults` prints a file to compare with".to_owned())
            }
            ConfigError::Read { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                Some("save it as UTF-8".to_owned())
            }
            ConfigError::Read { source, .. } => {
                let denied = source.kind() == io::ErrorKind::PermissionDenied;
                return Self::environment(err).maybe_hint(denied.then_some(DENIED_HINT));
            }
        };
        Self::usage(err).maybe_hint(hint.as_deref())
    }
}

impl From<tl_exec::git::OpenError> for CommandError {
    fn from(err: tl_exec::git::OpenError) -> Self {
        use tl_exec::git::OpenError;
        let hint = match &err {
            OpenError::NotFound { .. } => Some("check the path for a typing error"),
            OpenError::NotARepository { .. } => Some(
                "name a repository, such as `throughline map PATH`, or make one with `git init`",
            ),
            OpenError::Permission { .. } => Some(DENIED_HINT),
            OpenError::Unsupported { feature, .. } => feature
                .contains("reference format")
                .then_some("a clone with `git clone --ref-format=files` can be read"),
            OpenError::Damaged { source, .. } if is_denied(source) => Some(DENIED_HINT),
            OpenError::Damaged { .. } => Some("`git fsck` in the repository says what is damaged"),
        };
        Self::environment(err).maybe_hint(hint)
    }
}

impl From<tl_exec::git::BranchError> for CommandError {
    fn from(err: tl_exec::git::BranchError) -> Self {
        use tl_exec::git::BranchError;
        match &err {
            // A name that was typed; the message lists the others.
            BranchError::NotFound { .. } => Self::usage(err),
            BranchError::Unclear { branches } => {
                let hint = if branches.is_empty() {
                    "`throughline doctor` says what is there and what cannot be read"
                } else {
                    "name the branch with `--branch NAME`"
                };
                Self::environment(err).hint(hint)
            }
        }
    }
}

impl From<tl_exec::git::ReferencesError> for CommandError {
    fn from(err: tl_exec::git::ReferencesError) -> Self {
        Self::environment(err).hint("`git fsck` in the repository says what is damaged")
    }
}

impl From<tl_exec::git::ReadError> for CommandError {
    fn from(err: tl_exec::git::ReadError) -> Self {
        use tl_exec::git::ReadError;
        let hint = match &err {
            ReadError::Missing { .. } => "`git fetch --refetch` fetches what is missing",
            ReadError::Unreadable { .. } | ReadError::Head { .. } => {
                "`git fsck` in the repository says what is damaged"
            }
            ReadError::Revision { .. } => "`git log` shows the commits that are here",
        };
        Self::environment(err).hint(hint)
    }
}

impl From<tl_collect::history::CollectError> for CommandError {
    fn from(err: tl_collect::history::CollectError) -> Self {
        match err {
            tl_collect::history::CollectError::References(err) => err.into(),
            tl_collect::history::CollectError::Branch(err) => err.into(),
        }
    }
}

impl From<tl_map::explain::UnknownMeasure> for CommandError {
    fn from(err: tl_map::explain::UnknownMeasure) -> Self {
        Self::usage(err)
    }
}

impl From<tl_ledger::cache::CacheError> for CommandError {
    fn from(err: tl_ledger::cache::CacheError) -> Self {
        Self::environment(err)
            .hint("`--ledger none` works without a ledger; the cache can be made again from git")
    }
}

impl From<tl_ledger::projection::ProjectError> for CommandError {
    fn from(err: tl_ledger::projection::ProjectError) -> Self {
        Self::environment(err).hint("`throughline doctor` checks the ledger")
    }
}

impl From<tl_ledger::open::OpenError> for CommandError {
    fn from(err: tl_ledger::open::OpenError) -> Self {
        let hint = err.mend();
        Self::environment(err).maybe_hint(hint)
    }
}

impl From<tl_ledger::append::AppendError> for CommandError {
    fn from(err: tl_ledger::append::AppendError) -> Self {
        use tl_ledger::append::AppendError;
        match &err {
            // What this program appends it made itself.
            AppendError::Event { .. } | AppendError::Json { .. } | AppendError::TooLarge { .. } => {
                Self::bug(err)
            }
            AppendError::Store { source, .. } => {
                let hint = source.mend();
                Self::environment(err).maybe_hint(hint)
            }
        }
    }
}

impl From<tl_ledger::sql::SqlError> for CommandError {
    fn from(err: tl_ledger::sql::SqlError) -> Self {
        use tl_ledger::sql::SqlError;
        match &err {
            SqlError::Statements { .. } => {
                Self::usage(err).hint("put the whole statement in quotes, as one argument")
            }
            SqlError::NotARead { .. } => Self::usage(err),
            SqlError::Refused { message, .. } => {
                // SQLite's own error says the same again in other words.
                let text = format!("SQLite says: {message}");
                Self::usage(text).hint(TABLES_HINT)
            }
            SqlError::TooSlow { .. } => {
                Self::environment(err).hint("narrow the query with `where` or `limit`")
            }
            SqlError::Load { source, .. }
            | SqlError::Attach { source, .. }
            | SqlError::Store { source } => {
                let hint = source.mend();
                Self::environment(err).maybe_hint(hint)
            }
        }
    }
}

/// Where to look for the names of tables and columns.
const TABLES_HINT: &str =
    "`select name, sql from sqlite_schema` lists the tables with their columns";

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to write segment `a`")]
    struct Outer {
        source: io::Error,
    }

    fn plain(err: &CommandError) -> String {
        anstream::adapter::strip_str(&err.show()).to_string()
    }

    #[test]
    fn an_error_is_printed_once_with_its_causes_and_hints() {
        let err = CommandError::environment(Outer { source: io::Error::other("disk full") })
            .hint("free some space");
        assert_eq!(err.exit_code(), 3);
        insta::assert_snapshot!(plain(&err), @r"
        error: failed to write segment `a`
        caused by: disk full
        hint: free some space
        ");
    }

    #[test]
    fn output_that_nobody_reads_is_no_error() {
        let closed = OutputError(io::Error::from(io::ErrorKind::BrokenPipe));
        let err = CommandError::from(closed);
        assert_eq!((err.exit_code(), err.show().as_str()), (0, ""));
        let full = OutputError(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(CommandError::from(full).exit_code(), 3);
    }
}
