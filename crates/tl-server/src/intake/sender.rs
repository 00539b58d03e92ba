//! Senders of webhooks: what the configuration says of each, and by which headers their deliveries are
//! known.
//!
//! In: name, system and secrets of a sender. Out: [`Sender`], and of a request its [`Delivery`]. Start at
//! `Sender::delivery`. **Invariant:** no secret and no signature is stored: of the headers only those
//! that say what the body is, and only those of the sender's own system, so that who may send as one
//! system does not send as another.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};
use tl_core::record::{System, UnknownSystem};
use tl_core::time::Timestamp;
use tl_ledger::deliveries::Delivery;

/// Most bytes of a body that may be configured: what GitHub sends at most.
pub const MOST_BYTES: usize = 25 << 20;

/// Most bytes of a body where nothing is configured.
pub const USUAL_BYTES: usize = 8 << 20;

/// Longest header that is stored, in bytes.
const HEADER: usize = 1_024;

/// A secret that a sender shares with us; it never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Keeps a secret; `None` where there is nothing to keep.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.as_bytes().to_vec()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a sender speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// The webhooks of a system.
    System(System),
    /// CDEvents, CloudEvents or events in the neutral form.
    Events,
}

/// Names of [`Speech::Events`] in the configuration.
const EVENTS: [&str; 3] = ["cdevents", "cloudevents", "events"];

impl FromStr for Speech {
    type Err = UnknownSystem;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if EVENTS.contains(&name) { Ok(Self::Events) } else { name.parse().map(Self::System) }
    }
}

/// One who may send webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// What it speaks.
    pub speech: Speech,
    /// Its secrets: several while one takes another's place. Without any nobody can tell who sends, see
    /// [`super::Options::unsigned`].
    pub secrets: Vec<Secret>,
    /// Most bytes of a body, at most [`MOST_BYTES`].
    pub most_bytes: usize,
}

impl Sender {
    /// Headers that name the event, in small letters.
    const fn event_headers(&self) -> &'static [&'static str] {
        match self.speech {
            Speech::System(System::Github) => &["x-github-event"],
            Speech::System(System::Gitea) => &["x-gitea-event", "x-forgejo-event"],
            Speech::System(System::Gitlab) => &["x-gitlab-event"],
            Speech::System(System::Bitbucket) => &["x-event-key"],
            Speech::System(System::Circleci) => &["circleci-event-type"],
            Speech::System(System::Sentry) => &["sentry-hook-resource"],
            Speech::System(_) => &[],
            Speech::Events => &["ce-type", "ce-id", "ce-source", "ce-specversion"],
        }
    }

    /// Headers with the sender's own id of a delivery, the same when it is sent again.
    const fn id_headers(&self) -> &'static [&'static str] {
        match self.speech {
            Speech::System(System::Github) => &["x-github-delivery"],
            Speech::System(System::Gitea) => {
                &["x-gitea-delivery", "x-forgejo-delivery", "x-github-delivery"]
            }
            Speech::System(System::Gitlab) => &["webhook-id", "idempotency-key"],
            Speech::System(System::Jira) => &["x-atlassian-webhook-identifier"],
            Speech::System(System::Bitbucket) => &["x-request-uuid"],
            Speech::System(System::Sentry) => &["request-id"],
            Speech::System(_) => &[],
            Speech::Events => &["ce-id", "webhook-id"],
        }
    }

    /// What a request delivers. Where the sender has no id of its own, its content is one.
    pub(super) fn delivery(
        &self,
        name: &str,
        headers: &HeaderMap,
        body: Vec<u8>,
        received: Timestamp,
    ) -> Delivery {
        let text = |header: &str| {
            let value = headers.get(header)?.to_str().ok()?.trim();
            (!value.is_empty() && value.len() <= HEADER).then(|| value.to_owned())
        };
        let id = self.id_headers().iter().find_map(|header| text(header)).unwrap_or_default();
        let kept: Vec<(String, String)> = ["content-type"]
            .iter()
            .chain(self.event_headers())
            .filter_map(|header| Some(((*header).to_owned(), text(header)?)))
            .collect();
        let digest = digest(name, &id, &kept, &body);
        Delivery { source: name.to_owned(), id, digest, received, headers: kept, body }
    }
}

/// By this a delivery is known again: of all that it is, each part with its length.
fn digest(name: &str, id: &str, headers: &[(String, String)], body: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(name.as_bytes());
    part(id.as_bytes());
    for (header, value) in headers {
        part(header.as_bytes());
        part(value.as_bytes());
    }
    part(body);
    let all = hash.finalize();
    let mut digest = [0; 16];
    digest.copy_from_slice(&all[..16]);
    digest
}
