//! GitHub Apps: what they sign, and the tokens that they get for it.
//!
//! In: an [`App`] with its private key. Out: the token of an installation, which is good for an
//! hour. The App signs who it is (RFC 7519 with RS256, good for ten minutes), finds its
//! installation by a repository where that is not named, and asks for the token there. A new one
//! is asked for shortly before the old one expires, and once when it is refused.
//! **Invariant:** key, signature and token go to the host of the base address only, as all do.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::Signer;
use serde_json::{Value, json};
use tl_core::time::{Millis, Timestamp};

use super::auth::{Identity, Sender};
use super::error::{ConnectError, RequestError};
use super::{Client, Request};
use crate::progress::instant;
use crate::secret::Secret;

/// How long before it expires a token is no longer used: it must live through one request.
const BEFORE_EXPIRY: Millis = Millis::new(5 * 60_000);

/// How far our clock may be ahead of GitHub's, which refuses what was signed in its future.
const SLACK_SECONDS: i64 = 60;

/// For how long what an App signs is good: with the slack, the ten minutes that GitHub allows.
const SIGNED_SECONDS: i64 = 540;

/// A GitHub App, as it is configured.
#[derive(Debug, Clone)]
pub struct App {
    /// Its id, or its client id.
    pub id: String,
    /// Its private key: RSA in PEM, as GitHub gives it; line ends may be written as `\n`.
    pub key: Secret,
    /// The installation to read with; `None` for that of each repository's owner.
    pub installation: Option<u64>,
}

/// One installation of an App, and its token.
pub(super) struct Installation {
    app: String,
    signer: Arc<dyn Signer>,
    id: Option<u64>,
    /// A repository that it may read, by which it is found.
    repository: String,
    token: Mutex<Option<Token>>,
}

/// A token of an installation.
#[derive(Clone)]
struct Token {
    sender: Sender,
    expires: Timestamp,
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Installation(of App {})", self.app)
    }
}

impl Installation {
    /// Reads the key of an App.
    pub(super) fn new(app: &App) -> Result<Self, ConnectError> {
        let pem = app.key.reveal().replace("\\n", "\n");
        // Why it cannot be read is not told: there may be a piece of the key in it.
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| ConnectError::Key)?;
        let key = any_supported_type(&key).map_err(|_| ConnectError::Key)?;
        let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]);
        let signer = signer.ok_or(ConnectError::Key)?.into();
        let (id, repository) = (app.installation, String::new());
        Ok(Self { app: app.id.clone(), signer, id, repository, token: Mutex::default() })
    }

    /// The installation that may read a repository; `None` where this one is named.
    pub(super) fn at(&self, repository: &str) -> Option<Self> {
        let (app, signer) = (self.app.clone(), Arc::clone(&self.signer));
        let repository = repository.to_owned();
        self.id.is_none().then(|| Self {
            app,
            signer,
            id: None,
            repository,
            token: Mutex::default(),
        })
    }

    /// What the App signs: who it is, from when, and until when.
    fn signed(&self, now: Timestamp) -> Result<Secret, rustls::Error> {
        let now = now.as_millis().div_euclid(1000);
        let claims = json!({
            "iat": now - SLACK_SECONDS, "exp": now + SIGNED_SECONDS, "iss": self.app
        });
        let part = |text: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(text);
        let header = part(br#"{"alg":"RS256","typ":"JWT"}"#);
        let text = format!("{header}.{}", part(claims.to_string().as_bytes()));
        let signature = self.signer.sign(text.as_bytes())?;
        Ok(Secret::new(&format!("{text}.{}", part(&signature))))
    }

    /// The sender with the token, as long as that is good.
    fn known(&self, now: Timestamp) -> Option<Sender> {
        let token = self.lock().clone();
        Some(token.filter(|token| now < token.expires - BEFORE_EXPIRY)?.sender)
    }

    /// A text without the token.
    pub(super) fn clean(&self, text: &str) -> String {
        self.lock().as_ref().map_or_else(|| text.to_owned(), |token| token.sender.clean(text))
    }

    /// Forgets the token: it was refused.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// The sender with the token of an installation, which is asked for where there is none.
    pub(super) async fn installed(&self, at: &Installation) -> Result<Sender, RequestError> {
        let now = self.now();
        if let Some(sender) = at.known(now) {
            return Ok(sender);
        }
        let system = self.system;
        let signed = at.signed(now).map_err(|source| RequestError::Unsigned { system, source })?;
        let unsendable = |_| RequestError::Installation { system, missing: "a token" };
        let app = Sender::bearer(Identity::App, &signed).map_err(unsendable)?;
        let id = match at.id {
            Some(id) => id,
            None => {
                let request = Request::get(format!("repos/{}/installation", at.repository));
                let found = self.send_as(&request, &app).await?.body;
                let id = found.get("id").and_then(Value::as_u64);
                id.ok_or(RequestError::Installation { system, missing: "an id" })?
            }
        };
        let request = Request::post(format!("app/installations/{id}/access_tokens"), json!({}));
        let given = self.send_as(&request, &app).await?.body;
        let token = given.get("token").and_then(Value::as_str);
        let token = token.ok_or(RequestError::Installation { system, missing: "a token" })?;
        let sender = Sender::bearer(Identity::Token, &Secret::new(token)).map_err(unsendable)?;
        // Where it does not say until when, it is used until it is refused.
        let expires = instant(&given, "expires_at").unwrap_or(now + Millis::HOUR);
        *at.lock() = Some(Token { sender: sender.clone(), expires });
        Ok(sender)
    }
}

#[cfg(test)]
mod tests;
