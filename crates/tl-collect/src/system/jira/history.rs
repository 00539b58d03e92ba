//! The history of an issue: moves from status to status, resolutions, sprints.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{IterationMove, StatusCategory, StatusMove, kind, role};
use tl_core::time::Timestamp;

use super::site::{Site, person};
use super::ticket::{category, closed};
use crate::system::field::{Result, get, id, list, need_at, need_id, second, text, word};

/// What an issue says about the meaning of statuses.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    id: String,
    name: String,
    category: Option<StatusCategory>,
}

impl Meanings {
    /// Of the status that an issue has now.
    pub(super) fn of(issue: &Value) -> Self {
        let status = get(issue, "fields.status");
        Self {
            id: id(status, "id"),
            name: word(status, "name"),
            category: category(text(status, "statusCategory.key")),
        }
    }

    fn get(&self, id: &str, name: &str) -> Option<StatusCategory> {
        let same = if id.is_empty() { name == self.name } else { id == self.id };
        self.category.filter(|_| same)
    }
}

/// One entry of the history.
pub(super) fn entry(
    site: &Site,
    key: &str,
    entry: &Value,
    meanings: &Meanings,
) -> Result<Vec<Event>> {
    let at = need_at(entry, "created")?;
    items(site, key, entry, (at, &person(get(entry, "author"))), meanings)
}

/// The items of an entry, which a webhook tells without instant and author.
pub(super) fn items(
    site: &Site,
    key: &str,
    entry: &Value,
    (at, by): (Timestamp, &str),
    meanings: &Meanings,
) -> Result<Vec<Event>> {
    let history = need_id(entry, "id")?;
    let at = second(at);
    let mut events = Vec::new();
    for (place, item) in list(entry, "items").enumerate() {
        let (from, to) = (id(item, "from"), id(item, "to"));
        match text(item, "field") {
            "status" => {
                let moved = StatusMove {
                    from_category: meanings.get(&from, text(item, "fromString")),
                    to_category: meanings.get(&to, text(item, "toString")),
                    from: word(item, "fromString"),
                    to: word(item, "toString"),
                };
                let known = known(&moved);
                let what = format!("status/{history}/{place}{known}");
                events.push(site.ticket(kind::TICKET_STATUS, at, key, &what).by(by).with(&moved));
            }
            "resolution" if to.is_empty() && text(item, "toString").is_empty() => {
                let what = format!("reopened/{history}");
                events.push(site.ticket(kind::TICKET_REOPENED, at, key, &what).by(by));
            }
            "resolution" => events.push(closed(site, key, at, &word(item, "toString"))),
            "Sprint" => {
                let (before, after) = (sprints_of_list(&from), sprints_of_list(&to));
                let mut moved = |sprint: &String, added: bool| {
                    let what =
                        format!("sprint/{history}/{sprint}/{}", if added { "in" } else { "out" });
                    let event = site.ticket(kind::TICKET_ITERATION, at, key, &what).by(by);
                    let event = event.about(role::ITERATION, site.sprint(sprint));
                    events.push(event.with(&IterationMove { added }));
                };
                before.iter().filter(|id| !after.contains(id)).for_each(|id| moved(id, false));
                after.iter().filter(|id| !before.contains(id)).for_each(|id| moved(id, true));
            }
            _ => {}
        }
    }
    Ok(events)
}

/// `/doing-done` of a move whose statuses are known; empty where none is.
fn known(moved: &StatusMove) -> String {
    let name = |category: Option<StatusCategory>| match category {
        None => "unknown",
        Some(StatusCategory::Todo) => "todo",
        Some(StatusCategory::Doing) => "doing",
        Some(StatusCategory::Done) => "done",
    };
    match (moved.from_category, moved.to_category) {
        (None, None) => String::new(),
        (from, to) => format!("/{}-{}", name(from), name(to)),
    }
}

/// Ids of sprints in a text such as `7, 12`.
pub(super) fn sprints_of_list(list: &str) -> Vec<String> {
    let ids = list.split(',').map(|id| id.trim().to_owned());
    ids.filter(|id| !id.is_empty() && id.len() <= 20).take(50).collect()
}
