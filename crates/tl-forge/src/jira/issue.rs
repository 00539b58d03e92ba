//! Issues of Jira that changed, and what belongs to them.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};
use tl_core::record::Record;
use tl_core::time::Timestamp;

use super::{Jira, instant, record, text};
use crate::client::{Request, RequestError};
use crate::progress::id;
use crate::source::{Page, PullError};
use crate::walk::{SLACK, Walk, all, items};

/// How many issues a page has; each page is kept as one.
const PAGE: usize = 50;

/// What is asked for: what views show, custom fields too, without what people wrote.
const FIELDS: &str = "*navigable,-description,-environment,-comment";

impl Jira {
    /// What changed among the issues of a project, or of all.
    pub(super) async fn issues(
        &self,
        project: &str,
        cursor: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let cloud = self.is_cloud().await?;
        let path = if cloud { "rest/api/3/search/jql" } else { "rest/api/2/search" };
        let page = |walk: &Walk| {
            let request = Request::get(path)
                .with("jql", query(project, walk.from))
                .with("fields", FIELDS)
                .with("expand", "changelog,names")
                .with("maxResults", PAGE);
            match &walk.token {
                None => request,
                Some(token) if cloud => request.with("nextPageToken", token),
                Some(offset) => request.with("startAt", offset),
            }
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let found = items(&self.client, path, &mut answer, "issues")?;
        let next = if cloud {
            let last = answer.body.get("isLast").and_then(Value::as_bool) == Some(true);
            id(&answer.body, "nextPageToken").filter(|token| !last && !token.is_empty())
        } else {
            let seen = walk.number() + found.len() as u64;
            let total = answer.body.get("total").and_then(Value::as_u64).unwrap_or(0);
            (seen < total && !found.is_empty()).then(|| seen.to_string())
        };
        let names = Names::of(&answer.body);
        let fresh = walk.fresh(found, |issue| {
            Some((instant(issue.get("fields")?, "updated")?, id(issue, "id")?))
        });
        let mut records = Vec::new();
        for issue in fresh {
            records.extend(self.issue(project, issue, &names, cloud, &mut notes).await?);
        }
        let done = next.is_none();
        match next {
            Some(token) => walk.climb(token, SLACK),
            None => walk.top(),
        }
        Ok(walk.page(records, done, notes))
    }

    /// An issue and what belongs to it.
    async fn issue(
        &self,
        project: &str,
        mut issue: Value,
        names: &Names,
        cloud: bool,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Record>, PullError> {
        let key = text(&issue, "key").to_owned();
        let api = if cloud { 3 } else { 2 };
        let own = format!("rest/api/{api}/issue/{key}");
        self.complete(&mut issue, &own, notes).await?;
        let panel = !names.shows_no_code(&issue);
        let (number, address) = (id(&issue, "id").unwrap_or_default(), issue.get("self").cloned());
        names.add_points(&mut issue);
        let mut records = vec![record("issue", project, "", issue)];
        let links = self.client.all(&Request::get(format!("{own}/remotelink")), "").await;
        match links {
            Ok(links) => {
                records.extend(links.into_iter().map(|it| record("remotelink", project, &key, it)));
            }
            // Linking may be switched off.
            Err(RequestError::Refused { status: 403 | 404, .. }) => {}
            Err(err) => return Err(err.into()),
        }
        if panel && !self.no_panel.load(Ordering::Relaxed) {
            for mut detail in self.panel(&number, notes).await? {
                if let (Some(detail), Some(address)) = (detail.as_object_mut(), &address) {
                    detail.insert("self".to_owned(), address.clone());
                }
                records.push(record("dev_status", project, &key, detail));
            }
        }
        Ok(records)
    }

    /// Reads the rest of a history of which the search has the latest entries only.
    async fn complete(
        &self,
        issue: &mut Value,
        own: &str,
        notes: &mut Vec<String>,
    ) -> Result<(), PullError> {
        let Some(log) = issue.get_mut("changelog") else { return Ok(()) };
        let known = log.get("histories").and_then(Value::as_array).map_or(0, Vec::len) as u64;
        if log.get("total").and_then(Value::as_u64).is_none_or(|total| total <= known) {
            return Ok(());
        }
        let page = |from: usize| {
            Request::get(format!("{own}/changelog")).with("startAt", from).with("maxResults", 100)
        };
        let histories = all(&self.client, page(0), "values", |answer, seen| {
            let total = answer.body.get("total").and_then(Value::as_u64).unwrap_or(0);
            let more = match answer.body.get("isLast").and_then(Value::as_bool) {
                Some(last) => !last,
                None => (seen as u64) < total,
            };
            more.then(|| page(seen))
        });
        match histories.await {
            Ok(histories) => {
                *log = json!({"startAt": 0, "total": histories.len(), "histories": histories});
            }
            // Servers before 8.x have no such list.
            Err(RequestError::Refused { status: 404, .. }) => {
                notes.push("the history of an issue is longer than this Jira tells".to_owned());
            }
            Err(err) => return Err(err.into()),
        }
        Ok(())
    }

    /// What the development panel of an issue shows: requests and commits, by kind of forge.
    async fn panel(&self, issue: &str, notes: &mut Vec<String>) -> Result<Vec<Value>, PullError> {
        let summary = Request::get("rest/dev-status/1.0/issue/summary").with("issueId", issue);
        let summary = match self.client.send(&summary).await {
            Ok(answer) => answer.body,
            Err(RequestError::Refused { status: 400..=404, .. }) => {
                self.no_panel.store(true, Ordering::Relaxed);
                notes.push(
                    "the development panel may not be read: explicit links are those of remote \
                     links only"
                        .to_owned(),
                );
                return Ok(Vec::new());
            }
            Err(err) => return Err(err.into()),
        };
        let mut details = Vec::new();
        for kind in ["pullrequest", "repository"] {
            let by = summary.pointer(&format!("/summary/{kind}/byInstanceType"));
            for forge in by.and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                let detail = Request::get("rest/dev-status/1.0/issue/detail")
                    .with("issueId", issue)
                    .with("applicationType", forge)
                    .with("dataType", kind);
                match self.client.send(&detail).await {
                    Ok(answer) => details.push(answer.body),
                    Err(RequestError::Refused { status: 400..=404, .. }) => {}
                    Err(err) => return Err(err.into()),
                }
            }
        }
        Ok(details)
    }
}

pub(super) fn query(project: &str, from: Timestamp) -> String {
    let from = from.as_millis();
    let order = "ORDER BY updated ASC, key ASC";
    if project.is_empty() {
        return format!("updated >= {from} {order}");
    }
    let project = project.replace(['"', '\\'], "");
    format!("project = \"{project}\" AND updated >= {from} {order}")
}

/// The fields that are found by name, which each Jira numbers in its own way.
struct Names {
    points: Map<String, Value>,
    development: Option<String>,
}

impl Names {
    fn of(answer: &Value) -> Self {
        let mut names = Self { points: Map::new(), development: None };
        for (field, name) in answer.get("names").and_then(Value::as_object).into_iter().flatten() {
            let small = name.as_str().unwrap_or_default().to_lowercase();
            if small.starts_with("story point") {
                names.points.insert(field.clone(), name.clone());
            } else if small == "development" {
                names.development = Some(field.clone());
            }
        }
        names
    }

    /// Adds the names of fields for story points, where the issue has any.
    fn add_points(&self, issue: &mut Value) {
        let has = |field: &String| issue.pointer(&format!("/fields/{field}")).is_some();
        let points = self.points.iter().filter(|(field, _)| has(field));
        let points: Map<_, _> = points.map(|(field, name)| (field.clone(), name.clone())).collect();
        if let Some(issue) = issue.as_object_mut().filter(|_| !points.is_empty()) {
            issue.insert("names".to_owned(), points.into());
        }
    }

    /// Whether the issue says itself that its development panel is empty.
    fn shows_no_code(&self, issue: &Value) -> bool {
        let Some(field) = &self.development else { return false };
        let shown = issue.pointer(&format!("/fields/{field}"));
        shown.is_some_and(|shown| shown.is_null() || shown.as_str() == Some("{}"))
    }
}
