//! Links from an issue to code: the development panel and remote links.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{LinkForm, TicketLink, kind, role};
use tl_core::time::Timestamp;

use super::site::Site;
use crate::system::field::{Result, first, first_at, linked, list, object_id, short, text};

/// The detail of the development panel: requests, and commits by repository.
pub(super) fn dev_status(site: &Site, key: &str, body: &Value) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for detail in list(body, "detail") {
        for request in list(detail, "pullRequests") {
            let url = text(request, "url");
            let (change, _) = linked(url);
            if let Some(at) = first_at(request, &["lastUpdate"])?.filter(|_| !change.is_empty()) {
                events.push(link(site, at, key, role::CHANGE, &change, url));
            }
        }
        for repository in list(detail, "repositories") {
            for commit in list(repository, "commits") {
                let id = object_id(text(commit, "id"));
                let at = first_at(commit, &["authorTimestamp"])?;
                if let Some(at) = at.filter(|_| !id.is_empty()) {
                    events.push(link(site, at, key, role::COMMIT, &id, text(commit, "url")));
                }
            }
        }
    }
    Ok(events)
}

/// A remote link to a request or a commit; nothing where it leads elsewhere.
pub(super) fn remote(site: &Site, key: &str, body: &Value) -> Result<Vec<Event>> {
    let url = first(body, &["object.url"]);
    let (change, commit) = linked(url);
    let at = Timestamp::from_millis(0);
    Ok(match (change.is_empty(), commit.is_empty()) {
        (false, _) => vec![link(site, at, key, role::CHANGE, &change, url)],
        (_, false) => vec![link(site, at, key, role::COMMIT, &commit, url)],
        _ => Vec::new(),
    })
}

fn link(site: &Site, at: Timestamp, key: &str, role: &str, to: &str, url: &str) -> Event {
    let url = short(url);
    // A commit is seen in several repositories, a request again whenever it changes.
    let what = format!("link/{to}/{}/{}", at.as_millis(), digest(&url));
    site.ticket(kind::TICKET_LINKED, at, key, &what)
        .about(role, to)
        .with(&TicketLink { form: LinkForm::Explicit, url })
}

/// Eight letters that tell addresses apart.
fn digest(url: &str) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(url.as_bytes())[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}
