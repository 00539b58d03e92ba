//! Why a task ended with exit code 1. One type for all of them: a developer reads it once.

use std::io;

/// Why a task could not be done, or what it found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file, a pipe or a program could not be used.
    #[error("failed to {doing}: {source}")]
    Io {
        /// What was being done, such as "read `deny.toml`".
        doing: String,
        /// What went wrong.
        source: io::Error,
    },
    /// `cargo metadata` failed.
    #[error("failed to read the workspace: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// A program ended with an error, or said what nobody understands.
    #[error("{0}")]
    Program(String),
    /// The task did its work, and the answer is no.
    #[error("{0}")]
    Found(String),
}

impl Failure {
    /// An error of the operating system, with what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}
