//! What a commit's message says: its title, the request that it merges, the commits it points at.
//!
//! In: the message as git stores it: bytes, mostly UTF-8. Out: [`MessageFacts`]. Start at
//! [`parse`]; `title` holds the first line, `headline` the request, `revert` and `body` the
//! pointers, `scan` how one pointer is read. **Invariant:** pure and linear in the length of the
//! message, whatever its bytes; a message that says nothing of this costs no allocation.
//!
//! What a message *says* is not yet a link: `tl-map` looks the references up and grades them.
//! Quoted messages do not count: in a squash body (a list of `* title` lines) neither the title
//! `Revert "X"` of an item nor the `This reverts commit` line under it is a revert of this
//! change. Such a line still sets [`MessageLinks::revert_line`], which counts lines, not links.

mod body;
mod headline;
mod revert;
mod scan;
#[cfg(test)]
mod tests;
mod title;

use bstr::ByteSlice as _;
use tl_core::history::{MessageLinks, Reference, RequestMention};

pub(crate) use title::is_project;
pub use title::title_hash;

/// Most references of one kind that are taken from one message; the rest is left out.
pub const REFERENCE_LIMIT: usize = 64;

/// What one message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFacts {
    /// Hash of the normalised title, see [`title_hash`]; 0 for an empty title.
    pub title: u64,
    /// The request that the message says it merges.
    pub mention: Option<RequestMention>,
    /// What the message says about other commits and tickets, where it says anything.
    pub links: Option<Box<MessageLinks>>,
}

/// Reads a message as git stores it.
pub fn parse(message: &[u8]) -> MessageFacts {
    let (first, body) = title::split(message);
    if first.is_empty() {
        return MessageFacts::default();
    }
    let first = first.to_str_lossy();
    let headline = headline::read(&first, body);
    let mut links = MessageLinks::default();
    revert::from_headline(&headline, &mut links);
    let undoes = !links.reverts.is_empty() || revert::is_undo(&headline.subject);
    body::reverts(body, undoes, &mut links);
    if undoes {
        revert::from_items(body, &mut links);
    }
    body::cherry_picks(body, &mut links);
    body::fixes(body, &mut links);
    body::follow_ups(message, headline.mention.map(|mention| mention.number), &mut links);
    title::tickets(&first, &mut links.tickets);
    if matches!(&headline.subject, subject if **subject != *first) {
        title::tickets(&headline.subject, &mut links.tickets);
    }
    links.reverts.sort_by_key(strength);
    links.merged_branch = headline.branch.map(str::to_owned);
    let says_something = links != MessageLinks::default();
    MessageFacts {
        title: title_hash(&first),
        mention: headline.mention,
        links: says_something.then(|| Box::new(links)),
    }
}

/// The strongest reference first; equal ones stay in the order of the message.
const fn strength(reference: &Reference) -> u8 {
    match reference {
        Reference::Commit(_) => 0,
        Reference::Request(_) => 1,
        Reference::Title(_) => 2,
    }
}

/// Adds what is new, up to the limit.
fn add(references: &mut Vec<Reference>, reference: Reference) {
    if references.len() < REFERENCE_LIMIT && !references.contains(&reference) {
        references.push(reference);
    }
}
