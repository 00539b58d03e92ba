//! Who comes in, by which way, and what happens to those who do not.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tl_core::fact::kind;
use tl_core::time::{Millis, Timestamp};
use tl_ledger::Position;
use tl_policy::access::{Action, Role};

use super::keys::{self, Wanted};
use super::*;
use crate::testing::{Answer, Site, now};

fn closed() -> Door {
    Door { is_closed: true, ..Door::open(Vec::new()) }
}

/// A token of this role.
fn token(site: &Site, role: Role, scope: Option<&[Action]>) -> (keys::Token, String) {
    let wanted = Wanted {
        name: "ci".to_owned(),
        role,
        scope: scope.map(<[Action]>::to_vec),
        valid: Some(Millis::DAY),
    };
    site.wait(keys::create(&site.app.ledger, &wanted, "test", now())).unwrap()
}

fn ask(site: &Site, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::empty()).unwrap())
}

fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(site, Method::GET, path, headers)
}

fn sign_in(site: &Site, text: &str, to: &str) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("token", text), ("to", to)])
        .finish();
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body));
    site.send(request.unwrap())
}

fn cookie(headers: &HeaderMap) -> String {
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn who_has_no_token_is_told_how_to_come_in() {
    let site = Site::behind(closed());
    let program = get(&site, "/", &[]);
    assert_eq!(program.status, StatusCode::UNAUTHORIZED);
    assert_eq!(program.headers[header::WWW_AUTHENTICATE], "Bearer");
    assert!(program.body.contains("throughline token create"), "{}", program.body);
    let person = get(&site, "/flow?team=a", &[("accept", "text/html")]);
    assert_eq!(person.status, StatusCode::SEE_OTHER);
    assert_eq!(person.headers[header::LOCATION], "/sign-in?to=%2Fflow%3Fteam%3Da");
    assert!(site.page("/sign-in?to=%2Fflow").contains("value=\"/flow\""));
    for path in ["/assets/none", "/hooks/none"] {
        let status = get(&site, path, &[]).status;
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[test]
fn a_token_opens_the_door_until_it_ends() {
    let site = Site::behind(closed());
    let (made, text) = token(&site, Role::Viewer, None);
    let bearer = format!("Bearer {text}");
    let by = |site: &Site| get(site, "/", &[("authorization", &bearer)]).status;
    assert_eq!(by(&site), StatusCode::OK);
    site.wait(keys::revoke(&site.app.ledger, &made.id, "test", now())).unwrap();
    site.wait(site.app.gate.keys.forget());
    assert_eq!(by(&site), StatusCode::UNAUTHORIZED);
    // Nor one that was never made, or another scheme.
    for wrong in ["Bearer tl_00000000_x", "Basic YTpi", "Bearer "] {
        assert_eq!(get(&site, "/", &[("authorization", wrong)]).status, StatusCode::UNAUTHORIZED);
    }
    let old = Wanted {
        name: "old".to_owned(),
        role: Role::Admin,
        scope: None,
        valid: Some(Millis::HOUR),
    };
    let made = keys::create(&site.app.ledger, &old, "test", now() - Millis::DAY);
    let (_, text) = site.wait(made).unwrap();
    site.wait(site.app.gate.keys.forget());
    let bearer = format!("Bearer {text}");
    assert_eq!(get(&site, "/", &[("authorization", &bearer)]).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn of_a_token_nothing_secret_is_kept() {
    let site = Site::behind(closed());
    let (_, text) = token(&site, Role::Admin, None);
    let (_, packs) = site.wait(site.app.ledger.packs("server", &["keys"])).unwrap();
    let kept = String::from_utf8(packs[0].value.clone()).unwrap();
    let secret = text.rsplit('_').next().unwrap();
    assert!(!kept.contains(secret), "{kept}");
    let events = site.wait(site.app.ledger.read(Position::START, "server.", 10)).unwrap();
    let told = serde_json::to_string(&events[0].event).unwrap();
    assert!(told.contains("token-created") && !told.contains(secret), "{told}");
}

#[test]
fn what_a_role_may_not_do_is_refused_and_written_down() {
    let site = Site::behind(closed());
    let (_, text) = token(&site, Role::Viewer, None);
    let bearer = format!("Bearer {text}");
    let answer = ask(&site, Method::POST, "/v1/events", &[("authorization", &bearer)]);
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    let (_, text) = token(&site, Role::Admin, Some(&[Action::Send]));
    site.wait(site.app.gate.keys.forget());
    let bearer = format!("Bearer {text}");
    assert_eq!(get(&site, "/", &[("authorization", &bearer)]).status, StatusCode::FORBIDDEN);
    let events = site.wait(site.app.ledger.read(Position::START, kind::SERVER_AUDIT, 10)).unwrap();
    let refused: Vec<&str> = events
        .iter()
        .filter(|told| told.event.data["what"] == "refused")
        .map(|told| told.event.data["detail"].as_str().unwrap())
        .collect();
    assert_eq!(refused[0], "POST /v1/events: `token ci` is viewer and may not send");
    assert_eq!(refused[1], "GET /: the token was not made for this");
}

#[test]
fn a_browser_signs_in_with_a_token_and_leaves_with_it() {
    let site = Site::behind(closed());
    let (made, text) = token(&site, Role::Member, None);
    assert_eq!(sign_in(&site, "tl_wrong", "/").status, StatusCode::UNAUTHORIZED);
    let answer = sign_in(&site, &text, "/flow");
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(answer.headers[header::LOCATION], "/flow");
    let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("HttpOnly; SameSite=Lax") && !set.contains(&text), "{set}");
    let cookie = cookie(&answer.headers);
    assert_eq!(get(&site, "/", &[("cookie", &cookie)]).status, StatusCode::OK);
    // Not one sign of it may be another.
    for at in [13, 20, cookie.len() - 2] {
        let mut forged = cookie.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(get(&site, "/", &[("cookie", &forged)]).status, StatusCode::UNAUTHORIZED);
    }
    site.wait(keys::revoke(&site.app.ledger, &made.id, "test", now())).unwrap();
    site.wait(site.app.gate.keys.forget());
    assert_eq!(get(&site, "/", &[("cookie", &cookie)]).status, StatusCode::UNAUTHORIZED);
    let left = ask(&site, Method::POST, "/sign-out", &[]);
    assert!(left.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
}

#[test]
fn signing_in_leads_to_no_other_site() {
    let site = Site::behind(closed());
    let (_, text) = token(&site, Role::Viewer, None);
    for to in ["https://evil.example", "//evil.example", "/\\evil.example", "evil", ""] {
        assert_eq!(sign_in(&site, &text, to).headers[header::LOCATION], "/", "{to}");
    }
}

#[test]
fn with_tls_the_cookie_is_for_tls_alone() {
    let site = Site::behind(Door { is_secure: true, ..closed() });
    let (_, text) = token(&site, Role::Viewer, None);
    let set = sign_in(&site, &text, "/").headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(set.starts_with("__Host-throughline=") && set.ends_with("; Secure"), "{set}");
}

#[test]
fn a_page_of_another_site_can_neither_lead_here_by_name_nor_send() {
    let site = Site::behind(Door::open(vec!["localhost".to_owned(), "::1".to_owned()]));
    for host in ["localhost", "localhost:8080", "LOCALHOST:1", "[::1]:8080"] {
        assert_eq!(get(&site, "/", &[("host", host)]).status, StatusCode::OK, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "", "127.0.0.1.nip.example:8080"] {
        let status = get(&site, "/", &[("host", host)]).status;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    for headers in [
        [("sec-fetch-site", "cross-site"), ("host", "localhost")],
        [("origin", "https://evil.example"), ("host", "localhost")],
    ] {
        let status = ask(&site, Method::POST, "/sign-out", &headers).status;
        assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let own = [("sec-fetch-site", "same-origin"), ("host", "localhost")];
    assert_eq!(ask(&site, Method::POST, "/sign-out", &own).status, StatusCode::SEE_OTHER);
}

#[test]
fn who_guesses_is_slowed_down_and_others_are_not() {
    let gate = limit::Limits::default();
    let one: IpAddr = "203.0.113.7".parse().unwrap();
    let tries = (0..200).filter(|_| gate.tries(one)).count();
    assert!((30..40).contains(&tries), "{tries}");
    assert!(gate.tries("203.0.113.8".parse().unwrap()));
    // One network of IPv6 is one client.
    let six = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
    assert!((0..200).filter(|last| gate.tries(six(*last))).count() < 40);
}

#[test]
fn behind_a_proxy_the_client_is_whom_the_proxy_names() {
    let door = Door { behind_proxy: true, ..closed() };
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", "198.51.100.1, 203.0.113.9".parse().unwrap());
    let peer: IpAddr = "127.0.0.1".parse().unwrap();
    assert_eq!(client(&door, Some(peer), &headers).to_string(), "203.0.113.9");
    assert_eq!(client(&closed(), Some(peer), &headers), peer);
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let site = Site::behind(closed());
    for path in ["/", "/sign-in", "/nowhere", "/assets/none"] {
        let headers = get(&site, path, &[]).headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY", "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
    }
}

#[test]
fn many_changes_of_tokens_at_once_lose_none() {
    let site = Site::behind(closed());
    let one = |number: u32| {
        let ledger = &site.app.ledger;
        let wanted =
            Wanted { name: format!("ci {number}"), role: Role::Viewer, scope: None, valid: None };
        async move {
            keys::create(ledger, &wanted, "test", Timestamp::from_seconds(1)).await.map(|_| ())
        }
    };
    let done = site.wait(async { tokio::join!(one(1), one(2), one(3), one(4)) });
    assert!(matches!(done, (Ok(()), Ok(()), Ok(()), Ok(()))), "{done:?}");
    assert_eq!(site.wait(keys::tokens(&site.app.ledger)).unwrap().len(), 4);
}

#[test]
fn pseudonyms_are_made_with_one_key_on_every_server_of_a_ledger() {
    let site = Site::behind(closed());
    // Somebody makes a token meanwhile: it is kept beside.
    let key = site.wait(keys::people_key(&site.app.ledger, now())).unwrap();
    let (_, text) = token(&site, Role::Viewer, None);
    let other = site.wait(keys::people_key(&site.app.reader, now())).unwrap();
    assert_eq!((key.len(), &key), (64, &other));
    let head = [("authorization", format!("Bearer {text}"))];
    let head: Vec<(&str, &str)> =
        head.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(get(&site, "/v1/choices", &head).status, StatusCode::OK);
}
