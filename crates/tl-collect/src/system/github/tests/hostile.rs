//! Records as systems really send them when they are old, broken or hostile.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn pull() -> Value {
    json!({"number": 12, "created_at": "2024-05-01T10:00:00Z"})
}

#[test]
fn a_request_needs_a_number_and_an_instant_and_nothing_else() {
    assert_eq!(kinds("pull_request", "", pull()), ["change.opened", "change.updated"]);
    for (field, value) in [
        ("number", json!(null)),
        ("number", json!("twelve")),
        ("created_at", json!("2024-05-01T10:00:00")),
        ("created_at", json!("2024-05-01")),
        ("created_at", json!(1_714_557_600)),
        ("created_at", json!("0001-01-01T00:00:00Z")),
    ] {
        let mut body = pull();
        body[field] = value;
        let told = convert(&record("pull_request", "", body.clone()));
        let problem = told.unwrap_err().to_string();
        assert!(problem.contains(&format!("has no `{field}`")), "{body}: {problem}");
    }
}

#[test]
fn numbers_may_be_texts_and_deleted_accounts_nobody() {
    let mut body = pull();
    body["number"] = json!("12");
    for user in [json!(null), json!({"login": "ghost", "type": "User"}), json!({"login": 5})] {
        body["user"] = user;
        let opened = &events("pull_request", "", body.clone())[0];
        assert_eq!((opened.actor.as_deref(), opened.data["number"].as_u64()), (None, Some(12)));
    }
}

#[test]
fn addresses_of_people_are_kept_of_commits_alone() {
    for (event, name, body) in payloads() {
        let events = convert(&record("webhook", &event, body)).unwrap();
        let text = serde_json::to_string(&events).unwrap();
        assert!(!text.contains("@users.noreply.github.com"), "{event} {name}");
    }
}

#[test]
fn what_the_ledger_would_refuse_is_refused_here() {
    let mut body = pull();
    body["base"] = json!({"repo": {"full_name": format!("acme/{}", "x".repeat(600))}});
    assert!(convert(&record("pull_request", "", body)).is_err());
    assert!(convert(&record("pull_request", "", json!([]))).is_err());
    assert!(convert(&record("pigeon", "", json!({}))).is_err());
    let nowhere = Record { scope: String::new(), ..record("pull_request", "", pull()) };
    assert!(convert(&nowhere).unwrap_err().to_string().contains("repository"));
}

#[test]
fn a_huge_text_is_read_and_only_its_beginning_kept() {
    let mut body = pull();
    body["title"] = json!("é".repeat(1_000_000));
    body["body"] = json!("fixes #1 `<!-- ABC-1 ".repeat(100_000));
    let updated = &events("pull_request", "", body)[1];
    assert!(serde_json::to_string(updated).unwrap().len() < 10_000);
}

/// Payloads, each small enough to be changed a few thousand times.
static PAYLOADS: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| {
    let node = ("graphql".to_owned(), same::graphql());
    // GraphQL's one is as likely as all the others.
    let nodes = std::iter::repeat_n(node, 100);
    payloads().into_iter().map(|(event, _, body)| (event, body)).chain(nodes).collect()
});

/// What may stand where something else should.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"name": 5}, null, "x"])),
        Just(json!("")),
        Just(json!("9999-12-31T23:59:60Z")),
        Just(json!("-262144-01-01T00:00:00Z")),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        r"\PC{0,40}".prop_map(|text| json!(text)),
    ]
}

/// Changes the value at the `at`th place of a tree, counted over all.
fn change(value: &mut Value, at: &mut usize, to: &Value) -> bool {
    if *at == 0 {
        *value = to.clone();
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change(item, at, to)),
        Value::Object(members) => members.values_mut().any(|member| change(member, at, to)),
        _ => false,
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever stands in a payload, it is read or refused, and what is told fits the ledger.
    #[test]
    fn no_payload_makes_it_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd()), 0..4),
        sniff in any::<bool>(),
    ) {
        let (event, mut body) = which.get(PAYLOADS.as_slice()).clone();
        for (place, to) in changes {
            let mut at = place.index(size(&body));
            change(&mut body, &mut at, &to);
        }
        let parent = if sniff { "" } else { &event };
        if let Ok(events) = convert(&record("webhook", parent, body.clone())) {
            for event in events {
                prop_assert_eq!(event.check(), Ok(()));
            }
        }
        for what in ["issue", "pull_request", "graphql_pull_request", "review", "commit", "timeline",
                     "workflow_run", "deployment_status", "release", "check_run", "graphql_check_run", "status"] {
            let _told = convert(&record(what, "12", body.clone()));
        }
    }
}
