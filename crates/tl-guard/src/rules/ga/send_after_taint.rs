//! GA002: what goes out after untrusted text was read.

use serde_json::Value;
use tl_core::verdict::Effect;

use super::{Found, SEND_AFTER_TAINT, Scene, Step, danger};
use crate::hook::Action;
use crate::rules::gs;

/// Programs that reach a host that their words name.
const CLIENTS: &[&str] = &[
    "curl",
    "wget",
    "wget2",
    "http",
    "https",
    "xh",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "telnet",
    "ftp",
    "lftp",
    "tftp",
    "scp",
    "sftp",
    "rsync",
    "ssh",
    "aria2c",
    "iwr",
    "irm",
    "invoke-webrequest",
    "invoke-restmethod",
    "sendmail",
    "mail",
    "mailx",
    "mutt",
    "swaks",
    "websocat",
    "rclone",
    "s3cmd",
    "openssl",
];

/// Programs that ask a name server.
const RESOLVERS: &[&str] = &["dig", "nslookup", "host", "drill", "kdig", "ping"];

/// Words of the names of tools that send.
const SENDS: &[&str] = &[
    "send", "post", "publish", "upload", "share", "reply", "tweet", "comment", "notify", "forward",
    "create", "add", "submit", "push", "put", "write", "update", "email", "invite", "merge",
    "fork", "commit", "message",
];

/// Longer pieces of an address carry data.
const PIECE: usize = 40;
/// Longer labels of a host name carry data.
const LABEL: usize = 30;

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Found>) {
    if !scene.session.is_tainted() {
        return;
    }
    let source = scene.session.taint.last().map_or("", |taint| taint.source.as_str());
    let mut add = |what: String, resource: &str, secret: bool| {
        out.push(Found {
            doc: &SEND_AFTER_TAINT,
            effect: secret.then_some(Effect::Deny),
            text: if secret {
                format!("{what} with a key in it, after the session read {source}")
            } else {
                format!("{what}, after the session read {source}")
            },
            resource: resource.to_owned(),
        });
    };
    match scene.action {
        Action::Fetch { url } => {
            let host = host_of(url);
            let known = scene.session.hosts.contains_key(&host);
            if !is_local(&host) && (!known || carries_data(url)) {
                add(format!("`{host}` is reached"), url, holds_key(url));
            }
        }
        Action::CallTool { server, tool, arguments, .. } if sends(tool) => {
            let resource = format!("{server}/{tool}");
            add(format!("`{resource}` sends"), &resource, value_holds_key(arguments));
        }
        Action::Run { .. } => {
            for step in &scene.steps {
                if let Some(what) = sent_by(step, scene) {
                    let secret = step.command.words.iter().any(|word| holds_key(&word.text));
                    add(what, &step.shown(), secret);
                }
            }
            for what in &scene.unread {
                add(format!("the command line has {what}"), "", false);
            }
        }
        _ => {}
    }
}

/// What a program sends; `None` where nothing leaves the machine.
fn sent_by(step: &Step, scene: &Scene<'_>) -> Option<String> {
    let program = step.program.as_str();
    let mut words = step.command.arguments().iter().map(|word| word.text.as_str());
    if RESOLVERS.contains(&program) {
        let long = |word: &str| word.split('.').any(|label| label.len() >= LABEL);
        let unknown = step.command.arguments().iter().any(|word| word.unknown);
        return (unknown || words.any(long))
            .then(|| format!("`{program}` asks for a name that may carry data"));
    }
    if CLIENTS.contains(&program) {
        if program == "openssl" && step.argument(0) != "s_client" {
            return None;
        }
        let hosts: Vec<String> = words.filter(|word| word.contains("://")).map(host_of).collect();
        let local = !hosts.is_empty() && hosts.iter().all(|host| is_local(host));
        return (!local).then(|| match hosts.first() {
            Some(host) => format!("`{program}` reaches `{host}`"),
            None => format!("`{program}` reaches another machine"),
        });
    }
    if let Some(code) = danger::network_code(&step.command) {
        let hosts = danger::hosts_in(code);
        let local = !hosts.is_empty() && hosts.iter().all(|host| is_local(host));
        return (!local).then(|| format!("code that `{program}` is given reaches the network"));
    }
    let subcommand = step.command.operands().next().map_or("", |word| word.text.as_str());
    let gh_sends = || {
        words.clone().any(|word| {
            matches!(word, "create" | "comment" | "edit" | "api" | "upload" | "review" | "merge")
        })
    };
    let sends = match program {
        "git" => match subcommand {
            "push" => pushes_elsewhere(step, scene),
            "send-email" => true,
            "remote" => words.clone().any(|word| matches!(word, "add" | "set-url")),
            _ => false,
        },
        "gh" | "glab" | "hub" => gh_sends(),
        "npm" | "pnpm" | "yarn" | "cargo" | "twine" | "gem" | "uv" | "poetry" => {
            matches!(subcommand, "publish" | "upload" | "push")
        }
        "docker" | "podman" => subcommand == "push",
        "aws" | "gsutil" | "az" | "gcloud" => {
            words.any(|word| matches!(word, "cp" | "sync" | "mv" | "upload" | "rsync"))
        }
        "bash" | "sh" | "exec" => false,
        _ => false,
    };
    if sends {
        return Some(format!("`{}` sends", step.shown()));
    }
    let device = |path: &str| path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/");
    let opens = step.command.redirects.iter().any(|redirect| device(&redirect.path.text));
    opens.then(|| "a connection is opened".to_owned())
}

/// Whether `git push` names a place that is no name of a remote.
fn pushes_elsewhere(step: &Step, _scene: &Scene<'_>) -> bool {
    let remote = step.command.operands().nth(1);
    remote.is_some_and(|word| word.unknown || word.text.contains([':', '/']))
}

/// Whether the name of a tool says that it sends.
fn sends(tool: &str) -> bool {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in tool.chars() {
        if c.is_uppercase() || !c.is_alphanumeric() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    words.push(word);
    words.iter().any(|word| SENDS.contains(&word.as_str()))
}

/// Whether a program reads what others wrote from another machine.
pub(crate) fn fetches(step: &Step) -> bool {
    let first = step.argument(0);
    match step.program.as_str() {
        "curl" | "wget" | "wget2" | "http" | "https" | "xh" | "iwr" | "irm"
        | "invoke-webrequest" | "lynx" | "w3m" => {
            let hosts: Vec<String> =
                step.command.arguments().iter().map(|w| host_of(&w.text)).collect();
            !hosts.iter().any(|host| !host.is_empty() && is_local(host))
        }
        "gh" | "glab" => {
            matches!(first, "issue" | "pr" | "api" | "gist" | "release" | "search" | "discussion")
        }
        _ => false,
    }
}

/// Host of an address, in lower case, without user and port; empty where there is none.
pub(crate) fn host_of(url: &str) -> String {
    let Some((_, rest)) = url.split_once("://") else { return String::new() };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "::1")
        || host.ends_with(".localhost")
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether an address holds more than the name of a page.
fn carries_data(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host_of(url);
    let (path, query) = rest.split_once('?').map_or((rest, ""), |(path, query)| (path, query));
    query.len() > PIECE
        || host.split('.').any(|label| label.len() >= LABEL)
        || path.split('/').skip(1).any(|piece| piece.len() > 2 * PIECE || is_random(piece))
}

/// A long word of letters and digits that nobody would name a page.
fn is_random(piece: &str) -> bool {
    let digits = piece.bytes().filter(u8::is_ascii_digit).count();
    piece.len() >= PIECE
        && digits * 8 >= piece.len()
        && piece.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=+.%".contains(&b))
}

fn holds_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || text
            .split(|c: char| c.is_whitespace() || "\"'`,;&?={}()[]<>:/@".contains(c))
            .any(|word| word.len() >= 16 && gs::is_key(word))
}

fn value_holds_key(value: &Value) -> bool {
    match value {
        Value::String(text) => holds_key(text),
        Value::Array(items) => items.iter().any(value_holds_key),
        Value::Object(members) => members.values().any(value_holds_key),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
