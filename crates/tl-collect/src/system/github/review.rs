//! Reviews and comments on lines.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{ReviewGiven, ReviewVerdict, kind, role};
use tl_core::time::Timestamp;

use super::Place;
use super::read::{Account, Problem, Result, flag, instant, number, object_id, text};

/// A review as REST or GraphQL has it.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) id: String,
    /// When it was submitted; `None` where it is not yet.
    pub(crate) at: Option<Timestamp>,
    pub(crate) reviewer: Account,
    /// What it says; `None` where that is no review: pending, or a request for one.
    pub(crate) verdict: Option<ReviewVerdict>,
    pub(crate) commit: String,
}

impl Review {
    /// Reads an object of REST, of a webhook, or of a timeline.
    pub(crate) fn rest(review: &Value) -> Result<Self> {
        let id = number(review, "id").ok_or(Problem::Missing("id"))?;
        let verdict = verdict(text(review, "state"));
        Ok(Self {
            id: id.to_string(),
            at: instant(review, "submitted_at"),
            reviewer: Account::at(review, "user"),
            verdict: if flag(review, "dismissed") {
                Some(ReviewVerdict::Dismissed)
            } else {
                verdict
            },
            commit: object_id(review, "commit_id"),
        })
    }

    /// The review; nothing while it is not submitted.
    ///
    /// A review that was dismissed no longer says what it said, nor when that was: it is told as
    /// a comment at its own time, and as taken back from the start. Where it was read before, its
    /// verdict is in the ledger as well.
    pub(crate) fn events(&self, place: &Place, request: u64) -> Vec<Event> {
        let (Some(at), Some(verdict)) = (self.at, self.verdict) else { return Vec::new() };
        let told: &[_] = match verdict {
            ReviewVerdict::Dismissed => {
                &[("/given", ReviewVerdict::Commented), ("/dismissed", ReviewVerdict::Dismissed)]
            }
            verdict => &[("", verdict)],
        };
        let event = |(what, verdict): &(&str, ReviewVerdict)| {
            let key = format!("review/{}/{}{what}", place.repository, self.id);
            given(place, at, request, &key, *verdict, &self.reviewer)
                .about(role::COMMIT, &self.commit)
        };
        told.iter().map(event).collect()
    }
}

/// The verdict of a state, in the words of GitHub or Gitea.
pub(super) fn verdict(state: &str) -> Option<ReviewVerdict> {
    match state.to_ascii_uppercase().as_str() {
        "APPROVED" => Some(ReviewVerdict::Approved),
        "CHANGES_REQUESTED" | "REQUEST_CHANGES" => Some(ReviewVerdict::ChangesRequested),
        "COMMENTED" | "COMMENT" => Some(ReviewVerdict::Commented),
        "DISMISSED" => Some(ReviewVerdict::Dismissed),
        _ => None,
    }
}

/// A comment on a line.
pub(crate) fn comment(place: &Place, request: u64, comment: &Value) -> Result<Vec<Event>> {
    let id = number(comment, "id").ok_or(Problem::Missing("id"))?;
    let at = instant(comment, "created_at").ok_or(Problem::Missing("created_at"))?;
    let by = Account::at(comment, "user");
    let key = format!("review-comment/{}/{id}", place.repository);
    // The commit that the comment stands at now moves on with the request.
    let event = given(place, at, request, &key, ReviewVerdict::Commented, &by)
        .about(role::COMMIT, object_id(comment, "original_commit_id"));
    Ok(vec![event])
}

/// A review under a key of its own.
pub(crate) fn given(
    place: &Place,
    at: Timestamp,
    request: u64,
    key: &str,
    verdict: ReviewVerdict,
    by: &Account,
) -> Event {
    let change = place.numbered(request);
    Event::new(kind::CHANGE_REVIEW, at, &place.source, key, &format!("change:{change}"))
        .by(&by.login)
        .about(role::CHANGE, change)
        .about(role::REPOSITORY, &place.repository)
        .with(&ReviewGiven { verdict, reviewer_class: by.class() })
}
