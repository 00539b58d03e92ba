//! What a JSON object is: an event of ours, a CDEvent, telemetry, a webhook, or an object of a
//! system's API; the last two become [`Record`]s for [`crate::system`].
//!
//! In: one object. Out: its events. Start at `take`; [`webhook_of`] and [`export_of`] hold the
//! fields by which each system is known. **Invariant:** an object that nothing fits is reported,
//! never guessed.

mod export;

pub use self::export::export_of;

use serde_json::{Value, json};
use tl_core::record::{Record, System};

use super::sink::Sink;
use super::{Format, cdevents, check, claude_code, copilot, http, neutral};
use crate::system;

/// One object in a format, or in any where the format is [`Format::Json`].
pub(super) fn take(value: Value, format: Format, sink: &mut Sink) {
    if let (Some(headers), Some(body)) = (value["headers"].as_object(), body_of(&value)) {
        return http::envelope(headers, body.clone(), sink);
    }
    if let Some((event, body)) = activity(&value) {
        return webhook(System::Github, &event, body, sink);
    }
    match format {
        Format::Events => neutral::slow(value, sink),
        Format::CdEvents => cdevent(value, sink),
        Format::ClaudeCode => claude_code::take(&value, sink),
        Format::Copilot => copilot::take(&value, sink),
        Format::Webhook(system) => match (value["event"].as_str(), body_of(&value)) {
            (Some(event), Some(body)) => webhook(system, event, body.clone(), sink),
            _ => webhook(system, "", value, sink),
        },
        Format::Export(system) => match export_of(&value, Some(system)) {
            Some(found) => record(found.named(sink).with(value), sink),
            None => unknown(&value, sink),
        },
        _ => any(value, sink),
    }
}

fn any(value: Value, sink: &mut Sink) {
    if http::is_cloudevent(&value) {
        http::structured(&value, Format::Json, sink);
    } else if cdevents::is_meant(&value) {
        cdevents::take(&value, sink);
    } else if neutral::is_meant(&value) {
        neutral::slow(value, sink);
    } else if claude_code::is_meant(&value) {
        claude_code::take(&value, sink);
    } else if copilot::is_meant(&value) {
        copilot::take(&value, sink);
    } else if let Some((system, what)) = webhook_of(&value) {
        record(found(system, what, "").with(value), sink);
    } else if let Some(found) = export_of(&value, None) {
        record(found.named(sink).with(value), sink);
    } else if let (Some(event), Some(body)) = (value["event"].as_str(), body_of(&value)) {
        match webhook_of(body) {
            Some((system, _)) => webhook(system, event, body.clone(), sink),
            None => unknown(&value, sink),
        }
    } else {
        unknown(&value, sink);
    }
}

/// The body in an envelope: `{"event": "pull_request", "body": {}}`.
fn body_of(value: &Value) -> Option<&Value> {
    value.get("body").or_else(|| value.get("payload")).filter(|body| !body.is_null())
}

/// An event of GitHub's feeds (`/repos/acme/api/events`, archives of them): the body of the webhook,
/// beside the repository's name instead of with the repository.
fn activity(value: &Value) -> Option<(String, Value)> {
    let class = value["type"].as_str()?.strip_suffix("Event")?;
    let (repository, payload) = (value["repo"]["name"].as_str()?, value["payload"].as_object()?);
    let mut event = String::new();
    for letter in class.chars() {
        if letter.is_ascii_uppercase() && !event.is_empty() {
            event.push('_');
        }
        event.push(letter.to_ascii_lowercase());
    }
    let mut body = payload.clone();
    body.insert("repository".to_owned(), json!({ "full_name": repository }));
    body.insert("sender".to_owned(), value["actor"].clone());
    Some((event, Value::Object(body)))
}

fn cdevent(value: Value, sink: &mut Sink) {
    if http::is_cloudevent(&value) {
        http::structured(&value, Format::CdEvents, sink);
    } else if cdevents::is_meant(&value) {
        cdevents::take(&value, sink);
    } else {
        unknown(&value, sink);
    }
}

/// A webhook's body, by the name that its headers gave the event.
pub(super) fn webhook(system: System, event: &str, body: Value, sink: &mut Sink) {
    let what = match (system, webhook_of(&body)) {
        (System::Devlake | System::Datadog, Some((found, what))) if found == system => what,
        _ => "webhook",
    };
    record(found(system, what, event).with(body), sink);
}

/// Turns a record into events, or says why not.
fn record(record: Record, sink: &mut Sink) {
    let body = &record.body;
    let inner = body.pointer("/data/attributes").unwrap_or(body);
    if let Some(what) = check::negative_span(inner) {
        sink.kept(what, "the source's clocks disagree; the span counts as none");
    }
    match system::convert(&record) {
        Ok(events) => sink.events(events),
        Err(wrong) => sink.left_out(wrong, "export it again with all its fields"),
    }
}

fn unknown(value: &Value, sink: &mut Sink) {
    let names: Vec<&str> = match value.as_object() {
        Some(object) => object.keys().take(5).map(String::as_str).collect(),
        None => Vec::new(),
    };
    let names = super::when::cut(&names.join("`, `"));
    let what = format!("an object of no known shape: it has `{names}`");
    sink.left_out(what, "name what it is with `--format`");
}

/// What a record is, still without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whose it is.
    pub system: System,
    /// What it is, in the words of [`crate::system`].
    pub what: &'static str,
    /// Repository or project that its addresses name; may be empty.
    pub scope: String,
    /// What it belongs to; may be empty.
    pub parent: String,
}

fn found(system: System, what: &'static str, parent: &str) -> Found {
    Found { system, what, scope: String::new(), parent: parent.to_owned() }
}

impl Found {
    fn with(self, body: Value) -> Record {
        let Self { system, what, scope, parent } = self;
        Record { system, what: what.to_owned(), scope, parent, body }
    }

    /// With the scope of the options, where it has none.
    fn named(mut self, sink: &Sink) -> Self {
        if self.scope.is_empty() {
            self.scope.clone_from(&sink.options.scope);
        }
        self
    }
}

/// Which system sends such a body to a webhook, and what it is in the words of [`crate::system`].
pub fn webhook_of(value: &Value) -> Option<(System, &'static str)> {
    let has = |name: &str| value.get(name).is_some_and(|member| !member.is_null());
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let text = |path: &str| value.pointer(path).is_some_and(Value::is_string);
    let sent = if has("object_kind") && any(&["project", "object_attributes", "project_id"]) {
        System::Gitlab
    } else if text("/webhookEvent") {
        System::Jira
    } else if text("/event/event_type") && text("/event/occurred_at") {
        System::Pagerduty
    } else if text("/groupKey") && has("alerts") {
        System::Alertmanager
    } else if text("/eventType") && has("resource") && any(&["publisherId", "resourceVersion"]) {
        System::AzureDevops
    } else if text("/happened_at") && text("/type") && any(&["workflow", "job", "pipeline"]) {
        System::Circleci
    } else if text("/page/id") && any(&["incident", "component_update"]) {
        System::Statuspage
    } else if text("/action") && any(&["alert", "incident"]) && has("integrationId") {
        System::Opsgenie
    } else if text("/action") && has("data") && has("installation") && has("actor") {
        System::Sentry
    } else if text("/build/phase") && text("/build/full_url") {
        System::Jenkins
    } else if has("actor")
        && text("/repository/full_name")
        && any(&["pullrequest", "commit_status", "push", "issue", "comment", "fork", "changes"])
    {
        System::Bitbucket
    } else if has("hook_name") {
        // Gitee's look like GitHub's and name other things.
        return None;
    } else if text("/repository/full_name") && any(&["sender", "pusher"]) {
        // Gitea's people have a name where GitHub's have a type.
        let gitea = text("/sender/username") || text("/sender/login_name");
        if gitea { System::Gitea } else { System::Github }
    } else if text("/sender/login") && text("/sender/type") || has("zen") && has("hook_id") {
        // What is of an organisation or an app has no repository.
        System::Github
    } else {
        return posted(value);
    };
    Some((sent, "webhook"))
}

/// The bodies that teams send themselves: to DevLake's webhooks and to Datadog's DORA API.
fn posted(value: &Value) -> Option<(System, &'static str)> {
    let has = |of: &Value, name: &str| of.get(name).is_some_and(|member| !member.is_null());
    if let Some(attributes) = value.pointer("/data/attributes") {
        let timed = has(attributes, "started_at") && attributes["started_at"].is_number();
        let failure = has(attributes, "services") || has(attributes, "severity");
        let deployment = has(attributes, "service");
        return match (timed, failure, deployment) {
            (true, true, _) => Some((System::Datadog, "failure")),
            (true, false, true) => Some((System::Datadog, "deployment")),
            _ => None,
        };
    }
    let commit = has(value, "commitSha") && has(value, "repoUrl")
        || has(value, "commit_sha") && has(value, "repo_url");
    if commit || has(value, "deploymentCommits") || has(value, "deployment_commits") {
        Some((System::Devlake, "deployment"))
    } else if (has(value, "issueKey") || has(value, "issue_key")) && has(value, "status") {
        Some((System::Devlake, "issue"))
    } else if has(value, "pullRequestKey") {
        Some((System::Devlake, "pull_request"))
    } else {
        None
    }
}
