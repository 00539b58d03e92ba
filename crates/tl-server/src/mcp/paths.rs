//! Risk and owners of paths.

use rmcp::ErrorData;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::wrong;
use crate::board::Snapshot;

/// Paths of one call.
const MOST: usize = 200;
/// Files told under a directory.
const FILES: usize = 10;

/// Which paths.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Files or directories below the root of the repository, with `/`; 200 at most.
    paths: Vec<String>,
    /// The repository, such as `acme/api`, where there are several.
    #[serde(default)]
    repository: Option<String>,
}

/// What is known of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Risks {
    /// Days looked at.
    #[schemars(with = "i64")]
    days: u32,
    /// Share of all changes of that time that failed, 0 to 1, to hold it against.
    failed_of_all: Option<f64>,
    /// In the order asked.
    paths: Vec<Risk>,
}

/// What is known of a path.
#[derive(Debug, Serialize, JsonSchema)]
struct Risk {
    /// As it was asked.
    path: String,
    /// Changes that touched it, or a file below it. A change counts once for each file.
    #[schemars(with = "i64")]
    changes: u64,
    /// Of those, the ones that are old enough to tell whether they failed.
    #[schemars(with = "i64")]
    judged: u64,
    /// Of those, the ones that failed: reverted, hot-fixed, rolled back, or the cause of an incident.
    #[schemars(with = "i64")]
    failed: u64,
    /// Day of the last one.
    last: Option<String>,
    /// Teams that own it.
    owners: Vec<String>,
    /// Below a directory: the files that failed most.
    worst: Vec<String>,
}

pub(super) fn risks(snapshot: &Snapshot, asked: &Asked) -> Result<Risks, ErrorData> {
    if asked.paths.is_empty() || asked.paths.len() > MOST {
        return Err(wrong(format!("name 1 to {MOST} paths")));
    }
    let measured = &snapshot.measured;
    Ok(Risks {
        days: 365,
        failed_of_all: measured.report.failures.strict.value,
        paths: asked.paths.iter().map(|path| risk(snapshot, asked, path)).collect(),
    })
}

fn risk(snapshot: &Snapshot, asked: &Asked, path: &str) -> Risk {
    let wanted = path.trim_start_matches("./").trim_matches('/');
    let below = |known: &str| {
        wanted.is_empty()
            || known
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_there = |repository: &str| {
        asked.repository.as_ref().is_none_or(|name| {
            repository.eq_ignore_ascii_case(name)
                || repository.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
        })
    };
    let rows = snapshot.measured.paths.iter();
    let found: Vec<_> = rows.filter(|row| is_there(&row.repository) && below(&row.path)).collect();
    let mut owners: Vec<String> = found.iter().filter_map(|row| row.team.clone()).collect();
    owners.sort();
    owners.dedup();
    let mut worst: Vec<_> =
        found.iter().filter(|row| row.failed > 0 && row.path != wanted).collect();
    worst.sort_by_key(|row| (std::cmp::Reverse(row.failed), &row.path));
    Risk {
        path: path.to_owned(),
        changes: found.iter().map(|row| row.changes).sum(),
        judged: found.iter().map(|row| row.judged).sum(),
        failed: found.iter().map(|row| row.failed).sum(),
        last: found.iter().map(|row| row.last).max().map(|at| at.date()),
        owners,
        worst: worst
            .into_iter()
            .take(FILES)
            .map(|row| format!("{}: {} of {} failed", row.path, row.failed, row.judged))
            .collect(),
    }
}
