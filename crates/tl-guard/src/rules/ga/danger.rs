//! GA011: commands that nobody runs by accident: a shell for the network, secrets sent away, code from
//! an address that anybody can answer at, a container or an agent without its fences.
//!
//! In: the commands of a script. Out: [`Danger`]s. Start at [`dangers`]; the hook asks [`check`], and the
//! rules on instructions ask the same of the commands that they give (`gv::command`). Words alone decide:
//! no file is looked at. **Invariant:** a header is not what is sent: a client's own key belongs there.

mod download;
mod leave;
mod persist;
mod shell;

use tl_core::finding::Level;
use tl_core::verdict::Effect;

use super::secret_path::inline_code;
use super::{DANGEROUS, Found, Scene};
use crate::rules::gc::{bypass_mode, privileged_container};
use crate::shell::Command;

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A shell is connected to the network.
    Shell,
    /// Keys, passwords or all variables leave.
    Sends,
    /// What is downloaded runs.
    Downloads,
    /// What is decoded runs.
    Decodes,
    /// A home or a root is deleted.
    Deletes,
    /// A key, a timed job or a start file is written.
    Persists,
    /// A container has the rights of the machine.
    Container,
    /// An agent asks nobody.
    Agent,
}

/// One danger of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Danger {
    /// Which.
    pub(crate) sort: Sort,
    /// What is said to an agent that is about to run it.
    pub(crate) effect: Effect,
    /// How bad it is as an instruction.
    pub(crate) level: Level,
    /// What happens, a sentence without a full stop.
    pub(crate) text: String,
    /// Place of the command in the script.
    pub(crate) at: usize,
}

/// What the parts of the judge read.
struct Line<'a> {
    commands: &'a [&'a Command],
    programs: Vec<String>,
}

impl<'a> Line<'a> {
    fn program(&self, at: usize) -> &str {
        self.programs.get(at).map_or("", String::as_str)
    }

    /// Commands whose output a command reads.
    fn source(&self, at: usize) -> impl Iterator<Item = usize> + use<'a> {
        let source = self.commands[at].source.clone();
        source.start..source.end.min(at)
    }

    /// Commands whose output stands in a word.
    fn made(&self, made: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        made.start..made.end.min(self.commands.len())
    }
}

/// The dangers of a script.
pub(crate) fn dangers(commands: &[&Command]) -> Vec<Danger> {
    let programs: Vec<String> = commands.iter().map(|command| command.program()).collect();
    let line = Line { commands, programs };
    let mut out = Vec::new();
    shell::check(&line, &mut out);
    leave::check(&line, &mut out);
    download::check(&line, &mut out);
    persist::check(&line, &mut out);
    for (at, command) in commands.iter().enumerate() {
        fences(at, command, line.program(at), &mut out);
    }
    out
}

/// What is started without its fences.
fn fences(at: usize, command: &Command, program: &str, out: &mut Vec<Danger>) {
    if matches!(program, "docker" | "podman" | "nerdctl")
        && let Some(option) = privileged_container::of_words(&command.texts())
    {
        let root = option.contains("/:") && !option.contains("docker.sock")
            || option.starts_with("--mount");
        // The network of the machine alone is how many databases are reached.
        let network = option.contains("net");
        if !network {
            out.push(Danger {
                sort: Sort::Container,
                effect: if root { Effect::Deny } else { Effect::Ask },
                level: Level::Warn,
                text: format!(
                    "a container with `{option}` is as strong as the machine; mount the one directory that it needs"
                ),
                at,
            });
        }
    }
    if let Some(flag) = unasked(command, program) {
        out.push(Danger {
            sort: Sort::Agent,
            effect: Effect::Ask,
            level: Level::Warn,
            text: format!(
                "`{program}` is started with `{flag}`: it asks nobody; start it with its questions on, or in a container without keys"
            ),
            at,
        });
    }
}

/// Programs that are agents.
const AGENTS: &[&str] = &[
    "claude",
    "codex",
    "gemini",
    "copilot",
    "cursor-agent",
    "opencode",
    "qwen",
    "amp",
    "q",
    "goose",
    "aider",
    "crush",
    "droid",
    "kiro-cli",
    "auggie",
];

/// The option with which an agent asks nobody.
fn unasked(command: &Command, program: &str) -> Option<String> {
    let started = AGENTS.contains(&program)
        || matches!(program, "npx" | "bunx" | "pnpx" | "uvx")
            && command.operands().next().is_some_and(|word| {
                ["claude-code", "codex", "gemini-cli", "qwen-code", "opencode", "copilot"]
                    .iter()
                    .any(|name| word.text.contains(name))
            });
    if !started {
        return None;
    }
    let words: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).collect();
    let plain = words.iter().find(|word| {
        bypass_mode::FLAGS.contains(word)
            || matches!(
                **word,
                "--full-auto"
                    | "--allow-dangerously-skip-permissions"
                    | "--permission-mode=bypassPermissions"
                    | "--approval-mode=yolo"
                    | "--ask-for-approval=never"
                    | "--sandbox=danger-full-access"
                    | "--yes-always"
                    | "--skip-permissions-unsafe"
                    | "--allow-all"
            )
            || (**word == "-y" && matches!(program, "gemini" | "qwen"))
            || (**word == "-f" || **word == "--force") && program == "cursor-agent"
    });
    let pair = words.windows(2).find(|pair| {
        matches!(
            (pair[0], pair[1]),
            ("--permission-mode", "bypassPermissions")
                | ("--approval-mode", "yolo")
                | ("-a" | "--ask-for-approval", "never")
                | ("-s" | "--sandbox", "danger-full-access")
        )
    });
    plain.map(|word| (*word).to_owned()).or_else(|| pair.map(|pair| pair.join(" ")))
}

/// Words of code that reach the network.
const NETWORK: &[&str] = &[
    "urlopen",
    "urllib",
    "requests.",
    "http.client",
    "httpx",
    "aiohttp",
    "socket",
    "fetch(",
    "https.request",
    "http.request",
    "https.get",
    "http.get",
    "axios",
    "Net::HTTP",
    "LWP",
    "HTTP::Tiny",
    "IO::Socket",
    "open-uri",
    "URI.open",
    "TCPSocket",
    "curl_",
    "file_get_contents('http",
    "file_get_contents(\"http",
    "fsockopen",
    "Deno.connect",
];

/// Code in a word that reaches the network.
pub(super) fn network_code(command: &Command) -> Option<&str> {
    let code = inline_code(command)?;
    NETWORK.iter().any(|word| code.contains(word)).then_some(code)
}

/// Hosts of the addresses that stand in code.
pub(super) fn hosts_in(code: &str) -> Vec<String> {
    let addresses = code.match_indices("://").map(|(at, _)| {
        let rest = &code[at..];
        super::host_of(&rest[..rest.find(['\'', '"', '`', ')', ' ']).unwrap_or(rest.len())])
    });
    addresses.filter(|host| !host.is_empty()).collect()
}

/// What the hook says. Deleting and entering oneself are GA003's and GA004's to answer.
pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Found>) {
    let commands: Vec<&Command> = scene.steps.iter().map(|step| &step.command).collect();
    for danger in dangers(&commands) {
        if matches!(danger.sort, Sort::Deletes | Sort::Persists) {
            continue;
        }
        // What a stranger's text may have asked for is not left to a question.
        let inline = scene.session.is_tainted()
            && danger.sort == Sort::Sends
            && network_code(commands[danger.at]).is_some();
        out.push(Found {
            doc: &DANGEROUS,
            effect: Some(if inline { Effect::Deny } else { danger.effect }),
            text: danger.text,
            resource: scene.steps[danger.at].shown(),
        });
    }
}

#[cfg(test)]
mod tests;
