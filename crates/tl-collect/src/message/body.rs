//! Pointers in the body: reverts, cherry-picks, fixes and follow-ups.
//!
//! Everything starts from a rare part of a word, so that a message without it costs one scan
//! each. Nothing looks further back or ahead than a fixed number of bytes: time stays linear.

use std::sync::LazyLock;

use bstr::{ByteSlice as _, Finder};
use tl_core::history::{MessageLinks, Reference};
use tl_core::id::CommitId;

use super::title::title_hash;
use super::{REFERENCE_LIMIT, add, scan};

// The first letter is left out, because it may be a capital.
static EVERTS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("everts"));
static ACKS_OUT: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("acks out"));
static PICKED: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("(cherry picked from commit "));
static IXES: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("ixes"));
static OLLOW: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("ollow"));
static EGRESS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("egress"));
static ROKEN: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("roken"));

/// How far back the start of a line is looked for.
const INDENT_LIMIT: usize = 40;

/// Reads the body; `undoes` says that the title is a revert.
pub(super) fn reverts(body: &[u8], undoes: bool, links: &mut MessageLinks) {
    let mut lists = None;
    for (finder, stem) in [(&*EVERTS, 6), (&*ACKS_OUT, 8)] {
        for at in occurrences(finder, body) {
            let Some(lead) = lead(body, at) else { continue };
            let rest = scan::skip_space(&body[at + stem..]);
            let named = lead.text.ends_with(b"This ") && rest.starts_with(b"commit");
            links.revert_line |= stem == 6 && named;
            let said = lead.text.is_empty() || SUBJECTS.iter().any(|it| lead.says(it));
            if !said {
                continue;
            }
            if !undoes && lists.get_or_insert_with(|| Lists::of(body)).hold(at, &lead) {
                continue;
            }
            targets(rest, lead.text.is_empty(), &mut links.reverts);
        }
    }
}

/// Who may revert: otherwise the sentence is about another change.
const SUBJECTS: [&str; 5] = ["this ", "this commit ", "this pr ", "this change ", "this patch "];

/// Adds `abc1234, def5678 and 0123abc`, `#12`, `merge request !12`, `owner/repo#12`.
fn targets(text: &[u8], line_start: bool, reverts: &mut Vec<Reference>) {
    let nouns = ["commits", "commit", "PR", "pull request", "merge request", "changeset"];
    let mut rest = nouns
        .iter()
        .find_map(|noun| scan::skip_prefix(text, noun))
        .map_or(text, |rest| scan::skip_space(rest.strip_prefix(b":").unwrap_or(rest)));
    rest = rest.strip_prefix(b"- ").or_else(|| rest.strip_prefix(b"* ")).unwrap_or(rest);
    if let (true, Some(number)) = (line_start, whole_line_request(rest)) {
        add(reverts, Reference::Request(number));
        return;
    }
    while let Some((reference, after)) = scan::reference(rest) {
        // `a..b` leaves out `a`.
        if let Some(end) = after.strip_prefix(b"..") {
            rest = end;
            continue;
        }
        add(reverts, reference);
        let Some(next) = separator(after) else { return };
        rest = next;
    }
}

/// What follows `,`, `and`, `&` or a single end of line.
fn separator(text: &[u8]) -> Option<&[u8]> {
    let line = text.strip_prefix(b"\r\n").or_else(|| text.strip_prefix(b"\n"));
    let next = if let Some(line) = line {
        line
    } else {
        let text = scan::skip_space(text);
        scan::skip_prefix(text, ", and ")
            .or_else(|| scan::skip_prefix(text, ","))
            .or_else(|| scan::skip_word(text, "and"))
            .or_else(|| scan::skip_prefix(text, "& "))?
    };
    let spaces = next.iter().take(8).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let next = if line.is_some() { &next[spaces..] } else { scan::skip_space(next) };
    Some(next.strip_prefix(b"- ").or_else(|| next.strip_prefix(b"* ")).unwrap_or(next))
}

/// GitHub's button writes `Reverts owner/repo#12` on a line of its own, for its own repository.
/// In a sentence the same words mostly mean another repository.
fn whole_line_request(text: &[u8]) -> Option<u32> {
    let end = text.iter().take(200).position(|byte| *byte == b'\n').unwrap_or(text.len().min(200));
    let line = text[..end].trim_ascii();
    let hash = line.find_byte(b'#')?;
    let repository = &line[..hash];
    let named = repository.contains(&b'/')
        && repository.iter().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(b));
    let (number, rest) = scan::number(&line[hash + 1..])?;
    (named && rest.is_empty()).then_some(number)
}

/// What stands before a word in its line.
struct Lead<'a> {
    /// The text, without indentation and list marks; cut where the line is long.
    text: &'a [u8],
    /// The line begins with white space.
    indented: bool,
    /// The line begins with a list mark.
    marked: bool,
}

impl Lead<'_> {
    /// Whether the text ends in these words, in any case, at the start of a word.
    fn says(&self, words: &str) -> bool {
        let Some(start) = self.text.len().checked_sub(words.len()) else { return false };
        let (before, end) = self.text.split_at(start);
        end.eq_ignore_ascii_case(words.as_bytes())
            && before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric())
    }
}

/// The lead of the word whose second letter is at `at`; `None` if it is part of a longer word.
fn lead(body: &[u8], at: usize) -> Option<Lead<'_>> {
    let start = at.checked_sub(1)?;
    if !b"rRbBfF".contains(&body[start]) {
        return None;
    }
    let window = &body[start.saturating_sub(INDENT_LIMIT)..start];
    let (line, whole) = match window.rfind_byte(b'\n') {
        Some(end) => (&window[end + 1..], true),
        None => (window, start <= INDENT_LIMIT),
    };
    if !whole {
        return Some(Lead { text: line, indented: false, marked: false });
    }
    let unindented = line.trim_ascii_start();
    let marked = matches!(unindented, [b'*' | b'-' | b'+', b' ', ..]);
    let text = if marked { unindented[2..].trim_ascii_start() } else { unindented };
    if text.last().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return None;
    }
    Some(Lead { text, indented: unindented.len() < line.len(), marked })
}

/// Where the lists of a body begin.
struct Lists {
    /// First line with a list mark.
    first: Option<usize>,
    /// First line of a squash: `* title` without indentation. It does not end.
    squash: Option<usize>,
}

impl Lists {
    fn of(body: &[u8]) -> Self {
        let mut lists = Self { first: None, squash: None };
        let mut start = 0;
        for line in body.lines_with_terminator() {
            let text = line.trim_ascii_start();
            if matches!(text, [b'*' | b'-' | b'+', b' ', ..]) {
                lists.first.get_or_insert(start);
            }
            if line.starts_with(b"* ") || line.starts_with(b"Squashed commit of the following") {
                lists.squash = Some(start);
                break;
            }
            start += line.len();
        }
        lists
    }

    /// Whether the line around `at` belongs to a list item.
    fn hold(&self, at: usize, lead: &Lead<'_>) -> bool {
        lead.marked
            || self.squash.is_some_and(|squash| squash < at)
            || (lead.indented && self.first.is_some_and(|first| first < at))
    }
}

/// Adds the ids of all `(cherry picked from commit ...)` lines.
pub(super) fn cherry_picks(body: &[u8], links: &mut MessageLinks) {
    for at in occurrences(&PICKED, body) {
        let id = &body[at + PICKED.needle().len()..];
        let id = &id[..id.iter().take(65).position(|byte| *byte == b')').unwrap_or(0)];
        let Some(id) = id.to_str().ok().and_then(|id| id.parse::<CommitId>().ok()) else {
            continue;
        };
        let picked = &mut links.cherry_picked_from;
        if picked.len() < REFERENCE_LIMIT && !picked.contains(&id) {
            picked.push(id);
        }
    }
}

/// Adds the kernel's `Fixes: <id> ("title")`, and `Fixes <id>`. `Fixes #12` is a ticket.
pub(super) fn fixes(body: &[u8], links: &mut MessageLinks) {
    for at in occurrences(&IXES, body) {
        if lead(body, at).is_none_or(|lead| !lead.text.is_empty()) {
            continue;
        }
        let rest = &body[at + 4..];
        let rest = scan::skip_space(rest.strip_prefix(b":").unwrap_or(rest));
        let rest = scan::skip_word(rest, "commit").unwrap_or(rest);
        let Some((id, rest)) = scan::object_id(rest) else { continue };
        add(&mut links.fixes, Reference::Commit(id));
        let line = &rest[..rest.find_byte(b'\n').unwrap_or(rest.len())];
        if let Some(title) = line.trim_ascii().strip_prefix(b"(\"")
            && let Some(title) = title.strip_suffix(b"\")")
        {
            add(&mut links.fixes, Reference::Title(title_hash(&title.to_str_lossy())));
        }
    }
}

/// Adds `follow-up to #12`, `regression introduced in abc1234`, `broken by <address>`, anywhere
/// in the message; `own` is the request that the message merges.
///
/// The repository in `owner/repo#12` or an address is not compared with this one.
pub(super) fn follow_ups(message: &[u8], own: Option<u32>, links: &mut MessageLinks) {
    for (finder, words) in [
        (&*OLLOW, ["ollowup", "ollow-up", "ollow up"].as_slice()),
        (&*EGRESS, ["egressions", "egression", "egressed"].as_slice()),
        (&*ROKEN, ["roken"].as_slice()),
    ] {
        for at in occurrences(finder, message) {
            let text = &message[at..];
            let Some(rest) = words.iter().find_map(|word| scan::skip_word(text, word)) else {
                continue;
            };
            let Some(reference) = scan::joined(rest) else { continue };
            if own.is_none_or(|own| reference != Reference::Request(own)) {
                add(&mut links.fixes, reference);
            }
        }
    }
}

/// Every place where a needle stands.
pub(super) fn occurrences<'a>(
    finder: &'a Finder<'_>,
    text: &'a [u8],
) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + finder.find(text.get(from..)?)?;
        from = at + 1;
        Some(at)
    })
}
