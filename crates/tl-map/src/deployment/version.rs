//! Versions: the commit of a deployment that knows only a version.
//!
//! In: the tags of the repositories and the releases that were collected. Out: [`Versions`]. Start
//! at [`Versions::find`]. **Invariant:** what may be two commits is none: a deployment without a
//! commit is a gap, one with a wrong commit gives every change before it a wrong end.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::delivery::Release;
use tl_core::history::History;
use tl_core::id::{CommitId, CommitIx};
use tl_core::time::{Millis, Timestamp};

use crate::dataset::Repository;

/// How far the clock of a committer may be ahead of that of a deployment.
const CLOCKS: Millis = Millis::HOUR;

/// Tags and releases by the versions that they name.
#[derive(Debug, Default)]
pub(crate) struct Versions<'a> {
    /// Of each repository, by its row.
    named: Vec<Named<'a>>,
}

/// Tags and releases of one repository.
#[derive(Debug)]
struct Named<'a> {
    history: &'a History,
    /// By the whole name.
    by_name: FxHashMap<&'a str, Found>,
    /// Packages and commits by the version in the name, without the package and a `v`.
    by_version: FxHashMap<&'a str, Vec<(&'a str, CommitIx)>>,
}

/// What a name or version stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    One(CommitIx),
    /// Of different commits: nobody knows which is meant.
    Several,
}

impl<'a> Versions<'a> {
    /// Reads every tag of the repositories, and every release whose commit they have, that was
    /// there at `until`.
    pub(crate) fn new(
        repositories: &'a [Repository<'a>],
        releases: &'a [Release],
        until: Timestamp,
    ) -> Self {
        let mut of: FxHashMap<&str, Vec<(&'a Release, CommitId)>> = FxHashMap::default();
        for release in releases.iter().filter(|release| release.at <= until) {
            if let Ok(id) = release.commit.parse() {
                of.entry(&release.repository).or_default().push((release, id));
            }
        }
        let named = repositories.par_iter().map(|repository| {
            let history: &History = &repository.history;
            let name = history.repository.as_str();
            let (by_name, by_version) = (FxHashMap::default(), FxHashMap::default());
            let mut named = Named { history, by_name, by_version };
            for tag in history.tags.iter().filter(|tag| tag.at <= until) {
                let package = tag.release.as_ref().and_then(|name| name.package.as_deref());
                named.add(&tag.name, package, tag.commit);
            }
            let releases = of.get(name).filter(|_| !name.is_empty());
            named.add_releases(history, releases.map_or(&[], Vec::as_slice));
            named
        });
        Self { named: named.collect() }
    }

    /// The commit of a version, and the row of its repository.
    ///
    /// The tag or release of that name; else the one that differs by a leading `v`, also behind a
    /// package (`pkg@1.2.3`); else, where the version names no package, the one of the package that
    /// is called as the service or the repository. `None` where that is several commits. Where no
    /// repository is named (`""`), it is the only one that has the version. What was committed after
    /// `by`, the end of the deployment, is not what was deployed: the tag was moved.
    pub(crate) fn find(
        &self,
        version: &str,
        service: &str,
        repository: &str,
        by: Timestamp,
    ) -> Option<(usize, CommitIx)> {
        let version = version.trim();
        let mut found = self
            .named
            .iter()
            .enumerate()
            .filter(|(_, named)| repository.is_empty() || named.history.repository == repository)
            .filter_map(|(row, named)| Some((row, named.find(version, service)?)));
        match (found.next()?, found.next()) {
            ((row, Found::One(commit)), None) => {
                let committed = self.named[row].history.commit(commit).committed;
                (committed <= by + CLOCKS).then_some((row, commit))
            }
            _ => None,
        }
    }
}

impl<'a> Named<'a> {
    fn add_releases(&mut self, history: &History, releases: &[(&'a Release, CommitId)]) {
        let wanted: FxHashSet<CommitId> = releases.iter().map(|(_, id)| *id).collect();
        if wanted.is_empty() {
            return;
        }
        let commits = history.commits.iter().enumerate();
        let known: FxHashMap<CommitId, CommitIx> = commits
            .filter(|(_, commit)| wanted.contains(&commit.id))
            .map(|(index, commit)| (commit.id, CommitIx(index as u32)))
            .collect();
        for (release, id) in releases {
            if let Some(commit) = known.get(id) {
                self.add(&release.tag, None, *commit);
            }
        }
    }

    /// Takes in a name; one without a number (`latest`) is moved from commit to commit.
    fn add(&mut self, name: &'a str, package: Option<&'a str>, commit: CommitIx) {
        if !name.bytes().any(|b| b.is_ascii_digit()) {
            return;
        }
        let found = self.by_name.entry(name).or_insert(Found::One(commit));
        if *found != Found::One(commit) {
            *found = Found::Several;
        }
        let (package, version) = match package {
            Some(package) => (package, behind(name, package)),
            None => split(name),
        };
        self.by_version.entry(version).or_default().push((package, commit));
    }

    fn find(&self, version: &str, service: &str) -> Option<Found> {
        if let Some(found) = self.by_name.get(version) {
            return Some(*found);
        }
        let (package, number) = split(version);
        let named = self.by_version.get(number)?;
        let same = named.iter().filter(|(of, _)| *of == package);
        let own = named.iter().filter(|(of, _)| package.is_empty() && self.is_own(of, service));
        only(same).or_else(|| only(own))
    }

    /// Whether a package is called as the service, or as the repository.
    fn is_own(&self, package: &str, service: &str) -> bool {
        let package = last_part(package);
        let names = [service, &self.history.repository].map(last_part);
        names.iter().any(|name| !name.is_empty() && name.eq_ignore_ascii_case(package))
    }
}

/// What all of these are; `None` where there is none.
fn only<'n>(mut commits: impl Iterator<Item = &'n (&'n str, CommitIx)>) -> Option<Found> {
    let (_, first) = *commits.next()?;
    let all = commits.all(|(_, commit)| *commit == first);
    Some(if all { Found::One(first) } else { Found::Several })
}

/// The package and the version of a name: `@acme/cli` and `1.2.3` of `@acme/cli@v1.2.3`.
fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once('@') {
        Some((package, version)) if !package.is_empty() => (package, without_v(version)),
        _ => ("", without_v(name)),
    }
}

/// The version behind a package: `1.2.3` of `api-v1.2.3`.
fn behind<'n>(name: &'n str, package: &str) -> &'n str {
    let rest = name.strip_prefix(package).unwrap_or(name);
    without_v(rest.trim_start_matches(['@', '/', '-', '_', '.']))
}

/// `1.2.3` of `v1.2.3`; what is no number behind the letter stays whole.
fn without_v(version: &str) -> &str {
    match version.strip_prefix(['v', 'V']) {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => version,
    }
}

/// `api` of `acme/api` and of `@acme/api`.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
