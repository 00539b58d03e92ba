//! Who may come in, and what they may do: before any handler sees a request.
//!
//! In: a request. Out: the same with a [`Principal`], or a refusal. Start at `guard`; tokens are in
//! [`keys`], signed-in browsers in `session`, roles in `tl_policy::access`.
//! **Invariants:** a server that only this machine can reach needs no sign-in, and answers to its own names
//! alone, so that no page of another site can lead a browser to it; any other needs a token or a
//! session. A request that changes something comes from our own pages or carries a token. What is refused
//! says why, and is written to the audit log where somebody tried to do more than they may.

pub mod keys;
mod limit;
pub mod oidc;
pub(crate) mod session;

#[cfg(test)]
mod oidc_tests;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use tl_core::event::Event;
use tl_core::fact::{ServerAudit, kind};
use tl_core::verdict::Effect;
use tl_policy::access::{Access, Action, Role, Who};

use self::keys::KeyStore;
use self::limit::Limits;
use self::oidc::Oidc;
use crate::app::App;
use crate::page::{Problem, sign_in};

/// How the server is reached, and who may come in.
#[derive(Debug)]
pub struct Door {
    /// Whether one has to sign in.
    pub is_closed: bool,
    /// Whether connections come from a proxy, which says for whom.
    pub behind_proxy: bool,
    /// Whether browsers reach it by TLS, here or at the proxy.
    pub is_secure: bool,
    /// Names by which it may be called; empty: any.
    pub hosts: Vec<String>,
    /// What roles may do.
    pub access: Access,
    /// A provider that people sign in by.
    pub oidc: Option<Oidc>,
}

impl Door {
    /// One that only this machine can reach: nobody signs in. `hosts`: names by which it may be called,
    /// any where there are none.
    ///
    /// # Panics
    /// Never: a test reads the policies of this program.
    pub fn open(hosts: Vec<String>) -> Self {
        let access = Access::new(None).expect("a test reads the policies of this program");
        Self { is_closed: false, behind_proxy: false, is_secure: false, hosts, access, oidc: None }
    }
}

/// Everything that decides about a request.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) door: Door,
    pub(crate) keys: KeyStore,
    limits: Limits,
}

impl Gate {
    pub(crate) fn new(door: Door, keys: KeyStore) -> Self {
        Self { door, keys, limits: Limits::default() }
    }
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Name, role, scope.
    pub who: Who,
    /// How we know.
    pub by: By,
}

/// How somebody was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// They are at this machine, and nobody else can reach the server.
    Machine,
    /// A token in the request.
    Token,
    /// A browser that signed in.
    Session,
}

/// Who is at the machine that the server runs on.
const HERE: &str = "this machine";

/// What a request needs.
enum Need {
    /// Nothing: it is for everybody who can reach the server.
    Nothing,
    /// To be allowed to do something.
    Action(Action),
}

fn need(method: &Method, path: &str) -> Need {
    let is_reading = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    match path {
        // Webhooks are signed by their senders.
        _ if path.starts_with("/hooks/") || path.starts_with("/assets/") => Need::Nothing,
        "/healthz" | "/readyz" | "/sign-in" | "/sign-out" | "/sign-in/oidc"
        | "/sign-in/oidc/back" => Need::Nothing,
        _ if path.starts_with("/settings/tokens") || path.starts_with("/audit") => {
            Need::Action(Action::Administer)
        }
        _ if is_reading => Need::Action(Action::Read),
        // What it may change, its tools say: they only read.
        "/mcp" => Need::Action(Action::Read),
        "/v1/events" => Need::Action(Action::Send),
        _ if path.starts_with("/v1/jobs") || path.starts_with("/settings/jobs") => {
            Need::Action(Action::Collect)
        }
        _ => Need::Action(Action::Administer),
    }
}

/// Lets a request through, or answers it.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let gate = &app.gate;
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let client = client(&gate.door, peer, headers);
    if !is_our_name(&gate.door, host(request.uri(), headers)) {
        return refused(
            &request,
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not go by that name.",
            "Open it by the address that it printed, or tell it the name with `--public-url`.",
        );
    }
    let is_try = request.method() == Method::POST && request.uri().path() == "/sign-in";
    if !gate.limits.allows(client) || (is_try && !gate.limits.tries(client)) {
        return too_many(&request);
    }
    let Need::Action(action) = need(request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    let principal = match recognised(&app, headers).await {
        Ok(Some(principal)) => principal,
        Ok(None) if wants_page(&request) => {
            let to = request.uri().path_and_query().map_or("/", |to| to.as_str());
            return Redirect::to(&sign_in::address(to)).into_response();
        }
        Ok(None) => {
            let mend = "Send `Authorization: Bearer TOKEN`; `throughline token create` makes one.";
            let mut response =
                refused(&request, StatusCode::UNAUTHORIZED, "Nobody has signed in.", mend);
            let how = header::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
            return response;
        }
        Err(_) if !gate.limits.tries(client) => return too_many(&request),
        Err(why) => {
            let mend = "`throughline token list` shows those that are valid.";
            return refused(&request, StatusCode::UNAUTHORIZED, why, mend);
        }
    };
    let verdict = gate.door.access.decide(&principal.who, action);
    if verdict.effect == Effect::Deny {
        let why: Vec<&str> = verdict.reasons.iter().map(|reason| reason.text.as_str()).collect();
        let why = why.join("; ");
        audit(
            &app,
            &principal,
            "refused",
            &format!("{} {}: {why}", request.method(), request.uri().path()),
        )
        .await;
        let what = format!("Not allowed: {why}.");
        return refused(&request, StatusCode::FORBIDDEN, &what, "An administrator gives roles.");
    }
    request.extensions_mut().insert(principal);
    next.run(request).await
}

/// Writes to the audit log: an event of the ledger, so that it is kept as long as everything else.
pub(crate) async fn audit(app: &App, principal: &Principal, what: &str, detail: &str) {
    let now = (app.clock)();
    let nonce = keys::random_hex::<8>();
    let key = format!("{}/{what}/{nonce}", now.as_millis());
    let subject = format!("server:{what}");
    let event = Event::new(kind::SERVER_AUDIT, now, "throughline", &key, &subject)
        .by(&principal.who.name)
        .with(&ServerAudit {
            what: what.to_owned(),
            detail: detail.chars().take(500).collect(),
            role: principal.who.role.name().to_owned(),
        });
    if let Err(err) = app.ledger.append(&[event]).await {
        tracing::error!(%err, what, "the audit log cannot be written");
    }
}

/// Who it is; `None` where nobody says so.
async fn recognised(app: &App, headers: &HeaderMap) -> Result<Option<Principal>, &'static str> {
    let gate = &app.gate;
    let now = (app.clock)();
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(bearer) = bearer {
        let token = bearer.strip_prefix("Bearer ").or_else(|| bearer.strip_prefix("bearer "));
        let Some(token) = token else {
            return Err("Only `Authorization: Bearer TOKEN` is known here.");
        };
        let known = gate.keys.find(&app.ledger, token.trim(), now).await;
        return match known {
            Some(token) => Ok(Some(Principal { who: token.who(), by: By::Token })),
            None => Err("The token is not known, or no longer valid."),
        };
    }
    if let Some(session) = session::of(app, headers).await {
        return Ok(Some(Principal { who: session, by: By::Session }));
    }
    let here = Who { name: HERE.to_owned(), role: Role::Admin, scope: None };
    Ok((!gate.door.is_closed).then_some(Principal { who: here, by: By::Machine }))
}

/// Who made the connection; behind a proxy, whom the proxy names last.
fn client(door: &Door, peer: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
    let named = || {
        let all = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        all.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = peer.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    if door.behind_proxy { named().unwrap_or(peer) } else { peer }
}

fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let of_header = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    of_header.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default()
}

/// Whether a name with a port is one of ours.
fn is_our_name(door: &Door, host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    door.hosts.is_empty() || door.hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET && accepts.is_some_and(|accept| accept.contains("text/html"))
}

fn too_many(request: &Request) -> Response {
    let (what, mend) = ("Too many requests.", "Wait a few seconds.");
    let mut response = refused(request, StatusCode::TOO_MANY_REQUESTS, what, mend);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}

/// A refusal, as a page for people and as a problem (RFC 9457) for programs.
fn refused(request: &Request, status: StatusCode, what: &str, mend: &str) -> Response {
    if wants_page(request) {
        return Problem::new(status, what.to_owned(), mend.to_owned()).into_response();
    }
    let body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": format!("{what} {mend}"),
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
