//! What comes over HTTP: CloudEvents, structured, binary or in batches, and webhooks by header.
//!
//! In: headers and body of a request, or the same from a file as `{"headers": {}, "body": {}}`.
//! Out: a [`Batch`]. Start at [`read`]. Who sent it is the server's to check.

use serde_json::{Map, Value};
use tl_core::record::System;

use super::sink::Sink;
use super::{Batch, Format, Options, cdevents, read_all, shape, when};

/// Events and problems of one request; names of headers in any case.
pub fn read(headers: &[(String, String)], body: &[u8], options: Options) -> Batch {
    let mut sink = Sink::new("request", options.clone());
    let map: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), Value::from(value.as_str())))
        .collect();
    if map.contains_key("ce-type") || system_of(&map).is_some() {
        match serde_json::from_slice::<Value>(body) {
            Ok(body) => envelope(&map, body, &mut sink),
            Err(wrong) => {
                sink.left_out(format!("the body is not JSON: {wrong}"), "send `application/json`");
            }
        }
        return sink.take().unwrap_or_default();
    }
    read_all("request", body, options)
}

/// Whether an object is a CloudEvent with its attributes.
pub(super) fn is_cloudevent(value: &Value) -> bool {
    let text = |name: &str| value[name].is_string();
    text("specversion") && text("type") && text("source") && text("id")
}

/// A structured CloudEvent.
pub(super) fn structured(value: &Value, format: Format, sink: &mut Sink) {
    let class = value["type"].as_str().unwrap_or_default();
    let data = match &value["data"] {
        // Some senders encode JSON twice.
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    if value.get("data_base64").is_some() {
        sink.left_out("a CloudEvent whose data is base64", "send its data as JSON");
    } else if cdevents::is_class(class) || cdevents::is_meant(&data) {
        cdevents::take(&data, sink);
    } else if data.is_object() {
        shape::take(data, format, sink);
    } else {
        let what = format!("a CloudEvent `{}` without data", when::cut(class));
        sink.left_out(what, "send a CDEvent or a webhook's body as its data");
    }
}

/// Headers and body: a CloudEvent in binary form, or a webhook.
pub(super) fn envelope(headers: &Map<String, Value>, body: Value, sink: &mut Sink) {
    let headers: Map<String, Value> =
        headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    let body = match body {
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(body) => body,
            Err(wrong) => {
                let what = format!("the body is not JSON: {wrong}");
                return sink.left_out(what, "keep the body as it was sent");
            }
        },
        body => body,
    };
    if let Some(class) = headers.get("ce-type").and_then(Value::as_str) {
        if cdevents::is_class(class) {
            return cdevents::take(&body, sink);
        }
        return shape::take(body, Format::Json, sink);
    }
    match system_of(&headers) {
        Some((system, event)) => shape::webhook(system, event, body, sink),
        None => shape::take(body, Format::Json, sink),
    }
}

/// Which system sent a request, and what it calls the event.
fn system_of(headers: &Map<String, Value>) -> Option<(System, &str)> {
    // Gitea and Forgejo also send GitHub's header.
    let known = [
        ("x-gitea-event", System::Gitea),
        ("x-forgejo-event", System::Gitea),
        ("x-github-event", System::Github),
        ("x-gitlab-event", System::Gitlab),
        ("x-event-key", System::Bitbucket),
        ("x-atlassian-webhook-identifier", System::Jira),
        ("x-pagerduty-signature", System::Pagerduty),
        ("circleci-event-type", System::Circleci),
        ("sentry-hook-resource", System::Sentry),
    ];
    let (name, system) = known.into_iter().find(|(name, _)| headers.contains_key(*name))?;
    let named = matches!(
        system,
        System::Gitea | System::Github | System::Gitlab | System::Bitbucket | System::Circleci
    ) || name == "sentry-hook-resource";
    let value = headers.get(name).and_then(Value::as_str).unwrap_or_default();
    Some((system, if named { value } else { "" }))
}
