//! What is collected from: a [`Source`] has [`Stream`]s, and each is pulled page by page.
//!
//! In: a cursor that an earlier page gave. Out: a [`Page`] of records with the next cursor. The
//! caller stores both as one, and so loses nothing wherever it is stopped.

use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use crate::client::{ConnectError, RequestError};
use crate::clock::Soon;

/// A system we collect from: a forge, a tracker, a CI server, a pager.
///
/// A trait, because the set is open and each one is another network service with its own paging,
/// limits and clock. What follows `pull` is shared, pure, and knows no `Source`.
pub trait Source: Send + Sync {
    /// Name under which its cursors are kept: the one that the user gave it. Never changes.
    fn name(&self) -> &str;

    /// Which system it is.
    fn system(&self) -> System;

    /// What it is pulled in, in a good order: tickets and requests before what refers to them.
    fn streams(&self) -> Vec<Stream>;

    /// Returns the page after `cursor`, or the first page without one.
    ///
    /// Repeatable: one cursor, one answer (as long as the system says the same), so a collection
    /// that was stopped goes on without gaps. A cursor that the system or a newer program no
    /// longer understands begins anew, and [`Page::notes`] says so.
    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>>;
}

/// One list of a source, such as the pull requests of a repository. Its text, such as
/// `acme/api/pulls`, is the name that its cursor is kept under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stream {
    /// Repository, project or job; empty where the source has only one.
    pub scope: String,
    /// What of it: `issues`, `pulls`, `runs`.
    pub what: &'static str,
}

impl std::fmt::Display for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.scope.is_empty() {
            return f.write_str(self.what);
        }
        write!(f, "{}/{}", self.scope, self.what)
    }
}

/// What one pull gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What the system said, oldest change first where it can say it so.
    pub records: Vec<Record>,
    /// Where to go on, now or at the next collection. Opaque: only the source understands it.
    pub next: String,
    /// Whether there is no more for now.
    pub done: bool,
    /// What the user should know, such as that a cursor expired.
    pub notes: Vec<String>,
}

/// What to collect, in the words of every system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The user's name for the source.
    pub name: String,
    /// Repositories, projects or jobs.
    pub scopes: Vec<String>,
    /// How far back the first collection reaches.
    pub since: Timestamp,
}

impl Wanted {
    /// Every kind of stream for every scope, scope by scope.
    pub fn streams(&self, kinds: &[&'static str]) -> Vec<Stream> {
        let of = |scope: &String| {
            let scope = scope.clone();
            kinds.iter().map(move |what| Stream { scope: scope.clone(), what })
        };
        self.scopes.iter().flat_map(of).collect()
    }
}

/// Why a page could not be pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The request failed, after all attempts.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The client could not be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The answer is JSON, and not what the system documents.
    #[error("{system} answered `{path}` without {missing}")]
    Shape {
        /// Who answered.
        system: System,
        /// What was asked for.
        path: String,
        /// What is not there.
        missing: &'static str,
    },
    /// The answer has status 200 and says that something is wrong, as GraphQL does.
    #[error("{system} answers `{path}` with an error: {said}")]
    Told {
        /// Who answered.
        system: System,
        /// What was asked for.
        path: String,
        /// What it says.
        said: String,
    },
    /// There is no such stream in this source.
    #[error("`{stream}` is no stream of {system}")]
    NoStream {
        /// The source.
        system: System,
        /// What was asked for.
        stream: String,
    },
}

impl PullError {
    /// A stream that a source does not have.
    pub fn no_stream(system: System, stream: &Stream) -> Self {
        Self::NoStream { system, stream: stream.to_string() }
    }

    /// What the user can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Request(err) => err.hint(),
            Self::Connect(err) => err.hint(),
            Self::Shape { .. } => Some("is the address that of the API?".to_owned()),
            Self::Told { .. } | Self::NoStream { .. } => None,
        }
    }
}
