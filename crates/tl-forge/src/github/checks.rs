//! Checks of other CI systems than Actions, whose runs tell theirs: those of the commits of the
//! default branch, and those of the heads of requests.
//!
//! In: a list of commits and a cursor. Out: a `graphql_check_run` for each check of them, or a
//! `check_run` where a commit has more than one answer holds; a `status` for each commit status, the
//! older form. Start at [`Repository::checks`].
//!
//! REST would take a request for each commit; GraphQL tells twenty commits at once. A check that
//! ends changes neither its commit nor its request, so each collection looks again at the commits
//! of the days before the last one, and gives those whose checks changed.

use serde_json::{Value, json};
use tl_core::record::Record;
use tl_core::time::{Millis, Timestamp};

use super::Repository;
use crate::client::{Request, RequestError};
use crate::progress::instant;
use crate::source::{Page, PullError};
use crate::walk::{Walk, digest};

/// How far below the last collection commits are looked at again: so long may a check take.
const LOOKBACK: Millis = Millis::days(3);

/// The app whose checks are jobs of workflow runs.
const ACTIONS: &str = "github-actions";

/// The checks of a commit. `tl-collect` reads these names.
const FIELDS: &str = "fragment Checks on Commit {
  oid
  statusCheckRollup {
    state
    contexts(first: 100) {
      totalCount pageInfo { hasNextPage }
      nodes {
        __typename
        ... on CheckRun {
          databaseId name status conclusion startedAt completedAt url
          repository { nameWithOwner }
          checkSuite { app { slug } }
        }
        ... on StatusContext { context state createdAt commit { url } }
      }
    }
  }
}";

/// A list of commits, newest first.
pub(super) struct Commits {
    /// What is asked of a repository; the list in it is called `list`, the instant of an item `at`.
    question: &'static str,
    /// Where the list is in the answer.
    list: &'static str,
    /// Where the commit of an item is in it.
    commit: &'static str,
    /// Whether the question is for what is not older than `$since`; else the list is sorted.
    has_since: bool,
}

/// Commits of the default branch, by when they were committed.
pub(super) const MAINLINE: Commits = Commits {
    question: "defaultBranchRef { target { ... on Commit {
        list: history(first: 20, since: $since, after: $after) {
          pageInfo { hasNextPage endCursor } nodes { at: committedDate ...Checks }
        }
      } } }",
    list: "/data/repository/defaultBranchRef/target/list",
    commit: "",
    has_since: true,
};

/// Heads of requests, by when those last changed.
pub(super) const HEADS: Commits = Commits {
    question: "list: pullRequests(
        first: 20, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }
      ) {
        pageInfo { hasNextPage endCursor }
        nodes { at: updatedAt commits(last: 1) { nodes { commit { ...Checks } } } }
      }",
    list: "/data/repository/list",
    commit: "/commits/nodes/0/commit",
    has_since: false,
};

impl Repository<'_> {
    /// A page of commits with their checks.
    pub(super) async fn checks(
        &self,
        commits: &Commits,
        cursor: Option<&str>,
        since: Timestamp,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, since, self.client.now(), &mut notes);
        let request = self.commits(commits, &walk);
        let mut answer = match self.client.send(&request).await {
            Ok(answer) => answer.body,
            // No GraphQL for this token or on this server.
            Err(err @ RequestError::Refused { status: 403 | 404, .. }) => {
                return Ok(left_out(&mut walk, cursor, &err.to_string()));
            }
            Err(err) => return Err(err.into()),
        };
        if let Some(said) = self.error(&answer) {
            if walk.token.is_some() && said.contains("cursor") {
                notes.push("the place in the list expired; beginning this one anew".to_owned());
                walk.token = None;
                return Ok(walk.page(Vec::new(), false, notes));
            }
            if !said.contains("not accessible") {
                let (system, path) = (self.client.system(), request.shown_path());
                return Err(PullError::Told { system, path, said });
            }
            // Fine-grained tokens of persons never may.
            let why = format!(
                "the token may not read them ({said}); that of a GitHub App with `checks: read`, or a \
                 classic one, may"
            );
            return Ok(left_out(&mut walk, cursor, &why));
        }
        if !answer.pointer("/data/repository").is_some_and(Value::is_object) {
            let (system, path) = (self.client.system(), request.shown_path());
            return Err(PullError::Shape { system, path, missing: "a repository" });
        }
        let list = answer.pointer_mut(commits.list).map(Value::take).unwrap_or_default();
        let next = next(&list);
        let mut records = Vec::new();
        let mut below = false;
        for item in list.get("nodes").and_then(Value::as_array).into_iter().flatten() {
            let Some(at) = instant(item, "at") else { continue };
            below |= at < walk.from && !commits.has_since;
            let Some(commit) = item.pointer(commits.commit).filter(|_| at >= walk.from) else {
                continue;
            };
            records.extend(self.checks_of(commit, at, &mut walk).await?);
        }
        let done = below || next.is_none();
        if done {
            walk.end(walk.began() - LOOKBACK);
        } else {
            walk.token = next;
        }
        walk.remember(LOOKBACK);
        Ok(walk.page(records, done, notes))
    }

    fn commits(&self, commits: &Commits, walk: &Walk) -> Request {
        let (owner, name) = self.name.split_once('/').unwrap_or((self.name, ""));
        // A variable that a question does not use is an error.
        let since = if commits.has_since { ", $since: GitTimestamp!" } else { "" };
        let query = format!(
            "query($owner: String!, $name: String!, $after: String{since}) {{ \
             repository(owner: $owner, name: $name) {{ {} }} }} {FIELDS}",
            commits.question,
        );
        let mut variables = json!({ "owner": owner, "name": name, "after": walk.token });
        if commits.has_since {
            variables["since"] = json!(walk.from.to_string());
        }
        self.ask(json!({ "query": query, "variables": variables }))
    }

    /// The checks of one commit, where they are not as they were.
    async fn checks_of(
        &self,
        commit: &Value,
        at: Timestamp,
        walk: &mut Walk,
    ) -> Result<Vec<Record>, PullError> {
        let rollup = commit.get("statusCheckRollup").unwrap_or(&Value::Null);
        let sha = commit.get("oid").and_then(Value::as_str).unwrap_or_default();
        let nodes = rollup.pointer("/contexts/nodes").and_then(Value::as_array);
        let others: Value =
            nodes.into_iter().flatten().filter(|node| is_other_node(node)).cloned().collect();
        let has_more = rollup.pointer("/contexts/pageInfo/hasNextPage") == Some(&Value::Bool(true));
        // Of what is not in the answer, the state of all tells when it ended.
        let state = digest(if has_more { rollup } else { &others });
        let is_empty = others.as_array().is_none_or(Vec::is_empty) && !has_more;
        if is_empty || !walk.is_new((at, format!("{sha} {state:x}"))) {
            return Ok(Vec::new());
        }
        if has_more {
            return self.checks_by_rest(sha).await;
        }
        let Value::Array(others) = others else { return Ok(Vec::new()) };
        let what = |one: &Value| if is_status(one) { "status" } else { "graphql_check_run" };
        Ok(others.into_iter().map(|one| self.record(what(&one), sha, one)).collect())
    }

    /// All checks and the newest status of each context of a commit.
    async fn checks_by_rest(&self, sha: &str) -> Result<Vec<Record>, PullError> {
        let of =
            |list| Request::get(self.path(&format!("commits/{sha}/{list}"))).with("per_page", 100);
        let runs = self.client.all(&of("check-runs"), "check_runs").await?;
        let statuses = self.client.all(&of("status"), "statuses").await?;
        let runs = runs.into_iter().filter(|run| is_other(run, "/app/slug"));
        let runs = runs.map(|run| self.record("check_run", sha, run));
        let statuses = statuses.into_iter().map(|status| self.record("status", sha, status));
        Ok(runs.chain(statuses).collect())
    }
}

/// Nothing for now. What is not read today is read when it may be: the cursor stays.
fn left_out(walk: &mut Walk, cursor: Option<&str>, why: &str) -> Page {
    let notes = vec![format!("checks of other CI systems are left out: {why}")];
    let page = walk.page(Vec::new(), true, notes);
    let next = cursor.map_or_else(|| page.next.clone(), str::to_owned);
    Page { next, ..page }
}

/// Whether one of the contexts of a commit is a status: those have no id that is a number.
fn is_status(node: &Value) -> bool {
    node.get("context").is_some()
}

/// Whether one of the contexts of a commit is not of Actions. What cannot be read is left out.
fn is_other_node(node: &Value) -> bool {
    is_status(node) || node.get("databaseId").is_some() && is_other(node, "/checkSuite/app/slug")
}

/// Whether a check is not of Actions.
fn is_other(run: &Value, app: &str) -> bool {
    run.pointer(app).and_then(Value::as_str) != Some(ACTIONS)
}

/// The token of the next page.
fn next(list: &Value) -> Option<String> {
    let page = list.get("pageInfo")?;
    let more = page.get("hasNextPage") == Some(&Value::Bool(true));
    page.get("endCursor").and_then(Value::as_str).filter(|_| more).map(str::to_owned)
}

#[cfg(test)]
mod tests;
