//! Who we are: what each system wants to be shown, and texts without it.
//!
//! In: [`Auth`], from the configuration. Out: a [`Sender`] with the headers of every request.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::app::App;
use super::error::ConnectError;
use crate::secret::Secret;

/// How a client shows who it is.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all: what everybody may read.
    None,
    /// `Authorization: Bearer TOKEN`.
    Bearer(Secret),
    /// User and password or token.
    Basic(String, Secret),
    /// A header of the system's own, such as `PRIVATE-TOKEN`: its name in small letters, what
    /// stands before the token, and the token.
    Header(&'static str, &'static str, Secret),
    /// Two keys that are both wanted, each in a header of its own: name in small letters, key.
    Keys([(&'static str, Secret); 2]),
    /// As a GitHub App, with tokens that it is given for an hour.
    App(App),
}

/// What a sender is, for messages about what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// Nobody in particular.
    Nobody,
    /// The owner of a token.
    Token,
    /// A GitHub App, before it has a token.
    App,
}

/// As whom a request is sent.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) identity: Identity,
    pub(super) headers: HeaderMap,
    secrets: Vec<Secret>,
}

impl Sender {
    /// The sender of each request; for an App only until it has a token.
    pub(super) fn of(auth: &Auth) -> Result<Self, ConnectError> {
        match auth {
            Auth::None | Auth::App(_) => Ok(Self::new(Identity::Nobody)),
            Auth::Bearer(secret) => Self::bearer(Identity::Token, secret),
            Auth::Basic(user, secret) => {
                let pair = format!("{user}:{}", secret.reveal());
                let text = format!("Basic {}", BASE64_STANDARD.encode(pair));
                Self::new(Identity::Token).with(AUTHORIZATION, &text, secret)
            }
            Auth::Header(name, before, secret) => {
                let text = format!("{before}{}", secret.reveal());
                Self::new(Identity::Token).with(HeaderName::from_static(name), &text, secret)
            }
            Auth::Keys(keys) => {
                keys.iter().try_fold(Self::new(Identity::Token), |sender, (name, key)| {
                    sender.with(HeaderName::from_static(name), key.reveal(), key)
                })
            }
        }
    }

    /// The bearer of a token.
    pub(super) fn bearer(identity: Identity, token: &Secret) -> Result<Self, ConnectError> {
        let text = format!("Bearer {}", token.reveal());
        Self::new(identity).with(AUTHORIZATION, &text, token)
    }

    fn new(identity: Identity) -> Self {
        Self { identity, headers: HeaderMap::new(), secrets: Vec::new() }
    }

    fn with(mut self, name: HeaderName, text: &str, secret: &Secret) -> Result<Self, ConnectError> {
        // The error of `from_str` does not say what was in it, and neither do we.
        let mut value = HeaderValue::from_str(text).map_err(|_| ConnectError::Token)?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self.secrets.push(secret.clone());
        Ok(self)
    }

    /// A text without its secrets.
    pub(super) fn clean(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| secret.redact(&text))
    }
}
