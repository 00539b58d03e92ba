//! The entries that a lock would have if all that is there were approved.
//!
//! In: an inventory. Out: entries with their checksums. Start at [`of`]. **Invariant:** an entry
//! holds names and digests, never the value of a variable, header or secret argument.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tl_core::finding::Root;

use super::simhash::simhash;
use super::{Approval, Lock, LockedFile, LockedHook, LockedServer, LockedTool, digest, launch};
use crate::inventory::{
    Ecosystem, Hook, Inventory, Launch, Package, RuleFile, Scope, Server, Skill, SkillKind, Tool,
};

/// What of an inventory belongs into the lock of these roots: what is installed by a package
/// manager below them is pinned by its own lock file.
pub fn part(inventory: &Inventory, roots: &[Root]) -> Inventory {
    let ours = |root: Root, scope: Scope| roots.contains(&root) && scope != Scope::Dependency;
    let mut part = inventory.clone();
    part.servers.retain(|server| ours(server.at.root, server.scope));
    part.rule_files.retain(|file| ours(file.at.root, file.scope));
    part.skills.retain(|skill| ours(skill.at.root, skill.scope));
    part.hooks.retain(|hook| ours(hook.at.root, hook.scope));
    part
}

/// A lock in which all of an inventory is approved.
pub fn of(inventory: &Inventory, approval: &Approval) -> Lock {
    let mut lock = Lock::empty();
    let mut seen = BTreeSet::new();
    for server in &inventory.servers {
        let entry = self::server(server, approval);
        if seen.insert(entry.head()) {
            lock.server.push(entry);
        }
    }
    for file in &inventory.rule_files {
        let entry = rule_file(file, approval);
        if seen.insert(format!("file\0{}", entry.path)) {
            lock.file.push(entry);
        }
    }
    for skill in &inventory.skills {
        let entry = self::skill(skill, approval);
        if seen.insert(format!("skill\0{}\0{}", entry.path, entry.kind)) {
            lock.skill.push(entry);
        }
    }
    for hook in &inventory.hooks {
        let entry = self::hook(hook, approval);
        if seen.insert(entry.body()) {
            lock.hook.push(entry);
        }
    }
    lock
}

/// The entry of a server, with the tools that are known.
pub fn server(server: &Server, approval: &Approval) -> LockedServer {
    let transport = match &server.launch {
        Launch::Stdio { .. } => "stdio",
        Launch::Http { .. } => "http",
        Launch::Other { .. } => "other",
    };
    let entry = LockedServer {
        name: server.name.clone(),
        transport: transport.to_owned(),
        launch: launch::words(&server.launch),
        package: server.package.as_ref().map(package),
        version: server.package.as_ref().and_then(|package| package.version.clone()),
        env: server.env.keys().cloned().collect(),
        instructions: server.instructions.as_deref().map(digest::instructions),
        sum: String::new(),
        approved: approval.clone(),
        tool: server.tools.iter().map(tool).collect(),
    };
    sealed_server(entry)
}

/// The same with its tools sorted and its checksum made.
pub(super) fn sealed_server(mut entry: LockedServer) -> LockedServer {
    entry.tool.sort_by(|one, other| (&one.name, &one.sha256).cmp(&(&other.name, &other.sha256)));
    entry.sum = digest::sum(&entry.body());
    entry
}

/// The entry of a tool.
pub fn tool(tool: &Tool) -> LockedTool {
    let seen = digest::seen(tool);
    LockedTool {
        name: tool.name.clone(),
        sha256: digest::tool(tool),
        simhash: format!("{:016x}", simhash(&without_name(tool))),
        kept: Some(BASE64.encode(seen)),
    }
}

/// What a tool says besides its name: under another name it says the same.
pub(super) fn without_name(tool: &Tool) -> String {
    digest::seen(&Tool { name: String::new(), title: None, ..tool.clone() })
}

fn package(package: &Package) -> String {
    package_name(package.ecosystem, &package.name)
}

/// `npm:@scope/name`
pub fn package_name(ecosystem: Ecosystem, name: &str) -> String {
    let ecosystem = match ecosystem {
        Ecosystem::Npm => "npm",
        Ecosystem::Pypi => "pypi",
        Ecosystem::Crates => "crates",
        Ecosystem::Go => "go",
        Ecosystem::Docker => "docker",
        Ecosystem::Git => "git",
        Ecosystem::Other => "other",
    };
    format!("{ecosystem}:{name}")
}

/// The entry of an instruction file.
pub fn rule_file(file: &RuleFile, approval: &Approval) -> LockedFile {
    sealed_file(&file.at.path, "rule", &file.sha256, approval)
}

/// The entry of a skill, agent, command or plugin.
pub fn skill(skill: &Skill, approval: &Approval) -> LockedFile {
    let kind = match skill.kind {
        SkillKind::Skill => "skill",
        SkillKind::Agent => "agent",
        SkillKind::Command => "command",
        SkillKind::Plugin => "plugin",
    };
    sealed_file(&skill.at.path, kind, &skill.root_hash, approval)
}

fn sealed_file(path: &str, kind: &str, sha256: &str, approval: &Approval) -> LockedFile {
    let mut entry = LockedFile {
        path: path.to_owned(),
        kind: kind.to_owned(),
        sha256: sha256.to_owned(),
        sum: String::new(),
        approved: approval.clone(),
    };
    entry.sum = digest::sum(&entry.body());
    entry
}

/// The entry of a hook.
pub fn hook(hook: &Hook, approval: &Approval) -> LockedHook {
    let mut entry = LockedHook {
        path: hook.at.path.clone(),
        event: hook.event.clone(),
        matcher: hook.matcher.clone(),
        command: launch::line(&hook.command),
        target: hook.target.as_ref().map(|target| target.sha256.clone()),
        sum: String::new(),
        approved: approval.clone(),
    };
    entry.sum = digest::sum(&entry.body());
    entry
}
