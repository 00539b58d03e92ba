//! Records of Azure DevOps.
//!
//! In: a [`Record`] whose scope is `org/project` or `org/project/repo` and whose `what` is
//! `work_item`, `work_item_update` (parent = id), `pull_request`, `pull_request_thread` (parent =
//! number), `build`, `release_deployment` or `webhook` (a service hook; its scope may be empty).
//! Out: the events that it tells. Start at [`convert`].
//!
//! Work items are `org/project#12`, requests `org/project/repo#12`. States have no category here:
//! what one means, each process says for itself. Votes have no instant in the request; the threads
//! that Azure DevOps writes about them have.

mod work;

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{
    BuildLevel, BuildState, ChangeMerged, ChangeState, DeployState, Outcome, ReviewGiven,
    ReviewVerdict, kind, role,
};
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{
    self, Problem, Result, at, first, first_at, flag, get, list, names, need_at, need_id, number,
    object_id, short, source, text, word,
};
use crate::request_text::{RequestText, account_class};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| {
        if record.what == "webhook" {
            return webhook(record);
        }
        let place = Place::of(record)?;
        let body = &record.body;
        let parent = record.parent.rsplit('/').next().and_then(|it| it.parse::<u64>().ok());
        match record.what.as_str() {
            "work_item" => work::item(&place, body),
            "work_item_update" => work::update(&place, parent, body),
            "pull_request" => request(&place, body),
            "pull_request_thread" => {
                thread(&place, parent.ok_or(Problem::Missing("pull request"))?, body)
            }
            "build" => build(&place, body),
            "release_deployment" => deployment(&place, body),
            _ => Err(Problem::Unknown),
        }
    })
}

/// A service hook: the object that it is about stands in `resource`.
fn webhook(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let resource = get(body, "resource");
    let of = |what: &str, object: &Value| {
        let said = scope_of(object).or_else(|| scope_of(resource));
        let scope = Some(record.scope.clone()).filter(|scope| !scope.is_empty()).or(said);
        let (scope, body) = (scope.unwrap_or_default(), object.clone());
        let record = Record { what: what.to_owned(), scope, body, ..record.clone() };
        Place::of(&record)
    };
    match text(body, "eventType") {
        "git.pullrequest.created" | "git.pullrequest.updated" | "git.pullrequest.merged" => {
            request(&of("pull_request", resource)?, resource)
        }
        "ms.vss-code.git-pullrequest-comment-event" => {
            let pull = get(resource, "pullRequest");
            request(&of("pull_request", pull)?, pull)
        }
        "build.complete" => build(&of("build", resource)?, resource),
        "workitem.created" | "workitem.commented" | "workitem.restored" => {
            work::item(&of("work_item", resource)?, resource)
        }
        "workitem.updated" => {
            let now = get(resource, "revision");
            let place = of("work_item", now)?;
            let mut events = work::update(&place, None, resource)?;
            events.extend(work::item(&place, now)?);
            Ok(events)
        }
        "ms.vss-release.deployment-completed-event" => match get(resource, "deployment") {
            Value::Null => Err(Problem::Missing("resource.deployment")),
            deployed => deployment(&of("release_deployment", deployed)?, deployed),
        },
        "" => Err(Problem::Missing("eventType")),
        _ => Ok(Vec::new()),
    }
}

/// `org/project`, or `org/project/repo` for a request, as the object itself says it.
pub(crate) fn scope_of(object: &Value) -> Option<String> {
    let addresses = ["url", "_links.self.href", "repository.url", "definition.url", "release.url"];
    let (host, path) = first(object, &addresses).split_once("://")?.1.split_once('/')?;
    let place: Vec<&str> = path.split("/_apis").next()?.split('/').collect();
    let (org, rest) = match host.strip_suffix(".visualstudio.com") {
        // `acme.vsrm.visualstudio.com` is the same.
        Some(org) => (org.split('.').next()?, &place[..]),
        None => (place[0], &place[1..]),
    };
    let names = ["repository.project.name", "project.name", "definition.project.name"];
    let field = || object.get("fields")?.get("System.TeamProject")?.as_str();
    // An address may have the number of the project instead of its name.
    let project = match first(object, &names) {
        "" => field().or(rest.last().copied())?,
        name => name,
    };
    let request = get(object, "pullRequestId").is_number();
    let parts = [org, project, if request { text(object, "repository.name") } else { "" }];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    (parts.len() > 1).then(|| parts.join("/"))
}

/// The source of one record, and what it belongs to.
struct Place {
    source: String,
    /// `org/project`, or `org/project/repo`.
    scope: String,
}

impl Place {
    fn of(record: &Record) -> Result<Self> {
        if record.scope.is_empty() {
            return Err(Problem::Missing("scope"));
        }
        let addresses = ["url", "_links.self.href"].map(|path| text(&record.body, path));
        let host =
            addresses.iter().find(|address| !address.is_empty()).copied().unwrap_or_default();
        // `acme.visualstudio.com` and `vsrm.dev.azure.com` are the public service, too.
        let public = host.contains("visualstudio.com") || host.contains(".dev.azure.com");
        let host = if public { "" } else { host };
        let source = source(System::AzureDevops, "dev.azure.com", &[host]);
        Ok(Self { source, scope: short(&record.scope) })
    }

    fn event(&self, kind: &str, at: Timestamp, key: &str, subject: &str) -> Event {
        Event::new(kind, at, &self.source, key, subject)
    }

    fn change(&self, kind: &str, at: Timestamp, number: u64, what: &str) -> Event {
        let change = format!("{}#{number}", self.scope);
        self.event(
            kind,
            at,
            &format!("pull/{}/{number}/{what}", self.scope),
            &format!("change:{change}"),
        )
        .about(role::CHANGE, change)
        .about(role::REPOSITORY, &self.scope)
    }
}

/// A person, by the name to sign in with.
fn person(value: &Value, path: &str) -> String {
    let person = get(value, path);
    short(person.as_str().unwrap_or_else(|| first(person, &["uniqueName", "displayName", "id"])))
}

fn branch(name: &str) -> String {
    short(name.strip_prefix("refs/heads/").unwrap_or(name))
}

fn request(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "pullRequestId").ok_or(Problem::Missing("pullRequestId"))?;
    let created = need_at(body, "creationDate")?;
    let ended = at(body, "closedDate")?;
    let author = person(body, "createdBy");
    let head = branch(text(body, "sourceRefName"));
    let said = RequestText {
        branch: &head,
        title: text(body, "title"),
        body: text(body, "description"),
        repository: &place.scope,
        author: &author,
        author_is_bot: false,
    };
    let opened = ChangeState {
        number: id,
        author: author.clone(),
        author_class: said.author_class(),
        ..ChangeState::default()
    };
    let state = ChangeState {
        title: word(body, "title"),
        draft: flag(body, "isDraft"),
        branch: head.clone(),
        head: object_id(text(body, "lastMergeSourceCommit.commitId")),
        base: branch(text(body, "targetRefName")),
        base_head: object_id(text(body, "lastMergeTargetCommit.commitId")),
        labels: names(body, "labels", &["name"]),
        ai_tools: said.ai_tools(),
        mentions: said.mentions(),
        reverts: said.reverts(),
        url: word(body, "url"),
        ..opened.clone()
    };
    // A request has no instant of its last change; its head tells two looks apart.
    let look = ended.unwrap_or(created);
    let what = format!("updated/{}/{}", look.as_millis(), state.head);
    let mut events = vec![
        place.change(kind::CHANGE_OPENED, created, id, "opened").by(&author).with(&opened),
        place.change(kind::CHANGE_UPDATED, look, id, &what).with(&state),
    ];
    match (text(body, "status"), ended) {
        ("completed", Some(at)) => events.push(
            place
                .change(kind::CHANGE_MERGED, at, id, "merged")
                .by(&person(body, "closedBy"))
                .about(role::COMMIT, object_id(text(body, "lastMergeCommit.commitId")))
                .with(&ChangeMerged { base: state.base }),
        ),
        ("abandoned", Some(at)) => {
            let what = format!("closed/{}", at.as_millis());
            events.push(place.change(kind::CHANGE_CLOSED, at, id, &what));
        }
        _ => {}
    }
    Ok(events)
}

/// What a vote means: 10, 5, 0, -5, -10.
fn verdict(vote: i64) -> ReviewVerdict {
    match vote {
        5 | 10 => ReviewVerdict::Approved,
        -5 | -10 => ReviewVerdict::ChangesRequested,
        _ => ReviewVerdict::Dismissed,
    }
}

/// A thread: comments of people on files, and what Azure DevOps wrote about votes.
fn thread(place: &Place, of: u64, body: &Value) -> Result<Vec<Event>> {
    let id = need_id(body, "id")?;
    let mut events = Vec::new();
    let vote = first(body, &["properties.CodeReviewVoteResult.$value"]);
    let vote = vote.parse::<i64>().ok();
    let on_file = get(body, "threadContext").is_object();
    for comment in list(body, "comments") {
        let at = need_at(comment, "publishedDate")?;
        let by = person(comment, "author");
        let system = text(comment, "commentType") == "system";
        let says = match vote {
            Some(vote) if system => verdict(vote),
            _ if system || !on_file || flag(comment, "isDeleted") => continue,
            _ => ReviewVerdict::Commented,
        };
        let given = ReviewGiven { verdict: says, reviewer_class: account_class(&by, false).0 };
        let what = format!("thread/{id}/{}", need_id(comment, "id")?);
        events.push(place.change(kind::CHANGE_REVIEW, at, of, &what).by(&by).with(&given));
    }
    Ok(events)
}

/// A build: queued, started, finished.
fn build(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = need_id(body, "id")?;
    // Version 1 of the service hook has `LG:refs/heads/main:COMMIT`, and no `result`.
    let old = text(body, "sourceGetVersion").strip_prefix("LG:").unwrap_or_default();
    let (code, commit) = old.rsplit_once(':').unwrap_or(("", text(body, "sourceVersion")));
    let state = BuildState {
        level: BuildLevel::Run,
        pipeline: word(body, "definition.name"),
        attempt: 1,
        trigger: word(body, "reason"),
        branch: branch(if code.is_empty() { text(body, "sourceBranch") } else { code }),
        manual: text(body, "reason") == "manual",
        ..BuildState::default()
    };
    let build = format!("{}/{}/{id}", place.source, place.scope);
    let status = text(body, "status");
    let ended = status == "completed" || field::outcome(status) != Outcome::Unknown;
    let outcome = field::outcome(first(body, &["result", "status"]));
    let event = |kind: &str, at: Timestamp, outcome| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("build/{}/{id}/{verb}", place.scope);
        place
            .event(kind, at, &key, &format!("build:{build}"))
            .by(&person(body, "requestedFor"))
            .about(role::BUILD, &build)
            .about(role::COMMIT, object_id(commit))
            .with(&BuildState { outcome, ..state.clone() })
    };
    let (queued, started) = (at(body, "queueTime")?, at(body, "startTime")?);
    if queued.or(started).is_none() {
        return Err(Problem::Missing("queueTime"));
    }
    let ended = at(body, "finishTime")?.filter(|_| ended);
    let events = [
        queued.map(|at| event(kind::CI_QUEUED, at, Outcome::Unknown)),
        started.map(|at| event(kind::CI_STARTED, at, Outcome::Unknown)),
        ended.map(|at| event(kind::CI_FINISHED, at, outcome)),
    ];
    Ok(events.into_iter().flatten().collect())
}

/// A deployment of a classic release to one environment.
fn deployment(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = need_id(body, "id")?;
    let status = text(body, "deploymentStatus");
    let outcome = field::outcome(status);
    let name = format!("{}/{}/{id}", place.source, place.scope);
    let artifact = list(body, "release.artifacts")
        .find(|it| !text(it, "definitionReference.sourceVersion.id").is_empty());
    let commit = artifact.map(|it| text(it, "definitionReference.sourceVersion.id"));
    let event = |kind: &str, at: Timestamp, outcome| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("deployment/{}/{id}/{verb}", place.scope);
        let state = DeployState {
            outcome,
            version: word(body, "release.name"),
            name: word(body, "releaseDefinition.name"),
            ..DeployState::default()
        };
        place
            .event(kind, at, &key, &format!("deployment:{name}"))
            .by(&person(body, "requestedFor"))
            .about(role::DEPLOYMENT, &name)
            .about(role::ENVIRONMENT, word(body, "releaseEnvironment.name"))
            .about(role::COMMIT, object_id(commit.unwrap_or_default()))
            .with(&state)
    };
    let queued = at(body, "queuedOn")?;
    let started = at(body, "startedOn")?;
    let ended = first_at(body, &["completedOn"])?.filter(|_| outcome != Outcome::Unknown);
    if queued.or(started).is_none() {
        return Err(Problem::Missing("queuedOn"));
    }
    let events = [
        queued.map(|at| event(kind::DEPLOY_QUEUED, at, Outcome::Unknown)),
        started.map(|at| event(kind::DEPLOY_STARTED, at, Outcome::Unknown)),
        ended.map(|at| event(kind::DEPLOY_FINISHED, at, outcome)),
    ];
    Ok(events.into_iter().flatten().collect())
}
