//! CircleCI: pipelines, their workflows and jobs.
//!
//! In: slugs of projects such as `gh/acme/api`. Out: records whose `what` is `pipeline`,
//! `workflow`, `job` (parent = id of the workflow). Start at [`Circleci::pull`]. Follows the API v2
//! (lists with `items` and `next_page_token`).
//!
//! Pipelines come newest first and do not say that a workflow ended or ran again. Each collection
//! goes down to those of the day before the last one, and further to the oldest that had not ended
//! then, thirty-five days at most; a workflow is given once for each status that it was seen in.
//! `pipeline` with commit, branch and trigger is put into workflows and jobs, which lack them.

use serde_json::{Value, json};
use tl_core::record::{Record, System};
use tl_core::time::Millis;

use crate::client::{Auth, Client, Request, RequestError};
use crate::clock::Soon;
use crate::progress::{id, instant};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{Walk, all, items, piece, wants};

/// Address of the public API.
pub const PUBLIC: &str = "https://circleci.com/api/v2/";

/// What a token must be, in CircleCI's words.
const PERMISSION: &str = "personal API token";

/// How far below the last collection pipelines are looked at again.
const LOOKBACK: Millis = Millis::days(1);

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
            let (system, stream) = (System::Circleci, stream.to_string());
            return Err(PullError::NoStream { system, stream });
        }
        self.pipelines(&stream.scope, cursor).await.map_err(|err| wants(err, PERMISSION))
    }

    async fn pipelines(&self, slug: &str, cursor: Option<&str>) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let names: Vec<_> = slug.split('/').map(piece).collect();
        let path = format!("project/{}/pipeline", names.join("/"));
        let page = |walk: &Walk| match &walk.token {
            Some(token) => Request::get(&path).with("page-token", token),
            None => Request::get(&path),
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let found = items(&self.client, &path, &mut answer, "items")?;
        let next = id(&answer.body, "next_page_token");
        let mut records = Vec::new();
        let mut below = false;
        for pipeline in found {
            let made = instant(&pipeline, "created_at").zip(id(&pipeline, "id"));
            let Some((made, number)) = made else { continue };
            if made < walk.from {
                below = true;
                continue;
            }
            let workflows = self.list(format!("pipeline/{number}/workflow")).await?;
            if walk.is_new((made, number)) {
                records.push(record("pipeline", slug, "", pipeline.clone()));
            }
            for workflow in workflows {
                let status = workflow.get("status").and_then(Value::as_str).unwrap_or_default();
                if !has_ended(status) {
                    walk.open = Some(walk.open.map_or(made, |open| open.min(made)));
                }
                let Some(of) = id(&workflow, "id") else { continue };
                if walk.is_new((made, format!("{of} {status}"))) {
                    records.extend(self.workflow(slug, &pipeline, workflow, &of).await?);
                }
            }
        }
        let next = next.filter(|_| !below);
        let done = next.is_none();
        match next {
            Some(token) => walk.token = Some(token),
            None => {
                let open = walk.open.unwrap_or(walk.began());
                let open = open.max(walk.began() - Millis::days(35));
                walk.end(open.min(walk.began() - LOOKBACK));
            }
        }
        Ok(walk.page(records, done, notes))
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
