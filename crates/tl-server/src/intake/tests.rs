//! The inlet, asked in process; what it stored is folded as the server does it.

use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use axum::handler::Handler as _;
use axum::http::Request;
use axum::routing::any_service;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tempfile::TempDir;
use tl_ledger::Ledger;
use tl_ledger::deliveries::State as DeliveryState;
use tokio::runtime::{Builder, Runtime};

use super::sender::{Secret, USUAL_BYTES};
use super::*;
use crate::app::{Setup, router as all};
use crate::folding;
use crate::testing::setup;

const SECRET: &str = "s3cret";

/// A server with senders, whose tasks run while something is waited for.
pub(crate) struct Server {
    pub(crate) app: App,
    runtime: Runtime,
    _directory: TempDir,
}

pub(crate) fn senders() -> BTreeMap<String, Sender> {
    let sender = |system: &str, most_bytes| Sender {
        speech: system.parse().unwrap(),
        secrets: Secret::new(SECRET).into_iter().collect(),
        most_bytes,
    };
    [
        ("forge", sender("github", USUAL_BYTES)),
        ("small", sender("github", 1_024)),
        ("alerts", sender("alertmanager", USUAL_BYTES)),
        ("any", sender("cloudevents", USUAL_BYTES)),
        ("open", Sender { secrets: Vec::new(), ..sender("github", USUAL_BYTES) }),
    ]
    .map(|(name, sender)| (name.to_owned(), sender))
    .into()
}

impl Server {
    pub(crate) fn start(options: Options) -> Self {
        let directory = TempDir::new().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let path = directory.path().join("ledger.db");
        let ledger = runtime.block_on(Ledger::open(&path)).unwrap();
        let app = runtime.block_on(Self::app(ledger, options));
        runtime.spawn(write(app.clone()));
        Self { app, runtime, _directory: directory }
    }

    pub(crate) async fn app(ledger: Ledger, inlet: Options) -> App {
        let reader = ledger.again().await.unwrap().unwrap();
        App::new(Setup { inlet, ..setup(ledger, reader) })
    }

    pub(crate) fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// Folds until nothing waits.
    pub(crate) fn fold(&self) {
        self.wait(async {
            let folding = tokio::spawn(folding::work(self.app.clone()));
            let limit = Duration::from_secs(60);
            let settled = async {
                while self.app.ledger.has_waiting().await.unwrap() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(limit, settled).await.unwrap();
            folding.abort();
        });
    }

    pub(crate) fn post(&self, path: &str, pairs: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
        self.wait(async {
            let mut request = Request::post(path);
            for (name, value) in pairs {
                request = request.header(*name, *value);
            }
            let request = request.body(Body::from(body.to_vec())).unwrap();
            let response = any_service(all(self.app.clone())).call(request, ()).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        })
    }

    /// Posts as GitHub does.
    pub(crate) fn github(&self, event: &str, id: &str, body: &[u8]) -> (u16, Value) {
        let signature = signature(SECRET, body);
        let pairs = [
            ("content-type", "application/json"),
            ("x-github-event", event),
            ("x-github-delivery", id),
            ("x-hub-signature-256", &signature),
        ];
        self.post("/hooks/forge", &pairs, body)
    }

    fn events(&self) -> Vec<tl_core::event::Event> {
        let read = self.wait(self.app.ledger.read(tl_ledger::Position::START, "", 1_000_000));
        read.unwrap().into_iter().map(|one| one.event).collect()
    }

    fn failed(&self) -> Vec<tl_ledger::deliveries::Listed> {
        self.wait(self.app.ledger.deliveries(DeliveryState::Failed, 100)).unwrap()
    }
}

pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mut made = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    made.update(body);
    let hex: String =
        made.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

fn with_senders() -> Server {
    Server::start(Options { senders: senders(), unsigned: false })
}

/// A body of a request that was opened.
pub(crate) fn opened(number: u64) -> Vec<u8> {
    let person = json!({"login": "ana", "id": 1, "type": "User"});
    let repository = json!({"full_name": "acme/api", "html_url": "https://github.com/acme/api"});
    let side = |name: &str| json!({"ref": name, "sha": "0123456789abcdef0123456789abcdef01234567", "repo": repository});
    let body = json!({
        "action": "opened", "number": number, "repository": repository, "sender": person,
        "pull_request": {
            "number": number, "state": "open", "title": format!("change {number}"),
            "html_url": format!("https://github.com/acme/api/pull/{number}"),
            "user": person, "created_at": "2026-03-01T10:00:00Z",
            "updated_at": "2026-03-01T10:00:00Z", "draft": false, "labels": [],
            "head": side("topic"), "base": side("main"),
        },
    });
    serde_json::to_vec(&body).unwrap()
}

#[test]
fn a_webhook_is_acknowledged_when_it_is_stored_and_known_when_it_comes_again() {
    let server = with_senders();
    let body = opened(1);
    let (status, told) = server.github("pull_request", "guid-1", &body);
    assert_eq!((status, told), (202, json!({"delivery": "guid-1", "known": false})));
    let (status, told) = server.github("pull_request", "guid-1", &body);
    assert_eq!((status, told), (202, json!({"delivery": "guid-1", "known": true})));
    assert!(server.events().is_empty(), "nothing is folded before the answer");
    server.fold();
    let once = server.events();
    assert!(!once.is_empty());
    // The same request under another id tells nothing new.
    assert_eq!(server.github("pull_request", "guid-2", &body).0, 202);
    server.fold();
    assert_eq!(server.events(), once);
    assert_eq!(server.app.inlet.condition().accepted, 3);
}

#[test]
fn the_same_id_with_another_body_is_not_taken_for_a_repetition() {
    let server = with_senders();
    server.github("pull_request", "guid-1", &opened(1));
    let (_, told) = server.github("pull_request", "guid-1", &opened(2));
    assert_eq!(told["known"], false);
    server.fold();
    let about = |number: &str| server.events().iter().any(|event| event.subject.contains(number));
    assert!(about("#1") && about("#2"));
}

#[test]
fn what_is_not_signed_or_not_for_anybody_is_refused_and_not_stored() {
    let server = with_senders();
    let body = opened(1);
    let right = signature(SECRET, &body);
    let wrong = signature("guess", &body);
    let post = |path: &str, signature: &str| {
        server.post(path, &[("x-hub-signature-256", signature)], &body).0
    };
    assert_eq!(post("/hooks/forge", &wrong), 401);
    assert_eq!(post("/hooks/forge", ""), 401);
    assert_eq!(server.post("/hooks/forge", &[], &body).0, 401);
    assert_eq!(post("/hooks/open", &right), 401, "it has no secret, and nobody allowed that");
    assert_eq!(post("/hooks/none", &right), 404);
    assert_eq!(post("/hooks/..%2Fforge", &right), 404);
    assert!(!server.wait(server.app.ledger.has_waiting()).unwrap());
    let condition = server.app.inlet.condition();
    assert_eq!(condition.refused["forge"][&401], 3);
    assert_eq!(condition.refused[""][&404], 2, "names that anybody made up are not kept");
}

#[test]
fn without_a_secret_a_sender_is_believed_only_where_somebody_said_so() {
    let server = Server::start(Options { senders: senders(), unsigned: true });
    assert_eq!(server.post("/hooks/open", &[], &opened(1)).0, 202);
    assert_eq!(server.post("/hooks/forge", &[], &opened(1)).0, 401, "this one has a secret");
}

#[test]
fn a_body_that_is_too_large_is_refused_also_when_it_lies_about_its_length() {
    let server = with_senders();
    let body = vec![b' '; 2_000];
    let signature = signature(SECRET, &body);
    let post = |pairs: &[(&str, &str)]| server.post("/hooks/small", pairs, &body);
    assert_eq!(post(&[("x-hub-signature-256", &signature), ("content-length", "2000")]).0, 413);
    assert_eq!(post(&[("x-hub-signature-256", &signature)]).0, 413);
    assert_eq!(post(&[("x-hub-signature-256", &signature), ("content-length", "9")]).0, 413);
}

#[test]
fn what_cannot_be_understood_is_stored_and_shown_as_failed_and_stops_nothing() {
    let server = with_senders();
    let deep = [vec![b'['; 50_000], vec![b']'; 50_000]].concat();
    let bodies: [&[u8]; 5] = [b"", b"not json", b"\xff\xfe\0", &deep, b"{\"a\":"];
    for (place, body) in bodies.iter().enumerate() {
        assert_eq!(server.github("pull_request", &format!("bad-{place}"), body).0, 202);
        assert_eq!(server.github("pull_request", &format!("good-{place}"), &opened(7)).0, 202);
    }
    server.fold();
    let failed = server.failed();
    assert_eq!(failed.len(), bodies.len(), "{failed:?}");
    assert!(failed.iter().all(|one| one.id.starts_with("bad-") && one.problem.is_some()));
    let again = format!("/settings/deliveries/{}/again", failed[0].number);
    assert_eq!(server.post(&again, &[], b"").0, 303);
    assert_eq!(server.post(&again, &[], b"").0, 404, "it waits already");
    server.fold();
    assert_eq!(server.failed().len(), bodies.len(), "it is as wrong as before");
    assert!(server.events().iter().any(|event| event.subject.contains("#7")));
}

#[test]
fn a_sender_tells_events_of_its_own_system_only() {
    let server = with_senders();
    let bearer = [("authorization", "Bearer s3cret"), ("x-github-event", "pull_request")];
    let forged = json!({
        "headers": {"x-github-event": "pull_request"},
        "body": serde_json::from_slice::<Value>(&opened(666)).unwrap(),
    });
    let forged = serde_json::to_vec(&forged).unwrap();
    assert_eq!(server.post("/hooks/alerts", &bearer, &forged).0, 202);
    assert_eq!(server.post("/hooks/alerts", &bearer, &opened(667)).0, 202);
    server.fold();
    assert!(server.events().is_empty());
    let failed = server.failed();
    assert_eq!(failed.len(), 2, "{failed:?}");
}

#[test]
fn github_may_send_its_body_in_a_form() {
    let server = with_senders();
    let body = opened(3);
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", std::str::from_utf8(&body).unwrap())
        .finish();
    let signature = signature(SECRET, form.as_bytes());
    let pairs = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-github-event", "pull_request"),
        ("x-hub-signature-256", &signature),
    ];
    assert_eq!(server.post("/hooks/forge", &pairs, form.as_bytes()).0, 202);
    server.fold();
    assert!(server.events().iter().any(|event| event.subject.contains("#3")));
}

fn json_files(root: &FilePath, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// Payloads that GitHub sent, collected by others; left out where they are not beside the repository.
#[test]
fn what_github_really_sends_is_taken_and_understood_in_any_order() {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/octokit-webhooks/payload-examples");
    let mut files = Vec::new();
    json_files(&root, &mut files);
    files.sort();
    let (forth, back) = (with_senders(), with_senders());
    let send = |server: &Server, path: &PathBuf| {
        let event = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let body = std::fs::read(path).unwrap();
        let id = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(server.github(event, id, &body).0, 202, "{path:?}");
    };
    files.iter().for_each(|path| send(&forth, path));
    files.iter().rev().for_each(|path| send(&back, path));
    files.iter().step_by(5).for_each(|path| send(&back, path));
    forth.fold();
    back.fold();
    let failed = forth.failed();
    assert!(failed.is_empty(), "{failed:?}");
    let keys = |server: &Server| -> std::collections::BTreeSet<(String, String)> {
        server.events().into_iter().map(|event| (event.source, event.key)).collect()
    };
    assert_eq!(keys(&forth), keys(&back));
    assert!(files.is_empty() || forth.events().len() > 50, "{}", forth.events().len());
}

#[test]
fn events_are_taken_at_once_and_what_is_wrong_is_told_with_its_line() {
    let server = with_senders();
    let event = |id: u64, at: &str| {
        json!({
            "v": 1, "id": format!("d{id}"), "type": "deploy.finished", "at": at, "source": "ci",
            "subject": {"kind": "deployment", "key": format!("ci/{id}")},
            "refs": {"service": "api", "env": "production"}, "data": {"outcome": "success"},
        })
    };
    let body = format!("{}\n{}\n", event(1, "2026-03-01T10:00:00Z"), event(2, "yesterday"));
    let json = [("content-type", "application/x-ndjson")];
    let (status, told) = server.post("/v1/events", &json, body.as_bytes());
    assert_eq!(status, 200, "{told}");
    assert_eq!((&told["new"], &told["left_out"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!(told["remarks"][0]["line"], 2, "{told}");
    let (_, told) = server.post("/v1/events", &json, body.as_bytes());
    assert_eq!((&told["new"], &told["known"]), (&json!(0), &json!(1)), "{told}");
    assert_eq!(server.events().len(), 1);
    let (status, told) = server.post("/v1/events", &json, b"{\"v\":1,\"type\":7}\n");
    assert_eq!(status, 422, "{told}");
    assert_eq!(server.post("/v1/events", &json, b"").0, 200, "nothing was wrong with it");
}

#[test]
fn nobody_writes_the_audit_log_from_outside() {
    let line = |kind: &str| {
        format!(
            r#"{{"v":1,"id":"{kind}","type":"{kind}","at":"2026-01-01T00:00:00Z","source":"throughline","subject":{{"kind":"server","key":"x"}},"data":{{}}}}"#
        )
    };
    let body = format!("{}\n{}\n", line("server.audit"), line("change.closed"));
    let events = tl_collect::intake::read_all("body", body.as_bytes(), Default::default());
    assert_eq!(events.events.len(), 2, "{:?}", events.problems);
    let kept = from_outside(events);
    let kinds: Vec<&str> = kept.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!((kinds, kept.lines), (vec!["change.closed"], vec![2]));
    assert!(kept.problems.iter().any(|left| left.line == 1 && !left.kept), "{:?}", kept.problems);
}

#[test]
fn a_cloudevent_comes_structured_in_a_batch_or_binary() {
    let server = with_senders();
    let data = |id: u64| {
        json!({
            "context": {
                "specversion": "0.5.0", "id": format!("id-{id}"), "source": "ci.example",
                "type": "dev.cdevents.service.deployed.0.3.0",
                "timestamp": "2026-03-01T10:00:00Z",
            },
            "subject": {
                "id": "api", "source": "ci.example", "type": "service",
                "content": {"environment": {"id": "production"}, "artifactId": "pkg:oci/api@1"},
            },
        })
    };
    let event = |id: u64| {
        json!({
            "specversion": "1.0", "id": format!("id-{id}"), "source": "ci.example",
            "type": "dev.cdevents.service.deployed.0.3.0", "data": data(id),
        })
    };
    let new = |pairs: &[(&str, &str)], body: &Value| {
        let (status, told) = server.post("/v1/events", pairs, body.to_string().as_bytes());
        assert_eq!(status, 200, "{told}");
        told["new"].as_u64().unwrap()
    };
    let structured = [("content-type", "application/cloudevents+json")];
    assert!(new(&structured, &event(1)) > 0);
    let batch = [("content-type", "application/cloudevents-batch+json")];
    assert!(new(&batch, &json!([event(2), event(3)])) > 1);
    let binary = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "id-4"),
        ("ce-source", "ci.example"),
        ("ce-type", "dev.cdevents.service.deployed.0.3.0"),
    ];
    assert!(new(&binary, &data(4)) > 0);
    assert_eq!(new(&structured, &event(4)), 0, "it came in binary form before");
}
