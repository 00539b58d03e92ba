//! Registries of packages: whether a name is there, and since when.
//!
//! In: the address of a registry that the user's own package manager uses, and names. Out: [`Found`].
//! Start at [`Registry::ask`]. Follows npm's registry API, the simple API of Python (PEP 691, with
//! the times of PEP 700), Cargo's sparse index and the protocol of Go's module proxies.
//! **Invariants:** one request a name and no second attempt; no token, cookie or name of the user is
//! sent; nothing is followed to another host.

use std::fmt;
use std::path::PathBuf;

use reqwest::header::ACCEPT;
use reqwest::{StatusCode, Url};
use serde_json::Value;
use tl_core::time::Timestamp;

use crate::client::{ConnectError, quiet};
use crate::progress::instant;

/// What kind of registry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// npm and what speaks as it does
    Npm,
    /// the simple API of Python
    Pypi,
    /// a sparse index of Cargo
    Crates,
    /// a proxy of Go modules
    Go,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Npm, Self::Pypi, Self::Crates, Self::Go];

    /// Its name, as in `--registry npm=...`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Crates => "crates",
            Self::Go => "go",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a registry says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It has no such name.
    Missing,
    /// It has it; since when, where it tells.
    There(Option<Timestamp>),
}

/// Why a registry did not say anything of a name.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It is no name of a package.
    #[error("`{name}` cannot be asked for: it is no name of a package of {kind}")]
    Name {
        /// Which registry.
        kind: Kind,
        /// What was asked for.
        name: String,
    },
    /// There was no connection, or it broke.
    #[error("failed to ask the registry of {kind} at `{host}`")]
    Unsent {
        /// Which registry.
        kind: Kind,
        /// Where.
        host: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It answered something else than yes or no.
    #[error("the registry of {kind} at `{host}` answered with status {status}")]
    Refused {
        /// Which registry.
        kind: Kind,
        /// Where.
        host: String,
        /// What it answered.
        status: u16,
    },
}

/// Longest answer that is read; a package with more versions than fit is there all the same.
const BODY: usize = 16 << 20;

/// One registry.
pub struct Registry {
    http: reqwest::Client,
    kind: Kind,
    base: Url,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registry({} at {})", self.kind, self.base)
    }
}

impl Registry {
    /// Makes a client of a registry. Opens no connection yet.
    ///
    /// # Errors
    /// The address cannot be used, or TLS cannot be set up.
    pub fn new(
        kind: Kind,
        base: &str,
        certificates: Option<PathBuf>,
    ) -> Result<Self, ConnectError> {
        let base = base.strip_prefix("sparse+").unwrap_or(base);
        let (http, base) = quiet(base, certificates.as_deref())?;
        Ok(Self { http, kind, base })
    }

    /// What kind of registry it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Asks for one name.
    ///
    /// # Errors
    /// It is no name, the registry cannot be reached, or it says neither yes nor no.
    pub async fn ask(&self, name: &str) -> Result<Found, AskError> {
        let wrong = || AskError::Name { kind: self.kind, name: name.to_owned() };
        let url = address(self.kind, &self.base, name).ok_or_else(wrong)?;
        let host = || self.base.host_str().unwrap_or_default().to_owned();
        let unsent = |err: reqwest::Error| AskError::Unsent {
            kind: self.kind,
            host: host(),
            source: err.without_url(),
        };
        let accept = match self.kind {
            Kind::Pypi => "application/vnd.pypi.simple.v1+json, text/html;q=0.1",
            Kind::Npm | Kind::Go => "application/json",
            Kind::Crates => "text/plain",
        };
        let sent = self.http.get(url).header(ACCEPT, accept).send().await;
        let mut response = sent.map_err(unsent)?;
        match response.status() {
            // 410: Go's proxies and Cargo's index say so of what was taken away.
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Found::Missing),
            status if status.is_success() => {}
            status => {
                let (kind, status) = (self.kind, status.as_u16());
                return Err(AskError::Refused { kind, host: host(), status });
            }
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unsent)? {
            if body.len() + chunk.len() > BODY {
                return Ok(Found::There(None));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Found::There(since(self.kind, &body)))
    }
}

/// Address of a name; `None` for what is no name.
fn address(kind: Kind, base: &Url, name: &str) -> Option<Url> {
    let plain = |part: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        !part.is_empty() && part.bytes().all(inner) && part != "." && part != ".."
    };
    let scoped = name.strip_prefix('@').and_then(|rest| rest.split_once('/'));
    let good = match (kind, scoped) {
        (Kind::Npm, Some((scope, rest))) => plain(scope) && plain(rest),
        (Kind::Go, None) => name.split('/').all(plain) && name.contains('.'),
        (_, None) => plain(name),
        (_, Some(_)) => false,
    };
    if !good || name.len() > 200 {
        return None;
    }
    let mut url = base.clone();
    let mut path = url.path_segments_mut().ok()?;
    path.pop_if_empty();
    match kind {
        // The slash of a scope is part of the name, and so escaped.
        Kind::Npm => path.push(name),
        Kind::Pypi => path.push(name).push(""),
        Kind::Crates => {
            let name = name.to_ascii_lowercase();
            match name.len() {
                1 => path.push("1"),
                2 => path.push("2"),
                3 => path.push("3").push(&name[..1]),
                _ => path.push(&name[..2]).push(&name[2..4]),
            }
            .push(&name)
        }
        Kind::Go => {
            for part in name.split('/') {
                // Capitals are written with `!` before the small letter.
                let escaped: String = part
                    .chars()
                    .flat_map(|c| {
                        let mark = c.is_ascii_uppercase().then_some('!');
                        mark.into_iter().chain([c.to_ascii_lowercase()])
                    })
                    .collect();
                path.push(&escaped);
            }
            path.push("@latest")
        }
    };
    drop(path);
    Some(url)
}

/// When a package was first published, where the registry tells.
fn since(kind: Kind, body: &[u8]) -> Option<Timestamp> {
    match kind {
        Kind::Npm => {
            let value: Value = serde_json::from_slice(body).ok()?;
            instant(value.get("time")?, "created")
        }
        Kind::Pypi => {
            let value: Value = serde_json::from_slice(body).ok()?;
            let files = value.get("files")?.as_array()?;
            files.iter().filter_map(|file| instant(file, "upload-time")).min()
        }
        Kind::Crates => {
            let lines = std::str::from_utf8(body).ok()?.lines();
            let times = lines.filter_map(|line| {
                let value: Value = serde_json::from_str(line).ok()?;
                instant(&value, "pubtime")
            });
            times.min()
        }
        // It has the time of the latest version only.
        Kind::Go => None,
    }
}

#[cfg(test)]
mod tests;
