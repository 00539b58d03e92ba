//! The environment variables that Throughline reads: all of them, and the only place that does.
//!
//! In: the process's environment. Out: [`Variables`], a copy that is passed on; [`VARIABLES`] is
//! the table behind `throughline config env` and the page `docs/cli.md`.
//! **Invariant:** no other module reads the environment, but for `clap`, which reads the variables
//! that stand in for a flag by the names given here, and the terminal libraries.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Stands in for `--color`.
pub(crate) const TL_COLOR: &str = "TL_COLOR";
/// Stands in for `--config`.
pub(crate) const TL_CONFIG: &str = "TL_CONFIG";
/// Stands in for `--ledger`.
pub(crate) const TL_LEDGER: &str = "TL_LEDGER";
/// Stands in for `--offline`.
pub(crate) const TL_OFFLINE: &str = "TL_OFFLINE";
/// Filter of the log.
pub(crate) const TL_LOG: &str = "TL_LOG";
/// The instant taken for now.
pub(crate) const TL_NOW: &str = "TL_NOW";

/// Set in a workflow of GitHub.
pub(crate) const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
/// The attempt of a workflow's run, from 1.
pub(crate) const GITHUB_RUN_ATTEMPT: &str = "GITHUB_RUN_ATTEMPT";
/// The number that a workflow's run has.
pub(crate) const GITHUB_RUN_ID: &str = "GITHUB_RUN_ID";
/// The job of a workflow.
pub(crate) const GITHUB_JOB: &str = "GITHUB_JOB";
/// The repository of a workflow, such as `acme/api`.
pub(crate) const GITHUB_REPOSITORY: &str = "GITHUB_REPOSITORY";
/// The reference that a workflow runs on, such as `refs/pull/7/merge`.
pub(crate) const GITHUB_REF: &str = "GITHUB_REF";
/// Address of the API of the GitHub that a workflow runs on.
pub(crate) const GITHUB_API_URL: &str = "GITHUB_API_URL";
/// The token of a workflow.
pub(crate) const GITHUB_TOKEN: &str = "GITHUB_TOKEN";
/// The branch that the request of a workflow goes to.
pub(crate) const GITHUB_BASE_REF: &str = "GITHUB_BASE_REF";
/// Where the summary of a workflow's step goes.
pub(crate) const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Variables that say where clients of coding agents keep their files.
pub(crate) const GUARD_VARIABLES: &[&str] =
    &["APPDATA", "CLAUDE_CONFIG_DIR", "CLINE_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"];

/// What names the locale, the strongest first.
const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// One variable of the table.
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// The configuration key that it sets, if it sets one.
    pub(crate) key: Option<&'static str>,
    /// What it does, for people.
    pub(crate) what: &'static str,
    /// The version that first read it.
    pub(crate) since: &'static str,
}

/// Every variable, in the order of the documentation.
pub(crate) static VARIABLES: &[Variable] = &[
    plain(TL_COLOR, "When to use colours, like `--color`"),
    plain(TL_CONFIG, "File to read in place of `.throughline.toml`, like `--config`"),
    plain(TL_LEDGER, "Where the ledger is, like `--ledger`"),
    plain(TL_OFFLINE, "Use no network when set to anything but 0 or false, like `--offline`"),
    plain(TL_LOG, "What is logged on stderr, such as `debug` or `tl_exec=trace`; wins over `-v`"),
    plain(TL_NOW, "Date or RFC 3339 instant to take for now, so that a report can be repeated"),
    setting("TL_MAP_WINDOW_DAYS", "map.window_days"),
    setting("TL_MAP_FAILURE_WINDOW_DAYS", "map.failure_window_days"),
    setting("TL_MAP_REWORK_WINDOW_DAYS", "map.rework_window_days"),
    setting("TL_MAP_OPEN_REQUEST_DAYS", "map.open_request_days"),
    setting("TL_MAP_BOOTSTRAP_DRAWS", "map.bootstrap_draws"),
    setting("TL_MAP_SEED", "map.seed"),
    setting("TL_MAP_USAGE_VERY_FREQUENT_SHARE", "map.usage.very_frequent_share"),
    setting("TL_MAP_USAGE_FREQUENT_SHARE", "map.usage.frequent_share"),
    setting("TL_MAP_RELEASES_TAG_PATTERN", "map.releases.tag_pattern"),
    setting("TL_MAP_RELEASES_EXCLUDE", "map.releases.exclude"),
    setting("TL_MAP_PRIVACY_FLOOR_PEOPLE", "map.privacy.floor_people"),
    setting("TL_MAP_PRIVACY_NAMES", "map.privacy.names"),
    setting("TL_COLLECT_FIRST_DAYS", "collect.first_days"),
    setting("TL_COLLECT_PRODUCTION", "collect.production"),
    setting("TL_COLLECT_TICKET_KEYS", "collect.ticket_keys"),
    setting("TL_COLLECT_HOTFIX_LABELS", "collect.hotfix_labels"),
    setting("TL_COLLECT_HOTFIX_BRANCHES", "collect.hotfix_branches"),
    setting("TL_COLLECT_RELEASE_IS_DEPLOY", "collect.release_is_deploy"),
    setting("TL_COLLECT_APPROVALS", "collect.approvals"),
    setting("TL_COLLECT_TRUSTED_HOSTS", "collect.trusted_hosts"),
    setting("TL_COLLECT_CALENDAR_NAME", "collect.calendar.name"),
    setting("TL_COLLECT_CALENDAR_ZONE", "collect.calendar.zone"),
    setting("TL_COLLECT_CALENDAR_DAYS", "collect.calendar.days"),
    setting("TL_COLLECT_CALENDAR_START", "collect.calendar.start"),
    setting("TL_COLLECT_CALENDAR_END", "collect.calendar.end"),
    setting("TL_COLLECT_CALENDAR_HOLIDAYS", "collect.calendar.holidays"),
    setting("TL_SERVE_COLLECT_EVERY", "serve.collect_every"),
    setting("TL_SERVE_OIDC_ISSUER", "serve.oidc.issuer"),
    setting("TL_SERVE_OIDC_LABEL", "serve.oidc.label"),
    setting("TL_SERVE_OIDC_CLIENT_ID", "serve.oidc.client_id"),
    setting("TL_SERVE_OIDC_SECRET_ENV", "serve.oidc.secret_env"),
    setting("TL_SERVE_OIDC_VIEWERS", "serve.oidc.viewers"),
    setting("TL_SERVE_OIDC_MEMBERS", "serve.oidc.members"),
    setting("TL_SERVE_OIDC_APPROVERS", "serve.oidc.approvers"),
    setting("TL_SERVE_OIDC_ADMINS", "serve.oidc.admins"),
    setting("TL_TEST_RETRIES", "test.retries"),
    setting("TL_TEST_FAIL_CODES", "test.fail_codes"),
    setting("TL_TEST_FAIL_ON_FLAKY", "test.fail_on_flaky"),
    setting("TL_TEST_MACHINES", "test.machines"),
    setting("TL_TEST_LAKE", "test.lake"),
    plain("NO_COLOR", "Use no colours when set to anything; `--color` wins over it"),
    plain("LC_ALL", "Locale: draw with ASCII alone unless it is one of UTF-8"),
    plain("LC_CTYPE", "The same, where `LC_ALL` is not set"),
    plain("LANG", "The same, where neither is set"),
    plain("COLUMNS", "Width of the output, where there is no terminal to ask"),
    plain("HOME", "Where `.config` is, when `XDG_CONFIG_HOME` is not set"),
    plain("XDG_CONFIG_HOME", "Where your own `throughline/config.toml` is"),
    plain("USERPROFILE", "Your home for `throughline guard`, where `HOME` is not set"),
    plain("APPDATA", "Where `throughline guard` looks for settings of agents on Windows"),
    plain("CLAUDE_CONFIG_DIR", "Where `throughline guard` looks for Claude Code's files"),
    plain("CLINE_DIR", "Where `throughline guard` looks for Cline's files"),
    plain("CODEX_HOME", "Where `throughline guard` looks for Codex's files"),
    plain("PATH", "Where `throughline guard --start-servers` looks for programs"),
    plain("NPM_CONFIG_REGISTRY", "Where `throughline guard --registries` asks for npm's packages"),
    plain("UV_DEFAULT_INDEX", "Where `throughline guard --registries` asks for Python's packages"),
    plain("UV_INDEX_URL", "The same, where `UV_DEFAULT_INDEX` is not set"),
    plain("PIP_INDEX_URL", "The same, where neither is set"),
    plain("GOPROXY", "Where `throughline guard --registries` asks for Go's modules"),
    plain(
        "XDG_STATE_HOME",
        "Where `throughline hook` remembers sessions [default: `~/.local/state`]",
    ),
    plain(
        "XDG_DATA_HOME",
        "Where `throughline serve` keeps its ledger [default: `~/.local/share`]",
    ),
    plain(GITHUB_ACTIONS, "Add annotations to what `throughline test` says, when set"),
    plain(GITHUB_BASE_REF, "Branch that `throughline test` holds a change against"),
    plain(GITHUB_API_URL, "Address of the API that `throughline test --comment` writes to"),
    plain(GITHUB_REF, "Where `throughline test --comment` finds the request's number"),
    plain(GITHUB_TOKEN, "Token for `throughline test --comment`"),
    plain(GITHUB_JOB, "Job that `throughline test` records results of"),
    plain(GITHUB_REPOSITORY, "Repository that `throughline test` records results of"),
    plain(GITHUB_RUN_ATTEMPT, "Attempt of the run that `throughline test` records"),
    plain(GITHUB_RUN_ID, "Run that `throughline test` records"),
    plain(GITHUB_STEP_SUMMARY, "File to which `throughline test` appends its summary"),
    plain("RUST_BACKTRACE", "Print where a crash came from when set to 1"),
];

const fn plain(name: &'static str, what: &'static str) -> Variable {
    Variable { name, key: None, what, since: "0.1.0" }
}

const fn setting(name: &'static str, key: &'static str) -> Variable {
    Variable {
        name,
        key: Some(key),
        what: "Sets the configuration key of that name",
        since: "0.1.0",
    }
}

/// A copy of the environment variables that concern Throughline.
#[derive(Debug, Default, Clone)]
pub(crate) struct Variables(BTreeMap<OsString, OsString>);

impl Variables {
    /// Copies the environment of this process.
    pub(crate) fn read() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// Keeps what is in the table or begins with `TL_`; empty values count as not set.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = |name: &OsStr| {
            name.to_string_lossy().starts_with("TL_")
                || VARIABLES.iter().any(|variable| variable.name == name)
        };
        Self(pairs.into_iter().filter(|(name, value)| ours(name) && !value.is_empty()).collect())
    }

    /// The value of a variable; bytes that are not UTF-8 are replaced.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.get(OsStr::new(name)).map(|value| value.to_string_lossy().into_owned())
    }

    /// The value of a variable that holds a secret, by the name that the configuration gives.
    ///
    /// Read when it is needed and never copied: nothing else may see it.
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        let found = std::env::vars_os().find(|(known, _)| known == name).map(|(_, value)| value);
        found.filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
    }

    /// What a command that prints a token may know: where the user's own files are.
    pub(crate) fn for_commands(&self) -> Vec<(String, String)> {
        let known = ["HOME", "XDG_CONFIG_HOME", "LANG"];
        known.iter().filter_map(|name| Some(((*name).to_owned(), self.text(name)?))).collect()
    }

    /// The name of the locale, such as `C.UTF-8`.
    pub(crate) fn locale(&self) -> Option<String> {
        LOCALE.iter().find_map(|name| self.text(name))
    }

    /// The user's configuration file, whether it exists or not.
    pub(crate) fn user_config(&self) -> Option<PathBuf> {
        let path = |name: &str| self.0.get(OsStr::new(name)).map(PathBuf::from);
        let directory = path("XDG_CONFIG_HOME")
            .filter(|directory| directory.is_absolute())
            .or_else(|| path("HOME").map(|home| home.join(".config")))?;
        Some(directory.join("throughline").join("config.toml"))
    }

    /// Where the user's own data of this program are.
    pub(crate) fn user_data(&self) -> Option<PathBuf> {
        let path = |name: &str| self.0.get(OsStr::new(name)).map(PathBuf::from);
        let directory = path("XDG_DATA_HOME")
            .filter(|directory| directory.is_absolute())
            .or_else(|| path("HOME").map(|home| home.join(".local").join("share")))?;
        Some(directory.join("throughline"))
    }

    /// Variables that set a configuration key: name, key, value.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'static str, &'static str, String)> {
        VARIABLES
            .iter()
            .filter_map(|variable| Some((variable.name, variable.key?, self.text(variable.name)?)))
    }

    /// Variables that begin with `TL_` and are not in the table.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = String> {
        self.0
            .keys()
            .filter(|name| VARIABLES.iter().all(|variable| variable.name != name.as_os_str()))
            .map(|name| name.to_string_lossy().into_owned())
    }
}
