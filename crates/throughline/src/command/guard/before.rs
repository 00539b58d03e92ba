//! What a file, skill or hook's program said when it was approved, out of git's history.
//!
//! In: changes of which the lock knows digests. Out: the same with texts. Start at [`fill`].
//! **Invariant:** a text is the one that was approved because its digest is, wherever it was found;
//! where it is not to be had, the change says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use tl_core::finding::Root;
use tl_core::id::CommitId;
use tl_exec::git::Repository;
use tl_guard::discover::{self, digest};
use tl_guard::inventory::skill::root_hash;
use tl_guard::inventory::{FileDigest, Inventory, SkillKind};
use tl_guard::lock::Change;

use super::Looked;

/// Commits that are looked at for one item.
const COMMITS: usize = 5_000;
/// Bytes of a text that is compared.
const TEXT: u64 = 1 << 20;

/// How the lock's digest stands in a change.
const DIGEST: &str = "sha256: ";

/// The files of an item by their paths below its folder, with their bytes.
type Files = BTreeMap<String, Vec<u8>>;

/// What an item consists of.
struct Item {
    /// Folder or file, below the repository.
    path: String,
    /// Its digest is over all files of the folder.
    is_folder: bool,
}

/// Puts texts in place of digests.
pub(super) fn fill(looked: &mut Looked) {
    let root = looked.files.host.repositories.first().cloned();
    let here = root.as_deref().and_then(|root| Repository::open(root).ok());
    let opened = match (&looked.base, &here) {
        (Some(base), _) => Some((&base.repository, base.commit)),
        (None, Some(repository)) => {
            repository.commit_of("HEAD").ok().map(|head| (repository, head))
        }
        (None, None) => None,
    };
    let inventory = &looked.scanned.inventory;
    for change in
        looked.changes.iter_mut().chain(looked.approved.iter_mut().map(|(change, _)| change))
    {
        let is_digest =
            |text: &Option<String>| text.as_ref().is_some_and(|text| text.starts_with(DIGEST));
        let (old, new) = (is_digest(&change.before), is_digest(&change.after));
        if !old && !new {
            continue;
        }
        if change.at.root != Root::Repository {
            if old {
                change
                    .message
                    .push_str("; the text before is not to be had: a home has no history");
            }
            continue;
        }
        let (Some(root), Some(item)) = (&root, item(change, inventory)) else { continue };
        let now = on_disk(root, &item, inventory, change);
        let before =
            change.before.as_ref().and_then(|text| text.strip_prefix(DIGEST)).map(|sha256| {
                opened.and_then(|(repository, from)| approved(repository, &from, &item, sha256))
            });
        match before {
            Some(None) => {
                let why = if opened.is_none() {
                    "there is no git repository"
                } else {
                    "no commit here has it"
                };
                change.message =
                    format!("{}; the text before is not to be had: {why}", change.message);
                change.before = None;
            }
            Some(Some(before)) => {
                change.before = Some(text(&before, &now, item.is_folder));
                change.after = Some(text(&now, &before, item.is_folder));
                continue;
            }
            None => {}
        }
        if !now.is_empty() {
            change.after = Some(text(&now, &Files::new(), item.is_folder));
        }
    }
}

fn item(change: &Change, inventory: &Inventory) -> Option<Item> {
    let (kind, name) = change.item.split_once(':')?;
    match kind {
        "file" => Some(Item { path: name.to_owned(), is_folder: false }),
        "skill" => {
            let skill = inventory.skills.iter().find(|skill| skill.at == change.at)?;
            let folder = name.rsplit_once('/').map(|(folder, _)| folder);
            match (skill.kind, folder) {
                (SkillKind::Skill, Some(folder)) => {
                    Some(Item { path: folder.to_owned(), is_folder: true })
                }
                _ => Some(Item { path: name.to_owned(), is_folder: false }),
            }
        }
        "hook" => {
            let same = |hook: &&tl_guard::inventory::Hook| {
                hook.at == change.at && name.ends_with(&format!("#{}", hook.event))
            };
            let target = inventory.hooks.iter().find(same)?.target.as_ref()?;
            Some(Item { path: target.path.clone(), is_folder: false })
        }
        _ => None,
    }
}

/// The item as it is; of a folder the files that belong to it.
fn on_disk(root: &Path, item: &Item, inventory: &Inventory, change: &Change) -> Files {
    let root = &root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let read = |path: &Path| {
        let mut bytes = Vec::new();
        // A link to another instruction file of the repository is followed, as when it was found.
        let path = path.canonicalize().ok().filter(|path| path.starts_with(root))?;
        let file = discover::open(&path).ok()?;
        file.take(TEXT).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    if !item.is_folder {
        return read(&root.join(&item.path))
            .map(|bytes| (item.path.clone(), bytes))
            .into_iter()
            .collect();
    }
    let skill = inventory.skills.iter().find(|skill| skill.at == change.at);
    let files = skill.map(|skill| skill.files.as_slice()).unwrap_or_default();
    let folder = root.join(&item.path);
    files
        .iter()
        .filter_map(|file| Some((file.path.clone(), read(&folder.join(&file.path))?)))
        .collect()
}

/// The newest version in the history whose digest is the one that was approved.
fn approved(repository: &Repository, from: &CommitId, item: &Item, sha256: &str) -> Option<Files> {
    let commits = repository.versions_of(from, &item.path, COMMITS).ok()?;
    commits.iter().find_map(|commit| {
        if !item.is_folder {
            let bytes = repository.blob_at(commit, &item.path).ok()??;
            return (digest(&bytes) == sha256).then(|| Files::from([(item.path.clone(), bytes)]));
        }
        // Of a single-file skill the digest is over one file, too.
        let names = repository.files_at(commit, &item.path).ok()?;
        let read = |name: String| {
            let below = name.strip_prefix(&item.path)?.trim_start_matches('/').to_owned();
            Some((below, repository.blob_at(commit, &name).ok()??))
        };
        let files: Files = names.into_iter().filter_map(read).collect();
        let digests = files
            .iter()
            .map(|(path, bytes)| FileDigest { path: path.clone(), sha256: digest(bytes) });
        (root_hash(digests.collect()) == sha256).then_some(files)
    })
}

/// The files that differ from the other side; of a folder each behind its name.
fn text(files: &Files, other: &Files, is_folder: bool) -> String {
    let mut text = String::new();
    for (path, bytes) in files.iter().filter(|(path, bytes)| other.get(*path) != Some(*bytes)) {
        if is_folder {
            let _infallible = writeln!(text, "=== {path}");
        }
        let shown =
            if bytes.contains(&0) { "(binary)".into() } else { String::from_utf8_lossy(bytes) };
        text.push_str(&shown.replace("\r\n", "\n"));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}
