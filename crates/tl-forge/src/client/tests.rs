//! How requests are sent: failures that pass, limits, refusals, and where the token goes.

use serde_json::json;
use tl_core::record::System;
use tl_core::time::Millis;

use super::*;
use crate::secret::Secret;
use crate::source::PullError;
use crate::testing::{Reply, Server, TOKEN, ok, run, shown, status};

fn things() -> Request {
    Request::get("things").with("page", 1)
}

#[test]
fn what_fails_for_a_while_is_asked_again_and_the_user_is_told() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(502, &[], "<html>bad gateway</html>"),
            1 => Reply::Reset,
            2 => Reply::Cut("[{\"id\":1},{\"id\"".to_owned()),
            3 => status(200, &[], "[{\"id\":1},{\"id\""),
            _ => ok(&json!([{"id": 1}, {"id": 2}])),
        })
        .await;
        let answer = server.client(System::Github).send(&things()).await.unwrap();
        assert_eq!(answer.body, json!([{"id": 1}, {"id": 2}]));
        let told = server.told();
        let ends = ["status 502", "the connection broke", "without its end", "that is no JSON"];
        assert_eq!(told.len(), ends.len(), "{told:?}");
        for (told, end) in told.iter().zip(ends) {
            assert!(told.ends_with(end), "{told} does not end in {end}");
        }
    });
}

#[test]
fn what_fails_at_every_attempt_is_an_error_that_says_what_failed() {
    run(async {
        let server = Server::start(|_| status(503, &[], "")).await;
        let err = server.client(System::Gitlab).send(&things()).await.unwrap_err();
        assert_eq!(err.to_string(), "gitlab fails at `/things` with status 503, at every attempt");
        assert_eq!(server.asked().len(), 5);
    });
}

#[test]
fn retry_after_is_waited_for_exactly() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 42"], "{}"),
            _ => ok(&json!([])),
        })
        .await;
        server.client(System::Github).send(&things()).await.unwrap();
        assert_eq!(server.told(), ["waiting 42 s for github's rate limit"]);
    });
}

#[test]
fn the_secondary_limit_is_waited_for_longer_each_time() {
    run(async {
        let body = r#"{"message":"You have exceeded a secondary rate limit"}"#;
        let server = Server::start(move |asked| match asked.before {
            0 | 1 => status(403, &[], body),
            _ => ok(&json!([])),
        })
        .await;
        server.client(System::Github).send(&things()).await.unwrap();
        let told = server.told();
        assert_eq!(told[0], "waiting 60 s: github asks to slow down");
        assert_ne!(told[0], told[1]);
    });
}

#[test]
fn a_quota_that_is_used_up_is_waited_for_before_the_next_request_and_no_other() {
    run(async {
        let reset = crate::testing::NOW.as_millis() / 1000 + 30;
        let used_up =
            ["X-RateLimit-Remaining: 0", &format!("X-RateLimit-Reset: {reset}")].map(str::to_owned);
        let server = Server::start(move |asked| match asked.before {
            0 => Reply::Full(200, used_up.to_vec(), "[]".to_owned()),
            _ => ok(&json!([])),
        })
        .await;
        let client = server.client(System::Github);
        for _ in 0..3 {
            client.send(&things()).await.unwrap();
        }
        assert_eq!(server.told(), ["waiting 31 s for github's rate limit"]);
    });
}

#[test]
fn a_wait_that_is_too_long_is_refused_and_says_that_nothing_is_lost() {
    run(async {
        let server = Server::start(|_| status(429, &["Retry-After: 86400"], "")).await;
        let err = server.client(System::Github).send(&things()).await.unwrap_err();
        let expected = "github wants us to wait 86400 s before `/things`, which is too long";
        assert_eq!(err.to_string(), expected);
        assert!(err.hint().unwrap().contains("go on later"));
        assert_eq!(server.told(), [""; 0]);
    });
}

#[test]
fn a_token_does_not_follow_to_another_host() {
    run(async {
        let other = Server::start(|_| ok(&json!([]))).await;
        let target = format!("Location: {}things", other.address);
        let server = Server::start(move |_| status(302, &[&target], "")).await;
        let err = server.client(System::Github).send(&things()).await.unwrap_err();
        assert!(matches!(err, RequestError::Elsewhere { .. }), "{err}");
        assert!(other.asked().is_empty());

        let link = format!("Link: <{}things?page=2>; rel=\"next\"", other.address);
        let server = Server::start(move |_| status(200, &[&link], "[]")).await;
        let err = server.client(System::Github).all(&things(), "").await.unwrap_err();
        assert!(matches!(err, RequestError::Elsewhere { .. }), "{err}");
        assert!(other.asked().is_empty());
    });
}

#[test]
fn a_renamed_repository_is_followed_on_the_same_host_with_the_token() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/things" => status(301, &["Location: /repositories/1/things"], ""),
            _ => ok(&json!([1])),
        })
        .await;
        let answer = server.client(System::Github).send(&things()).await.unwrap();
        assert_eq!(answer.body, json!([1]));
        let bearer = format!("Bearer {TOKEN}");
        assert!(server.asked().iter().all(|it| it.header("authorization") == Some(&bearer)));
    });
}

#[test]
fn a_body_over_the_limit_is_not_read_to_its_end() {
    run(async {
        let server = Server::start(|_| ok(&json!("x".repeat(5000)))).await;
        let limits = Limits { body: 1000, ..Limits::default() };
        let err = server.client_with(System::Github, limits).send(&things()).await.unwrap_err();
        let expected = "the answer of github to `/things` is larger than 1000 bytes";
        assert_eq!(err.to_string(), expected);
        assert_eq!(server.asked().len(), 1);
    });
}

#[test]
fn an_error_names_the_missing_scope_and_shows_no_token_and_no_query() {
    run(async {
        let body = format!(r#"{{"message":"Bad scope for {TOKEN}"}}"#);
        let headers = ["X-OAuth-Scopes: gist", "X-Accepted-OAuth-Scopes: repo"];
        let server = Server::start(move |_| status(403, &headers, &body)).await;
        let request = things().with("private_token", "other-secret");
        let client = server.client(System::Github);
        let err = PullError::from(client.send(&request).await.unwrap_err());
        let expected = "github refuses `/things` with status 403: the token lacks scope `repo`, \
                        it has `gist` (it says: Bad scope for ***)";
        assert_eq!(err.to_string(), expected);
        let all = format!("{} {client:?}", shown(&err));
        assert!(!all.contains(TOKEN) && !all.contains("other-secret"), "{all}");
        let hint = err.hint().unwrap();
        assert_eq!(hint, "give the token `repo`, or leave this out of the source");
    });
}

#[test]
fn an_unreachable_host_shows_neither_query_nor_token() {
    run(async {
        let server = Server::start(|_| Reply::Reset).await;
        let request = things().with("private_token", "other-secret");
        let err = server.client(System::Gitlab).send(&request).await.unwrap_err();
        let err = PullError::from(err);
        let all = shown(&err);
        assert!(all.starts_with("failed to reach gitlab at `127.0.0.1`"), "{all}");
        assert!(!all.contains("other-secret"), "{all}");
    });
}

#[test]
fn a_list_whose_next_page_expired_is_read_again_from_its_beginning() {
    run(async {
        let server =
            Server::start(|asked| match (asked.before, asked.parameter("page").as_deref()) {
                (_, Some("1")) => status(200, &["Link: </things?page=2>; rel=\"next\""], "[1]"),
                (1, _) => status(400, &[], r#"{"error":"invalid cursor"}"#),
                _ => status(200, &[], "[2]"),
            })
            .await;
        let items = server.client(System::Gitlab).all(&things(), "").await.unwrap();
        assert_eq!(items, [json!(1), json!(2)]);
        assert_eq!(server.asked().len(), 4);
    });
}

#[test]
fn addresses_with_passwords_and_tokens_with_line_ends_are_refused_without_repeating_them() {
    let connect = |base: &str, token: &str| {
        Client::new(Connection {
            system: System::Gitlab,
            base: base.to_owned(),
            auth: Auth::Bearer(Secret::new(token)),
            certificates: None,
            clock: Arc::new(NoClock),
            limits: Limits::default(),
        })
    };
    for base in ["http://ana:pass@git.example/", "ftp://git.example", "git.example", "http:///?x=1"]
    {
        let err = connect(base, TOKEN).unwrap_err();
        assert!(matches!(err, ConnectError::Address { .. }), "{base}");
        assert!(!format!("{err} {err:?}").contains("pass@"), "{err}");
    }
    let err = connect("http://git.example", "to\nken").unwrap_err();
    assert!(!format!("{err} {err:?}").contains("ken\""), "{err}");
}

/// A clock that nobody asks.
struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        panic!("nothing is sent")
    }

    fn wait<'a>(&'a self, _: &'a Pause) -> crate::clock::Soon<'a, ()> {
        panic!("nothing is sent")
    }
}

#[test]
fn a_pause_is_told_in_whole_seconds() {
    let pause =
        |millis, reason| Pause { length: Millis::new(millis), system: System::Gitlab, reason };
    let told = pause(1001, PauseReason::RateLimit).to_string();
    assert_eq!(told, "waiting 2 s for gitlab's rate limit");
}

#[test]
fn a_client_of_https_trusts_the_given_file_only_and_says_when_there_is_nothing_in_it() {
    let directory = std::env::temp_dir().join(format!("tl-forge-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("empty.pem");
    std::fs::write(&file, "no certificate at all\n").unwrap();
    let connect = |path: PathBuf| {
        let (auth, clock, limits) = (Auth::None, Arc::new(NoClock), Limits::default());
        let base = "https://git.example/".to_owned();
        let certificates = Some(path);
        Client::new(Connection { system: System::Gitlab, base, auth, certificates, clock, limits })
    };
    let empty = connect(file).unwrap_err();
    let missing = connect(directory.join("missing.pem")).unwrap_err();
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(matches!(empty, ConnectError::NoCertificates), "{empty}");
    assert!(missing.to_string().starts_with("failed to read certificates `"), "{missing}");
}
