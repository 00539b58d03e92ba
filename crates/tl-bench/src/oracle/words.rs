//! DevLake's words for what we know, and the differences that several cases share.

use tl_core::delivery::{Build, Request};
use tl_core::fact::Outcome;
use tl_core::time::{Millis, Timestamp};

use super::compare::{Cell, Compat};
use super::source::Expected;

/// Spans are whole minutes, rounded down.
pub(super) const MINUTES_DOWN: Compat = Compat {
    name: "minutes-rounded-down",
    what: "lead time of an issue: DevLake cuts to whole minutes, we keep milliseconds",
};

/// Only what landed has a commit.
pub(super) const UNMERGED_COMMIT: Compat = Compat {
    name: "unmerged-has-no-commit",
    what: "DevLake keeps the forge's trial merge of a request that was never merged, or its head; \
           we know a merge commit of merged requests only, and compare it there",
};

/// A merge is the end of a request.
pub(super) const MERGE_CLOSES: Compat = Compat {
    name: "merge-closes",
    what: "DevLake gives a merged request of GitHub a closing date, which may be a second after \
           the merge; with us it is merged, not closed: compared where it is not merged",
};

/// What has not ended has no end.
pub(super) const UNFINISHED: Compat = Compat {
    name: "unfinished-has-no-end",
    what: "DevLake takes the record's last update for the end, whatever its status; we have no \
           end, and no start of what still waits, and compare both where there is one",
};

/// Whole seconds.
pub(super) const WHOLE_SECONDS: Compat = Compat {
    name: "whole-seconds",
    what: "of GitLab, and of what changes in Jira, we keep whole seconds, because their webhooks \
           tell no more and one fact must be one however it comes; DevLake keeps milliseconds",
};

/// `SUCCESS`, `FAILURE` or nothing.
pub(super) fn result(outcome: Outcome) -> Cell {
    Cell::text(match outcome {
        Outcome::Success => "SUCCESS",
        Outcome::Failure | Outcome::Cancelled | Outcome::TimedOut => "FAILURE",
        Outcome::Skipped | Outcome::Unknown => "",
    })
}

/// `DONE` or `IN_PROGRESS`.
pub(super) fn status(is_done: bool) -> Cell {
    Cell::text(if is_done { "DONE" } else { "IN_PROGRESS" })
}

/// `MERGED`, `CLOSED` or `OPEN`.
pub(super) fn request_status(request: &Request) -> Cell {
    Cell::text(if request.merged.is_some() {
        "MERGED"
    } else if request.closed.is_empty() {
        "OPEN"
    } else {
        "CLOSED"
    })
}

/// The commit of a request that was merged.
pub(super) fn merge_commit(row: &Expected) -> Option<String> {
    (!row.get("merged_date").is_empty()).then(|| row.get("merge_commit_sha").to_owned())
}

/// Whole minutes from `start` to `end`, rounded down.
pub(super) fn minutes(start: Option<Timestamp>, end: Option<Timestamp>) -> Cell {
    let whole = |span: Millis| span.get().div_euclid(60_000) as f64;
    Cell::number(start.zip(end).map(|(start, end)| whole(end - start)))
}

/// `1` or `0`.
pub(super) fn flag(is: bool) -> Cell {
    Cell::text(if is { "1" } else { "0" })
}

/// The name of a job, without the pipeline before it.
pub(super) fn job_name<'a>(build: &'a Build, pipeline: &str) -> &'a str {
    let job = build.name.strip_prefix(pipeline).and_then(|rest| rest.strip_prefix('/'));
    job.unwrap_or(&build.name)
}
