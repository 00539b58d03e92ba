//! `throughline guard lock`, `diff` and `approve`.
//!
//! In: what is there, and the lock. Out: the lock. **Invariant:** a change of what was approved
//! gets into the lock by `approve` alone, item by item.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use tl_core::fact::GuardApproved;
use tl_core::finding::{Finding, Level, Location};
use tl_exec::process;
use tl_guard::inventory::Inventory;
use tl_guard::lock::{Approval, Change, approve, entries, file};

use super::record::Record;
use super::{Looked, RepoArgs, TargetArgs, base, before, existing_lock, look};
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::{self, Whose};
use crate::report::guard::diff;
use crate::ui::Ui;

/// Approve all that is there, new and without a finding at level block
///
/// Writes `.throughline/guard.lock`, to be committed. What differs from the lock that is there is
/// not approved on the way: see `guard diff` and `guard approve`.
#[derive(Debug, clap::Args)]
pub(super) struct LockArgs {
    #[command(flatten)]
    pub(super) repository: RepoArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    who: WhoArgs,
}

/// Show what is not as it was approved, word by word
#[derive(Debug, clap::Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) repository: RepoArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Compare with what was approved in this commit, such as `origin/main`, not with the lock here
    #[arg(long, value_name = "REF")]
    base: Option<String>,
    /// End with exit code 1 if something changed
    #[arg(long)]
    exit_code: bool,
    /// Print one JSON document (`guard-diff/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// Approve items as they are now
#[derive(Debug, clap::Args)]
pub(super) struct ApproveArgs {
    /// What `guard diff` names, such as `tool:github/create_issue` or `file:AGENTS.md`
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
    #[command(flatten)]
    pub(super) repository: RepoArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    who: WhoArgs,
    /// Why, for whoever reads the lock
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// Last day on which the approval holds
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

#[derive(Debug, clap::Args)]
struct WhoArgs {
    /// Who approves [default: `user.name` of git]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// For what is in your home, in your own lock
    #[arg(long)]
    user: bool,
}

impl WhoArgs {
    const fn whose(&self) -> Whose {
        if self.user { Whose::User } else { Whose::Repository }
    }

    fn approval(&self, globals: &Globals, looked: &Looked) -> Result<Approval, CommandError> {
        let by = self.by.clone().or_else(|| name_of_git(globals)).ok_or_else(|| {
            CommandError::usage("nobody is named who approves")
                .hint("name yourself with `--by NAME`")
        })?;
        Ok(Approval { by, at: looked.now.date(), ..Approval::default() })
    }
}

/// Who commits here, by git's own settings.
fn name_of_git(globals: &Globals) -> Option<String> {
    let options =
        process::Options { env: globals.variables.for_commands(), ..process::Options::default() };
    let output = process::run("git", &["config", "user.name"], &options).ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}

pub(super) fn cmd_lock(
    ui: &mut Ui,
    globals: &Globals,
    args: &LockArgs,
    here: &Path,
    record: &mut Record,
) -> CmdResult {
    let looked = look(ui, globals, &args.target, here)?;
    let whose = args.who.whose();
    let (path, mut lock) = existing_lock(&looked.files, whose)?;
    let part = entries::part(&looked.scanned.inventory, whose.roots());
    let held = held_back(&part, &looked.scanned.findings);
    let approval = args.who.approval(globals, &looked)?;
    let added = approve::add_new(&mut lock, &part, &approval, &held);
    guard_files::write(&path, &file::write(&lock))?;
    let kept = GuardApproved { items: added.added.clone(), ..GuardApproved::default() };
    record.approved(&looked, &approval.by, &kept);
    for item in &added.added {
        ui.status(format!("approved {item}"));
    }
    for item in &added.gone {
        ui.status(format!("gone     {item}"));
    }
    for item in &added.held {
        ui.warn(format!("{item} has a finding at level block and was not approved; `throughline guard` shows it, `throughline guard approve {item}` approves it all the same"));
    }
    let left = super::drift(&looked.files, whose, &looked.scanned, looked.now)?;
    let left: Vec<&Change> =
        left.iter().filter(|change| !added.held.contains(&change.item)).collect();
    for change in &left {
        ui.warn(format!("{}: {}", change.item, change.message));
    }
    if !left.is_empty() {
        ui.note("changes are approved one by one: see `throughline guard diff`");
    }
    ui.status(format!("written: {}", path.display()));
    Ok(if left.is_empty() && added.held.is_empty() { Outcome::Done } else { Outcome::No })
}

/// Items of which a finding says that nobody should approve them unseen.
fn held_back(inventory: &Inventory, findings: &[Finding]) -> BTreeSet<String> {
    let bad: Vec<&Finding> =
        findings.iter().filter(|finding| finding.level == Level::Block).collect();
    let mut held = BTreeSet::new();
    let below = |within: &str, item: &str| {
        within
            .strip_prefix(item)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    for server in &inventory.servers {
        let tools = |within: &str| {
            server.tools.iter().any(|tool| below(within, &format!("tools.{}", tool.name)))
        };
        let about = |finding: &&&Finding| {
            let within = finding.at.within.as_str();
            (finding.at.root, &finding.at.path) == (server.at.root, &server.at.path)
                && (within.is_empty()
                    || below(within, &server.at.within)
                    || tools(within)
                    || within == format!("{}.instructions", server.name))
        };
        if bad.iter().any(|finding| about(&finding)) {
            held.insert(format!("server:{}", server.name));
        }
    }
    let in_file = |finding: &Finding, at: &Location| {
        (finding.at.root, &finding.at.path) == (at.root, &at.path)
    };
    for file in &inventory.rule_files {
        if bad.iter().any(|finding| in_file(finding, &file.at)) {
            held.insert(format!("file:{}", file.at.path));
        }
    }
    for hook in &inventory.hooks {
        // What else stands in the file, such as a mode, is none of the hook's.
        let about = |finding: &&&Finding| {
            let within = finding.at.within.as_str();
            in_file(finding, &hook.at)
                && (within.is_empty()
                    || below(within, &hook.at.within)
                    || hook.at.within.is_empty())
        };
        if bad.iter().any(|finding| about(&finding)) {
            held.insert(format!("hook:{}#{}", hook.at.path, hook.event));
        }
    }
    for skill in &inventory.skills {
        let directory = skill.at.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let beside =
            |path: &str| !directory.is_empty() && path.starts_with(&format!("{directory}/"));
        let of_it = |finding: &&&Finding| {
            finding.at.root == skill.at.root
                && (finding.at.path == skill.at.path || beside(&finding.at.path))
        };
        if bad.iter().any(|finding| of_it(&finding)) {
            held.insert(format!("skill:{}", skill.at.path));
        }
    }
    held
}

/// `guard-diff/v1`
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    changes: Vec<ChangeLine<'a>>,
}

#[derive(Serialize)]
struct ChangeLine<'a> {
    rule: &'a tl_core::finding::RuleId,
    item: &'a str,
    message: &'a str,
    #[serde(rename = "where")]
    at: &'a tl_core::finding::Location,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

pub(super) fn cmd_diff(ui: &mut Ui, globals: &Globals, args: &DiffArgs, here: &Path) -> CmdResult {
    let mut looked = look(ui, globals, &args.target, here)?;
    if let Some(name) = &args.base {
        base::compare(ui, &mut looked, name)?;
    }
    let locked =
        [Whose::Repository, Whose::User].into_iter().filter_map(|whose| looked.files.lock(whose));
    if args.base.is_none() && !locked.into_iter().any(|path| path.exists()) {
        return Err(CommandError::environment("nothing was approved yet")
            .hint("`throughline guard lock --by NAME` makes a lock"));
    }
    before::fill(&mut looked);
    for (change, by) in std::mem::take(&mut looked.approved) {
        let message = format!("{}{}{by}", change.message, base::APPROVED_HERE);
        looked.changes.push(Change { message, ..change });
    }
    if args.json {
        let changes = looked.changes.iter().map(|change| ChangeLine {
            rule: &change.rule,
            item: &change.item,
            message: &change.message,
            at: &change.at,
            before: change.before.as_deref(),
            after: change.after.as_deref(),
        });
        ui.print_json(&Document { schema: "guard-diff/v1", changes: changes.collect() })?;
    } else {
        ui.print(&diff::changes(&looked.changes))?;
        if looked.changes.is_empty() {
            ui.status("everything is as it was approved");
        }
    }
    Ok(if args.exit_code && !looked.changes.is_empty() { Outcome::No } else { Outcome::Done })
}

pub(super) fn cmd_approve(
    ui: &mut Ui,
    globals: &Globals,
    args: &ApproveArgs,
    here: &Path,
    record: &mut Record,
) -> CmdResult {
    let looked = look(ui, globals, &args.target, here)?;
    let whose = args.who.whose();
    let (path, mut lock) = existing_lock(&looked.files, whose)?;
    let part = entries::part(&looked.scanned.inventory, whose.roots());
    if let Some(until) = args.until.as_deref() {
        if !is_day(until) {
            return Err(CommandError::usage(format!("`--until {until}` is no day"))
                .hint("write it like `2027-01-31`"));
        }
        if until < looked.now.date().as_str() {
            return Err(CommandError::usage(format!("`--until {until}` is over")));
        }
    }
    let approval = args.who.approval(globals, &looked)?;
    let approval =
        Approval { reason: args.reason.clone(), expires: args.until.clone(), ..approval };
    let mut done = Vec::new();
    for item in &args.items {
        done.push(approve::approve(&mut lock, &part, item, &approval).map_err(|err| {
            let near: Vec<String> =
                err.known.iter().take(20).map(|item| format!("`{item}`")).collect();
            let hint = if near.is_empty() {
                "nothing is there that could be approved".to_owned()
            } else {
                format!("there is {}", near.join(", "))
            };
            CommandError::usage(err).hint(hint)
        })?);
    }
    guard_files::write(&path, &file::write(&lock))?;
    let kept = GuardApproved {
        items: done.clone(),
        reason: args.reason.clone(),
        expires: args.until.clone().unwrap_or_default(),
    };
    record.approved(&looked, &approval.by, &kept);
    for item in done {
        ui.status(format!("approved {item}"));
    }
    Ok(Outcome::Done)
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && tl_core::time::Timestamp::parse(&format!("{text}T00:00:00Z")).is_ok()
}
