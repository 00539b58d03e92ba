//! Events of incidents.

use tl_core::delivery::Incident;
use tl_core::event::Event;
use tl_core::fact::{IncidentState, kind, role};
use tl_core::time::Timestamp;

use super::join::{earliest, insert, insert_name, state, text};

/// Adds what an event says of the incident that it concerns.
pub(super) fn apply(incident: &mut Incident, event: &Event) -> Result<(), serde_json::Error> {
    let at = event.at;
    match event.kind.as_str() {
        kind::INCIDENT_OPENED => {
            state(&mut incident.state, at, event.payload::<IncidentState>()?);
            earliest(&mut incident.opened, at);
        }
        kind::INCIDENT_UPDATED => {
            state(&mut incident.state, at, event.payload::<IncidentState>()?);
        }
        kind::INCIDENT_ACKED => earliest(&mut incident.acked, at),
        kind::INCIDENT_RESOLVED => insert(&mut incident.resolved, at),
        kind::INCIDENT_REOPENED => insert(&mut incident.reopened, at),
        _ => {}
    }
    let what = |role| event.what(role).unwrap_or_default();
    insert_name(&mut incident.services, what(role::SERVICE));
    insert_name(&mut incident.deployments, what(role::DEPLOYMENT));
    insert_name(&mut incident.commits, what(role::COMMIT));
    insert_name(&mut incident.changes, what(role::CHANGE));
    text(&mut incident.repository, what(role::REPOSITORY));
    text(&mut incident.environment, what(role::ENVIRONMENT));
    Ok(())
}

/// The latest instant that it tells of.
pub(super) fn activity(incident: &Incident) -> Option<Timestamp> {
    let state = incident.state.as_ref().map(|(at, _)| *at);
    let (resolved, reopened) = (incident.resolved.last(), incident.reopened.last());
    let last = [incident.opened, incident.acked, resolved.copied(), reopened.copied(), state];
    last.into_iter().flatten().max()
}
