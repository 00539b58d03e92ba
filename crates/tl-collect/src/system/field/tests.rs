//! Laws of every system, and what the tests of the systems share.

use proptest::prelude::*;
use serde_json::{Map, Value};
use tl_core::event::Event;
use tl_core::record::{Record, System};

use crate::system::convert;

/// A record as a test writes it.
pub(in crate::system) fn record(
    system: System,
    what: &str,
    [scope, parent]: [&str; 2],
    body: Value,
) -> Record {
    let (scope, parent) = (scope.to_owned(), parent.to_owned());
    Record { system, what: what.to_owned(), scope, parent, body }
}

/// What a record tells; it must tell something that can be read.
pub(in crate::system) fn told(record: &Record) -> Vec<Event> {
    convert(record).unwrap()
}

/// Events as lines: key, instant, kind, actor, refs, data.
pub(in crate::system) fn lines(events: &[Event]) -> String {
    let mut lines: Vec<String> = events.iter().map(line).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn line(event: &Event) -> String {
    let refs: Vec<String> =
        event.refs.iter().map(|(role, name)| format!("{role}={name}")).collect();
    let by = event.actor.as_deref().unwrap_or("-");
    let (at, millis) = (event.at, event.at.as_millis().rem_euclid(1000));
    format!(
        "{} {at} {millis} {} by {by} [{}] {}",
        event.key,
        event.kind,
        refs.join(" "),
        tl_core::ordered::Ordered(&event.data)
    )
}

/// Facts with the same key have the same content, whichever record told them; and some do.
pub(in crate::system) fn agree(one: &[Event], other: &[Event]) {
    let mut shared = 0;
    for event in one {
        for same in other.iter().filter(|it| (&it.source, &it.key) == (&event.source, &event.key)) {
            assert_eq!(line(event), line(same));
            shared += 1;
        }
    }
    assert!(shared > 0, "nothing is told by both");
}

/// Words of every system but GitHub and Gitea.
const WORDS: &[(System, &[&str])] = &[
    (
        System::Gitlab,
        &[
            "issue",
            "merge_request",
            "note",
            "merge_request_commit",
            "approval",
            "state_event",
            "pipeline",
            "job",
            "deployment",
            "release",
            "webhook",
        ],
    ),
    (System::Jira, &["issue", "changelog", "sprint", "dev_status", "remotelink", "webhook"]),
    (System::Jenkins, &["build", "stage", "webhook"]),
    (System::Pagerduty, &["incident", "log_entry", "webhook"]),
    (
        System::AzureDevops,
        &[
            "work_item",
            "work_item_update",
            "pull_request",
            "pull_request_thread",
            "build",
            "release_deployment",
            "webhook",
        ],
    ),
    (
        System::Bitbucket,
        &[
            "issue",
            "pull_request",
            "pull_request_activity",
            "pull_request_commit",
            "pipeline",
            "deployment",
            "webhook",
        ],
    ),
    (System::Circleci, &["pipeline", "workflow", "job", "webhook"]),
    (System::Opsgenie, &["incident", "alert", "webhook"]),
    (System::Statuspage, &["incident", "webhook"]),
    (System::Alertmanager, &["webhook"]),
    (System::Datadog, &["deployment", "failure"]),
    (System::Sentry, &["release", "deploy"]),
    (System::Devlake, &["deployment", "issue", "pull_request"]),
];

/// Fields that the systems read, so that bodies made by chance get somewhere.
const FIELDS: &[&str] = &[
    "id",
    "iid",
    "key",
    "number",
    "created_at",
    "updated_at",
    "closed_at",
    "merged_at",
    "created",
    "updated",
    "fields",
    "status",
    "state",
    "changelog",
    "histories",
    "items",
    "field",
    "from",
    "to",
    "object_kind",
    "object_attributes",
    "changes",
    "builds",
    "started_at",
    "finished_at",
    "queued_duration",
    "build",
    "timestamp",
    "phase",
    "actions",
    "duration",
    "startTimeMillis",
    "durationMillis",
    "pauseDurationMillis",
    "event",
    "event_type",
    "data",
    "occurred_at",
    "alerts",
    "fingerprint",
    "startsAt",
    "endsAt",
    "createdAt",
    "report",
    "ackTime",
    "data",
    "attributes",
    "service",
    "detail",
    "repositories",
    "commits",
    "object",
    "url",
    "url",
    "sprint",
    "startDate",
    "version",
    "dateReleased",
    "dateFinished",
    "creationDate",
    "pullRequestId",
    "comments",
    "webhookEvent",
    "issue",
    "iid",
    "name",
    "type",
    "title",
    "body",
    "system",
    "System.State",
    "deploymentCommits",
    "issueKey",
    "createdDate",
    "startedDate",
    "labels",
    "user",
    "username",
    "pullrequest",
    "approval",
    "resource",
    "eventType",
    "revision",
    "workflow",
    "pipeline",
    "alert",
    "alertId",
];

/// Texts that the systems understand, and some that nobody should.
const TEXTS: &[&str] = &[
    "",
    "12",
    "-1",
    "2026-03-01T12:00:00Z",
    "2026-03-01",
    "2026-03-01 12:00:00 UTC",
    "0001-01-01T00:00:00Z",
    "9999-01-01T00:00:00Z",
    "success",
    "SUCCESS",
    "closed",
    "opened",
    "done",
    "resolved",
    "manual",
    "merge_request",
    "pipeline",
    "jira:issue_updated",
    "incident.resolved",
    "incident",
    "COMPLETED",
    "status",
    "Sprint",
    "https://git.example.com/acme/api/-/merge_requests/12",
    "http://",
    "approved this merge request",
    "requested review from @bo and @",
    "acknowledge_log_entry",
    "é",
    "com.atlassian.greenhopper.service.sprint.Sprint@1[id=99999999999999999999999",
    "0123456789abcdef0123456789abcdef01234567",
    "1e400",
    "DiffNote",
    "MERGED",
    "approval",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (1_600_000_000_000_i64..1_800_000_000_000).prop_map(Value::from),
        proptest::sample::select(TEXTS).prop_map(Value::from),
        proptest::sample::select(TEXTS).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from("é".repeat(700))),
    ];
    leaf.prop_recursive(4, 64, 12, |inner| {
        let field = proptest::sample::select(FIELDS);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((field, inner), 0..14).prop_map(|fields| {
                let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(fields.collect::<Map<_, _>>())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No JSON makes a converter panic, the same record gives the same events, and the ledger
    /// accepts each of them.
    #[test]
    fn whatever_a_system_sends_is_read_or_refused(
        body in any_json(),
        scope in proptest::sample::select(&["", "acme/api", "acme"][..]),
        parent in proptest::sample::select(&["", "12", "mr/12", "issue/12", "ABC-1", "é"][..]),
    ) {
        for (system, words) in WORDS {
            for what in *words {
                let record = record(*system, what, [scope, parent], body.clone());
                let events = convert(&record);
                prop_assert_eq!(&events, &convert(&record));
                for event in events.into_iter().flatten() {
                    prop_assert_eq!(event.check(), Ok(()));
                }
            }
        }
    }
}

#[test]
fn a_word_that_no_system_knows_is_refused() {
    for (system, _) in WORDS {
        let record = record(*system, "weather", ["acme/api", "1"], serde_json::json!({}));
        assert!(convert(&record).is_err(), "{system}");
    }
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    for (system, words) in WORDS {
        for what in *words {
            for body in [Value::Null, Value::from(1), serde_json::json!([]), serde_json::json!({})]
            {
                let record = record(*system, what, ["", ""], body);
                let empty = convert(&record).is_ok_and(|events| !events.is_empty());
                assert!(!empty, "{system} {what}");
            }
        }
    }
}

/// The column `data` of every row of one of DevLake's tables of raw answers.
fn rows(table: &str) -> Vec<Value> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/devlake/backend/plugins");
    let path = format!("{root}/{table}.csv");
    let mut reader = csv::Reader::from_path(&path)
        .unwrap_or_else(|err| panic!("test data is missing: {path}: {err}"));
    let headers = reader.headers().unwrap().clone();
    let data = headers.iter().position(|name| name == "data").unwrap();
    reader.records().map(|row| serde_json::from_str(&row.unwrap()[data]).unwrap()).collect()
}

#[test]
fn real_answers_of_gitlab_and_jira_are_read() {
    let gitlab = "gitlab/e2e/raw_tables/_raw_gitlab_api";
    let jira = "jira/e2e/raw_tables/_raw_jira";
    let tables = [
        (System::Gitlab, "issue", format!("{gitlab}_issues"), ""),
        (System::Gitlab, "merge_request", format!("{gitlab}_merge_requests"), ""),
        (System::Gitlab, "note", format!("{gitlab}_merge_request_notes"), ""),
        (System::Gitlab, "merge_request_commit", format!("{gitlab}_merge_request_commits"), "1"),
        (System::Gitlab, "pipeline", format!("{gitlab}_pipeline"), ""),
        (System::Gitlab, "pipeline", format!("{gitlab}_pipeline_details"), ""),
        (System::Gitlab, "job", format!("{gitlab}_job"), ""),
        (System::Gitlab, "deployment", format!("{gitlab}_deployments"), ""),
        (System::Jira, "issue", format!("{jira}_api_issues"), ""),
        (System::Jira, "issue", format!("{jira}_external_epics"), ""),
        (System::Jira, "changelog", format!("{jira}_api_issue_changelogs"), "EE-1"),
        (System::Jira, "sprint", format!("{jira}_api_sprints"), ""),
        (System::Jira, "dev_status", format!("{jira}_api_development_panels"), "EE-1"),
        (System::Jira, "remotelink", format!("{jira}_api_remotelinks"), ""),
    ];
    let mut counted = Vec::new();
    for (system, what, table, parent) in tables {
        let rows = rows(&table);
        let read = rows.iter().map(|row| record(system, what, ["acme/api", parent], row.clone()));
        let events: Vec<Event> = read.flat_map(|record| told(&record)).collect();
        let mut kinds = std::collections::BTreeMap::<String, usize>::new();
        events.into_iter().for_each(|event| *kinds.entry(event.kind).or_default() += 1);
        let (_, table) = table.rsplit_once('/').unwrap();
        counted.push(format!("{table}: {} rows, {kinds:?}", rows.len()));
    }
    insta::assert_snapshot!(counted.join("\n"));
}
