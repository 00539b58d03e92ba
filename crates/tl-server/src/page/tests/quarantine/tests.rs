//! Quarantines on the page and in the call. Today is 2026-11-01.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{GateDecided, kind};
use tl_core::time::Millis;
use tl_test::quarantine::parse;

use crate::reading::OfRepository;
use crate::testing::{Site, now};

/// An entry as people write it.
fn entry(id: u8, name: &str, since: &str, expires: &str) -> String {
    format!(
        r#"
[[test]]
id = "9f2c41d07be35a6610fa2b{id:02x}"
name = "{name}"
signatures = ["b41d93c2aa07e5f1"]
owner = "ana"
issue = "https://git.acme.example/api/412"
since = "{since}"
expires = "{expires}"
clean_runs = 298
evidence = {{ class = "flaky", fails = 9, runs = 412, interval = [0.012, 0.036], divergent = ["3f1c9aa0d2"] }}
"#
    )
}

fn of(repository: &str, text: &str) -> OfRepository {
    let quarantine = parse(text).map(Some).map_err(|err| err.to_string());
    OfRepository { repository: repository.to_owned(), quarantine }
}

fn file(entries: &[String]) -> String {
    format!("schema = \"quarantine/v1\"\n{}", entries.concat())
}

fn site() -> Site {
    let entries = [
        entry(1, "Orders > retries <b>", "2026-10-20", "2026-11-15"),
        entry(2, "Orders > ships", "2026-10-01", "2026-10-30"),
        entry(3, "Orders > bills", "2026-10-15", "2026-11-04"),
    ];
    Site::with_quarantines(vec![
        of("acme/api", &file(&entries)),
        of("acme/web", "schema = \"quarantine/v2\"\n"),
        OfRepository { repository: "acme/doors".to_owned(), quarantine: Ok(None) },
    ])
}

#[test]
fn what_is_over_comes_first_with_its_owner_its_issue_and_its_evidence() {
    let page = site().page("/tests");
    let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
    assert!(place("Orders &#62; ships") < place("Orders &#62; bills"));
    assert!(place("Orders &#62; bills") < place("Orders &#62; retries"));
    assert!(page.contains("2 days ago") && page.contains("in 3 days") && page.contains("ana"));
    assert!(page.contains("href=\"https://git.acme.example/api/412\""));
    assert!(
        page.contains("flaky: 9 of 412 runs failed") && page.contains("both results on 1 commits")
    );
    assert!(!page.contains("<b>"), "{page}");
    assert!(page.contains("The quarantine of acme/web cannot be read."), "{page}");
    assert!(page.contains("<code>.throughline/quarantine.toml</code>"));
}

#[test]
fn the_call_says_the_same() {
    let call: Value = serde_json::from_str(&site().get("/v1/quarantine").body).unwrap();
    let states: Vec<&str> = call["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["over", "in-force", "in-force"]);
    assert_eq!(call["entries"][1]["days_left"], 3);
    let files = call["files"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    assert_eq!(
        (files[0]["tests"].as_u64(), files[2]["is_there"].as_bool()),
        (Some(3), Some(false))
    );
    assert!(files[1]["problem"].as_str().unwrap().contains("quarantine/v1"), "{call}");
}

#[test]
fn an_empty_quarantine_says_how_to_begin() {
    let page = Site::empty().page("/tests");
    assert!(page.contains("No repository is measured here"), "{page}");
    let none = OfRepository { repository: "acme/api".to_owned(), quarantine: Ok(None) };
    let page = Site::with_quarantines(vec![none]).page("/tests");
    assert!(page.contains("Nothing is in quarantine."), "{page}");
    assert!(page.contains("throughline test quarantine add TEST"), "{page}");
}

#[test]
fn what_the_gate_took_out_is_counted() {
    let decided = |number: i64, outcome: &str, masked: &[&str]| {
        let at = now() - Millis::days(number);
        let key = format!("gate/{number}");
        Event::new(kind::GATE_DECIDED, at, "throughline", &key, "tests:@c").with(&GateDecided {
            gate: "tests".to_owned(),
            outcome: outcome.to_owned(),
            masked: masked.iter().map(|id| (*id).to_owned()).collect(),
            ..GateDecided::default()
        })
    };
    let id = "9f2c41d07be35a6610fa2b38";
    let events = [
        decided(40, "failed", &[id]),
        decided(3, "passed", &[id]),
        decided(2, "passed", &[id]),
        decided(1, "failed", &[]),
    ];
    let site = Site::new(|_| Err("nothing is measured".to_owned()), &events);
    let call: Value = serde_json::from_str(&site.get("/v1/quarantine").body).unwrap();
    assert_eq!(call["gate"]["outcomes"]["passed"], 2);
    assert_eq!(call["gate"]["outcomes"]["failed"], 1, "of the last 30 days");
    assert_eq!(call["gate"]["masked"][id], 2);
    let page = site.page("/tests");
    assert!(page.contains("The gate decided 3 times in the last 30 days: 1 failed, 2 passed."));
    assert!(page.contains(id), "{page}");
}
