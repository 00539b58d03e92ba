//! Refusals: what a token lacks, in words.
//!
//! In: status, headers and body of an answer. Out: a [`Refusal`]. Pure. Understood are GitHub's
//! `X-OAuth-Scopes` with `X-Accepted-OAuth-Scopes`, `X-Accepted-GitHub-Permissions` and
//! `X-GitHub-SSO`, and `insufficient_scope` (RFC 6750) in `WWW-Authenticate` or the body, which
//! GitLab and others send.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::Value;

use super::auth::{Identity, Sender};

/// Longest message of a system that is repeated, in bytes.
const MESSAGE_LIMIT: usize = 300;

/// Why a system refuses, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, such as "the token lacks scope `repo` (it has `gist`)".
    pub what: String,
    /// Scope or permission that is missing, where the system names it.
    pub missing: Option<String>,
    /// What the user can do, where that is known.
    pub mend: Option<String>,
}

impl Refusal {
    /// The same with every text put through a function.
    fn map_texts(self, change: impl Fn(&str) -> String) -> Self {
        Self {
            what: change(&self.what),
            missing: self.missing.as_deref().map(&change),
            mend: self.mend.as_deref().map(&change),
        }
    }
}

/// Reads a refusal of what a sender sent; what the sender keeps secret is not in it.
pub(super) fn read(sender: &Sender, status: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    // Before the message is cut: half a secret would not be found in it.
    let message = shortened(&sender.clean(&message(body)));
    let refusal = judge(sender.identity, status, headers, body, &message);
    refusal.map_texts(|text| sender.clean(text))
}

fn judge(
    identity: Identity,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    message: &str,
) -> Refusal {
    let denied = matches!(status, 401 | 403 | 404);
    let missing = if denied { missing(headers, body) } else { None };
    let said = if message.is_empty() { String::new() } else { format!(" (it says: {message})") };
    if status == 401 {
        let (what, mend) = match identity {
            Identity::Nobody => ("it wants a token", "name the variable that holds the token"),
            Identity::Token => ("the token is wrong, expired or revoked", "make a new token"),
            Identity::App => (
                "the App's id, its private key or this machine's clock is wrong",
                "compare `app_id` and the key with the App's settings",
            ),
        };
        return Refusal { what: format!("{what}{said}"), missing, mend: Some(mend.to_owned()) };
    }
    if denied && text(headers, "x-github-sso").starts_with("required") {
        let what = format!("the token is not authorised for the organisation's sign-on{said}");
        let mend = Some("authorise the token for single sign-on in its settings".to_owned());
        return Refusal { what, missing: Some("single sign-on".to_owned()), mend };
    }
    if let Some(missing) = missing {
        let have = text(headers, "x-oauth-scopes");
        let have = if have.is_empty() { String::new() } else { format!(", it has `{have}`") };
        let may =
            if status == 404 { "is not there, or the token lacks" } else { "the token lacks" };
        let what = format!("{may} scope `{missing}`{have}{said}");
        let mend = Some(format!("give the token `{missing}`, or leave this out of the source"));
        return Refusal { what, missing: Some(missing), mend };
    }
    let (what, mend) = match status {
        403 => ("the token may not read it", Some("let the token's owner read it")),
        404 if identity == Identity::App => (
            "is not there, or the App is not installed there",
            Some("check the name, and install the App for its owner"),
        ),
        404 if identity == Identity::Token => {
            ("is not there, or the token may not see it", Some("check the name and the token"))
        }
        404 => ("is not there, or wants a token", Some("check the name, or give a token")),
        410 => ("is gone, or switched off", None),
        _ => ("it does not understand the request", None),
    };
    Refusal { what: format!("{what}{said}"), missing: None, mend: mend.map(str::to_owned) }
}

/// The scope or permission that a token lacks, where the system names one.
fn missing(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let permissions = text(headers, "x-accepted-github-permissions");
    if !permissions.is_empty() {
        return Some(permissions.to_owned());
    }
    let accepted = text(headers, "x-accepted-oauth-scopes");
    let have = text(headers, "x-oauth-scopes");
    let scopes =
        |list| str::split(list, ',').map(str::trim).filter(|scope: &&str| !scope.is_empty());
    if !accepted.is_empty() && !scopes(accepted).any(|scope| scopes(have).any(|it| it == scope)) {
        return Some(scopes(accepted).collect::<Vec<_>>().join("` or `"));
    }
    let challenge = headers.get(WWW_AUTHENTICATE).and_then(|it| it.to_str().ok()).unwrap_or("");
    if challenge.contains("insufficient_scope") {
        let scope = challenge.split_once("scope=\"").and_then(|(_, rest)| rest.split_once('"'));
        let scope = scope.map_or("", |(scope, _)| scope);
        return Some(either(scope)).filter(|scope| !scope.is_empty());
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let insufficient = body.get("error").and_then(Value::as_str) == Some("insufficient_scope");
    let scope = body.get("scope").and_then(Value::as_str).unwrap_or("api");
    insufficient.then(|| either(scope))
}

/// `api read_api` as "api` or `read_api".
fn either(scopes: &str) -> String {
    scopes.split_whitespace().collect::<Vec<_>>().join("` or `")
}

/// What the system says itself.
fn message(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let names = ["message", "error_description", "error", "errorMessages", "errors"];
    let said = names.iter().filter_map(|name| body.get(name)).find_map(|said| match said {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => list.first()?.as_str().map(str::to_owned),
        Value::Object(_) => said.get("message")?.as_str().map(str::to_owned),
        _ => None,
    });
    said.unwrap_or_default()
}

/// A message in one line of bounded length.
fn shortened(said: &str) -> String {
    let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line[..line.floor_char_boundary(MESSAGE_LIMIT)].trim().to_owned()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Auth;
    use crate::secret::Secret;
    use reqwest::header::{HeaderName, HeaderValue};

    fn refused(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Refusal {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let sender = Sender::of(&Auth::Bearer(Secret::new("t0ken"))).unwrap();
        read(&sender, status, &headers.collect(), body.as_bytes())
    }

    #[test]
    fn a_classic_token_is_told_which_scope_it_lacks() {
        let headers = [("x-oauth-scopes", "gist, read:user"), ("x-accepted-oauth-scopes", "repo")];
        let refusal = refused(403, &headers, r#"{"message":"Forbidden"}"#);
        let what = "the token lacks scope `repo`, it has `gist, read:user` (it says: Forbidden)";
        assert_eq!(refusal.what, what);
        assert_eq!(refusal.missing.as_deref(), Some("repo"));
    }

    #[test]
    fn a_fine_grained_token_is_told_which_permission_it_lacks() {
        let headers = [("x-accepted-github-permissions", "actions=read")];
        let refusal = refused(403, &headers, r#"{"message":"Resource not accessible"}"#);
        assert_eq!(refusal.missing.as_deref(), Some("actions=read"));
    }

    #[test]
    fn gitlab_names_the_scope_in_the_body_or_in_a_header() {
        let body = r#"{"error":"insufficient_scope","scope":"api read_api"}"#;
        assert_eq!(refused(403, &[], body).missing.as_deref(), Some("api` or `read_api"));
        let challenge =
            [("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"read_api\"")];
        assert_eq!(refused(403, &challenge, "").missing.as_deref(), Some("read_api"));
    }

    #[test]
    fn a_secret_at_the_end_of_a_long_message_is_not_cut_into_what_nobody_recognises() {
        let body = format!(r#"{{"message":"{}t0ken"}}"#, "x".repeat(MESSAGE_LIMIT - 3));
        let refusal = refused(403, &[], &body);
        assert!(!refusal.what.contains("t0k"), "{}", refusal.what);
    }

    #[test]
    fn a_token_with_the_scope_is_not_told_that_it_lacks_it() {
        let headers = [("x-oauth-scopes", "repo"), ("x-accepted-oauth-scopes", "repo")];
        let refusal = refused(404, &headers, r#"{"message":"Not Found"}"#);
        assert_eq!(refusal.what, "is not there, or the token may not see it (it says: Not Found)");
    }
}
