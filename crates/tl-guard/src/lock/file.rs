//! The lock as a file: TOML that git merges line by line.
//!
//! In: text, or a [`Lock`]. Out: the other. Start at [`read`] and [`write()`]. **Invariant:** the
//! writer sorts and has one form, so that a lock that was read and written again is the same
//! bytes, whoever merged it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Approval, Lock, LockedFile, LockedHook, LockedServer, LockedTool, SCHEMA, digest};

/// A lock that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not TOML, or keys that no lock has.
    #[error("the lock cannot be read")]
    Syntax(#[source] Box<toml::de::Error>),
    /// Of another program, or of a newer one.
    #[error("the lock has the schema `{found}`, not `{SCHEMA}`")]
    Schema {
        /// What it says.
        found: String,
    },
}

/// An entry that somebody changed by hand, or that is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The entry, as `guard approve` takes it.
    pub item: String,
    /// What is wrong.
    pub what: &'static str,
}

/// Reads a lock.
pub fn read(text: &str) -> Result<Lock, ReadError> {
    let lock: Lock = toml::from_str(text).map_err(|err| ReadError::Syntax(Box::new(err)))?;
    if lock.schema == SCHEMA { Ok(lock) } else { Err(ReadError::Schema { found: lock.schema }) }
}

/// Entries that are not as this program wrote them.
pub fn faults(lock: &Lock) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    let mut look = |item: String, key: String, body: &str, sum: &str| {
        if digest::sum(body) != sum {
            faults.push(Fault {
                item: item.clone(),
                what: "was changed by hand: its `sum` does not fit",
            });
        }
        if !seen.insert(key) {
            faults.push(Fault { item, what: "stands there twice" });
        }
    };
    for server in &lock.server {
        let item = server.item();
        look(item, server.head(), &server.body(), &server.sum);
    }
    for (kind, files) in [("file", &lock.file), ("skill", &lock.skill)] {
        for file in files {
            let item = format!("{kind}:{}", file.path);
            look(item.clone(), format!("{item}\0{}", file.kind), &file.body(), &file.sum);
        }
    }
    for hook in &lock.hook {
        look(
            hook.item(),
            format!("{}\0{}\0{}", hook.item(), hook.matcher, hook.command),
            &hook.body(),
            &hook.sum,
        );
    }
    faults
}

/// The text of a lock.
pub fn write(lock: &Lock) -> String {
    let mut text = format!("schema = {}\n", quoted(&lock.schema));
    let mut servers: Vec<&LockedServer> = lock.server.iter().collect();
    servers.sort_by_key(|server| (&server.name, &server.launch, &server.env));
    for server in servers {
        let (head, tools) = server.parts();
        let _infallible =
            write!(text, "\n[[server]]\n{head}{}{tools}", foot(&server.sum, &server.approved));
    }
    for (kind, files) in [("file", &lock.file), ("skill", &lock.skill)] {
        let mut files: Vec<&LockedFile> = files.iter().collect();
        files.sort_by_key(|file| (&file.path, &file.kind));
        for file in files {
            let _infallible =
                write!(text, "\n[[{kind}]]\n{}{}", file.body(), foot(&file.sum, &file.approved));
        }
    }
    let mut hooks: Vec<&LockedHook> = lock.hook.iter().collect();
    hooks.sort_by_key(|hook| (&hook.path, &hook.event, &hook.matcher, &hook.command));
    for hook in hooks {
        let _infallible =
            write!(text, "\n[[hook]]\n{}{}", hook.body(), foot(&hook.sum, &hook.approved));
    }
    text
}

impl LockedServer {
    /// As `guard approve` takes it.
    pub fn item(&self) -> String {
        format!("server:{}", self.name)
    }

    /// What the checksum is of.
    pub(crate) fn body(&self) -> String {
        let (head, tools) = self.parts();
        head + &tools
    }

    /// All of it but the tools.
    pub(super) fn head(&self) -> String {
        self.parts().0
    }

    fn parts(&self) -> (String, String) {
        let mut head = String::new();
        line(&mut head, "name", &quoted(&self.name));
        line(&mut head, "transport", &quoted(&self.transport));
        line(&mut head, "launch", &list(&self.launch));
        optional(&mut head, "package", self.package.as_deref());
        optional(&mut head, "version", self.version.as_deref());
        if !self.env.is_empty() {
            line(&mut head, "env", &list(&self.env));
        }
        optional(&mut head, "instructions", self.instructions.as_deref());
        let mut sorted: Vec<&LockedTool> = self.tool.iter().collect();
        sorted.sort_by_key(|tool| (&tool.name, &tool.sha256));
        (head, sorted.into_iter().map(LockedTool::body).collect())
    }
}

impl LockedTool {
    fn body(&self) -> String {
        let mut text = "\n[[server.tool]]\n".to_owned();
        line(&mut text, "name", &quoted(&self.name));
        line(&mut text, "sha256", &quoted(&self.sha256));
        line(&mut text, "simhash", &quoted(&self.simhash));
        optional(&mut text, "kept", self.kept.as_deref());
        text
    }
}

impl LockedFile {
    /// What the checksum is of.
    pub(crate) fn body(&self) -> String {
        let mut text = String::new();
        line(&mut text, "path", &quoted(&self.path));
        line(&mut text, "kind", &quoted(&self.kind));
        line(&mut text, "sha256", &quoted(&self.sha256));
        text
    }
}

impl LockedHook {
    /// As `guard approve` takes it: all hooks of one event in one file.
    pub fn item(&self) -> String {
        format!("hook:{}#{}", self.path, self.event)
    }

    /// What the checksum is of.
    pub(crate) fn body(&self) -> String {
        let mut text = String::new();
        line(&mut text, "path", &quoted(&self.path));
        line(&mut text, "event", &quoted(&self.event));
        if !self.matcher.is_empty() {
            line(&mut text, "matcher", &quoted(&self.matcher));
        }
        line(&mut text, "command", &quoted(&self.command));
        optional(&mut text, "target", self.target.as_deref());
        text
    }
}

fn foot(sum: &str, approved: &Approval) -> String {
    let mut inside = format!("by = {}, at = {}", quoted(&approved.by), quoted(&approved.at));
    if !approved.reason.is_empty() {
        let _infallible = write!(inside, ", reason = {}", quoted(&approved.reason));
    }
    if let Some(expires) = &approved.expires {
        let _infallible = write!(inside, ", until = {}", quoted(expires));
    }
    format!("sum = {}\napproved = {{ {inside} }}\n", quoted(sum))
}

fn line(text: &mut String, key: &str, value: &str) {
    let _infallible = writeln!(text, "{key} = {value}");
}

fn optional(text: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        line(text, key, &quoted(value));
    }
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A basic string in which nothing acts on a terminal or hides from a reader.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if super::diff::is_hidden(c) => {
                let _infallible = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
