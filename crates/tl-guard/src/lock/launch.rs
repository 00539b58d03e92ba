//! How a server is started, as the lock keeps it: without secrets, with all that could be swapped.
//!
//! In: a launch as configured. Out: its words. Start at [`words`]. **Invariant:** no value that is
//! named like a secret or looks like one gets out; one that only looks random leaves a digest, so
//! that a swapped one is seen.

use sha2::{Digest as _, Sha256};

use super::digest::hex;
use crate::inventory::Launch;

/// Parts of names whose values are secrets.
const SECRET_NAMES: &[&str] =
    &["token", "key", "secret", "password", "passwd", "pwd", "auth", "credential", "bearer"];

/// How the secrets of known makers begin.
const SECRET_STARTS: &[&str] = &[
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_",
    "xox",
    "AKIA",
    "ASIA",
    "eyJ",
    "npm_",
    "pypi-",
    "AIza",
];

/// Random text from this length on is taken for a secret.
const RANDOM: usize = 24;

/// The words of a launch: command and arguments, or the address and the names of the headers.
pub fn words(launch: &Launch) -> Vec<String> {
    match launch {
        Launch::Stdio { command, args, cwd } => {
            let mut words = vec![line(command)];
            let mut name: Option<&str> = None;
            for arg in args {
                words.push(match name.take() {
                    Some(name) => placeholder(name),
                    None => word(arg),
                });
                name = secret_flag(arg);
            }
            words.extend(cwd.iter().map(|cwd| format!("cwd={cwd}")));
            words
        }
        Launch::Http { url, headers, .. } => {
            let mut words = vec![address(url)];
            words.extend(headers.keys().map(|name| format!("header={name}")));
            words
        }
        Launch::Other { text } => vec![line(text)],
    }
}

/// A whole command line with the secrets of its words taken out.
pub fn line(text: &str) -> String {
    let mut name: Option<&str> = None;
    let mut out = String::new();
    for piece in text.split_inclusive(char::is_whitespace) {
        let written = piece.trim_end();
        match name.take() {
            Some(name) if !written.is_empty() => out.push_str(&placeholder(name)),
            _ => out.push_str(&word(written)),
        }
        out.push_str(&piece[written.len()..]);
        name = secret_flag(written);
    }
    out
}

/// `--token` and the like, whose value is the next word.
fn secret_flag(arg: &str) -> Option<&str> {
    let flag = arg.strip_prefix('-').filter(|_| !arg.contains(['=', ' ']))?;
    let name = flag.trim_start_matches('-');
    is_secret_name(name).then_some(name)
}

fn word(arg: &str) -> String {
    if arg.contains("://") {
        return address(arg);
    }
    // `--token=value`, `TOKEN=value` of `docker run -e`, `Authorization: value` of a header.
    if let Some((name, separator, value)) = arg
        .split_once('=')
        .map(|(name, value)| (name, "=", value))
        .or_else(|| arg.split_once(':').map(|(name, value)| (name, ":", value)))
    {
        let bare = name.trim_start_matches('-');
        if is_secret_name(bare)
            && !value.is_empty()
            && bare.chars().all(|c| c.is_alphanumeric() || "_-".contains(c))
        {
            return format!("{name}{separator}{}", placeholder(bare));
        }
        return format!("{name}{separator}{}", value_of(value));
    }
    value_of(arg)
}

fn value_of(value: &str) -> String {
    if SECRET_STARTS.iter().any(|start| value.starts_with(start)) && value.len() >= 16 {
        return "${SECRET}".to_owned();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+=".contains(c);
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let letters = value.chars().filter(char::is_ascii_alphabetic).count();
    if value.len() >= RANDOM && value.chars().all(plain) && digits >= 4 && letters >= 4 {
        let digest = hex(&Sha256::digest(value));
        return format!("${{sha256:{}}}", &digest[..16]);
    }
    value.to_owned()
}

/// An address without user, password and the values of its query that are secrets.
pub(crate) fn address(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (front, query) =
        rest.split_once('?').map_or((rest, None), |(front, query)| (front, Some(query)));
    let (host, path) = front.find('/').map_or((front, ""), |at| front.split_at(at));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path: Vec<String> = path.split('/').map(value_of).collect();
    let mut text = format!("{scheme}://{host}{}", path.join("/"));
    if let Some(query) = query {
        let words: Vec<String> = query.split('&').map(word).collect();
        text.push('?');
        text.push_str(&words.join("&"));
    }
    text
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

fn placeholder(name: &str) -> String {
    format!("${{{name}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stdio(args: &[&str]) -> String {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        words(&Launch::Stdio { command: "npx".to_owned(), args, cwd: None }).join(" ")
    }

    #[test]
    fn no_secret_is_kept() {
        let random = format!("{}9Q2", "a1B2c3D4".repeat(3));
        let maker = format!("ghp{}{}", '_', "a1b2".repeat(9));
        assert_eq!(stdio(&["--token", "hunter2"]), "npx --token ${token}");
        assert_eq!(
            stdio(&["--api-key=hunter2", "-e", "GITHUB_TOKEN=hunter2"]),
            "npx --api-key=${api-key} -e GITHUB_TOKEN=${GITHUB_TOKEN}"
        );
        assert_eq!(
            stdio(&["--header", "Authorization: Bearer hunter2"]),
            "npx --header Authorization:${Authorization}"
        );
        assert_eq!(stdio(&[&maker]), "npx ${SECRET}");
        assert!(!stdio(&[&random]).contains(&random));
        assert_eq!(
            stdio(&["https://ana:hunter2@a.example/x?apikey=hunter2&b=c"]),
            "npx https://a.example/x?apikey=${apikey}&b=c"
        );
        assert_eq!(line("curl -H x --password hunter2 y"), "curl -H x --password ${password} y");
    }

    #[test]
    fn what_decides_which_code_runs_is_kept() {
        let shown = stdio(&["-y", "@scope/pkg@1.2.3", "--root", "/data", "image@sha256:0123"]);
        assert_eq!(shown, "npx -y @scope/pkg@1.2.3 --root /data image@sha256:0123");
        let commit =
            |c: char| stdio(&["--rev", &format!("0123456789abcdef0123456789abcdef0123456{c}")]);
        assert_ne!(commit('7'), commit('8'), "a swapped commit is seen");
    }
}
