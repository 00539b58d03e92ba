//! Requests of GitHub ten at a time, with all that belongs to them, over GraphQL: one request
//! where REST needs fifty.
//!
//! In: numbers. Out: a `graphql_pull_request` each. What is longer than one answer holds is read
//! again over REST, whole; where GraphQL fails, REST takes its place.

use serde_json::{Value, json};
use tl_core::record::Record;

use super::Repository;
use crate::client::Request;
use crate::source::PullError;

/// Requests in one question.
const BATCH: usize = 10;

/// The lists below a request, in the order of [`FIELDS`].
const LISTS: [&str; 5] =
    ["labels", "closingIssuesReferences", "reviews", "commits", "timelineItems"];

/// What is asked of each request. `tl-collect` reads these names.
const FIELDS: &str = "
  number url title body isDraft createdAt updatedAt closedAt mergedAt
  headRefName headRefOid baseRefName baseRefOid additions deletions changedFiles
  repository { nameWithOwner } headRepository { nameWithOwner }
  author { __typename login } mergedBy { __typename login } mergeCommit { oid }
  labels(first: 50) { pageInfo { hasNextPage } nodes { name } }
  closingIssuesReferences(first: 20) {
    pageInfo { hasNextPage } nodes { number repository { nameWithOwner } }
  }
  reviews(first: 100) {
    pageInfo { hasNextPage }
    nodes {
      databaseId state submittedAt author { __typename login } commit { oid }
      comments(first: 30) {
        pageInfo { hasNextPage }
        nodes { databaseId createdAt author { __typename login } originalCommit { oid } }
      }
    }
  }
  commits(first: 100) {
    pageInfo { hasNextPage }
    nodes {
      commit {
        oid message authoredDate committedDate author { name email user { __typename login } }
      }
    }
  }
  timelineItems(first: 100, itemTypes: [
    READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, REVIEW_REQUESTED_EVENT,
    HEAD_REF_FORCE_PUSHED_EVENT, ADDED_TO_MERGE_QUEUE_EVENT, REMOVED_FROM_MERGE_QUEUE_EVENT,
    CONNECTED_EVENT, CLOSED_EVENT, REOPENED_EVENT
  ]) {
    pageInfo { hasNextPage }
    nodes {
      __typename
      ... on ReadyForReviewEvent { createdAt }
      ... on ConvertToDraftEvent { createdAt }
      ... on ReviewRequestedEvent {
        createdAt
        requestedReviewer {
          __typename
          ... on User { login }
          ... on Bot { login }
          ... on Mannequin { login }
          ... on Team { slug }
        }
      }
      ... on HeadRefForcePushedEvent { createdAt afterCommit { oid } }
      ... on AddedToMergeQueueEvent { createdAt }
      ... on RemovedFromMergeQueueEvent { createdAt reason }
      ... on ConnectedEvent {
        createdAt
        subject { __typename ... on Issue { number repository { nameWithOwner } } }
        source { __typename ... on Issue { number repository { nameWithOwner } } }
      }
      ... on ClosedEvent { createdAt }
      ... on ReopenedEvent { createdAt }
    }
  }";

impl Repository<'_> {
    /// Each request with what belongs to it; by REST from where GraphQL fails.
    pub(super) async fn pulls_by_graphql(
        &self,
        numbers: &[u64],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Record>, PullError> {
        let mut records = Vec::new();
        for batch in numbers.chunks(BATCH) {
            let mut answer = match self.client.send(&self.question(batch)).await {
                Ok(answer) => answer.body,
                // Refused, or too much at once: REST says it in smaller pieces, or says why not.
                Err(err) if err.status().is_some() => {
                    notes.push(format!("{err}; reading requests by REST"));
                    records.extend(self.pulls_by_rest(batch, notes).await?);
                    continue;
                }
                Err(err) => return Err(err.into()),
            };
            for &number in batch {
                let pull = answer.pointer_mut(&format!("/data/repository/p{number}"));
                match pull.map(Value::take).filter(Value::is_object) {
                    Some(pull) => {
                        let whole = is_whole(&pull);
                        records.push(self.record("graphql_pull_request", "", pull));
                        if !whole {
                            records.extend(self.belongings(number).await?);
                        }
                    }
                    None => {
                        notes.push(format!(
                            "GraphQL does not tell {}#{number} ({}); reading it by REST",
                            self.name,
                            self.error(&answer).unwrap_or_else(|| "without a reason".to_owned()),
                        ));
                        records.extend(self.pulls_by_rest(&[number], notes).await?);
                    }
                }
            }
        }
        Ok(records)
    }

    fn question(&self, numbers: &[u64]) -> Request {
        let (owner, name) = self.name.split_once('/').unwrap_or((self.name, ""));
        let ask = |number: &u64| format!("p{number}: pullRequest(number: {number}) {{ ...Pull }}");
        let pulls: Vec<String> = numbers.iter().map(ask).collect();
        let query = format!(
            "query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ \
             {} }} }} fragment Pull on PullRequest {{ {FIELDS} }}",
            pulls.join(" "),
        );
        let body = json!({ "query": query, "variables": { "owner": owner, "name": name } });
        self.ask(body)
    }

    /// What GraphQL says is wrong; it says so with status 200, beside what it does tell.
    pub(super) fn error(&self, answer: &Value) -> Option<String> {
        let said = answer.pointer("/errors/0")?.get("message").and_then(Value::as_str);
        Some(self.client.said(said.unwrap_or("without a reason")))
    }

    /// The request for a question with its variables.
    pub(super) fn ask(&self, body: Value) -> Request {
        // On an Enterprise server, GraphQL stands beside the `v3` of REST.
        Request::post(self.client.beside("v3", "graphql"), body)
    }
}

/// Whether an answer holds all that belongs to a request.
fn is_whole(pull: &Value) -> bool {
    let more = |list: &Value| list.pointer("/pageInfo/hasNextPage") == Some(&Value::Bool(true));
    let reviews = pull.pointer("/reviews/nodes").and_then(Value::as_array);
    let mut comments = reviews.into_iter().flatten().filter_map(|review| review.get("comments"));
    !LISTS.iter().filter_map(|list| pull.get(list)).any(more) && !comments.any(more)
}
