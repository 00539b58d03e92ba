//! Programs that start programs: what they start, and scripts that they are given.
//!
//! In: a command. Out: [`Inner`]. Start at [`unfold`].

use super::{Command, Word};

/// What a command starts.
#[derive(Debug, Default)]
pub(super) struct Inner {
    /// Programs with their words.
    pub(super) started: Vec<Command>,
    /// Scripts of a shell.
    pub(super) scripts: Vec<String>,
    /// What is not known before it runs.
    pub(super) unread: Vec<&'static str>,
}

/// A program that starts another: its name, flags that take a value, and how many operands of its own
/// come first.
struct Wrapper {
    name: &'static str,
    valued: &'static [&'static str],
    own: usize,
}

const fn wrapper(name: &'static str, valued: &'static [&'static str], own: usize) -> Wrapper {
    Wrapper { name, valued, own }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(
        "sudo",
        &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-U", "-D", "--user", "--group"],
        0,
    ),
    wrapper("doas", &["-u", "-C"], 0),
    wrapper("env", &["-u", "-C", "--unset", "--chdir"], 0),
    wrapper(
        "xargs",
        &["-n", "-P", "-I", "-L", "-d", "-s", "-E", "-a", "--max-args", "--delimiter"],
        0,
    ),
    wrapper("parallel", &["-j", "--jobs", "-a"], 0),
    wrapper("nohup", &[], 0),
    wrapper("setsid", &[], 0),
    wrapper("time", &["-f", "-o"], 0),
    wrapper("command", &[], 0),
    wrapper("builtin", &[], 0),
    wrapper("exec", &["-a"], 0),
    wrapper("nice", &["-n"], 0),
    wrapper("ionice", &["-c", "-n", "-p"], 0),
    wrapper("stdbuf", &["-i", "-o", "-e"], 0),
    wrapper("timeout", &["-s", "-k", "--signal", "--kill-after"], 1),
    wrapper("gtimeout", &["-s", "-k"], 1),
    wrapper("flock", &["-w", "-E"], 1),
    wrapper("chroot", &[], 1),
    wrapper("busybox", &[], 0),
    wrapper("unbuffer", &[], 0),
    wrapper("caffeinate", &["-t", "-w"], 0),
    wrapper("proxychains", &["-f"], 0),
    wrapper("proxychains4", &["-f"], 0),
    wrapper("strace", &["-e", "-o", "-p", "-s"], 0),
];

const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "rbash"];

const INTERPRETERS: &[&str] = &[
    "python",
    "python2",
    "python3",
    "node",
    "nodejs",
    "deno",
    "bun",
    "perl",
    "ruby",
    "php",
    "lua",
    "osascript",
    "pwsh",
    "powershell",
];

/// Whether it is a shell that reads its script from its input.
pub(super) fn reads_a_script(command: &Command) -> bool {
    SHELLS.contains(&command.program().as_str()) && without_script(command)
}

/// Whether it is a shell or an interpreter that runs what it reads.
pub(super) fn runs_its_input(command: &Command) -> bool {
    let program = command.program();
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let known = |names: &[&str]| names.contains(&program);
    let text = |word: &Word| ["-c", "-e", "-m", "-p"].iter().any(|f| word.text.starts_with(f));
    known(SHELLS) && without_script(command)
        || known(INTERPRETERS) && without_script(command) && !command.arguments().iter().any(text)
        || matches!(program, "iex" | "invoke-expression") && command.arguments().is_empty()
}

/// Whether a shell or interpreter has neither a file nor a text to run.
fn without_script(command: &Command) -> bool {
    let operands = command.operands().filter(|word| word.text != "-").count();
    operands == 0 || command.has_flag('s', "")
}

/// What it starts; nothing for an ordinary program.
pub(super) fn unfold(command: &mut Command) -> Inner {
    let mut inner = Inner::default();
    let Some(first) = command.words.first() else { return inner };
    if first.unknown {
        inner.unread.push("a program whose name is not known before it runs");
        return inner;
    }
    let program = command.program();
    let program = program.as_str();
    if let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == program) {
        inner.started.extend(wrapped(command, wrapper));
        split_string(command, program, &mut inner);
    } else if SHELLS.contains(&program) {
        shell(command, &mut inner);
    } else if INTERPRETERS.contains(&program) {
        interpreter(command, program, &mut inner);
    } else {
        builtin(command, program, &mut inner);
    }
    inner
}

/// The command behind a wrapper's own words.
fn wrapped(command: &Command, wrapper: &Wrapper) -> Option<Command> {
    let mut own = wrapper.own;
    let mut words = command.arguments().iter();
    let mut rest = Vec::new();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let is_assignment = matches!(wrapper.name, "env" | "sudo")
            && text.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
            });
        if text == "--" || is_assignment {
            continue;
        }
        if text.starts_with('-') && text.len() > 1 {
            if wrapper.valued.contains(&text) {
                words.next();
            }
        } else if own > 0 {
            own -= 1;
        } else {
            rest.push(word.clone());
            rest.extend(words.cloned());
            break;
        }
    }
    (!rest.is_empty()).then(|| Command { words: rest, ..Command::default() })
}

/// `env -S 'words'`
fn split_string(command: &Command, program: &str, inner: &mut Inner) {
    if program == "env"
        && let Some(at) =
            command.words.iter().position(|w| w.text == "-S" || w.text == "--split-string")
        && let Some(text) = command.words.get(at + 1)
    {
        inner.started.clear();
        inner.scripts.push(text.text.clone());
    }
}

fn shell(command: &Command, inner: &mut Inner) {
    let script = command.words.iter().position(|word| {
        let letters = word.text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        letters.is_some_and(|letters| letters.ends_with('c'))
    });
    match script.and_then(|at| command.words.get(at + 1)) {
        Some(text) => given(text, inner),
        None if without_script(command) => match &command.input {
            Some(text) => inner.scripts.push(text.clone()),
            None if command.piped => inner.unread.push("what a pipe gives to a shell"),
            None => {}
        },
        None if command.operands().next().is_some_and(|word| word.unknown) => {
            inner.unread.push("a script that is not known before it runs");
        }
        None => {}
    }
}

/// A script in a word.
fn given(text: &Word, inner: &mut Inner) {
    if text.unknown {
        inner.unread.push("a script that is not known before it runs");
    }
    inner.scripts.push(text.text.clone());
}

fn interpreter(command: &Command, program: &str, inner: &mut Inner) {
    let powershell = matches!(program, "pwsh" | "powershell");
    for (at, word) in command.arguments().iter().enumerate() {
        let flag = word.text.to_ascii_lowercase();
        let next = command.words.get(at + 2);
        if powershell && matches!(flag.as_str(), "-c" | "-command") {
            inner.scripts.extend(next.map(|next| next.text.clone()));
        } else if powershell && flag.len() > 1 && "-encodedcommand".starts_with(&flag) {
            inner.unread.push("an encoded command");
        }
    }
    let has_text = ["-c", "-e", "-p", "-r", "-pe", "-ne", "--eval", "--print", "-m", "eval"]
        .iter()
        .any(|flag| command.arguments().iter().any(|word| word.text == *flag));
    if command.piped && !has_text && without_script(command) {
        inner.unread.push("what a pipe gives to an interpreter");
    }
}

fn builtin(command: &Command, program: &str, inner: &mut Inner) {
    match program {
        "eval" => {
            let words = command.arguments();
            if words.iter().any(|word| word.unknown) {
                inner.unread.push("a script that is not known before it runs");
            }
            // What another script prints is not there to be read.
            let known = words.iter().map(|word| word.text.as_str());
            let known: Vec<&str> = known.filter(|text| !text.ends_with("(...)")).collect();
            inner.scripts.push(known.join(" "));
        }
        "source" | "." if command.arguments().first().is_some_and(|word| word.unknown) => {
            inner.unread.push("a script that is not known before it runs");
        }
        "trap" | "watch" => {
            inner.scripts.extend(command.operands().next().map(|word| word.text.clone()));
        }
        "su" | "runuser" => {
            let at = command.words.iter().position(|w| w.text == "-c" || w.text == "--command");
            inner
                .scripts
                .extend(at.and_then(|at| command.words.get(at + 1)).map(|w| w.text.clone()));
        }
        "cmd" => {
            let at = command.words.iter().position(|w| w.text.eq_ignore_ascii_case("/c"));
            if let Some(at) = at {
                let texts: Vec<&str> =
                    command.words[at + 1..].iter().map(|w| w.text.as_str()).collect();
                inner.scripts.push(texts.join(" "));
            }
        }
        "find" | "fd" => {
            let starts = |word: &Word| {
                matches!(
                    word.text.as_str(),
                    "-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec"
                )
            };
            let mut rest = command.arguments();
            while let Some(at) = rest.iter().position(starts) {
                rest = &rest[at + 1..];
                let end = rest.iter().position(|w| w.text == ";" || w.text == "+");
                let words = rest[..end.unwrap_or(rest.len())].to_vec();
                if !words.is_empty() {
                    inner.started.push(Command { words, ..Command::default() });
                }
                rest = &rest[end.unwrap_or(rest.len())..];
            }
        }
        _ => {}
    }
}
