//! Records of GitHub: REST objects, pull requests of GraphQL, webhooks.
//!
//! In: a [`Record`] whose `what` is `issue`, `milestone`, `pull_request`, `graphql_pull_request`,
//! `review`, `review_comment`, `commit`, `timeline`, `workflow_run`, `workflow_job`, `check_run`,
//! `graphql_check_run` and `status` (parent = the commit), `deployment`, `deployment_status`,
//! `deployment_review`, `release` or `webhook`. Out: the events that it tells. Start at [`convert`]; `read` has the fields, `place` the source and the names,
//! then a file per subject. `gitea` reads its own records with the same files.
//!
//! **Invariant:** the same fact has the same (source, key) and the same content whether REST,
//! GraphQL or a webhook told it, so that any mixture of them is one history. What not all three
//! say is left out (who closed a request), or stands in an event of its own: an object that is
//! told in brief (a request without its size, as lists give it) has `/brief` behind its key.
//!
//! What is not told: comments below a request are no reviews, only submitted reviews and comments
//! on its lines are. Pushes are told by the requests that they belong to. Draft releases, checks
//! that Actions' own jobs already are, and deployments that became `inactive` tell nothing.

pub(super) mod ci;
pub(super) mod deploy;
mod graphql;
pub(super) mod issue;
pub(super) mod place;
pub(super) mod pull;
pub(super) mod read;
pub(super) mod review;
#[cfg(test)]
mod tests;
mod timeline;
mod webhook;

use tl_core::event::Event;
use tl_core::record::Record;

use super::{Malformed, field};
use place::Place;
use read::{Problem, Result};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, read_record)
}

fn read_record(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    if record.what == "webhook" {
        return webhook::events(record);
    }
    let place = Place::of(record, body)?;
    object(&place, &record.what, &record.parent, body)
}

/// The events of one object that is not a webhook's envelope.
fn object(place: &Place, what: &str, parent: &str, body: &serde_json::Value) -> Result<Vec<Event>> {
    match what {
        "issue" => issue::issue(place, body),
        "milestone" => issue::milestone(place, body),
        "pull_request" => Ok(pull::Pull::rest(body)?.events(place)),
        "graphql_pull_request" => graphql::events(place, body),
        "review" => Ok(review::Review::rest(body)?.events(place, read::parent(parent, body)?)),
        "review_comment" => review::comment(place, read::parent(parent, body)?, body),
        "commit" => pull::commit(place, read::parent(parent, body)?, body),
        "timeline" => timeline::events(place, parent, body),
        "workflow_run" => Ok(ci::Run::rest(body)?.events(place)),
        "workflow_job" => ci::job(place, body),
        "check_run" => ci::check(place, body),
        "graphql_check_run" => ci::graphql_check(place, parent, body),
        "status" => ci::status(place, parent, body),
        "deployment" => deploy::deployment(place, body),
        "deployment_status" => deploy::status(place, parent, body),
        "deployment_review" => deploy::review(place, body),
        "release" => deploy::release(place, body),
        _ => Err(Problem::Unknown),
    }
}
