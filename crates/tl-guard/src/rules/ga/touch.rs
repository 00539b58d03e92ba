//! Which files a program reads, writes or takes away, by its words.
//!
//! In: a command. Out: [`Touch`]es. Start at [`of_command`]. What a program does not name cannot be
//! known: `make` may do anything.

use std::path::Path;

use crate::hook::paths::{Ground, Place};
use crate::shell::{Command, Word};

/// A file and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    /// The name has characters that a shell expands.
    pub(crate) glob: bool,
    /// A part of the name is not known.
    pub(crate) unknown: bool,
    /// Everything below it is meant.
    pub(crate) deep: bool,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its content gets to the agent, or elsewhere.
    Read,
    /// Its content or its rights change.
    Write,
    /// It is gone, or has another name.
    Delete,
}

fn plain(ground: &Ground<'_>, kind: Kind, path: &str, cwd: &Path) -> Touch {
    let place = ground.place(path, cwd);
    Touch { kind, place, glob: false, unknown: false, deep: false }
}

/// A file that a tool reads.
pub(super) fn read(ground: &Ground<'_>, path: &str, cwd: &Path) -> Touch {
    plain(ground, Kind::Read, path, cwd)
}

/// A file that a tool writes.
pub(super) fn write(ground: &Ground<'_>, path: &str, cwd: &Path) -> Touch {
    plain(ground, Kind::Write, path, cwd)
}

/// A file that a tool takes away.
pub(super) fn delete(ground: &Ground<'_>, path: &str, cwd: &Path) -> Touch {
    plain(ground, Kind::Delete, path, cwd)
}

/// Programs whose words are no files whose content they show.
pub(super) const NOT_READ: &[&str] = &[
    "echo",
    "printf",
    "ls",
    "ll",
    "dir",
    "tree",
    "cd",
    "pushd",
    "chdir",
    "mkdir",
    "stat",
    "test",
    "[",
    "[[",
    "du",
    "df",
    "which",
    "type",
    "whereis",
    "basename",
    "dirname",
    "realpath",
    "readlink",
    "ssh",
    "sftp",
    "ssh-add",
    "ssh-keygen",
    "ssh-copy-id",
    "exit",
    "kill",
    "sleep",
    "true",
    "false",
    "export",
    "unset",
    "set",
    "alias",
    "man",
    "git",
    "npm",
    "npx",
    "pnpm",
    "yarn",
    "bun",
    "cargo",
    "pip",
    "pip3",
    "uv",
    "uvx",
    "go",
    "docker",
    "podman",
    "kubectl",
    "helm",
    "gh",
    "terraform",
    "make",
    "brew",
    "apt",
    "apt-get",
    "systemctl",
    "claude",
    "throughline",
    "sh",
    "bash",
    "zsh",
    "env",
    "sudo",
    "xargs",
    "nohup",
    "timeout",
    "exec",
    "eval",
    "command",
];

/// Files that a command touches.
pub(super) fn of_command(
    ground: &Ground<'_>,
    command: &Command,
    program: &str,
    cwd: &Path,
    out: &mut Vec<Touch>,
) {
    let mut add = |kind: Kind, word: &Word, text: &str, deep: bool| {
        if !text.is_empty() && text != "-" && !text.contains("://") {
            let place = ground.place(text, cwd);
            out.push(Touch { kind, place, glob: word.glob, unknown: word.unknown, deep });
        }
    };
    for redirect in &command.redirects {
        let kind = if redirect.write { Kind::Write } else { Kind::Read };
        add(kind, &redirect.path, &redirect.path.text, false);
    }
    let operands: Vec<&Word> = command.operands().collect();
    let last = operands.len().saturating_sub(1);
    let deep = command.has_flag('r', "recursive")
        || command.has_flag('R', "")
        || command.has_flag('a', "archive");
    match program {
        "rm" | "unlink" | "rmdir" | "shred" | "del" | "rd" | "remove-item" | "trash" => {
            operands.iter().for_each(|word| add(Kind::Delete, word, &word.text, deep));
        }
        "mv" | "rename" | "move-item" => {
            for (n, word) in operands.iter().enumerate() {
                add(if n == last { Kind::Write } else { Kind::Delete }, word, &word.text, true);
            }
        }
        "cp" | "install" | "ln" | "rsync" | "scp" | "copy-item" => {
            let mut skip = false;
            let words = command.arguments().iter();
            for (n, word) in words
                .filter(|word| {
                    // The key of `scp -i KEY` is used, not shown.
                    let value = std::mem::replace(&mut skip, word.text == "-i" && program == "scp");
                    !value && !word.text.starts_with('-')
                })
                .enumerate()
            {
                let kind = if n == last && n > 0 { Kind::Write } else { Kind::Read };
                add(kind, word, &word.text, deep);
            }
        }
        "tee" | "touch" | "truncate" | "chmod" | "chown" | "chgrp" | "vi" | "vim" | "nano"
        | "emacs" | "ed" | "set-content" | "add-content" | "out-file" | "new-item" => {
            operands.iter().for_each(|word| add(Kind::Write, word, &word.text, deep));
        }
        "sed" | "perl" | "ruby" | "gawk"
            if command.has_flag('i', "in-place") || command.has_flag('i', "inplace") =>
        {
            operands.iter().for_each(|word| add(Kind::Write, word, &word.text, false));
        }
        "dd" => {
            for word in command.arguments() {
                if let Some(path) = word.text.strip_prefix("of=") {
                    add(Kind::Write, word, path, false);
                } else if let Some(path) = word.text.strip_prefix("if=") {
                    add(Kind::Read, word, path, false);
                }
            }
        }
        // What it finds is read by whom it starts; only the names that it looks for are known.
        "find" | "fd" => {
            for pair in command.arguments().windows(2) {
                if matches!(pair[0].text.as_str(), "-name" | "-iname" | "-path" | "-wholename") {
                    add(Kind::Read, &pair[1], &pair[1].text, false);
                }
            }
        }
        _ if NOT_READ.contains(&program) => {}
        _ => {
            written_by_flag(command, program, &mut |word, text| {
                add(Kind::Write, word, text, false)
            });
            for word in command.arguments() {
                readable(&word.text, &mut |text| {
                    add(Kind::Read, word, text, deep || program == "tar" || program == "zip")
                });
            }
        }
    }
}

/// `-o FILE` of programs that fetch.
fn written_by_flag(command: &Command, program: &str, add: &mut dyn FnMut(&Word, &str)) {
    if !matches!(program, "curl" | "wget" | "wget2" | "aria2c" | "gcc" | "sort") {
        return;
    }
    let arguments = command.arguments();
    for (n, word) in arguments.iter().enumerate() {
        let flagged = match word.text.as_str() {
            "-o" | "--output" => true,
            "-O" | "--output-document" => program != "curl",
            _ => false,
        };
        if let Some(next) = arguments.get(n + 1).filter(|_| flagged) {
            add(next, &next.text);
        }
    }
}

/// What of a word may be a file: itself, what is behind `=` or `@`.
pub(super) fn readable(text: &str, add: &mut dyn FnMut(&str)) {
    let behind = text.split_once('=').map(|(_, value)| value);
    if text.starts_with('-') {
        // `-d@FILE`, `--data=@FILE`, `--file=FILE`
        if let Some(value) = behind.or_else(|| text.split_once('@').map(|(_, file)| file)) {
            add(value.trim_start_matches(['@', '<']));
        }
        return;
    }
    add(text.strip_prefix('@').unwrap_or(text));
    if let Some(value) = behind {
        add(value.trim_start_matches(['@', '<']));
    }
    // `user:FILE` of `docker cp` and the like is left; a name with a space is a text.
}
