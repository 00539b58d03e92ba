//! CircleCI: pipelines, their workflows and jobs.
//!
//! In: slugs of projects such as `gh/acme/api`. Out: records whose `what` is `pipeline`,
//! `workflow`, `job` (parent = id of the workflow). Start at [`Circleci::pull`]. Follows the API v2
//! (lists with `items` and `next_page_token`).
//!
//! Pipelines come newest first and do not say that a workflow ended or ran again. Each collection
//! asks again for those that had not ended in the last one, as long as they are not older than
//! thirty-five days, then goes down to those of the day before; a workflow is given once for each
//! status that it was seen in.
//! `pipeline` with commit, branch and trigger is put into workflows and jobs, which lack them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};

use crate::client::{Auth, Client, Request, RequestError};
use crate::clock::Soon;
use crate::progress::{decode, encode, id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{Walk, all, items, piece, wants};

/// Address of the public API.
pub const PUBLIC: &str = "https://circleci.com/api/v2/";

/// What a token must be, in CircleCI's words.
const PERMISSION: &str = "personal API token";

/// How far below the last collection pipelines are looked at again.
const LOOKBACK: Millis = Millis::days(1);

/// How many pipelines are asked for again in one page.
const AT_ONCE: usize = 20;

/// Most pipelines that are remembered because they had not ended.
const MOST_OPEN: usize = 500;

/// How far the pipelines of a project are read.
#[derive(Debug, Serialize, Deserialize)]
struct Project {
    walk: Walk,
    /// Pipelines that had not ended in the last collection, with the marks of their workflows.
    again: BTreeMap<String, Vec<String>>,
    /// Those of this one.
    open: BTreeMap<String, Vec<String>>,
}

/// Projects of CircleCI.
#[derive(Debug)]
pub struct Circleci {
    client: Client,
    wanted: Wanted,
}

/// How CircleCI wants a token.
pub const fn auth(token: Secret) -> Auth {
    Auth::Header("circle-token", "", token)
}

impl Circleci {
    /// Collects with a client whose base is [`PUBLIC`] or that of a server.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        if stream.what != "pipelines" {
            return Err(PullError::no_stream(System::Circleci, stream));
        }
        self.pipelines(&stream.scope, cursor).await.map_err(|err| wants(err, PERMISSION))
    }

    async fn pipelines(&self, slug: &str, cursor: Option<&str>) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let now = self.client.now();
        let mut project: Project = decode(cursor, &mut notes).unwrap_or_else(|| Project {
            walk: Walk::resume(None, self.wanted.since, now, &mut Vec::new()),
            again: BTreeMap::new(),
            open: BTreeMap::new(),
        });
        project.walk.begin(now);
        let mut records = Vec::new();
        let done = if project.again.is_empty() {
            self.walk(slug, &mut project, &mut records, &mut notes).await?
        } else {
            self.again(slug, &mut project, &mut records).await?;
            false
        };
        project.walk.remember(LOOKBACK);
        Ok(Page { records, next: encode(&project), done, notes })
    }

    /// A page of pipelines, newest first; whether it was the last one.
    async fn walk(
        &self,
        slug: &str,
        project: &mut Project,
        records: &mut Vec<Record>,
        notes: &mut Vec<String>,
    ) -> Result<bool, PullError> {
        let names: Vec<_> = slug.split('/').map(piece).collect();
        let path = format!("project/{}/pipeline", names.join("/"));
        let page = |walk: &Walk| match &walk.token {
            Some(token) => Request::get(&path).with("page-token", token),
            None => Request::get(&path),
        };
        let mut answer = project.walk.ask(&self.client, notes, page).await?;
        let found = items(&self.client, &path, &mut answer, "items")?;
        let next = id(&answer.body, "next_page_token");
        let mut below = false;
        for pipeline in found {
            let Some(made) = instant(&pipeline, "created_at") else { continue };
            if made < project.walk.from {
                below = true;
            } else {
                records.extend(self.pipeline(slug, project, pipeline, made).await?);
            }
        }
        match next.filter(|_| !below) {
            Some(token) => {
                project.walk.token = Some(token);
                Ok(false)
            }
            None => {
                project.again = std::mem::take(&mut project.open);
                let began = project.walk.began();
                project.walk.end(began - LOOKBACK);
                Ok(true)
            }
        }
    }

    /// Some of the pipelines that had not ended when they were read last.
    async fn again(
        &self,
        slug: &str,
        project: &mut Project,
        records: &mut Vec<Record>,
    ) -> Result<(), PullError> {
        let oldest = project.walk.began() - Millis::days(35);
        for _ in 0..AT_ONCE {
            let Some((number, known)) = project.again.pop_first() else { break };
            let answer = match self.client.send(&Request::get(format!("pipeline/{number}"))).await {
                Ok(answer) => answer.body,
                // It was deleted.
                Err(RequestError::Refused { status: 404, .. }) => continue,
                Err(err) => return Err(err.into()),
            };
            let Some(made) = instant(&answer, "created_at").filter(|at| *at >= oldest) else {
                continue;
            };
            for mark in known.into_iter().chain([number]) {
                project.walk.is_new((made, mark));
            }
            records.extend(self.pipeline(slug, project, answer, made).await?);
        }
        Ok(())
    }

    /// A pipeline with those of its workflows whose status is new.
    async fn pipeline(
        &self,
        slug: &str,
        project: &mut Project,
        pipeline: Value,
        made: Timestamp,
    ) -> Result<Vec<Record>, PullError> {
        let Some(number) = id(&pipeline, "id") else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        let workflows = self.list(format!("pipeline/{number}/workflow")).await?;
        if project.walk.is_new((made, number.clone())) {
            records.push(record("pipeline", slug, "", pipeline.clone()));
        }
        let (mut marks, mut open) = (Vec::new(), false);
        for workflow in workflows {
            let status = workflow.get("status").and_then(Value::as_str).unwrap_or_default();
            let Some(of) = id(&workflow, "id") else { continue };
            let mark = format!("{of} {status}");
            open |= !has_ended(status);
            marks.push(mark.clone());
            if project.walk.is_new((made, mark)) {
                records.extend(self.workflow(slug, &pipeline, workflow, &of).await?);
            }
        }
        if open && project.open.len() < MOST_OPEN {
            project.open.insert(number, marks);
        }
        Ok(records)
    }

    /// A workflow and its jobs.
    async fn workflow(
        &self,
        slug: &str,
        pipeline: &Value,
        workflow: Value,
        of: &str,
    ) -> Result<Vec<Record>, PullError> {
        let jobs = self.list(format!("workflow/{of}/job")).await?;
        let with = |mut body: Value| {
            let told = ["id", "vcs", "trigger"].map(|field| (field, pipeline.get(field)));
            let told: serde_json::Map<_, _> = told
                .into_iter()
                .filter_map(|(field, value)| Some((field.to_owned(), value?.clone())))
                .collect();
            if let Some(body) = body.as_object_mut() {
                body.insert("pipeline".to_owned(), json!(told));
            }
            body
        };
        let mut records = vec![record("workflow", slug, "", with(workflow))];
        records.extend(jobs.into_iter().map(|job| record("job", slug, of, with(job))));
        Ok(records)
    }

    async fn list(&self, path: String) -> Result<Vec<Value>, RequestError> {
        let page = Request::get(path);
        all(&self.client, page.clone(), "items", |answer, _| {
            Some(page.clone().with("page-token", id(&answer.body, "next_page_token")?))
        })
        .await
    }
}

impl Source for Circleci {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Circleci
    }

    fn streams(&self) -> Vec<Stream> {
        self.wanted.streams(&["pipelines"])
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

fn has_ended(status: &str) -> bool {
    matches!(status, "success" | "not_run" | "failed" | "error" | "canceled" | "unauthorized")
}

fn record(what: &str, slug: &str, parent: &str, body: Value) -> Record {
    let (what, scope, parent) = (what.to_owned(), slug.to_owned(), parent.to_owned());
    Record { system: System::Circleci, what, scope, parent, body }
}

#[cfg(test)]
mod tests;
