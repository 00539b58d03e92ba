use std::path::PathBuf;

use serde_json::json;
use tl_core::record::System;

use super::*;

mod hostile;
mod payloads;
mod same;

/// A record of github.com about `acme/api`.
fn record(what: &str, parent: &str, body: serde_json::Value) -> Record {
    Record {
        system: System::Github,
        what: what.to_owned(),
        scope: "acme/api".to_owned(),
        parent: parent.to_owned(),
        body,
    }
}

/// One event a line: kind, instant, actor, and below it key, subject, refs and data.
fn told(events: &[Event]) -> String {
    let line = |event: &Event| {
        let refs: Vec<_> = event.refs.iter().map(|(role, it)| format!("{role}={it}")).collect();
        let actor = event.actor.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
        let data = if event.data.is_null() {
            String::new()
        } else {
            format!("  {}\n", tl_core::ordered::Ordered(&event.data))
        };
        let (kind, at, subject) = (&event.kind, event.at, &event.subject);
        let named = format!("  {}:{}\n  {subject} [{}]\n", event.source, event.key, refs.join(" "));
        format!("{kind} {at}{actor}\n{named}{data}")
    };
    events.iter().map(line).collect()
}

fn events(what: &str, parent: &str, body: serde_json::Value) -> Vec<Event> {
    convert(&record(what, parent, body)).unwrap()
}

/// The kinds of the events.
fn kinds(what: &str, parent: &str, body: serde_json::Value) -> Vec<String> {
    events(what, parent, body).into_iter().map(|event| event.kind).collect()
}

/// Every payload of GitHub's own examples: event type, file name, body.
fn payloads() -> Vec<(String, String, serde_json::Value)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/octokit-webhooks/payload-examples/api.github.com");
    let mut found = Vec::new();
    let read = |dir: &PathBuf| {
        let entries = std::fs::read_dir(dir)
            .unwrap_or_else(|err| panic!("test data is missing: {}: {err}", dir.display()));
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    for dir in read(&root) {
        let event = dir.file_name().unwrap().to_string_lossy().into_owned();
        for file in read(&dir) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let body = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let name = name.trim_end_matches(".json").trim_end_matches(".payload");
            found.push((event.clone(), name.to_owned(), body));
        }
    }
    assert!(found.len() >= 100, "only {} payloads", found.len());
    found
}
