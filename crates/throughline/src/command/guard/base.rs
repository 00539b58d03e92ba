//! `--base REF`: a change is held against what was approved before it.
//!
//! In: a revision. Out: the lock, the allowances and the baseline as they are there. Start at
//! [`compare`]. **Invariant:** files come from git's objects, nothing is checked out or run, and what
//! the change itself approves is told.

use std::path::Path;

use tl_core::finding::{Finding, Level, Root};
use tl_core::id::CommitId;
use tl_exec::git::Repository;
use tl_guard::inline::{Inline, MARK};
use tl_guard::inventory::Inventory;
use tl_guard::lock::compare::PATH as LOCK;
use tl_guard::lock::{Change, Lock, approve, compare as drift, entries, file};
use tl_guard::rules::gc::auto_run;
use tl_rules::baseline::Baseline;
use tl_rules::suppress::Suppression;

use super::Looked;
use crate::error::CommandError;
use crate::guard_files::{self, GuardFiles, Whose};
use crate::ui::Ui;

const POLICY: &str = ".throughline/guard.toml";
/// Stands between what changed and who approved it.
pub(super) const APPROVED_HERE: &str = "; approved in this change by ";
const BASELINE: &str = ".throughline/guard-baseline.json";

/// The commit before a change.
pub(super) struct Base {
    pub(super) repository: Repository,
    pub(super) commit: CommitId,
    /// As it was named.
    pub(super) name: String,
}

impl Base {
    fn open(looked: &Looked, name: &str) -> Result<Self, CommandError> {
        let root = looked.files.host.repositories.first().map(|root| Repository::open(root));
        let Some(Ok(repository)) = root else {
            return Err(CommandError::environment(
                "`--base` needs a git repository, and there is none here",
            ));
        };
        let commit = repository.commit_of(name).map_err(|err| {
            CommandError::usage(err).hint("in CI, fetch the branch that the change goes to: `git fetch origin main`, then `--base origin/main`")
        })?;
        Ok(Self { repository, commit, name: name.to_owned() })
    }

    /// A file as it was there.
    fn text(&self, path: &str) -> Result<Option<String>, CommandError> {
        let bytes =
            self.repository.blob_at(&self.commit, path).map_err(CommandError::environment)?;
        let text = bytes.map(String::from_utf8).transpose();
        text.map_err(|_| CommandError::usage(format!("`{path}` of `{}` is not UTF-8", self.name)))
    }

    /// What the `guard.toml` of the base allows.
    pub(super) fn allowed(&self) -> Result<Vec<Suppression>, CommandError> {
        let Some(text) = self.text(POLICY)? else { return Ok(Vec::new()) };
        GuardFiles::allowed_in(&text, Path::new(&format!("{POLICY} of {}", self.name)))
    }

    /// Whether a comment that allows something stood in the same file there: a change cannot allow
    /// itself.
    pub(super) fn has(&self, inline: &Inline) -> bool {
        let text = self.text(&inline.at.path).ok().flatten().unwrap_or_default();
        text.contains(&format!("{MARK}{}", inline.said))
    }

    /// The baseline of the base.
    pub(super) fn baseline(&self) -> Result<Baseline, CommandError> {
        let Some(text) = self.text(BASELINE)? else { return Ok(Baseline::default()) };
        Baseline::parse(&text).map_err(CommandError::usage)
    }
}

/// Holds what is in the repository against the lock of the base.
pub(super) fn compare(ui: &mut Ui, looked: &mut Looked, name: &str) -> Result<(), CommandError> {
    let base = Base::open(looked, name)?;
    let part = entries::part(&looked.scanned.inventory, Whose::Repository.roots());
    let here = std::mem::take(&mut looked.changes);
    let (home, here): (Vec<Change>, Vec<Change>) =
        here.into_iter().partition(|change| change.at.root == Root::Home);
    looked.changes = home;
    // A lock that was broken or edited by hand in the change stays a finding.
    looked.changes.extend(here.iter().filter(|change| change.rule.0 == "GD008").cloned());
    let locked = base.text(LOCK)?.map(|text| file::read(&text));
    let before = locked.as_ref().and_then(|lock| lock.as_ref().ok());
    let own = looked.files.lock(Whose::Repository);
    let own = own.map(|path| guard_files::read(&path)).transpose()?.flatten();
    let own = own.and_then(|text| file::read(&text).ok());
    commands(looked, &part, before, own.as_ref());
    match locked {
        None => ui.note(format!("nothing was approved in `{name}`: there is no `{LOCK}`")),
        Some(Err(err)) => looked.changes.push(drift::unreadable(&err)),
        Some(Ok(lock)) => {
            for change in drift::compare(&part, &lock, looked.now) {
                if change.rule.0 == "GD008" {
                    continue;
                }
                let still =
                    here.iter().any(|other| other.item == change.item && other.rule == change.rule);
                let by = own
                    .as_ref()
                    .filter(|_| !still)
                    .and_then(|own| approve::approval(own, &change.item));
                match by {
                    Some(approval) => looked.approved.push((change, approval.by.clone())),
                    None => looked.changes.push(change),
                }
            }
        }
    }
    if base.text(POLICY)?.unwrap_or_default() != policy_here(looked)? {
        ui.note(format!("`{POLICY}` is another one than in `{name}`: that of `{name}` counts"));
    }
    looked.base = Some(base);
    Ok(())
}

/// What runs by itself is as bad as the lock of the base says; what the change approves itself is for
/// a person to see.
fn commands(looked: &mut Looked, part: &Inventory, before: Option<&Lock>, own: Option<&Lock>) {
    let (now, findings) = (looked.now, &mut looked.scanned.findings);
    auto_run::by_lock(findings, part, before, now);
    let of_rule = |finding: &&mut Finding| finding.rule.0 == auto_run::ID;
    for finding in findings.iter_mut().filter(of_rule) {
        if finding.level != Level::Block {
            continue;
        }
        if let Some(approval) = own.and_then(|own| auto_run::approval(finding, part, own, now)) {
            finding.level = Level::High;
            finding.message = format!("{}{APPROVED_HERE}{}", finding.message, approval.by);
        }
    }
}

fn policy_here(looked: &Looked) -> Result<String, CommandError> {
    let path = looked.files.policy(Whose::Repository);
    Ok(path.map(|path| guard_files::read(&path)).transpose()?.flatten().unwrap_or_default())
}

/// What a change approves itself is for a person to see: never more, never less than high.
pub(super) fn findings(approved: &[(Change, String)]) -> Vec<Finding> {
    let findings = approved.iter().flat_map(|(change, by)| {
        tl_guard::rules::gd::findings(std::slice::from_ref(change)).into_iter().map(
            move |finding| Finding {
                level: Level::High,
                message: format!("{}{APPROVED_HERE}{by}", finding.message),
                ..finding
            },
        )
    });
    findings.collect()
}
