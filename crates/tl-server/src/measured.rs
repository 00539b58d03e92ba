//! What the driver measures for the server: a report, and every change behind it as rows.
//!
//! In: made by the binary, which reads repositories and ledger. Out: [`Measured`], from which pages and
//! calls are answered without reading anything again.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tl_map::deployment_row::{DeploymentRow, IncidentRow};
use tl_map::explain::Explanation;
use tl_map::journey_row::JourneyRow;
use tl_map::network::asked::Simulator;
use tl_map::open_row::OpenRow;
use tl_map::path_row::PathRow;
use tl_map::report::Report;
use tl_map::weeks::Weeks;

use crate::question::Question;

/// An answer to a [`Question`], whole.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The report (`map/v1`).
    pub report: Report,
    /// A row for every change merged in the period, oldest first in each repository.
    pub journeys: Vec<JourneyRow>,
    /// A row for every open request, the longest wait first.
    pub open: Vec<OpenRow>,
    /// The line, to be asked what it might be; `None` where its simulation does not hold.
    #[serde(skip)]
    pub simulator: Option<Arc<Simulator>>,
    /// This week against last.
    pub weeks: Weeks,
    /// A row for every deployment to production in the period, the newest first.
    pub deployments: Vec<DeploymentRow>,
    /// A row for every incident that began in the period, the newest first.
    pub incidents: Vec<IncidentRow>,
    /// A row for every path that a change of the period touched.
    pub paths: Vec<PathRow>,
    /// Every measure in words, and the changes behind its figures.
    pub explained: Vec<Explanation>,
    /// What can be chosen in filters.
    pub choices: Choices,
    /// What forges call the repositories, by their names for people, where the two differ.
    pub forge_names: BTreeMap<String, String>,
    /// What the reader should know of how it was measured.
    pub notes: Vec<String>,
}

/// What can be chosen in filters, whatever was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Choices {
    /// Teams of the configuration.
    pub teams: Vec<String>,
    /// Services that something was deployed of.
    pub services: Vec<String>,
    /// Repositories by their names for people.
    pub repositories: Vec<String>,
}

/// Measures; or says in a few sentences why it could not. Runs on a thread of its own, one question at a
/// time.
pub type Measure = Box<dyn FnMut(&Question) -> Result<Measured, String> + Send>;
