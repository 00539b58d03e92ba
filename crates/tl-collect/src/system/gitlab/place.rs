//! Where a record is from, and the names of its things.

use serde_json::Value;
use tl_core::attribution::AuthorClass;
use tl_core::event::Event;
use tl_core::fact::role;
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use crate::request_text::account_class;
use crate::system::field::{self, Problem, Result, first, flag, text, word};

/// The source and the project of one record.
pub(super) struct Place {
    /// `gitlab`, or `gitlab:HOST` where it is not gitlab.com.
    pub(super) source: String,
    /// The project: `group/project`.
    pub(super) project: String,
}

/// Addresses of pages, which name host and project.
const PAGES: [&str; 6] = [
    "web_url",
    "project.web_url",
    "object_attributes.url",
    "repository.homepage",
    "url",
    "_links.self",
];

impl Place {
    /// What the object itself says before what its record says: a project may be renamed.
    pub(super) fn of(record: &Record) -> Result<Self> {
        let body = &record.body;
        let pages = PAGES.map(|path| text(body, path));
        let mut addresses = pages.to_vec();
        addresses
            .extend(["user.web_url", "author.web_url", "commit.web_url"].map(|at| text(body, at)));
        let full = text(body, "references.full").rsplit_once(['!', '#']).map(|(path, _)| path);
        let said = full.or_else(|| body.get("project")?.get("path_with_namespace")?.as_str());
        let paged = || pages.iter().map(|page| field::repository(page)).find(|it| !it.is_empty());
        let project = said
            .filter(|path| path.contains('/'))
            .map(field::short)
            .or_else(|| (!record.scope.is_empty()).then(|| record.scope.clone()))
            .or_else(paged)
            .ok_or(Problem::Missing("project"))?;
        Ok(Self { source: field::source(System::Gitlab, "gitlab.com", &addresses), project })
    }

    /// The key of a request or an issue: `group/project#12`.
    pub(super) fn numbered(&self, iid: u64) -> String {
        format!("{}#{iid}", self.project)
    }

    /// An event about a merge request; `what` is the end of its key.
    pub(super) fn change(&self, kind: &str, at: Timestamp, iid: u64, what: &str) -> Event {
        let key = format!("mr/{}/{iid}/{what}", self.project);
        let change = self.numbered(iid);
        self.event(kind, at, &key, &format!("change:{change}")).about(role::CHANGE, change)
    }

    /// An event about an issue; `what` is the end of its key.
    pub(super) fn ticket(&self, kind: &str, at: Timestamp, iid: u64, what: &str) -> Event {
        let key = format!("issue/{}/{iid}/{what}", self.project);
        let ticket = self.numbered(iid);
        self.event(kind, at, &key, &format!("ticket:{ticket}")).about(role::TICKET, ticket)
    }

    /// An event of this project, at the whole second.
    pub(super) fn event(&self, kind: &str, at: Timestamp, key: &str, subject: &str) -> Event {
        Event::new(kind, field::second(at), &self.source, key, subject)
            .about(role::REPOSITORY, &self.project)
    }

    /// A step that is told by its instant alone: `change.ready` and its like.
    pub(super) fn step(&self, kind: &str, at: Timestamp, iid: u64) -> Event {
        self.change(kind, at, iid, &stamped(kind, at))
    }
}

/// `ready/1767225600` of `change.ready`: its verb and its second.
pub(super) fn stamped(kind: &str, at: Timestamp) -> String {
    let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
    format!("{verb}/{}", at.as_millis().div_euclid(1000))
}

/// The number behind the last `/` of `mr/12`.
pub(super) fn iid(parent: &str) -> Result<u64> {
    let number = parent.rsplit('/').next().and_then(|number| number.parse().ok());
    number.ok_or(Problem::Missing("iid"))
}

/// A person or program, by its username.
pub(super) fn login(value: &Value, path: &str) -> String {
    word(value, &format!("{path}.username"))
}

/// Whether the account at a path is a person, a bot or an AI.
pub(super) fn class(value: &Value, path: &str) -> AuthorClass {
    let bot = flag(value, &format!("{path}.bot"));
    account_class(&login(value, path), bot).0
}

/// Whether a title begins with a mark of a draft.
pub(super) fn is_draft(title: &str) -> bool {
    let title = title.trim_start().to_ascii_lowercase();
    ["draft:", "[draft]", "(draft)", "wip:", "[wip]", "draft -"]
        .iter()
        .any(|mark| title.starts_with(mark))
}

/// The commit that landed: the merge, else the squashed, else the head.
pub(super) fn landed(request: &Value, head: &str) -> String {
    let said = first(request, &["merge_commit_sha", "squash_commit_sha"]);
    field::object_id(if said.is_empty() { head } else { said })
}
