//! GA008: tools of servers that nobody approved, or that are not as they were approved.

use tl_core::verdict::Effect;

use super::{Found, Scene, UNAPPROVED_TOOL};
use crate::hook::Action;
use crate::lock::{Lock, LockedServer, file, launch};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Found>) {
    let Action::CallTool { server, tool, launch, .. } = scene.action else { return };
    let locks: Vec<&Lock> = scene.ground.locks.iter().map(|held| &held.lock).collect();
    // Where nothing was ever approved there is nothing to differ from.
    if locks.iter().all(|lock| lock.server.is_empty()) {
        return;
    }
    let resource = format!("{server}/{tool}");
    let mut add = |effect, text| {
        out.push(Found { doc: &UNAPPROVED_TOOL, effect, text, resource: resource.clone() })
    };
    let entries: Vec<&LockedServer> = locks
        .iter()
        .flat_map(|lock| &lock.server)
        .filter(|entry| is(entry, server, launch))
        .collect();
    if entries.is_empty() {
        let shown = if server.is_empty() { "a server without a name" } else { server };
        return add(None, format!("nobody approved the server `{shown}`"));
    }
    let broken = locks
        .iter()
        .flat_map(|lock| file::faults(lock))
        .find(|fault| entries.iter().any(|entry| fault.item == entry.item()));
    if let Some(fault) = broken {
        return add(Some(Effect::Deny), format!("`{}` in the lock {}", fault.item, fault.what));
    }
    let day = scene.ground.now.day();
    let holds = |entry: &&LockedServer| match &entry.approved.expires {
        None => true,
        Some(last) => tl_core::time::Timestamp::parse(last).is_ok_and(|last| last.day() >= day),
    };
    if !entries.iter().any(holds) {
        return add(None, format!("the approval of the server `{server}` has expired"));
    }
    if !launch.is_empty() && !entries.iter().any(|entry| fits(entry, launch, true)) {
        return add(
            Some(Effect::Deny),
            format!("the server `{server}` is not started or reached as it was approved"),
        );
    }
    let knows = |entry: &&&LockedServer| {
        entry.tool.is_empty() || entry.tool.iter().any(|known| known.name == *tool)
    };
    if !entries.iter().filter(|entry| holds(entry)).any(|entry| knows(&entry)) {
        add(None, format!("nobody approved the tool `{tool}` of the server `{server}`"));
    }
}

/// Whether an entry is of the server: by its name, or by how it is reached where there is none.
fn is(entry: &LockedServer, server: &str, told: &str) -> bool {
    if server.is_empty() {
        return !told.is_empty() && fits(entry, told, false);
    }
    entry.name == server
}

/// Whether what a client tells of how a server is reached is what was approved. Clients fill in
/// variables, and tell of no headers and sometimes of no directory. `alone`: the program without its
/// arguments will do, since some tell no more.
fn fits(entry: &LockedServer, told: &str, alone: bool) -> bool {
    // With the secrets taken out, as the lock has it; what is told may have that behind it.
    let forms = [told.to_owned(), launch::line(told)];
    let some = |without: &[&str]| {
        let kept = entry.launch.iter().filter(|word| !without.iter().any(|w| word.starts_with(w)));
        let kept: Vec<&str> = kept.flat_map(|word| word.split_whitespace()).collect();
        forms.iter().any(|told| {
            let words: Vec<&str> = told.split_whitespace().collect();
            let same = words.len() == kept.len() || alone && words.len() == 1;
            same && words.iter().zip(&kept).all(|(told, kept)| is_word(kept, told))
        })
    };
    some(&[]) || some(&["header="]) || some(&["header=", "cwd="])
}

/// Whether a word is the one that was approved; what stands for a variable may be anything.
fn is_word(kept: &str, told: &str) -> bool {
    let (Some(first), Some(last)) = (kept.find('$'), kept.rfind('$')) else { return kept == told };
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let behind = &kept[last + 1..];
    let behind = match behind.strip_prefix('{') {
        Some(rest) => rest.split_once('}').map_or("", |(_, rest)| rest),
        None => behind.trim_start_matches(name),
    };
    let least = first + behind.len();
    kept == told
        || told.len() >= least && told.starts_with(&kept[..first]) && told.ends_with(behind)
}
