//! Mends of configurations: one function a rule, by the spans of the tree.
//!
//! In: a tree and a finding in it. Out: what is [`Wanted`]. Start at [`mend`].

use std::collections::{BTreeMap, BTreeSet};

use tl_core::finding::{Edit, Finding};

use super::{BY_HAND, Versions, item};
use crate::inventory::package::{self, fetched, program_name};
use crate::inventory::{Ecosystem, permission, shape};
use crate::parse::{Data, Node};
use crate::rules::gc::auto_approved_tools::acts;

/// Edits to be made: replacements by their range, and items of lists by the list.
#[derive(Default)]
pub(super) struct Wanted {
    replaced: BTreeMap<(usize, usize), BTreeSet<String>>,
    /// by the first byte of the list
    gone: BTreeMap<usize, (Node, BTreeSet<usize>)>,
}

impl Wanted {
    /// A stretch becomes something else.
    pub(super) fn replace(&mut self, start: usize, end: usize, with: &str) {
        self.replaced.entry((start, end)).or_default().insert(with.to_owned());
    }

    fn remove(&mut self, list: &Node, index: usize) {
        self.gone
            .entry(list.start)
            .or_insert_with(|| (list.clone(), BTreeSet::new()))
            .1
            .insert(index);
    }

    /// As edits by place, apart from each other, or why that cannot be.
    pub(super) fn edits(self, text: &str) -> Result<Vec<Edit>, &'static str> {
        const TWICE: &str = "two mends are at the same place: make one by hand and ask again";
        let mut edits = Vec::new();
        for ((start, end), with) in self.replaced {
            let mut with = with.into_iter();
            let (Some(replacement), None) = (with.next(), with.next()) else { return Err(TWICE) };
            edits.push(Edit { start, end, replacement });
        }
        for (list, gone) in self.gone.values() {
            let gone: Vec<usize> = gone.iter().copied().collect();
            let without = item::without(text, list, &gone);
            edits.extend(without.ok_or("an item of the list is not written plainly")?);
        }
        edits.sort_by_key(|edit| (edit.start, edit.end));
        let apart = edits.windows(2).all(|pair| pair[0].end <= pair[1].start);
        if apart { Ok(edits) } else { Err(TWICE) }
    }
}

/// What is done about a finding, or why nothing is.
pub(super) fn mend(
    tree: &Node,
    text: &str,
    finding: &Finding,
    versions: Versions<'_>,
    wanted: &mut Wanted,
) -> Result<String, String> {
    let mend = Mend { tree, text, finding };
    match finding.rule.0.as_ref() {
        "GC001" => mend.pinned(versions, wanted),
        "GC008" => mend.narrowed(wanted),
        "GC009" => mend.asked_again(wanted),
        "GC012" => mend.not_approved(wanted),
        "GN001" => mend.loopback(wanted),
        _ => Err(BY_HAND.to_owned()),
    }
}

struct Mend<'a> {
    tree: &'a Node,
    text: &'a str,
    finding: &'a Finding,
}

/// Where a finding points: an item of a list, or a key with its value.
enum Spot<'a> {
    Item { list: &'a Node, index: usize },
    Value(&'a Node),
}

impl<'a> Mend<'a> {
    /// The server that the finding is about.
    fn server(&self) -> Result<&'a Node, String> {
        let entries = shape::entries(self.tree, shape::ALL);
        let mut same = entries.into_iter().filter(|entry| entry.within == self.finding.at.within);
        match (same.next(), same.next()) {
            (Some(entry), None) => Ok(entry.node),
            (None, _) => Err(BY_HAND.to_owned()),
            (Some(_), Some(_)) => Err("the server is there twice".to_owned()),
        }
    }

    /// What begins where the finding says.
    fn spot(&self) -> Result<Spot<'a>, String> {
        let byte = byte_at(self.text, self.finding.at.line, self.finding.at.column);
        byte.and_then(|byte| find(self.tree, byte)).ok_or_else(|| BY_HAND.to_owned())
    }

    fn word(&self, node: &Node) -> Word<'a> {
        Word { text: self.text, start: node.start, end: node.end }
    }

    /// An exact version for a package that has none.
    fn pinned(&self, versions: Versions<'_>, wanted: &mut Wanted) -> Result<String, String> {
        let server = self.server()?;
        let (command, words) = command_line(server).ok_or_else(|| BY_HAND.to_owned())?;
        let texts: Vec<String> = words.iter().filter_map(|word| word.scalar()).collect();
        let found = fetched(&command.scalar().unwrap_or_default(), &texts)
            .filter(|found| !found.pinned && texts.len() == words.len())
            .ok_or_else(|| BY_HAND.to_owned())?;
        let known = versions(found.ecosystem, &found.name);
        let version = match known.as_slice() {
            [one] => one,
            [] => return Err(unknown(found.ecosystem, &found.name)),
            several => {
                return Err(format!(
                    "several versions of `{}` are here ({}): name one",
                    found.name,
                    several.join(", ")
                ));
            }
        };
        let node = words.get(found.argument).copied().unwrap_or(command);
        let whole = node.scalar().unwrap_or_default();
        let written = package::words(&whole).into_iter().find(|word| word.contains(&found.name));
        let written = written.ok_or_else(|| BY_HAND.to_owned())?;
        let new = with_version(&written, found.ecosystem, &found.name, version)
            .ok_or_else(|| BY_HAND.to_owned())?;
        self.word(node).swap(&written, &new, wanted)?;
        Ok(format!("`{}` is pinned to {version}", found.name))
    }

    /// A permission that gives everything away is taken out: the client asks again.
    fn narrowed(&self, wanted: &mut Wanted) -> Result<String, String> {
        match self.spot()? {
            Spot::Item { list, index } => {
                let item = &list.items()[index];
                if let Some(action) = item.get("action") {
                    self.word(action).swap("allow", "ask", wanted)?;
                    return Ok("it is asked about again".to_owned());
                }
                let rule = item.text().ok_or_else(|| BY_HAND.to_owned())?;
                if permission::grants(rule) == crate::inventory::Grants::Some {
                    return Err("the file changed since it was read".to_owned());
                }
                wanted.remove(list, index);
                Ok(format!("`{rule}` is taken out: it is asked about again"))
            }
            Spot::Value(value) => self.asks(value, wanted),
        }
    }

    /// A switch that turned questions off is turned back.
    fn asks(&self, value: &Node, wanted: &mut Wanted) -> Result<String, String> {
        let key = self.finding.at.within.as_str();
        let mode = match &value.data {
            Data::Bool(true) => {
                wanted.replace(value.start, value.end, "false");
                return Ok(format!("`{key}` is switched off"));
            }
            Data::String(mode) => mode.as_str(),
            _ => return Err(BY_HAND.to_owned()),
        };
        let calmer = match mode {
            "bypassPermissions" | "yolo" => "default",
            // Goose
            "auto" => "approve",
            "never" => "on-request",
            "danger-full-access" => "workspace-write",
            "allow" if key.ends_with("tool_permissions.default") => "confirm",
            "allow" => "ask",
            _ => return Err(BY_HAND.to_owned()),
        };
        self.word(value).swap(mode, calmer, wanted)?;
        Ok(format!("`{key}` is `{calmer}`"))
    }

    /// A mode, or an option of a command line, that switches questions off.
    fn asked_again(&self, wanted: &mut Wanted) -> Result<String, String> {
        let flag = self.finding.message.split('`').find(|part| part.starts_with("--"));
        let Some(flag) = flag else {
            return match self.spot()? {
                Spot::Value(value) => self.asks(value, wanted),
                Spot::Item { .. } => self.narrowed(wanted),
            };
        };
        let node = match self.server() {
            Ok(server) => server,
            Err(_) => match self.spot()? {
                Spot::Value(value) => value,
                Spot::Item { list, index } => &list.items()[index],
            },
        };
        let mut taken = 0;
        self.drop_flag(node, flag, &mut taken, wanted);
        if taken == 0 { Err(BY_HAND.to_owned()) } else { Ok(format!("`{flag}` is taken out")) }
    }

    fn drop_flag(&self, node: &Node, flag: &str, taken: &mut usize, wanted: &mut Wanted) {
        for member in node.members() {
            self.drop_flag(&member.value, flag, taken, wanted);
        }
        for (index, item) in node.items().iter().enumerate() {
            if item.text() == Some(flag) {
                *taken += 1;
                wanted.remove(node, index);
            } else {
                self.drop_flag(item, flag, taken, wanted);
            }
        }
        let is_in = |line: &str| line.split_whitespace().any(|word| word == flag);
        if node.text().is_some_and(is_in) {
            let behind = self.word(node).swap(&format!(" {flag}"), "", wanted);
            *taken += usize::from(behind.is_ok());
        }
    }

    /// Tools of a server that do something are asked about again.
    fn not_approved(&self, wanted: &mut Wanted) -> Result<String, String> {
        let Ok(server) = self.server() else {
            return match self.spot()? {
                Spot::Value(value) => self.asks(value, wanted),
                Spot::Item { .. } => Err(BY_HAND.to_owned()),
            };
        };
        let mut taken = Vec::new();
        for member in server.members() {
            let value = &member.value;
            match member.key.as_str() {
                "autoApprove" | "alwaysAllow" | "autoApproved" | "always_allow"
                | "auto_approve" | "trust" => {}
                "tools" => {
                    for tool in value.members().iter().filter(|tool| acts(&tool.key)) {
                        let Some(mode) = tool.value.get("approval_mode") else { continue };
                        if mode.text() == Some("approve") {
                            self.word(mode).swap("approve", "prompt", wanted)?;
                            taken.push(tool.key.clone());
                        }
                    }
                    continue;
                }
                _ => continue,
            }
            if value.is_true() {
                wanted.replace(value.start, value.end, "false");
                taken.push(member.key.clone());
            }
            for (index, item) in value.items().iter().enumerate() {
                let Some(tool) = item.scalar().filter(|tool| tool == "*" || acts(tool)) else {
                    continue;
                };
                wanted.remove(value, index);
                taken.push(tool);
            }
        }
        if taken.is_empty() {
            return Err("the tools only read, by their names: look at them".to_owned());
        }
        Ok(format!("`{}` is asked about again", taken.join("`, `")))
    }

    /// A server that listened on all addresses listens on this machine's own.
    fn loopback(&self, wanted: &mut Wanted) -> Result<String, String> {
        let server = self.server()?;
        let (command, words) = command_line(server).ok_or_else(|| BY_HAND.to_owned())?;
        let container = matches!(
            program_name(&command.scalar().unwrap_or_default()).as_str(),
            "docker" | "podman" | "nerdctl"
        );
        let mut done = Vec::new();
        let mut flag = String::new();
        for node in words {
            let Some(arg) = node.scalar() else { continue };
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), value),
                None => (std::mem::take(&mut flag), arg.as_str()),
            };
            if container && matches!(name.as_str(), "-p" | "--publish") {
                let ports: Vec<&str> = value.split(':').collect();
                if ports.len() == 2
                    && ports[0].starts_with(|c: char| c.is_ascii_digit())
                    && !value.contains('.')
                {
                    self.word(node).swap(value, &format!("127.0.0.1:{value}"), wanted)?;
                    done.push(value.to_owned());
                } else if let Some(rest) = value.strip_prefix("0.0.0.0:") {
                    self.word(node).swap(value, &format!("127.0.0.1:{rest}"), wanted)?;
                    done.push(value.to_owned());
                }
            }
            let opens = matches!(
                name.trim_start_matches('-'),
                "host" | "bind" | "address" | "listen" | "hostname" | "bind-address" | "addr"
            );
            if let (true, false, Some(closed)) =
                (name.starts_with('-') && opens, container, own(value))
            {
                self.word(node).swap(value, &closed, wanted)?;
                done.push(value.to_owned());
            }
            flag = arg;
        }
        for (name, node) in variables(server) {
            let known = [
                "HOST",
                "BIND",
                "BIND_ADDRESS",
                "LISTEN_HOST",
                "MCP_HOST",
                "FASTMCP_HOST",
                "SERVER_HOST",
            ];
            let written = node.scalar().unwrap_or_default();
            let value = written.strip_prefix(&format!("{name}=")).unwrap_or(&written).to_owned();
            let Some(closed) = own(&value).filter(|_| known.contains(&name.as_str())) else {
                continue;
            };
            if container {
                return Err(
                    "inside a container it has to: publish the port on 127.0.0.1".to_owned()
                );
            }
            self.word(node).swap(&value, &closed, wanted)?;
            done.push(value);
        }
        if done.is_empty() {
            return Err(BY_HAND.to_owned());
        }
        Ok(format!("`{}` is bound to this machine alone", done.join("`, `")))
    }
}

/// The same address of this machine alone; `None` if it is none that is open to all.
fn own(value: &str) -> Option<String> {
    for (open, closed) in [("0.0.0.0", "127.0.0.1"), ("[::]", "[::1]"), ("*", "127.0.0.1")] {
        if let Some(rest) =
            value.strip_prefix(open).filter(|rest| rest.is_empty() || rest.starts_with(':'))
        {
            return Some(format!("{closed}{rest}"));
        }
    }
    (value == "::").then(|| "::1".to_owned())
}

fn unknown(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::Docker => {
            format!("the digest of `{name}` is not known here: `docker pull` prints it")
        }
        _ => format!("no version of `{name}` is installed or approved here: name one"),
    }
}

/// The command of a server and the words behind it.
fn command_line(server: &Node) -> Option<(&Node, Vec<&Node>)> {
    let command = server.get("command").or_else(|| server.get("cmd"))?;
    let own = || server.get("args").map(Node::items).unwrap_or_default().iter();
    Some(match &command.data {
        Data::List(items) => (items.first()?, items.iter().skip(1).chain(own()).collect()),
        Data::Map(_) => {
            let first = command.get("args").map(Node::items).unwrap_or_default();
            (command.get("path")?, first.iter().chain(own()).collect())
        }
        _ => (command, own().collect()),
    })
}

/// Variables of a server with the node that holds the value.
fn variables(server: &Node) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    for key in ["env", "envs", "environment"] {
        let Some(values) = server.get(key) else { continue };
        found.extend(values.members().iter().map(|member| (member.key.clone(), &member.value)));
        for item in values.items() {
            if let Some((name, _)) = item.text().and_then(|text| text.split_once('=')) {
                found.push((name.to_owned(), item));
            } else if let (Some(name), Some(value)) = (item.get("name"), item.get("value")) {
                found.extend(name.scalar().map(|name| (name, value)));
            }
        }
    }
    found
}

/// A package word with this version.
fn with_version(written: &str, ecosystem: Ecosystem, name: &str, version: &str) -> Option<String> {
    let at = written.find(name)?;
    let (front, rest) = (&written[..at], &written[at + name.len()..]);
    match ecosystem {
        Ecosystem::Npm if rest.is_empty() || rest.starts_with('@') => {
            Some(format!("{front}{name}@{version}"))
        }
        Ecosystem::Go => {
            let plain = rest.is_empty() || rest.starts_with('@');
            let v = if version.starts_with('v') { "" } else { "v" };
            plain.then(|| format!("{front}{name}@{v}{version}"))
        }
        Ecosystem::Pypi if !rest.contains([';', '/']) => {
            let extras =
                rest.find(']').filter(|_| rest.starts_with('[')).map_or("", |end| &rest[..=end]);
            Some(format!("{front}{name}{extras}=={version}"))
        }
        Ecosystem::Docker if version.starts_with("sha256:") => {
            Some(format!("{front}{name}@{version}"))
        }
        _ => None,
    }
}

/// A string as it is written, quotes and all.
struct Word<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

impl Word<'_> {
    /// One stretch of it becomes another. Both are plain: nothing has to be escaped.
    fn swap(&self, old: &str, new: &str, wanted: &mut Wanted) -> Result<(), String> {
        let raw = self.text.get(self.start..self.end).unwrap_or_default();
        let plain = |c: char| !matches!(c, '"' | '\'' | '\\') && !c.is_control();
        let mut places = raw.match_indices(old);
        match (places.next(), places.next()) {
            (Some((at, _)), None)
                if !old.is_empty() && old.chars().all(plain) && new.chars().all(plain) =>
            {
                wanted.replace(self.start + at, self.start + at + old.len(), new);
                Ok(())
            }
            _ => Err("it is not written plainly there".to_owned()),
        }
    }
}

/// The byte of a line and column, both from 1.
fn byte_at(text: &str, line: u32, column: u32) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..)?;
    Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
}

/// The item, or the value of the key, that begins at a byte.
fn find(node: &Node, byte: usize) -> Option<Spot<'_>> {
    for (index, item) in node.items().iter().enumerate() {
        if item.start == byte {
            return Some(Spot::Item { list: node, index });
        }
        if let Some(found) = find(item, byte) {
            return Some(found);
        }
    }
    for member in node.members() {
        if member.start == byte {
            return Some(Spot::Value(&member.value));
        }
        if let Some(found) = find(&member.value, byte) {
            return Some(found);
        }
    }
    None
}
