//! Approving: what is there becomes what is locked.
//!
//! In: a lock, an inventory, who approves. Out: the lock with other entries. Start at [`approve`]
//! and [`add_new`]. **Invariant:** only what was named changes, and [`add_new`] never approves a
//! change of what is locked.

use std::collections::BTreeSet;

use super::{Approval, Lock, LockedFile, LockedHook, LockedServer, compare, entries};
use crate::inventory::Inventory;

/// Nothing there is named like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no `{item}` to approve")]
pub struct Unknown {
    /// What was named.
    pub item: String,
    /// What could have been meant.
    pub known: Vec<String>,
}

/// What [`add_new`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// Items that are approved now and were not known before.
    pub added: Vec<String>,
    /// Items that are no longer there, and no longer in the lock.
    pub gone: Vec<String>,
    /// Items that were held back.
    pub held: Vec<String>,
}

/// Every item that can be approved.
pub fn items(inventory: &Inventory) -> BTreeSet<String> {
    let all = entries::of(inventory, &Approval::default());
    let mut items: BTreeSet<String> = of_lock(&all).into_iter().collect();
    for server in &all.server {
        items.extend(server.tool.iter().map(|tool| format!("tool:{}/{}", server.name, tool.name)));
    }
    items
}

fn of_lock(lock: &Lock) -> Vec<String> {
    let servers = lock.server.iter().map(LockedServer::item);
    let files = lock.file.iter().map(|file| format!("file:{}", file.path));
    let skills = lock.skill.iter().map(|skill| format!("skill:{}", skill.path));
    let hooks = lock.hook.iter().map(LockedHook::item);
    servers.chain(files).chain(skills).chain(hooks).collect()
}

/// Approves one item as it is now, and returns its full name. The kind may be left out where only
/// one item has the name.
pub fn approve(
    lock: &mut Lock,
    inventory: &Inventory,
    item: &str,
    approval: &Approval,
) -> Result<String, Unknown> {
    let item = resolve(lock, inventory, item)?;
    let fresh = entries::of(inventory, approval);
    match item.split_once(':').unwrap_or_default() {
        ("server", name) => {
            let old: Vec<LockedServer> =
                lock.server.extract_if(.., |server| server.name == name).collect();
            for mut server in fresh.server.into_iter().filter(|server| server.name == name) {
                // It was not asked this time: what is known of its tools stays, and of what it says.
                let same = old.iter().find(|old| old.launch == server.launch).or(old.first());
                if let (true, Some(old)) = (server.tool.is_empty(), same) {
                    server.tool.clone_from(&old.tool);
                    server.instructions = server.instructions.or_else(|| old.instructions.clone());
                    server = entries::sealed_server(server);
                }
                lock.server.push(server);
            }
        }
        ("tool", _) => tool(lock, &fresh, &item, approval),
        ("file", path) => {
            lock.file.retain(|file| file.path != path);
            lock.file.extend(fresh.file.into_iter().filter(|file| file.path == path));
        }
        ("skill", path) => {
            lock.skill.retain(|skill| skill.path != path);
            lock.skill.extend(fresh.skill.into_iter().filter(|skill| skill.path == path));
        }
        _ => {
            lock.hook.retain(|hook| hook.item() != item);
            lock.hook.extend(fresh.hook.into_iter().filter(|hook| hook.item() == item));
        }
    }
    Ok(item)
}

fn tool(lock: &mut Lock, fresh: &Lock, item: &str, approval: &Approval) {
    for new in &fresh.server {
        let named = |name: &str| format!("tool:{}/{name}", new.name) == item;
        let Some(tool) = new.tool.iter().find(|tool| named(&tool.name)) else { continue };
        // Two clients may start a server of one name in two ways.
        let places = || lock.server.iter().enumerate().filter(|(_, old)| old.name == new.name);
        let same = places().find(|(_, old)| old.launch == new.launch).or_else(|| places().next());
        let Some(at) = same.map(|(at, _)| at) else { continue };
        let old = &mut lock.server[at];
        // A tool that was renamed stood there under its old name.
        let there = |name: &str| new.tool.iter().any(|tool| tool.name == name);
        old.tool.retain(|old| old.name != tool.name && there(&old.name));
        old.tool.push(tool.clone());
        old.approved = approval.clone();
        *old = entries::sealed_server(old.clone());
    }
}

fn resolve(lock: &Lock, inventory: &Inventory, item: &str) -> Result<String, Unknown> {
    let mut known = items(inventory);
    // An entry of what is gone can be approved away.
    known.extend(of_lock(lock));
    let locked = |server: &str| lock.server.iter().any(|entry| entry.name == server);
    known.retain(|item| {
        let server = item.strip_prefix("tool:").and_then(|tool| tool.split_once('/'));
        server.is_none_or(|(server, _)| locked(server))
    });
    if known.contains(item) {
        return Ok(item.to_owned());
    }
    let bare = |known: &&String| known.split_once(':').is_some_and(|(_, name)| name == item);
    let meant: Vec<String> = known.iter().filter(bare).cloned().collect();
    match meant.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Unknown { item: item.to_owned(), known: known.into_iter().collect() }),
        _ => Err(Unknown { item: item.to_owned(), known: meant }),
    }
}

/// Who approved an item, as [`approve`] takes it.
pub fn approval<'a>(lock: &'a Lock, item: &str) -> Option<&'a Approval> {
    let (kind, name) = item.split_once(':')?;
    let server = |name: &str| {
        lock.server.iter().find(|entry| entry.name == name).map(|entry| &entry.approved)
    };
    let of = |files: &'a [LockedFile]| {
        files.iter().find(|entry| entry.path == name).map(|entry| &entry.approved)
    };
    match kind {
        "server" => server(name),
        "tool" => lock
            .server
            .iter()
            .find(|entry| name.strip_prefix(&entry.name).is_some_and(|rest| rest.starts_with('/')))
            .map(|entry| &entry.approved),
        "file" => of(&lock.file),
        "skill" => of(&lock.skill),
        "hook" => lock.hook.iter().find(|entry| entry.item() == item).map(|entry| &entry.approved),
        _ => None,
    }
}

/// Approves all that no entry names yet, but for what `held` names; drops entries of what is gone.
/// Entries that differ from what is there stay as they are: they are changes to be approved.
pub fn add_new(
    lock: &mut Lock,
    inventory: &Inventory,
    approval: &Approval,
    held: &BTreeSet<String>,
) -> Added {
    let fresh = entries::of(inventory, approval);
    let before: BTreeSet<String> = of_lock(lock).into_iter().collect();
    let now: BTreeSet<String> = of_lock(&fresh).into_iter().collect();
    let new = |item: &String| !before.contains(item) && !held.contains(item);
    lock.server.extend(fresh.server.into_iter().filter(|server| new(&server.item())));
    lock.file.extend(fresh.file.into_iter().filter(|file| new(&format!("file:{}", file.path))));
    lock.skill
        .extend(fresh.skill.into_iter().filter(|skill| new(&format!("skill:{}", skill.path))));
    lock.hook.extend(fresh.hook.into_iter().filter(|hook| new(&hook.item())));
    lock.server.retain(|server| now.contains(&server.item()));
    lock.file.retain(|file| now.contains(&format!("file:{}", file.path)));
    lock.skill.retain(|skill| now.contains(&format!("skill:{}", skill.path)));
    // A hook that is gone may be the guard's own: that is a change, and stays one.
    let stays = |hook: &LockedHook| now.contains(&hook.item()) || compare::is_ours(&hook.command);
    lock.hook.retain(stays);
    let left: BTreeSet<String> = of_lock(lock).into_iter().collect();
    Added {
        added: now.iter().filter(|item| new(item)).cloned().collect(),
        gone: before.iter().filter(|item| !left.contains(*item)).cloned().collect(),
        held: now
            .iter()
            .filter(|item| held.contains(*item) && !before.contains(*item))
            .cloned()
            .collect(),
    }
}

#[cfg(test)]
mod tests;
