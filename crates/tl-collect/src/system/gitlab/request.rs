//! Merge requests: what one looks like, and its commits.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{ChangeMerged, ChangeState, CommitMade, kind, role};
use tl_core::time::Timestamp;

use super::place::{self, Place, login};
use crate::request_text::{RequestText, commit_tools};
use crate::system::field::{
    Problem, Result, at, first, first_at, flag, id, names, need_at, number, object_id, second,
    short, text, word,
};

/// What REST and a webhook say about one request.
pub(super) struct Request<'a> {
    /// The object: `object_attributes` of a webhook.
    pub(super) body: &'a Value,
    pub(super) iid: u64,
    /// Username of the author; empty where a webhook does not say it.
    pub(super) author: String,
    pub(super) head: String,
    /// `""`, or `/hook` where not everything is known.
    pub(super) told: &'static str,
}

impl<'a> Request<'a> {
    pub(super) fn new(body: &'a Value, author: String, head: String) -> Result<Self> {
        let iid = number(body, "iid").ok_or(Problem::Missing("iid"))?;
        let told = if author.is_empty() { "/hook" } else { "" };
        Ok(Self { body, iid, author, head, told })
    }

    /// Opened and updated.
    pub(super) fn states(&self, place: &Place) -> Result<Vec<Event>> {
        let created = need_at(self.body, "created_at")?;
        let updated = second(at(self.body, "updated_at")?.unwrap_or(created));
        let opened = ChangeState {
            number: self.iid,
            author: self.author.clone(),
            author_class: self.text(place).author_class(),
            ..ChangeState::default()
        };
        let what = format!("updated/{}{}", updated.as_millis() / 1000, self.told);
        Ok(vec![
            place
                .change(kind::CHANGE_OPENED, created, self.iid, &format!("opened{}", self.told))
                .by(&self.author)
                .with(&opened),
            place.change(kind::CHANGE_UPDATED, updated, self.iid, &what).with(&self.state(place)),
        ])
    }

    fn text<'b>(&'b self, place: &'b Place) -> RequestText<'b> {
        RequestText {
            branch: text(self.body, "source_branch"),
            title: text(self.body, "title"),
            body: text(self.body, "description"),
            repository: &place.project,
            author: &self.author,
            author_is_bot: flag(self.body, "author.bot"),
        }
    }

    fn state(&self, place: &Place) -> ChangeState {
        let (body, said) = (self.body, self.text(place));
        let fork = id(body, "source_project_id");
        let marked = flag(body, "draft") || flag(body, "work_in_progress");
        ChangeState {
            number: self.iid,
            title: short(said.title),
            draft: marked || place::is_draft(said.title),
            branch: short(said.branch),
            // REST has no more than the number of the project.
            fork: if fork == id(body, "target_project_id") { String::new() } else { fork },
            head: self.head.clone(),
            base: word(body, "target_branch"),
            author: self.author.clone(),
            author_class: said.author_class(),
            ai_tools: said.ai_tools(),
            labels: names(body, "labels", &["title", "name"]),
            mentions: said.mentions(),
            reverts: said.reverts(),
            url: short(first(body, &["web_url", "url"])),
            ..ChangeState::default()
        }
    }

    /// It was merged.
    pub(super) fn merged(&self, place: &Place, at: Timestamp, by: &str, told: &str) -> Event {
        place
            .change(kind::CHANGE_MERGED, at, self.iid, &format!("merged{told}"))
            .by(by)
            .about(role::COMMIT, place::landed(self.body, &self.head))
            .with(&ChangeMerged { base: word(self.body, "target_branch") })
    }
}

/// A request of REST, listed or alone.
pub(super) fn rest(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let request = Request::new(body, login(body, "author"), object_id(text(body, "sha")))?;
    let mut events = request.states(place)?;
    let merger = first(body, &["merge_user.username", "merged_by.username"]);
    if let Some(at) = at(body, "merged_at")? {
        events.push(request.merged(place, at, merger, ""));
    } else if let Some(at) =
        first_at(body, &["closed_at"])?.filter(|_| text(body, "state") == "closed")
    {
        events.push(place.step(kind::CHANGE_CLOSED, at, request.iid));
    }
    Ok(events)
}

/// A commit of a request.
pub(super) fn commit(place: &Place, iid: u64, body: &Value) -> Result<Vec<Event>> {
    let commit = object_id(text(body, "id"));
    if commit.is_empty() {
        return Err(Problem::Missing("id"));
    }
    let authored = need_at(body, "authored_date")?;
    let (name, email) = (text(body, "author_name"), text(body, "author_email"));
    let made = CommitMade {
        committed: at(body, "committed_date")?.map(second),
        title: word(body, "title"),
        email: short(&email.to_lowercase()),
        ai_tools: commit_tools(name, email, text(body, "message")),
        additions: number(body, "stats.additions"),
        deletions: number(body, "stats.deletions"),
    };
    let event = place
        .change(kind::CHANGE_COMMIT, authored, iid, &format!("commit/{commit}"))
        .by(&short(name))
        .about(role::COMMIT, commit)
        .with(&made);
    Ok(vec![event])
}
