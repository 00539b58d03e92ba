//! Tests on repositories that the `git` program wrote.

mod branches;
mod commits;
mod differences;
mod opening;
mod uncommitted;
mod versions;

use tl_core::id::CommitId;
use tl_testkit::repo::TestRepo;

use super::{Head, References, Repository};

/// Noon of a day in March 2026, UTC.
fn day(day: u32) -> String {
    format!("2026-03-{day:02}T12:00:00Z")
}

fn open(repo: &TestRepo) -> Repository {
    Repository::open(repo.path()).unwrap()
}

fn id(hex: &str) -> CommitId {
    hex.parse().unwrap()
}

/// A repository of one file that changes on each of the first `days` of March.
fn daily(days: u32) -> TestRepo {
    let repo = TestRepo::new();
    for number in 1..=days {
        let content = format!("line {number}\n");
        repo.commit("ana", &day(number), &[("file.txt", &content)], &format!("Day {number}"));
    }
    repo
}

/// Titles of the commits that a walk from `tips` visits, sorted.
fn titles(repo: &Repository, tips: &[CommitId]) -> Vec<String> {
    let mut titles = Vec::new();
    repo.walk(tips, &|_| false, &mut |commit| titles.push(commit.message.to_string()));
    titles.iter_mut().for_each(|title| title.truncate(title.trim_end().len()));
    titles.sort();
    titles
}
