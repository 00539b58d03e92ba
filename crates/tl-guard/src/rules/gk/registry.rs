//! What a registry says of names that no lock file has.

use std::collections::BTreeSet;

use tl_core::finding::{Confidence, Evidence, Finding, Level, Location};
use tl_core::time::{Millis, Timestamp};
use tl_rules::doc::RuleDoc;

use super::unlocked;
use crate::inventory::{Ecosystem, Inventory};
use crate::popular::{canonical, is_popular, lookalike};
use crate::rules::{Check, Rule, finding};

pub(super) const MISSING: Rule = Rule { doc: &ABSENT, check: Check::Elsewhere };
pub(super) const YOUNG: Rule = Rule { doc: &NEW, check: Check::Elsewhere };

static ABSENT: RuleDoc = RuleDoc {
    id: "GK001",
    name: "not-in-registry",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "The registry has no package of this name.",
    why: "A model made the name up. Whoever registers it is installed by everybody to whom the same model says the same.",
    fix: "Find out which package is meant; do not register the name to make the command work.",
    taxonomy: &["asi:ASI04", "atlas:AML.T0060", "atlas:AML.T0062", "cwe:CWE-1357"],
    since: "0.1.0",
};

static NEW: RuleDoc = RuleDoc {
    id: "GK002",
    name: "young-package",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "The package was first published less than thirty days ago.",
    why: "Names that models make up are registered by attackers; most malicious packages are found within weeks.",
    fix: "Wait, or read the package before it is installed.",
    taxonomy: &["asi:ASI04", "atlas:AML.T0060", "cwe:CWE-1357"],
    since: "0.1.0",
};

/// Younger than this is young.
const YOUTH: Millis = Millis::days(30);

/// A name to ask for, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which registry.
    pub ecosystem: Ecosystem,
    /// As the registry compares names.
    pub name: String,
    /// Every place that asks for it.
    pub at: Vec<Location>,
}

/// What a registry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It has no such name.
    Missing,
    /// It has it; since when, where it tells.
    There(Option<Timestamp>),
}

/// Names to ask registries for: those that no lock file has, that are not known to be used by many, and
/// that are no names of the tree itself; each once, in order.
pub fn to_ask(inventory: &Inventory) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::new();
    let own: BTreeSet<(Ecosystem, &String)> = inventory
        .known
        .declared
        .iter()
        .flat_map(|(ecosystem, names)| names.iter().map(|name| (*ecosystem, name)))
        .collect();
    let declared: BTreeSet<(Ecosystem, String)> = inventory
        .wanted
        .iter()
        .filter(|one| one.declared)
        .map(|one| {
            (one.mention.ecosystem, canonical(one.mention.ecosystem, &one.mention.name.text))
        })
        .collect();
    let mut wanted = unlocked(inventory);
    wanted.sort_by_key(|(ecosystem, name, at)| (*ecosystem, canonical(*ecosystem, name), *at));
    for (ecosystem, name, at) in wanted {
        let name = canonical(ecosystem, name);
        let ours =
            own.contains(&(ecosystem, &name)) && !declared.contains(&(ecosystem, name.clone()));
        let kept = matches!(
            ecosystem,
            Ecosystem::Npm | Ecosystem::Pypi | Ecosystem::Crates | Ecosystem::Go
        );
        if !kept || ours || is_popular(ecosystem, &name) {
            continue;
        }
        match asked.last_mut().filter(|last| last.ecosystem == ecosystem && last.name == name) {
            Some(last) => last.at.push(at.clone()),
            None => asked.push(Asked { ecosystem, name, at: vec![at.clone()] }),
        }
    }
    asked
}

/// Findings of what was answered. A young package that looks like another one is at level block.
pub fn of_answers(answers: &[(Asked, Answer)], now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    for (asked, answer) in answers {
        let (doc, message) = match answer {
            Answer::Missing => (&ABSENT, format!("the registry has no package `{}`", asked.name)),
            Answer::There(Some(since)) if now - *since < YOUTH => {
                let days = (now - *since).get().max(0) / Millis::days(1).get();
                (&NEW, format!("`{}` was first published {days} days ago", asked.name))
            }
            Answer::There(_) => continue,
        };
        let near = lookalike(asked.ecosystem, &asked.name);
        for at in &asked.at {
            let mut one = finding(doc, at.clone(), message.clone());
            one.evidence = Evidence::of(&asked.name, "", Vec::new());
            if let Some((known, _)) = near {
                one.level = Level::Block;
                one.evidence.signals.push(known.to_owned());
                one.message = format!("{message}, and it looks like `{known}`");
            }
            found.push(one);
        }
    }
    found
}
