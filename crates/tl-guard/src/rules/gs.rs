//! Secrets: keys, tokens and passwords that stand in a file as they are.
//!
//! In: every file that a scan reads. Out: findings whose evidence is masked. Start at `check`: one
//! automaton over the text finds where keys begin and where names of secrets stand; `format` and
//! `shape` say what a key is, `manner` what kind of file it is, `assign` what a name is set to,
//! `value` whether that is a secret. **Invariant:** a secret stands in no finding.

mod assign;
mod docs;
mod format;
mod manner;
mod shape;
#[cfg(test)]
mod tests;
mod token;
pub(super) mod value;

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use sha2::{Digest as _, Sha256};
use tl_core::finding::{Confidence, Evidence, Level};

use crate::inventory::Scope;
use crate::inventory::shape as servers;
use crate::inventory::skill::hex;
use crate::parse::{self, Limits};
use crate::rules::{Check, Cx, Rule, Sink, finding};
use crate::text::unit::{Artifact, Role, advance};
use docs::DOCS;
use format::{FORMATS, Proof};
use manner::Manner;

/// The family. One reading of a file serves all; the first rule carries it.
pub(crate) const RULES: &[Rule] = &docs::rules(Check::Artifact(check));

/// What kind of secret it is; the number is the place in [`DOCS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    GitHub,
    Npm,
    Aws,
    Google,
    Azure,
    Slack,
    Stripe,
    OpenAi,
    Anthropic,
    GitLab,
    HuggingFace,
    Pypi,
    DigitalOcean,
    Databricks,
    Shopify,
    Mail,
    Twilio,
    Telegram,
    Discord,
    PrivateKey,
    Address,
    Jwt,
    PasswordFile,
    DockerAuth,
    RegistryAuth,
    PasswordHash,
    SavedLogin,
    Framework,
    Model,
    Hosting,
    Tool,
    Assigned,
}

/// A secret in a text.
#[derive(Debug, Clone)]
struct Secret {
    kind: Kind,
    range: Range<usize>,
    level: Level,
    confidence: Confidence,
    /// The name that it is assigned to, or what is special about it.
    note: String,
}

/// Where forms begin that are no format of a provider.
const MARKS: &[&str] = &[
    "-----begin ",
    "private-lines:",
    "://",
    "$2a$",
    "$2b$",
    "$2x$",
    "$2y$",
    "$6$",
    "$5$",
    "$1$",
    "$apr1$",
    "$y$",
    "$argon2",
    "\"auth\"",
];

/// Parts of names of secrets.
const WORDS: &[&str] =
    &["pass", "pwd", "secret", "token", "key", "salt", "credential", "_auth", "encryptedusername"];

/// Formats, marks, words; and the same without the words, for prose.
static AUTOMATA: [LazyLock<AhoCorasick>; 2] =
    [LazyLock::new(|| automaton(WORDS)), LazyLock::new(|| automaton(&[]))];

fn automaton(words: &[&str]) -> AhoCorasick {
    let marked = FORMATS.iter().map(|format| format.prefix).chain(MARKS.iter().copied());
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(marked.chain(words.iter().copied()))
        .expect("two hundred short literals fit into an automaton")
}

/// Whether a value as a whole is a key of a provider.
pub(super) fn is_key(value: &str) -> bool {
    let whole = |token: token::Token| token.start == 0 && token.end == value.len();
    FORMATS.iter().any(|format| {
        let at = format.before.map_or(Some(0), |_| value.find(format.prefix));
        at.and_then(|at| token::at(value, at, format)).is_some_and(whole)
    })
}

fn check(artifact: &Artifact, _: &Cx<'_>, sink: &mut Sink) {
    if artifact.role == Role::Lockfile || artifact.scope == Scope::Dependency {
        return;
    }
    let mut found = secrets(&artifact.at.path, &artifact.text);
    if !found.is_empty() && matches!(artifact.role, Role::Config | Role::Settings | Role::Other) {
        // What stands in a server's entry is reported there, by GC006.
        let servers = server_ranges(&artifact.at.path, &artifact.text);
        let other = |kind| matches!(kind, Kind::Address | Kind::PrivateKey);
        let inside = |at: usize| {
            let next = servers.partition_point(|range| range.start <= at);
            next.checked_sub(1).is_some_and(|before| at < servers[before].end)
        };
        found.retain(|secret| other(secret.kind) || !inside(secret.range.start));
    }
    let (mut at, mut seen) = (artifact.at.clone(), 0);
    for secret in found {
        advance(&mut at, &artifact.text[seen..], secret.range.start - seen);
        seen = secret.range.start;
        let doc = &DOCS[secret.kind as usize];
        let what = if secret.note.is_empty() { doc.summary } else { &secret.note };
        let mut one = finding(doc, at.clone(), what.trim_end_matches('.'));
        (one.level, one.confidence) = (secret.level, secret.confidence);
        one.evidence =
            Evidence::of(&shown(&artifact.text[secret.range], secret.kind), "", Vec::new());
        sink.add(one);
    }
}

/// A secret masked. Keys that machines made have 32 bits of their digest behind, so that another key
/// in the same place is another finding; of a password these would help to guess it.
fn shown(secret: &str, kind: Kind) -> String {
    let masked = value::masked(secret);
    let chosen = matches!(
        kind,
        Kind::Assigned
            | Kind::PasswordFile
            | Kind::SavedLogin
            | Kind::Address
            | Kind::DockerAuth
            | Kind::RegistryAuth
            | Kind::PasswordHash
            | Kind::PrivateKey
    );
    if chosen {
        return masked;
    }
    let digest = hex(&Sha256::digest(secret.as_bytes()));
    format!("{masked} #{}", &digest[..8])
}

/// Byte ranges of the entries of MCP servers.
fn server_ranges(path: &str, text: &str) -> Vec<Range<usize>> {
    let lower = path.to_ascii_lowercase();
    let node = if lower.ends_with(".toml") {
        parse::toml::parse(text, Limits::default())
    } else if lower.ends_with(".json") || lower.ends_with(".jsonc") {
        parse::json::parse(text, Limits::default())
    } else if lower.ends_with(".yaml") || lower.ends_with(".yml") {
        parse::yaml::parse(text, parse::yaml::LIMITS)
    } else {
        return Vec::new();
    };
    let Ok(node) = node else { return Vec::new() };
    let entries = servers::entries(&node, &[]);
    let mut ranges: Vec<_> = entries.iter().map(|entry| entry.start..entry.node.end).collect();
    ranges.sort_by_key(|range| range.start);
    ranges
}

/// A text with each of its secrets as `***`, line by line; `None` where it has none.
pub(crate) fn without_secrets(path: &str, text: &str) -> Option<String> {
    let found = secrets(path, text);
    let (mut out, mut seen) = (String::with_capacity(text.len()), 0);
    for Secret { range, .. } in &found {
        out.push_str(&text[seen..range.start]);
        let lines = text[range.clone()].split('\n').map(|_| "***");
        out.push_str(&lines.collect::<Vec<_>>().join("\n"));
        seen = range.end;
    }
    out.push_str(&text[seen..]);
    (!found.is_empty()).then_some(out)
}

/// All secrets of a text, in its order, none inside another.
fn secrets(path: &str, text: &str) -> Vec<Secret> {
    let manner = manner::of_file(path, text);
    let mut found = Vec::new();
    for range in shape::of_file(path, text) {
        let kind = if path.ends_with(".key") { Kind::Framework } else { Kind::PasswordFile };
        found.push(secret(kind, range, Level::High, Confidence::High));
    }
    let automaton = &AUTOMATA[usize::from(manner.assigned.is_none())];
    let mut past = 0;
    for hit in automaton.find_overlapping_iter(text) {
        let which = hit.pattern().as_usize();
        if let Some(format) = FORMATS.get(which) {
            if let Some(token) = token::at(text, hit.start(), format) {
                found.push(of_token(format.kind, format.proof, token, text));
            }
        } else if let Some(mark) = which.checked_sub(FORMATS.len()).and_then(|i| MARKS.get(i)) {
            found.extend(of_mark(mark, text, hit.start(), manner));
        } else if hit.start() >= past {
            let (assigned, end) = assign::at(text, hit.start(), manner);
            past = end;
            found.extend(assigned.and_then(|assigned| of_name(path, text, &assigned, manner)));
        }
    }
    if manner.example {
        found.retain(|secret| secret.kind != Kind::PasswordHash);
        found.iter_mut().for_each(|secret| secret.level = secret.level.min(Level::Warn));
    }
    found.sort_by_key(|secret| (secret.range.start, secret.kind, secret.range.end));
    let mut kept: Vec<Secret> = Vec::new();
    for one in found {
        match kept.last_mut().filter(|last| one.range.start < last.range.end) {
            // The better known of two that overlap, and the longer of two that are known as well.
            Some(last) if rank(&one) < rank(last) => *last = one,
            Some(_) => {}
            None => kept.push(one),
        }
    }
    kept
}

/// Lower is better known.
const fn rank(secret: &Secret) -> (bool, usize) {
    (matches!(secret.kind, Kind::Assigned), usize::MAX - (secret.range.end - secret.range.start))
}

const fn secret(kind: Kind, range: Range<usize>, level: Level, confidence: Confidence) -> Secret {
    Secret { kind, range, level, confidence, note: String::new() }
}

fn of_token(kind: Kind, proof: Proof, token: token::Token, text: &str) -> Secret {
    let key = &text[token.start..token.end];
    let level = match kind {
        Kind::Jwt => Level::Warn,
        Kind::Stripe if key.contains("_test_") => Level::Warn,
        _ if token.refuted || value::counts_up(key) => Level::Warn,
        _ => Level::High,
    };
    let confidence = match proof {
        _ if token.refuted => Confidence::Low,
        Proof::Near(_) => Confidence::Medium,
        _ => Confidence::High,
    };
    let mut found = secret(kind, token.start..token.end, level, confidence);
    if token.refuted {
        let name = DOCS[kind as usize].name.replace('-', " ");
        found.note = format!("this has the form of a {name}, but its checksum is wrong");
    }
    found
}

fn of_mark(mark: &str, text: &str, at: usize, manner: Manner) -> Option<Secret> {
    let key = |(range, locked): (Range<usize>, bool)| {
        let level = if locked { Level::Warn } else { Level::High };
        let mut found = secret(Kind::PrivateKey, range, level, Confidence::High);
        if locked {
            "a private key that a passphrase protects".clone_into(&mut found.note);
        }
        found
    };
    let high = |kind, range| secret(kind, range, Level::High, Confidence::High);
    match mark {
        "-----begin " => shape::private_key(text, at).map(key),
        "private-lines:" => shape::putty_key(text, at).map(key),
        "://" => shape::password_of_address(text, at).map(|range| {
            // Prose shows addresses more often than it uses them.
            let level = if manner.assigned.is_none() { Level::Warn } else { Level::High };
            secret(Kind::Address, range, level, Confidence::Medium)
        }),
        "\"auth\"" => {
            let (value, _) = assign::value_behind(text, at + 1, at + 5, manner)?;
            shape::is_login_in_base64(&text[value.clone()]).then(|| high(Kind::DockerAuth, value))
        }
        _ => shape::password_hash(text, at)
            .map(|range| Secret { level: Level::Warn, ..high(Kind::PasswordHash, range) }),
    }
}

/// What is assigned to the name of a secret.
fn of_name(path: &str, text: &str, at: &assign::Assigned, manner: Manner) -> Option<Secret> {
    let (name, value) = (&text[at.name.clone()], &text[at.value.clone()]);
    let lower = name.to_ascii_lowercase();
    let found = |kind, level, confidence| {
        let note = format!("`{name}` is set to a literal");
        Some(Secret { note, ..secret(kind, at.value.clone(), level, confidence) })
    };
    let random = value.len() >= 20 && value::entropy(value) >= 3.0 && !value::is_made_up(value);
    if lower.contains("aws") && lower.contains("secret") && value.len() == 40 && random {
        return found(Kind::Aws, Level::High, Confidence::High);
    }
    if at.quoted && value.len() >= 32 && is_salt(name) && random && !value::is_placeholder(value) {
        return found(Kind::Framework, Level::High, Confidence::High);
    }
    if random && is_framework(&lower, path, value) {
        return found(Kind::Framework, Level::High, Confidence::High);
    }
    let kind = manner.assigned?;
    if manner.holds_secrets || (manner.plain_lines && at.password) {
        return value::is_given(value).then(|| found(kind, Level::High, Confidence::Medium))?;
    }
    // `password_1 = "password1"`: the name said again.
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    if letters(&lower) == letters(&value.to_ascii_lowercase()) {
        return None;
    }
    value::is_likely(value, at.password).then(|| found(kind, Level::Warn, Confidence::Low))?
}

/// Keys and salts of WordPress.
fn is_salt(name: &str) -> bool {
    let part = name.strip_suffix("_KEY").or_else(|| name.strip_suffix("_SALT"));
    part.is_some_and(|part| matches!(part, "AUTH" | "SECURE_AUTH" | "LOGGED_IN" | "NONCE"))
}

/// What Rails, Django and Laravel sign and encrypt with.
fn is_framework(name: &str, path: &str, value: &str) -> bool {
    let hex = value.bytes().all(|b| b.is_ascii_hexdigit());
    match name {
        "secret_key_base" => hex && value.len() >= 64,
        "secret_key" => {
            path.ends_with(".py") && value.len() >= 40 && !value.starts_with("django-insecure")
        }
        "app_key" => value.starts_with("base64:"),
        _ => false,
    }
}
