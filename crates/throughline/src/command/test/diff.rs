//! The change under test: what it touches, and the quarantine as it was before it.
//!
//! **Invariants:** a change cannot put a test into quarantine and be masked by it; where nobody can
//! tell what it touches, nothing is masked.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tl_core::id::CommitId;
use tl_exec::git::{DefaultBranch, Repository};
use tl_test::gate::{Red, Touched};
use tl_test::quarantine::{self, Quarantine};

use super::evidence::EvidenceArgs;
use crate::config::env::GITHUB_BASE_REF;
use crate::context::Globals;
use crate::error::CommandError;
use crate::ui::Ui;

/// Largest quarantine file that is read, bytes.
const LARGEST: u64 = 16 << 20;

/// What is known of the change.
pub(super) struct Change {
    pub(super) quarantine: Quarantine,
    pub(super) touched: Touched,
}

/// Looks at the change, as far as a quarantine makes that necessary.
pub(super) fn change(
    ui: &mut Ui,
    globals: &Globals,
    args: &EvidenceArgs,
    reds: &[Red],
) -> Result<Change, CommandError> {
    let repository = Repository::open(Path::new(".")).ok();
    let root = repository.as_ref().and_then(Repository::work_dir).unwrap_or(Path::new("."));
    let here = match read(&root.join(Quarantine::PATH))? {
        Some(text) => Some(parse(&text, Quarantine::PATH)?),
        None => None,
    };
    let asked = args.base.is_some();
    if !asked && here.is_none() {
        // Nothing can be masked: what the change touches makes no difference.
        return Ok(Change { quarantine: quarantine::empty(), touched: Touched::default() });
    }
    let Some(repository) = repository.as_ref() else {
        if asked {
            return Err(CommandError::environment(
                "`--base` needs a git repository, and there is none here",
            ));
        }
        let files = args.no_diff.then(BTreeSet::new);
        let touched = Touched { files, entries_added: BTreeSet::new() };
        return Ok(Change { quarantine: here.unwrap_or_else(quarantine::empty), touched });
    };
    let base = base(globals, args.base.as_deref(), repository)?;
    let before = match &base {
        Some((_, base)) => match text_at(repository, base)? {
            Some(text) => parse(&text, &format!("{} before the change", Quarantine::PATH))?,
            None => quarantine::empty(),
        },
        None => here.clone().unwrap_or_else(quarantine::empty),
    };
    let known: BTreeSet<&str> = before.tests.iter().map(|entry| entry.id.as_str()).collect();
    let entries_added = here.iter().flat_map(|here| &here.tests).map(|entry| &entry.id);
    let entries_added: BTreeSet<String> =
        entries_added.filter(|id| !known.contains(id.as_str())).cloned().collect();
    let files = match &base {
        _ if args.no_diff => Some(BTreeSet::new()),
        Some((head, base)) => files(repository, head, base, &before),
        None => None,
    };
    if files.is_none() && !before.tests.is_empty() && !reds.is_empty() {
        ui.note(
            "nobody can tell what the change touches, so nothing is masked: fetch more of the \
             history (`fetch-depth: 0`) and give `--base`, or say `--no-diff`",
        );
    }
    Ok(Change { quarantine: before, touched: Touched { files, entries_added } })
}

/// `HEAD`, and the commit that the change began at; `None` where that cannot be told.
pub(super) fn base(
    globals: &Globals,
    asked: Option<&str>,
    repository: &Repository,
) -> Result<Option<(CommitId, CommitId)>, CommandError> {
    let Ok(head) = repository.commit_of("HEAD") else { return Ok(None) };
    let onto = match asked {
        Some(name) => Some(repository.commit_of(name).map_err(|err| {
            CommandError::usage(err).hint(
                "in CI, fetch the branch that the change goes to: `git fetch origin main`, then \
                 `--base origin/main`",
            )
        })?),
        None => globals
            .variables
            .text(GITHUB_BASE_REF)
            .and_then(|name| repository.commit_of(&format!("origin/{name}")).ok())
            .or_else(|| default_branch(repository)),
    };
    let Some(onto) = onto else { return Ok(None) };
    let begun = repository.merge_base(&head, &onto).map_err(CommandError::environment)?;
    // On the default branch itself the change is the last one.
    let begun = match begun {
        Some(begun) if begun == head && asked.is_none() => repository.commit_of("HEAD~1").ok(),
        other => other,
    };
    Ok(begun.map(|begun| (head, begun)))
}

fn default_branch(repository: &Repository) -> Option<CommitId> {
    let references = repository.references().ok()?;
    match repository.default_branch(&references, None).ok()? {
        DefaultBranch::Found(found) => Some(found.commit),
        DefaultBranch::Empty => None,
    }
}

/// Files that differ between two commits, and those of quarantined tests that are edited and not
/// committed. `None` where not all could be read.
fn files(
    repository: &Repository,
    head: &CommitId,
    base: &CommitId,
    quarantine: &Quarantine,
) -> Option<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    let mut whole = true;
    repository.diffs(&[(*head, Some(*base))], &mut |_, found| match found {
        Ok(diff) => {
            for file in diff.files {
                files.extend(file.from);
                files.insert(file.path);
            }
        }
        Err(_) => whole = false,
    });
    let root = repository.work_dir();
    for file in quarantine.tests.iter().map(|entry| &entry.file).filter(|file| !file.is_empty()) {
        let committed = repository.blob_at(head, file).ok()?;
        let here = root.and_then(|root| fs::read(root.join(file)).ok());
        if root.is_some() && committed != here {
            files.insert(file.clone());
        }
    }
    whole.then_some(files)
}

fn text_at(repository: &Repository, commit: &CommitId) -> Result<Option<String>, CommandError> {
    let bytes = repository.blob_at(commit, Quarantine::PATH).map_err(CommandError::environment)?;
    bytes.map(String::from_utf8).transpose().map_err(|_| {
        CommandError::usage(format!("`{}` before the change is not UTF-8", Quarantine::PATH))
    })
}

/// The text of a file of ours; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, CommandError> {
    let failed = |err: std::io::Error| {
        CommandError::environment(format!("failed to read `{}`: {err}", path.display()))
    };
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > LARGEST => {
            Err(CommandError::usage(format!("`{}` is over 16 MiB", path.display())))
        }
        Ok(_) => fs::read_to_string(path).map(Some).map_err(failed),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(failed(err)),
    }
}

/// Reads a quarantine file.
pub(super) fn parse(text: &str, name: &str) -> Result<Quarantine, CommandError> {
    quarantine::parse(text).map_err(|err| CommandError::usage(format!("`{name}`: {err}")))
}
