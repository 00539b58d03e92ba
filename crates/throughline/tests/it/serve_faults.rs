//! Servers that are killed, a database that falls, and an alert manager that really is one: nothing that
//! was acknowledged is lost, and nothing is there twice.
//!
//! In: the program, PostgreSQL, Prometheus' Alertmanager. Start at the tests. **Invariant:** what a sender
//! was told decides what has to be there, not what it sent.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tl_testkit::postgres::Falling;

use crate::serving::{Serving, ask};

const SECRET: &str = "a secret of the tests";

/// Deliveries that each server is sent.
const EACH: usize = 300;

/// How often a sender tries at most, and how long it waits before it tries again.
const TRIES: u32 = 300;
const PAUSE: Duration = Duration::from_millis(100);

/// How often is looked for what comes some time.
const LOOKS: u32 = 400;

/// A file that makes `systems` senders, each by its own name.
fn senders(directory: &TempDir, systems: &[&str]) -> String {
    let path = directory.path().join("senders.toml");
    let one = |system: &&str| {
        format!("[serve.hooks.{system}]\nsystem = \"{system}\"\nsecret_env = \"HOOK_SECRET\"\n")
    };
    let text: String = systems.iter().map(one).collect();
    fs::write(&path, text).expect("a test may write to its own directory");
    path.display().to_string()
}

/// Sends what a deployer says, again and again until it is acknowledged; whether it was.
fn deliver(host: &str, id: &str) -> bool {
    let body = format!(
        r#"{{"v":1,"id":"{id}","type":"deploy.finished","at":"2026-03-02T09:00:00Z","source":"cd","subject":{{"kind":"deployment","key":"{id}"}},"refs":{{"environment":"production","repository":"acme/api"}},"data":{{"outcome":"success"}}}}"#
    );
    let headers = format!("content-type: application/json\r\nauthorization: Bearer {SECRET}\r\n");
    (0..TRIES).any(|_| {
        let answer = ask(host, "POST", "/hooks/events", &headers, &body);
        let is_done = answer.is_some_and(|(status, _)| status == 202);
        if !is_done {
            thread::sleep(PAUSE);
        }
        is_done
    })
}

/// How often each event is there, by its key.
fn keys(serving: &Serving) -> BTreeMap<String, u32> {
    let mut counted = BTreeMap::new();
    for line in serving.get("/v1/events.ndjson").lines() {
        let event: Value = serde_json::from_str(line).expect("it is NDJSON");
        let key = event["key"].as_str().expect("an event has a key").to_owned();
        *counted.entry(key).or_default() += 1;
    }
    counted
}

/// Waits until it holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..LOOKS {
        if holds() {
            return;
        }
        thread::sleep(PAUSE);
    }
    panic!("{what}: still not after {LOOKS} looks");
}

#[test]
fn two_servers_on_a_database_that_falls_lose_and_double_nothing() {
    let Some(mut database) = Falling::start() else { return };
    let directory = TempDir::new().expect("a test may write to the temporary directory");
    let config = senders(&directory, &["events"]);
    let args = ["--ledger", database.url(), "--config", &config];
    let start = || Serving::start(&args, &[("HOOK_SECRET", SECRET)]);
    let (first, mut second) = (start(), start());
    let senders: Vec<_> = [first.host(), second.host()]
        .into_iter()
        .zip(["a", "b"])
        .map(|(host, name)| {
            let host = host.to_owned();
            thread::spawn(move || {
                let ids = (0..EACH).map(|number| format!("{name}-{number}"));
                ids.filter(|id| deliver(&host, id)).collect::<Vec<_>>()
            })
        })
        .collect();
    for _ in 0..2 {
        thread::sleep(Duration::from_millis(300));
        database.fall_and_rise();
        thread::sleep(Duration::from_millis(300));
        second.kill_and_start();
    }
    let told: Vec<String> =
        senders.into_iter().flat_map(|sender| sender.join().expect("it only counts")).collect();
    assert_eq!(told.len(), 2 * EACH, "each was acknowledged in the end");
    until("all of it is folded", || keys(&first).len() == told.len());
    let held = keys(&second);
    let wrong: Vec<_> = told.iter().filter(|id| held.get(*id) != Some(&1)).collect();
    assert!(wrong.is_empty(), "lost or doubled: {wrong:?}");
    // What was folded into rows as the database fell is tried again after a look.
    until("it is well, and nothing waits", || {
        let health: Value = serde_json::from_str(&first.get("/v1/health")).expect("it is JSON");
        (&health["status"], &health["waiting"]) == (&"well".into(), &0.into())
    });
}

/// A running Alertmanager.
struct Alertmanager {
    process: Child,
    host: String,
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // Whether it was still there is not what the test is about.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Debian's name of the program, or that of its makers.
fn alertmanager() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|directory| {
            ["prometheus-alertmanager", "alertmanager"].map(|name| directory.join(name))
        })
        .find(|program| program.is_file())
}

impl Alertmanager {
    /// Starts one that tells `serving`; `None` where there is none and none is required.
    #[expect(clippy::print_stderr, reason = "a test that tests nothing must say so")]
    #[expect(clippy::disallowed_methods, reason = "it runs beside the test and has no end")]
    fn start(directory: &TempDir, serving: &Serving) -> Option<Self> {
        let Some(program) = alertmanager() else {
            let required = std::env::var_os("TL_REQUIRE_ALL").is_some_and(|set| set == "1");
            let how = "install the package `prometheus-alertmanager`";
            assert!(!required, "Alertmanager is missing: {how}");
            eprintln!("SKIPPED: Alertmanager is missing; {how}");
            return None;
        };
        let config = format!(
            "route:\n  receiver: line\n  group_wait: 100ms\n  group_interval: 1s\n\
             receivers:\n- name: line\n  webhook_configs:\n  - url: {}/hooks/alertmanager\n    \
             http_config:\n      authorization:\n        credentials: {SECRET}\n",
            serving.base
        );
        let path = directory.path().join("alertmanager.yml");
        fs::write(&path, config).expect("a test may write to its own directory");
        // A port that was free a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let host = free.expect("loopback has a free port").to_string();
        let process = std::process::Command::new(program)
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.path={}", directory.path().join("alerts").display()))
            .arg(format!("--web.listen-address={host}"))
            .arg("--cluster.listen-address=")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let started = Self { process, host };
        until("Alertmanager is ready", || {
            ask(&started.host, "GET", "/-/ready", "", "").is_some_and(|(status, _)| status == 200)
        });
        Some(started)
    }

    fn alert(&self, more: &str) {
        let body = format!(
            r#"[{{"labels":{{"alertname":"TooManyErrors","service":"api","severity":"page"}}{more}}}]"#
        );
        let header = "content-type: application/json\r\n";
        let answer = ask(&self.host, "POST", "/api/v2/alerts", header, &body);
        assert!(matches!(answer, Some((200, _))), "{answer:?}");
    }
}

#[test]
fn what_alertmanager_sends_is_an_incident_that_opens_and_is_resolved() {
    let directory = TempDir::new().expect("a test may write to the temporary directory");
    let config = senders(&directory, &["alertmanager"]);
    let serving = Serving::start(&["--config", &config], &[("HOOK_SECRET", SECRET)]);
    let Some(manager) = Alertmanager::start(&directory, &serving) else { return };
    let kinds = || {
        let events = serving.get("/v1/events.ndjson?kind=incident.");
        let events = events.lines().map(|line| serde_json::from_str(line).expect("it is NDJSON"));
        let kind = |event: Value| event["kind"].as_str().map(str::to_owned);
        events.filter_map(kind).collect::<Vec<_>>()
    };
    let began = r#","startsAt":"2026-03-02T09:00:00Z""#;
    manager.alert(began);
    until("the alert is an incident", || kinds() == ["incident.opened"]);
    manager.alert(&format!(r#"{began},"endsAt":"2026-03-02T10:00:00Z""#));
    until("the incident is resolved", || kinds().contains(&"incident.resolved".to_owned()));
    let title = serving.get("/v1/events.ndjson?kind=incident.opened");
    assert!(title.contains("TooManyErrors"), "{title}");
}
