//! What is asked of the ledger for one change: its request and its ticket, and the names of everything
//! else whose events concern it.
//!
//! In: the ledger's rows of these two things, by their keys, and the rows of a snapshot. Out: [`Facts`].
//! Start at [`told`]; [`things`] is pure. **Invariants:** two rows are read, however large the
//! ledger is; an address is only a link where it is one of the web.

use tl_core::delivery::Request;
use tl_ledger::rows::RowKey;
use tl_map::deployment_row::{DeploymentRow, IncidentRow};
use tl_map::fold::{Entity, Table as Kind};
use url::Url;

use super::way::Way;
use crate::app::App;
use crate::measured::Measured;
use crate::page::Problem;
use crate::things::Things;
use crate::trail::{Thing, is_id};

/// Commits of a request whose builds are looked for: the newest of them.
const COMMITS: usize = 100;

/// See the module.
#[derive(Default)]
pub(crate) struct Facts<'m> {
    /// Title of the request.
    pub(crate) title: Option<String>,
    /// Its page on the forge.
    pub(crate) url: Option<String>,
    /// The page of its ticket.
    pub(crate) ticket_url: Option<String>,
    /// Deployments that brought it to production, the newest first.
    pub(crate) deployments: Vec<&'m DeploymentRow>,
    /// Incidents that it is blamed for, each with the grade, the newest first.
    pub(crate) incidents: Vec<(&'m IncidentRow, &'m str)>,
    /// What its events concern, the most telling first.
    pub(crate) things: Vec<Thing>,
}

/// What is known of a change, and by which names its events are found.
pub(crate) async fn told<'m>(
    app: &App,
    measured: &'m Measured,
    way: &Way<'_>,
) -> Result<Facts<'m>, Problem> {
    let mut facts = Facts {
        deployments: carried(measured, &way.name),
        incidents: blamed(measured, &way.name),
        ..Facts::default()
    };
    let forge = measured.forge_names.get(way.repository).map_or(way.repository, String::as_str);
    let key = request_key(forge, way);
    let mut request = None;
    if let Some(key) = &key
        && let Some(Entity::Request(found)) = read(app, Kind::Request, key).await?
    {
        if let Some((_, state)) = &found.state {
            facts.title = Some(state.title.clone());
            facts.url = web(&state.url);
        }
        request = Some(found);
    }
    if let Some(key) = way.row.and_then(|row| row.ticket.as_ref())
        && let Some(Entity::Ticket(ticket)) = read(app, Kind::Ticket, key).await?
    {
        facts.ticket_url = ticket.state.as_ref().and_then(|(_, state)| web(&state.url));
    }
    facts.things = things(&facts, way, forge, key, request.as_deref());
    Ok(facts)
}

/// Deployments that brought a change to production.
fn carried<'m>(measured: &'m Measured, change: &str) -> Vec<&'m DeploymentRow> {
    let brought = |row: &&DeploymentRow| row.brought.iter().any(|one| one == change);
    measured.deployments.iter().filter(brought).collect()
}

/// Incidents that a change is blamed for, with the grade.
fn blamed<'m>(measured: &'m Measured, change: &str) -> Vec<(&'m IncidentRow, &'m str)> {
    let of = |row: &'m IncidentRow| {
        let found = row.changes.iter().find(|one| one.change == change)?;
        Some((row, found.grade.as_str()))
    };
    measured.incidents.iter().filter_map(of).collect()
}

/// The key of the request, as its forge names it.
fn request_key(forge: &str, way: &Way<'_>) -> Option<String> {
    let (_, number) = way.name.rsplit_once('#')?;
    Some(format!("{forge}#{number}"))
}

/// What the events of a change concern, the most telling first.
fn things(
    facts: &Facts<'_>,
    way: &Way<'_>,
    forge: &str,
    key: Option<String>,
    request: Option<&Request>,
) -> Vec<Thing> {
    let mut all: Vec<Thing> = Vec::new();
    let commit = |id: &str| is_id(id).then(|| Thing::new(Kind::Builds, id));
    let commits: Vec<Thing> = match request {
        Some(request) => {
            let merged = request.merged.iter().map(|merge| merge.commit.as_str());
            let heads = request.pushes.iter().rev().map(|(_, head)| head.as_str());
            let made = request.commits.iter().rev().map(|made| made.id.as_str());
            merged.chain(heads).chain(made).filter_map(commit).take(COMMITS).collect()
        }
        // A change without a request is called by the beginning of its commit.
        None if key.is_none() => {
            let name = way.name.rsplit_once('@').map_or(way.name.as_str(), |(_, name)| name);
            commit(name).into_iter().collect()
        }
        None => Vec::new(),
    };
    all.extend(key.map(|key| Thing::new(Kind::Request, key)));
    if let Some(row) = way.row {
        all.extend(row.ticket.iter().map(|key| Thing::new(Kind::Ticket, key)));
        let release = row.release.iter().map(|tag| format!("{forge}@{tag}"));
        all.extend(release.map(|key| Thing::new(Kind::Release, key)));
    }
    for deployment in &facts.deployments {
        all.extend(deployment.keys.iter().map(|key| Thing::new(Kind::Deployment, key)));
    }
    all.extend(facts.incidents.iter().map(|(row, _)| Thing::new(Kind::Incident, &row.key)));
    for thing in commits {
        if !all.contains(&thing) {
            all.push(thing);
        }
    }
    all
}

async fn read(app: &App, kind: Kind, key: &str) -> Result<Option<Entity>, Problem> {
    let key = RowKey { table: kind.number(), key: key.to_owned() };
    let row = app.reader.row::<Things>(&key).await.map_err(Problem::bug)?;
    row.map(|row| Entity::decode(kind, &row)).transpose().map_err(Problem::bug)
}

/// An address that a browser may be sent to.
pub(crate) fn web(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::Merge;
    use tl_core::time::Timestamp;

    use super::*;
    use crate::testing::sample;

    #[test]
    fn only_an_address_of_the_web_becomes_a_link() {
        assert_eq!(web("javascript:alert(1)"), None);
        assert_eq!(web("data:text/html,x"), None);
        assert_eq!(web("not one"), None);
        assert_eq!(web("https://a.example/1").as_deref(), Some("https://a.example/1"));
    }

    #[test]
    fn of_very_many_commits_the_newest_are_looked_for_and_what_is_no_id_is_not() {
        let at = Timestamp::from_seconds;
        let request = Request {
            pushes: (0..5_000).map(|n| (at(n), format!("{n:040x}"))).collect(),
            merged: Some(Merge { commit: "f".repeat(40), ..Merge::default() }),
            ..Request::default()
        };
        let sample = sample();
        let row = sample.journeys.iter().find(|row| row.change.contains('#')).unwrap();
        let way = Way::find(&sample, &row.change, &row.repository).unwrap();
        let key = Some("acme/api#12".to_owned());
        let found = things(&Facts::default(), &way, "acme/api", key.clone(), Some(&request));
        assert_eq!(found[0], Thing::new(Kind::Request, "acme/api#12"));
        let commits: Vec<_> = found.iter().filter(|one| one.table == Kind::Builds).collect();
        assert_eq!(commits.len(), COMMITS);
        assert_eq!(commits[0].key, "f".repeat(40));
        assert_eq!(commits[1].key, format!("{:040x}", 4_999));
        let odd = Request {
            pushes: ["", "abc", "zzzzzzzzzzzz"].map(|id| (at(0), id.to_owned())).into(),
            ..Request::default()
        };
        let found = things(&Facts::default(), &way, "acme/api", key, Some(&odd));
        assert!(found.iter().all(|one| one.table != Kind::Builds), "{found:?}");
    }
}
