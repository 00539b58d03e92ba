//! The last incidents here.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::board::Snapshot;

/// Incidents that are told where it is not said how many.
const FEW: usize = 5;
/// Incidents that are told at most.
const MOST: usize = 50;

/// Changes of an incident that are told.
const CHANGES: usize = 20;

/// Which incidents.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    /// A deployed service; all where it is left out.
    service: Option<String>,
    /// How many; 5 where it is left out, 50 at most.
    #[schemars(with = "Option<i64>")]
    limit: Option<usize>,
}

/// The last ones.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Incidents {
    /// How many there were in the last 365 days.
    #[schemars(with = "i64")]
    all: usize,
    /// The newest first.
    incidents: Vec<Incident>,
}

/// One incident.
#[derive(Debug, Serialize, JsonSchema)]
struct Incident {
    /// As the pager calls it.
    key: String,
    /// Its title, as somebody wrote it.
    title: String,
    /// Services that it names.
    services: Vec<String>,
    /// When it was opened.
    opened: String,
    /// Hours until it was resolved; nothing while it is open.
    hours: Option<f64>,
    /// Deployments that may have caused it, each with its grade, A (certain) to E (weak), and why.
    causes: Vec<String>,
    /// Changes that may have caused it, each with its grade, the surest first; 20 at most.
    changes: Vec<String>,
}

pub(super) fn incidents(snapshot: &Snapshot, asked: &Asked) -> Incidents {
    let is_of = |services: &[String]| {
        asked
            .service
            .as_ref()
            .is_none_or(|name| services.iter().any(|service| service.eq_ignore_ascii_case(name)))
    };
    let found: Vec<_> =
        snapshot.measured.incidents.iter().filter(|row| is_of(&row.services)).collect();
    let told = found.iter().take(asked.limit.unwrap_or(FEW).min(MOST)).map(|row| Incident {
        key: row.key.clone(),
        title: row.title.clone(),
        services: row.services.clone(),
        opened: row.opened.to_string(),
        hours: row.to_resolve_ms.map(tl_core::time::Millis::hours),
        causes: row
            .causes
            .iter()
            .map(|cause| {
                format!("{}: {} ({}), {}", cause.grade, cause.what, cause.service, cause.why)
            })
            .collect(),
        changes: row
            .changes
            .iter()
            .take(CHANGES)
            .map(|one| format!("{}: {}", one.grade, one.change))
            .collect(),
    });
    Incidents { all: found.len(), incidents: told.collect() }
}
