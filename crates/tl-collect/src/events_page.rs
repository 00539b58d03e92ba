//! `docs/events.md` against the vocabulary: every kind has an example, and every field of a
//! payload is used in one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tl_core::fact::{self, kind};
use tl_core::time::Timestamp;

const PAGE: &str = include_str!("../../../docs/events.md");

/// Every line of the page that is an event, by kind.
fn examples() -> BTreeMap<String, Vec<Value>> {
    let mut examples: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in PAGE.lines().filter(|line| line.starts_with('{')) {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"));
        let kind = event["type"].as_str().unwrap().to_owned();
        examples.entry(kind).or_default().push(event);
    }
    examples
}

/// The data, if all of it is understood as this payload.
fn understood<T: DeserializeOwned + Serialize>(data: &Value) -> BTreeSet<String> {
    let payload: T = serde_json::from_value(data.clone()).unwrap();
    let again = serde_json::to_value(payload).unwrap();
    let names = data.as_object().unwrap().keys().cloned();
    names
        .inspect(|name| {
            assert!(again.get(name).is_some(), "`{name}` is no field, or is its default")
        })
        .collect()
}

/// The fields that the examples of a payload use.
fn fields(kind: &str, data: &Value) -> BTreeSet<String> {
    match kind {
        kind::TICKET_OPENED | kind::TICKET_UPDATED => understood::<fact::TicketState>(data),
        kind::TICKET_STATUS => understood::<fact::StatusMove>(data),
        kind::TICKET_CLOSED => understood::<fact::TicketClosed>(data),
        kind::TICKET_LINKED => understood::<fact::TicketLink>(data),
        kind::TICKET_ITERATION => understood::<fact::IterationMove>(data),
        kind::ITERATION_STARTED | kind::ITERATION_FINISHED => {
            understood::<fact::IterationState>(data)
        }
        kind::CHANGE_OPENED | kind::CHANGE_UPDATED => understood::<fact::ChangeState>(data),
        kind::CHANGE_COMMIT => understood::<fact::CommitMade>(data),
        kind::CHANGE_REVIEW_REQUESTED => understood::<fact::ReviewRequested>(data),
        kind::CHANGE_REVIEW => understood::<fact::ReviewGiven>(data),
        kind::CHANGE_MERGED => understood::<fact::ChangeMerged>(data),
        kind::CI_QUEUED | kind::CI_STARTED | kind::CI_FINISHED => {
            understood::<fact::BuildState>(data)
        }
        kind::TESTS_FINISHED => understood::<fact::TestsFinished>(data),
        kind::STEP_WAITING | kind::STEP_DONE => understood::<fact::StepState>(data),
        kind::DEPLOY_QUEUED | kind::DEPLOY_STARTED | kind::DEPLOY_FINISHED => {
            understood::<fact::DeployState>(data)
        }
        kind::RELEASE_PUBLISHED => understood::<fact::ReleaseState>(data),
        kind::INCIDENT_OPENED | kind::INCIDENT_UPDATED => understood::<fact::IncidentState>(data),
        kind::AI_USAGE | kind::AI_SESSION => understood::<fact::AiUsage>(data),
        kind::SURVEY_ANSWER => understood::<fact::SurveyAnswer>(data),
        kind::GUARD_SCANNED => understood::<fact::GuardScanned>(data),
        kind::TESTS_RECORDED => understood::<fact::TestsRecorded>(data),
        kind::GATE_DECIDED => understood::<fact::GateDecided>(data),
        kind::SERVER_AUDIT => understood::<fact::ServerAudit>(data),
        kind::GUARD_APPROVED => understood::<fact::GuardApproved>(data),
        kind::AGENT_DECIDED => understood::<fact::AgentDecided>(data),
        _ => panic!("{kind} has data on the page and none in the vocabulary"),
    }
}

#[test]
fn every_kind_has_an_example_on_the_page() {
    let examples = examples();
    let shown: BTreeSet<&str> = examples.keys().map(String::as_str).collect();
    assert_eq!(shown, kind::ALL.iter().copied().collect());
    for event in examples.values().flatten() {
        assert!(Timestamp::parse(event["at"].as_str().unwrap()).is_ok(), "{event}");
        assert!(PAGE.contains(&format!("`{}`", event["type"].as_str().unwrap())), "{event}");
    }
}

#[test]
fn every_field_of_an_example_is_a_field_and_is_named_in_the_text() {
    let text: String = PAGE.lines().filter(|line| !line.starts_with('{')).collect();
    for (kind, events) in examples() {
        for event in events.iter().filter(|event| event.get("data").is_some()) {
            for field in fields(&kind, &event["data"]) {
                assert!(text.contains(&format!("`{field}`")), "`{field}` of {kind}");
            }
        }
    }
}

#[test]
fn the_fields_of_a_request_and_a_build_are_all_on_the_page() {
    let shown: BTreeSet<String> = ["change.updated", "ci.queued", "ci.started", "ci.finished"]
        .iter()
        .flat_map(|kind| examples()[*kind].clone())
        .flat_map(|event| event["data"].as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect();
    // What has a default that is left out when it is written is set, so that it is written.
    let state = fact::ChangeState {
        title: "x".into(),
        draft: true,
        branch: "x".into(),
        fork: "x".into(),
        head: "x".into(),
        base: "x".into(),
        base_head: "x".into(),
        author: "x".into(),
        ai_tools: vec!["x".into()],
        labels: vec!["x".into()],
        additions: Some(1),
        deletions: Some(1),
        files: Some(1),
        mentions: vec![fact::Mention::default()],
        reverts: vec!["x".into()],
        url: "x".into(),
        number: 1,
        author_class: Default::default(),
    };
    let build = fact::BuildState {
        level: fact::BuildLevel::Job,
        pipeline: "x".into(),
        job: "x".into(),
        attempt: 1,
        trigger: "x".into(),
        branch: "x".into(),
        outcome: fact::Outcome::Success,
        runner: "x".into(),
        manual: true,
    };
    for whole in [serde_json::to_value(state).unwrap(), serde_json::to_value(build).unwrap()] {
        for field in whole.as_object().unwrap().keys() {
            assert!(shown.contains(field), "`{field}` is in no example");
        }
    }
}
