//! Everything that points at commits, in one pass over all references.
//!
//! In: the reference store. Out: [`References`], sorted into what each name means.
//! Start at [`Repository::references`]. **Invariant:** a reference that cannot be read is in
//! [`References::broken`], and every id elsewhere is of a commit that is in the repository.

use bstr::{BStr, ByteSlice as _};
use gix::ObjectId;
use gix::objs::{Find as _, FindHeader as _, Kind};
use gix::refs::TargetRef;
use tl_core::id::CommitId;
use tl_core::time::Timestamp;

use super::decode::{signature, value};
use super::{Repository, commit_id};

/// All references of a repository, each list in the order of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct References {
    /// What `HEAD` says.
    pub head: Head,
    /// `refs/heads/*`.
    pub branches: Vec<BranchRef>,
    /// `refs/remotes/*/*`, without request heads.
    pub remote_branches: Vec<RemoteBranch>,
    /// Remotes' own default branches: (`origin`, `refs/remotes/origin/main`).
    pub remote_heads: Vec<(String, String)>,
    /// `refs/tags/*` that lead to a commit.
    pub tags: Vec<TagRef>,
    /// Number of tags that lead to a file or directory instead.
    pub tags_of_no_commit: u32,
    /// Heads of pull or merge requests: `refs/pull/12/head`, `refs/merge-requests/12/head`,
    /// `refs/pull-requests/12/from`, `refs/remotes/origin/pr/12`, ... One for each number.
    pub requests: Vec<RequestRef>,
    /// `refs/notes/*`, and the object that each names.
    pub notes: Vec<BranchRef>,
    /// Other references that lead to a commit, such as `refs/stash`: full name and commit.
    pub other: Vec<BranchRef>,
    /// References that could not be read.
    pub broken: Vec<BrokenRef>,
}

/// What `HEAD` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// It names a reference, such as `refs/heads/main`, which may not exist yet.
    Branch {
        /// Full name.
        name: String,
    },
    /// It names a commit.
    Detached(CommitId),
    /// It cannot be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// A reference to a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchRef {
    /// Full name, such as `refs/heads/release/9.1`, lossy UTF-8.
    pub name: String,
    /// The commit.
    pub commit: CommitId,
}

/// A branch as it was on a remote when it was last fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteBranch {
    /// Full name, such as `refs/remotes/origin/main`.
    pub name: String,
    /// The remote, up to the first `/`, such as `origin`.
    pub remote: String,
    /// The branch on the remote, such as `main`.
    pub branch: String,
    /// The commit.
    pub commit: CommitId,
}

/// A tag that leads to a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRef {
    /// Short name, such as `v1.2.0`.
    pub name: String,
    /// The commit it leads to, through any number of tag objects.
    pub commit: CommitId,
    /// Whether the tag is an object of its own.
    pub annotated: bool,
    /// When it was made, if it is annotated and says so (of several, the outermost).
    pub tagged: Option<Timestamp>,
}

/// The last commit pushed to a pull or merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRef {
    /// Number on the forge.
    pub number: u32,
    /// Full name of the reference.
    pub name: String,
    /// The commit.
    pub commit: CommitId,
}

/// A reference that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRef {
    /// Full name, or a description where even that cannot be read.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Why references could not be listed at all.
#[derive(Debug, thiserror::Error)]
#[error("failed to list the references of `{repository}`")]
pub struct ReferencesError {
    /// Name of the repository.
    pub repository: String,
    /// What `gix` said.
    pub source: gix::Error,
}

impl Repository {
    /// Reads every reference, and follows tags to what they tag.
    pub fn references(&self) -> Result<References, ReferencesError> {
        let failed = |source| ReferencesError { repository: self.name(), source };
        let repo = self.local();
        let mut refs = References {
            head: head(&repo),
            branches: Vec::new(),
            remote_branches: Vec::new(),
            remote_heads: Vec::new(),
            tags: Vec::new(),
            tags_of_no_commit: 0,
            requests: Vec::new(),
            notes: Vec::new(),
            other: Vec::new(),
            broken: Vec::new(),
        };
        let platform = repo.references().map_err(failed)?;
        for reference in platform.all().map_err(failed)? {
            match reference {
                Ok(reference) => refs.add(&repo, reference.name().as_bstr(), reference.target()),
                Err(err) => refs
                    .broken
                    .push(BrokenRef { name: "a reference".to_owned(), reason: chain(&err) }),
            }
        }
        refs.requests.sort_by(|a, b| (a.number, &a.name).cmp(&(b.number, &b.name)));
        refs.requests.dedup_by_key(|request| request.number);
        Ok(refs)
    }
}

impl References {
    /// Every commit that a branch, tag or request points at, without the other references.
    pub fn tips(&self) -> Vec<CommitId> {
        let branches = self.branches.iter().map(|branch| branch.commit);
        let remotes = self.remote_branches.iter().map(|branch| branch.commit);
        let tags = self.tags.iter().map(|tag| tag.commit);
        let requests = self.requests.iter().map(|request| request.commit);
        branches.chain(remotes).chain(tags).chain(requests).collect()
    }

    fn add(&mut self, repo: &gix::Repository, full: &BStr, target: TargetRef<'_>) {
        let name = full.to_str_lossy().into_owned();
        let id = match target {
            TargetRef::Object(id) => id.to_owned(),
            TargetRef::Symbolic(other) => {
                let remote =
                    name.strip_prefix("refs/remotes/").and_then(|n| n.strip_suffix("/HEAD"));
                if let Some(remote) = remote {
                    let other = other.as_bstr().to_str_lossy().into_owned();
                    self.remote_heads.push((remote.to_owned(), other));
                }
                return; // An alias adds no commit of its own.
            }
        };
        if name.starts_with("refs/notes/") {
            self.notes.push(BranchRef { name, commit: commit_id(&id) });
            return;
        }
        let peeled = match peel(repo, id) {
            Ok(peeled) => peeled,
            Err(reason) => {
                self.broken.push(BrokenRef { name, reason });
                return;
            }
        };
        if let Some(tag) = name.strip_prefix("refs/tags/") {
            match peeled.commit {
                Some(commit) => self.tags.push(TagRef {
                    name: tag.to_owned(),
                    commit,
                    annotated: peeled.annotated,
                    tagged: peeled.tagged,
                }),
                None => self.tags_of_no_commit += 1,
            }
            return;
        }
        let Some(commit) = peeled.commit else {
            return; // It leads to a file or directory, which is nobody's mistake.
        };
        if let Some(number) = request_number(&name) {
            self.requests.push(RequestRef { number, name, commit });
        } else if name.starts_with("refs/heads/") {
            self.branches.push(BranchRef { name, commit });
        } else if let Some((remote, branch)) =
            name.strip_prefix("refs/remotes/").and_then(|rest| rest.split_once('/'))
        {
            let (remote, branch) = (remote.to_owned(), branch.to_owned());
            self.remote_branches.push(RemoteBranch { name, remote, branch, commit });
        } else {
            self.other.push(BranchRef { name, commit });
        }
    }
}

/// What a reference leads to.
struct Peeled {
    commit: Option<CommitId>,
    annotated: bool,
    tagged: Option<Timestamp>,
}

/// Deepest chain of tags of tags that is followed.
const TAG_DEPTH: u32 = 32;

/// Follows tag objects to the object they tag.
fn peel(repo: &gix::Repository, mut id: ObjectId) -> Result<Peeled, String> {
    let mut peeled = Peeled { commit: None, annotated: false, tagged: None };
    let mut buffer = Vec::new();
    for _ in 0..TAG_DEPTH {
        let header = repo.objects.try_header(&id).map_err(|err| chain(&err))?;
        match header.ok_or_else(|| format!("the object `{id}` is missing"))?.kind {
            Kind::Commit => {
                peeled.commit = Some(commit_id(&id));
                return Ok(peeled);
            }
            Kind::Tree | Kind::Blob => return Ok(peeled),
            Kind::Tag => (),
        }
        let tag = repo.objects.try_find(&id, &mut buffer).map_err(|err| chain(&err))?;
        let mut rest = tag.ok_or_else(|| format!("the object `{id}` is missing"))?.data;
        let target = value(&mut rest, b"object ").and_then(|hex| ObjectId::from_hex(hex).ok());
        if !peeled.annotated {
            peeled.annotated = true;
            let _type = value(&mut rest, b"type ");
            let _name = value(&mut rest, b"tag ");
            peeled.tagged = value(&mut rest, b"tagger ").map(|line| signature(line).at);
        }
        id = target.ok_or_else(|| format!("the tag object `{id}` names no object"))?;
    }
    Err(format!("it is a chain of more than {TAG_DEPTH} tags"))
}

/// The number in the name of a request's head.
fn request_number(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("refs/")?;
    let (kind, rest) = match rest.strip_prefix("remotes/") {
        Some(rest) => rest.split_once('/')?.1.split_once('/')?,
        None => rest.split_once('/')?,
    };
    let remote = name.starts_with("refs/remotes/");
    let (number, end) = rest.split_once('/').map_or((rest, None), |(n, end)| (n, Some(end)));
    let is_head = match (kind, end) {
        ("pull" | "merge-requests", Some("head")) | ("pull-requests", Some("from")) => true,
        ("pr" | "mr", Some("head")) => remote,
        ("pr" | "mr" | "pull" | "merge-requests", None) => remote,
        _ => false,
    };
    if is_head && number.bytes().all(|b| b.is_ascii_digit()) { number.parse().ok() } else { None }
}

fn head(repo: &gix::Repository) -> Head {
    match repo.head() {
        Ok(head) => match head.kind {
            gix::head::Kind::Symbolic(reference) => {
                Head::Branch { name: reference.name.as_bstr().to_str_lossy().into_owned() }
            }
            gix::head::Kind::Unborn(name) => {
                Head::Branch { name: name.as_bstr().to_str_lossy().into_owned() }
            }
            gix::head::Kind::Detached { target, .. } => Head::Detached(commit_id(&target)),
        },
        Err(err) => Head::Unreadable { reason: chain(&err) },
    }
}

/// An error with its causes, in one line.
pub(super) fn chain(err: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(err), |err| err.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.retain(|text| !text.is_empty());
    texts.dedup();
    texts.join(": ")
}
