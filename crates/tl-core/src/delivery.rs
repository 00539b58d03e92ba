//! What the events say about delivery, thing by thing: tickets, requests, builds, deployments,
//! incidents, and what people said and used.
//!
//! In: folded by `tl-map` from events, in any order. Out: [`Delivery`], beside the
//! [`History`](crate::history::History) of each repository the input of the map. Start at
//! [`Delivery`]. **Invariant:** facts only; nothing here is derived. A list of facts is sorted by
//! instant and holds each fact once, so that the order of arrival leaves no trace.

use serde::{Deserialize, Serialize};

use crate::attribution::AuthorClass;
use crate::fact::{
    AiUsage, BuildLevel, ChangeState, IncidentState, IterationState, LinkForm, Outcome,
    ReviewVerdict, StatusCategory, SurveyAnswer, TicketState,
};
use crate::time::Timestamp;

mod stored;

/// Everything that was collected, for one map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delivery {
    /// Tickets, by key.
    pub tickets: Vec<Ticket>,
    /// Requests, by key.
    pub requests: Vec<Request>,
    /// CI of each commit, by commit id.
    pub builds: Vec<CommitBuilds>,
    /// Deployments as recorded, by key: of every environment, ended or not.
    pub deployments: Vec<Deployment>,
    /// Releases as recorded, by key.
    pub releases: Vec<Release>,
    /// Incidents, by key.
    pub incidents: Vec<Incident>,
    /// Iterations, by key.
    pub iterations: Vec<Iteration>,
    /// Use of AI tools, by key of the event.
    pub usage: Vec<Usage>,
    /// Answers to surveys, by key of the event.
    pub answers: Vec<Answer>,
}

impl Delivery {
    /// Adds what another ledger holds; a thing that both know is taken from this one.
    pub fn add(&mut self, other: Self) {
        fn join<T>(ours: &mut Vec<T>, theirs: Vec<T>, key: fn(&T) -> &str) {
            if !theirs.is_empty() {
                ours.extend(theirs);
                ours.sort_by(|a, b| key(a).cmp(key(b)));
                ours.dedup_by(|b, a| key(a) == key(b));
            }
        }
        join(&mut self.tickets, other.tickets, |one| &one.key);
        join(&mut self.requests, other.requests, |one| &one.key);
        join(&mut self.builds, other.builds, |one| &one.commit);
        join(&mut self.deployments, other.deployments, |one| &one.key);
        join(&mut self.releases, other.releases, |one| &one.key);
        join(&mut self.incidents, other.incidents, |one| &one.key);
        join(&mut self.iterations, other.iterations, |one| &one.key);
        join(&mut self.usage, other.usage, |one| &one.key);
        join(&mut self.answers, other.answers, |one| &one.key);
    }

    /// Whether nothing was collected.
    pub const fn is_empty(&self) -> bool {
        self.tickets.is_empty()
            && self.requests.is_empty()
            && self.builds.is_empty()
            && self.deployments.is_empty()
            && self.releases.is_empty()
            && self.incidents.is_empty()
            && self.usage.is_empty()
            && self.answers.is_empty()
    }
}

/// One ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its key: `ABC-1`, or `acme/api#34`.
    pub key: String,
    /// When it was opened (t0).
    pub opened: Option<Timestamp>,
    /// Who opened it.
    pub reporter: String,
    /// What it looks like, and when it looked so.
    #[serde(with = "stored::ticket")]
    pub state: Option<(Timestamp, TicketState)>,
    /// Its moves from status to status.
    pub moves: Vec<TicketMove>,
    /// When it was closed, each time, with the resolution.
    pub closed: Vec<(Timestamp, String)>,
    /// When it was opened again.
    pub reopened: Vec<Timestamp>,
    /// Changes and commits that its tracker ties to it.
    pub links: Vec<Link>,
    /// Iterations that it was put into (`true`) or taken out of.
    pub iterations: Vec<(Timestamp, String, bool)>,
}

/// One move of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TicketMove {
    /// When.
    pub at: Timestamp,
    /// Status before, empty where unknown.
    pub from: String,
    /// Status after.
    pub to: String,
    /// What the status before means, where the tracker says so.
    pub from_category: Option<StatusCategory>,
    /// What the status after means, where the tracker says so.
    pub to_category: Option<StatusCategory>,
}

/// What a ticket is tied to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// How it is known.
    pub form: LinkForm,
    /// The request `acme/api#12`; empty where it is a commit.
    pub change: String,
    /// The commit's full id; empty where it is a request.
    #[serde(with = "stored::id")]
    pub commit: String,
}

/// One pull or merge request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its key: `acme/api#12`.
    pub key: String,
    /// When it was opened (t3).
    pub opened: Option<Timestamp>,
    /// What it looks like, and when it looked so.
    #[serde(with = "stored::change")]
    pub state: Option<(Timestamp, ChangeState)>,
    /// When it was marked ready (`true`) or turned into a draft.
    pub drafts: Vec<(Timestamp, bool)>,
    /// Its commits.
    pub commits: Vec<RequestCommit>,
    /// When something was pushed to it, and the new head.
    #[serde(with = "stored::pushes")]
    pub pushes: Vec<(Timestamp, String)>,
    /// When somebody was asked to review, and who.
    pub asked: Vec<(Timestamp, String)>,
    /// Reviews.
    pub reviews: Vec<Review>,
    /// When it entered (`true`) or left the merge queue.
    pub queued: Vec<(Timestamp, bool)>,
    /// When it was merged, as what, to which branch.
    pub merged: Option<Merge>,
    /// When it was closed without a merge, each time.
    pub closed: Vec<Timestamp>,
    /// When it was opened again.
    pub reopened: Vec<Timestamp>,
}

/// A commit of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestCommit {
    /// Author date.
    pub authored: Timestamp,
    /// Full id.
    #[serde(with = "stored::id")]
    pub id: String,
    /// Committer date, where known.
    pub committed: Option<Timestamp>,
    /// Author as the forge names people, or the name in the commit.
    pub author: String,
    /// Author's address, lower case; empty where unknown.
    pub email: String,
    /// AI tools named.
    pub ai_tools: Vec<String>,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Review {
    /// When it was given.
    pub at: Timestamp,
    /// By whom.
    pub reviewer: String,
    /// Person, bot or AI.
    pub class: AuthorClass,
    /// What it said.
    pub verdict: ReviewVerdict,
    /// The commit that was looked at; empty where unknown.
    #[serde(with = "stored::id")]
    pub commit: String,
}

/// A merge.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Merge {
    /// When (t6).
    pub at: Timestamp,
    /// The commit that landed; empty where unknown.
    #[serde(with = "stored::id")]
    pub commit: String,
    /// The branch it landed on; empty where unknown.
    pub base: String,
    /// Who merged it.
    pub by: String,
}

/// All runs and jobs of CI for one commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CommitBuilds {
    /// Full id of the commit.
    #[serde(with = "stored::id")]
    pub commit: String,
    /// Runs and jobs, by id and attempt.
    pub builds: Vec<Build>,
    /// Suites of tests that ended.
    pub tests: Vec<SuiteRun>,
    /// Steps that waited for a person, where no deployment is named.
    pub steps: Vec<ManualStep>,
}

/// A suite of tests that ended.
#[derive(Debug, Clone, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct SuiteRun {
    /// When.
    pub at: Timestamp,
    /// Run or job that it was part of; empty where unknown.
    pub build: String,
    /// Name of the suite.
    pub suite: String,
    /// Cases.
    pub tests: u64,
    /// Cases that failed or broke.
    pub failures: u64,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// One attempt of a run or job.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Build {
    /// Its id, unique with the attempt.
    pub id: String,
    /// Attempt, 1 for the first.
    pub attempt: u32,
    /// Run or job.
    pub level: BuildLevel,
    /// Name of the pipeline, and of the job behind a `/`.
    pub name: String,
    /// What started it.
    pub trigger: String,
    /// When it began to wait for a runner.
    pub queued: Option<Timestamp>,
    /// When it began to run.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether a person had to start it.
    pub manual: bool,
}

/// One recorded deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its key.
    pub key: String,
    /// Repository, empty where unknown.
    pub repository: String,
    /// Service as the source calls it, empty where unknown.
    pub service: String,
    /// Environment as the source calls it, empty where unknown.
    pub environment: String,
    /// Full id of what was deployed, empty where unknown.
    #[serde(with = "stored::id")]
    pub commit: String,
    /// Further commits: see [`DeployState`](crate::fact::DeployState).
    pub commits: Vec<String>,
    /// Version, empty where unknown.
    pub version: String,
    /// Branch or tag, empty where unknown.
    pub branch: String,
    /// Name, empty where unknown.
    pub name: String,
    /// Whether the source says that it is production.
    pub production: Option<bool>,
    /// Whether the source says that it is a rollback.
    pub rollback: bool,
    /// When it was asked for.
    pub queued: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who started it.
    pub actor: String,
    /// Steps that waited for a person: name, form, since when, until when.
    pub steps: Vec<ManualStep>,
}

/// A pipeline waited for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManualStep {
    /// Run or job that it belongs to; empty where unknown.
    pub build: String,
    /// Name of the step.
    pub name: String,
    /// `approval` or `manual-job`.
    pub form: String,
    /// Since when it waited.
    pub waiting: Option<Timestamp>,
    /// When the person acted.
    pub done: Option<Timestamp>,
}

/// A recorded release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its key: `acme/api@v1.2.0`.
    pub key: String,
    /// Repository.
    pub repository: String,
    /// Tag.
    pub tag: String,
    /// When it was published (t8).
    pub at: Timestamp,
    /// Full id of the tagged commit, empty where unknown.
    #[serde(with = "stored::id")]
    pub commit: String,
    /// Whether it is a pre-release.
    pub prerelease: bool,
}

/// One incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its key.
    pub key: String,
    /// When it began.
    pub opened: Option<Timestamp>,
    /// When somebody took it first.
    pub acked: Option<Timestamp>,
    /// When it was resolved, each time.
    pub resolved: Vec<Timestamp>,
    /// When it came back.
    pub reopened: Vec<Timestamp>,
    /// What it looks like, and when it looked so.
    #[serde(with = "json")]
    pub state: Option<(Timestamp, IncidentState)>,
    /// Services that it concerns.
    pub services: Vec<String>,
    /// Deployments that the source says caused it.
    pub deployments: Vec<String>,
    /// Commits that the source says caused it.
    pub commits: Vec<String>,
    /// Requests that the source says caused it.
    pub changes: Vec<String>,
    /// Repository, empty where unknown.
    pub repository: String,
    /// Environment, empty where unknown.
    pub environment: String,
}

/// One iteration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Iteration {
    /// Its key.
    pub key: String,
    /// What is known of it.
    #[serde(with = "json")]
    pub state: Option<(Timestamp, IterationState)>,
    /// When it was started.
    pub started: Option<Timestamp>,
    /// When it was closed.
    pub finished: Option<Timestamp>,
}

/// Use of an AI tool by one person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Key of the event.
    pub key: String,
    /// Start of the day or session.
    pub at: Timestamp,
    /// Who used it, as the source names people.
    pub person: String,
    /// What and how much.
    pub what: AiUsage,
    /// Whether it is one session (else a day's sum).
    pub session: bool,
}

/// One answer to a survey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Key of the event.
    pub key: String,
    /// When it was given.
    pub at: Timestamp,
    /// The answer.
    #[serde(with = "json")]
    pub what: SurveyAnswer,
}

/// The repository and the number of a request's or an issue's key: `acme/api` and 12.
pub fn numbered(key: &str) -> Option<(&str, u64)> {
    let (repository, number) = key.rsplit_once('#')?;
    Some((repository, number.parse().ok()?))
}

/// A payload of an event as JSON text: it leaves out what is empty, which formats without names
/// of fields cannot.
mod json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    pub(super) fn deserialize<'a, T: DeserializeOwned, D: Deserializer<'a>>(
        from: D,
    ) -> Result<T, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_repository_and_number() {
        assert_eq!(numbered("acme/api#12"), Some(("acme/api", 12)));
        assert_eq!(numbered("ABC-1"), None);
        assert_eq!(numbered("acme/api#x"), None);
    }
}
