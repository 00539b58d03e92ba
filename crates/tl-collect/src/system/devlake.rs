//! Bodies of Apache DevLake's webhook plugin, as teams already send them.
//!
//! In: a [`Record`] whose `what` is `deployment`, `issue` or `pull_request`; its scope is the
//! webhook's name or number. Out: the events that it tells. Start at [`convert`]. Both spellings
//! of its fields are read: `startedDate` of today, `start_time` and `issue_key` of before. An
//! issue of type `INCIDENT` is an incident, every other one a ticket; the body that closes one is
//! empty there, and is read here with the issue's key as parent and a `resolutionDate`.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{
    ChangeMerged, ChangeState, DeployState, IncidentState, Outcome, StatusCategory, TicketClosed,
    TicketState, kind, role,
};
use tl_core::record::Record;
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{
    self, Problem, Result, first, first_at, flag, get, id, list, number, object_id, repository,
    short, text, word,
};
use crate::request_text::RequestText;

/// The source of its events.
const SOURCE: &str = "devlake";

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "deployment" => deployment(&record.body),
        "issue" => issue(record),
        "pull_request" => request(record),
        _ => Err(Problem::Unknown),
    })
}

/// `SUCCESS` where nothing is said: DevLake's default.
fn result(body: &Value) -> Outcome {
    match text(body, "result") {
        "" => Outcome::Success,
        word => field::outcome(word),
    }
}

/// A deployment: one for each repository that it brings.
fn deployment(body: &Value) -> Result<Vec<Event>> {
    let ids = ["id", "pipelineId", "pipeline_id"].map(|path| id(body, path));
    let place = repository(first(body, &["repoUrl", "repo_url"]));
    let commit = first(body, &["commitSha", "commit_sha"]);
    // Before version 1, it was optional, and a commit of a repository was one deployment.
    let unnamed = || {
        let named = !place.is_empty() && !commit.is_empty();
        named.then(|| short(&format!("{place}@{commit}"))).ok_or(Problem::Missing("id"))
    };
    let id = ids.into_iter().find(|id| !id.is_empty()).map_or_else(unnamed, Ok)?;
    let mut commits: Vec<&Value> = list(body, "deploymentCommits").collect();
    commits.extend(list(body, "deployment_commits"));
    let several = commits.len() > 1;
    if commits.is_empty() {
        commits.push(body);
    }
    let mut events = Vec::new();
    for (place, commit) in commits.into_iter().enumerate() {
        let repository = repository(first(commit, &["repoUrl", "repo_url"]));
        // Two commits of one repository are two deployments as well: DevLake counts them so.
        let part = if several { format!("{id}/{place}") } else { id.clone() };
        let deployed = Deployed { id: part, body, commit, repository };
        events.extend(deployed.events()?);
    }
    Ok(events)
}

struct Deployed<'a> {
    id: String,
    body: &'a Value,
    commit: &'a Value,
    repository: String,
}

impl Deployed<'_> {
    fn instant(&self, paths: &[&str]) -> Result<Option<Timestamp>> {
        Ok(first_at(self.commit, paths)?.or(first_at(self.body, paths)?))
    }

    fn events(&self) -> Result<Vec<Event>> {
        let queued = self.instant(&["createdDate", "create_time", "createTime"])?;
        let started = self.instant(&["startedDate", "start_time", "startTime"])?;
        let finished = self.instant(&["finishedDate", "end_time", "endTime"])?;
        // DevLake takes the instant at which it receives a deployment for its missing end: it is
        // told when it is over.
        let finished = finished.or(started).ok_or(Problem::Missing("startedDate"))?;
        let own = get(self.commit, "result").is_string();
        let outcome = result(if own { self.commit } else { self.body });
        let unknown = Outcome::Unknown;
        let events = [
            queued.map(|at| self.event(kind::DEPLOY_QUEUED, at, unknown)),
            started.map(|at| self.event(kind::DEPLOY_STARTED, at, unknown)),
            Some(self.event(kind::DEPLOY_FINISHED, finished, outcome)),
        ];
        Ok(events.into_iter().flatten().collect())
    }

    fn event(&self, kind: &str, at: Timestamp, outcome: Outcome) -> Event {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("deployment/{}/{verb}", self.id);
        // `PRODUCTION` where nothing is said: DevLake's default.
        let environment = match text(self.body, "environment") {
            "" => "PRODUCTION",
            environment => environment,
        };
        let state = DeployState {
            outcome,
            production: Some(environment == "PRODUCTION"),
            branch: short(first(self.commit, &["refName", "ref_name"])),
            name: short(first(self.body, &["displayTitle", "display_title", "name"])),
            ..DeployState::default()
        };
        Event::new(kind, at, SOURCE, &key, &format!("deployment:{SOURCE}/{}", self.id))
            .about(role::DEPLOYMENT, format!("{SOURCE}/{}", self.id))
            .about(role::REPOSITORY, &self.repository)
            .about(role::COMMIT, object_id(first(self.commit, &["commitSha", "commit_sha"])))
            .about(role::ENVIRONMENT, short(environment))
            .with(&state)
    }
}

fn category(status: &str) -> Option<StatusCategory> {
    match status.to_ascii_uppercase().as_str() {
        "TODO" => Some(StatusCategory::Todo),
        "IN_PROGRESS" | "DOING" => Some(StatusCategory::Doing),
        "DONE" => Some(StatusCategory::Done),
        _ => None,
    }
}

/// An issue or an incident.
fn issue(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let named = ["issueKey", "issue_key"].map(|path| id(body, path));
    let key =
        named.into_iter().find(|key| !key.is_empty()).unwrap_or_else(|| record.parent.clone());
    let key = short(&key);
    if key.is_empty() {
        return Err(Problem::Missing("issueKey"));
    }
    let created = first_at(body, &["createdDate", "created_date"])?;
    let updated = first_at(body, &["updatedDate", "updated_date"])?.or(created);
    let ended = first_at(body, &["resolutionDate", "resolution_date"])?;
    if created.is_none() && ended.is_none() {
        return Err(Problem::Missing("createdDate"));
    }
    let status = text(body, "status");
    let ended = ended.filter(|_| matches!(category(status), None | Some(StatusCategory::Done)));
    if text(body, "type").eq_ignore_ascii_case("incident") {
        return Ok(incident(body, &key, [created, updated, ended]));
    }
    let state = TicketState {
        title: word(body, "title"),
        class: word(body, "type"),
        status: short(first(body, &["originalStatus", "original_status", "status"])),
        category: category(status),
        priority: word(body, "priority"),
        points: get(body, "storyPoint").as_f64().or(get(body, "story_point").as_f64()),
        parent: short(first(body, &["parentIssueKey", "parent_issue_key", "epicKey", "epic_key"])),
        assignees: field::sorted(
            [short(first(body, &["assigneeName", "assignee_name", "assigneeId"]))].into_iter(),
        ),
        component: word(body, "component"),
        url: word(body, "url"),
        ..TicketState::default()
    };
    let event = |kind: &str, at: Timestamp, what: &str| {
        let name = format!("issue/{key}/{what}");
        Event::new(kind, at, SOURCE, &name, &format!("ticket:{key}")).about(role::TICKET, &key)
    };
    let by = short(first(body, &["creatorName", "creator_name", "creatorId", "creator_id"]));
    let stamp = |verb: &str, at: Timestamp| format!("{verb}/{}", at.as_millis());
    let closed =
        |at| event(kind::TICKET_CLOSED, at, &stamp("closed", at)).with(&TicketClosed::default());
    let events = [
        created.map(|at| event(kind::TICKET_OPENED, at, "opened").by(&by)),
        updated.map(|at| event(kind::TICKET_UPDATED, at, &stamp("updated", at)).with(&state)),
        ended.map(closed),
    ];
    Ok(events.into_iter().flatten().collect())
}

/// An incident: opened, as it looks, resolved.
fn incident(body: &Value, key: &str, at: [Option<Timestamp>; 3]) -> Vec<Event> {
    let [created, updated, ended] = at;
    let name = format!("{SOURCE}/{key}");
    let event = |kind: &str, at: Timestamp, what: &str| {
        let id = format!("incident/{key}/{what}");
        Event::new(kind, at, SOURCE, &id, &format!("incident:{name}"))
            .about(role::INCIDENT, &name)
            .about(role::SERVICE, word(body, "component"))
    };
    let state = IncidentState {
        title: word(body, "title"),
        severity: short(first(body, &["severity", "priority"])),
        ticket: key.to_owned(),
        url: word(body, "url"),
    };
    let stamp = |verb: &str, at: Timestamp| format!("{verb}/{}", at.as_millis());
    let look = |at| event(kind::INCIDENT_UPDATED, at, &stamp("updated", at)).with(&state);
    let events = [
        created.map(|at| event(kind::INCIDENT_OPENED, at, "opened")),
        updated.map(look),
        ended.map(|at| event(kind::INCIDENT_RESOLVED, at, &stamp("resolved", at))),
    ];
    events.into_iter().flatten().collect()
}

/// A pull request. Its key is `pullRequestKey` in the repository of its address.
fn request(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let (named, _) = field::linked(text(body, "url"));
    let number = number(body, "pullRequestKey").or_else(|| named.rsplit_once('#')?.1.parse().ok());
    let number = number.ok_or(Problem::Missing("pullRequestKey"))?;
    let repository = named.rsplit_once('#').map(|(repository, _)| repository.to_owned());
    let repository = repository.unwrap_or_else(|| short(first(body, &["baseRepoId"])));
    if repository.is_empty() {
        return Err(Problem::Missing("url"));
    }
    let change = format!("{repository}#{number}");
    let created = first_at(body, &["createdDate"])?.ok_or(Problem::Missing("createdDate"))?;
    let (merged, closed) = (first_at(body, &["mergedDate"])?, first_at(body, &["closedDate"])?);
    let author = short(first(body, &["authorName", "authorId"]));
    let said = RequestText {
        branch: text(body, "headRef"),
        title: text(body, "title"),
        body: text(body, "description"),
        repository: &repository,
        author: &author,
        author_is_bot: false,
    };
    let opened = ChangeState {
        number,
        author: author.clone(),
        author_class: said.author_class(),
        ..ChangeState::default()
    };
    let state = ChangeState {
        title: word(body, "title"),
        draft: flag(body, "isDraft"),
        branch: word(body, "headRef"),
        head: object_id(text(body, "headCommitSha")),
        base: word(body, "baseRef"),
        base_head: object_id(text(body, "baseCommitSha")),
        ai_tools: said.ai_tools(),
        additions: field::number(body, "additions"),
        deletions: field::number(body, "deletions"),
        mentions: said.mentions(),
        reverts: said.reverts(),
        url: word(body, "url"),
        ..opened.clone()
    };
    let event = |kind: &str, at: Timestamp, what: &str| {
        let key = format!("pull/{repository}/{number}/{what}");
        Event::new(kind, at, SOURCE, &key, &format!("change:{change}"))
            .about(role::CHANGE, &change)
            .about(role::REPOSITORY, &repository)
    };
    let last = merged.or(closed).unwrap_or(created);
    let stamp = |verb: &str, at: Timestamp| format!("{verb}/{}", at.as_millis());
    let mut events = vec![
        event(kind::CHANGE_OPENED, created, "opened").by(&author).with(&opened),
        event(kind::CHANGE_UPDATED, last, &stamp("updated", last)).with(&state),
    ];
    if let Some(at) = merged {
        let event = event(kind::CHANGE_MERGED, at, "merged")
            .by(&word(body, "mergedByName"))
            .about(role::COMMIT, object_id(text(body, "mergeCommitSha")))
            .with(&ChangeMerged { base: state.base });
        events.push(event);
    } else if let Some(at) = closed {
        events.push(event(kind::CHANGE_CLOSED, at, &stamp("closed", at)));
    }
    Ok(events)
}
