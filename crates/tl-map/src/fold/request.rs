//! Events of requests.

use tl_core::delivery::{Merge, Request, RequestCommit, Review};
use tl_core::event::Event;
use tl_core::fact::{
    ChangeMerged, ChangeState, CommitMade, ReviewGiven, ReviewRequested, kind, role,
};
use tl_core::time::Timestamp;

use super::join::{earliest, insert, insert_name, state, text};

/// Adds what an event says of the request that it concerns.
pub(super) fn apply(request: &mut Request, event: &Event) -> Result<(), serde_json::Error> {
    let at = event.at;
    let commit = || event.what(role::COMMIT).unwrap_or_default().to_owned();
    let actor = || event.actor.clone().unwrap_or_default();
    match event.kind.as_str() {
        kind::CHANGE_OPENED => {
            state(&mut request.state, at, event.payload::<ChangeState>()?);
            earliest(&mut request.opened, at);
        }
        kind::CHANGE_UPDATED => state(&mut request.state, at, event.payload::<ChangeState>()?),
        kind::CHANGE_READY => insert(&mut request.drafts, (at, true)),
        kind::CHANGE_DRAFTED => insert(&mut request.drafts, (at, false)),
        kind::CHANGE_COMMIT => made(request, at, commit(), actor(), event.payload()?),
        kind::CHANGE_PUSHED => insert(&mut request.pushes, (at, commit())),
        kind::CHANGE_REVIEW_REQUESTED => {
            insert(&mut request.asked, (at, event.payload::<ReviewRequested>()?.reviewer));
        }
        kind::CHANGE_REVIEW => {
            let ReviewGiven { verdict, reviewer_class: class } = event.payload()?;
            let review = Review { at, reviewer: actor(), class, verdict, commit: commit() };
            insert(&mut request.reviews, review);
        }
        kind::CHANGE_QUEUED => insert(&mut request.queued, (at, true)),
        kind::CHANGE_DEQUEUED => insert(&mut request.queued, (at, false)),
        kind::CHANGE_MERGED => {
            let base = event.payload::<ChangeMerged>()?.base;
            merged(request, Merge { at, commit: commit(), base, by: actor() });
        }
        kind::CHANGE_CLOSED => insert(&mut request.closed, at),
        kind::CHANGE_REOPENED => insert(&mut request.reopened, at),
        _ => {}
    }
    Ok(())
}

/// A commit, told once with the login of its author and once with the address, perhaps.
fn made(request: &mut Request, at: Timestamp, id: String, author: String, told: CommitMade) {
    // Without an id nobody knows which of them are the same.
    let place = request.commits.iter().position(|known| known.id == id && !id.is_empty());
    let mut commit = match place {
        Some(place) => request.commits.remove(place),
        None => RequestCommit {
            authored: at,
            id,
            committed: None,
            author: String::new(),
            email: String::new(),
            ai_tools: Vec::new(),
        },
    };
    commit.authored = commit.authored.min(at);
    commit.committed = commit.committed.max(told.committed);
    text(&mut commit.author, &author);
    text(&mut commit.email, &told.email);
    for tool in &told.ai_tools {
        insert_name(&mut commit.ai_tools, tool);
    }
    insert(&mut request.commits, commit);
}

/// The first merge stands; of two at one instant the one that says more.
fn merged(request: &mut Request, merge: Merge) {
    fn order(merge: &Merge) -> (Timestamp, [bool; 3], &Merge) {
        let Merge { at, commit, base, by } = merge;
        (*at, [commit.is_empty(), base.is_empty(), by.is_empty()], merge)
    }
    if request.merged.as_ref().is_none_or(|known| order(&merge) < order(known)) {
        request.merged = Some(merge);
    }
}

/// The latest instant that it tells of.
pub(super) fn activity(request: &Request) -> Option<Timestamp> {
    let committed =
        request.commits.iter().map(|commit| commit.committed.unwrap_or(commit.authored));
    let last = [
        request.opened,
        request.state.as_ref().map(|(at, _)| *at),
        request.drafts.last().map(|(at, _)| *at),
        committed.max(),
        request.pushes.last().map(|(at, _)| *at),
        request.asked.last().map(|(at, _)| *at),
        request.reviews.last().map(|review| review.at),
        request.queued.last().map(|(at, _)| *at),
        request.merged.as_ref().map(|merge| merge.at),
        request.closed.last().copied(),
        request.reopened.last().copied(),
    ];
    last.into_iter().flatten().max()
}
