//! Reviews of one request: when it was ready, first looked at, approved, and whose turn it was.
//!
//! In: one [`Request`] and the end of what is known. Out: instants and spans. Start at
//! [`course`]. **Invariant:** a review by the author, by a program, or after the merge is none;
//! the two turns add up exactly to the time from first review to approval.
//! **Definition:** boundaries t3r, t4, t4ai and t5 of `docs/measures.md`.

use rustc_hash::FxHashMap;
use tl_core::attribution::AuthorClass;
use tl_core::delivery::{Request, Review};
use tl_core::fact::ReviewVerdict;
use tl_core::time::{Millis, Timestamp};

/// How a request went through its review.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// t3r: last marked ready before the first review; opened where it never was a draft.
    pub ready: Option<Timestamp>,
    /// t4: first review by a person who is not the author.
    pub first_review: Option<Timestamp>,
    /// t4ai: first review by a program.
    pub first_ai_review: Option<Timestamp>,
    /// t5: start of the last stretch in which the needed approvals held until the merge, or now.
    pub approved: Option<Timestamp>,
    /// Between first review and approval (or merge): waiting for a reviewer.
    pub reviewers_turn: Millis,
    /// Between first review and approval (or merge): the author changes it again.
    pub authors_turn: Millis,
    /// Reviews by people.
    pub reviews: u32,
    /// Times that changes were asked for.
    pub changes_requested: u32,
}

/// Follows a request's review up to its merge, or to `until` while it is open.
///
/// `landed` is the merge that git tells of: it counts where the forge knows of none (the request
/// was closed, and its commits were landed by hand).
pub fn course(
    request: &Request,
    needed: usize,
    landed: Option<Timestamp>,
    until: Timestamp,
) -> Course {
    let merged = request.merged.as_ref().map(|merge| merge.at).or(landed);
    let merged = merged.filter(|at| *at <= until);
    let end = merged.unwrap_or(until);
    let given = request.reviews.iter().filter(|review| review.at <= end);
    let is_person = |review: &&Review| is_by_other_person(request, review);
    let mut people: Vec<&Review> = given.clone().filter(is_person).collect();
    people.sort_by_key(|review| (review.at, review.verdict));
    let opened = request.opened.filter(|at| *at <= end);
    let counts = |review: &&&Review| review.verdict != ReviewVerdict::Dismissed;
    let first_seen = people.iter().find(counts).map(|review| review.at);
    let ready = ready(request, opened, first_seen, merged, end);
    // A review of the draft is a courtesy; the wait is for one of what was said to be ready.
    let first_review = people
        .iter()
        .filter(counts)
        .map(|review| review.at)
        .find(|at| ready.is_none_or(|ready| *at >= ready));
    let approved = approved(&people, needed.max(1)).or_else(|| last_approval(&people, merged));
    let (reviewers_turn, authors_turn) = match first_review {
        Some(first) => turns(request, &people, first, approved.unwrap_or(end).max(first)),
        None => (Millis::ZERO, Millis::ZERO),
    };
    let count = |holds: &dyn Fn(&&&Review) -> bool| people.iter().filter(holds).count() as u32;
    Course {
        ready,
        first_review,
        first_ai_review: given
            .filter(|review| review.class != AuthorClass::Human)
            .map(|review| review.at)
            .min(),
        approved,
        reviewers_turn,
        authors_turn,
        reviews: count(&counts),
        changes_requested: count(&|review| review.verdict == ReviewVerdict::ChangesRequested),
    }
}

/// Whether a person gave a review who is not the author of the request. Of a request whose state
/// was never collected the author is unknown, and every reviewer may be the author.
pub(crate) fn is_by_other_person(request: &Request, review: &Review) -> bool {
    review.class == AuthorClass::Human
        && !review.reviewer.is_empty()
        && request.state.as_ref().is_some_and(|(_, state)| state.author != review.reviewer)
}

/// Last marked ready before the first review, or before the end where nobody reviewed it.
fn ready(
    request: &Request,
    opened: Option<Timestamp>,
    first_review: Option<Timestamp>,
    merged: Option<Timestamp>,
    end: Timestamp,
) -> Option<Timestamp> {
    let by = first_review.unwrap_or(end);
    let marked = request.drafts.iter().filter(|(at, _)| *at <= end);
    match marked.clone().rfind(|(at, _)| *at <= by) {
        Some((at, true)) => return Some(*at),
        // Reviewed while it was a draft: ready when it was marked so after that.
        Some((_, false)) => {
            return marked.clone().find(|(at, is_ready)| *is_ready && *at > by).map(|(at, _)| *at);
        }
        None => {}
    }
    // Marked ready only after the first review: it was opened as a draft.
    if let Some((at, true)) = marked.clone().next() {
        return Some(*at);
    }
    // A draft that nobody ever marked ready is not ready while it is open.
    let still_draft = request.state.as_ref().is_some_and(|(_, state)| state.draft);
    opened.filter(|_| merged.is_some() || !still_draft)
}

/// Start of the last stretch, still holding at the end, in which enough people approve and
/// nobody asks for changes.
fn approved(people: &[&Review], needed: usize) -> Option<Timestamp> {
    let mut says: FxHashMap<&str, ReviewVerdict> = FxHashMap::default();
    let mut since = None;
    for review in people {
        match review.verdict {
            ReviewVerdict::Commented => continue,
            ReviewVerdict::Dismissed => {
                says.remove(review.reviewer.as_str());
            }
            verdict => {
                says.insert(&review.reviewer, verdict);
            }
        }
        let count = |verdict| says.values().filter(|said| **said == verdict).count();
        let holds =
            count(ReviewVerdict::Approved) >= needed && count(ReviewVerdict::ChangesRequested) == 0;
        since = if holds { since.or(Some(review.at)) } else { None };
    }
    since
}

/// Where the approvals did not hold (a rule that we do not know, or an override): the last one
/// before the merge.
fn last_approval(people: &[&Review], merged: Option<Timestamp>) -> Option<Timestamp> {
    merged?;
    let approvals = people.iter().filter(|review| review.verdict == ReviewVerdict::Approved);
    approvals.map(|review| review.at).max()
}

/// Splits the time from the first review to `end` by whose turn it was: after a review the
/// author's, after a push, a commit or a new request for review the reviewer's.
fn turns(
    request: &Request,
    people: &[&Review],
    first: Timestamp,
    end: Timestamp,
) -> (Millis, Millis) {
    let reviewed = people.iter().map(|review| (review.at, true));
    let pushed = request.pushes.iter().map(|(at, _)| (*at, false));
    let committed = request.commits.iter().filter_map(|commit| Some((commit.committed?, false)));
    let asked = request.asked.iter().map(|(at, _)| (*at, false));
    let mut turns: Vec<(Timestamp, bool)> = reviewed
        .chain(pushed)
        .chain(committed)
        .chain(asked)
        .filter(|(at, _)| *at >= first && *at < end)
        .collect();
    turns.sort_unstable();
    let mut reviewers = Millis::ZERO;
    let mut authors = Millis::ZERO;
    let mut at = first;
    let mut is_authors = true;
    for (next, to_author) in turns.into_iter().chain([(end, true)]) {
        let spent = next - at;
        if is_authors {
            authors = authors + spent;
        } else {
            reviewers = reviewers + spent;
        }
        (at, is_authors) = (next, to_author);
    }
    (reviewers, authors)
}

#[cfg(test)]
mod tests;
