//! Issues and sprints.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{
    IterationMove, IterationState, StatusCategory, TicketClosed, TicketState, kind, role,
};

use super::history::{self, Meanings, sprints_of_list};
use super::site::{Site, person};
use crate::system::field::{
    Problem, Result, at, first, get, id, list, names, need_at, need_id, number, second, text, word,
};

/// What a category of Jira means.
pub(super) fn category(key: &str) -> Option<StatusCategory> {
    match key {
        "new" => Some(StatusCategory::Todo),
        "indeterminate" => Some(StatusCategory::Doing),
        "done" => Some(StatusCategory::Done),
        _ => None,
    }
}

/// An issue: opened, updated, closed, the sprints it was created in, and its history.
pub(super) fn issue(site: &Site, body: &Value) -> Result<Vec<Event>> {
    let key = need_id(body, "key")?;
    let fields = get(body, "fields");
    let created = need_at(fields, "created")?;
    let updated = at(fields, "updated")?.unwrap_or(created);
    let url = site.page(text(body, "self"), &key);
    let points = points(body);
    let state = TicketState {
        title: word(fields, "summary"),
        class: word(fields, "issuetype.name"),
        status: word(fields, "status.name"),
        category: category(text(fields, "status.statusCategory.key")),
        priority: word(fields, "priority.name"),
        labels: names(fields, "labels", &["name"]),
        points,
        parent: crate::system::field::short(first(fields, &["parent.key", "epic.key"])),
        assignees: Some(person(get(fields, "assignee")))
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect(),
        component: list(fields, "components").next().map(|it| word(it, "name")).unwrap_or_default(),
        url: url.clone(),
    };
    let reporter = ["reporter", "creator"].map(|path| person(get(fields, path)));
    let reporter = reporter.iter().find(|name| !name.is_empty()).map_or("", String::as_str);
    let told = if points.is_some() { "/points" } else { "" };
    let mut events = vec![
        site.ticket(kind::TICKET_OPENED, created, &key, "opened")
            .by(reporter)
            .with(&TicketState { url, ..TicketState::default() }),
        site.ticket(
            kind::TICKET_UPDATED,
            updated,
            &key,
            &format!("updated/{}{told}", updated.as_millis()),
        )
        .with(&state),
    ];
    if let Some(at) = at(fields, "resolutiondate")? {
        events.push(closed(site, &key, second(at), &word(fields, "resolution.name")));
    }
    let meanings = Meanings::of(body);
    for entry in list(body, "changelog.histories") {
        events.extend(history::entry(site, &key, entry, &meanings)?);
    }
    for sprint in first_sprints(body) {
        let event =
            site.ticket(kind::TICKET_ITERATION, created, &key, &format!("created-in/{sprint}"));
        let moved = IterationMove { added: true };
        events.push(event.about(role::ITERATION, site.sprint(&sprint)).with(&moved));
    }
    Ok(events)
}

/// A ticket was resolved; the changelog and the issue tell it alike.
pub(super) fn closed(site: &Site, key: &str, at: tl_core::time::Timestamp, how: &str) -> Event {
    let what = format!("closed/{}", at.as_millis() / 1000);
    site.ticket(kind::TICKET_CLOSED, at, key, &what)
        .with(&TicketClosed { resolution: how.to_owned() })
}

/// Story points, where the issue was read with the names of its fields (`expand=names`).
fn points(body: &Value) -> Option<f64> {
    let names = get(body, "names").as_object()?;
    let mut fields = names.iter().filter(|(_, name)| {
        let name = name.as_str().unwrap_or_default().to_ascii_lowercase();
        matches!(name.as_str(), "story points" | "story point estimate")
    });
    fields.find_map(|(field, _)| get(body, "fields").get(field)?.as_f64())
}

/// Sprints that an issue was created in: its first move begins with them, and without any move
/// they are those that it is in. Only a complete history says so.
fn first_sprints(body: &Value) -> Vec<String> {
    let total = number(body, "changelog.total");
    let seen = list(body, "changelog.histories").count() as u64;
    if total.is_none_or(|total| total > seen) {
        return Vec::new();
    }
    let by_instant = |entry: &&Value| at(entry, "created").ok().flatten();
    let moves = list(body, "changelog.histories")
        .filter(|entry| list(entry, "items").any(|item| text(item, "field") == "Sprint"));
    match moves.min_by_key(by_instant) {
        Some(entry) => {
            let mut items = list(entry, "items").filter(|item| text(item, "field") == "Sprint");
            items.next().map(|item| sprints_of_list(text(item, "from"))).unwrap_or_default()
        }
        None => current_sprints(get(body, "fields")),
    }
}

/// Sprints of an issue: objects of the agile API and of cloud, texts of servers.
fn current_sprints(fields: &Value) -> Vec<String> {
    let Some(all) = fields.as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (field, value) in all {
        let known = matches!(field.as_str(), "sprint" | "closedSprints");
        if !known && !field.starts_with("customfield_") {
            continue;
        }
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            let object = known || (value.get("boardId").is_some() && value.get("state").is_some());
            if object && value.is_object() {
                found.push(id(value, "id"));
            } else if let Some(text) = value.as_str()
                && let Some((_, rest)) = text.split_once(".sprint.Sprint@")
                && let Some((_, rest)) = rest.split_once("id=")
            {
                found.push(rest.chars().take_while(char::is_ascii_digit).take(20).collect());
            }
        }
    }
    found.retain(|id: &String| !id.is_empty());
    found.sort_unstable();
    found.dedup();
    found.truncate(50);
    found
}

/// A sprint: started at its start, finished when it was completed.
///
/// `startDate` of a sprint that is still to come is a plan, and tells nothing.
pub(super) fn sprint(site: &Site, body: &Value) -> Result<Vec<Event>> {
    let sprint = need_id(body, "id")?;
    let state = text(body, "state").to_ascii_lowercase();
    let start = at(body, "startDate")?;
    let told = IterationState {
        name: word(body, "name"),
        board: id(body, "originBoardId"),
        planned_start: start,
        planned_end: at(body, "endDate")?,
    };
    let name = site.sprint(&sprint);
    let event = |kind: &str, at: tl_core::time::Timestamp| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        // Name and end may be changed while it runs.
        let end = told.planned_end.map_or(0, |end| end.as_millis());
        let key = format!("sprint/{sprint}/{verb}/{}/{end}/{}", at.as_millis(), told.name.len());
        Event::new(kind, at, &site.source, &key, &format!("iteration:{name}"))
            .about(role::ITERATION, &name)
            .with(&told)
    };
    if state.is_empty() {
        return Err(Problem::Missing("state"));
    }
    let begun = start.filter(|_| matches!(state.as_str(), "active" | "closed"));
    let ended = at(body, "completeDate")?.filter(|_| state == "closed");
    let events = [
        begun.map(|at| event(kind::ITERATION_STARTED, at)),
        ended.map(|at| event(kind::ITERATION_FINISHED, at)),
    ];
    Ok(events.into_iter().flatten().collect())
}
