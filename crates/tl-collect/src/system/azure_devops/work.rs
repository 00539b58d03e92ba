//! Work items and their updates. Fields are called `System.Title`: their names hold a dot.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{IterationMove, StatusMove, TicketClosed, TicketState, kind, role};
use tl_core::time::Timestamp;

use super::{Place, person};
use crate::system::field::{Problem, Result, at, get, number, short, sorted, text, word};

/// A field whose name holds a dot.
fn field<'a>(body: &'a Value, name: &str) -> &'a Value {
    body.get("fields").and_then(|fields| fields.get(name)).unwrap_or(&Value::Null)
}

fn said(body: &Value, name: &str) -> String {
    short(field(body, name).as_str().unwrap_or_default())
}

/// The instant of a field. The year 9999 is how the last update says that it is not over.
fn instant(value: &Value) -> Result<Option<Timestamp>> {
    let named = serde_json::json!({ "date": value });
    match value.as_str() {
        Some(text) if text.starts_with("9999") => Ok(None),
        _ => at(&named, "date"),
    }
}

fn event(place: &Place, kind: &str, at: Timestamp, id: u64, what: &str) -> Event {
    // Work items belong to the project, whichever repository was asked for.
    let project: Vec<&str> = place.scope.split('/').take(2).collect();
    let ticket = format!("{}#{id}", project.join("/"));
    let key = format!("work-item/{}/{id}/{what}", project.join("/"));
    place.event(kind, at, &key, &format!("ticket:{ticket}")).about(role::TICKET, ticket)
}

/// A work item: opened, updated, closed.
pub(super) fn item(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let created = instant(field(body, "System.CreatedDate"))?;
    let created = created.ok_or(Problem::Missing("System.CreatedDate"))?;
    let updated = instant(field(body, "System.ChangedDate"))?.unwrap_or(created);
    let tags = said(body, "System.Tags");
    let parent = field(body, "System.Parent").as_u64();
    let scope = place.scope.split('/').take(2).collect::<Vec<_>>().join("/");
    let state = TicketState {
        title: said(body, "System.Title"),
        class: said(body, "System.WorkItemType"),
        status: said(body, "System.State"),
        priority: field(body, "Microsoft.VSTS.Common.Priority")
            .as_u64()
            .map(|it| it.to_string())
            .unwrap_or_default(),
        labels: sorted(tags.split(';').map(|tag| tag.trim().to_owned())),
        points: field(body, "Microsoft.VSTS.Scheduling.StoryPoints").as_f64(),
        parent: parent.map(|parent| format!("{scope}#{parent}")).unwrap_or_default(),
        assignees: sorted([who(body, "System.AssignedTo")].into_iter()),
        component: said(body, "System.AreaPath"),
        url: word(body, "_links.html.href"),
        ..TicketState::default()
    };
    let reporter = who(body, "System.CreatedBy");
    let look = format!("updated/{}", updated.as_millis());
    let mut events = vec![
        event(place, kind::TICKET_OPENED, created, id, "opened").by(&reporter),
        event(place, kind::TICKET_UPDATED, updated, id, &look).with(&state),
    ];
    if let Some(at) = instant(field(body, "Microsoft.VSTS.Common.ClosedDate"))? {
        let how = TicketClosed { resolution: said(body, "Microsoft.VSTS.Common.ResolvedReason") };
        let what = format!("closed/{}", at.as_millis());
        events.push(event(place, kind::TICKET_CLOSED, at, id, &what).with(&how));
    }
    Ok(events)
}

/// The person in a field.
fn who(body: &Value, name: &str) -> String {
    let fields = serde_json::json!({ "who": field(body, name) });
    person(&fields, "who")
}

/// One update of a work item: its state and its iteration before and after.
pub(super) fn update(place: &Place, parent: Option<u64>, body: &Value) -> Result<Vec<Event>> {
    let of = parent.or_else(|| number(body, "workItemId")).ok_or(Problem::Missing("workItemId"))?;
    let update = number(body, "id").ok_or(Problem::Missing("id"))?;
    let changed = instant(get(field(body, "System.ChangedDate"), "newValue"))?;
    let at = match changed {
        Some(at) => at,
        None => match instant(get(body, "revisedDate"))? {
            Some(at) => at,
            None => return Ok(Vec::new()),
        },
    };
    let by = person(body, "revisedBy");
    let mut events = Vec::new();
    let state = field(body, "System.State");
    // The first update is the creation: there is no state before.
    if state.get("oldValue").is_some() {
        let moved = StatusMove {
            from: word(state, "oldValue"),
            to: word(state, "newValue"),
            ..StatusMove::default()
        };
        let what = format!("status/{update}");
        events.push(event(place, kind::TICKET_STATUS, at, of, &what).by(&by).with(&moved));
    }
    let path = field(body, "System.IterationPath");
    for (side, added) in [("oldValue", false), ("newValue", true)] {
        let name = short(text(path, side));
        // Without a `\` it is the project itself: the backlog.
        if name.contains('\\') {
            let what = format!("iteration/{update}/{side}");
            let iteration = format!("{}/{name}", place.source);
            let event = event(place, kind::TICKET_ITERATION, at, of, &what).by(&by);
            events.push(event.about(role::ITERATION, iteration).with(&IterationMove { added }));
        }
    }
    Ok(events)
}
