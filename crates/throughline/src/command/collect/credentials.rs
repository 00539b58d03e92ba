//! Tokens of sources: where they come from, and whom they may be sent to.
//!
//! In: one source of the configuration. Out: its [`Secret`], or none. **Invariants:** a token is
//! never written in a file of ours; a repository's own file may neither name a command (reading a
//! repository would run it) nor a host that the user did not trust (it would get the token).

use tl_core::record::System;
use tl_exec::process::{self, Options};
use tl_forge::secret::Secret;

use super::system::{host, is_private, is_public};
use crate::config::collect::{SourceConfig, is_variable};
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
    may_be_sent(cx, name, config, system)?;
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
        None if !is_variable(variable) => Err(problem(
            format!("`{}` names no variable that is set", key("token_env")),
            "write the name of a variable there, such as `FORGE_TOKEN`; a token is never in a file",
        )),
        None => Err(problem(
            format!("the variable `{variable}` is not set"),
            format!("set it to a token that may read what `{name}` collects"),
        )),
    }
}

/// Whether the token of a source may go to where the source is.
///
/// A repository may say where only if nobody else did: a token that the user meant for one host
/// goes to no other, not even to a public one.
fn may_be_sent(
    cx: &Context,
    name: &str,
    config: &SourceConfig,
    system: System,
) -> Result<(), Problem> {
    let key = |field: &str| format!("collect.sources.{name}.{field}");
    let host = host(config);
    if cx.trusted_hosts().iter().any(|listed| listed.eq_ignore_ascii_case(&host)) {
        return Ok(());
    }
    let mend = format!(
        "if that is right, name it in your own file: `[collect] trusted_hosts = [\"{host}\"]`"
    );
    let differs = |field: &str, value: &str| {
        cx.own_source(name, field).is_some_and(|own| own != value)
            && cx.is_of_repository(&key(field))
    };
    let is_moved = differs("url", config.url.as_deref().unwrap_or_default())
        || differs("system", &config.system);
    let is_of_repository = cx.is_of_repository(&key("url")) || cx.is_of_repository(&key("system"));
    // Where the user's own file has the address, whatever it is there, the user chose the host.
    let is_chosen = !cx.is_of_repository(&key("url")) && config.url.is_some();
    if is_moved || (is_of_repository && !is_chosen && !is_public(system, config)) {
        let what = format!("the repository's own configuration would send a token to `{host}`");
        return Err(problem(what, mend));
    }
    if !is_private(system, config) {
        let what = format!("a token would go to `{host}` for everybody on the way to read");
        return Err(problem(what, format!("begin `url` with `https://`; {mend}")));
    }
    Ok(())
}

fn from_command(globals: &Globals, command: &[String]) -> Result<Secret, Problem> {
    let mend = "run the command by hand; it must print the token and nothing else";
    let (program, args) = command.split_first().unwrap_or((&command[0], &[]));
    if program.contains(std::path::is_separator) && !std::path::Path::new(program).is_absolute() {
        return Err(problem(
            format!("`{program}` would be another program in every repository"),
            "write the whole path of the command, or a name that is found in `PATH`",
        ));
    }
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
