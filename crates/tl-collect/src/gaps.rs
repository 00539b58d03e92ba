//! What could not be read or is not there, what that costs, and how to mend it.
//!
//! In: what reading a repository came to. Out: [`Gap`]s for the report and `throughline doctor`.
//! **Invariant:** each gap names a consequence and, where there is one, the one command that
//! mends it.

use tl_core::history::{EARLIEST, Gap, History, Tag};
use tl_core::time::Millis;
use tl_exec::git::{Delivered, Head, References, Repository, Walked};

/// The command that fetches the heads of pull requests from a forge like GitHub.
pub const FETCH_PULLS: &str = "git fetch origin '+refs/pull/*/head:refs/pull/*/head'";

/// The command that fetches the heads of merge requests from a forge like GitLab.
pub const FETCH_MERGE_REQUESTS: &str =
    "git fetch origin '+refs/merge-requests/*/head:refs/merge-requests/*/head'";

fn gap(id: &str, what: String, consequence: &str, mend: Option<String>) -> Gap {
    Gap { id: id.to_owned(), what, consequence: consequence.to_owned(), mend }
}

/// Gaps that the references and the kind of repository show.
pub fn of_references(
    repository: &Repository,
    refs: &References,
    head: Option<&Delivered>,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let Some(head) = head else {
        gaps.push(gap(
            "empty",
            "the repository has no commit".to_owned(),
            "there is nothing to measure yet",
            None,
        ));
        return gaps;
    };
    if let Head::Detached(commit) = &refs.head
        && head.reference == "HEAD"
    {
        gaps.push(gap(
            "detached-head",
            format!("HEAD is detached at {}, and no branch was named", commit.short()),
            "history is measured as seen from that commit",
            Some("throughline map --branch NAME".to_owned()),
        ));
    }
    if repository.is_shallow() {
        gaps.push(gap(
            "shallow",
            "this is a shallow clone: older commits are not here".to_owned(),
            "history starts where the clone was cut; earlier changes and releases are missing",
            Some("git fetch --unshallow".to_owned()),
        ));
    }
    if refs.requests.is_empty() {
        gaps.push(gap(
            "no-request-heads",
            "the repository holds no heads of pull or merge requests".to_owned(),
            "for squashed requests the first commit, the review wait and requests that were never \
             merged are unknown",
            Some(format!("{FETCH_PULLS}\n{FETCH_MERGE_REQUESTS}")),
        ));
    }
    if refs.tags.is_empty() {
        gaps.push(gap(
            "no-tags",
            "the repository has no tags".to_owned(),
            "releases, and the wait for them, are unknown",
            Some("git fetch --tags".to_owned()),
        ));
    }
    if let Some(first) = refs.broken.first() {
        gaps.push(gap(
            "broken-references",
            format!(
                "{} references cannot be read, first `{}`: {}",
                refs.broken.len(),
                first.name,
                first.reason
            ),
            "what only they lead to is left out",
            Some("git fsck".to_owned()),
        ));
    }
    gaps
}

/// Without a release for longer than this, the tags probably are no releases any more.
const SILENCE: Millis = Millis::days(365);

/// Gaps in what the tags say.
pub fn of_tags(history: &History) -> Vec<Gap> {
    let stable = |tag: &&Tag| tag.release.as_ref().is_some_and(|name| !name.prerelease);
    let newest = history.tags.iter().filter(stable).max_by_key(|tag| (tag.at, &tag.name));
    let tip = history.head.map(|head| history.commit(head).committed);
    match (newest, tip) {
        (Some(last), Some(tip)) if last.at + SILENCE < tip => vec![gap(
            "old-releases",
            format!("the last release, {}, is of {}", last.name, last.at.date()),
            "all that was merged since counts as waiting for a release",
            Some(
                "throughline config defaults   (`[map.releases]` says which tags are releases)"
                    .to_owned(),
            ),
        )],
        (None, Some(_)) if !history.tags.is_empty() => vec![gap(
            "no-releases",
            format!("none of the {} tags reads as a release", history.tags.len()),
            "releases, and the wait for them, are unknown",
            Some("git tag v1.0.0   (a tag that reads as a version is a release)".to_owned()),
        )],
        _ => Vec::new(),
    }
}

/// Gaps that the walk over the commits met.
pub fn of_walk(walked: &Walked) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if let Some(first) = walked.missing.first() {
        gaps.push(gap(
            "missing-commits",
            format!(
                "{} commits are named but not in the repository, first {first}",
                walked.missing.len()
            ),
            "what lies behind them is left out",
            Some("git fetch --refetch".to_owned()),
        ));
    }
    if let Some((first, why)) = walked.malformed.first() {
        gaps.push(gap(
            "unreadable-commits",
            format!("{} commits cannot be read, first {first}: {why}", walked.malformed.len()),
            "they and what only they lead to are left out",
            Some("git fsck --full".to_owned()),
        ));
    }
    gaps
}

/// Gaps in the differences that were asked for.
pub fn of_diffs(history: &History) -> Vec<Gap> {
    let unreadable: u64 = history.diffs.iter().map(|(_, diff)| u64::from(diff.unreadable)).sum();
    if unreadable == 0 {
        return Vec::new();
    }
    vec![gap(
        "missing-blobs",
        format!("the content of {unreadable} changed files is not in the repository"),
        "their lines are left out of batch size and rework",
        Some("git fetch --refetch --no-filter".to_owned()),
    )]
}

/// Commits of the default branch whose date cannot be right.
pub fn of_dates(history: &History) -> Vec<Gap> {
    let Some(head) = history.head else { return Vec::new() };
    let latest = history.commit(head).committed + Millis::WEEK;
    let odd = history.mainline().into_iter().filter(|ix| {
        let at = history.commit(*ix).committed;
        at < EARLIEST || at > latest
    });
    let odd: Vec<_> = odd.collect();
    let Some(first) = odd.first() else { return Vec::new() };
    vec![gap(
        "odd-dates",
        format!(
            "{} commits of the default branch are dated before 1980 or after its tip, \
             first {} ({})",
            odd.len(),
            history.commit(*first).id.short(),
            history.commit(*first).committed.date()
        ),
        "they are left out of the window and of every measure of time",
        None,
    )]
}

/// The notes reference leads nowhere.
pub fn notes_unreadable(why: &str) -> Gap {
    gap(
        "unreadable-notes",
        format!("line-level notes cannot be read: {why}"),
        "evidence of AI use rests on trailers, authors and branches alone",
        Some("git fetch origin '+refs/notes/ai:refs/notes/ai'".to_owned()),
    )
}

/// Some notes are not in a format that this program reads.
pub fn some_notes_unreadable(count: u64) -> Gap {
    gap(
        "unreadable-notes",
        format!("{count} line-level notes cannot be read"),
        "for their commits, evidence of AI use rests on trailers, authors and branches alone",
        None,
    )
}

/// Some Agent Trace records are not in a format that this program reads.
pub fn some_traces_unreadable(count: u64) -> Gap {
    gap(
        "unreadable-traces",
        format!("{count} Agent Trace records in `.agent-trace` cannot be read"),
        "for their commits, evidence of AI use rests on trailers, authors and branches alone",
        None,
    )
}

#[cfg(test)]
mod tests {
    use tl_testkit::repo::TestRepo;

    use super::*;
    use crate::history::{Diffs, Known, Wanted, collect};

    /// The gaps about tags in a repository with one commit of 2024, a tag, and one of `later`.
    fn shown(tag: &str, later: &str) -> Vec<String> {
        let repo = TestRepo::new();
        repo.commit("ana", "2024-01-01T09:00:00Z", &[("a", "1\n")], "one");
        repo.tag(tag);
        repo.commit("ana", later, &[("a", "2\n")], "two");
        let repository = Repository::open(repo.path()).unwrap();
        let wanted = Wanted { branch: None, diffs: Diffs::Never, patch_ids: false };
        let history =
            collect(&repository, &Known::default(), &wanted, &mut |_| {}).unwrap().history;
        of_tags(&history).into_iter().map(|gap| gap.id).collect()
    }

    #[test]
    fn tags_that_are_no_releases_or_no_more_are_named() {
        assert_eq!(shown("v1.0.0", "2024-06-01T09:00:00Z"), [""; 0]);
        assert_eq!(shown("v1.0.0", "2026-06-01T09:00:00Z"), ["old-releases"]);
        assert_eq!(shown("v1.0.0-rc.1", "2024-06-01T09:00:00Z"), ["no-releases"]);
        assert_eq!(shown("latest", "2024-06-01T09:00:00Z"), ["no-releases"]);
    }
}
