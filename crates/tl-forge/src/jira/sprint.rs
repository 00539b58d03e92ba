//! Sprints of the boards of a project.
//!
//! The agile API has no filter by change, and sprints are few: each collection lists them, board by
//! board, and gives those that differ from what it gave before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Jira, instant, record};
use crate::client::{Request, RequestError};
use crate::progress::{decode, encode, id};
use crate::source::{Page, PullError};
use crate::walk::{all, digest};

/// How far the boards are read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Boards {
    /// Boards that are still to be read in this collection; `None` before they are listed.
    left: Option<Vec<String>>,
    /// What was given: sprint and digest.
    known: BTreeMap<String, u64>,
}

impl Jira {
    /// The sprints of one board.
    pub(super) async fn sprints(
        &self,
        project: &str,
        cursor: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut boards: Boards = decode(cursor, &mut notes).unwrap_or_default();
        let mut left = match boards.left.take() {
            Some(left) => left,
            None => self.boards(project, &mut notes).await?,
        };
        let mut records = Vec::new();
        if let Some(board) = left.pop() {
            for sprint in self.sprints_of(&board).await? {
                let Some(number) = id(&sprint, "id") else { continue };
                let old = instant(&sprint, "completeDate").is_some_and(|at| at < self.wanted.since);
                let state = digest(&sprint);
                if !old && boards.known.insert(number, state) != Some(state) {
                    records.push(record("sprint", project, "", sprint));
                }
            }
        }
        let done = left.is_empty();
        boards.left = if done { None } else { Some(left) };
        Ok(Page { records, next: encode(&boards), done, notes })
    }

    async fn boards(
        &self,
        project: &str,
        notes: &mut Vec<String>,
    ) -> Result<Vec<String>, PullError> {
        let page = |from: usize| {
            let request = Request::get("rest/agile/1.0/board").with("startAt", from);
            let request = request.with("maxResults", 50);
            if project.is_empty() { request } else { request.with("projectKeyOrId", project) }
        };
        let boards = all(&self.client, page(0), "values", |answer, seen| {
            (!is_last(&answer.body)).then(|| page(seen))
        });
        match boards.await {
            Ok(boards) => Ok(boards.iter().filter_map(|board| id(board, "id")).collect()),
            Err(RequestError::Refused { status: 403 | 404, .. }) => {
                notes.push("its boards cannot be read: there are no sprints".to_owned());
                Ok(Vec::new())
            }
            Err(err) => Err(err.into()),
        }
    }

    async fn sprints_of(&self, board: &str) -> Result<Vec<Value>, PullError> {
        let page = |from: usize| {
            Request::get(format!("rest/agile/1.0/board/{board}/sprint"))
                .with("startAt", from)
                .with("maxResults", 50)
        };
        let sprints = all(&self.client, page(0), "values", |answer, seen| {
            (!is_last(&answer.body)).then(|| page(seen))
        });
        match sprints.await {
            // A board without sprints says so with status 400.
            Err(RequestError::Refused { status: 400 | 403 | 404, .. }) => Ok(Vec::new()),
            sprints => Ok(sprints?),
        }
    }
}

/// Whether a page is the last one; a page that does not say it is.
fn is_last(page: &Value) -> bool {
    page.get("isLast").and_then(Value::as_bool) != Some(false)
}
