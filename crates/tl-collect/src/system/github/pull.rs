//! Pull requests: what one looks like, its commits, and the steps on its way.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{ChangeMerged, ChangeState, CommitMade, ReviewRequested, kind, role};
use tl_core::time::Timestamp;

use super::Place;
use super::read::{
    Account, Problem, Result, flag, get, instant, labels, number, object_id, short, text,
};
use crate::request_text::{RequestText, commit_tools};

/// A request as REST or GraphQL has it.
#[derive(Debug, Clone)]
pub(crate) struct Pull<'a> {
    pub(crate) number: u64,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// When it was closed without a merge; the latest time.
    pub(crate) closed: Option<Timestamp>,
    pub(crate) merged: Option<Timestamp>,
    pub(crate) merge_commit: String,
    /// Who merged it; `None` where the object does not have the field.
    pub(crate) merged_by: Option<Account>,
    pub(crate) author: Account,
    pub(crate) body: &'a str,
    /// What is kept of it; without mentions, reverts and tools, which [`Pull::events`] reads.
    pub(crate) state: ChangeState,
}

impl<'a> Pull<'a> {
    /// Reads an object of REST, or of a webhook.
    pub(crate) fn rest(pull: &'a Value) -> Result<Self> {
        let merged = instant(pull, "merged_at");
        let base = text(pull, "base.repo.full_name");
        let head = text(pull, "head.repo.full_name");
        let created = instant(pull, "created_at").ok_or(Problem::Missing("created_at"))?;
        Ok(Self {
            number: number(pull, "number").ok_or(Problem::Missing("number"))?,
            created,
            updated: instant(pull, "updated_at").unwrap_or(created),
            closed: instant(pull, "closed_at").filter(|_| merged.is_none()),
            merged,
            merge_commit: object_id(pull, "merge_commit_sha"),
            merged_by: pull.get("merged_by").map(|_| Account::at(pull, "merged_by")),
            author: Account::at(pull, "user"),
            body: text(pull, "body"),
            state: ChangeState {
                title: short(text(pull, "title")),
                draft: flag(pull, "draft"),
                branch: short(text(pull, "head.ref")),
                fork: if base.eq_ignore_ascii_case(head) { String::new() } else { short(head) },
                head: object_id(pull, "head.sha"),
                base: short(text(pull, "base.ref")),
                base_head: object_id(pull, "base.sha"),
                labels: labels(pull),
                additions: number(pull, "additions"),
                deletions: number(pull, "deletions"),
                files: number(pull, "changed_files"),
                url: short(text(pull, "html_url")),
                ..ChangeState::default()
            },
        })
    }

    /// Opened, updated, and merged or closed.
    pub(crate) fn events(&self, place: &Place) -> Vec<Event> {
        let number = self.number;
        let opened = ChangeState {
            number,
            author: self.author.login.clone(),
            author_class: self.author.class(),
            ..ChangeState::default()
        };
        let mut events = vec![
            place
                .change(kind::CHANGE_OPENED, self.created, number, "opened")
                .by(&self.author.login)
                .with(&opened),
            self.updated(place),
        ];
        if let Some(merged) = self.merged {
            let (what, by) = match &self.merged_by {
                Some(by) => ("merged", by.login.as_str()),
                None => ("merged/brief", ""),
            };
            events.push(
                place
                    .change(kind::CHANGE_MERGED, merged, number, what)
                    .by(by)
                    .about(role::COMMIT, &self.merge_commit)
                    .with(&ChangeMerged { base: self.state.base.clone() }),
            );
        } else if let Some(closed) = self.closed {
            events.push(step(place, kind::CHANGE_CLOSED, closed, number));
        }
        events
    }

    /// What it looked like when it was last updated.
    fn updated(&self, place: &Place) -> Event {
        let text = RequestText {
            branch: &self.state.branch,
            title: &self.state.title,
            body: self.body,
            repository: &place.repository,
            author: &self.author.login,
            author_is_bot: self.author.is_bot,
        };
        let state = ChangeState {
            number: self.number,
            author: self.author.login.clone(),
            author_class: self.author.class(),
            ai_tools: text.ai_tools(),
            mentions: text.mentions(),
            reverts: text.reverts(),
            ..self.state.clone()
        };
        let brief = if state.additions.is_none() { "/brief" } else { "" };
        let what = format!("updated/{}{brief}", self.updated.as_millis());
        place.change(kind::CHANGE_UPDATED, self.updated, self.number, &what).with(&state)
    }
}

/// A step that is told by its instant alone: `change.ready` and its like.
///
/// GitHub's timeline has ids for them and its webhooks have not, so that the instant makes the
/// key. Who did it is left out: objects that tell the same do not say it.
pub(crate) fn step(place: &Place, kind: &str, at: Timestamp, number: u64) -> Event {
    let (_, word) = kind.split_once('.').unwrap_or(("", kind));
    place.change(kind, at, number, &format!("{word}/{}", at.as_millis()))
}

/// Somebody was asked to review; nothing where it is not said who.
pub(crate) fn requested(
    place: &Place,
    at: Timestamp,
    number: u64,
    reviewer: &str,
) -> Option<Event> {
    let asked = ReviewRequested { reviewer: short(reviewer) };
    let what = format!("review-requested/{}/{}", asked.reviewer, at.as_millis());
    let event = || place.change(kind::CHANGE_REVIEW_REQUESTED, at, number, &what).with(&asked);
    (!asked.reviewer.is_empty()).then(event)
}

/// Who was asked: `requested_reviewer` or `requested_team`; a team is `acme/team`.
pub(crate) fn reviewer(place: &Place, asked: &Value, team: &Value) -> String {
    let person = Account::of(asked);
    let slug = [text(team, "slug"), text(asked, "slug")].into_iter().find(|slug| !slug.is_empty());
    match slug {
        Some(slug) if person.login.is_empty() => {
            let owner = place.repository.split('/').next().unwrap_or_default();
            format!("{owner}/{slug}")
        }
        _ => person.login,
    }
}

/// New commits were pushed to it.
pub(crate) fn pushed(place: &Place, at: Timestamp, number: u64, head: &str) -> Option<Event> {
    let what = format!("pushed/{head}/{}", at.as_millis());
    let event = || place.change(kind::CHANGE_PUSHED, at, number, &what).about(role::COMMIT, head);
    (!head.is_empty()).then(event)
}

/// A commit of a request, as REST lists them.
pub(crate) fn commit(place: &Place, number: u64, body: &Value) -> Result<Vec<Event>> {
    let made = Commit {
        id: object_id(body, "sha"),
        login: Account::at(body, "author").login,
        name: text(body, "commit.author.name"),
        email: text(body, "commit.author.email"),
        authored: instant(body, "commit.author.date"),
        committed: instant(body, "commit.committer.date"),
        message: text(body, "commit.message"),
    };
    Ok(vec![made.event(place, number)?])
}

/// A commit as REST or GraphQL has it.
pub(super) struct Commit<'a> {
    pub(super) id: String,
    pub(super) login: String,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) authored: Option<Timestamp>,
    pub(super) committed: Option<Timestamp>,
    pub(super) message: &'a str,
}

impl Commit<'_> {
    pub(super) fn event(&self, place: &Place, number: u64) -> Result<Event> {
        let at = self.authored.ok_or(Problem::Missing("commit.author.date"))?;
        if self.id.is_empty() {
            return Err(Problem::Missing("sha"));
        }
        let made = CommitMade {
            committed: self.committed,
            title: short(self.message.trim_start().lines().next().unwrap_or_default().trim_end()),
            email: short(&self.email.to_lowercase()),
            ai_tools: commit_tools(self.name, self.email, self.message),
            ..CommitMade::default()
        };
        let author = if self.login.is_empty() { short(self.name) } else { self.login.clone() };
        Ok(place
            .change(kind::CHANGE_COMMIT, at, number, &format!("commit/{}", self.id))
            .by(&author)
            .about(role::COMMIT, &self.id)
            .with(&made))
    }
}

/// The reason for which a request left the merge queue, where that was its merge.
pub(super) fn left_by_merge(body: &Value) -> bool {
    let reason = get(body, "reason").as_str().unwrap_or_default();
    matches!(reason.to_ascii_lowercase().as_str(), "merge" | "merged")
}
