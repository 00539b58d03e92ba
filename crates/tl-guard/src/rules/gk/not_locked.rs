//! Instructions or a skill install or import a package that no lock file has.

use tl_core::finding::{Confidence, Evidence, Level, Root};
use tl_rules::doc::RuleDoc;

use crate::inventory::Ecosystem;
use crate::popular::is_popular;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GK005",
    name: "not-in-lockfile",
    level: Level::Warn,
    confidence: Confidence::Low,
    summary: "Instructions or a skill use a package that no lock file of the repository has.",
    why: "An agent that follows them installs what the name stands for that day; a name that was made up may be anybody's by then.",
    fix: "Add the package to the manifest and lock it, or take the command out.",
    taxonomy: &["asi:ASI04", "atlas:AML.T0062", "cwe:CWE-1357"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let known = &cx.inventory.known;
    let mut seen = std::collections::BTreeSet::new();
    for one in &cx.inventory.wanted {
        let (mention, at) = (&one.mention, &one.at);
        let (ecosystem, name) = (mention.ecosystem, mention.name.text.as_str());
        // Without a lock file there is nothing to compare with; a home has none.
        let compared = known.locked.contains_key(&ecosystem) && at.root == Root::Repository;
        let local = mention.import && known.modules.contains(name);
        let has = known.has(ecosystem, name)
            || mention.also.iter().any(|other| known.has(ecosystem, other));
        if one.declared || !compared || local || has {
            continue;
        }
        if !seen.insert((ecosystem, name, at.path.as_str())) {
            continue;
        }
        let verb = if mention.import { "imported" } else { "installed" };
        let which = match ecosystem {
            Ecosystem::Npm => "npm",
            Ecosystem::Pypi => "Python",
            Ecosystem::Crates => "Cargo",
            _ => "Go",
        };
        let message = format!("`{name}` is {verb} here, and no lock file of {which} has it");
        let mut found = finding(&DOC, at.clone(), message);
        // Nobody made these up; that they are not locked is for the person who wants to know it.
        let others = mention.also.iter().any(|other| is_popular(ecosystem, other));
        if others || is_popular(ecosystem, name) {
            found.level = Level::Info;
        }
        found.evidence = Evidence::of(name, "", Vec::new());
        sink.add(found);
    }
}
