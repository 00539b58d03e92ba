//! Tokens of sources: where they come from, and whom they may be sent to.
//!
//! In: one source of the configuration. Out: its [`Secret`], or none. **Invariants:** a token is
//! never written in a file of ours; a repository's own file may neither name a command (reading a
//! repository would run it) nor a host that the user did not trust (it would get the token).

use tl_core::record::System;
use tl_exec::process::{self, Options};
use tl_forge::secret::Secret;

use super::system::{host, is_public};
use crate::config::collect::SourceConfig;
use crate::context::{Context, Globals};

/// Why there is no token to use.
#[derive(Debug)]
pub(super) struct Problem {
    /// What is wrong.
    pub(super) what: String,
    /// What to do about it.
    pub(super) mend: String,
}

fn problem(what: impl Into<String>, mend: impl Into<String>) -> Problem {
    Problem { what: what.into(), mend: mend.into() }
}

/// The token of a source; `None` where it names none.
pub(super) fn secret(
    cx: &Context,
    globals: &Globals,
    name: &str,
    config: &SourceConfig,
    system: System,
) -> Result<Option<Secret>, Problem> {
    let key = |field: &str| format!("collect.sources.{name}.{field}");
    if config.token_env.is_none() && config.token_command.is_empty() {
        return Ok(None);
    }
    let host = host(config);
    let trusts = |listed: &String| listed.eq_ignore_ascii_case(&host);
    let trusted = is_public(system, config)
        || !cx.is_of_repository(&key("url"))
        || (cx.config().collect.trusted_hosts.iter().any(trusts)
            && !cx.is_of_repository("collect.trusted_hosts"));
    if !trusted {
        return Err(problem(
            format!("the repository's own configuration would send a token to `{host}`"),
            format!(
                "if that is right, name it in your own file: `[collect] trusted_hosts = [\"{host}\"]`"
            ),
        ));
    }
    if !config.token_command.is_empty() {
        if cx.is_of_repository(&key("token_command")) {
            return Err(problem(
                format!("`{}` is in the repository's own configuration", key("token_command")),
                "no repository may have a command run: move it to your own file, or use `token_env`",
            ));
        }
        return from_command(globals, &config.token_command).map(Some);
    }
    let variable = config.token_env.as_deref().unwrap_or_default();
    match globals.variables.secret(variable) {
        Some(text) => Ok(Some(Secret::new(&text))),
        None => Err(problem(
            format!("the variable `{variable}` is not set"),
            format!("set it to a token that may read what `{name}` collects"),
        )),
    }
}

fn from_command(globals: &Globals, command: &[String]) -> Result<Secret, Problem> {
    let mend = "run the command by hand; it must print the token and nothing else";
    let (program, args) = command.split_first().unwrap_or((&command[0], &[]));
    let options = Options { env: globals.variables.for_commands(), ..Options::default() };
    let output = process::run(program, args, &options)
        .map_err(|err| problem(crate::error::causes(&err).join(": "), mend))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let token = text.trim();
    if !output.status.success() || token.is_empty() || token.contains('\n') {
        // What it printed may be half a secret: it is not repeated.
        return Err(problem(format!("`{program}` gave no token ({})", output.status), mend));
    }
    Ok(Secret::new(token))
}
