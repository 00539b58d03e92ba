//! Where work waits.

use rmcp::ErrorData;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use tl_map::format;

use super::wrong;
use crate::board::Snapshot;
use crate::question::{DAYS, Question};

/// Which part of the organisation.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    /// Days up to now; 90 where it is left out.
    #[schemars(with = "Option<i64>")]
    days: Option<u32>,
    /// A team of the configuration.
    team: Option<String>,
    /// A deployed service.
    service: Option<String>,
    /// A repository, such as `acme/api`.
    repository: Option<String>,
}

/// The line, stage by stage.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Waits {
    /// First day.
    since: String,
    /// Last day.
    until: String,
    /// Changes merged in between.
    #[schemars(with = "i64")]
    changes: u64,
    /// Which wait to shorten first, in a sentence.
    first: String,
    /// Stages in the order of the line.
    stages: Vec<Stage>,
}

/// One stage of the line.
#[derive(Debug, Serialize, JsonSchema)]
struct Stage {
    /// Its name.
    stage: String,
    /// `work`, `wait` or `both`.
    kind: &'static str,
    /// Median, hours.
    median_hours: Option<f64>,
    /// 90th percentile, hours.
    p90_hours: Option<f64>,
    /// Share of all time, 0 to 1.
    share: Option<f64>,
    /// Changes in it now.
    #[schemars(with = "i64")]
    now: u64,
    /// The one that has been in it longest, and for how long.
    oldest: Option<String>,
}

impl Asked {
    pub(super) fn question(self) -> Result<Question, ErrorData> {
        let query = Question {
            team: self.team,
            service: self.service,
            repository: self.repository,
            ..Question::of_days(self.days.unwrap_or(DAYS))
        };
        // The limits of an address hold here too.
        Question::read(&query.query()).map_err(|err| wrong(err.to_string()))
    }
}

pub(super) fn waits(snapshot: &Snapshot) -> Waits {
    let report = &snapshot.measured.report;
    let stages = report.value_stream.stages.iter().map(|row| Stage {
        stage: row.label.clone(),
        kind: match row.kind {
            tl_map::journey::StageKind::Active => "work",
            tl_map::journey::StageKind::Queue => "wait",
            tl_map::journey::StageKind::Mixed => "both",
        },
        median_hours: row.p50.value,
        p90_hours: row.p90.value,
        share: row.share.value,
        now: row.wip,
        oldest: row
            .oldest
            .as_ref()
            .map(|open| format!("{}, {}", open.change, format::duration(open.hours))),
    });
    Waits {
        since: report.since.date(),
        until: report.until.date(),
        changes: report.value_stream.changes,
        first: report.invest_first.sentence.clone(),
        stages: stages.collect(),
    }
}
