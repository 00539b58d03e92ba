//! CDEvents 0.4 to 0.6 to events of ours, and back ([`to_cdevent`]).
//!
//! In: one CDEvent as JSON, without its CloudEvent (see [`super::http`]). Out: one event. Start at
//! `take`. **Invariants:** every subject and predicate of the specification is taken; what has
//! no word of ours keeps its own, `artifact.published`; what [`to_cdevent`] writes comes back
//! unchanged. Why this is not a library: `docs/design/0009-cdevents.md`.

mod write;

pub use self::write::to_cdevent;

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{
    BuildLevel, BuildState, DeployState, IncidentState, Outcome, ReviewGiven, StepState,
    TestsFinished, TicketClosed, TicketState, kind, role,
};
use tl_core::time::Timestamp;

use super::sink::Sink;
use super::when;

/// What every type of CDEvents begins with.
pub(super) const PREFIX: &str = "dev.cdevents.";

/// Prefix of the types that tools make themselves: `dev.cdeventsx.tool-subject.predicate.0.1.0`.
const CUSTOM: &str = "dev.cdeventsx.";

/// What a type says behind its prefix.
fn class_of(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX).or_else(|| name.strip_prefix(CUSTOM))
}

/// Whether a type of a CloudEvent is one of CDEvents.
pub(super) fn is_class(name: &str) -> bool {
    class_of(name).is_some()
}

/// Member of `customData` under which an event of ours travels whole.
const OURS: &str = "throughline";

/// Whether an object is a CDEvent.
pub(super) fn is_meant(value: &Value) -> bool {
    value["context"]["type"].as_str().is_some_and(is_class)
}

/// One CDEvent.
pub(super) fn take(value: &Value, sink: &mut Sink) {
    const MEND: &str = "see the schemas of CDEvents 0.5";
    let context = &value["context"];
    let text = |name: &str| context[name].as_str().unwrap_or_default();
    let version = context["specversion"].as_str().or(context["version"].as_str());
    if !version.is_some_and(|v| ["0.4", "0.5", "0.6"].iter().any(|known| v.starts_with(known))) {
        let version = when::cut(version.unwrap_or("none"));
        sink.kept_once(format!("CDEvents version {version} is not 0.4 to 0.6"), MEND);
    }
    let mut words = class_of(text("type")).unwrap_or_default().splitn(3, '.');
    let (Some(subject), Some(predicate), Some(_)) = (words.next(), words.next(), words.next())
    else {
        let what = format!("`{}` is no type of CDEvents", when::cut(text("type")));
        return sink.left_out(what, MEND);
    };
    for name in ["id", "source", "timestamp"] {
        if text(name).is_empty() {
            return sink.left_out(format!("a CDEvent without `context.{name}`"), MEND);
        }
    }
    let Some(id) = value["subject"]["id"].as_str().filter(|id| !id.is_empty()) else {
        return sink.left_out("a CDEvent without `subject.id`", MEND);
    };
    if let Some(ours) = value["customData"].get(OURS)
        && let Ok(event) = serde_json::from_value::<Event>(ours.clone())
    {
        return sink.event(event);
    }
    let at = match sink.instant(text("timestamp")) {
        Ok(at) => at,
        Err(wrong) => return sink.left_out(&wrong, wrong.mend()),
    };
    let read = Read {
        at,
        origin: format!("{}#{}", text("source"), text("id")),
        what: format!("{subject}.{predicate}"),
        id,
        content: &value["subject"]["content"],
    };
    sink.event(read.event(subject, predicate));
}

/// One CDEvent, taken apart.
struct Read<'a> {
    at: Timestamp,
    /// Source and id, which should name one event for ever.
    origin: String,
    /// Subject and predicate: there are senders that use one id for several events of one thing.
    what: String,
    id: &'a str,
    content: &'a Value,
}

impl Read<'_> {
    fn event(&self, subject: &str, predicate: &str) -> Event {
        let word = |text: &str| text.to_lowercase();
        match (word(subject).as_str(), word(predicate).as_str()) {
            ("change", "created") => self.change(kind::CHANGE_OPENED),
            ("change", "updated") => self.change(kind::CHANGE_UPDATED),
            ("change", "merged") => self.change(kind::CHANGE_MERGED),
            ("change", "abandoned") => self.change(kind::CHANGE_CLOSED),
            ("change", "reviewed") => {
                self.change(kind::CHANGE_REVIEW).with(&ReviewGiven::default())
            }
            ("build" | "pipelinerun" | "taskrun", "queued") => self.build(subject, kind::CI_QUEUED),
            ("build" | "pipelinerun" | "taskrun", "started") => {
                self.build(subject, kind::CI_STARTED)
            }
            ("build" | "pipelinerun" | "taskrun", "finished") => {
                self.build(subject, kind::CI_FINISHED)
            }
            ("service", "deployed" | "upgraded") => self.deploy(false),
            ("service", "rolledback") => self.deploy(true),
            ("incident", "detected" | "reported") => self.incident(kind::INCIDENT_OPENED),
            ("incident", "resolved") => self.incident(kind::INCIDENT_RESOLVED),
            ("ticket", "created") => self.ticket(kind::TICKET_OPENED),
            ("ticket", "updated") => self.ticket(kind::TICKET_UPDATED),
            ("ticket", "closed") => self.ticket(kind::TICKET_CLOSED),
            ("testsuiterun", "finished") => self.tests(),
            ("approval", "created") => self.step(kind::STEP_WAITING),
            ("approval", "closed") => self.step(kind::STEP_DONE),
            (subject, predicate) => {
                let mut event = self.named(&format!("{subject}.{predicate}"), subject);
                event.data = self.content.clone();
                event
            }
        }
    }

    fn named(&self, kind: &str, subject: &str) -> Event {
        let key = format!("{}#{}", self.origin, self.what);
        Event::new(kind, self.at, "cdevents", &key, &format!("{subject}:{}", self.id))
    }

    fn text(&self, path: &str) -> &str {
        self.content.pointer(path).and_then(Value::as_str).unwrap_or_default()
    }

    fn outcome(&self) -> Outcome {
        match self.text("/outcome").to_lowercase().as_str() {
            "success" | "succeeded" | "pass" => Outcome::Success,
            "failure" | "fail" | "failed" | "error" => Outcome::Failure,
            "cancel" | "cancelled" | "canceled" | "aborted" => Outcome::Cancelled,
            "skip" | "skipped" => Outcome::Skipped,
            "timeout" | "timedout" => Outcome::TimedOut,
            _ => Outcome::Unknown,
        }
    }

    fn change(&self, kind: &str) -> Event {
        let repository = self.text("/repository/id");
        // A number is only unique with its repository.
        let number = self.id.bytes().all(|byte| byte.is_ascii_digit()) && !repository.is_empty();
        let key = if number { format!("{repository}#{}", self.id) } else { self.id.to_owned() };
        let mut event = self.named(kind, "change");
        event.subject = format!("change:{key}");
        event.about(role::CHANGE, key).about(role::REPOSITORY, repository)
    }

    fn build(&self, subject: &str, kind: &str) -> Event {
        let task = subject.eq_ignore_ascii_case("taskrun");
        let state = BuildState {
            level: if task { BuildLevel::Job } else { BuildLevel::Run },
            pipeline: self.text("/pipelineName").to_owned(),
            job: self.text("/taskName").to_owned(),
            attempt: 1,
            // A build of the specification has no outcome: to finish is to bear an artifact.
            outcome: match self.outcome() {
                Outcome::Unknown if !self.text("/artifactId").is_empty() => Outcome::Success,
                outcome => outcome,
            },
            ..BuildState::default()
        };
        self.named(kind, "build")
            .about(role::BUILD, self.id)
            .about(role::COMMIT, commit_of(self.text("/artifactId")))
            .with(&state)
    }

    fn deploy(&self, rollback: bool) -> Event {
        let artifact = self.text("/artifactId");
        let state = DeployState {
            outcome: Outcome::Success,
            version: artifact.to_owned(),
            rollback,
            ..DeployState::default()
        };
        let mut event = self.named(kind::DEPLOY_FINISHED, "deployment");
        event.subject = format!("deployment:cdevents/{}", self.origin);
        event
            .about(role::DEPLOYMENT, format!("cdevents/{}", self.origin))
            .about(role::SERVICE, self.id)
            .about(role::ENVIRONMENT, self.text("/environment/id"))
            .about(role::COMMIT, commit_of(artifact))
            .with(&state)
    }

    fn incident(&self, kind: &str) -> Event {
        let event = self
            .named(kind, "incident")
            .about(role::INCIDENT, self.id)
            .about(role::SERVICE, self.text("/service/id"))
            .about(role::ENVIRONMENT, self.text("/environment/id"))
            .about(role::COMMIT, commit_of(self.text("/artifactId")));
        if kind == kind::INCIDENT_RESOLVED {
            return event;
        }
        let url = self.text("/ticketURI").to_owned();
        event.with(&IncidentState {
            title: self.text("/description").to_owned(),
            url,
            ..IncidentState::default()
        })
    }

    fn ticket(&self, kind: &str) -> Event {
        let texts = |name: &str| -> Vec<String> {
            let list = self.content[name].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let by = if kind == kind::TICKET_OPENED { "/creator" } else { "/updatedBy" };
        let event = self
            .named(kind, "ticket")
            .by(self.text(by))
            .about(role::TICKET, self.id)
            .about(role::ITERATION, self.text("/milestone"));
        if kind == kind::TICKET_CLOSED {
            return event.with(&TicketClosed { resolution: self.text("/resolution").to_owned() });
        }
        event.with(&TicketState {
            title: self.text("/summary").to_owned(),
            class: self.text("/ticketType").to_owned(),
            priority: self.text("/priority").to_owned(),
            labels: texts("labels"),
            assignees: texts("assignees"),
            component: self.text("/group").to_owned(),
            url: self.text("/uri").to_owned(),
            ..TicketState::default()
        })
    }

    /// The specification says that a suite ended and how, and no numbers of cases: the suite is
    /// one case.
    fn tests(&self) -> Event {
        let outcome = self.outcome();
        let state = TestsFinished {
            suite: self.text("/testSuite/name").to_owned(),
            tests: 1,
            failures: u64::from(outcome == Outcome::Failure),
            skipped: u64::from(matches!(outcome, Outcome::Skipped | Outcome::Cancelled)),
            ..TestsFinished::default()
        };
        self.named(kind::TESTS_FINISHED, "suite")
            .about(role::ENVIRONMENT, self.text("/environment/id"))
            .with(&state)
    }

    fn step(&self, kind: &str) -> Event {
        let outcome = match self.text("/decision") {
            "approved" => Outcome::Success,
            "rejected" | "denied" => Outcome::Failure,
            _ => Outcome::Unknown,
        };
        let form = "approval".to_owned();
        let by = if kind == kind::STEP_DONE { "/responder" } else { "/requestor" };
        self.named(kind, "step").by(self.text(by)).with(&StepState {
            name: self.id.to_owned(),
            form,
            outcome,
        })
    }
}

/// The commit of a package url whose version is one: `pkg:golang/acme/api@<40 hex digits>`.
fn commit_of(artifact: &str) -> &str {
    let version = artifact.rsplit_once('@').map_or("", |(_, version)| version);
    let version = version.split(['?', '#']).next().unwrap_or_default();
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if version.len() == 40 && version.bytes().all(lower) { version } else { "" }
}
