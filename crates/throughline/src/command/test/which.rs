//! Which run it is that reports tell of: its commit, job, shard and attempt.
//!
//! In: flags, the variables of a workflow, what the reports say themselves, git. Out: [`Which`].
//! **Invariant:** results are recorded of a commit that somebody named, or that git knows.

use std::path::Path;

use tl_core::id::CommitId;
use tl_core::time::Timestamp;
use tl_exec::git::{BranchSource, DefaultBranch, Head, Repository};
use tl_test::outage::Here;
use tl_test::read::Ending;
use tl_test::record::{AtRun, History};

use super::evidence::EvidenceArgs;
use crate::config::env::{
    GITHUB_JOB, GITHUB_REF, GITHUB_REPOSITORY, GITHUB_RUN_ATTEMPT, GITHUB_RUN_ID,
};
use crate::context::Globals;
use crate::error::CommandError;

/// The start of 2000: what claims to be older was written by a machine without a clock.
const OLDEST: Timestamp = Timestamp::from_seconds(946_684_800);

/// What tells a run from others of its commit.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "History")]
pub(super) struct WhichArgs {
    /// The job, as history and comments name it [default: `$GITHUB_JOB`, else `tests`]
    #[arg(long, value_name = "NAME")]
    pub(super) job: Option<String>,
    /// The shard of the job, such as `2/4`
    #[arg(long, value_name = "I/N", default_value = "", hide_default_value = true)]
    pub(super) shard: String,
    /// Which attempt of the pipeline it is, from 1 [default: `$GITHUB_RUN_ATTEMPT`, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    attempt: Option<u32>,
    /// When it ran [default: what the reports say, else now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
    /// The request under test, such as `acme/api#12`, or any name for a branch that is not merged: what
    /// it breaks is no regression [default: that of a GitHub workflow]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(super) change: String,
    /// Only a part of the tests was chosen to run: that others are missing says nothing
    #[arg(long)]
    pub(super) selected: bool,
    /// Record nothing
    #[arg(long)]
    pub(super) no_record: bool,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|err| err.to_string())
}

/// A run.
#[derive(Debug, Clone)]
pub(super) struct Which {
    /// Full id of the commit that was tested.
    pub(super) commit: String,
    pub(super) job: String,
    pub(super) shard: String,
    pub(super) attempt: u32,
    pub(super) at: Timestamp,
    pub(super) selected: bool,
    /// The request under test; empty where there is none.
    pub(super) change: String,
    /// Whether the commit is known to be in no default branch.
    pub(super) unmerged: bool,
    /// The run of a pipeline, such as `acme/api#991`; empty where there is none.
    pub(super) build: String,
}

impl WhichArgs {
    /// The job's name.
    pub(super) fn job(&self, globals: &Globals) -> String {
        let job = self.job.clone().or_else(|| globals.variables.text(GITHUB_JOB));
        job.unwrap_or_else(|| "tests".to_owned())
    }

    fn change(&self, globals: &Globals, repository: &str) -> String {
        if !self.change.is_empty() {
            return self.change.clone();
        }
        let reference = globals.variables.text(GITHUB_REF);
        let number = reference.and_then(|reference| request(&reference));
        number.map(|number| format!("{repository}#{number}")).unwrap_or_default()
    }

    /// The run; `None` where nobody knows its commit.
    pub(super) fn run(
        &self,
        globals: &Globals,
        commit: Option<&str>,
        reports: &[(String, Ending)],
        now: Timestamp,
    ) -> Result<Option<Which>, CommandError> {
        let repository = Repository::open(Path::new(".")).ok();
        let Some(commit) = commit_of(repository.as_ref(), commit, reports)? else {
            return Ok(None);
        };
        let reference = globals.variables.text(GITHUB_REF);
        let unmerged = repository
            .as_ref()
            .is_some_and(|repository| is_unmerged(repository, &commit, reference.as_deref()));
        let attempt = globals.variables.text(GITHUB_RUN_ATTEMPT);
        let attempt = attempt.and_then(|text| text.parse().ok()).filter(|attempt| *attempt > 0);
        let first = reports.iter().filter_map(|(_, ending)| ending.first).min();
        // A report may be of a machine whose clock is ahead, or that has none.
        let is_real = |at: &Timestamp| (OLDEST..=now).contains(at);
        let at = self.at.or(first.filter(is_real)).unwrap_or(now);
        let run = globals.variables.text(GITHUB_RUN_ID);
        let name = globals.variables.text(GITHUB_REPOSITORY).unwrap_or_default();
        Ok(Some(Which {
            commit,
            job: self.job(globals),
            shard: self.shard.clone(),
            attempt: self.attempt.or(attempt).unwrap_or(1),
            at,
            selected: self.selected,
            change: self.change(globals, &name),
            unmerged,
            build: run.map(|run| format!("{name}#{run}")).unwrap_or_default(),
        }))
    }

    /// What history knows of the tests of this run; `None` where nobody knows which it is.
    pub(super) fn at_run<'a>(
        &self,
        globals: &Globals,
        evidence: &EvidenceArgs,
        reports: &[(String, Ending)],
        history: &'a History,
        now: Timestamp,
    ) -> Option<AtRun<'a>> {
        let run = self.run(globals, evidence.commit.as_deref(), reports, now).ok()??;
        let parts = [evidence.variant.as_str(), &run.job, &run.shard];
        let here = Here::new(parts, &run.change, run.unmerged, &run.commit, run.at);
        Some(AtRun { history, here })
    }
}

/// The request of `refs/pull/7/merge`.
pub(super) fn request(reference: &str) -> Option<u64> {
    reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
}

/// Whether a commit is in no default branch yet, as far as git can tell: on a branch with another
/// name, or in a queue of merges. Where it cannot, the commit counts as merged.
fn is_unmerged(repository: &Repository, commit: &str, reference: Option<&str>) -> bool {
    let branch = reference.and_then(|reference| reference.strip_prefix("refs/heads/"));
    if branch.is_some_and(|branch| branch.starts_with("gh-readonly-queue/")) {
        return true;
    }
    let Ok(references) = repository.references() else { return false };
    let Ok(DefaultBranch::Found(default)) = repository.default_branch(&references, None) else {
        return false;
    };
    // Any other source is a guess from what is checked out.
    if !matches!(default.source, BranchSource::OriginHead | BranchSource::Custom) {
        return false;
    }
    let here = match &references.head {
        Head::Branch { name } => name.strip_prefix("refs/heads/"),
        Head::Detached(_) | Head::Unreadable { .. } => None,
    };
    if branch.or(here) == Some(default.name.as_str()) {
        return false;
    }
    let Ok(commit) = repository.commit_of(commit) else { return false };
    let local = format!("refs/heads/{}", default.name);
    let local = references.branches.iter().filter(|branch| branch.name == local);
    let remote = references.remote_branches.iter().filter(|known| known.branch == default.name);
    let mut tips = local.map(|known| known.commit).chain(remote.map(|known| known.commit));
    // Beyond a shallow clone's reach it may have been merged.
    let may_hold = |tip: CommitId| match repository.merge_base(&commit, &tip) {
        Ok(Some(common)) => common == commit,
        Ok(None) | Err(_) => repository.is_shallow(),
    };
    !tips.any(may_hold)
}

/// The commit that was named, else the one that the reports name, else the one that is checked out.
fn commit_of(
    repository: Option<&Repository>,
    named: Option<&str>,
    reports: &[(String, Ending)],
) -> Result<Option<String>, CommandError> {
    let said = reports.iter().find_map(|(_, ending)| ending.commit.as_deref());
    let Some(name) = named.or(said) else {
        let head = repository.and_then(|repository| repository.commit_of("HEAD").ok());
        return Ok(head.map(|commit| commit.to_string()));
    };
    let known = repository.and_then(|repository| repository.commit_of(name).ok());
    if let Some(commit) = known {
        return Ok(Some(commit.to_string()));
    }
    // Results may be of a repository that is not here: then all of its id is needed.
    let is_whole = matches!(name.len(), 40 | 64) && name.bytes().all(|b| b.is_ascii_hexdigit());
    if is_whole {
        return Ok(Some(name.to_ascii_lowercase()));
    }
    match named {
        None => Ok(None),
        Some(_) => Err(CommandError::usage(format!("there is no commit `{name}` here"))
            .hint("give its whole id, or run in its repository")),
    }
}

#[cfg(test)]
mod tests {
    use super::request;

    #[test]
    fn a_request_has_a_number_and_a_branch_has_none() {
        assert_eq!(request("refs/pull/7/merge"), Some(7));
        assert_eq!(request("refs/heads/main"), None);
        assert_eq!(request("refs/pull/../merge"), None);
    }
}
