//! Jenkins: builds of jobs, and the stages of pipelines.
//!
//! In: full names of jobs such as `folder/api`; a folder or a multibranch pipeline stands for all
//! jobs in it. Out: records whose `what` is `build`, and `stage` (parent = number of the build);
//! their scope is the job's full name. Start at [`Jenkins::pull`]. Follows the remote access API
//! (`api/json` with `tree`) and, for stages, the REST API of the Pipeline Stage View plugin
//! (`wfapi/describe`); where that is not installed, there are none.
//!
//! Jenkins has no list of what changed. Builds are read by number: those above the last one known,
//! newest first, and those that still ran then. An address of a stage is written with its host,
//! which Jenkins leaves out, and the actions of its build stand under `build`: they name the commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use crate::client::{Auth, Client, Request, RequestError};
use crate::clock::Soon;
use crate::progress::{decode, encode, id};
use crate::secret::Secret;
use crate::source::{Page, PullError, Source, Stream, Wanted};
use crate::walk::{items, piece, wants};

/// What a user must be allowed, in Jenkins' words.
const PERMISSION: &str = "Job/Read";

/// How many builds a page has; each page is kept as one.
const PAGE: u64 = 30;

/// Builds that still run, which are remembered for each job.
const MOST_RUNNING: usize = 200;

/// Parameters that are kept, because they name the commit; others may hold anything.
const PARAMETERS: [&str; 2] = ["GIT_COMMIT", "ghprbActualCommit"];

/// What is asked for of a build.
const BUILD: &str = "_class,id,number,url,displayName,building,result,timestamp,duration,\
    actions[_class,causes[_class,userId,upstreamProject,upstreamBuild],lastBuiltRevision[SHA1,\
    branch[SHA1,name]],remoteUrls,parameters[name,value],queuingDurationMillis]";

/// Jobs of one Jenkins. Each team has its own address.
#[derive(Debug)]
pub struct Jenkins {
    client: Client,
    wanted: Wanted,
    /// Whether stages cannot be had here.
    no_stages: AtomicBool,
}

/// How Jenkins wants a token: with the name of its user.
pub fn auth(user: &str, token: Secret) -> Auth {
    Auth::Basic(user.to_owned(), token)
}

/// How far the jobs of a stream are read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Jobs {
    /// Jobs and folders that are still to be read in this collection; `None` before it began.
    left: Option<Vec<String>>,
    /// The job that is being read.
    at: Option<Sweep>,
    known: BTreeMap<String, Known>,
}

/// What is known of a job.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Known {
    /// Builds up to this number were given.
    last: u64,
    /// Of these, the ones that still ran.
    running: BTreeSet<u64>,
}

/// A job while its new builds are read, newest first.
#[derive(Debug, Serialize, Deserialize)]
struct Sweep {
    job: String,
    /// How many builds were passed.
    offset: u64,
    /// The highest number so far.
    top: u64,
    /// The lowest number so far: what was made meanwhile moves builds down.
    below: u64,
}

impl Jenkins {
    /// Collects with a client whose base is the address of Jenkins itself.
    pub const fn new(client: Client, wanted: Wanted) -> Self {
        Self { client, wanted, no_stages: AtomicBool::new(false) }
    }

    async fn page(&self, stream: &Stream, cursor: Option<&str>) -> Result<Page, PullError> {
        if stream.what != "builds" {
            return Err(PullError::no_stream(System::Jenkins, stream));
        }
        let mut notes = Vec::new();
        let mut jobs: Jobs = decode(cursor, &mut notes).unwrap_or_default();
        let records = self.step(&stream.scope, &mut jobs).await;
        let records = records.map_err(|err| wants(err, PERMISSION))?;
        let done = jobs.at.is_none() && jobs.left.as_ref().is_none_or(Vec::is_empty);
        if done {
            jobs.left = None;
        }
        Ok(Page { records, next: encode(&jobs), done, notes })
    }

    /// Reads a part of the job at hand, or turns to the next one.
    async fn step(&self, scope: &str, jobs: &mut Jobs) -> Result<Vec<Record>, PullError> {
        if let Some(sweep) = jobs.at.take() {
            return self.sweep(sweep, jobs).await;
        }
        let left = jobs.left.get_or_insert_with(|| vec![scope.to_owned()]);
        let Some(job) = left.pop() else { return Ok(Vec::new()) };
        let path = format!("{}api/json", path(&job));
        let about = Request::get(&path).with("tree", "_class,jobs[name],lastBuild[number]");
        let about = match self.client.send(&about).await {
            Ok(answer) => answer.body,
            // It was deleted after its folder was read.
            Err(RequestError::Refused { status: 404, .. }) if job != scope => {
                return Ok(Vec::new());
            }
            Err(err) => return Err(err.into()),
        };
        if let Some(children) = about.get("jobs").and_then(Value::as_array) {
            let names = children.iter().filter_map(|child| child.get("name")?.as_str());
            left.extend(names.map(|name| match job.as_str() {
                "" => name.to_owned(),
                folder => format!("{folder}/{name}"),
            }));
            return Ok(Vec::new());
        }
        let records = self.again(&job, jobs).await?;
        let newest = about.pointer("/lastBuild/number").and_then(Value::as_u64).unwrap_or(0);
        if jobs.known.get(&job).map_or(0, |known| known.last) < newest {
            jobs.at = Some(Sweep { job, offset: 0, top: 0, below: u64::MAX });
        }
        Ok(records)
    }

    /// The builds that still ran when they were read last.
    async fn again(&self, job: &str, jobs: &mut Jobs) -> Result<Vec<Record>, PullError> {
        let Some(known) = jobs.known.get_mut(job) else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        for number in std::mem::take(&mut known.running) {
            let build = Request::get(format!("{}{number}/api/json", path(job)));
            match self.client.send(&build.with("tree", BUILD)).await {
                Ok(answer) if is_running(&answer.body) => {
                    known.running.insert(number);
                }
                Ok(answer) => records.extend(self.build(job, answer.body).await?),
                // It was deleted.
                Err(RequestError::Refused { status: 404, .. }) => {}
                Err(err) => return Err(err.into()),
            }
        }
        Ok(records)
    }

    /// A page of the builds that are new.
    async fn sweep(&self, mut sweep: Sweep, jobs: &mut Jobs) -> Result<Vec<Record>, PullError> {
        let (from, to) = (sweep.offset, sweep.offset + PAGE);
        let address = format!("{}api/json", path(&sweep.job));
        let builds =
            Request::get(&address).with("tree", format!("allBuilds[{BUILD}]{{{from},{to}}}"));
        let mut answer = self.client.send(&builds).await?;
        let builds = items(&self.client, &address, &mut answer, "allBuilds")?;
        let full = builds.len() as u64 >= PAGE;
        let known = jobs.known.entry(sweep.job.clone()).or_default();
        let mut records = Vec::new();
        let mut below = false;
        for build in builds {
            let Some(number) = build.get("number").and_then(Value::as_u64) else { continue };
            let began = build.get("timestamp").and_then(Value::as_i64).unwrap_or(0);
            if number <= known.last || Timestamp::from_millis(began) < self.wanted.since {
                below = true;
                // The first of all is too old: nothing below it need be looked at again.
                sweep.top = sweep.top.max(number);
            } else if number < sweep.below {
                (sweep.top, sweep.below) = (sweep.top.max(number), number);
                if is_running(&build) && known.running.len() < MOST_RUNNING {
                    known.running.insert(number);
                }
                records.extend(self.build(&sweep.job, build).await?);
            }
        }
        if below || !full {
            known.last = known.last.max(sweep.top);
        } else {
            sweep.offset += PAGE;
            jobs.at = Some(sweep);
        }
        Ok(records)
    }

    /// A build, and its stages once it ended.
    async fn build(&self, job: &str, mut build: Value) -> Result<Vec<Record>, PullError> {
        for action in build.get_mut("actions").and_then(Value::as_array_mut).into_iter().flatten() {
            let parameters = action.get_mut("parameters").and_then(Value::as_array_mut);
            let named = |it: &Value| it.get("name").and_then(Value::as_str).map(str::to_owned);
            if let Some(parameters) = parameters {
                parameters.retain(|it| named(it).is_some_and(|it| PARAMETERS.contains(&&*it)));
            }
        }
        let class = build.get("_class").and_then(Value::as_str).unwrap_or_default();
        let pipeline = class.ends_with(".WorkflowRun");
        let asked = pipeline && !is_running(&build) && !self.no_stages.load(Ordering::Relaxed);
        let (number, address) = (id(&build, "number").unwrap_or_default(), origin(&build));
        // A stage does not say which commit it built: its build's actions do.
        let of_build = json!({ "actions": build.get("actions").cloned().unwrap_or_default() });
        let mut records = vec![record("build", job, "", build)];
        if !asked {
            return Ok(records);
        }
        let stages = Request::get(format!("{}{number}/wfapi/describe", path(job)));
        match self.client.send(&stages).await {
            Ok(mut answer) => {
                for mut stage in answer.take_items("stages") {
                    if let Some(href) = stage.pointer_mut("/_links/self/href")
                        && let Some(path) = href.as_str().filter(|path| path.starts_with('/'))
                    {
                        *href = Value::from(format!("{address}{path}"));
                    }
                    if let Some(fields) = stage.as_object_mut() {
                        fields.insert("build".to_owned(), of_build.clone());
                    }
                    records.push(record("stage", job, &number, stage));
                }
            }
            Err(RequestError::Refused { status: 404, .. }) => {
                self.no_stages.store(true, Ordering::Relaxed);
            }
            Err(err) => return Err(err.into()),
        }
        Ok(records)
    }
}

impl Source for Jenkins {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn system(&self) -> System {
        System::Jenkins
    }

    fn streams(&self) -> Vec<Stream> {
        if self.wanted.scopes.is_empty() {
            return vec![Stream { scope: String::new(), what: "builds" }];
        }
        self.wanted.streams(&["builds"])
    }

    fn pull<'a>(
        &'a self,
        stream: &'a Stream,
        cursor: Option<&'a str>,
    ) -> Soon<'a, Result<Page, PullError>> {
        Box::pin(self.page(stream, cursor))
    }
}

fn record(what: &str, job: &str, parent: &str, body: Value) -> Record {
    let (what, scope, parent) = (what.to_owned(), job.to_owned(), parent.to_owned());
    Record { system: System::Jenkins, what, scope, parent, body }
}

/// The path of a job: `job/folder/job/api/` of `folder/api`. Jenkins writes a branch `a/b` as
/// `a%2Fb` in the name of its job; that `%` is a letter of the name.
fn path(job: &str) -> String {
    let names = job.split('/').filter(|name| !name.is_empty());
    names.map(|name| format!("job/{}/", piece(name))).collect()
}

fn is_running(build: &Value) -> bool {
    build.get("building").and_then(Value::as_bool) == Some(true)
}

/// `https://ci.example` of the address of a build.
fn origin(build: &Value) -> String {
    let url = build.get("url").and_then(Value::as_str).unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
