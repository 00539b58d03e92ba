//! What is downloaded or decoded, and then runs.

use std::ops::Range;

use tl_core::finding::Level;
use tl_core::verdict::Effect;

use super::{Danger, Line, Sort, network_code};
use crate::rules::ga::host_of;
use crate::shell::Command;

/// Who answers at an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// This machine.
    Local,
    /// A name whose certificate is checked, or one that is not known.
    Named(String),
    /// A number, or a name without a certificate: anybody on the way.
    Anybody(String),
}

/// Programs that fetch.
const FETCHERS: &[&str] = &[
    "curl",
    "wget",
    "wget2",
    "aria2c",
    "http",
    "https",
    "xh",
    "iwr",
    "irm",
    "invoke-webrequest",
    "invoke-restmethod",
    "lynx",
    "fetch",
    "ftp",
    "tftp",
];

pub(super) fn is_fetcher(program: &str) -> bool {
    FETCHERS.contains(&program)
}

pub(super) fn check(line: &Line<'_>, out: &mut Vec<Danger>) {
    let mut saved: Vec<(String, usize)> = Vec::new();
    let mut allowed: Vec<String> = Vec::new();
    for at in 0..line.commands.len() {
        let command = line.commands[at];
        let program = line.program(at);
        if let Some(from) = taken(line, at) {
            push(line, from, at, out);
        } else if let Some((name, from)) = run_file(command, program, &allowed)
            .and_then(|name| saved.iter().find(|(file, _)| *file == name))
        {
            let (name, from) = (name.clone(), *from);
            if !out.iter().any(|danger| {
                danger.sort == Sort::Downloads
                    && line.commands[danger.at].texts().concat().contains(&name)
            }) {
                push(line, from, at, out);
            }
        }
        if is_fetcher(program) {
            saved.extend(written(command, program).map(|name| (name, at)));
        } else if program == "chmod" {
            allowed.extend(command.operands().skip(1).map(|word| base(&word.text)));
        }
        if let Some(code) = network_code(command) {
            evaluated(code, at, out);
        }
    }
}

/// Whether a program runs the file that is named to it.
fn is_interpreter(program: &str) -> bool {
    matches!(program, "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "source" | ".")
        || ["python", "node", "perl", "ruby", "php"].iter().any(|name| program.starts_with(name))
}

fn base(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

/// Where a command gets its code from: by a pipe, or by what stands in a word.
fn taken(line: &Line<'_>, at: usize) -> Option<usize> {
    let command = line.commands[at];
    let program = line.program(at);
    if command.piped && command.runs_its_input() {
        let found = code_of(line, command.source.start..command.source.end.min(at));
        if found.is_some() {
            return found;
        }
    }
    let evaluator = matches!(program, "eval" | "iex" | "invoke-expression");
    if !evaluator && !is_interpreter(program) {
        return None;
    }
    let evaluates = evaluator
        || matches!(program, "source" | ".")
        || command.has_flag('c', "")
        || command.has_flag('e', "");
    // `sh -c "$(curl ...)"` runs it; in `bash run.sh $(curl ...)` it is a value.
    let mut words = command.arguments().iter().filter(|word| {
        let is_code =
            evaluates && (word.text.trim_start().starts_with("$(") || word.text.starts_with("${"));
        !word.made.is_empty() && (is_code || word.text.starts_with("<("))
    });
    let direct = words.find_map(|word| code_of(line, line.made(&word.made)));
    let powershell = matches!(program, "iex" | "invoke-expression")
        && command.arguments().iter().any(|word| {
            let text = word.text.to_ascii_lowercase();
            text.contains("downloadstring") || text.contains("irm ") || text.contains("iwr ")
        });
    direct.or(powershell.then_some(at)).or_else(|| {
        // `iex (irm ...)`: what stands in parentheses is read as the next command.
        let next = at + 1;
        (matches!(program, "iex" | "invoke-expression")
            && command.arguments().is_empty()
            && !command.piped
            && next < line.commands.len()
            && is_fetcher(line.program(next)))
        .then_some(next)
    })
}

/// The command among these that fetches, or decodes.
fn code_of(line: &Line<'_>, among: Range<usize>) -> Option<usize> {
    let decodes = |at: usize| {
        let command = line.commands[at];
        let first = command.operands().next().map_or("", |word| word.text.as_str());
        match line.program(at) {
            "base64" | "base32" | "gbase64" => {
                command.has_flag('d', "decode") || command.has_flag('D', "")
            }
            "xxd" => command.has_flag('r', "revert"),
            "openssl" => matches!(first, "enc" | "base64") && command.has_flag('d', ""),
            _ => false,
        }
    };
    let fetches = among.clone().find(|at| is_fetcher(line.program(*at)));
    fetches.or_else(|| among.clone().find(|at| decodes(*at)))
}

/// Name of the file that a command runs.
fn run_file(command: &Command, program: &str, allowed: &[String]) -> Option<String> {
    let first = command.words.first()?;
    let name = base(&first.text);
    if first.text.contains('/') && !first.text.contains("://") || allowed.contains(&name) {
        return Some(name);
    }
    let word = is_interpreter(program).then(|| command.operands().next()).flatten()?;
    Some(base(&word.text))
}

/// The file that a download is kept in.
fn written(command: &Command, program: &str) -> Option<String> {
    if let Some(redirect) = command.redirects.iter().find(|redirect| redirect.write) {
        return Some(base(&redirect.path.text)).filter(|name| name != "null");
    }
    let words = command.arguments();
    let mut url = None;
    let mut remote = program != "curl" && program.starts_with("wget");
    let mut n = 0;
    while let Some(word) = words.get(n) {
        let text = word.text.as_str();
        let next = || words.get(n + 1).map(|next| base(&next.text)).filter(|name| name != "-");
        if matches!(text, "--output" | "--output-document" | "-outfile" | "-OutFile") {
            return next();
        }
        let value =
            text.strip_prefix("--output=").or_else(|| text.strip_prefix("--output-document="));
        if let Some(value) = value {
            return Some(base(value));
        }
        if let Some(letters) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) {
            let letter = if program == "curl" { 'o' } else { 'O' };
            if let Some((_, rest)) = letters.split_once(letter) {
                return if rest.is_empty() {
                    next()
                } else {
                    Some(base(rest)).filter(|r| r != "-")
                };
            }
            remote |= program == "curl" && letters.contains('O');
        } else if text == "--remote-name" {
            remote = true;
        } else if text.contains("://") {
            url = Some(text);
        }
        n += 1;
    }
    let path = url?.split(['?', '#']).next().unwrap_or_default();
    remote.then(|| base(path)).filter(|name| !name.is_empty())
}

/// Where a download comes from.
pub(super) fn origin(command: &Command) -> Origin {
    let mut words = command.arguments().iter();
    let mut worst = Origin::Local;
    let mut seen = false;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        // `-O` of `curl` takes no value.
        let named = text == "-O" && command.program() != "curl";
        if named
            || matches!(text, "-o" | "--output" | "-H" | "--header" | "-d" | "--data" | "-A" | "-u")
        {
            words.next();
            continue;
        }
        let Some(found) = origin_of(text) else { continue };
        seen = true;
        worst = worst.max(found);
    }
    if seen { worst } else { Origin::Named("an address that is not known".to_owned()) }
}

/// Who answers at what a word names; `None` where it names no address.
pub(super) fn origin_of(text: &str) -> Option<Origin> {
    let text = text.trim_matches(['<', '>', '\'', '"']);
    let with_scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let host = match with_scheme {
        Some(_) => host_of(text),
        None => {
            let host = text.split(['/', ':', '?']).next().unwrap_or_default();
            host.parse::<std::net::Ipv4Addr>().ok()?;
            host.to_owned()
        }
    };
    Some(match (host.parse::<std::net::IpAddr>(), with_scheme.as_deref()) {
        _ if is_near(&host) => Origin::Local,
        (Ok(_), _) => Origin::Anybody(host),
        (Err(_), Some("http" | "ftp" | "tftp")) if !is_open(&host) => Origin::Anybody(host),
        _ => Origin::Named(host),
    })
}

/// Whether a host is this machine, or one beside it without a domain.
pub(super) fn is_near(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.ends_with(".local")
        || host.ends_with(".internal")
        || host.ends_with(".test")
        || host == "::1"
        || host == "0.0.0.0"
        || host.starts_with("127.")
        || !host.contains(['.', ':', '$', '{', '<', '[', '%'])
}

/// Whether a host is left to the reader: a variable, a placeholder.
fn is_open(host: &str) -> bool {
    host.contains(['$', '{', '<', '%', '*', '['])
        || host.starts_with("your")
        || ["example.com", "example.org", "example.net"].iter().any(|end| host.ends_with(end))
}

fn push(line: &Line<'_>, from: usize, at: usize, out: &mut Vec<Danger>) {
    let command = line.commands[from];
    let program = line.program(at);
    if !is_fetcher(line.program(from)) && from != at {
        return out.push(Danger {
            sort: Sort::Decodes,
            effect: Effect::Deny,
            level: Level::Block,
            text: format!(
                "`{program}` runs what is decoded on the way: nobody has read it; decode it into a file and read that first"
            ),
            at,
        });
    }
    let (effect, level, by) = match origin(command) {
        Origin::Local => return,
        Origin::Named(host) => (Effect::Ask, Level::Warn, host),
        Origin::Anybody(host) => (Effect::Deny, Level::High, host),
    };
    let bare =
        if level == Level::High { " without a certificate, where anybody may answer," } else { "" };
    out.push(Danger {
        sort: Sort::Downloads,
        effect,
        level,
        text: format!(
            "what is downloaded from `{by}`{bare} runs at once; download it into a file, read that, and run it then"
        ),
        at,
    });
}

/// `exec(urlopen(...).read())` in a word.
fn evaluated(code: &str, at: usize, out: &mut Vec<Danger>) {
    if !["exec(", "eval(", "new Function("].iter().any(|call| code.contains(call)) {
        return;
    }
    let addresses = code.match_indices("://").map(|(n, _)| {
        let start = code[..n].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |s| s + 1);
        let end = code[n + 3..].find(['\'', '"', ')', ' ', '`']).map_or(code.len(), |e| n + 3 + e);
        origin_of(&code[start..end])
    });
    let Some(worst) = addresses.flatten().max() else { return };
    let (effect, level, host) = match worst {
        Origin::Local => return,
        Origin::Named(host) => (Effect::Ask, Level::High, host),
        Origin::Anybody(host) => (Effect::Deny, Level::High, host),
    };
    out.push(Danger {
        sort: Sort::Downloads,
        effect,
        level,
        text: format!(
            "what is downloaded from `{host}` runs at once; download it into a file, read that, and run it then"
        ),
        at,
    });
}
