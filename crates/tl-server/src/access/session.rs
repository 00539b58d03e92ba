//! Browsers that signed in: a cookie that the server signed and nobody else can make.
//!
//! In: a [`Who`] and the key. Out: a cookie, and back. Start at [`cookie`] and [`of`]. **Invariants:** a
//! session ends by itself; one that was made by a token ends with the token; scripts cannot read it, and
//! other sites cannot send it.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tl_core::time::{Millis, Timestamp};
use tl_policy::access::{Role, Who};

use crate::app::App;

/// How long one lasts.
const VALID: Millis = Millis::new(12 * 3_600_000);

/// Longest cookie that is looked at, in bytes.
const LONGEST: usize = 4_096;

/// What the cookie says.
#[derive(Debug, Serialize, Deserialize)]
struct Session {
    /// The token that it was made by; empty where it was another way.
    token: String,
    name: String,
    role: Role,
    until: Timestamp,
}

/// What a cookie is for: none may stand for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Who signed in.
    Session,
    /// What a browser carries to the provider and back.
    Away,
}

/// The name of a cookie; with TLS one that only this host, by TLS, can have set.
const fn name(kind: Kind, is_secure: bool) -> &'static str {
    match (kind, is_secure) {
        (Kind::Session, true) => "__Host-throughline",
        (Kind::Session, false) => "throughline",
        (Kind::Away, true) => "__Host-throughline-away",
        (Kind::Away, false) => "throughline-away",
    }
}

/// A header that begins a session; `token` is the one that it was made by, empty where it was another
/// way.
pub(crate) async fn cookie(app: &App, token: &str, who: &Who) -> Option<String> {
    let session = Session {
        token: token.to_owned(),
        name: who.name.clone(),
        role: who.role,
        until: (app.clock)() + VALID,
    };
    set(app, Kind::Session, &session, VALID).await
}

/// A header that ends one.
pub(crate) fn ended(app: &App, kind: Kind) -> String {
    header_of(app, kind, "", 0)
}

/// A header with a cookie that says this, signed.
pub(crate) async fn set(
    app: &App,
    kind: Kind,
    said: &impl Serialize,
    valid: Millis,
) -> Option<String> {
    let key = app.gate.keys.session_key(&app.ledger, (app.clock)()).await?;
    let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(said).ok()?);
    let signed = URL_SAFE_NO_PAD.encode(signature(&key, kind, &said)?.finalize().into_bytes());
    Some(header_of(app, kind, &format!("{said}.{signed}"), valid.get() / 1_000))
}

/// What our cookie of this kind says in a request; nothing where there is none, or we did not sign it.
pub(crate) async fn said<T: DeserializeOwned>(
    app: &App,
    kind: Kind,
    headers: &HeaderMap,
) -> Option<T> {
    let name = name(kind, app.gate.door.is_secure);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
    let value = pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))?;
    let (said, signed) = value.split_once('.').filter(|_| value.len() <= LONGEST)?;
    let key = app.gate.keys.session_key(&app.ledger, (app.clock)()).await?;
    let signed = URL_SAFE_NO_PAD.decode(signed).ok()?;
    signature(&key, kind, said)?.verify_slice(&signed).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(said).ok()?).ok()
}

fn header_of(app: &App, kind: Kind, value: &str, seconds: i64) -> String {
    let is_secure = app.gate.door.is_secure;
    let secure = if is_secure { "; Secure" } else { "" };
    let name = name(kind, is_secure);
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Who the cookies of a request stand for.
pub(crate) async fn of(app: &App, headers: &HeaderMap) -> Option<Who> {
    let session: Session = said(app, Kind::Session, headers).await?;
    let now = (app.clock)();
    if now >= session.until {
        return None;
    }
    if session.token.is_empty() {
        return Some(Who { name: session.name, role: session.role, scope: None });
    }
    let token = app.gate.keys.by_id(&app.ledger, &session.token, now).await?;
    Some(token.who())
}

fn signature(key: &[u8], kind: Kind, said: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(name(kind, false).as_bytes());
    mac.update(b"\0");
    mac.update(said.as_bytes());
    Some(mac)
}
