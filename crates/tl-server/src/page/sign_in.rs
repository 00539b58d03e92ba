//! `/sign-in`: a token for a session, or the way to a provider and back.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tl_policy::access::Who;
use url::form_urlencoded;

use super::{Problem, Shell};
use crate::access::oidc::{AWAY, Away};
use crate::access::session::Kind;
use crate::access::{By, Principal, audit, session};
use crate::app::App;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    shell: Shell,
    to: String,
    problem: String,
    /// Name of the provider, and the address that leads there.
    provider: Option<(String, String)>,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    token: String,
    #[serde(default)]
    to: String,
}

/// The address that leads back to a page.
pub(crate) fn address(to: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    format!("/sign-in?{query}")
}

/// Where to go then: a page of ours, and no other site's.
fn ours(to: &str) -> &str {
    let is_ours = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    if is_ours { to } else { "/" }
}

/// A field of an address's query.
fn field(uri: &Uri, name: &str) -> String {
    let query = uri.query().unwrap_or_default();
    let mut fields = form_urlencoded::parse(query.as_bytes());
    fields.find(|(key, _)| key == name).map_or_else(String::new, |(_, value)| value.into_owned())
}

/// `GET /sign-in`
pub(crate) async fn form(State(app): State<App>, uri: Uri) -> Response {
    shown(&app, StatusCode::OK, ours(&field(&uri, "to")), "")
}

/// `POST /sign-in`
pub(crate) async fn sign_in(State(app): State<App>, Form(sent): Form<Sent>) -> Response {
    let now = (app.clock)();
    let to = ours(&sent.to);
    let known = app.gate.keys.find(&app.ledger, sent.token.trim(), now).await;
    let Some(token) = known else {
        let what = "This token is not known, or no longer valid.";
        return shown(&app, StatusCode::UNAUTHORIZED, to, what);
    };
    begun(&app, &token.id, token.who(), to).await
}

/// `GET /sign-in/oidc`: to the provider.
pub(crate) async fn leave(State(app): State<App>, uri: Uri) -> Response {
    let Some(oidc) = &app.gate.door.oidc else { return none() };
    let to = field(&uri, "to");
    match oidc.leave(ours(&to), (app.clock)()).await {
        Ok((address, away)) => {
            let Some(cookie) = session::set(&app, Kind::Away, &away, AWAY).await else {
                return unwritable();
            };
            ([(header::SET_COOKIE, cookie)], Redirect::to(&address)).into_response()
        }
        Err(err) => shown(
            &app,
            StatusCode::SERVICE_UNAVAILABLE,
            ours(&to),
            &format!("It did not work: {err}."),
        ),
    }
}

/// `GET /sign-in/oidc/back`: from the provider.
pub(crate) async fn back(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response {
    let Some(oidc) = &app.gate.door.oidc else { return none() };
    let Some(away) = session::said::<Away>(&app, Kind::Away, &headers).await else {
        let what = "The sign-in was not begun here, or too long ago.";
        return shown(&app, StatusCode::BAD_REQUEST, "/", what);
    };
    let arrived =
        oidc.arrive(&away, &field(&uri, "state"), &field(&uri, "code"), (app.clock)()).await;
    let mut response = match arrived {
        Ok(who) => begun(&app, "", who, ours(&away.to)).await,
        Err(err) => {
            tracing::warn!(%err, "a sign-in by the provider failed");
            shown(&app, StatusCode::FORBIDDEN, ours(&away.to), &format!("It did not work: {err}."))
        }
    };
    // What was carried is for one way and back.
    if let Ok(ended) = session::ended(&app, Kind::Away).parse() {
        response.headers_mut().append(header::SET_COOKIE, ended);
    }
    response
}

/// `POST /sign-out`
pub(crate) async fn sign_out(State(app): State<App>) -> Response {
    let cookie = session::ended(&app, Kind::Session);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
}

/// Begins a session and leads on.
async fn begun(app: &App, token: &str, who: Who, to: &str) -> Response {
    let Some(cookie) = session::cookie(app, token, &who).await else { return unwritable() };
    audit(app, &Principal { who, by: By::Session }, "signed-in", token).await;
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

fn none() -> Response {
    let mend = "`[serve.oidc]` of the configuration names one.".to_owned();
    Problem::missing("There is no provider to sign in by.".to_owned(), mend).into_response()
}

fn unwritable() -> Response {
    let what = "No session can be made: the ledger cannot be written.".to_owned();
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, what, String::new()).into_response()
}

fn shown(app: &App, status: StatusCode, to: &str, problem: &str) -> Response {
    let provider = app.gate.door.oidc.as_ref().map(|oidc| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
        (oidc.label().to_owned(), format!("/sign-in/oidc?{query}"))
    });
    let page = SignIn {
        shell: Shell::bare("Sign in"),
        to: to.to_owned(),
        problem: problem.to_owned(),
        provider,
    };
    match page.render() {
        Ok(page) => (status, Html(page)).into_response(),
        Err(err) => Problem::bug(err).into_response(),
    }
}
