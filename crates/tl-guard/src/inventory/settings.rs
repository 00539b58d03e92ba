//! Everything that one configuration file says: servers, hooks, permissions, redirections.
//!
//! In: a document and the shapes of its place. Out: entries added to an [`Inventory`].

use std::collections::BTreeMap;

use super::{Grants, Inventory, Permission, Server, hook, permission, server, shape};
use crate::inventory::server::Source;
use crate::parse::Node;

/// Variables that change whom an agent talks to, or what its processes load.
pub const REDIRECTING: &[&str] = &[
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_BEDROCK_BASE_URL",
    "ANTHROPIC_VERTEX_BASE_URL",
    "OPENAI_BASE_URL",
    "OPENAI_API_BASE",
    "GOOGLE_GEMINI_BASE_URL",
    "GEMINI_BASE_URL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "SSL_CERT_FILE",
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "NODE_OPTIONS",
    "PYTHONSTARTUP",
    "GIT_SSH_COMMAND",
    "PATH",
    "BASH_ENV",
    "ZDOTDIR",
    "PROMPT_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_EXEC_PATH",
    "GIT_CONFIG_GLOBAL",
    "PERL5OPT",
    "RUBYOPT",
];

/// Reads a document into the inventory and tells how many servers it has. With `settings`, hooks
/// and permissions are read too.
pub fn read(
    source: Source<'_>,
    root: &Node,
    shapes: &[shape::Shape],
    settings: bool,
    into: &mut Inventory,
) -> usize {
    let entries = shape::entries(root, shapes);
    for entry in &entries {
        let found = server::read(source, entry);
        if let Some(package) = &found.package {
            into.packages.push(package.clone());
        }
        into.servers.push(found);
    }
    if settings {
        hook::read(source, root, &mut into.hooks);
        permission::read(source, root, &mut into.permissions);
        redirections(source, root, &mut into.permissions);
    }
    entries.len()
}

/// `env` of a client's own settings; only names of [`REDIRECTING`], because others are secrets.
fn redirections(source: Source<'_>, root: &Node, into: &mut Vec<Permission>) {
    let places: [(&[&str], &str); 7] = [
        (&["env"], "env"),
        (&["shell_environment_policy", "set"], "shell_environment_policy.set"),
        (&["containerEnv"], "containerEnv"),
        (&["remoteEnv"], "remoteEnv"),
        (&["terminal.integrated.env.linux"], "terminal.integrated.env.linux"),
        (&["terminal.integrated.env.osx"], "terminal.integrated.env.osx"),
        (&["terminal.integrated.env.windows"], "terminal.integrated.env.windows"),
    ];
    for (path, name) in places {
        for member in root.path(path).map(Node::members).unwrap_or_default() {
            let Some(value) = member.value.scalar() else { continue };
            if REDIRECTING.iter().any(|known| member.key.eq_ignore_ascii_case(known)) {
                let key = format!("{name}.{}", member.key);
                into.push(Permission {
                    client: source.client,
                    scope: source.scope,
                    at: source.place(member.start, &key),
                    key,
                    value,
                    grants: Grants::Some,
                });
            }
        }
    }
}

/// The servers of one client by name, for rules that compare.
pub fn by_name(servers: &[Server]) -> BTreeMap<(super::Client, &str), Vec<&Server>> {
    let mut groups: BTreeMap<_, Vec<&Server>> = BTreeMap::new();
    for server in servers {
        groups.entry((server.client, server.name.as_str())).or_default().push(server);
    }
    groups
}
