//! Signatures: whether a request comes from who holds the sender's secret.
//!
//! In: headers and body, as they came. Out: yes or no. Start at [`is_right`]. **Invariants:** nothing of a
//! body is read before; secrets are compared in constant time; a header that cannot be read is wrong.
//!
//! How each system signs: GitHub, Bitbucket and Jira by HMAC-SHA256 of the body as `sha256=HEX`
//! (`X-Hub-Signature-256`, and `X-Hub-Signature` of the last two), Gitea, Forgejo and Sentry by the same as
//! bare hex, PagerDuty and CircleCI as `v1=HEX`, several between commas; GitLab by the secret itself
//! (`X-Gitlab-Token`), or by Standard Webhooks (`webhook-signature`), where the secret is a signing token.
//! Alertmanager and all others send what they are told to: a bearer token, or a password.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tl_core::record::System;
use tl_core::time::Timestamp;

use super::sender::{Secret, Sender, Speech};

/// How old or new a signature with a time may be.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Begins a secret of Standard Webhooks, whose rest is the key as base64.
const STANDARD_SECRET: &str = "whsec_";

/// Signatures of one header that are looked at.
const SEVERAL: usize = 16;

/// Whether one of the sender's secrets made this request's signature.
pub(super) fn is_right(sender: &Sender, headers: &HeaderMap, body: &[u8], now: Timestamp) -> bool {
    sender.secrets.iter().any(|secret| is_of(sender.speech, secret, headers, body, now))
}

fn is_of(
    speech: Speech,
    secret: &Secret,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> bool {
    let hub = |name: &str| signed(headers, name, "sha256=", secret, body);
    match speech {
        Speech::System(System::Github) => hub("x-hub-signature-256"),
        Speech::System(System::Jira | System::Bitbucket) => {
            hub("x-hub-signature") || hub("x-hub-signature-256")
        }
        Speech::System(System::Gitea) => {
            signed(headers, "x-gitea-signature", "", secret, body)
                || signed(headers, "x-forgejo-signature", "", secret, body)
                || hub("x-hub-signature-256")
        }
        Speech::System(System::Sentry) => {
            signed(headers, "sentry-hook-signature", "", secret, body)
        }
        Speech::System(System::Pagerduty) => {
            signed(headers, "x-pagerduty-signature", "v1=", secret, body)
        }
        Speech::System(System::Circleci) => {
            signed(headers, "circleci-signature", "v1=", secret, body)
        }
        // Whoever set up a signing token does not want the plain one to do.
        Speech::System(System::Gitlab)
            if secret.bytes().starts_with(STANDARD_SECRET.as_bytes()) =>
        {
            is_standard(secret, headers, body, now)
        }
        Speech::System(System::Gitlab) => {
            text(headers, "x-gitlab-token").is_some_and(|token| is_same(token.as_bytes(), secret))
        }
        Speech::System(_) => is_authorized(headers, secret),
        Speech::Events => {
            is_authorized(headers, secret)
                || hub("x-hub-signature-256")
                || is_standard(secret, headers, body, now)
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// The bytes of a text in hex.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if digits.len() != 64 {
        return None;
    }
    digits.chunks(2).map(|pair| Some((digit(pair[0])? << 4) | digit(pair[1])?)).collect()
}

/// Whether a header holds the HMAC-SHA256 of the body in hex, behind `before`; one of several between
/// commas will do.
fn signed(headers: &HeaderMap, name: &str, before: &str, secret: &Secret, body: &[u8]) -> bool {
    let Some(value) = text(headers, name) else { return false };
    let given: Vec<Vec<u8>> = value
        .split(',')
        .take(SEVERAL)
        .filter_map(|one| hex(one.trim().strip_prefix(before)?))
        .collect();
    if given.is_empty() {
        return false;
    }
    let made = made(secret.bytes(), &[body]);
    given.iter().any(|one| made.clone().verify_slice(one).is_ok())
}

fn made(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    let mut made = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| made.update(part));
    made
}

/// <https://www.standardwebhooks.com>: the HMAC-SHA256 of `id.seconds.body` as `v1,BASE64`, one of
/// several between spaces.
fn is_standard(secret: &Secret, headers: &HeaderMap, body: &[u8], now: Timestamp) -> bool {
    let parts = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let [Some(id), Some(at), Some(value)] = parts.map(|name| text(headers, name)) else {
        return false;
    };
    let Ok(seconds) = at.parse::<i64>() else { return false };
    if (now.as_millis() / 1_000).abs_diff(seconds) > TOLERANCE.as_secs() {
        return false;
    }
    let key = match std::str::from_utf8(secret.bytes()).ok().and_then(standard_key) {
        Some(key) => key,
        None => secret.bytes().to_vec(),
    };
    let made = made(&key, &[id.as_bytes(), b".", at.as_bytes(), b".", body]);
    value.split(' ').take(SEVERAL).any(|one| {
        let given = one.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
        given.is_some_and(|given| made.clone().verify_slice(&given).is_ok())
    })
}

fn standard_key(secret: &str) -> Option<Vec<u8>> {
    let text = secret.strip_prefix(STANDARD_SECRET)?;
    STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text.trim_end_matches('='))).ok()
}

/// Whether the request brings the secret as a bearer token or as a password, whatever the user is.
fn is_authorized(headers: &HeaderMap, secret: &Secret) -> bool {
    let Some(value) = text(headers, header::AUTHORIZATION.as_str()) else { return false };
    let Some((scheme, rest)) = value.split_once(' ') else { return false };
    if scheme.eq_ignore_ascii_case("bearer") {
        return is_same(rest.trim().as_bytes(), secret);
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return false;
    }
    let Ok(pair) = STANDARD.decode(rest.trim()) else { return false };
    let Some(colon) = pair.iter().position(|byte| *byte == b':') else { return false };
    is_same(&pair[colon + 1..], secret)
}

/// Whether a text is the secret, in a time that says nothing of either, not even of its length.
fn is_same(given: &[u8], secret: &Secret) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(secret.bytes())).into()
}

#[cfg(test)]
mod tests;
