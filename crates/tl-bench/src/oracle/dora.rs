//! DevLake's DORA plugin: lead time of changes, previous deployments, deployments of incidents,
//! and pipelines that are deployments.
//!
//! In: tables of DevLake's own, told as events of the neutral vocabulary. Out: [`CASES`]; the lead
//! time is in `lead_time`. **Invariant:** which deployment came before, brought a change or caused
//! an incident is asked of `tl_map::deployment`, never decided here.

mod lead_time;

use std::collections::{BTreeMap, BTreeSet};

use tl_core::delivery::Delivery;
use tl_core::event::Event;
use tl_core::fact::{DeployState, IncidentState, Outcome, kind, role};
use tl_core::time::Timestamp;
use tl_map::collected::Collected;
use tl_map::deployment::{Deployment, Deployments};
use tl_map::options::Options;

use super::compare::{Case, Cell, Column, Compat, Row};
use super::source::{Expected, OracleError, Tables, folded, instant};
use super::words::{UNFINISHED, result};

const BEFORE: &str = "dora/e2e/prev_success_deployment_commit/cicd_deployment_commits_before.csv";
const AFTER: &str = "dora/e2e/connect_incident_to_deployment/prev_success_deployment_commit/cicd_deployment_commits_after.csv";
const MAPPING: &str = "dora/e2e/connect_incident_to_deployment/raw_tables/project_mapping.csv";
const GENERATOR: &str = "dora/e2e/deployment_generator";

const OF_SUCCESSES: Compat = Compat {
    name: "failed-deployments-have-a-previous-one",
    what: "DevLake looks for the deployment before a successful one only; we do for each, and \
           compare it for the successful ones",
};
const NO_LIMIT: Compat = Compat {
    name: "incident-within-a-day",
    what: "DevLake ties an incident to the last successful deployment before it, however long \
           before; we do within 24 hours (grade E), so that for incidents further off the last \
           successful deployment of our own list is taken",
};
const NO_START: Compat = Compat {
    name: "start-by-length",
    what: "the table of pipelines has an end and a length: DevLake's start is their difference, and \
           so it goes into the events",
};

/// The cases of this plugin.
pub(super) static CASES: &[Case] = &[
    lead_time::CASE,
    Case {
        name: "dora previous deployment",
        expected: "dora/e2e/prev_success_deployment_commit/cicd_deployment_commits_after.csv",
        only: None,
        key: |row| row.get("id").to_owned(),
        columns: &[
            Column::text("commit_sha"),
            Column::text("result"),
            Column::text("environment"),
            Column::time("started_date"),
            Column::time("finished_date"),
            Column::text("prev_success_deployment_commit_id").adjusted(|row| {
                let before = row.get("prev_success_deployment_commit_id").to_owned();
                Some(before).filter(|_| row.get("result") == "SUCCESS")
            }),
        ],
        left_out: &[
            ("id", "names the row"),
            ("cicd_deployment_id", "groups DevLake's rows"),
            ("cicd_scope_id", "with repo_url the service"),
            ("repo_url", "with cicd_scope_id the service"),
        ],
        compat: &[OF_SUCCESSES],
        ours: previous,
    },
    Case {
        name: "dora deployment of an incident",
        expected: "dora/e2e/connect_incident_to_deployment/snapshot_tables/project_incident_deployment_relationships.csv",
        only: None,
        key: |row| row.get("id").to_owned(),
        columns: &[Column::text("project_name"), Column::text("deployment_id")],
        left_out: &[("id", "names the row")],
        compat: &[NO_LIMIT],
        ours: of_incidents,
    },
    Case {
        name: "dora deployment of an issue that is an incident",
        expected: "dora/e2e/snapshot_tables/project_incident_deployment_relationships.csv",
        only: None,
        key: |row| row.get("id").to_owned(),
        columns: &[Column::text("project_name"), Column::text("deployment_id")],
        left_out: &[("id", "names the row")],
        compat: &[NO_LIMIT],
        ours: of_issues,
    },
    Case {
        name: "dora pipelines that are deployments",
        expected: "dora/e2e/deployment_generator/cicd_deployment_commits.csv",
        only: None,
        key: |row| row.get("cicd_deployment_id").to_owned(),
        columns: &[
            Column::text("commit_sha"),
            Column::text("repo_url"),
            Column::text("result").adjusted(|row| {
                Some(row.get("result").to_owned()).filter(|_| !row.get("finished_date").is_empty())
            }),
            Column::text("environment"),
            Column::time("started_date"),
            Column::time("finished_date"),
        ],
        left_out: &[
            ("id", "the pipeline with the repository's address"),
            ("cicd_deployment_id", "names the row"),
            ("cicd_scope_id", "the same in every row"),
        ],
        compat: &[UNFINISHED, NO_START],
        ours: generated,
    },
];

/// A row of deployments as events. `service` says what its deployments follow one another in;
/// `production` whether the product is to look at it.
fn deployed(
    row: &Expected,
    service: &str,
    commit: &str,
    production: bool,
) -> Result<Vec<Event>, OracleError> {
    let outcome = match row.get("result") {
        "SUCCESS" => Outcome::Success,
        "FAILURE" => Outcome::Failure,
        "SKIPPED" => Outcome::Skipped,
        _ => Outcome::Unknown,
    };
    let state = DeployState {
        name: row.get("cicd_deployment_id").to_owned(),
        outcome,
        production: Some(production),
        ..DeployState::default()
    };
    let mut events = Vec::new();
    let steps = [
        (kind::DEPLOY_QUEUED, "created_date"),
        (kind::DEPLOY_STARTED, "started_date"),
        (kind::DEPLOY_FINISHED, "finished_date"),
    ];
    for (kind, column) in steps {
        if row.get(column).is_empty() {
            continue;
        }
        let id = row.get("id");
        let key = format!("{id}/{kind}");
        let event = Event::new(kind, instant(row.get(column))?, "devlake", &key, "");
        events.push(
            event
                .about(role::DEPLOYMENT, id)
                .about(role::SERVICE, service)
                .about(role::REPOSITORY, row.get("repo_url"))
                .about(role::ENVIRONMENT, row.get("environment"))
                .about(role::COMMIT, commit)
                .with(&state),
        );
    }
    Ok(events)
}

/// The deployments of a service are what one scope deploys of one repository.
fn service(row: &Expected) -> String {
    format!("{}/{}", row.get("cicd_scope_id"), row.get("repo_url"))
}

/// The last instant that anything tells of.
const END: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// What the product makes of the deployments.
fn deployments(delivery: &Delivery) -> Deployments {
    let options = Options::at(END);
    let collected = Collected::new(delivery);
    Deployments::new(&collected, &[], &options.collected, options.failure_window(), END)
}

/// The id of the first record of a deployment.
fn key<'a>(delivery: &'a Delivery, deployment: &Deployment) -> &'a str {
    &first(delivery, deployment).key
}

fn first<'a>(delivery: &'a Delivery, deployment: &Deployment) -> &'a tl_core::delivery::Deployment {
    &delivery.deployments[deployment.records[0] as usize]
}

fn previous(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let mut events = Vec::new();
    for row in tables.read(BEFORE)? {
        events.extend(deployed(&row, &service(&row), row.get("commit_sha"), true)?);
    }
    let delivery = folded(&events);
    let found = deployments(&delivery).list;
    let row = |one: &Deployment| {
        let before = one.previous.map_or("", |before| key(&delivery, &found[before.index()]));
        Row::new(
            key(&delivery, one),
            [
                ("commit_sha", Cell::text(&*first(&delivery, one).commit)),
                ("result", result(one.outcome)),
                ("environment", Cell::text(&*one.environment)),
                ("started_date", started(&delivery, one)),
                ("finished_date", Cell::time(Some(one.finished))),
                ("prev_success_deployment_commit_id", Cell::text(before)),
            ],
        )
    };
    Ok(found.iter().map(row).collect())
}

fn started(delivery: &Delivery, one: &Deployment) -> Cell {
    Cell::time(first(delivery, one).started)
}

/// The projects of DevLake's mapping, by table and row.
fn projects(tables: &Tables) -> Result<BTreeMap<(String, String), String>, OracleError> {
    let named = |row: Expected| {
        let of = (row.get("table").to_owned(), row.get("row_id").to_owned());
        (of, row.get("project_name").to_owned())
    };
    Ok(tables.read(MAPPING)?.into_iter().map(named).collect())
}

fn of_incidents(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let file = "dora/e2e/connect_incident_to_deployment/raw_tables/incidents.csv";
    let of = |row: &Expected| (row.get("table").to_owned(), row.get("scope_id").to_owned());
    let incidents = tables.read(file)?;
    connected(tables, incidents.iter().map(|row| (row, of(row))))
}

fn of_issues(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let boards: BTreeMap<String, String> = tables
        .read("dora/e2e/raw_tables/board_issues.csv")?
        .iter()
        .map(|row| (row.get("issue_id").to_owned(), row.get("board_id").to_owned()))
        .collect();
    let issues = tables.read("dora/e2e/raw_tables/issues.csv")?;
    let of = |row: &Expected| {
        ("boards".to_owned(), boards.get(row.get("id")).cloned().unwrap_or_default())
    };
    let incidents = issues.iter().filter(|row| row.get("type") == "INCIDENT");
    connected(tables, incidents.map(|row| (row, of(row))))
}

/// Incidents, each with the project that its board or repository belongs to, and the deployment
/// that the product ties it to. A project is a service here.
fn connected<'a>(
    tables: &Tables,
    incidents: impl Iterator<Item = (&'a Expected, (String, String))>,
) -> Result<Vec<Row>, OracleError> {
    let projects = projects(tables)?;
    let mut events = Vec::new();
    for row in tables.read(AFTER)? {
        let of = ("cicd_scopes".to_owned(), row.get("cicd_scope_id").to_owned());
        if let Some(project) = projects.get(&of).filter(|_| row.get("environment") == "PRODUCTION")
        {
            events.extend(deployed(&row, project, row.get("commit_sha"), true)?);
        }
    }
    for (row, of) in incidents {
        let Some(project) = projects.get(&of) else { continue };
        let (id, at) = (row.get("id"), instant(row.get("created_date"))?);
        let event = Event::new(kind::INCIDENT_OPENED, at, "devlake", id, "");
        events.push(
            event
                .about(role::INCIDENT, id)
                .about(role::SERVICE, project)
                .with(&IncidentState::default()),
        );
    }
    let delivery = folded(&events);
    let found = deployments(&delivery).list;
    let mut rows = Vec::new();
    for (incident, told) in delivery.incidents.iter().enumerate() {
        let project = told.services.first().map_or("", String::as_str);
        let names = |one: &&Deployment| {
            one.failures.iter().any(|failure| failure.incident == Some(incident))
        };
        // The list is in the order of the ends.
        let last = || {
            found.iter().rev().find(|one| {
                one.is_success()
                    && *one.service == *project
                    && told.opened.is_some_and(|opened| one.finished <= opened)
            })
        };
        if let Some(one) = found.iter().find(names).or_else(last) {
            let name = &first(&delivery, one).name;
            rows.push(Row::new(
                &told.key,
                [("project_name", Cell::text(project)), ("deployment_id", Cell::text(name))],
            ));
        }
    }
    Ok(rows)
}

fn generated(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let read = |file: &str| tables.read(&format!("{GENERATOR}/{file}.csv"));
    // Pipelines with a job that is a deployment, and the environments of those jobs.
    let mut by_job: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for job in read("cicd_tasks")? {
        if job.get("type") == "DEPLOYMENT" && job.get("result") != "SKIPPED" {
            let environment = job.get("environment").to_owned();
            by_job.entry(job.get("pipeline_id").to_owned()).or_default().insert(environment);
        }
    }
    let mut commits: BTreeMap<String, Expected> = BTreeMap::new();
    for row in read("cicd_pipeline_commits")? {
        commits.insert(row.get("pipeline_id").to_owned(), row);
    }
    let mut events = Vec::new();
    for pipeline in read("cicd_pipelines")? {
        let jobs = by_job.get(pipeline.get("id"));
        let Some(commit) = commits.get(pipeline.get("id")) else { continue };
        if pipeline.get("type") != "DEPLOYMENT" && jobs.is_none() {
            continue;
        }
        let of_jobs = jobs.and_then(|jobs| jobs.iter().next_back());
        let environment = match pipeline.get("environment") {
            "" => of_jobs.cloned().unwrap_or_default(),
            environment => environment.to_owned(),
        };
        let mut row = pipeline;
        row.set("repo_url", commit.get("repo_url"));
        row.set("environment", &environment);
        let known = deployed(&row, "", commit.get("commit_sha"), true)?;
        if let (Some(begun), Some(first)) = (begun(&row)?, known.first()) {
            let key = format!("{}/begun", row.get("id"));
            let started = Event::new(kind::DEPLOY_STARTED, begun, "devlake", &key, "");
            events.push(Event { refs: first.refs.clone(), ..started });
        }
        events.extend(known);
    }
    let row = |one: &tl_core::delivery::Deployment| {
        Row::new(
            &one.key,
            [
                ("commit_sha", Cell::text(&one.commit)),
                ("repo_url", Cell::text(&one.repository)),
                ("result", result(one.outcome)),
                ("environment", Cell::text(&one.environment)),
                ("started_date", Cell::time(one.started)),
                ("finished_date", Cell::time(one.finished)),
            ],
        )
    };
    let found = folded(&events);
    // What was skipped deployed nothing: `tl_map::deployment` leaves it out as well.
    let happened = found.deployments.iter().filter(|one| one.outcome != Outcome::Skipped);
    Ok(happened.map(row).collect())
}

/// When a pipeline began: its end less its length.
fn begun(pipeline: &Expected) -> Result<Option<Timestamp>, OracleError> {
    let end = pipeline.get("finished_date");
    if end.is_empty() {
        return Ok(None);
    }
    let seconds: i64 = pipeline.get("duration_sec").parse().unwrap_or_default();
    Ok(Some(Timestamp::from_millis(instant(end)?.as_millis() - seconds * 1000)))
}
