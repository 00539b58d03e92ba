//! Several repositories in one answer: the paths of the further ones begin with their names.

use std::cmp::Reverse;
use std::path::Path;

use tl_core::finding::{Location, Root};
use tl_guard::inventory::Inventory;
use tl_guard::scan::Scanned;
use tl_rules::sort::Sorted;

use super::Looked;

/// Adds what was found in another repository.
pub(super) fn add(
    scanned: &mut Scanned,
    sorted: &mut Sorted,
    home: Option<&Path>,
    other: Looked,
    mut judged: Sorted,
) {
    let name = label(&other, home);
    let mut there = other.scanned;
    let rename = |at: &mut Location| {
        if at.root == Root::Repository {
            at.path = format!("{name}/{}", at.path);
        }
    };
    judged.findings.iter_mut().for_each(|finding| rename(&mut finding.at));
    places(&mut there.inventory, rename);
    there.inline.iter_mut().for_each(|inline| rename(&mut inline.at));
    scanned.inline.append(&mut there.inline);
    merge(sorted, judged);
    let (all, more) = (&mut scanned.inventory, there.inventory);
    all.clients.extend(more.clients);
    all.servers.extend(more.servers);
    all.rule_files.extend(more.rule_files);
    all.skills.extend(more.skills);
    all.hooks.extend(more.hooks);
    all.permissions.extend(more.permissions);
    all.packages.extend(more.packages);
    let (read, more) = (&mut scanned.read, there.read);
    read.files += more.files;
    read.bytes += more.bytes;
    read.skipped += more.skipped;
    read.partly += more.partly;
}

/// Its path below the home where that tells more than its name.
fn label(other: &Looked, home: Option<&Path>) -> String {
    let root = other.files.host.repositories.first();
    let below = root.zip(home).and_then(|(root, home)| root.strip_prefix(home).ok());
    match below {
        Some(below) if below.components().count() > 1 => below.to_string_lossy().replace('\\', "/"),
        _ => other.files.name(),
    }
}

/// Both as one, worst first.
pub(super) fn merge(sorted: &mut Sorted, other: Sorted) {
    sorted.findings.extend(other.findings);
    sorted.findings.sort_by_key(|finding| Reverse(finding.level));
    sorted.expired.extend(other.expired);
    sorted.invalid.extend(other.invalid);
    sorted.unused.extend(other.unused);
    sorted.rules.extend(other.rules);
}

fn places(inventory: &mut Inventory, rename: impl Fn(&mut Location)) {
    inventory.clients.iter_mut().flat_map(|seen| &mut seen.places).for_each(&rename);
    inventory.servers.iter_mut().for_each(|one| rename(&mut one.at));
    inventory.rule_files.iter_mut().for_each(|one| rename(&mut one.at));
    inventory.skills.iter_mut().for_each(|one| rename(&mut one.at));
    inventory.hooks.iter_mut().for_each(|one| rename(&mut one.at));
    inventory.permissions.iter_mut().for_each(|one| rename(&mut one.at));
    inventory.packages.iter_mut().for_each(|one| rename(&mut one.at));
}
