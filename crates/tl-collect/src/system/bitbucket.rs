//! Records of Bitbucket Cloud, API version 2.
//!
//! In: a [`Record`] whose scope is `workspace/repo` and whose `what` is `issue`, `pull_request`,
//! `pull_request_activity` and `pull_request_commit` (parent = number), `pipeline`, `deployment`
//! or `webhook` (parent = `X-Event-Key` or empty). Out: the events that it tells. Start at
//! [`convert`].
//!
//! Only short commit ids stand in requests (12 letters); they are left out. A request that was
//! merged or declined keeps no instant of it but that of its last change; its activity has it.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{
    BuildLevel, BuildState, ChangeMerged, ChangeState, CommitMade, DeployState, Outcome,
    ReviewGiven, ReviewVerdict, StatusCategory, TicketClosed, TicketState, kind, role,
};
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{
    self, Problem, Result, at, first, flag, get, need_at, need_id, number, object_id, short,
    source, text, word,
};
use crate::request_text::{RequestText, account_class, commit_tools};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| {
        let place = Place::of(record)?;
        let body = &record.body;
        let parent = || record.parent.rsplit('/').next().and_then(|it| it.parse::<u64>().ok());
        let parent = parent().or_else(|| number(body, "pull_request.id"));
        let parent = parent.ok_or(Problem::Missing("pull request"));
        match record.what.as_str() {
            "issue" => issue(&place, body),
            "pull_request" => request(&place, body),
            "pull_request_activity" => activity(&place, parent?, body),
            "pull_request_commit" => commit(&place, parent?, body),
            "pipeline" => pipeline(&place, body),
            "deployment" => deployment(&place, body),
            "webhook" => webhook(&place, &record.parent, body),
            _ => Err(Problem::Unknown),
        }
    })
}

struct Place {
    source: String,
    repository: String,
}

impl Place {
    fn of(record: &Record) -> Result<Self> {
        let body = &record.body;
        let named = first(body, &["destination.repository.full_name", "repository.full_name"]);
        let repository = if named.is_empty() { record.scope.as_str() } else { named };
        if repository.is_empty() {
            return Err(Problem::Missing("repository"));
        }
        let address = text(body, "links.html.href");
        let source = source(System::Bitbucket, "bitbucket.org", &[address]);
        Ok(Self { source, repository: short(repository) })
    }

    fn change(&self, kind: &str, at: Timestamp, number: u64, what: &str) -> Event {
        let change = format!("{}#{number}", self.repository);
        let key = format!("pull/{}/{number}/{what}", self.repository);
        self.event(kind, at, &key, &format!("change:{change}")).about(role::CHANGE, change)
    }

    fn event(&self, kind: &str, at: Timestamp, key: &str, subject: &str) -> Event {
        Event::new(kind, at, &self.source, key, subject).about(role::REPOSITORY, &self.repository)
    }
}

fn stamp(verb: &str, at: Timestamp) -> String {
    format!("{verb}/{}", at.as_millis())
}

/// A person: nicknames are what people see; accounts that were deleted have none.
fn person(value: &Value, path: &str) -> String {
    short(first(get(value, path), &["nickname", "display_name", "uuid"]))
}

fn issue(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let created = need_at(body, "created_on")?;
    let updated = at(body, "updated_on")?.unwrap_or(created);
    let key = format!("{}#{id}", place.repository);
    let status = text(body, "state");
    let category = match status {
        "new" => Some(StatusCategory::Todo),
        "resolved" | "closed" | "invalid" | "duplicate" | "wontfix" => Some(StatusCategory::Done),
        _ => None,
    };
    let state = TicketState {
        title: word(body, "title"),
        class: kind_of(body),
        status: short(status),
        category,
        priority: word(body, "priority"),
        assignees: field::sorted([person(body, "assignee")].into_iter()),
        component: word(body, "component.name"),
        url: word(body, "links.html.href"),
        ..TicketState::default()
    };
    let event = |kind: &str, at: Timestamp, what: &str| {
        let name = format!("issue/{}/{id}/{what}", place.repository);
        place.event(kind, at, &name, &format!("ticket:{key}")).about(role::TICKET, &key)
    };
    let mut events = vec![
        event(kind::TICKET_OPENED, created, "opened").by(&person(body, "reporter")),
        event(kind::TICKET_UPDATED, updated, &stamp("updated", updated)).with(&state),
    ];
    // The API has no instant of the end; that of the edit is there in newer answers only.
    if let Some(at) = at(body, "edited_on")?.filter(|_| category == Some(StatusCategory::Done)) {
        let how = TicketClosed { resolution: short(status) };
        events.push(event(kind::TICKET_CLOSED, at, &stamp("closed", at)).with(&how));
    }
    Ok(events)
}

/// `bug`: webhooks call `type` what the API calls `kind`.
fn kind_of(issue: &Value) -> String {
    let class = text(issue, "type");
    if get(issue, "kind").is_string() || class == "issue" {
        word(issue, "kind")
    } else {
        short(class)
    }
}

fn request(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let created = need_at(body, "created_on")?;
    let updated = at(body, "updated_on")?.unwrap_or(created);
    let author = person(body, "author");
    let description = first(body, &["description", "summary.raw"]);
    let said = RequestText {
        branch: text(body, "source.branch.name"),
        title: text(body, "title"),
        body: description,
        repository: &place.repository,
        author: &author,
        author_is_bot: matches!(text(body, "author.type"), "app_user" | "team"),
    };
    let fork = text(body, "source.repository.full_name");
    let opened = ChangeState {
        number: id,
        author: author.clone(),
        author_class: said.author_class(),
        ..ChangeState::default()
    };
    let state = ChangeState {
        title: word(body, "title"),
        draft: flag(body, "draft"),
        branch: short(said.branch),
        fork: if fork == place.repository { String::new() } else { short(fork) },
        head: object_id(text(body, "source.commit.hash")),
        base: word(body, "destination.branch.name"),
        ai_tools: said.ai_tools(),
        mentions: said.mentions(),
        reverts: said.reverts(),
        url: word(body, "links.html.href"),
        ..opened.clone()
    };
    let mut events = vec![
        place.change(kind::CHANGE_OPENED, created, id, "opened").by(&author).with(&opened),
        place.change(kind::CHANGE_UPDATED, updated, id, &stamp("updated", updated)).with(&state),
    ];
    // Nothing changes a request after its end but comments, of which there may be many: the
    // activity is surer.
    let ended = at(body, "closed_on")?.unwrap_or(updated);
    match text(body, "state") {
        "MERGED" => events.push(
            place
                .change(kind::CHANGE_MERGED, ended, id, &stamp("merged", ended))
                .by(&person(body, "closed_by"))
                .about(role::COMMIT, object_id(text(body, "merge_commit.hash")))
                .with(&ChangeMerged { base: state.base }),
        ),
        "DECLINED" | "SUPERSEDED" => {
            events.push(place.change(kind::CHANGE_CLOSED, ended, id, &stamp("closed", ended)));
        }
        _ => {}
    }
    Ok(events)
}

/// An entry of a request's activity: an approval, changes asked for, a comment, a new state.
fn activity(place: &Place, of: u64, body: &Value) -> Result<Vec<Event>> {
    let review = |path: &str, verdict, word: &str| -> Result<Vec<Event>> {
        let entry = get(body, path);
        let at =
            field::first_at(entry, &["date", "created_on"])?.ok_or(Problem::Missing("date"))?;
        let by = person(entry, "user");
        let bot = text(entry, "user.type") == "app_user";
        let class = account_class(&by, bot).0;
        let id = field::id(entry, "id");
        let id = if id.is_empty() { by.clone() } else { id };
        let what = format!("{word}/{id}/{}", at.as_millis());
        let given = ReviewGiven { verdict, reviewer_class: class };
        Ok(vec![place.change(kind::CHANGE_REVIEW, at, of, &what).by(&by).with(&given)])
    };
    if get(body, "approval").is_object() {
        return review("approval", ReviewVerdict::Approved, "approved");
    }
    if get(body, "changes_requested").is_object() {
        return review("changes_requested", ReviewVerdict::ChangesRequested, "changes-requested");
    }
    if get(body, "comment").is_object() {
        let inline = get(body, "comment.inline").is_object();
        let deleted = flag(body, "comment.deleted");
        return if inline && !deleted {
            review("comment", ReviewVerdict::Commented, "comment")
        } else {
            Ok(Vec::new())
        };
    }
    let update = get(body, "update");
    let Some(at) = at(update, "date")? else { return Ok(Vec::new()) };
    Ok(match text(update, "state") {
        "MERGED" => {
            let base = word(update, "destination.branch.name");
            let event = place.change(kind::CHANGE_MERGED, at, of, &stamp("merged/activity", at));
            vec![event.by(&person(update, "author")).with(&ChangeMerged { base })]
        }
        "DECLINED" => vec![place.change(kind::CHANGE_CLOSED, at, of, &stamp("closed", at))],
        _ => match get(update, "changes.draft.new").as_bool() {
            Some(false) => vec![place.change(kind::CHANGE_READY, at, of, &stamp("ready", at))],
            Some(true) => vec![place.change(kind::CHANGE_DRAFTED, at, of, &stamp("drafted", at))],
            None => Vec::new(),
        },
    })
}

/// A webhook. Approvals and comments stand there as in the activity, except that an approval
/// taken back looks like one that was given: only the name of the event tells them apart.
fn webhook(place: &Place, event: &str, body: &Value) -> Result<Vec<Event>> {
    let pull = get(body, "pullrequest");
    if !pull.is_object() {
        // A comment below an issue also holds it.
        let issue = get(body, "issue");
        return if issue.is_object() { self::issue(place, issue) } else { Ok(Vec::new()) };
    }
    let of = number(pull, "id").ok_or(Problem::Missing("id"))?;
    let mut events = request(place, pull)?;
    let (_, what) = event.split_once(':').unwrap_or_default();
    match what {
        "unapproved" | "changes_request_removed" => {
            let at = at(pull, "updated_on")?.ok_or(Problem::Missing("updated_on"))?;
            let by = person(body, "actor");
            let class = account_class(&by, text(body, "actor.type") == "app_user").0;
            let given = ReviewGiven { verdict: ReviewVerdict::Dismissed, reviewer_class: class };
            let what = format!("dismissed/{by}/{}", at.as_millis());
            events.push(place.change(kind::CHANGE_REVIEW, at, of, &what).by(&by).with(&given));
        }
        "comment_updated" | "comment_deleted" | "comment_resolved" | "comment_reopened" => {}
        // Documented as `changes_request`; the activity has `changes_requested`.
        _ if get(body, "changes_request").is_object() => {
            let entry = serde_json::json!({"changes_requested": get(body, "changes_request")});
            events.extend(activity(place, of, &entry)?);
        }
        _ if ["approval", "comment"].iter().any(|name| get(body, name).is_object()) => {
            events.extend(activity(place, of, body)?);
        }
        _ => {}
    }
    Ok(events)
}

fn commit(place: &Place, of: u64, body: &Value) -> Result<Vec<Event>> {
    let id = object_id(text(body, "hash"));
    if id.is_empty() {
        return Err(Problem::Missing("hash"));
    }
    let at = need_at(body, "date")?;
    let (name, rest) =
        text(body, "author.raw").split_once('<').unwrap_or((text(body, "author.raw"), ""));
    let (name, email) = (name.trim(), rest.trim_end_matches('>').trim());
    let message = text(body, "message");
    let known = person(body, "author.user");
    let made = CommitMade {
        title: short(message.lines().next().unwrap_or_default()),
        email: short(&email.to_lowercase()),
        ai_tools: commit_tools(name, email, message),
        ..CommitMade::default()
    };
    let event = place
        .change(kind::CHANGE_COMMIT, at, of, &format!("commit/{id}"))
        .by(&if known.is_empty() { short(name) } else { known })
        .about(role::COMMIT, id)
        .with(&made);
    Ok(vec![event])
}

fn pipeline(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = need_id(body, "uuid")?;
    let created = need_at(body, "created_on")?;
    let outcome = field::outcome(first(body, &["state.result.name"]));
    let build = format!("{}/{id}", place.source);
    let state = BuildState {
        level: BuildLevel::Run,
        pipeline: place.repository.clone(),
        attempt: 1,
        trigger: short(first(body, &["trigger.name", "trigger.type"])),
        branch: word(body, "target.ref_name"),
        ..BuildState::default()
    };
    let event = |kind: &str, at: Timestamp, state: &BuildState| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("pipeline/{}/{id}/{verb}", place.repository);
        place
            .event(kind, at, &key, &format!("build:{build}"))
            .about(role::BUILD, &build)
            .about(role::COMMIT, object_id(text(body, "target.commit.hash")))
            .with(state)
    };
    let mut events = vec![event(kind::CI_QUEUED, created, &state)];
    let ended = at(body, "completed_on")?.filter(|_| outcome != Outcome::Unknown);
    events.extend(
        ended.map(|at| event(kind::CI_FINISHED, at, &BuildState { outcome, ..state.clone() })),
    );
    Ok(events)
}

fn deployment(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = need_id(body, "uuid")?;
    let outcome = field::outcome(first(body, &["state.status.name", "state.name"]));
    let class = text(body, "environment.environment_type.name");
    let environment = first(body, &["environment.name", "environment.slug", "environment.uuid"]);
    let name = format!("{}/{id}", place.source);
    let event = |kind: &str, at: Timestamp, outcome| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let state = DeployState {
            outcome,
            production: (!class.is_empty()).then_some(class == "Production"),
            version: word(body, "release.name"),
            name: word(body, "deployable.name"),
            ..DeployState::default()
        };
        let commit = first(body, &["deployable.commit.hash", "release.commit.hash"]);
        let key = format!("deployment/{}/{id}/{verb}", place.repository);
        place
            .event(kind, at, &key, &format!("deployment:{name}"))
            .about(role::DEPLOYMENT, &name)
            .about(role::ENVIRONMENT, short(environment))
            .about(role::COMMIT, object_id(commit))
            .with(&state)
    };
    let started = field::first_at(body, &["state.started_on", "state.start_date"])?;
    let ended = field::first_at(body, &["state.completed_on", "state.completion_date"])?;
    if started.or(ended).is_none() && text(body, "state.name").is_empty() {
        return Err(Problem::Missing("state"));
    }
    let events = [
        started.map(|at| event(kind::DEPLOY_STARTED, at, Outcome::Unknown)),
        // What is undeployed, in progress or taken back has not ended here.
        ended
            .filter(|_| outcome != Outcome::Unknown)
            .map(|at| event(kind::DEPLOY_FINISHED, at, outcome)),
    ];
    Ok(events.into_iter().flatten().collect())
}
