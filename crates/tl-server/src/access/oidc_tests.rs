//! Sign-in by a provider of our own, on loopback.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{Request, StatusCode, header};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::PrivateSigningKey as _;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::*;
use crate::access::oidc::Settings;
use crate::testing::{Answer, Site};

/// What the provider says and has seen.
#[derive(Default)]
struct Said {
    issuer: String,
    /// Claims over the usual ones.
    claims: Value,
    /// What it signs with; another seed is another key than the one it shows.
    seed: u8,
    nonce: String,
    challenge: String,
}

type Provider = Arc<Mutex<Said>>;

/// A key made of one byte.
fn key(seed: u8) -> CoreEdDsaPrivateSigningKey {
    // PKCS #8 of Ed25519: what is always the same, then the 32 bytes.
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([seed; 32]);
    let (begin, end) = ("-----BEGIN PRIVATE", "-----END PRIVATE");
    let pem = format!("{begin} KEY-----\n{}\n{end} KEY-----\n", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, None).unwrap()
}

async fn discovery(State(provider): State<Provider>) -> axum::Json<Value> {
    let issuer = provider.lock().unwrap().issuer.clone();
    axum::Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    }))
}

async fn keys() -> axum::Json<Value> {
    axum::Json(json!({ "keys": [key(7).as_verification_key()] }))
}

#[derive(serde::Deserialize)]
struct Exchange {
    code: String,
    code_verifier: String,
}

async fn token(State(provider): State<Provider>, Form(sent): Form<Exchange>) -> Response {
    let said = provider.lock().unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(sent.code_verifier.as_bytes()));
    if sent.code != "good" || challenge != said.challenge {
        let body = json!({ "error": "invalid_grant" }).to_string();
        let json = [(header::CONTENT_TYPE, "application/json")];
        return (StatusCode::BAD_REQUEST, json, body).into_response();
    }
    #[expect(clippy::disallowed_methods, reason = "the library looks at the real clock")]
    let now = jiff::Timestamp::now().as_second();
    let mut claims = json!({
        "iss": said.issuer, "aud": "throughline", "sub": "7", "iat": now, "exp": now + 300,
        "nonce": said.nonce, "email": "ana@example.com", "email_verified": true,
    });
    for (name, value) in said.claims.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": "EdDSA" })), part(&claims));
    let signed = key(said.seed).sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).unwrap();
    let id = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signed));
    let body = json!({ "access_token": "a", "token_type": "Bearer", "id_token": id });
    axum::Json(body).into_response()
}

/// A site whose people sign in by a provider, and that provider.
fn site() -> (Site, Provider) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let provider: Provider =
        Arc::new(Mutex::new(Said { issuer: issuer.clone(), seed: 7, ..Said::default() }));
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .with_state(Arc::clone(&provider));
    let oidc = Oidc::new(Settings {
        issuer,
        client_id: "throughline".to_owned(),
        client_secret: Some("s3".to_owned().into()),
        back: "http://localhost/sign-in/oidc/back".to_owned(),
        label: "acme".to_owned(),
        people: vec![
            (Role::Viewer, vec!["*@example.com".to_owned()]),
            (Role::Approver, vec!["ANA@example.com".to_owned()]),
        ],
    });
    let site =
        Site::behind(Door { is_closed: true, oidc: Some(oidc.unwrap()), ..Door::open(Vec::new()) });
    site.wait(async {
        let listener = TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
    });
    (site, provider)
}

fn cookie_of(answer: &Answer, name: &str) -> String {
    let set = answer.headers.get_all(header::SET_COOKIE).iter();
    let mut set = set.filter_map(|value| value.to_str().ok()?.split(';').next());
    set.find(|cookie| cookie.starts_with(&format!("{name}="))).unwrap_or_default().to_owned()
}

/// Goes to the provider and back with this code.
fn round(site: &Site, provider: &Provider, code: &str) -> Answer {
    let left = site.get("/sign-in/oidc?to=/flow");
    assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", left.body);
    let url = url::Url::parse(left.headers[header::LOCATION].to_str().unwrap()).unwrap();
    let field = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(field("code_challenge_method"), "S256");
    assert_eq!(field("redirect_uri"), "http://localhost/sign-in/oidc/back");
    {
        let mut said = provider.lock().unwrap();
        (said.nonce, said.challenge) = (field("nonce"), field("code_challenge"));
    }
    let path = format!("/sign-in/oidc/back?code={code}&state={}", field("state"));
    let away = cookie_of(&left, "throughline-away");
    let request = Request::get(path).header(header::COOKIE, away).body(Body::empty());
    site.send(request.unwrap())
}

#[test]
fn who_comes_back_from_the_provider_has_the_strongest_role_that_fits() {
    let (site, provider) = site();
    assert!(site.page("/sign-in?to=/flow").contains("Sign in with acme"));
    let back = round(&site, &provider, "good");
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
    assert_eq!(back.headers[header::LOCATION], "/flow");
    let cookie = cookie_of(&back, "throughline");
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, cookie.parse().unwrap());
    let who = site.wait(session::of(&site.app, &headers)).unwrap();
    assert_eq!((who.name.as_str(), who.role), ("ana@example.com", Role::Approver));
    // The cookie of the way is no session.
    let stolen = cookie.replacen("throughline=", "throughline-away=", 1);
    headers.insert(header::COOKIE, stolen.parse().unwrap());
    assert!(site.wait(session::of(&site.app, &headers)).is_none());
}

#[test]
fn whatever_is_wrong_with_what_the_provider_says_nobody_comes_in() {
    let (site, provider) = site();
    for claims in [
        json!({ "aud": "another" }),
        json!({ "iss": "http://127.0.0.1:1" }),
        json!({ "exp": 1_000 }),
        json!({ "nonce": "another" }),
        json!({ "email_verified": false }),
        json!({ "email": null }),
        json!({ "email": "bo@elsewhere.example" }),
        json!({ "email": "bo@example.com.evil.example" }),
        json!({ "email": "example.com" }),
    ] {
        provider.lock().unwrap().claims = claims.clone();
        let back = round(&site, &provider, "good");
        assert_eq!(back.status, StatusCode::FORBIDDEN, "{claims}: {}", back.body);
        assert_eq!(cookie_of(&back, "throughline"), "", "{claims}");
    }
    let mut said = provider.lock().unwrap();
    (said.claims, said.seed) = (Value::Null, 8);
    drop(said);
    assert_eq!(round(&site, &provider, "good").status, StatusCode::FORBIDDEN, "another key");
    provider.lock().unwrap().seed = 7;
    assert_eq!(round(&site, &provider, "bad").status, StatusCode::FORBIDDEN, "a wrong code");
    assert_eq!(round(&site, &provider, "good").status, StatusCode::SEE_OTHER);
}

#[test]
fn a_sign_in_that_was_not_begun_here_is_none() {
    let (site, _) = site();
    let status = site.get("/sign-in/oidc/back?code=good&state=x").status;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let left = site.get("/sign-in/oidc");
    let away = cookie_of(&left, "throughline-away");
    let request = Request::get("/sign-in/oidc/back?code=good&state=another")
        .header(header::COOKIE, away)
        .body(Body::empty());
    assert_eq!(site.send(request.unwrap()).status, StatusCode::FORBIDDEN);
}

#[test]
fn a_provider_that_does_not_answer_is_said_so() {
    let (site, provider) = site();
    provider.lock().unwrap().issuer = "http://127.0.0.1:1".to_owned();
    let left = site.get("/sign-in/oidc");
    assert_eq!(left.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(left.body.contains("the provider cannot be asked"), "{}", left.body);
}
