//! An event in words: what happened, and the little that is to be said of it.
//!
//! In: an event of any kind. Out: [`Words`]. Start at [`words`]. **Invariants:** nobody is named; what an
//! event says is text of others, and is only ever shown as text; a kind that is not known here is
//! shown by its name.

use tl_core::attribution::AuthorClass;
use tl_core::event::Event;
use tl_core::fact::{
    BuildLevel, BuildState, ChangeMerged, ChangeState, CommitMade, DeployState, GateDecided,
    IncidentState, IterationMove, Outcome, ReleaseState, ReviewGiven, ReviewVerdict, StatusMove,
    StepState, TestsFinished, TestsRecorded, TicketClosed, TicketState, kind, role,
};
use tl_map::format;

/// Characters of what others wrote.
const LONGEST: usize = 160;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// Such as `approved`.
    pub(crate) what: String,
    /// Such as `by a person`; may be empty.
    pub(crate) more: String,
}

/// An event in words.
pub(crate) fn words(event: &Event) -> Words {
    let thing = event.kind.split('.').next().unwrap_or_default();
    let told = match thing {
        "ticket" => ticket(event),
        "change" => change(event),
        "ci" | "tests" | "gate" | "step" => build(event),
        "deploy" | "release" => production(event),
        "incident" => incident(event),
        _ => None,
    };
    let (what, more) = told.unwrap_or((event.kind.as_str(), String::new()));
    Words { what: what.to_owned(), more: more.chars().take(LONGEST).collect() }
}

type Told = Option<(&'static str, String)>;

/// What there is of several, between commas.
fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// The beginning of an id.
fn short(id: Option<&str>) -> String {
    id.unwrap_or_default().chars().take(10).collect()
}

fn ticket(event: &Event) -> Told {
    let what = |role| event.what(role).unwrap_or_default();
    Some(match event.kind.as_str() {
        kind::TICKET_OPENED => {
            let state: TicketState = event.payload().unwrap_or_default();
            ("ticket opened", state.title)
        }
        kind::TICKET_UPDATED => {
            let state: TicketState = event.payload().unwrap_or_default();
            ("ticket edited", join(&[&state.title, &state.status, &state.priority]))
        }
        kind::TICKET_STATUS => {
            let step: StatusMove = event.payload().unwrap_or_default();
            ("ticket moved", format!("{} → {}", step.from, step.to))
        }
        kind::TICKET_CLOSED => {
            let closed: TicketClosed = event.payload().unwrap_or_default();
            ("ticket closed", closed.resolution)
        }
        kind::TICKET_REOPENED => ("ticket opened again", String::new()),
        kind::TICKET_LINKED => {
            let commit = short(event.what(role::COMMIT));
            ("ticket tied to a change", join(&[what(role::CHANGE), &commit]))
        }
        kind::TICKET_ITERATION => {
            let step: IterationMove = event.payload().unwrap_or_default();
            let said = if step.added { "put into an iteration" } else { "taken out of one" };
            (said, what(role::ITERATION).to_owned())
        }
        _ => return None,
    })
}

fn change(event: &Event) -> Told {
    let commit = || short(event.what(role::COMMIT));
    Some(match event.kind.as_str() {
        kind::CHANGE_OPENED => {
            let state: ChangeState = event.payload().unwrap_or_default();
            ("request opened", state.title)
        }
        kind::CHANGE_UPDATED => {
            let state: ChangeState = event.payload().unwrap_or_default();
            let draft = if state.draft { "a draft" } else { "" };
            ("request edited", join(&[&state.title, draft]))
        }
        kind::CHANGE_READY => ("marked ready", String::new()),
        kind::CHANGE_DRAFTED => ("turned into a draft", String::new()),
        kind::CHANGE_COMMIT => {
            let made: CommitMade = event.payload().unwrap_or_default();
            let tools = made.ai_tools.join(", ");
            let tools = if tools.is_empty() { tools } else { format!("with {tools}") };
            ("commit made", join(&[&commit(), &made.title, &tools]))
        }
        kind::CHANGE_PUSHED => ("pushed", commit()),
        kind::CHANGE_REVIEW_REQUESTED => ("review asked for", String::new()),
        kind::CHANGE_REVIEW => {
            let review: ReviewGiven = event.payload().unwrap_or_default();
            (verdict(review.verdict), reviewer(review.reviewer_class).to_owned())
        }
        kind::CHANGE_QUEUED => ("entered the merge queue", String::new()),
        kind::CHANGE_DEQUEUED => ("left the merge queue", String::new()),
        kind::CHANGE_MERGED => {
            let merged: ChangeMerged = event.payload().unwrap_or_default();
            let base =
                if merged.base.is_empty() { String::new() } else { format!("to {}", merged.base) };
            ("request merged", join(&[&commit(), &base]))
        }
        kind::CHANGE_CLOSED => ("closed", String::new()),
        kind::CHANGE_REOPENED => ("opened again", String::new()),
        _ => return None,
    })
}

const fn verdict(verdict: ReviewVerdict) -> &'static str {
    match verdict {
        ReviewVerdict::Approved => "approved",
        ReviewVerdict::ChangesRequested => "changes asked for",
        ReviewVerdict::Dismissed => "review taken back",
        ReviewVerdict::Commented => "reviewed",
    }
}

const fn reviewer(class: AuthorClass) -> &'static str {
    match class {
        AuthorClass::Human => "by a person",
        _ => "by a program",
    }
}

/// How something ended, in words; nothing where that was not told.
const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unknown => "",
        Outcome::Success => "success",
        Outcome::Failure => "failed",
        Outcome::Cancelled => "cancelled",
        Outcome::Skipped => "skipped",
        Outcome::TimedOut => "timed out",
    }
}

fn build(event: &Event) -> Told {
    Some(match event.kind.as_str() {
        kind::CI_QUEUED | kind::CI_STARTED | kind::CI_FINISHED => {
            let state: BuildState = event.payload().unwrap_or_default();
            let what = match (state.level, event.kind.as_str()) {
                (BuildLevel::Run, kind::CI_QUEUED) => "run waits",
                (BuildLevel::Run, kind::CI_STARTED) => "run started",
                (BuildLevel::Run, _) => "run ended",
                (BuildLevel::Job, kind::CI_QUEUED) => "job waits",
                (BuildLevel::Job, kind::CI_STARTED) => "job started",
                (BuildLevel::Job, _) => "job ended",
            };
            let again = match state.attempt {
                0 | 1 => String::new(),
                attempt => format!("attempt {attempt}"),
            };
            let name = join(&[&state.pipeline, &state.job]).replace(", ", " / ");
            (what, join(&[&name, &again, outcome(state.outcome), &short(event.what(role::COMMIT))]))
        }
        kind::TESTS_FINISHED => {
            let tests: TestsFinished = event.payload().unwrap_or_default();
            let bad = tests.failures.saturating_add(tests.errors);
            let n = format!("{} tests, {} red", format::count(tests.tests), format::count(bad));
            ("tests ended", join(&[&tests.suite, &n]))
        }
        kind::TESTS_RECORDED => {
            let tests: TestsRecorded = event.payload().unwrap_or_default();
            let n =
                format!("{} cases, {} red", format::count(tests.cases), format::count(tests.red));
            ("results recorded", join(&[&tests.job, &tests.variant, &n]))
        }
        kind::GATE_DECIDED => {
            let gate: GateDecided = event.payload().unwrap_or_default();
            let why = gate.reasons.first().map_or("", String::as_str);
            ("gate answered", join(&[&gate.gate, &gate.outcome, why]))
        }
        kind::STEP_WAITING | kind::STEP_DONE => {
            let step: StepState = event.payload().unwrap_or_default();
            let what = match event.kind.as_str() {
                kind::STEP_WAITING => "waits for a person",
                _ => "a person acted",
            };
            (what, join(&[&step.name, &step.form, outcome(step.outcome)]))
        }
        _ => return None,
    })
}

fn production(event: &Event) -> Told {
    let what = |role| event.what(role).unwrap_or_default();
    Some(match event.kind.as_str() {
        kind::DEPLOY_QUEUED | kind::DEPLOY_STARTED | kind::DEPLOY_FINISHED => {
            let state: DeployState = event.payload().unwrap_or_default();
            let what_happened = match event.kind.as_str() {
                kind::DEPLOY_QUEUED => "deployment asked for",
                kind::DEPLOY_STARTED => "deployment started",
                _ => "deployment ended",
            };
            let place = join(&[what(role::SERVICE), what(role::ENVIRONMENT)]).replace(", ", " to ");
            let back = if state.rollback { "a rollback" } else { "" };
            let more = join(&[&place, &state.version, back, outcome(state.outcome)]);
            (what_happened, more)
        }
        kind::RELEASE_PUBLISHED => {
            let state: ReleaseState = event.payload().unwrap_or_default();
            let early = if state.prerelease { "a pre-release" } else { "" };
            ("released", join(&[&state.tag, &state.name, early]))
        }
        _ => return None,
    })
}

fn incident(event: &Event) -> Told {
    let state = || -> IncidentState { event.payload().unwrap_or_default() };
    let said = |state: &IncidentState| {
        let service = event.what(role::SERVICE).unwrap_or_default();
        join(&[&state.title, &state.severity, service])
    };
    Some(match event.kind.as_str() {
        kind::INCIDENT_OPENED => ("incident began", said(&state())),
        kind::INCIDENT_UPDATED => ("incident edited", said(&state())),
        kind::INCIDENT_ACKED => ("somebody took it", String::new()),
        kind::INCIDENT_RESOLVED => ("users are served again", String::new()),
        kind::INCIDENT_REOPENED => ("it came back", String::new()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tl_core::time::Timestamp;

    use super::*;

    fn event(kind: &str, data: serde_json::Value) -> Event {
        let mut event = Event::new(kind, Timestamp::from_seconds(0), "forge", "k", "change:a/b#1");
        event.actor = Some("ana".to_owned());
        event.data = data;
        event.about(role::COMMIT, "3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9")
    }

    fn said(kind: &str, data: serde_json::Value) -> String {
        let Words { what, more } = words(&event(kind, data));
        format!("{what}: {more}")
    }

    #[test]
    fn every_kind_of_delivery_has_words_of_its_own() {
        let ours =
            ["ticket", "change", "ci", "tests", "gate", "step", "deploy", "release", "incident"];
        for kind in kind::ALL {
            let thing = kind.split('.').next().unwrap();
            let Words { what, .. } = words(&event(kind, json!(null)));
            assert_eq!(what == *kind, !ours.contains(&thing), "{kind}");
        }
        assert_eq!(said("coffee.brewed", json!({"url": "x"})), "coffee.brewed: ");
    }

    #[test]
    fn an_event_says_what_it_holds_and_names_nobody() {
        let review = json!({"verdict": "approved", "reviewer_class": "human"});
        assert_eq!(said(kind::CHANGE_REVIEW, review), "approved: by a person");
        let job = json!({"level": "job", "pipeline": "test", "job": "unit", "attempt": 2, "outcome": "failure"});
        let expected = "job ended: test / unit, attempt 2, failed, 3f1c9aa3f1";
        assert_eq!(said(kind::CI_FINISHED, job), expected);
        let asked = said(kind::CHANGE_REVIEW_REQUESTED, json!({"reviewer": "bo"}));
        assert_eq!(asked, "review asked for: ");
        let step = json!({"from": "Open", "to": "<b>"});
        assert_eq!(said(kind::TICKET_STATUS, step), "ticket moved: Open → <b>");
    }

    #[test]
    fn data_of_another_shape_and_without_end_is_shown_short() {
        for data in [json!([1]), json!("x"), json!({"title": 3}), json!({"attempt": -1})] {
            for kind in kind::ALL {
                words(&event(kind, data.clone()));
            }
        }
        let long = words(&event(kind::TICKET_OPENED, json!({"title": "ä".repeat(5_000)})));
        assert_eq!(long.more.chars().count(), LONGEST);
        let most = json!({"tests": u64::MAX, "failures": u64::MAX, "errors": u64::MAX});
        words(&event(kind::TESTS_FINISHED, most));
    }
}
