//! A shell that is connected to the network.

use tl_core::finding::Level;
use tl_core::verdict::Effect;

use super::{Danger, Line, Sort, network_code};

/// Shells by name.
const SHELLS: &[&str] =
    &["sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "cmd", "powershell", "pwsh"];
/// Programs that hand a connection on.
const PIPES: &[&str] = &["nc", "ncat", "netcat", "telnet", "socat"];

pub(super) fn check(line: &Line<'_>, out: &mut Vec<Danger>) {
    for at in 0..line.commands.len() {
        if opens(line, at) {
            out.push(Danger {
                sort: Sort::Shell,
                effect: Effect::Deny,
                level: Level::Block,
                text: "a shell is connected to the network: whoever listens there commands this machine".to_owned(),
                at,
            });
        }
    }
}

fn is_shell(text: &str) -> bool {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    SHELLS.contains(&name.trim_end_matches(".exe"))
}

/// Whether a path is a connection to another machine.
pub(super) fn is_device(path: &str) -> bool {
    let rest = ["/dev/tcp/", "/dev/udp/"].iter().find_map(|start| path.strip_prefix(start));
    rest.is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !matches!(host, "localhost" | "::1") && !host.starts_with("127.")
    })
}

fn carries(line: &Line<'_>, at: usize) -> bool {
    let program = line.program(at);
    let listens = line.commands[at].has_flag('z', "");
    PIPES.contains(&program) && !listens
        || program == "openssl"
            && line.commands[at].operands().next().is_some_and(|word| word.text == "s_client")
}

fn opens(line: &Line<'_>, at: usize) -> bool {
    let command = line.commands[at];
    let program = line.program(at);
    let device = command.redirects.iter().any(|redirect| is_device(&redirect.path.text));
    if device && is_shell(program) {
        return true;
    }
    if device && program == "exec" {
        // Lines of the connection become commands.
        let later = line.commands.get(at + 1..).unwrap_or_default();
        return later.iter().any(|other| {
            other.words.first().is_some_and(|word| {
                word.unknown || is_shell(&other.program()) && other.has_flag('i', "")
            })
        });
    }
    if carries(line, at) {
        let words = command.arguments();
        let started = words.windows(2).any(|pair| {
            let flag = pair[0].text.as_str();
            let runs = matches!(flag, "--exec" | "--sh-exec")
                || flag.starts_with('-') && !flag.starts_with("--") && flag.ends_with(['e', 'c']);
            runs && pair[1].text.split_whitespace().next().is_some_and(is_shell)
        });
        let linked = program == "socat"
            && words.iter().any(|word| {
                let text = word.text.to_ascii_lowercase();
                ["exec:", "system:"].iter().any(|start| text.starts_with(start))
                    && text.split([':', ',', ' ', '\'', '"']).any(is_shell)
            });
        // `sh -i | nc`: what the shell prints leaves; what comes in reaches it by a pipe of a name.
        let fed = line.source(at).any(|from| {
            is_shell(line.program(from))
                && (line.commands[from].has_flag('i', "") || line.commands[from].runs_its_input())
                && !line.commands[from].arguments().iter().any(|word| word.text.ends_with('c'))
        });
        return started || linked || fed;
    }
    if is_shell(program) && command.runs_its_input() && command.piped {
        return line.source(at).any(|from| carries(line, from));
    }
    let Some(code) = network_code(command).or_else(|| {
        let text = command.arguments().iter().find(|word| word.text.contains("Sockets.TCPClient"));
        text.map(|word| word.text.as_str())
    }) else {
        return false;
    };
    let connects = ["socket", "fsockopen", "TCPSocket", "Socket", "net.connect", "TCPClient"];
    let starts = [
        "dup2",
        "pty.spawn",
        "/bin/sh",
        "/bin/bash",
        "cmd.exe",
        "child_process",
        "iex",
        "exec(\"sh",
        "exec('sh",
    ];
    connects.iter().any(|word| code.contains(word)) && starts.iter().any(|word| code.contains(word))
}
