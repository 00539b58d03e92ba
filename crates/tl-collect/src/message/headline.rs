//! The headline: which request a message merges, from which branch, and the title that counts.
//!
//! Forges and merge robots write a first line of their own and keep the request's title in the
//! body; squashes keep the request's number at the end of the title.

use std::borrow::Cow;
use std::sync::LazyLock;

use bstr::{ByteSlice as _, Finder};
use tl_core::history::{MentionForm, RequestMention};

use super::body::occurrences;
use super::title::{self, request_suffix};

// The first letter is left out, because it may be small.
static CLOSES: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("loses #"));

/// The first line of a message, understood.
pub(super) struct Headline<'a> {
    /// The request that is merged.
    pub(super) mention: Option<RequestMention>,
    /// The branch that is merged, without its owner.
    pub(super) branch: Option<&'a str>,
    /// The title of the change: the first line, or the request's title from a merge's body.
    pub(super) subject: Cow<'a, str>,
}

pub(super) fn read<'a>(first: &'a str, body: &'a [u8]) -> Headline<'a> {
    if let Some(merge) = merge(first, body) {
        return merge;
    }
    let subject = unfolded(first, body);
    if let Some((_, number)) = request_suffix(first) {
        let mention = Some(RequestMention { number, by: MentionForm::Suffix });
        return Headline { mention, branch: None, subject };
    }
    match closes_from(body) {
        Some((number, branch)) => {
            let mention = Some(RequestMention { number, by: MentionForm::Suffix });
            Headline { mention, branch: Some(branch), subject }
        }
        None => Headline { mention: None, branch: None, subject },
    }
}

/// `Closes #12 from owner/branch` on a line of its own, as the merge scripts of Apache projects
/// leave it behind a squash. Without `from` it closes a ticket.
fn closes_from(body: &[u8]) -> Option<(u32, &str)> {
    for at in occurrences(&CLOSES, body) {
        let starts_line = at > 0 && matches!(body[at - 1], b'c' | b'C');
        let line = body[at + CLOSES.needle().len()..].lines().next().unwrap_or_default();
        let Some((number, rest)) = line.to_str().ok().and_then(leading_number) else { continue };
        if let (true, Some(from)) = (starts_line, rest.strip_prefix(" from "))
            && let Some((_, branch)) = from.trim_end().split_once('/')
            && !branch.is_empty()
            && !branch.contains(' ')
        {
            return Some((number, branch.trim_end_matches([',', '.'])));
        }
    }
    None
}

/// Only first lines that begin like a merge come here: the others must stay cheap.
fn merge<'a>(first: &'a str, body: &'a [u8]) -> Option<Headline<'a>> {
    if !first.starts_with("Merge")
        && !first.starts_with("Auto merge of #")
        && !first.starts_with("Rollup merge of #")
    {
        return None;
    }
    let of = |number, branch, subject| {
        let mention = Some(RequestMention { number, by: MentionForm::Merge });
        Headline { mention, branch, subject }
    };
    if let Some(rest) = first.strip_prefix("Merge pull request ") {
        // Histories that were moved into another repository name the old one.
        let (number, rest) = leading_number(rest.split_once('#')?.1)?;
        let branch = rest.strip_prefix(" from ").map(|from| {
            let from = from.split_whitespace().next().unwrap_or_default();
            from.split_once('/').map_or(from, |(_, branch)| branch)
        });
        return Some(of(number, branch, request_title(first, body)));
    }
    if let Some(rest) =
        first.strip_prefix("Auto merge of #").or_else(|| first.strip_prefix("Rollup merge of #"))
    {
        let (number, rest) = leading_number(rest)?;
        let branch = rest
            .strip_prefix(" - ")
            .and_then(|rest| rest.split_once(", r=").map(|(from, _)| from))
            .and_then(|from| from.split_once(':').map(|(_, branch)| branch));
        return Some(of(number, branch, request_title(first, body)));
    }
    if let Some(rest) = first.strip_prefix("Merged PR ") {
        let (number, rest) = leading_number(rest)?;
        let title = rest.strip_prefix(':')?.trim_start();
        return Some(of(number, None, Cow::Borrowed(title)));
    }
    if let Some(rest) = first.strip_prefix("Merged in ") {
        let (branch, rest) = rest.split_once(" (pull request #")?;
        let (number, _) = leading_number(rest)?;
        return Some(of(number, Some(branch), request_title(first, body)));
    }
    if let Some(rest) = first.strip_prefix("Merge #") {
        let (number, _) = leading_number(rest)?;
        return Some(of(number, None, robot_title(first, body, number)));
    }
    let (branch, _) = first.strip_prefix("Merge branch '")?.split_once('\'')?;
    match see_merge_request(body) {
        Some(number) => Some(of(number, Some(branch), request_title(first, body))),
        None => {
            Some(Headline { mention: None, branch: Some(branch), subject: Cow::Borrowed(first) })
        }
    }
}

/// A number above 0 at the start of a text, and what follows it.
pub(super) fn leading_number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok().filter(|number| *number > 0)?;
    Some((number, &text[digits..]))
}

/// The request's title, which forges put first into the body of a merge.
fn request_title<'a>(first: &'a str, body: &'a [u8]) -> Cow<'a, str> {
    match title::split(body) {
        ([], _) => Cow::Borrowed(first),
        (line, rest) => match line.to_str_lossy() {
            Cow::Borrowed(line) => unfolded(line, rest),
            Cow::Owned(line) => Cow::Owned(line),
        },
    }
}

/// bors before 2021: `Merge #12` and then `12: title r=ana a=bo`.
fn robot_title<'a>(first: &'a str, body: &'a [u8], number: u32) -> Cow<'a, str> {
    let (line, _) = title::split(body);
    let Ok(line) = line.to_str() else { return Cow::Borrowed(first) };
    match leading_number(line) {
        Some((same, rest)) if same == number && rest.starts_with(':') => {
            let title = rest[1..].trim_start();
            Cow::Borrowed(title.rfind(" r=").map_or(title, |end| title[..end].trim_end()))
        }
        _ => Cow::Borrowed(first),
    }
}

/// The number of GitLab's `See merge request group/project!12`.
fn see_merge_request(body: &[u8]) -> Option<u32> {
    let line = body.lines().find_map(|line| line.strip_prefix(b"See merge request "))?;
    let number = &line[line.rfind_byte(b'!')? + 1..];
    Some(leading_number(number.to_str().ok()?)?.0)
}

/// GitHub cuts a long title with `…` and goes on with `…` in the body: put together again,
/// without the ` (#12)` after the cut.
fn unfolded<'a>(first: &'a str, body: &'a [u8]) -> Cow<'a, str> {
    if !first.contains('…') {
        return Cow::Borrowed(first);
    }
    let head = request_suffix(first).map_or(first, |(head, _)| head);
    let (next, _) = title::split(body);
    match (head.strip_suffix('…'), next.to_str().ok().and_then(|next| next.strip_prefix('…'))) {
        (Some(head), Some(tail)) => Cow::Owned(format!("{head}{tail}")),
        _ => Cow::Borrowed(first),
    }
}
