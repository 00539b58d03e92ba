//! Patterns of the TOML, as conditions of Cedar.
//!
//! Cedar's `like` has one wildcard, which stands for any characters, `/` among them. A pattern is
//! therefore either said exactly by equality, `like` and their combination, or refused with what
//! to write instead. **Invariant:** no pattern means more, or less, than what the documentation
//! (`docs/guard-policy.md`) says of it.

mod path;

use crate::cedar::{Cond, all, any, attribute, equals, like, not};
use crate::host;

/// What a pattern is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A path; also of settings.
    Path,
    /// A program with its arguments.
    Command,
    /// A host name or address.
    Host,
    /// An MCP server: by name, package or address.
    Server,
    /// A tool of a server.
    Tool,
    /// A package of an ecosystem.
    Package,
}

/// Longest pattern in bytes.
const LONGEST: usize = 1_024;

/// Begin and end of a word in [`encoded`].
const BEGIN: char = '\u{1e}';
const END: char = '\u{1f}';

/// When a request's resource is what the pattern says. Errors: why it cannot be said, and what to
/// write instead.
pub(crate) fn condition(kind: Kind, pattern: &str) -> Result<Cond, String> {
    if pattern.is_empty() || pattern.len() > LONGEST || pattern.chars().any(char::is_control) {
        return Err(format!("a pattern has 1 to {LONGEST} bytes, and no control characters"));
    }
    match kind {
        Kind::Path => path::condition(pattern),
        Kind::Command => command(pattern),
        Kind::Host => host_name(pattern),
        Kind::Server => server(pattern),
        Kind::Tool => tool(pattern),
        Kind::Package => package(pattern),
    }
}

/// Words so that one pattern of Cedar can tell where each begins and ends.
pub(crate) fn encoded<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for word in words {
        text.push(BEGIN);
        text.extend(word.chars().map(|c| if matches!(c, BEGIN | END) { '\u{fffd}' } else { c }));
        text.push(END);
    }
    text
}

/// A program without its directory, and without `.exe`.
pub(crate) fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn command(pattern: &str) -> Result<Cond, String> {
    let words: Vec<&str> = pattern.split_whitespace().collect();
    let Some(first) = words.first() else {
        return Err("a command has at least a program".to_owned());
    };
    if let Some(part) = words.iter().find(|word| word.contains('*') && **word != "*") {
        return Err(format!(
            "`*` stands for whole words, and `{part}` is a part of one: write `*` with spaces \
             around it"
        ));
    }
    if let Some(quoted) = words.iter().find(|word| word.contains(['"', '\''])) {
        return Err(format!(
            "a command is matched by its words: leave the quotes out of `{quoted}`"
        ));
    }
    let mut text = String::new();
    for word in &words {
        match *word {
            "*" => text.push('*'),
            word => text.push_str(&encoded([word])),
        }
    }
    // A program that is named with its directory is that one; without, any of this name.
    let of = if first.contains('/') { "typed" } else { "words" };
    Ok(like(attribute(of), &text))
}

fn host_name(pattern: &str) -> Result<Cond, String> {
    if pattern == "*" {
        return Ok(all([]));
    }
    let (sub, name) = match pattern.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, pattern),
    };
    if name.contains('*') {
        return Err("`*` stands for subdomains, and only at the front: `*.acme.example`".to_owned());
    }
    match host::canonical(name) {
        Some(host) if host == name.to_lowercase().trim_matches(['[', ']']) => {
            let name = attribute("name");
            Ok(if sub { like(name, &format!("*.{host}")) } else { equals(name, &host) })
        }
        Some(host) => Err(format!("only the host counts, in its plain form: write `{host}`")),
        None => Err(format!("`{name}` is no host")),
    }
}

fn server(pattern: &str) -> Result<Cond, String> {
    if !pattern.contains(':') {
        return Ok(like(attribute("server"), pattern));
    }
    let fixed = pattern.strip_suffix('*').unwrap_or(pattern);
    if fixed.contains('*') {
        return Err("`*` stands at the end of a package or an address: `npm:@acme/*`".to_owned());
    }
    if let Some((scheme, rest)) = fixed.split_once("://")
        && matches!(scheme, "http" | "https")
    {
        // `https://acme.example*` would also be `https://acme.example.evil`.
        if !rest.contains('/') {
            return Err(format!("an address goes on to a `/`: write `{scheme}://{rest}/*`"));
        }
        let Some(canonical) = host::origin(fixed) else {
            return Err(format!("`{fixed}` is no address"));
        };
        if canonical != fixed {
            return Err(format!("an address in its plain form: write `{canonical}`"));
        }
    }
    Ok(like(attribute("origin"), pattern))
}

fn tool(pattern: &str) -> Result<Cond, String> {
    if !pattern.contains('/') {
        return Err(format!("a tool is SERVER/TOOL: write `*/{pattern}` for any server's"));
    }
    Ok(like(attribute("text"), pattern))
}

fn package(pattern: &str) -> Result<Cond, String> {
    if !pattern.contains(':') {
        return Err(format!("a package is ECOSYSTEM:NAME: write `npm:{pattern}` or `*:{pattern}`"));
    }
    Ok(like(attribute("text"), pattern))
}

/// For [`path`]: what it combines.
fn one_of(conditions: Vec<Cond>) -> Cond {
    any(conditions)
}

/// For [`path`]: the first without the second.
fn without(condition: Cond, other: Cond) -> Cond {
    all([condition, not(other)])
}

#[cfg(test)]
mod tests;
