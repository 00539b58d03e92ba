//! Tickets that a text names: `Fixes #12`, `ABC-1`, `feature/abc-1-x`, `refs acme/web#3`.

use tl_core::fact::{LinkForm, Mention};

use super::MENTION_LIMIT;
use crate::message;

/// Words behind which a ticket is closed: GitHub's, and those that GitLab adds.
const CLOSING: [&str; 16] = [
    "close",
    "closes",
    "closed",
    "closing",
    "fix",
    "fixes",
    "fixed",
    "fixing",
    "resolve",
    "resolves",
    "resolved",
    "resolving",
    "implement",
    "implements",
    "implemented",
    "implementing",
];

/// Words behind which a text names its ticket without closing it.
const REFERRING: [&str; 16] = [
    "ref",
    "refs",
    "reference",
    "references",
    "re",
    "part of",
    "related to",
    "relates to",
    "relates",
    "towards",
    "toward",
    "contributes to",
    "addresses",
    "for",
    "issue",
    "ticket",
];

/// Names in small letters, as branches have them, that are no projects.
const NO_PROJECT_IN_SMALL: [&str; 44] = [
    "api",
    "attempt",
    "batch",
    "bug",
    "build",
    "bump",
    "bugfix",
    "chore",
    "ci",
    "dev",
    "day",
    "docs",
    "draft",
    "feat",
    "feature",
    "fix",
    "gh",
    "hotfix",
    "issue",
    "issues",
    "iteration",
    "main",
    "master",
    "milestone",
    "mr",
    "node",
    "part",
    "patch",
    "phase",
    "pr",
    "python",
    "q",
    "release",
    "revert",
    "rev",
    "sprint",
    "step",
    "task",
    "test",
    "try",
    "update",
    "upgrade",
    "version",
    "week",
];

/// Capitals that name a time zone, a standard, a processor, or an issue of GitHub.
const NO_PROJECT: [&str; 5] = ["AVX", "FIPS", "GH", "GMT", "UTC"];

fn add(found: &mut Vec<Mention>, form: LinkForm, ticket: String) {
    if found.len() < MENTION_LIMIT && !found.iter().any(|known| known.ticket == ticket) {
        found.push(Mention { form, ticket });
    }
}

/// Adds what stands behind closing keywords: `Fixes #12, #13 and ABC-1`.
pub(super) fn closing(text: &str, repository: &str, found: &mut Vec<Mention>) {
    behind(text, &CLOSING, |rest| chain(rest, LinkForm::Closing, repository, found));
}

/// Adds the numbers that stand behind words such as `refs`.
pub(super) fn references(text: &str, repository: &str, found: &mut Vec<Mention>) {
    behind(text, &REFERRING, |rest| chain(rest, LinkForm::Body, repository, found));
}

/// Calls `then` with what follows each of the words, behind `:` and white space.
fn behind<'a>(text: &'a str, words: &[&str], mut then: impl FnMut(&'a str)) {
    for (at, start) in word_starts(text) {
        for word in words.iter().filter(|word| start.eq_ignore_ascii_case(&word.as_bytes()[0])) {
            let Some(first) = text.as_bytes().get(at..at + word.len()) else { continue };
            if !first.eq_ignore_ascii_case(word.as_bytes()) {
                continue;
            }
            let rest = &text[at + word.len()..];
            let after = rest.strip_prefix(':').unwrap_or(rest);
            let target = after.trim_start_matches([' ', '\t']);
            if target.len() < after.len() {
                then(target);
            }
        }
    }
}

/// Where words begin, with their first byte, which is an ASCII letter.
fn word_starts(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter_map(|(at, byte)| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let starts = byte.is_ascii_alphabetic() && before.is_none_or(|b| !of_word(b) && b != b'-');
        starts.then_some((at, *byte))
    })
}

const fn of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Adds a ticket and those joined to it by `,`, `and` and `&`.
fn chain(mut text: &str, form: LinkForm, repository: &str, found: &mut Vec<Mention>) {
    for _ in 0..MENTION_LIMIT {
        let Some((ticket, rest)) = ticket(text, repository) else { return };
        add(found, form, ticket);
        let rest = rest.trim_start_matches([' ', '\t']);
        let joined = [",", "and ", "&"].iter().find_map(|joint| rest.strip_prefix(joint));
        let Some(next) = joined else { return };
        let next = next.trim_start_matches([' ', '\t']);
        text = next.strip_prefix("and ").unwrap_or(next);
    }
}

/// Reads one ticket at the start: `#12`, `acme/api#12`, `GH-12`, an address, `ABC-1`.
fn ticket<'a>(text: &'a str, repository: &str) -> Option<(String, &'a str)> {
    let text = text.trim_start_matches(['[', '(', '*', '_']);
    if let Some(rest) = text.strip_prefix('#').or_else(|| text.strip_prefix("GH-")) {
        let (number, rest) = number(rest)?;
        return (!repository.is_empty()).then(|| (format!("{repository}#{number}"), rest));
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return address(text);
    }
    if let Some((key, rest)) = key_at_start(text) {
        return Some((key.to_owned(), rest));
    }
    let length = text.bytes().take(200).take_while(|b| is_path(*b)).count();
    let (named, rest) = text.split_at(length);
    let (number, rest) = number(rest.strip_prefix('#')?)?;
    named.contains('/').then(|| (format!("{named}#{number}"), rest))
}

const fn is_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.')
}

/// A number above 0 at the start, of at most nine digits, and what follows it.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take(10).take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok().filter(|number| *number > 0 && digits < 10)?;
    let rest = &text[digits..];
    rest.bytes().next().is_none_or(|byte| !of_word(byte)).then_some((number, rest))
}

/// An issue's address: `https://HOST/acme/api/issues/12`, `https://HOST/browse/ABC-1`.
fn address(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| c.is_whitespace() || ")]>\"',".contains(c));
    let (address, rest) = text.split_at(end.unwrap_or(text.len()));
    let (_, path) = address.split_once("://")?.1.split_once('/')?;
    if let Some((_, key)) = path.rsplit_once("browse/") {
        return Some((key_at_start(key)?.0.to_owned(), rest));
    }
    let (repository, behind) =
        ["/-/issues/", "/-/work_items/", "/issues/"].iter().find_map(|it| path.split_once(it))?;
    let (number, _) = number(behind)?;
    let named = repository.contains('/') && repository.bytes().all(is_path);
    named.then(|| (format!("{repository}#{number}"), rest))
}

/// A key such as `ABC-1` at the start, and what follows it.
fn key_at_start(text: &str) -> Option<(&str, &str)> {
    let name = text.bytes().take(32).take_while(|b| is_key(*b)).count();
    let behind = text[name..].strip_prefix('-')?;
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    let end = name + 1 + digits;
    (is_project(&text[..name]) && is_end(text, end, digits)).then(|| text.split_at(end))
}

const fn is_key(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

fn is_project(name: &str) -> bool {
    name.len() >= 2
        && name.as_bytes()[0].is_ascii_uppercase()
        && !NO_PROJECT.contains(&name)
        && message::is_project(name)
}

/// Whether a key ends here: `RELEASE-1.2` and `ABC-1x` go on.
fn is_end(text: &str, end: usize, digits: usize) -> bool {
    let bytes = text.as_bytes();
    let goes_on =
        bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    let bounded = bytes.get(end).is_none_or(|byte| !of_word(*byte) || *byte == b'_');
    (1..10).contains(&digits) && bounded && !goes_on
}

/// Adds the keys in a text, such as `ABC-1`.
pub(super) fn keys(text: &str, form: LinkForm, found: &mut Vec<Mention>) {
    let bytes = text.as_bytes();
    for (hyphen, _) in text.match_indices('-') {
        let length = bytes[..hyphen].iter().rev().take(32).take_while(|b| is_key(**b)).count();
        let name = text[hyphen - length..hyphen].trim_start_matches('_');
        let start = hyphen - name.len();
        let before = start.checked_sub(1).map(|before| bytes[before]);
        let bounded = before.is_none_or(|b| b == b'_' || !of_word(b));
        let digits = bytes[hyphen + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let end = hyphen + 1 + digits;
        if bounded && is_project(name) && is_end(text, end, digits) {
            add(found, form, text[start..end].to_owned());
        }
    }
}

/// Adds the issues in a title: `#12`, `(#12)`.
pub(super) fn numbers(title: &str, repository: &str, found: &mut Vec<Mention>) {
    for (at, _) in title.match_indices('#') {
        let before = at.checked_sub(1).map(|before| title.as_bytes()[before]);
        if before.is_none_or(|b| !of_word(b) && !is_path(b) && b != b'&')
            && let Some((number, _)) = number(&title[at + 1..])
            && !repository.is_empty()
        {
            add(found, LinkForm::Title, format!("{repository}#{number}"));
        }
    }
}

/// Adds the tickets in the name of a branch: `feature/abc-123-x`, `34-title`, `issue-34`.
pub(super) fn in_branch(branch: &str, repository: &str, found: &mut Vec<Mention>) {
    keys(branch, LinkForm::Branch, found);
    for part in branch.split('/') {
        let name = part.bytes().take(33).take_while(u8::is_ascii_alphanumeric).count();
        let (word, behind) = part.split_at(name);
        if word.is_empty() {
            continue;
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            let titled = behind.len() > 1 && behind.starts_with(['-', '_']);
            let goes_on = behind.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
            if titled && !goes_on {
                issue(word, repository, found);
            }
            continue;
        }
        let Some(rest) = behind.strip_prefix('-') else { continue };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if !is_end(part, name + 1 + digits, digits) {
            continue;
        }
        let small = word.to_ascii_lowercase();
        if matches!(small.as_str(), "issue" | "issues" | "gh") {
            issue(&rest[..digits], repository, found);
        } else if !NO_PROJECT_IN_SMALL.contains(&small.as_str())
            && is_project(&word.to_ascii_uppercase())
        {
            let key = format!("{}-{}", word.to_ascii_uppercase(), &rest[..digits]);
            add(found, LinkForm::Branch, key);
        }
    }
}

fn issue(digits: &str, repository: &str, found: &mut Vec<Mention>) {
    if let Some((number, _)) = number(digits)
        && !repository.is_empty()
    {
        add(found, LinkForm::Branch, format!("{repository}#{number}"));
    }
}

/// The repository that a text names before `#7`, as `Reverts acme/web#7` does.
pub(super) fn repository_of(wanted: u32, text: &str) -> Option<&str> {
    text.match_indices('#').find_map(|(at, _)| {
        let (found, _) = number(&text[at + 1..])?;
        let before = &text[..at];
        let length = before.bytes().rev().take(200).take_while(|b| is_path(*b)).count();
        let named = &before[before.len() - length..];
        (found == wanted && named.contains('/')).then_some(named)
    })
}

/// 7 of `revert-7-branch`.
pub(super) fn reverted_by_branch(branch: &str) -> Option<u32> {
    let (digits, _) = branch.strip_prefix("revert-")?.split_once('-')?;
    Some(number(digits)?.0)
}
