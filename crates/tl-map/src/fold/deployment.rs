//! Events of deployments and releases.

use serde::{Deserialize, Serialize};
use tl_core::delivery::{Deployment, Release};
use tl_core::event::Event;
use tl_core::fact::{DeployState, ReleaseState, kind, role};
use tl_core::time::Timestamp;

use super::builds::step;
use super::join::{earliest, insert_name, text};

/// A deployment while it is folded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DeploymentRow {
    /// What is known of it.
    pub deployment: Deployment,
    /// Since when its actor is known: the earliest event that names one names who started it.
    pub actor_at: Option<Timestamp>,
}

/// Adds what an event says of the deployment that it concerns.
pub(super) fn apply(row: &mut DeploymentRow, event: &Event) -> Result<(), serde_json::Error> {
    let at = event.at;
    if matches!(event.kind.as_str(), kind::STEP_WAITING | kind::STEP_DONE) {
        step(&mut row.deployment.steps, event, event.payload()?);
        return Ok(());
    }
    let told: DeployState = event.payload()?;
    if let Some(actor) = &event.actor {
        let known = row.actor_at.map(|since| (since, row.deployment.actor.clone()));
        if known.is_none_or(|known| (at, actor.clone()) < known) {
            row.actor_at = Some(at);
            row.deployment.actor.clone_from(actor);
        }
    }
    let deployment = &mut row.deployment;
    let named = [
        (&mut deployment.repository, role::REPOSITORY),
        (&mut deployment.service, role::SERVICE),
        (&mut deployment.environment, role::ENVIRONMENT),
        (&mut deployment.commit, role::COMMIT),
    ];
    for (kept, role) in named {
        text(kept, event.what(role).unwrap_or_default());
    }
    text(&mut deployment.version, &told.version);
    text(&mut deployment.branch, &told.branch);
    text(&mut deployment.name, &told.name);
    deployment.production = deployment.production.max(told.production);
    deployment.rollback |= told.rollback;
    for commit in &told.commits {
        insert_name(&mut deployment.commits, commit);
    }
    match event.kind.as_str() {
        kind::DEPLOY_QUEUED => earliest(&mut deployment.queued, at),
        kind::DEPLOY_STARTED => earliest(&mut deployment.started, at),
        kind::DEPLOY_FINISHED => {
            let end = (Some(at), told.outcome);
            let known = (deployment.finished, deployment.outcome);
            (deployment.finished, deployment.outcome) = end.max(known);
        }
        _ => {}
    }
    Ok(())
}

/// The latest instant that it tells of.
pub(super) fn activity(deployment: &Deployment) -> Option<Timestamp> {
    let steps = deployment.steps.iter().flat_map(|step| [step.waiting, step.done]);
    let own = [deployment.queued, deployment.started, deployment.finished];
    steps.chain(own).flatten().max()
}

/// A release that no event has told of yet: every event comes before it.
pub(super) fn release(key: &str) -> Release {
    Release {
        key: key.to_owned(),
        at: Timestamp::from_millis(i64::MAX),
        prerelease: true,
        ..Release::default()
    }
}

/// Adds what an event says of the release that it concerns. It was published when it was first
/// published, and is a pre-release if it was never called anything else.
pub(super) fn published(release: &mut Release, event: &Event) -> Result<(), serde_json::Error> {
    let told: ReleaseState = event.payload()?;
    release.at = release.at.min(event.at);
    release.prerelease &= told.prerelease;
    text(&mut release.tag, &told.tag);
    text(&mut release.repository, event.what(role::REPOSITORY).unwrap_or_default());
    text(&mut release.commit, event.what(role::COMMIT).unwrap_or_default());
    Ok(())
}
