//! Where a record is from: the source of its events, and the repository that names its things.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::role;
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use super::read::{Problem, Result, get, text};
use crate::system::field;

/// The source and the repository of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// `github`, or `github:HOST` where it is not the public one.
    pub(crate) source: String,
    /// The repository: `acme/api`.
    pub(crate) repository: String,
}

/// Where addresses stand, in the order in which they are asked for the host.
const ADDRESSES: [&str; 12] = [
    "html_url",
    "url",
    "pull_request_url",
    "issue_url",
    "repository_url",
    "deployment_url",
    "repository.html_url",
    "repository.url",
    "source.issue.url",
    "user.html_url",
    "actor.url",
    "commit.url",
];

/// Addresses of the API that name the repository.
const NAMING: [&str; 6] =
    ["repository_url", "pull_request_url", "issue_url", "deployment_url", "url", "commit.url"];

impl Place {
    /// Reads the place of an object: what the object itself says before what its record says,
    /// because a repository that was renamed is asked for by its old name.
    pub(crate) fn of(record: &Record, body: &Value) -> Result<Self> {
        let named = ["repository.full_name", "base.repo.full_name", "repository.nameWithOwner"];
        let said = named.iter().map(|path| text(body, path)).find(|name| name.contains('/'));
        let by_address = || NAMING.iter().find_map(|path| api_repository(text(body, path)));
        let by_page = || page_repository(text(body, "html_url"));
        let scope = || (!record.scope.is_empty()).then(|| record.scope.clone());
        let repository = said.map(str::to_owned).or_else(by_address).or_else(scope);
        let repository = repository.or_else(by_page).ok_or(Problem::Missing("repository"))?;
        Ok(Self { source: source(record.system, body), repository })
    }

    /// The key of a request or an issue: `acme/api#12`.
    pub(crate) fn numbered(&self, number: u64) -> String {
        format!("{}#{number}", self.repository)
    }

    /// An event about a request; `what` is the end of its key.
    pub(crate) fn change(&self, kind: &str, at: Timestamp, number: u64, what: &str) -> Event {
        let change = self.numbered(number);
        let key = format!("pull/{}/{number}/{what}", self.repository);
        Event::new(kind, at, &self.source, &key, &format!("change:{change}"))
            .about(role::CHANGE, change)
            .about(role::REPOSITORY, &self.repository)
    }

    /// An event about an issue; `what` is the end of its key.
    pub(crate) fn ticket(&self, kind: &str, at: Timestamp, number: u64, what: &str) -> Event {
        let ticket = self.numbered(number);
        let key = format!("issue/{}/{number}/{what}", self.repository);
        Event::new(kind, at, &self.source, &key, &format!("ticket:{ticket}"))
            .about(role::TICKET, ticket)
            .about(role::REPOSITORY, &self.repository)
    }
}

/// `github`, with its host where it is not the public one.
fn source(system: System, body: &Value) -> String {
    let host = ADDRESSES.iter().find_map(|path| host(get(body, path).as_str()?));
    let public = match system {
        System::Gitea => "gitea.com",
        _ => "github.com",
    };
    match host {
        Some(host) if host != public => format!("{}:{host}", system.name()),
        _ => system.name().to_owned(),
    }
}

/// The host of an address, without the `api.` of github.com and ghe.com.
fn host(address: &str) -> Option<String> {
    let host = field::host(address)?;
    let api =
        host.strip_prefix("api.").filter(|it| *it == "github.com" || it.ends_with(".ghe.com"));
    Some(api.map_or_else(|| host.clone(), str::to_owned))
}

/// `acme/api` of `https://api.github.com/repos/acme/api/pulls/12`.
fn api_repository(address: &str) -> Option<String> {
    let (_, path) = address.split_once("/repos/")?;
    two_names(path)
}

/// `acme/api` of `https://github.com/acme/api/pull/12`.
fn page_repository(address: &str) -> Option<String> {
    let (_, path) = address.split_once("://")?.1.split_once('/')?;
    two_names(path)
}

fn two_names(path: &str) -> Option<String> {
    let mut names = path.split(['/', '?', '#']).filter(|name| !name.is_empty());
    let (owner, name) = (names.next()?, names.next()?);
    Some(format!("{owner}/{name}"))
}
