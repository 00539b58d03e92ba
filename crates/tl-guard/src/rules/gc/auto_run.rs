//! A repository's own settings run a command by themselves.
//!
//! In: hooks, and a lock where there is one. Out: findings. The scan knows no lock, so
//! [`by_lock`] sets the level that a lock decides afterwards.

use tl_core::finding::{Confidence, Finding, Level};
use tl_core::time::Timestamp;
use tl_rules::doc::RuleDoc;

use tl_core::finding::Evidence;

use crate::inventory::{Inventory, Scope};
use crate::lock::{Approval, Lock, entries};
use crate::rules::gc::{is_command, masked};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

/// Of the rule.
pub const ID: &str = "GC010";

static DOC: RuleDoc = RuleDoc {
    id: ID,
    name: "auto-run",
    level: Level::High,
    confidence: Confidence::High,
    summary: "A repository's own settings run a command by themselves.",
    why: "Opening the folder is enough: CVE-2025-59536 ran hooks and helpers before the person had trusted the repository.",
    fix: "Read the command and approve it with `guard lock`, or remove the entry.",
    taxonomy: &["owasp-mcp:MCP05", "atlas:AML.T0081", "asi:ASI05"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for hook in cx.inventory.hooks.iter().filter(|hook| is_command(hook) && !hook.ours) {
        let level = match hook.scope {
            Scope::Project | Scope::Plugin | Scope::Dependency => Level::High,
            Scope::User => Level::Info,
            Scope::Managed => continue,
        };
        let message = format!("`{}` runs a command by itself", hook.event);
        let mut found = finding(&DOC, hook.at.clone(), message);
        found.level = level;
        found.evidence = Evidence::of(&masked(&hook.command), "", Vec::new());
        sink.add(found);
    }
}

/// What a lock says of commands that run by themselves: one that is approved as it is today is a
/// warning, one that is not is stopped. `inventory` is the part that the lock is about; without a
/// lock the level is high, so that the first look at a repository does not fail. May be asked again,
/// with another lock.
pub fn by_lock(
    findings: &mut [Finding],
    inventory: &Inventory,
    lock: Option<&Lock>,
    today: Timestamp,
) {
    for finding in findings.iter_mut().filter(|found| is_of(found, inventory)) {
        finding.level = match lock.map(|lock| approval(finding, inventory, lock, today)) {
            None => Level::High,
            Some(Some(_)) => Level::Warn,
            Some(None) => Level::Block,
        };
    }
}

/// Who approved the command of a finding as it is today.
pub fn approval<'a>(
    finding: &Finding,
    inventory: &Inventory,
    lock: &'a Lock,
    today: Timestamp,
) -> Option<&'a Approval> {
    let today = today.date();
    let hook = inventory.hooks.iter().find(|hook| hook.at == finding.at)?;
    let now = entries::hook(hook, &Approval::default());
    let mut approvals = lock.hook.iter().filter(|entry| entry.sum == now.sum);
    let good = |day: &String| *day >= today;
    let entry = approvals.find(|entry| entry.approved.expires.as_ref().is_none_or(good))?;
    Some(&entry.approved)
}

/// Whether a finding is one of this rule whose level a lock decides.
fn is_of(finding: &Finding, inventory: &Inventory) -> bool {
    finding.rule.0 == ID
        && finding.level > Level::Info
        && inventory.hooks.iter().any(|hook| hook.at == finding.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Client, Hook, HookKind};
    use crate::lock::file;

    fn hook(command: &str) -> Hook {
        Hook {
            client: Client::ClaudeCode,
            scope: Scope::Project,
            event: "SessionStart".to_owned(),
            matcher: String::new(),
            kind: HookKind::Command,
            command: command.to_owned(),
            target: None,
            ours: false,
            fail_closed: false,
            at: crate::text::unit::tools_at(command),
        }
    }

    #[test]
    fn a_lock_decides_how_bad_a_command_is_that_runs_by_itself() {
        let levels = |lock: &Lock, day: &str| {
            let hooks = vec![hook("./known.sh"), hook("./new.sh")];
            let inventory = Inventory { hooks, ..Inventory::default() };
            let mut sink = Sink::default();
            check(&Cx { inventory: &inventory, tools: &Default::default() }, &mut sink);
            let mut findings = sink.finish();
            let today = Timestamp::parse(day).unwrap();
            by_lock(&mut findings, &inventory, Some(lock), today);
            findings.iter().map(|finding| finding.level).collect::<Vec<_>>()
        };
        let approval = Approval {
            by: "ana".to_owned(),
            expires: Some("2026-11-21".to_owned()),
            ..Approval::default()
        };
        let hook = entries::hook(&hook("./known.sh"), &approval);
        let lock = Lock { hook: vec![hook], ..Lock::empty() };
        assert_eq!(file::faults(&lock).len(), 0);
        assert_eq!(levels(&lock, "2026-11-21T00:00:00Z"), [Level::Warn, Level::Block]);
        assert_eq!(levels(&lock, "2026-11-22T00:00:00Z"), [Level::Block, Level::Block]);
        assert_eq!(levels(&Lock::empty(), "2026-11-21T00:00:00Z"), [Level::Block, Level::Block]);
    }
}
