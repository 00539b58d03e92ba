//! What is not as it was approved.
//!
//! In: an inventory, the lock, and the day. Out: [`Change`]s. Start at [`compare`].
//! **Invariant:** what is equal to its entry, and approved for that day, is no change; what the
//! inventory does not know (a server whose tools were not asked for) is not compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};
use tl_core::finding::{Location, Root, RuleId};
use tl_core::time::Timestamp;

use super::simhash::{is_near, simhash};
use super::widen::widened;
use super::{
    Approval, Change, Lock, LockedFile, LockedHook, LockedServer, LockedTool, diff, digest,
    entries, file,
};
use crate::inventory::{Hook, Inventory, Server, Tool};

/// Where a lock is, below its repository.
pub const PATH: &str = ".throughline/guard.lock";

/// All changes, in the order of the inventory, then those of the lock itself.
pub fn compare(inventory: &Inventory, lock: &Lock, today: Timestamp) -> Vec<Change> {
    let today = today.date();
    let mut changes = Vec::new();
    for server in &inventory.servers {
        self::server(server, lock, &today, &mut changes);
    }
    for rule_file in &inventory.rule_files {
        let entry = entries::rule_file(rule_file, &Approval::default());
        content("file", &entry, &lock.file, &rule_file.at, &today, &mut changes);
    }
    for skill in &inventory.skills {
        let entry = entries::skill(skill, &Approval::default());
        content("skill", &entry, &lock.skill, &skill.at, &today, &mut changes);
    }
    for hook in &inventory.hooks {
        self::hook(hook, inventory, lock, &today, &mut changes);
    }
    own_hooks(inventory, lock, &mut changes);
    for fault in file::faults(lock) {
        let message = format!("the entry `{}` of the lock {}", fault.item, fault.what);
        changes.push(change("GD008", fault.item, message, in_lock()));
    }
    changes
}

/// The item of a change that is of the lock itself.
pub const WHOLE: &str = "lock";

/// The lock that cannot be read, as a change.
pub fn unreadable(err: &file::ReadError) -> Change {
    let cause =
        std::error::Error::source(err).map(|cause| format!(": {}", first_line(&cause.to_string())));
    let message = format!("{err}{}", cause.unwrap_or_default());
    change("GD008", WHOLE.to_owned(), message, in_lock())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn in_lock() -> Location {
    Location {
        root: Root::Repository,
        path: PATH.to_owned(),
        line: 0,
        column: 0,
        end_line: 0,
        within: String::new(),
    }
}

fn change(rule: &'static str, item: String, message: String, at: Location) -> Change {
    Change { rule: RuleId::new(rule), item, message, at, before: None, after: None }
}

fn server(server: &Server, lock: &Lock, today: &str, changes: &mut Vec<Change>) {
    let now = entries::server(server, &Approval::default());
    let mut known = lock.server.iter().filter(|entry| entry.name == server.name);
    let same = known.clone().find(|entry| origin(entry) == origin(&now));
    let Some(entry) = same.or_else(|| known.next()) else {
        let message = format!("the server `{}` is not in the lock", server.name);
        changes.push(change("GI003", now.item(), message, server.at.clone()));
        return;
    };
    if same.is_none() {
        let message = format!("the server `{}` is not started as it was approved", server.name);
        let mut origin_changed = change("GD006", now.item(), message, server.at.clone());
        origin_changed.before = Some(origin(entry));
        origin_changed.after = Some(origin(&now));
        changes.push(origin_changed);
    }
    if now.instructions.is_some() && now.instructions != entry.instructions {
        let message =
            format!("the instructions of the server `{}` are not those approved", server.name);
        let mut other = change("GD001", now.item(), message, server.at.clone());
        other.after.clone_from(&server.instructions);
        changes.push(other);
    }
    expiry(now.item(), &entry.approved, &server.at, today, changes);
    tools(server, entry, changes);
}

/// What decides which program runs or answers, a line each.
fn origin(entry: &LockedServer) -> String {
    let mut text = format!("{}: {}\n", entry.transport, entry.launch.join(" "));
    let package = [("package", &entry.package), ("version", &entry.version)];
    for (name, value) in package {
        text.extend(value.iter().map(|value| format!("{name}: {value}\n")));
    }
    text.extend((!entry.env.is_empty()).then(|| format!("env: {}\n", entry.env.join(" "))));
    text
}

fn tools(server: &Server, entry: &LockedServer, changes: &mut Vec<Change>) {
    if !server.tools.is_empty() && entry.tool.is_empty() {
        let message =
            format!("none of the {} tools of `{}` is approved", server.tools.len(), server.name);
        changes.push(change("GD003", entry.item(), message, server.at.clone()));
        return;
    }
    for tool in &server.tools {
        let at = Location { within: format!("tools.{}", tool.name), ..server.at.clone() };
        let item = format!("tool:{}/{}", server.name, tool.name);
        let sha256 = digest::tool(tool);
        let mut known = entry.tool.iter().filter(|locked| locked.name == tool.name).peekable();
        if known.peek().is_some() {
            if known.clone().all(|locked| locked.sha256 != sha256) {
                changes.extend(known.next().map(|locked| tool_changed(item, locked, tool, at)));
            }
        } else {
            changes.push(tool_new(item, server, entry, tool, at));
        }
    }
}

fn tool_new(
    item: String,
    server: &Server,
    entry: &LockedServer,
    tool: &Tool,
    at: Location,
) -> Change {
    let gone = |locked: &&LockedTool| server.tools.iter().all(|tool| tool.name != locked.name);
    let mine = simhash(&entries::without_name(tool));
    let near = |locked: &&LockedTool| {
        u64::from_str_radix(&locked.simhash, 16).is_ok_and(|theirs| is_near(mine, theirs))
    };
    let renamed = entry.tool.iter().filter(gone).find(near);
    let mut new = match renamed {
        Some(old) => {
            let message = format!(
                "the tool `{}` of `{}` was approved as `{}`",
                tool.name, server.name, old.name
            );
            let mut change = change("GD002", item, message, at);
            change.before = kept(old).map(|seen| diff::readable(&seen));
            change
        }
        None => {
            let message =
                format!("the tool `{}` of `{}` is new since the approval", tool.name, server.name);
            change("GD003", item, message, at)
        }
    };
    new.after = Some(diff::readable(&digest::seen(tool)));
    new
}

/// The text that a lock keeps of a tool.
fn kept(locked: &LockedTool) -> Option<String> {
    String::from_utf8(BASE64.decode(locked.kept.as_ref()?).ok()?).ok()
}

fn tool_changed(item: String, locked: &LockedTool, tool: &Tool, at: Location) -> Change {
    let before = kept(locked);
    let seen = digest::seen(tool);
    let parse = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (old, new) = (before.as_deref().map(parse).unwrap_or_default(), parse(&seen));
    let (rule, what) = if old.is_empty() {
        ("GD001", "is not as it was approved".to_owned())
    } else if let Some(flipped) = flipped(old.get("annotations"), new.get("annotations")) {
        (
            "GD005",
            format!(
                "says of itself that it is more dangerous than when it was approved: {flipped}"
            ),
        )
    } else if let Some(wider) = schema_widened(old.get("inputSchema"), new.get("inputSchema")) {
        ("GD004", format!("takes more than was approved: {wider}"))
    } else {
        let members = ["title", "description", "inputSchema", "outputSchema", "annotations"];
        let other: Vec<String> = members
            .iter()
            .filter(|name| old.get(**name) != new.get(**name))
            .map(|name| format!("`{name}`"))
            .collect();
        ("GD001", format!("is not as it was approved: {}", other.join(", ")))
    };
    let mut changed = change(rule, item, format!("the tool `{}` {what}", tool.name), at);
    changed.before = before.map(|seen| diff::readable(&seen));
    changed.after = Some(diff::readable(&seen));
    changed
}

fn schema_widened(before: Option<&Value>, after: Option<&Value>) -> Option<String> {
    widened(before?, after.unwrap_or(&Value::Null))
}

/// A hint about harm that turned to the worse; the protocol's own defaults hold where none is given.
fn flipped(before: Option<&Value>, after: Option<&Value>) -> Option<String> {
    let hints = [
        ("readOnlyHint", false, false),
        ("destructiveHint", true, true),
        ("openWorldHint", true, true),
    ];
    let read = |from: Option<&Value>, name: &str, default: bool| {
        from.and_then(|hints| hints.get(name)).and_then(Value::as_bool).unwrap_or(default)
    };
    let worse = hints.iter().find(|(name, default, bad)| {
        read(before, name, *default) != *bad && read(after, name, *default) == *bad
    })?;
    Some(format!("`{}` is {}", worse.0, worse.2))
}

fn content(
    kind: &str,
    now: &LockedFile,
    locked: &[LockedFile],
    at: &Location,
    today: &str,
    changes: &mut Vec<Change>,
) {
    let item = format!("{kind}:{}", now.path);
    match locked.iter().find(|entry| entry.path == now.path && entry.kind == now.kind) {
        None => {
            let message = format!("the {} `{}` is new since the approval", word(kind), now.path);
            let mut new = change("GD007", item, message, at.clone());
            new.after = Some(format!("sha256: {}", now.sha256));
            changes.push(new);
        }
        Some(entry) if entry.sha256 != now.sha256 => {
            let message = format!("the {} `{}` is not as it was approved", word(kind), now.path);
            let mut changed = change("GD007", item, message, at.clone());
            changed.before = Some(format!("sha256: {}", entry.sha256));
            changed.after = Some(format!("sha256: {}", now.sha256));
            changes.push(changed);
        }
        Some(entry) => expiry(item, &entry.approved, at, today, changes),
    }
}

fn word(kind: &str) -> &str {
    if kind == "file" { "instruction file" } else { kind }
}

fn hook(hook: &Hook, inventory: &Inventory, lock: &Lock, today: &str, changes: &mut Vec<Change>) {
    let now = entries::hook(hook, &Approval::default());
    let key = |entry: &LockedHook| {
        (entry.path.clone(), entry.event.clone(), entry.matcher.clone(), entry.command.clone())
    };
    if let Some(entry) = lock.hook.iter().find(|entry| key(entry) == key(&now)) {
        if entry.target == now.target {
            return expiry(now.item(), &entry.approved, &hook.at, today, changes);
        }
        let message =
            format!("the program that the hook `{}` runs is not as it was approved", hook.event);
        let digest =
            |target: &Option<String>| target.as_ref().map(|sha256| format!("sha256: {sha256}"));
        let mut changed = change("GD007", now.item(), message, hook.at.clone());
        (changed.before, changed.after) = (digest(&entry.target), digest(&now.target));
        changes.push(changed);
        return;
    }
    let present: Vec<LockedHook> =
        inventory.hooks.iter().map(|hook| entries::hook(hook, &Approval::default())).collect();
    let replaced = lock.hook.iter().find(|entry| {
        entry.item() == now.item() && present.iter().all(|hook| key(hook) != key(entry))
    });
    let text =
        |entry: &LockedHook| format!("{} {}\n{}\n", entry.event, entry.matcher, entry.command);
    let what =
        if replaced.is_some() { "is not as it was approved" } else { "is new since the approval" };
    let message = format!("the hook `{}` of `{}` {what}", hook.event, hook.at.path);
    let mut changed = change("GD007", now.item(), message, hook.at.clone());
    changed.before = replaced.map(text);
    changed.after = Some(text(&now));
    changes.push(changed);
}

/// Our own hook, approved and no longer there: somebody switched the guard off.
fn own_hooks(inventory: &Inventory, lock: &Lock, changes: &mut Vec<Change>) {
    for entry in lock.hook.iter().filter(|entry| is_ours(&entry.command)) {
        let there = inventory.hooks.iter().any(|hook| {
            hook.at.path == entry.path && hook.event == entry.event && is_ours(&hook.command)
        });
        if !there {
            let message =
                format!("the guard's own hook `{}` is gone from `{}`", entry.event, entry.path);
            changes.push(change("GD007", entry.item(), message, in_lock()));
        }
    }
}

/// Whether a command runs this program as a hook.
pub(super) fn is_ours(command: &str) -> bool {
    command.contains("throughline") && command.contains(" hook ")
}

fn expiry(
    item: String,
    approved: &Approval,
    at: &Location,
    today: &str,
    changes: &mut Vec<Change>,
) {
    // Both are dates of the form `2026-11-21`, whose order is that of their text.
    if let Some(expires) = approved.expires.as_deref().filter(|expires| *expires < today) {
        let message = format!("the approval of `{item}` by {} ended on {expires}", approved.by);
        changes.push(change("GD009", item, message, at.clone()));
    }
}

#[cfg(test)]
mod tests;
