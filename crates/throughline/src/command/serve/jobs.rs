//! What the server does beside answering: it takes webhooks in, and collects by schedule.
//!
//! In: `[serve]` and `[collect.sources]`. Out: [`intake::Options`] and a [`Schedule`]. Start at [`inlet`] and
//! [`schedule`]. **Invariants:** a repository's own configuration makes nobody a sender and has nothing
//! collected: it is what others wrote; a sender without a secret is believed only where `--insecure-hooks`
//! says so and nobody but this machine can reach the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tl_core::time::Millis;
use tl_exec::git::Repository;
use tl_ledger::jobs::Brought;
use tl_server::intake;
use tl_server::intake::sender::{Secret, Sender, USUAL_BYTES};
use tl_server::jobs::Schedule;

use super::place;
use crate::command::collect;
use crate::config::collect::is_variable;
use crate::config::serve::HookConfig;
use crate::context::{Context, Globals};
use crate::error::CommandError;
use crate::ui::{Settings, Ui};

/// How the server takes webhooks in.
#[derive(Debug, clap::Args)]
pub(crate) struct InletArgs {
    /// Believe webhooks of senders for which no secret is configured; only on this machine
    #[arg(long)]
    insecure_hooks: bool,
}

/// Who may send webhooks.
pub(super) fn inlet(
    ui: &mut Ui,
    cx: &Context,
    globals: &Globals,
    args: &InletArgs,
    listen: SocketAddr,
) -> Result<intake::Options, CommandError> {
    if args.insecure_hooks && !listen.ip().is_loopback() {
        return Err(CommandError::usage(format!(
            "with `--insecure-hooks`, everybody who reaches {listen} could tell any story"
        ))
        .hint("name a secret for each sender: `[serve.hooks.NAME] secret_env`"));
    }
    let mut options = intake::Options { unsigned: args.insecure_hooks, ..Default::default() };
    for (name, config) in &cx.config().serve.hooks {
        let key = format!("serve.hooks.{name}");
        if cx.is_of_repository(&key) {
            ui.warn(format!(
                "`[{key}]` is in the repository's own configuration, which makes nobody a sender; \
                 move it to your own file, or name the file with `--config`"
            ));
            continue;
        }
        let secrets = secrets(globals, name, config)?;
        if secrets.is_empty() && !args.insecure_hooks {
            return Err(CommandError::usage(format!(
                "`[{key}]` has no secret, so anybody could send in its name"
            ))
            .hint("name the variable that holds one: `secret_env = \"FORGE_HOOK_SECRET\"`")
            .hint("to try it out on this machine alone: `--insecure-hooks`"));
        }
        let sender = Sender {
            speech: config.system.parse().map_err(CommandError::usage)?,
            secrets,
            most_bytes: config.most_bytes.unwrap_or(USUAL_BYTES),
        };
        options.senders.insert(name.clone(), sender);
    }
    Ok(options)
}

fn secrets(
    globals: &Globals,
    name: &str,
    config: &HookConfig,
) -> Result<Vec<Secret>, CommandError> {
    let fields = [("secret_env", &config.secret_env), ("old_secret_env", &config.old_secret_env)];
    let mut secrets = Vec::new();
    for (field, variable) in fields {
        let Some(variable) = variable else { continue };
        let key = format!("serve.hooks.{name}.{field}");
        match globals.variables.secret(variable).as_deref().and_then(Secret::new) {
            Some(secret) => secrets.push(secret),
            // Whatever stands there could be the secret itself: it is not repeated.
            None if !is_variable(variable) => {
                return Err(CommandError::usage(format!("`{key}` names no variable that is set"))
                    .hint("write the name of a variable there; a secret is never in a file"));
            }
            None => {
                return Err(CommandError::usage(format!("the variable `{variable}` is not set"))
                    .hint(format!("set it to the secret that `{name}` signs with")));
            }
        }
    }
    Ok(secrets)
}

/// What is collected by schedule; `None` where nothing is.
pub(super) fn schedule(
    ui: &mut Ui,
    cx: &Context,
    globals: &Globals,
    repository: Option<PathBuf>,
) -> Option<Schedule> {
    let minutes = cx.config().serve.collect_every;
    let sources: Vec<String> = cx.config().collect.sources.keys().cloned().collect();
    if minutes == 0 || sources.is_empty() || cx.offline {
        return None;
    }
    if cx.is_of_repository("serve.collect_every") {
        ui.warn(
            "`serve.collect_every` is in the repository's own configuration, which has nothing \
             collected; move it to your own file, or name the file with `--config`",
        );
        return None;
    }
    let globals = globals.with_ledger(globals.ledger.clone());
    let collect = move |name: &str| brought(&globals, repository.as_ref(), name);
    let every = Millis::new(i64::from(minutes) * 60_000);
    Some(Schedule { sources, every, collect: Arc::new(collect) })
}

/// Collects from one source, over a connection of its own: pages and webhooks go on meanwhile.
fn brought(globals: &Globals, repository: Option<&PathBuf>, name: &str) -> Brought {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let collected = match runtime {
        Ok(runtime) => runtime.block_on(collected(globals, repository, name)),
        Err(err) => Err(CommandError::environment(err)),
    };
    collected.unwrap_or_else(|err| Brought {
        problem: Some(err.plain()),
        is_failed: true,
        ..Brought::default()
    })
}

async fn collected(
    globals: &Globals,
    repository: Option<&PathBuf>,
    name: &str,
) -> Result<Brought, CommandError> {
    let ui = &mut Ui::new(Settings::silent());
    let repository = repository.and_then(|path| Repository::open(path).ok());
    let cx = Context::load(ui, globals, repository.as_ref())?;
    let ledger = place::open(&cx, repository.as_ref()).await?;
    let brought = collect::from_source(ui, &cx, globals, &ledger, name).await;
    // What was acknowledged is safe all the same: only the files are not tidied up.
    let _untidy = ledger.close().await;
    brought
}
