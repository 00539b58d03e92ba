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

/// The secrets of a source.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Its token; the private key where it has an App, the key of the API where it has two keys.
    pub(super) token: Option<Secret>,
    /// The application key of Datadog.
    pub(super) application_key: Option<Secret>,
}

/// Where one secret comes from, and what it is for people.
struct Origin<'a> {
    /// Field of the source that names a variable, and that variable.
    variable: (&'static str, Option<&'a str>),
    /// Field of the source that names a command, and that command.
    command: (&'static str, &'a [String]),
    what: &'static str,
    /// Whether it has several lines, as keys in PEM do.
    has_lines: bool,
}

/// The secrets of a source; none where it names none.
pub(super) fn secrets(
    cx: &Context,
    globals: &Globals,
    name: &str,
    config: &SourceConfig,
    system: System,
) -> Result<Secrets, Problem> {
    let is_app = config.app_id.is_some();
    let token = Origin {
        variable: ("token_env", config.token_env.as_deref()),
        command: ("token_command", &config.token_command),
        what: if is_app { "private key" } else { "token" },
        has_lines: is_app,
    };
    let application_key = Origin {
        variable: ("application_key_env", config.application_key_env.as_deref()),
        command: ("application_key_command", &config.application_key_command),
        what: "application key",
        has_lines: false,
    };
    let read = |origin: &Origin<'_>| {
        if origin.variable.1.is_none() && origin.command.1.is_empty() {
            return Ok(None);
        }
        may_be_sent(cx, name, config, system)?;
        secret(cx, globals, name, origin).map(Some)
    };
    Ok(Secrets { token: read(&token)?, application_key: read(&application_key)? })
}

fn secret(
    cx: &Context,
    globals: &Globals,
    name: &str,
    origin: &Origin<'_>,
) -> Result<Secret, Problem> {
    let key = |field: &str| format!("collect.sources.{name}.{field}");
    let Origin { variable, command, what, .. } = origin;
    if !command.1.is_empty() {
        if cx.is_of_repository(&key(command.0)) {
            return Err(problem(
                format!("`{}` is in the repository's own configuration", key(command.0)),
                format!(
                    "no repository may have a command run: move it to your own file, or use `{}`",
                    variable.0
                ),
            ));
        }
        return from_command(globals, command.1, origin);
    }
    let named = variable.1.unwrap_or_default();
    match globals.variables.secret(named) {
        Some(text) => Ok(Secret::new(&text)),
        None if !is_variable(named) => Err(problem(
            format!("`{}` names no variable that is set", key(variable.0)),
            format!(
                "write the name of a variable there, such as `FORGE_TOKEN`; a {what} is never in a file"
            ),
        )),
        None => Err(problem(
            format!("the variable `{named}` is not set"),
            format!("set it to a {what} that may read what `{name}` collects"),
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

fn from_command(
    globals: &Globals,
    command: &[String],
    origin: &Origin<'_>,
) -> Result<Secret, Problem> {
    let what = origin.what;
    let mend = format!("run the command by hand; it must print the {what} and nothing else");
    let (program, args) = command.split_first().unwrap_or((&command[0], &[]));
    if program.contains(std::path::is_separator) && !std::path::Path::new(program).is_absolute() {
        return Err(problem(
            format!("`{program}` would be another program in every repository"),
            "write the whole path of the command, or a name that is found in `PATH`",
        ));
    }
    let options = Options { env: globals.variables.for_commands(), ..Options::default() };
    let output = process::run(program, args, &options)
        .map_err(|err| problem(crate::error::causes(&err).join(": "), mend.clone()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let token = text.trim();
    let is_whole = origin.has_lines || !token.contains('\n');
    if !output.status.success() || token.is_empty() || !is_whole {
        // What it printed may be half a secret: it is not repeated.
        return Err(problem(format!("`{program}` gave no {what} ({})", output.status), mend));
    }
    Ok(Secret::new(token))
}
