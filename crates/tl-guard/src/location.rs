//! Where clients keep servers, settings, hooks, instructions and skills: dated data.
//!
//! In: nothing. Out: [`PLACES`], and [`expanded`] for a given [`Host`]. A client that moves a
//! file is a row here. **Notation:** `~` is the home; `<code>` each editor of VS Code's family;
//! `<cfg>` the directory for settings; `$NAME{default}` a variable or else the default; `*` any
//! name; `**` any number of directories. A project's path holds at any depth of a repository.

mod assistants;
mod claude;
mod editors;
mod others;

use crate::host::{Host, Os};
use crate::inventory::shape::Shape;
use crate::inventory::{Client, Scope};

/// What stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKind {
    /// MCP servers only
    Servers,
    /// servers, hooks and permissions
    Settings,
    /// hooks only
    Hooks,
    /// an executable file that is a hook
    HookFile,
    /// instructions
    Rules,
    /// `SKILL.md`; what is beside it belongs to it
    Skills,
    /// subagents
    Agents,
    /// slash commands, prompts, recipes
    Commands,
    /// a plugin's own description
    Plugins,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// whose
    pub client: Client,
    /// who may write there
    pub scope: Scope,
    /// what stands there
    pub kind: PlaceKind,
    /// systems where it holds
    pub os: &'static [Os],
    /// in the notation of this module
    pub path: &'static str,
    /// shapes of servers that are expected
    pub shapes: &'static [Shape],
    /// when somebody last looked: a date
    pub seen: &'static str,
    /// whether the vendor documents it, or it was observed
    pub sure: bool,
}

/// Every system.
pub const ANY: &[Os] = &[Os::Linux, Os::MacOs, Os::Windows];
const LINUX: &[Os] = &[Os::Linux];
const MAC: &[Os] = &[Os::MacOs];
const WINDOWS: &[Os] = &[Os::Windows];

const MCP: &[Shape] = &[Shape::Map("mcpServers")];
const NO: &[Shape] = &[Shape::None];

/// The audit of the tables that all rows come from, unless a row says otherwise.
const AUDIT: &str = "2026-06-21";

const fn row(
    client: Client,
    scope: Scope,
    kind: PlaceKind,
    path: &'static str,
    shapes: &'static [Shape],
) -> Place {
    Place { client, scope, kind, os: ANY, path, shapes, seen: AUDIT, sure: true }
}

impl Place {
    const fn on(self, os: &'static [Os]) -> Self {
        Self { os, ..self }
    }

    const fn unsure(self) -> Self {
        Self { sure: false, ..self }
    }
}

/// All rows. A path that several clients read is listed under the first of them.
pub const PLACES: &[&[Place]] =
    &[claude::PLACES, editors::PLACES, assistants::PLACES, others::PLACES];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Place> {
    PLACES.iter().flat_map(|rows| rows.iter())
}

/// Patterns of a row on a host, absolute below its home or system root: first the root's kind,
/// then components. Empty where the row does not hold, or the home is not known.
pub fn expanded(place: &Place, host: &Host) -> Vec<Vec<String>> {
    if !place.os.contains(&host.os) {
        return Vec::new();
    }
    let mut paths = vec![place.path.to_owned()];
    if place.path.contains("<code>") {
        paths = code_directories(host).iter().map(|d| place.path.replace("<code>", d)).collect();
    }
    let cfg = match host.os {
        Os::Windows => "$APPDATA{~/AppData/Roaming}",
        _ => "$XDG_CONFIG_HOME{~/.config}",
    };
    paths
        .iter()
        .map(|path| variable(&path.replace("<cfg>", cfg), host))
        .map(|path| path.split(['/', '\\']).filter(|c| !c.is_empty()).map(str::to_owned).collect())
        .collect()
}

fn code_directories(host: &Host) -> Vec<String> {
    let parent = match host.os {
        Os::Linux => "$XDG_CONFIG_HOME{~/.config}",
        Os::MacOs => "~/Library/Application Support",
        Os::Windows => "$APPDATA{~/AppData/Roaming}",
    };
    ["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf"]
        .iter()
        .map(|editor| format!("{parent}/{editor}"))
        .collect()
}

/// `$NAME{default}` at the start. A value below the home is written with `~`, so that it is found
/// below the home that was given; any other is left absolute.
fn variable(path: &str, host: &Host) -> String {
    let Some((name, rest)) = path.strip_prefix('$').and_then(|p| p.split_once('{')) else {
        return path.to_owned();
    };
    let Some((default, rest)) = rest.split_once('}') else { return path.to_owned() };
    let Some(value) = host.variables.get(name).filter(|value| !value.is_empty()) else {
        return format!("{default}{rest}");
    };
    let home = host.home.as_deref().map(|home| home.to_string_lossy().into_owned());
    match home.and_then(|home| value.strip_prefix(home.as_str()).map(str::to_owned)) {
        Some(below) => format!("~{below}{rest}"),
        None => format!("{value}{rest}"),
    }
}

/// Whether components of a path are what a pattern says. `**` is any number of directories, `*`
/// any characters of one name. Names are compared without case: two of three systems do so.
pub fn matches<P: AsRef<str>, C: AsRef<str>>(pattern: &[P], path: &[C]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return path.is_empty() };
    if first.as_ref() == "**" {
        return (0..=path.len()).any(|skip| matches(rest, &path[skip..]));
    }
    match path.split_first() {
        Some((name, below)) => {
            matches_name(first.as_ref().as_bytes(), name.as_ref().as_bytes())
                && matches(rest, below)
        }
        None => false,
    }
}

/// One name against one pattern with `*`.
pub fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|skip| matches_name(rest, &name[skip..])),
        Some((c, rest)) => {
            name.first().is_some_and(|n| n.eq_ignore_ascii_case(c))
                && matches_name(rest, &name[1..])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::PathBuf;

    use super::*;

    fn host(os: Os, variables: &[(&str, &str)]) -> Host {
        Host {
            os,
            home: Some(PathBuf::from("/h")),
            system: PathBuf::from("/"),
            variables: variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            repositories: Vec::new(),
        }
    }

    #[test]
    fn every_row_is_dated_and_well_formed() {
        let mut seen = BTreeSet::new();
        for place in all() {
            let path = place.path;
            let date: Vec<&str> = place.seen.split('-').collect();
            assert_eq!(date.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 2, 2], "{path}");
            let project = matches!(place.scope, Scope::Project | Scope::Dependency);
            let absolute = path.starts_with(['~', '$', '<', '/']) || path.starts_with("C:/");
            assert_eq!(project, !absolute, "{path}");
            assert!(!path.contains("//") && !path.ends_with('/'), "{path}");
            let key = (place.client, path, place.kind, format!("{:?}", place.os));
            assert!(seen.insert(key), "{path} is there twice");
        }
    }

    #[test]
    fn every_client_has_a_row() {
        let clients: BTreeSet<Client> = all().map(|place| place.client).collect();
        let known: BTreeMap<_, _> = Client::ALL.iter().map(|c| (*c, ())).collect();
        assert_eq!(clients, known.into_keys().collect());
    }

    #[test]
    fn variables_and_editors_are_expanded() {
        let row = row(
            Client::Codex,
            Scope::User,
            PlaceKind::Settings,
            "$CODEX_HOME{~/.codex}/config.toml",
            NO,
        );
        assert_eq!(expanded(&row, &host(Os::Linux, &[])), [["~", ".codex", "config.toml"]]);
        let moved = host(Os::Linux, &[("CODEX_HOME", "/h/elsewhere")]);
        assert_eq!(expanded(&row, &moved), [["~", "elsewhere", "config.toml"]]);
        let code = Place { path: "<code>/User/mcp.json", ..row };
        assert_eq!(expanded(&code, &host(Os::MacOs, &[])).len(), 5);
        assert!(expanded(&code.on(WINDOWS), &host(Os::Linux, &[])).is_empty());
    }

    #[test]
    fn patterns_match_names_and_directories() {
        let is = |pattern: &str, path: &str| {
            matches(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
        };
        assert!(is(".claude/rules/**/*.md", ".claude/rules/a.md"));
        assert!(is(".claude/rules/**/*.md", ".claude/rules/a/b/C.MD"));
        assert!(!is(".claude/rules/**/*.md", ".claude/rules/a.txt"));
        assert!(is("*.code-workspace", "x.code-workspace"));
        assert!(!is("AGENTS.md", "docs/AGENTS.md"));
    }
}
