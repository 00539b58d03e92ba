//! The gate's answer as one comment on the request, written anew in place.
//!
//! **Invariants:** a comment that cannot be written is a note: the answer stands. The token goes to the
//! API of the workflow's own GitHub.

use std::sync::Arc;

use tl_core::record::System;
use tl_forge::client::{Auth, Client, Connection, Limits};
use tl_forge::github::{self, comment};
use tl_forge::secret::Secret;
use tl_test::gate::Decision;
use tl_test::show;

use super::which::request;
use crate::clock::Waiting;
use crate::config::env::{GITHUB_API_URL, GITHUB_REF, GITHUB_REPOSITORY, GITHUB_TOKEN};
use crate::context::Globals;
use crate::error::causes;
use crate::ui::Ui;

/// Writes the comment, or says why there is none.
pub(super) async fn write(ui: &mut Ui, globals: &Globals, decision: &Decision, job: &str) {
    match upsert(ui.is_quiet(), globals, decision, job).await {
        Ok(address) => ui.status(format!("commented: {address}")),
        Err(why) => ui.note(format!("there is no comment on the request: {why}")),
    }
}

async fn upsert(
    quiet: bool,
    globals: &Globals,
    decision: &Decision,
    job: &str,
) -> Result<String, String> {
    if globals.offline {
        return Err("`--offline` was given".to_owned());
    }
    let given = |name: &str| globals.variables.text(name).ok_or(format!("`{name}` is not set"));
    let repository = given(GITHUB_REPOSITORY)?;
    let number = request(&given(GITHUB_REF)?)
        .ok_or("the workflow does not run for a request (`on: pull_request`)")?;
    let token = given(GITHUB_TOKEN)?;
    let base = globals.variables.text(GITHUB_API_URL);
    let base = base.map_or_else(|| github::PUBLIC.to_owned(), |url| github::api_address(&url));
    let client = Client::new(Connection {
        system: System::Github,
        base,
        auth: Auth::Bearer(Secret::new(&token)),
        certificates: None,
        clock: Arc::new(Waiting { quiet }),
        limits: Limits::default(),
    });
    let client = client.map_err(|err| causes(&err).join(": "))?;
    let (marker, body) = (show::marker(job), show::comment(decision, job));
    let written = comment::upsert(client, &repository, number, &marker, &body).await;
    written.map_err(|err| {
        let why = causes(&err).join(": ");
        if err.is_forbidden() {
            return format!(
                "{why}; the job needs `permissions: pull-requests: write`, and a fork has none"
            );
        }
        why
    })
}
