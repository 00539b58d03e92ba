//! Which branch changes are delivered to.
//!
//! In: [`References`] and what the user asked for. Out: [`DefaultBranch`] or [`BranchError`].
//! **Invariant:** the answer depends on the references only, and says how it was found.

use tl_core::id::CommitId;

use super::Repository;
use super::refs::{Head, References};

/// The branch that changes are delivered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultBranch {
    /// There is one.
    Found(Delivered),
    /// Nothing was ever committed here.
    Empty,
}

/// A branch and its tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Short name, such as `main`; `HEAD` when no branch is checked out.
    pub name: String,
    /// Full name of the reference, such as `refs/remotes/origin/main` or `HEAD`.
    pub reference: String,
    /// The last commit.
    pub commit: CommitId,
    /// How it was found.
    pub source: BranchSource,
}

/// How the default branch was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchSource {
    /// The user named it.
    Wanted,
    /// `refs/remotes/origin/HEAD`, what the remote said when it was cloned.
    OriginHead,
    /// `HEAD` of this repository.
    Head,
    /// It has a customary name: `main`, `master`, `trunk` or `develop`.
    Custom,
    /// `HEAD` names a commit and there is no branch with a customary name: history as seen from
    /// there, which may be any commit.
    DetachedHead,
    /// It is the only branch there is.
    OnlyBranch,
}

/// Why no default branch was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BranchError {
    /// The branch that the user named does not exist.
    #[error("there is no branch `{wanted}`; there is {}", listed(.branches))]
    NotFound {
        /// What the user named.
        wanted: String,
        /// Short names of all branches.
        branches: Vec<String>,
    },
    /// No rule chooses one.
    #[error("cannot tell which branch changes are delivered to; there is {}", listed(.branches))]
    Unclear {
        /// Short names of all branches.
        branches: Vec<String>,
    },
}

/// Names that the default branch customarily has, the most common first.
const CUSTOMARY: [&str; 4] = ["main", "master", "trunk", "develop"];

impl Repository {
    /// Finds the branch that changes are delivered to.
    ///
    /// What the user `wanted` (short or full name, local before `origin` before other remotes);
    /// else, with a work tree, what `origin` says its default is, as last fetched; else the
    /// branch that `HEAD` names; else a branch with a customary name; else the commit that
    /// `HEAD` names; else the only branch. In a bare repository `HEAD` comes first.
    pub fn default_branch(
        &self,
        refs: &References,
        wanted: Option<&str>,
    ) -> Result<DefaultBranch, BranchError> {
        if let Some(wanted) = wanted {
            let found = named(refs, wanted, BranchSource::Wanted);
            return found.map(DefaultBranch::Found).ok_or_else(|| BranchError::NotFound {
                wanted: wanted.to_owned(),
                branches: names(refs),
            });
        }
        let found = if self.is_bare() {
            head_branch(refs).or_else(|| origin_head(refs))
        } else {
            origin_head(refs).or_else(|| head_branch(refs))
        };
        let found = found
            .or_else(|| CUSTOMARY.iter().find_map(|name| named(refs, name, BranchSource::Custom)))
            .or_else(|| detached(refs))
            .or_else(|| only_branch(refs));
        match found {
            Some(found) => Ok(DefaultBranch::Found(found)),
            None if refs.is_empty() => Ok(DefaultBranch::Empty),
            None => Err(BranchError::Unclear { branches: names(refs) }),
        }
    }
}

impl References {
    /// Whether nothing in the repository points at a commit, and nothing is broken either.
    pub fn is_empty(&self) -> bool {
        let head_is_unborn = matches!(self.head, Head::Branch { .. });
        head_is_unborn && self.tips().is_empty() && self.other.is_empty() && self.broken.is_empty()
    }
}

fn origin_head(refs: &References) -> Option<Delivered> {
    let (_, target) = refs.remote_heads.iter().find(|(remote, _)| remote == "origin")?;
    exact(refs, target, BranchSource::OriginHead)
}

fn head_branch(refs: &References) -> Option<Delivered> {
    match &refs.head {
        Head::Branch { name } => exact(refs, name, BranchSource::Head),
        Head::Detached(_) | Head::Unreadable { .. } => None,
    }
}

fn detached(refs: &References) -> Option<Delivered> {
    let Head::Detached(commit) = refs.head else { return None };
    let (name, reference) = ("HEAD".to_owned(), "HEAD".to_owned());
    Some(Delivered { name, reference, commit, source: BranchSource::DetachedHead })
}

fn only_branch(refs: &References) -> Option<Delivered> {
    match names(refs).as_slice() {
        [only] => named(refs, only, BranchSource::OnlyBranch),
        _ => None,
    }
}

/// The branch with a short name, a name with its remote, or a full name.
fn named(refs: &References, name: &str, source: BranchSource) -> Option<Delivered> {
    let origin = format!("refs/remotes/origin/{name}");
    let candidates = [format!("refs/heads/{name}"), origin, format!("refs/remotes/{name}")];
    let any_remote = || refs.remote_branches.iter().find(|branch| branch.branch == name);
    exact(refs, name, source)
        .or_else(|| candidates.iter().find_map(|full| exact(refs, full, source)))
        .or_else(|| exact(refs, &any_remote()?.name, source))
}

/// The branch with a full name.
fn exact(refs: &References, full: &str, source: BranchSource) -> Option<Delivered> {
    let local = refs.branches.iter().find(|branch| branch.name == full);
    if let Some(branch) = local {
        let name = full.strip_prefix("refs/heads/").unwrap_or(full).to_owned();
        return Some(Delivered { name, reference: full.to_owned(), commit: branch.commit, source });
    }
    let remote = refs.remote_branches.iter().find(|branch| branch.name == full)?;
    let (name, reference) = (remote.branch.clone(), full.to_owned());
    Some(Delivered { name, reference, commit: remote.commit, source })
}

/// Short names of all branches, local and of remotes, each once.
fn names(refs: &References) -> Vec<String> {
    let local = refs.branches.iter();
    let local = local.map(|branch| branch.name.trim_start_matches("refs/heads/").to_owned());
    let remote = refs.remote_branches.iter().map(|branch| branch.branch.clone());
    let mut names: Vec<String> = local.chain(remote).collect();
    names.sort();
    names.dedup();
    names
}

/// Names for a message: at most ten of them.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(10).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "no branch".to_owned(),
        many if many > shown.len() => {
            format!("{} and {} more", shown.join(", "), many - shown.len())
        }
        _ => shown.join(", "),
    }
}
