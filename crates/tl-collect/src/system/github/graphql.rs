//! A pull request of GraphQL with what belongs to it: reviews, commits, timeline, closed issues.
//!
//! Read where present: `number url title body isDraft createdAt updatedAt closedAt mergedAt
//! headRefName headRefOid baseRefName baseRefOid additions deletions changedFiles`, `repository`
//! and `headRepository { nameWithOwner }`, `author` and `mergedBy { __typename login }`,
//! `mergeCommit { oid }`, `labels { nodes { name } }`, and the connections below. Accounts need
//! their `__typename`, reviews their `fullDatabaseId` or `databaseId`, to be the same as in REST.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{ChangeState, LinkForm, kind, role};

use super::Place;
use super::issue::linked;
use super::pull::{Commit, Pull, left_by_merge, pushed, requested, reviewer, step};
use super::read::{
    Account, Problem, Result, flag, get, instant, labels, list, number, object_id, short, text,
};
use super::review::{Review, verdict};

/// The request, and everything nested in it.
pub(super) fn events(place: &Place, node: &Value) -> Result<Vec<Event>> {
    let pull = pull(place, node)?;
    let id = pull.number;
    let mut events = pull.events(place);
    for review in list(node, "reviews") {
        events.extend(self::review(review).iter().flat_map(|review| review.events(place, id)));
        // Comments on lines, where they were asked for.
        for comment in list(review, "comments") {
            events.extend(line_comment(place, id, comment));
        }
    }
    for item in list(node, "commits") {
        events.extend(commit(get(item, "commit")).event(place, id).ok());
    }
    for item in list(node, "timelineItems") {
        events.extend(happened(place, &pull, item));
    }
    for issue in list(node, "closingIssuesReferences") {
        let Some(number) = number(issue, "number") else { continue };
        let own = text(issue, "repository.nameWithOwner");
        let repository = if own.is_empty() { &place.repository } else { own };
        let ticket = format!("{repository}#{number}");
        let change = place.numbered(id);
        // GitHub does not say since when; the request is the earliest that it can be.
        let how = (LinkForm::Explicit, "closing");
        events.push(linked(&ticket, place, pull.created, (role::CHANGE, &change), how));
    }
    Ok(events)
}

fn pull<'a>(place: &Place, node: &'a Value) -> Result<Pull<'a>> {
    let merged = instant(node, "mergedAt");
    let created = instant(node, "createdAt").ok_or(Problem::Missing("createdAt"))?;
    let head = text(node, "headRepository.nameWithOwner");
    let is_own = head.eq_ignore_ascii_case(&place.repository);
    Ok(Pull {
        number: number(node, "number").ok_or(Problem::Missing("number"))?,
        created,
        updated: instant(node, "updatedAt").unwrap_or(created),
        closed: instant(node, "closedAt").filter(|_| merged.is_none()),
        merged,
        merge_commit: object_id(node, "mergeCommit.oid"),
        merged_by: node.get("mergedBy").map(|_| Account::at(node, "mergedBy")),
        author: Account::at(node, "author"),
        body: text(node, "body"),
        state: ChangeState {
            title: short(text(node, "title")),
            draft: flag(node, "isDraft"),
            branch: short(text(node, "headRefName")),
            fork: if is_own { String::new() } else { short(head) },
            head: object_id(node, "headRefOid"),
            base: short(text(node, "baseRefName")),
            base_head: object_id(node, "baseRefOid"),
            labels: labels(node),
            additions: number(node, "additions"),
            deletions: number(node, "deletions"),
            files: number(node, "changedFiles"),
            url: short(text(node, "url")),
            ..ChangeState::default()
        },
    })
}

/// The number that REST calls `id`; the node's own id where it was not asked for.
fn id(node: &Value) -> Option<String> {
    let number = number(node, "fullDatabaseId").or_else(|| number(node, "databaseId"));
    let own = || Some(text(node, "id")).filter(|id| !id.is_empty()).map(short);
    number.map(|number| number.to_string()).or_else(own)
}

fn review(node: &Value) -> Option<Review> {
    Some(Review {
        id: id(node)?,
        at: instant(node, "submittedAt"),
        reviewer: Account::at(node, "author"),
        verdict: verdict(text(node, "state")),
        commit: object_id(node, "commit.oid"),
    })
}

fn line_comment(place: &Place, request: u64, node: &Value) -> Option<Event> {
    let key = format!("review-comment/{}/{}", place.repository, id(node)?);
    let by = Account::at(node, "author");
    let at = instant(node, "createdAt")?;
    let verdict = tl_core::fact::ReviewVerdict::Commented;
    let event = super::review::given(place, at, request, &key, verdict, &by);
    Some(event.about(role::COMMIT, object_id(node, "originalCommit.oid")))
}

fn commit(node: &Value) -> Commit<'_> {
    let message = [text(node, "message"), text(node, "messageHeadline")];
    Commit {
        id: object_id(node, "oid"),
        login: Account::at(node, "author.user").login,
        name: text(node, "author.name"),
        email: text(node, "author.email"),
        authored: instant(node, "authoredDate"),
        committed: instant(node, "committedDate"),
        message: message.into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
    }
}

/// One item of the timeline of a request.
fn happened(place: &Place, pull: &Pull<'_>, item: &Value) -> Option<Event> {
    let at = instant(item, "createdAt")?;
    let id = pull.number;
    let step = |kind| Some(step(place, kind, at, id));
    match text(item, "__typename") {
        "ReadyForReviewEvent" => step(kind::CHANGE_READY),
        "ConvertToDraftEvent" => step(kind::CHANGE_DRAFTED),
        "AddedToMergeQueueEvent" => step(kind::CHANGE_QUEUED),
        "RemovedFromMergeQueueEvent" if !left_by_merge(item) => step(kind::CHANGE_DEQUEUED),
        "ReopenedEvent" => step(kind::CHANGE_REOPENED),
        // A merge closes as well.
        "ClosedEvent" if pull.merged.is_none_or(|merged| at < merged) => step(kind::CHANGE_CLOSED),
        "HeadRefForcePushedEvent" => pushed(place, at, id, &object_id(item, "afterCommit.oid")),
        "ReviewRequestedEvent" => {
            let asked = get(item, "requestedReviewer");
            requested(place, at, id, &reviewer(place, asked, &Value::Null))
        }
        "ConnectedEvent" => {
            let ends = [get(item, "subject"), get(item, "source")];
            let issue = ends.into_iter().find(|end| text(end, "__typename") == "Issue")?;
            let own = text(issue, "repository.nameWithOwner");
            let repository = if own.is_empty() { &place.repository } else { own };
            let ticket = format!("{repository}#{}", number(issue, "number")?);
            let how = (LinkForm::Explicit, "connected");
            Some(linked(&ticket, place, at, (role::CHANGE, &place.numbered(id)), how))
        }
        _ => None,
    }
}
