//! GA004: changes of what steers agents.

use super::{Found, Kind, SELF_MODIFICATION, Scene, Step};
use crate::hook::Action;
use crate::hook::paths::{Ground, Spot};
use crate::location;

/// Files below a home that run by themselves, or let somebody in.
const HOME: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".inputrc",
    ".xprofile",
    ".xinitrc",
    ".config/fish",
    ".config/autostart",
    ".config/systemd",
    ".config/environment.d",
    "Library/LaunchAgents",
    ".ssh",
    ".gitconfig",
    ".config/git",
    ".npmrc",
    ".pypirc",
    ".config/pip",
    ".condarc",
    ".cargo/config.toml",
    ".local/share/applications",
    ".pam_environment",
    ".config/throughline",
    ".local/state/throughline",
];

/// Files below a work tree that run by themselves, or steer agents and this program.
const REPOSITORY: &[&str] = &[
    ".throughline",
    ".git/hooks",
    ".git/config",
    ".husky",
    ".githooks",
    ".git/info/attributes",
    ".envrc",
];

/// Files of the machine that run by themselves.
const SYSTEM: &[&str] = &[
    "/etc/cron",
    "/etc/crontab",
    "/var/spool/cron",
    "/etc/systemd",
    "/etc/profile",
    "/etc/rc",
    "/etc/init.d",
    "/etc/ld.so.preload",
    "/etc/sudoers",
    "/etc/passwd",
    "/etc/pam.d",
    "/etc/throughline",
    "/Library/LaunchDaemons",
    "/Library/LaunchAgents",
    "/Library/Application Support/ClaudeCode",
    "/etc/claude-code",
    "/etc/cursor",
    "/etc/codex",
    "/etc/windsurf",
];

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Found>) {
    let mut rows = None;
    let mut seen = Vec::new();
    for touch in scene.touches.iter().filter(|touch| touch.kind != Kind::Read) {
        let rows = rows.get_or_insert_with(|| Rows::new(scene.ground));
        let steers =
            |spot: &Spot| what(spot, rows, scene.ground).map(|what| (spot.shown.clone(), what));
        let Some((shown, what)) = touch.place.spots().find_map(steers) else { continue };
        if seen.contains(&shown) {
            continue;
        }
        out.push(Found {
            doc: &SELF_MODIFICATION,
            effect: None,
            text: format!("`{shown}` is {what}"),
            resource: touch.place.name().to_owned(),
        });
        seen.push(shown);
    }
    for step in &scene.steps {
        if let Some(text) = by_program(step) {
            out.push(Found {
                doc: &SELF_MODIFICATION,
                effect: None,
                text: text.to_owned(),
                resource: step.shown(),
            });
        }
    }
    if let Action::Run { command, .. } = scene.action
        && command.contains("throughline/sessions")
    {
        let text = "what Throughline remembers of sessions is named".to_owned();
        out.push(Found { doc: &SELF_MODIFICATION, effect: None, text, resource: command.clone() });
    }
}

/// The places of agents' files, expanded for this machine.
struct Rows(Vec<Vec<String>>);

impl Rows {
    fn new(ground: &Ground<'_>) -> Self {
        Self(location::all().flat_map(|place| location::expanded(place, ground.host)).collect())
    }
}

/// What a file is to agents; `None` for an ordinary one.
fn what(spot: &Spot, rows: &Rows, ground: &Ground<'_>) -> Option<&'static str> {
    let program = ground.program.to_string_lossy();
    if spot.shown == program || ground.place(&program, &ground.cwd).spots().any(|own| own == spot) {
        return Some("this program");
    }
    let starts = |path: &str, start: &str| {
        path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if let Some(below) = &spot.below {
        let parts: Vec<&str> = below.split('/').collect();
        // `.git` and `.throughline` count at any depth, as do instructions.
        let tails = || (0..parts.len()).map(|at| parts[at..].join("/"));
        if let Some(found) = REPOSITORY.iter().find(|path| tails().any(|tail| starts(&tail, path)))
        {
            return Some(if *found == ".throughline" {
                "Guard's own lock or policy"
            } else {
                "run by itself"
            });
        }
        let is_row = |row: &&Vec<String>| {
            row.first().is_some_and(|first| first != "~" && !first.contains(':'))
                && (0..parts.len()).any(|at| location::matches(row, &parts[at..]))
        };
        return rows.0.iter().find(is_row).map(|_| "instructions or settings of agents");
    }
    if let Some(rest) = spot.shown.strip_prefix("~/") {
        if HOME.iter().any(|path| starts(rest, path)) {
            return Some("run by itself, or lets somebody in");
        }
        let parts: Vec<&str> = spot.shown.split('/').collect();
        return rows
            .0
            .iter()
            .find(|row| location::matches(row, &parts))
            .map(|_| "instructions or settings of agents");
    }
    SYSTEM
        .iter()
        .find(|path| spot.shown.starts_with(**path))
        .map(|_| "run by itself, or for all users")
}

/// What a program changes without naming a file.
fn by_program(step: &Step) -> Option<&'static str> {
    let words: Vec<&str> = step.command.operands().map(|word| word.text.as_str()).collect();
    let first = words.first().copied().unwrap_or("");
    let second = words.get(1).copied().unwrap_or("");
    match step.program.as_str() {
        "throughline"
            if first == "guard"
                && matches!(
                    second,
                    "approve" | "lock" | "allow" | "fix" | "install-hooks" | "uninstall-hooks"
                ) =>
        {
            Some("the agent approves, or changes what watches it")
        }
        "claude" | "codex" | "gemini" | "cursor" | "cursor-agent" | "copilot" | "code" | "amp"
        | "opencode" | "qwen"
            if matches!(first, "mcp" | "plugin" | "config" | "extensions" | "hooks")
                && !matches!(second, "list" | "get" | "ls" | "") =>
        {
            Some("servers, plugins or settings of an agent change")
        }
        "code" | "cursor" | "windsurf"
            if step
                .command
                .arguments()
                .iter()
                .any(|w| matches!(w.text.as_str(), "--install-extension" | "--add-mcp")) =>
        {
            Some("servers or plugins of an editor change")
        }
        "git"
            if first == "config"
                && words.iter().any(|word| {
                    let word = word.to_ascii_lowercase();
                    [
                        "core.hookspath",
                        "core.fsmonitor",
                        "core.sshcommand",
                        "core.editor",
                        "core.pager",
                        "credential.helper",
                        "alias.",
                    ]
                    .iter()
                    .any(|key| word.starts_with(key))
                }) =>
        {
            Some("git will run another program by itself")
        }
        "crontab" if !step.command.has_flag('l', "") => Some("timed jobs change"),
        "at" | "batch" => Some("timed jobs change"),
        "launchctl" if matches!(first, "load" | "bootstrap" | "submit") => {
            Some("timed jobs change")
        }
        "systemctl" if matches!(first, "enable" | "link") => Some("services change"),
        "schtasks" => Some("timed jobs change"),
        "visudo" | "usermod" | "useradd" | "passwd" => Some("rights of users change"),
        _ => None,
    }
}
