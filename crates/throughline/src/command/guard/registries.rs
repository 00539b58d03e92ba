//! `--registries`: packages that no lock file has are looked up where the user's own package manager
//! looks.
//!
//! In: what a scan found, the user's settings of npm, pip, uv, Cargo and Go. Out: findings GK001 and
//! GK002. Start at [`ask`]. **Invariants:** addresses come from the command line, the environment and
//! the home, never from the repository, whose author would then learn who scans it; one request a
//! name, at most [`MOST`] in all; without `--registries` or `--registry` nothing is asked.

use std::collections::BTreeMap;
use std::path::Path;

use tl_forge::registry::{AskError, Found, Kind, Registry};
use tl_guard::inventory::Ecosystem;
use tl_guard::rules::gk::{Answer, Asked, of_answers, to_ask};

use super::Looked;
use crate::config::env::Variables;
use crate::context::Globals;
use crate::error::{CommandError, causes};
use crate::guard_files;
use crate::ui::Ui;

/// Names that are asked for in one run; more are told.
const MOST: usize = 200;

/// What may be asked.
#[derive(Debug, Default, PartialEq, Eq, clap::Args)]
pub(super) struct RegistryArgs {
    /// Look up packages that no lock file has, in the registries of your own package managers
    #[arg(long)]
    registries: bool,
    /// Registry to look them up in, as `npm=URL`; also `pypi`, `crates` and `go`; may be repeated
    #[arg(long, value_name = "KIND=URL")]
    registry: Vec<String>,
}

/// Adds what registries say to what was found.
pub(super) async fn ask(
    ui: &mut Ui,
    globals: &Globals,
    args: &RegistryArgs,
    looked: &mut Looked,
) -> Result<(), CommandError> {
    if !args.registries && args.registry.is_empty() {
        return Ok(());
    }
    if globals.offline {
        return Err(CommandError::usage("registries cannot be asked with `--offline`")
            .hint("leave `--registries` and `--registry` out"));
    }
    let mut addresses = of_package_managers(&globals.variables);
    for given in &args.registry {
        let (kind, url) = parsed(given)?;
        addresses.insert(kind, url);
    }
    let mut names = to_ask(&looked.scanned.inventory);
    if names.len() > MOST {
        let more = names.len() - MOST;
        ui.warn(format!("registries were asked for {MOST} packages; {more} more were not"));
        names.truncate(MOST);
    }
    let mut answers = Vec::new();
    for kind in Kind::ALL {
        let of_kind = names.iter().filter(|asked| kind_of(asked.ecosystem) == Some(kind));
        let of_kind: Vec<&Asked> = of_kind.collect();
        if of_kind.is_empty() {
            continue;
        }
        let Some(url) = addresses.get(&kind) else {
            ui.warn(not_known(kind, of_kind.len()));
            continue;
        };
        let registry = Registry::new(kind, url, None).map_err(|err| {
            let hint = err.hint();
            let err = CommandError::usage(format!("the registry of {kind} cannot be used: {err}"));
            match hint {
                Some(hint) => err.hint(hint),
                None => err,
            }
        })?;
        answers.extend(of_registry(ui, &registry, &of_kind).await);
    }
    looked.scanned.findings.extend(of_answers(&answers, looked.now));
    Ok(())
}

/// What one registry says; a registry that cannot be reached is not asked again.
async fn of_registry(ui: &mut Ui, registry: &Registry, names: &[&Asked]) -> Vec<(Asked, Answer)> {
    let progress = ui.progress();
    let mut answers = Vec::new();
    let mut failed: Vec<String> = Vec::new();
    let mut left = 0;
    for (count, asked) in names.iter().enumerate() {
        progress.report("asking registries", count as u64, Some(names.len() as u64));
        match registry.ask(&asked.name).await {
            Ok(Found::Missing) => answers.push(((*asked).clone(), Answer::Missing)),
            Ok(Found::There(since)) => answers.push(((*asked).clone(), Answer::There(since))),
            Err(err) => {
                let is_gone = matches!(err, AskError::Unsent { .. });
                failed.push(causes(&err).join(": "));
                if is_gone {
                    left = names.len() - count - 1;
                    break;
                }
            }
        }
    }
    drop(progress);
    failed.dedup();
    for failure in failed {
        ui.warn(failure);
    }
    if left > 0 {
        ui.warn(format!("{left} more packages of {} were not asked for", registry.kind()));
    }
    answers
}

const fn kind_of(ecosystem: Ecosystem) -> Option<Kind> {
    match ecosystem {
        Ecosystem::Npm => Some(Kind::Npm),
        Ecosystem::Pypi => Some(Kind::Pypi),
        Ecosystem::Crates => Some(Kind::Crates),
        Ecosystem::Go => Some(Kind::Go),
        Ecosystem::Docker | Ecosystem::Git | Ecosystem::Other => None,
    }
}

fn parsed(given: &str) -> Result<(Kind, String), CommandError> {
    let pair = given.split_once('=').and_then(|(name, url)| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
        Some((kind, url.to_owned()))
    });
    pair.ok_or_else(|| {
        // An address may hold a password, so it is not repeated.
        CommandError::usage("`--registry` is not of the form `npm=URL`")
            .hint("the kinds are npm, pypi, crates and go")
    })
}

fn not_known(kind: Kind, count: usize) -> String {
    let setting = match kind {
        Kind::Npm => "`registry=URL` in `~/.npmrc`",
        Kind::Pypi => "`index-url = URL` in `~/.config/pip/pip.conf`",
        Kind::Crates => "a `[source]` with a sparse registry in `~/.cargo/config.toml`",
        Kind::Go => "`GOPROXY`",
    };
    format!(
        "{count} packages of {kind} were not looked up: no registry is configured; set {setting}, \
         or give `--registry {kind}=URL`"
    )
}

/// Addresses that the user's package managers are set to.
fn of_package_managers(variables: &Variables) -> BTreeMap<Kind, String> {
    let home = variables.text("HOME").or_else(|| variables.text("USERPROFILE"));
    let read = |path: &str| {
        let path = Path::new(home.as_deref()?).join(path);
        guard_files::read(&path).ok().flatten()
    };
    let first = |names: &[&str]| names.iter().find_map(|name| variables.text(name));
    let set = |files: &[&str], key: &str| files.iter().find_map(|file| value_of(&read(file)?, key));
    let npm = first(&["NPM_CONFIG_REGISTRY"]).or_else(|| set(&[".npmrc"], "registry"));
    let pypi = first(&["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"]).or_else(|| {
        set(&[".config/uv/uv.toml", ".config/pip/pip.conf", ".pip/pip.conf"], "index-url")
    });
    let crates = read(".cargo/config.toml").and_then(|text| sparse_index(&text));
    let go = first(&["GOPROXY"]).or_else(|| set(&[".config/go/env"], "GOPROXY"));
    let go = go.and_then(|list| {
        let mut entries = list.split([',', '|']).map(str::trim);
        entries.find(|entry| entry.contains("://")).map(str::to_owned)
    });
    let all = [(Kind::Npm, npm), (Kind::Pypi, pypi), (Kind::Crates, crates), (Kind::Go, go)];
    all.into_iter().filter_map(|(kind, url)| Some((kind, url?))).collect()
}

/// The value of a line `key = value`; quotes are taken off.
fn value_of(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (name.trim() == key && value.contains("://")).then(|| value.to_owned())
    })
}

/// The registry that stands in for the usual one in Cargo's settings.
fn sparse_index(text: &str) -> Option<String> {
    let table: toml::Table = text.parse().ok()?;
    let sources = table.get("source")?.as_table()?;
    let mut name = sources.get("crates-io")?.get("replace-with")?.as_str()?;
    for _ in 0..8 {
        let source = sources.get(name)?;
        if let Some(registry) = source.get("registry") {
            return registry.as_str().filter(|url| url.starts_with("sparse+")).map(str::to_owned);
        }
        name = source.get("replace-with")?.as_str()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_package_managers_are_read() {
        let text =
            "; note\n//acme.example/:_authToken=x\nregistry = \"https://acme.example/npm/\"\n";
        assert_eq!(value_of(text, "registry").as_deref(), Some("https://acme.example/npm/"));
        assert_eq!(value_of("registry=\n", "registry"), None);
        let text = "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nreplace-with = \"b\"\n[source.b]\nregistry = \"sparse+https://acme.example/index/\"\n";
        assert_eq!(sparse_index(text).as_deref(), Some("sparse+https://acme.example/index/"));
        let circle = "[source.crates-io]\nreplace-with = \"crates-io\"\n";
        assert_eq!(sparse_index(circle), None);
    }

    #[test]
    fn an_address_is_not_repeated_in_an_error() {
        let err = parsed("nmp=https://ana:hunter22@acme.example/").unwrap_err();
        assert!(!format!("{err:?}").contains("hunter22"));
        assert_eq!(parsed("go=http://x/").unwrap(), (Kind::Go, "http://x/".to_owned()));
    }
}
