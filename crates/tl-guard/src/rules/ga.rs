//! Actions: what an agent is about to do, judged while it runs.
//!
//! In: a `Scene`, one action with what it touches. Out: `Found`. Start at `check`; the hook
//! ([`crate::hook::decide`]) makes scenes and turns what is found into a verdict. **Invariant:** these
//! rules find nothing in a scan; they are listed for their documentation.

pub(crate) mod danger;
mod destructive;
mod installs_package;
mod scene;
mod secret_path;
mod self_modification;
mod send_after_taint;
mod touch;
mod unapproved_tool;

use tl_core::finding::{Confidence, Level};
use tl_core::verdict::Effect;
use tl_rules::doc::RuleDoc;

use crate::rules::{Check, Rule};

pub(crate) use installs_package::{bare, packages};
pub(crate) use scene::{Scene, Step};
pub(crate) use send_after_taint::{fetches, host_of};
pub(crate) use touch::{Kind, Touch};

/// The rules of this family.
pub(crate) const RULES: &[Rule] = &[
    rule(&SECRET_PATH),
    rule(&SEND_AFTER_TAINT),
    rule(&DESTRUCTIVE),
    rule(&SELF_MODIFICATION),
    rule(&INSTALLS_PACKAGE),
    rule(&POLICY),
    rule(&UNLIKE_BEFORE),
    rule(&UNAPPROVED_TOOL),
    rule(&POISONED_RESULT),
    rule(&QUARANTINED),
    rule(&DANGEROUS),
];

const fn rule(doc: &'static RuleDoc) -> Rule {
    Rule { doc, check: Check::Elsewhere }
}

const fn doc(
    id: &'static str,
    name: &'static str,
    level: Level,
    [summary, why, fix]: [&'static str; 3],
) -> RuleDoc {
    let confidence = Confidence::Medium;
    RuleDoc { id, name, level, confidence, summary, why, fix, taxonomy: &[], since: "0.1.0" }
}

pub(crate) static SECRET_PATH: RuleDoc = doc(
    "GA001",
    "secret-path-read",
    Level::Block,
    [
        "An agent reads a file that holds keys or passwords.",
        "What an agent has read is in its model's context, and a later instruction can send it anywhere.",
        "Give the agent a variable or a short-lived token of its own; a file inside the repository is asked about, one outside is refused.",
    ],
);
pub(crate) static SEND_AFTER_TAINT: RuleDoc = doc(
    "GA002",
    "send-after-taint",
    Level::High,
    [
        "An agent sends something out after it read text that nobody vouches for.",
        "A page, an issue or a tool's answer may hold instructions; sending is how they get data out of the machine.",
        "Look at what is sent and where; name hosts that may always be reached in `[hosts]` of your guard.toml.",
    ],
);
pub(crate) static DESTRUCTIVE: RuleDoc = doc(
    "GA003",
    "destructive",
    Level::High,
    [
        "An agent is about to destroy something that cannot be brought back.",
        "Files without a commit, published branches, databases and machines have no undo.",
        "Look at the target; a home, a root, `.git` and disks are refused, the rest is asked about.",
    ],
);
pub(crate) static SELF_MODIFICATION: RuleDoc = doc(
    "GA004",
    "self-modification",
    Level::High,
    [
        "An agent changes what steers agents here: instructions, settings, hooks, servers, the lock or the policy.",
        "Whoever can write these decides what every later session does, long after this one.",
        "Read the change before it is made; afterwards `throughline guard diff` shows it and `guard approve` approves it.",
    ],
);
pub(crate) static INSTALLS_PACKAGE: RuleDoc = doc(
    "GA005",
    "installs-package",
    Level::High,
    [
        "An agent installs a package that no lock file here knows.",
        "Models invent names of packages and others register them; installing runs their code.",
        "Check the name and its registry page, then install it yourself or let the agent do it.",
    ],
);
pub(crate) static POLICY: RuleDoc = doc(
    "GA006",
    "policy",
    Level::High,
    [
        "A policy of guard.toml objects to what an agent is about to do.",
        "Somebody wrote down that this must not happen, or not without being asked.",
        "Read the policy that is named; whoever answers for it adds an `[[exception]]`.",
    ],
);
pub(crate) static UNLIKE_BEFORE: RuleDoc = doc(
    "GA007",
    "unlike-before",
    Level::Info,
    [
        "An agent does what it has not done in this repository before, or much more of it.",
        "A session that was taken over reaches new hosts, writes to new places, or calls tools much faster.",
        "Look at the session; nothing is blocked by this rule.",
    ],
);
pub(crate) static UNAPPROVED_TOOL: RuleDoc = doc(
    "GA008",
    "unapproved-tool",
    Level::High,
    [
        "An agent calls a tool of a server that nobody approved, or that is not as it was approved.",
        "A server or a tool that came after the approval was read by nobody.",
        "Read `throughline guard diff`, then `throughline guard approve ITEM`, or take the server out.",
    ],
);
pub(crate) static POISONED_RESULT: RuleDoc = doc(
    "GA009",
    "poisoned-result",
    Level::Warn,
    [
        "What a tool answered holds hidden text or instructions to the agent.",
        "A model does not tell data from instructions; what it reads it may follow.",
        "Do not let the session go on unwatched: what it sends is asked about until a person writes something.",
    ],
);
pub(crate) static QUARANTINED: RuleDoc = doc(
    "GA010",
    "quarantined-instructions",
    Level::High,
    [
        "The session has read instructions that are not as they were approved.",
        "Instructions are obeyed from the first word on; somebody may have changed them since they were read by a person.",
        "Read `throughline guard diff`, then `throughline guard approve ITEM`.",
    ],
);

pub(crate) static DANGEROUS: RuleDoc = doc(
    "GA011",
    "dangerous-command",
    Level::Block,
    [
        "An agent is about to run a command that opens this machine to others or sends its keys away.",
        "A shell for the network, secrets in a request, code from an address without a certificate, a container or an agent without its fences: an order in some text is the usual reason, and no question comes after it.",
        "A person who means it runs it themselves, or allows the one command with `throughline guard allow GA011 --path 'COMMAND' --user`.",
    ],
);

/// One objection to an action.
#[derive(Debug)]
pub(crate) struct Found {
    /// Which rule.
    pub(crate) doc: &'static RuleDoc,
    /// How strongly, where that is not by the rule's level.
    pub(crate) effect: Option<Effect>,
    /// What is wrong, a sentence without a full stop.
    pub(crate) text: String,
    /// What it is about: a path, a command line, an address. An allowance names it.
    pub(crate) resource: String,
}

/// What the rules say about an action that is about to be done.
pub(crate) fn check(scene: &Scene<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    secret_path::check(scene, &mut found);
    send_after_taint::check(scene, &mut found);
    destructive::check(scene, &mut found);
    self_modification::check(scene, &mut found);
    installs_package::check(scene, &mut found);
    unapproved_tool::check(scene, &mut found);
    danger::check(scene, &mut found);
    found
}

#[cfg(test)]
mod tests;
