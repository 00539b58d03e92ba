//! A scripted GitHub that knows one App with two installations.

use std::sync::Mutex;

use tl_core::record::System;

use super::*;
use crate::client::{Auth, Limits};
use crate::github::Github;
use crate::source::{PullError, Source as _};
use crate::testing::{Asked, NOW, Reply, Server, ok, pull_all, run, shown, status, wanted};

/// A key that was made for these tests and opens nothing.
const KEY: &str = include_str!("key-for-tests.pem");

/// What GitHub would have of it.
const PUBLIC_KEY: &str = include_str!("public-for-tests.pem");

fn app(installation: Option<u64>) -> Auth {
    Auth::App(App { id: "Iv1.acme".to_owned(), key: Secret::new(KEY), installation })
}

fn client(server: &Server, installation: Option<u64>) -> Client {
    server.client_of(System::Github, app(installation), Limits::default())
}

fn github(server: &Server) -> Github {
    let mut wanted = wanted("acme/api");
    wanted.scopes.extend(["acme/web", "initech/tps"].map(str::to_owned));
    Github::new(client(server, None), wanted)
}

/// What is sent as `Authorization: Bearer`.
fn bearer(asked: &Asked) -> &str {
    asked.header("authorization").and_then(|it| it.strip_prefix("Bearer ")).unwrap_or_default()
}

/// The claims of what an App signed; panics where the signature is not that of its key.
fn claims(signed: &str) -> Value {
    let (text, signature) = signed.rsplit_once('.').unwrap();
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    let lines: String = PUBLIC_KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let key = base64::prelude::BASE64_STANDARD.decode(lines).unwrap();
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let rs256 = algorithms.mapping.iter().find(|it| it.0 == SignatureScheme::RSA_PKCS1_SHA256);
    rs256.unwrap().1[0].verify_signature(&key, text.as_bytes(), &decode(signature)).unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    assert_eq!(decode(header), br#"{"alg":"RS256","typ":"JWT"}"#);
    serde_json::from_slice(&decode(claims)).unwrap()
}

/// Gives tokens `t1`, `t2`, ... that are good for an hour; `None` for what is no business of Apps.
fn installations(asked: &Asked, given: &Mutex<i64>) -> Option<Reply> {
    let found = |id: u64| Some(ok(&json!({"id": id, "app_id": 7})));
    match asked.path().trim_start_matches("/api/v3") {
        "/repos/acme/api/installation" => found(41),
        "/repos/initech/tps/installation" => found(42),
        "/app/installations/41/access_tokens" | "/app/installations/42/access_tokens" => {
            let claims = claims(bearer(asked));
            let mut given = given.lock().unwrap();
            *given += 1;
            let until = NOW + Millis::new(*given * 3_600_000);
            assert_eq!(claims["iss"], "Iv1.acme");
            let (from, to) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
            assert!(from < NOW.as_millis() / 1000 + (*given - 1) * 3600 && to - from <= 600);
            Some(ok(&json!({"token": format!("ghs_t{given}"), "expires_at": until.to_string()})))
        }
        _ => None,
    }
}

#[test]
fn each_owner_is_read_with_a_token_of_its_own_installation_which_is_asked_for_once() {
    run(async {
        let given = Mutex::new(0);
        let server = Server::start(move |asked| {
            installations(asked, &given).unwrap_or_else(|| ok(&json!([])))
        })
        .await;
        let github = github(&server);
        for stream in github.streams().iter().filter(|stream| stream.what == "releases") {
            github.pull(stream, None).await.unwrap();
        }
        let asked = server.asked();
        let tokens = asked.iter().filter(|it| it.path().ends_with("/releases"));
        let tokens: Vec<_> = tokens.map(|it| (it.path(), bearer(it))).collect();
        assert_eq!(
            tokens,
            [
                ("/repos/acme/api/releases", "ghs_t1"),
                ("/repos/acme/web/releases", "ghs_t1"),
                ("/repos/initech/tps/releases", "ghs_t2"),
            ]
        );
        assert_eq!(asked.len(), 3 + 2 * 2);
    });
}

#[test]
fn an_installation_that_is_named_is_not_looked_for() {
    run(async {
        let given = Mutex::new(0);
        let server = Server::start(move |asked| {
            installations(asked, &given).unwrap_or_else(|| ok(&json!([])))
        })
        .await
        .below("api/v3");
        let github = Github::new(client(&server, Some(42)), wanted("acme/api"));
        pull_all(&github, "releases", None).await.unwrap();
        let expected = [
            "/api/v3/app/installations/42/access_tokens",
            "/api/v3/repos/acme/api/releases?per_page=100&page=1",
        ];
        assert_eq!(server.targets(), expected);
    });
}

#[test]
fn a_token_is_renewed_before_it_expires_without_a_refusal() {
    run(async {
        let given = Mutex::new(0);
        let server = Server::start(move |asked| {
            let slow = asked.path() == "/slow" && asked.before == 1;
            let limited = || status(429, &["Retry-After: 3360"], "");
            let other = || if slow { limited() } else { ok(&json!([])) };
            installations(asked, &given).unwrap_or_else(other)
        })
        .await;
        let client = client(&server, Some(41));
        // An hour's token, fifty-six minutes later.
        client.send(&Request::get("slow")).await.unwrap();
        client.send(&Request::get("next")).await.unwrap();
        let asked = server.asked();
        let last = asked.last().unwrap();
        assert_eq!((last.path(), bearer(last)), ("/next", "ghs_t2"));
        assert_eq!(asked.len(), 5);
    });
}

#[test]
fn a_token_that_is_refused_is_renewed_once() {
    run(async {
        let given = Mutex::new(0);
        let server = Server::start(move |asked| {
            let refuse = || status(401, &[], r#"{"message":"Bad credentials"}"#);
            let other = || match bearer(asked) {
                "ghs_t2" if asked.path() == "/good" => ok(&json!(["good"])),
                _ => refuse(),
            };
            installations(asked, &given).unwrap_or_else(other)
        })
        .await;
        let client = client(&server, Some(41));
        let answer = client.send(&Request::get("good")).await.unwrap();
        assert_eq!(answer.body, json!(["good"]));
        assert_eq!(client.said("not\nghs_t2"), "not ***");
        let err = client.send(&Request::get("bad")).await.unwrap_err();
        assert_eq!(
            err.to_string(),
            "github refuses `/bad` with status 401: the token is wrong, expired or revoked (it says: \
             Bad credentials)"
        );
        let asked = server.asked();
        assert_eq!(asked.iter().filter(|it| it.path() == "/bad").count(), 2);
    });
}

#[test]
fn an_app_that_is_refused_is_told_what_to_compare_and_shows_nothing_secret() {
    run(async {
        let cases = [
            (404, "/installation", "is not there, or the App is not installed there"),
            (
                401,
                "/installation",
                "the App's id, its private key or this machine's clock is wrong",
            ),
        ];
        for (code, end, what) in cases {
            // A system that repeats what it was sent.
            let server = Server::start(move |asked| {
                assert!(asked.path().ends_with(end));
                status(code, &[], &json!({"message": format!("no: {}", bearer(asked))}).to_string())
            })
            .await;
            let err = pull_all(&github(&server), "releases", None).await.unwrap_err();
            assert!(err.to_string().ends_with(&format!("{what} (it says: no: ***)")), "{err}");
            assert!(err.hint().is_some());
            let signed = bearer(&server.asked()[0]).to_owned();
            assert!(!shown(&err).contains(&signed[..20]), "{err:?}");
        }
    });
}

#[test]
fn an_answer_without_a_token_is_an_error_and_no_request_without_one() {
    run(async {
        let server = Server::start(|_| ok(&json!({"expires_at": "tomorrow"}))).await;
        let err = client(&server, Some(41)).send(&Request::get("things")).await.unwrap_err();
        assert_eq!(
            err.to_string(),
            "github answered for the installation of the App without a token"
        );
        assert_eq!(server.targets(), ["/app/installations/41/access_tokens"]);
    });
}

#[test]
fn a_key_with_escaped_line_ends_is_read_and_one_that_is_none_is_not_shown() {
    let new = |key: &str| {
        let (id, key) = ("7".to_owned(), Secret::new(key));
        Installation::new(&App { id, key, installation: None })
    };
    assert!(new(&KEY.trim().replace('\n', "\\n")).is_ok());
    let cut = KEY.lines().take(9).collect::<Vec<_>>().join("\n");
    for bad in ["", "ghp_s3cr3t", &cut, PUBLIC_KEY] {
        let err = PullError::from(new(bad).unwrap_err());
        assert!(!shown(&err).contains(bad.lines().nth(2).unwrap_or("s3cr3t")), "{err:?}");
        assert!(err.to_string().ends_with("it is no RSA key in PEM"), "{err}");
    }
    let app = app(None);
    assert!(!format!("{app:?}").contains("MII"), "{app:?}");
}
