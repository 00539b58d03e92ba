//! Packages: names that nobody published, that look like another one, or that nobody locked, and
//! packages that run code when they are installed.
//!
//! In: what servers, instructions, skills and manifests ask for, against lock files; for GK001 and
//! GK002 what a registry answered, which the program asks and hands to [`of_answers`]. **Invariant:**
//! no rule opens a connection, and a name that a lock file has is never asked for.

mod install_script;
mod near_name;
mod not_locked;
mod registry;

use crate::inventory::{Ecosystem, Inventory};
use crate::rules::Rule;

pub use registry::{Answer, Asked, of_answers, to_ask};

/// Rules of the family.
pub(crate) const RULES: &[Rule] =
    &[registry::MISSING, registry::YOUNG, near_name::RULE, install_script::RULE, not_locked::RULE];

/// Packages that somebody asks for and no lock file has: ecosystem, name, place, each name of a file
/// once.
fn unlocked(inventory: &Inventory) -> Vec<(Ecosystem, &str, &tl_core::finding::Location)> {
    let launched = inventory.packages.iter().map(|one| (one.ecosystem, one.name.as_str(), &one.at));
    // A Python import names a module, which is no name of a package.
    let named = |one: &&crate::inventory::Wanted| {
        !(one.mention.import && one.mention.ecosystem == Ecosystem::Pypi)
    };
    let wanted = inventory.wanted.iter().filter(named);
    let wanted = wanted.map(|one| (one.mention.ecosystem, one.mention.name.text.as_str(), &one.at));
    let mut seen = std::collections::BTreeSet::new();
    launched
        .chain(wanted)
        .filter(|(ecosystem, name, _)| !inventory.known.is_locked(*ecosystem, name))
        .filter(|(ecosystem, name, at)| seen.insert((*ecosystem, *name, at.root, at.path.as_str())))
        .collect()
}

#[cfg(test)]
mod tests;
