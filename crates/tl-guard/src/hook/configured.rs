//! How a server is configured just now, for clients that name a server and not how they reach it.
//!
//! In: a client, the name of a server that a lock knows. Out: its launch as the lock would have it.
//! Start at [`launch`]. **Invariant:** a few small files of known places are read, nothing is walked, and
//! what cannot be read or told apart is no answer.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::paths::Ground;
use crate::inventory::server::{self, Source};
use crate::inventory::{Client, Launch, Scope, shape};
use crate::location::{self, Place, PlaceKind};
use crate::parse::{self, Limits, Lines};
use crate::{discover, lock};

/// Bytes of a file that is read: it is on the way of every call.
const LARGEST: u64 = 1 << 20;

/// Whose definition is used where several have one name, the first before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Managed,
    /// the person's own, for this repository alone
    Local,
    Project,
    User,
}

/// The words of the launch of a server, joined, where the client's configuration has one that is
/// used; one that is approved before others of the same rank.
pub(super) fn launch(client: Client, ground: &Ground<'_>, name: &str) -> Option<String> {
    let entries = || ground.locks.iter().flat_map(|held| &held.lock.server);
    let mut found: Vec<(Rank, String)> = Vec::new();
    // What no lock names is told as such.
    if name.is_empty() || !entries().any(|entry| entry.name == name) {
        return None;
    }
    let rows = location::all().filter(|place| {
        matches!(place.kind, PlaceKind::Servers | PlaceKind::Settings)
            && reads(client, place.client)
    });
    for place in rows {
        for path in paths(place, ground) {
            found.extend(defined(place, &path, ground, name));
        }
    }
    let first = found.iter().map(|(rank, _)| *rank).min()?;
    found.retain(|(rank, _)| *rank == first);
    let approved = |launch: &String| entries().any(|entry| entry.launch.join(" ") == *launch);
    let known = found.iter().position(|(_, launch)| approved(launch)).unwrap_or(0);
    Some(found.swap_remove(known).1)
}

/// Whether a client reads the files of a row. Copilot's hooks are asked by VS Code, too.
fn reads(client: Client, of: Client) -> bool {
    client == of || client == Client::CopilotCli && of == Client::Vscode
}

/// Files of a row; those without `*` in their path.
fn paths(place: &Place, ground: &Ground<'_>) -> Vec<PathBuf> {
    if place.path.contains('*') {
        return Vec::new();
    }
    if place.scope == Scope::Project {
        return ground.root.iter().map(|root| root.join(place.path)).collect();
    }
    let below = |words: Vec<String>| match words.split_first() {
        Some((first, rest)) if first == "~" => {
            Some(ground.host.home.as_ref()?.join(rest.iter().collect::<PathBuf>()))
        }
        Some((first, rest)) if first.ends_with(':') => {
            Some(ground.host.system.join(rest.iter().collect::<PathBuf>()))
        }
        _ => Some(ground.host.system.join(words.iter().collect::<PathBuf>())),
    };
    location::expanded(place, ground.host).into_iter().filter_map(below).collect()
}

/// What a file says of the server.
fn defined(place: &Place, path: &Path, ground: &Ground<'_>, name: &str) -> Vec<(Rank, String)> {
    let mut text = String::new();
    let read = path
        .canonicalize()
        .and_then(|path| discover::open(&path))
        .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    if read.is_err() || text.len() as u64 > LARGEST || !text.contains(name) {
        return Vec::new();
    }
    let Ok(tree) = parse::configuration(&path.to_string_lossy(), &text, Limits::default()) else {
        return Vec::new();
    };
    let (at, lines) = (discover::nowhere(), Lines::of(""));
    let source = Source { client: place.client, scope: place.scope, at: &at, lines: &lines };
    let entries = shape::entries(&tree, place.shapes);
    let here = |entry: &shape::Entry<'_>| match (&entry.project, &ground.root) {
        (None, _) => Some(match place.scope {
            Scope::Managed => Rank::Managed,
            Scope::Project => Rank::Project,
            _ => Rank::User,
        }),
        (Some(project), Some(root)) => (Path::new(project) == root).then_some(Rank::Local),
        (Some(_), None) => None,
    };
    let found = entries.iter().filter(|entry| entry.name == name).filter_map(|entry| {
        let server = server::read(source, entry);
        let tells = !server.disabled && !matches!(server.launch, Launch::Other { .. });
        let launch = tells.then(|| lock::launch::words(&server.launch).join(" "))?;
        Some((here(entry)?, launch))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::hook::paths::Held;
    use crate::hook::paths::tests::Tree;
    use crate::lock::{Approval, Lock, LockedServer};

    fn held(launch: &str) -> [Held; 1] {
        let entry = LockedServer {
            name: "mail".to_owned(),
            transport: "stdio".to_owned(),
            launch: launch.split(' ').map(str::to_owned).collect(),
            package: None,
            version: None,
            env: Vec::new(),
            instructions: None,
            sum: String::new(),
            approved: Approval::default(),
            tool: Vec::new(),
        };
        let lock = Lock { server: vec![entry], ..Lock::empty() };
        [Held { root: tl_core::finding::Root::Repository, lock }]
    }

    #[test]
    fn each_client_that_names_a_server_is_looked_up_in_its_own_files() {
        let tree = Tree::new();
        let locks = held("npx -y mail@1");
        let json = r#"{"mcpServers": {"mail": {"command": "npx", "args": ["-y", "mail@2"]}}}"#;
        let toml = "[mcp_servers.mail]\ncommand = \"npx\"\nargs = [\"-y\", \"mail@2\"]\n";
        for (client, file, text) in [
            (Client::ClaudeCode, "code/.mcp.json", json),
            (Client::Codex, ".codex/config.toml", toml),
            (Client::Windsurf, ".codeium/windsurf/mcp_config.json", json),
            (Client::CopilotCli, ".copilot/mcp-config.json", json),
            (Client::CopilotCli, "code/.vscode/mcp.json", &json.replace("mcpServers", "servers")),
            (Client::Cline, ".cline/data/settings/cline_mcp_settings.json", json),
        ] {
            let path = tree.home().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let ground = tree.ground(&locks);
            assert_eq!(launch(client, &ground, "mail").as_deref(), Some("npx -y mail@2"), "{file}");
            assert_eq!(launch(client, &ground, "other"), None);
            fs::remove_file(path).unwrap();
            assert_eq!(launch(client, &tree.ground(&locks), "mail"), None, "{file}");
        }
    }

    #[test]
    fn the_definition_that_the_client_uses_counts() {
        let tree = Tree::new();
        let locks = held("npx -y mail@1");
        let server = |package: &str| serde_json::json!({"mail": {"command": "npx", "args": ["-y", package]}});
        let told = || launch(Client::ClaudeCode, &tree.ground(&locks), "mail").unwrap_or_default();
        let write = |file: &str, value: serde_json::Value| {
            fs::write(tree.home().join(file), value.to_string()).unwrap();
        };
        write(".claude.json", serde_json::json!({"mcpServers": server("mail@3")}));
        assert_eq!(told(), "npx -y mail@3");
        write("code/.mcp.json", serde_json::json!({"mcpServers": server("mail@1")}));
        assert_eq!(told(), "npx -y mail@1", "the repository's before the person's");
        let root = tree.ground(&locks).root.unwrap();
        write(
            ".claude.json",
            serde_json::json!({"projects": {
                root.to_str().unwrap(): {"mcpServers": server("mail@4")},
                "/elsewhere": {"mcpServers": server("mail@5")},
            }}),
        );
        assert_eq!(told(), "npx -y mail@4", "what is for this repository alone before both");
    }
}
