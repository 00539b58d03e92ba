//! Calls for one change and one incident: what was measured of it, and every event of it.
//!
//! In: a name and a period in the address, as pages read them. Out: a document. **Invariants:** the same is
//! found as on the page; people stand in events by pseudonyms unless names were turned on; of very many
//! events the first are told.

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use tl_core::event::Event;
use tl_map::deployment_row::{DeploymentRow, IncidentRow};
use tl_map::fold::Table as Kind;
use tl_map::journey_row::JourneyRow;
use tl_map::open_row::OpenRow;
use utoipa::IntoParams;

use super::answer::{Answered, Details, filled, json};
use super::line::PeriodParams;
use super::schema::{OneIncident, OneJourney};
use crate::app::App;
use crate::page::Problem;
use crate::page::journey::way::Way;
use crate::page::journey::{self, facts, lanes};
use crate::page::reliability::incident::wanted;
use crate::page::sheet::Own;
use crate::trail::{self, Thing, Trail};

/// An event, and where it belongs.
#[derive(Debug, Serialize)]
struct LaneEvent {
    lane: &'static str,
    position: i64,
    event: Event,
}

/// What the ledger holds of something.
#[derive(Debug, Serialize)]
struct Told {
    events: Vec<LaneEvent>,
    is_cut: bool,
    not_yet: i64,
}

#[derive(Debug, Serialize)]
struct Journey<'a> {
    schema: &'static str,
    change: &'a str,
    repository: &'a str,
    merged: Option<&'a JourneyRow>,
    open: Option<&'a OpenRow>,
    deployments: Vec<&'a DeploymentRow>,
    incidents: Vec<&'a IncidentRow>,
    #[serde(flatten)]
    told: Told,
}

#[derive(Debug, Serialize)]
struct Incident<'a> {
    schema: &'static str,
    incident: &'a IncidentRow,
    #[serde(flatten)]
    told: Told,
}

fn told(app: &App, trail: Trail) -> Told {
    let (is_cut, not_yet) = (trail.is_cut, trail.not_yet);
    let step = |step: lanes::Step| LaneEvent {
        lane: step.lane,
        position: step.position.0,
        event: app.reading.veil(step.event),
    };
    Told { events: lanes::steps(trail).into_iter().map(step).collect(), is_cut, not_yet }
}

/// Which change.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `journey` reads")]
pub(crate) struct ChangeParams {
    /// Its name, as `/v1/journeys` and `/v1/open` have it.
    #[param(min_length = 1, max_length = 256)]
    change: String,
    /// Its repository, by its name for people, where the name of the change does not tell it.
    #[param(max_length = 256)]
    repository: Option<String>,
}

/// One change: what was measured of it, what brought it to production, every event
#[utoipa::path(get, path = "/v1/journey", tag = "collected", params(ChangeParams, PeriodParams), responses(
    (status = 200, description = "The change, merged in the period or open", body = OneJourney),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 404, description = "There is none in this period", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn journey(State(app): State<App>, uri: Uri) -> Answered {
    filled(&uri)?;
    let own = Own::read(&uri, &["change", "repository"])?;
    let (change, repository) = (own.get("change"), own.get("repository"));
    if change.is_empty() {
        let what = "The address names no change: `?change=...`.".to_owned();
        return Err(Problem::wrong(what).into());
    }
    let asked = journey::whole(&app, &uri).await?;
    let measured = &asked.snapshot.measured;
    let Some(way) = Way::find(measured, change, repository) else {
        return Err(journey::not_there(&asked.question, change, repository).into());
    };
    let facts = facts::told(&app, measured, &way).await?;
    let trail = trail::found(&app.reader, &facts.things).await.map_err(Problem::bug)?;
    json(&Journey {
        schema: "journey/v1",
        change: &way.name,
        repository: way.repository,
        merged: way.row,
        open: way.open,
        deployments: facts.deployments,
        incidents: facts.incidents.iter().map(|(row, _)| *row).collect(),
        told: told(&app, trail),
    })
}

/// One incident: what is known of it, the changes that it is put down to, every event
#[utoipa::path(get, path = "/v1/incident", tag = "collected", params(
    ("key" = String, Query, description = "Its key, as `/v1/incidents` has it", min_length = 1, max_length = 256),
    PeriodParams,
), responses(
    (status = 200, description = "The incident, which began in the period", body = OneIncident),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 404, description = "There is none in this period", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn incident(State(app): State<App>, uri: Uri) -> Answered {
    filled(&uri)?;
    let own = Own::read(&uri, &["key"])?;
    let asked = journey::whole(&app, &uri).await?;
    let rows = &asked.snapshot.measured.incidents;
    let row = &rows[wanted(rows, own.get("key"))?];
    let thing = Thing::new(Kind::Incident, &row.key);
    let trail = trail::found(&app.reader, &[thing]).await.map_err(Problem::bug)?;
    json(&Incident { schema: "incident/v1", incident: row, told: told(&app, trail) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::StatusCode;
    use serde_json::Value;
    use utoipa::OpenApi as _;

    use crate::api::document::Api;
    use crate::page::sheet::address;
    use crate::question::Question;
    use crate::testing::{EVENTS, Site, sample};

    fn document(site: &Site, path: &str) -> Value {
        let answer = site.get(path);
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// The fields that the OpenAPI document has of a schema.
    fn described(name: &str) -> BTreeSet<String> {
        let document = serde_json::to_value(Api::openapi()).unwrap();
        let fields = &document["components"]["schemas"][name]["properties"];
        fields.as_object().unwrap().keys().cloned().collect()
    }

    fn fields(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn a_change_comes_with_its_events_in_lanes_and_they_are_those_of_the_ledger() {
        let site = Site::sample().with_trails();
        let sample = sample();
        let incident = sample.incidents.iter().find(|row| !row.changes.is_empty()).unwrap();
        let change = &incident.changes[0];
        let own = [("change", change.change.as_str()), ("repository", &change.repository)];
        let told = document(&site, &address("/v1/journey", &Question::default(), &own));
        assert_eq!(fields(&told), described("OneJourney"));
        let steps = told["events"].as_array().unwrap();
        let lanes: BTreeSet<&str> = steps.iter().map(|one| one["lane"].as_str().unwrap()).collect();
        for lane in ["request", "ci", "production", "incident"] {
            assert!(lanes.contains(lane), "{lane}: {lanes:?}");
        }
        for step in steps {
            assert_eq!(fields(step), described("LaneEvent"));
            let place = step["position"].as_i64().unwrap() as usize;
            assert_eq!(step["event"]["key"], EVENTS[place - 1].key);
            assert_eq!(document(&site, &format!("/v1/events/{place}"))["event"], step["event"]);
        }
        // Everything that has the request as its subject, and nothing of another one.
        let subject = format!("change:{}", change.change);
        let all = EVENTS.iter().filter(|event| event.subject == subject).count();
        let of_request = steps.iter().filter(|one| one["lane"] == "request");
        assert_eq!(of_request.count(), all);
        assert!(told["merged"].is_object() && told["open"].is_null());
        assert!(!told["deployments"].as_array().unwrap().is_empty());
        let keys = told["incidents"].as_array().unwrap().iter().map(|one| &one["key"]);
        assert!(keys.into_iter().any(|key| *key == incident.key.as_str()));
        assert!(!told.to_string().contains("\"dev0"), "nobody is named");
        let path = address("/v1/incident", &Question::default(), &[("key", &incident.key)]);
        let told = document(&site, &path);
        assert_eq!(fields(&told), described("OneIncident"));
        assert!(told["events"].as_array().unwrap().len() > 1);
    }

    #[test]
    fn what_is_not_there_is_not_found_and_what_is_not_said_is_asked_for() {
        let site = Site::sample();
        for (path, status) in [
            ("/v1/journey", StatusCode::BAD_REQUEST),
            ("/v1/journey?change=", StatusCode::BAD_REQUEST),
            ("/v1/journey?change=%231&days=x", StatusCode::BAD_REQUEST),
            ("/v1/journey?change=%00%ff", StatusCode::NOT_FOUND),
            ("/v1/journey?change=acme/none%239", StatusCode::NOT_FOUND),
            ("/v1/incident", StatusCode::BAD_REQUEST),
            ("/v1/incident?key=none", StatusCode::NOT_FOUND),
        ] {
            let answer = site.get(path);
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            let kind = &answer.headers[axum::http::header::CONTENT_TYPE];
            assert_eq!(kind, "application/problem+json", "{path}");
        }
    }
}
