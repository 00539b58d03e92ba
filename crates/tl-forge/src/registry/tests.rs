//! Against a server on this machine.

use serde_json::json;

use super::*;
use crate::testing::{Reply, Server, ok, run, status};

fn registry(server: &Server, kind: Kind) -> Registry {
    Registry::new(kind, &server.address, None).unwrap()
}

#[test]
fn names_are_asked_as_each_registry_wants_them_without_telling_who_asks() {
    run(async {
        let server = Server::start(|_| ok(&json!({}))).await;
        for (kind, name, target) in [
            (Kind::Npm, "left-pad", "/left-pad"),
            (Kind::Npm, "@acme/mcp", "/@acme%2Fmcp"),
            (Kind::Pypi, "requests", "/requests/"),
            (Kind::Crates, "serde", "/se/rd/serde"),
            (Kind::Crates, "abc", "/3/a/abc"),
            (Kind::Go, "github.com/Acme/x", "/github.com/!acme/x/@latest"),
        ] {
            registry(&server, kind).ask(name).await.unwrap();
            assert_eq!(server.targets().last().unwrap(), target);
        }
        for asked in server.asked() {
            for name in ["authorization", "cookie", "from"] {
                assert_eq!(asked.header(name), None);
            }
        }
    });
}

#[test]
fn what_is_no_name_is_never_sent() {
    run(async {
        let server = Server::start(|_| ok(&json!({}))).await;
        for (kind, name) in [
            (Kind::Npm, "../x"),
            (Kind::Npm, "a/b"),
            (Kind::Npm, "@a/b/c"),
            (Kind::Npm, ""),
            (Kind::Pypi, "a b"),
            (Kind::Pypi, ".."),
            (Kind::Pypi, "a?b=c"),
            (Kind::Go, "github.com/../x"),
            (Kind::Go, "fmt"),
            (Kind::Crates, "é"),
        ] {
            let answer = registry(&server, kind).ask(name).await;
            assert!(matches!(answer, Err(AskError::Name { .. })), "{name}");
        }
        assert_eq!(server.asked().len(), 0);
    });
}

#[test]
fn a_name_is_missing_or_there_since_it_was_first_published() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/made-up" => status(404, &[], "{}"),
            "/gone" => status(410, &[], ""),
            "/left-pad" => ok(&json!({"time": {"created": "2026-11-01T00:00:00.000Z", "1.0.0": "x"}})),
            "/requests/" => ok(&json!({"files": [
                {"upload-time": "2026-11-02T00:00:00Z"}, {"upload-time": "2026-11-01T00:00:00Z"}, {}]})),
            "/se/rd/serde" => Reply::Full(
                200,
                Vec::new(),
                "{\"vers\":\"1\",\"pubtime\":\"2026-11-01T00:00:00Z\"}\n{\"vers\":\"2\"}\nx".to_owned(),
            ),
            _ => Reply::Full(200, Vec::new(), "<html>".to_owned()),
        })
        .await;
        let since = Timestamp::parse("2026-11-01T00:00:00Z").unwrap();
        let npm = registry(&server, Kind::Npm);
        assert_eq!(npm.ask("made-up").await.unwrap(), Found::Missing);
        assert_eq!(npm.ask("gone").await.unwrap(), Found::Missing);
        assert_eq!(npm.ask("left-pad").await.unwrap(), Found::There(Some(since)));
        assert_eq!(npm.ask("odd").await.unwrap(), Found::There(None));
        let pypi = registry(&server, Kind::Pypi);
        assert_eq!(pypi.ask("requests").await.unwrap(), Found::There(Some(since)));
        let crates = registry(&server, Kind::Crates);
        assert_eq!(crates.ask("serde").await.unwrap(), Found::There(Some(since)));
    });
}

#[test]
fn a_refusal_a_broken_answer_and_another_host_are_errors_and_no_answers() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/refused" => status(403, &[], "who are you"),
            "/elsewhere" => status(302, &["location: http://127.0.0.2:1/x"], ""),
            "/reset" => Reply::Reset,
            _ => Reply::Cut("{".to_owned()),
        })
        .await;
        let npm = registry(&server, Kind::Npm);
        assert!(matches!(npm.ask("refused").await, Err(AskError::Refused { status: 403, .. })));
        assert!(matches!(npm.ask("elsewhere").await, Err(AskError::Refused { status: 302, .. })));
        assert!(matches!(npm.ask("reset").await, Err(AskError::Unsent { .. })));
        assert!(matches!(npm.ask("cut").await, Err(AskError::Unsent { .. })));
        assert_eq!(server.asked().len(), 4, "one request a name");
    });
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    run(async {
        let server = Server::start(|_| Reply::Full(200, Vec::new(), " ".repeat(BODY + 1))).await;
        let found = registry(&server, Kind::Npm).ask("huge").await;
        assert_eq!(found.unwrap(), Found::There(None));
    });
}

#[test]
fn an_address_with_a_password_is_not_used() {
    let wrong = Registry::new(Kind::Npm, "https://ana:hunter22@acme.example/", None).unwrap_err();
    assert!(!format!("{wrong} {wrong:?}").contains("hunter22"));
    assert!(Registry::new(Kind::Crates, "sparse+http://127.0.0.1:1/", None).is_ok());
}
