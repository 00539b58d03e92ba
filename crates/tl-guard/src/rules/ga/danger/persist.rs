//! What stays: keys that let somebody in, timed jobs, start files of shells; and homes that go.

use std::ops::Range;

use tl_core::finding::Level;
use tl_core::verdict::Effect;

use super::download::is_fetcher;
use super::{Danger, Line, Sort, dangers};
use crate::shell::{self, Command};

/// Start files of shells, below a home.
const PROFILES: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".kshrc",
    ".config/fish/config.fish",
];

pub(super) fn check(line: &Line<'_>, out: &mut Vec<Danger>) {
    for at in 0..line.commands.len() {
        let command = line.commands[at];
        let program = line.program(at);
        if let Some(what) = deletes(command, program) {
            out.push(Danger {
                sort: Sort::Deletes,
                effect: Effect::Deny,
                level: Level::High,
                text: format!(
                    "`{what}` and all below it is deleted; name the one directory that is meant"
                ),
                at,
            });
        }
        let timed = program == "crontab"
            && !["-l", "-r", "-e"].iter().any(|f| command.arguments().iter().any(|w| w.text == *f));
        let stays = if timed {
            Some((Stays::Job, "crontab".to_owned()))
        } else {
            written(command, program)
        };
        let Some((stays, path)) = stays else { continue };
        let level = weigh(line, at, stays);
        if let Some(level) = level {
            let what = match stays {
                Stays::Key => "lets its owner in from outside",
                Stays::Job => "runs again and again by itself",
                Stays::Start => "runs with each new shell",
            };
            out.push(Danger {
                sort: Sort::Persists,
                effect: Effect::Ask,
                level,
                text: format!("what is written to `{path}` {what}; let a person enter it"),
                at,
            });
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stays {
    Key,
    Job,
    Start,
}

/// The file that a command writes, if it is one that stays.
fn written(command: &Command, program: &str) -> Option<(Stays, String)> {
    let redirects = command.redirects.iter().filter(|redirect| redirect.write);
    let mut paths: Vec<&str> = redirects.map(|redirect| redirect.path.text.as_str()).collect();
    let operands: Vec<&str> = command.operands().map(|word| word.text.as_str()).collect();
    match program {
        "tee" | "sponge" => paths.extend(&operands),
        "cp" | "mv" | "install" | "ln" => paths.extend(operands.last()),
        _ => {}
    }
    paths.into_iter().filter(|path| !path.contains(' ')).find_map(|path| {
        let stays = if path.ends_with(".ssh/authorized_keys") {
            Stays::Key
        } else if path.starts_with("/etc/cron") || path.starts_with("/var/spool/cron") {
            Stays::Job
        } else if path.strip_prefix("~/").is_some_and(|below| PROFILES.contains(&below))
            || path.starts_with("/etc/profile")
        {
            Stays::Start
        } else {
            return None;
        };
        Some((stays, path.to_owned()))
    })
}

/// How bad it is; `None` for what installations do.
fn weigh(line: &Line<'_>, at: usize, stays: Stays) -> Option<Level> {
    let command = line.commands[at];
    let upstream: Range<usize> = command.source.start..command.source.end.min(at);
    let parts = || upstream.clone().chain([at]);
    let fetched =
        upstream.clone().any(|from| is_fetcher(line.program(from))) || is_fetcher(line.program(at));
    let text: String = parts()
        .flat_map(|from| {
            let of = line.commands[from];
            let said = matches!(line.program(from), "echo" | "printf" | "cat" | "tee" | "crontab");
            let words = of.arguments().iter().map(|word| word.text.clone());
            let words: Vec<String> = if said { words.collect() } else { Vec::new() };
            words.into_iter().chain(of.input.clone())
        })
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\\n", "\n");
    match stays {
        Stays::Key => {
            // One's own key, from the file beside it.
            let own = parts()
                .any(|from| line.commands[from].words.iter().any(|w| w.text.ends_with(".pub")));
            // A key that is left to the reader opens nothing.
            let open = text.contains("AAAA...") || text.contains('<') || text.contains("your");
            Some(if (own || open) && !fetched { Level::Warn } else { Level::High })
        }
        Stays::Job | Stays::Start => {
            let mut jobs = text.lines().map(|job| unscheduled(job, stays));
            let bad = jobs.any(|job| {
                let script = shell::read(job);
                let commands: Vec<&Command> = script.commands.iter().collect();
                hijacks(job) || dangers(&commands).iter().any(|danger| danger.level >= Level::Warn)
            });
            match (bad || fetched, stays) {
                (true, _) => Some(Level::High),
                (false, Stays::Job) => Some(Level::Warn),
                (false, _) => None,
            }
        }
    }
}

/// A line of a table of jobs without its times.
fn unscheduled(job: &str, stays: Stays) -> &str {
    let job = job.trim();
    let count = match (stays, job.starts_with('@')) {
        (Stays::Job, true) => 1,
        (Stays::Job, false) => 5,
        _ => 0,
    };
    let mut rest = job;
    for _ in 0..count {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}

/// Whether a line takes the place of a program that is given passwords.
fn hijacks(line: &str) -> bool {
    ["sudo", "su", "ssh", "git", "gpg", "passwd"].iter().any(|program| {
        line.contains(&format!("alias {program}="))
            || line.trim_start().starts_with(&format!("{program}()"))
    })
}

/// The home or root that a command deletes with all in it.
fn deletes(command: &Command, program: &str) -> Option<String> {
    let deep = match program {
        "rm" | "rd" | "remove-item" => {
            command.has_flag('r', "recursive")
                || command.has_flag('R', "")
                || command.has_flag('s', "")
        }
        "find" => command.arguments().iter().any(|word| word.text == "-delete"),
        _ => return None,
    };
    let whole = |text: &str| {
        let path = text.trim_end_matches('*').trim_end_matches('.').trim_end_matches('/');
        (path.is_empty() && text.starts_with('/'))
            || matches!(
                path,
                "~" | "${HOME}"
                    | "/home"
                    | "/Users"
                    | "/root"
                    | "/etc"
                    | "/usr"
                    | "${env}:USERPROFILE"
            )
    };
    let mut operands = command.operands().map(|word| word.text.as_str());
    if program == "find" {
        let narrowed = command.arguments().iter().any(|word| {
            matches!(
                word.text.as_str(),
                "-name"
                    | "-iname"
                    | "-path"
                    | "-mtime"
                    | "-size"
                    | "-empty"
                    | "-regex"
                    | "-maxdepth"
            )
        });
        return operands.next().filter(|path| deep && !narrowed && whole(path)).map(str::to_owned);
    }
    deep.then(|| operands.find(|path| whole(path)).map(str::to_owned)).flatten()
}
