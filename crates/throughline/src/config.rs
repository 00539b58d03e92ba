//! Configuration: what a team or a person set, over the defaults.
//!
//! In: [`Variables`], the project's file and the user's. Out: [`Loaded`], the effective
//! [`Config`] with the origin of each value and the warnings to show. Start at [`Loaded::read`].
//! **Invariant:** what comes first wins: `TL_*` variables, `.throughline.toml` (or `--config`),
//! the user's file, `defaults.toml`. Flags win over all of it, in the command that has them.

pub(crate) mod collect;
pub(crate) mod env;
mod file;
pub(crate) mod serve;
pub(crate) mod test;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::{Deserialize, Serialize};

use self::collect::CollectConfig;
use self::env::{VARIABLES, Variables};
use self::file::{ConfigFile, KnownKeys, nearest};
use self::serve::ServeConfig;
use self::test::TestConfig;

/// The commented defaults, as `throughline config defaults` prints them.
pub(crate) const DEFAULTS: &str = include_str!("config/defaults.toml");

/// Name of the project's file at the root of its work tree.
pub(crate) const PROJECT_FILE: &str = ".throughline.toml";

/// Tables whose keys are names that the user makes up.
const OPEN_TABLES: &[&str] = &[
    "map.teams",
    "collect.sources",
    "collect.services",
    "collect.statuses",
    "collect.people",
    "serve.hooks",
];

/// Everything that can be configured, by stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct Config {
    /// `throughline map`.
    pub(crate) map: MapConfig,
    /// `throughline collect`, and how what it brought is read.
    pub(crate) collect: CollectConfig,
    /// `throughline test`.
    pub(crate) test: TestConfig,
    /// `throughline serve`.
    pub(crate) serve: ServeConfig,
}

/// `[map]`: see `defaults.toml` for what each key means.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct MapConfig {
    /// Days back from the end of the report.
    pub(crate) window_days: u32,
    /// Days in which a revert or fix counts as a failure of the change.
    pub(crate) failure_window_days: u32,
    /// Days in which replaced lines count as rework.
    pub(crate) rework_window_days: u32,
    /// Days after its last push from which a request that never merged counts as abandoned.
    pub(crate) open_request_days: u32,
    /// Draws of the bootstrap.
    pub(crate) bootstrap_draws: u32,
    /// Seed of the bootstrap.
    pub(crate) seed: u64,
    /// How much use makes which cohort.
    pub(crate) usage: UsageConfig,
    /// Which tags are releases.
    pub(crate) releases: ReleasesConfig,
    /// Teams, in the order of the file: the first that something matches is its team.
    #[serde(deserialize_with = "teams_by_name")]
    pub(crate) teams: Vec<TeamConfig>,
    /// What is shown of people.
    pub(crate) privacy: PrivacyConfig,
}

/// One line of `[map.teams]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TeamConfig {
    /// Name for people.
    pub(crate) name: String,
    /// Globs of paths, and authors' addresses (what contains an `@`).
    pub(crate) owns: Vec<String>,
}

/// `[map.usage]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct UsageConfig {
    /// Share of changes with evidence, 0 to 1, from which an author is a very frequent user.
    pub(crate) very_frequent_share: f64,
    /// Share of changes with evidence, 0 to 1, from which an author is a frequent user.
    pub(crate) frequent_share: f64,
}

/// `[map.releases]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct ReleasesConfig {
    /// Glob of tags that may be releases.
    pub(crate) tag_pattern: String,
    /// Globs of tags that never are.
    pub(crate) exclude: Vec<String>,
}

/// `[map.privacy]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct PrivacyConfig {
    /// Cells with fewer people are hidden; at least 5.
    pub(crate) floor_people: u32,
    /// Whether names are shown.
    pub(crate) names: bool,
}

/// The effective configuration and where it came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The values.
    pub(crate) config: Config,
    /// The same, key by key, each with its origin.
    pub(crate) settings: Vec<Setting>,
    /// Files that were looked for.
    pub(crate) files: Vec<FileSeen>,
    /// Keys and variables that nothing reads.
    pub(crate) warnings: Vec<ConfigWarning>,
    /// What the user's own file says, for decisions that a repository may not make.
    pub(crate) own: toml::Table,
}

/// One effective value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Setting {
    /// Key with its tables, such as `map.window_days`.
    pub(crate) key: String,
    /// Value as it would be written in a file.
    pub(crate) value: String,
    /// `default`, the path of a file, or the name of a variable.
    pub(crate) origin: String,
}

/// A place where a configuration file may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSeen {
    /// What the file is to the program.
    pub(crate) role: &'static str,
    /// Where it would be.
    pub(crate) path: PathBuf,
    /// Whether it is there.
    pub(crate) found: bool,
}

/// Something that was set and that nothing reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigWarning {
    /// The key or variable.
    pub(crate) name: String,
    /// The file and line; `None` for a variable.
    pub(crate) place: Option<(PathBuf, usize)>,
    /// What was probably meant.
    pub(crate) suggestion: Option<String>,
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((path, line)) => {
                write!(f, "unknown key `{}` in `{}`, line {line}", self.name, path.display())?;
            }
            None => write!(f, "unknown variable `{}`", self.name)?,
        }
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => f.write_str(" (ignored)"),
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file that a flag such as `--config` names does not exist.
    #[error("there is no file `{path}`")]
    Missing { path: PathBuf, flag: &'static str },
    /// No permission, not UTF-8, no file of a reasonable size.
    #[error("failed to read configuration file `{path}`")]
    Read { path: PathBuf, source: io::Error },
    /// Not TOML.
    #[error("configuration file `{path}`, line {line}: {problem}")]
    Syntax { path: PathBuf, line: usize, problem: String },
    /// A value of the wrong type or out of its range.
    #[error("`{key}` in {place} {problem}")]
    Value { key: String, place: String, problem: String, default: Option<String> },
}

/// One source of values with its name, as `figment` wants it.
struct Layer {
    name: String,
    dict: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

const DEFAULT_ORIGIN: &str = "default";

impl Loaded {
    /// Reads what is configured for the work tree at `root`.
    ///
    /// `instead` is the file that the user named in place of the project's.
    pub(crate) fn read(
        variables: &Variables,
        root: Option<&Path>,
        instead: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut seen = Vec::new();
        let mut files = Vec::new();
        if let Some(path) = variables.user_config() {
            look(&mut seen, &mut files, "user", path)?;
        }
        if let Some(path) = instead {
            look(&mut seen, &mut files, "named by --config", path.to_owned())?;
            if seen.last().is_some_and(|file: &FileSeen| !file.found) {
                return Err(ConfigError::Missing { path: path.to_owned(), flag: "--config" });
            }
        } else if let Some(root) = root {
            look(&mut seen, &mut files, "project", root.join(PROJECT_FILE))?;
        }
        Self::merge(variables, &files, seen)
    }

    /// The defaults alone, for commands that must work whatever the files say.
    pub(crate) fn defaults() -> Self {
        Self::merge(&Variables::default(), &[], Vec::new()).expect("a test reads the defaults")
    }

    /// Lays the files, weakest first, and the variables over the defaults.
    fn merge(
        variables: &Variables,
        files: &[ConfigFile],
        seen: Vec<FileSeen>,
    ) -> Result<Self, ConfigError> {
        let defaults = defaults();
        let mut figment = Figment::from(layer(DEFAULT_ORIGIN.to_owned(), &defaults));
        for file in files {
            figment = figment.merge(layer(file.path.display().to_string(), &file.table));
        }
        for (name, key, text) in variables.settings() {
            let value =
                text.parse().unwrap_or_else(|never: std::convert::Infallible| match never {});
            let dict = figment::util::nest(key, value).into_dict().unwrap_or_default();
            figment = figment.merge(Layer { name: name.to_owned(), dict });
        }
        let mut config: Config = figment.extract().map_err(|err| wrong_type(&err, files))?;
        config.map.teams.sort_by_key(|team| place_in_files(files, &["map", "teams", &team.name]));
        let settings = settings(&figment);
        let map = out_of_range(&config).map(|(key, why)| (key.to_owned(), why.to_owned()));
        // A test reads the defaults; to make their patterns again takes a hook a part of its time.
        let is_set = |section: &str| {
            settings.iter().any(|one| one.origin != DEFAULT_ORIGIN && one.key.starts_with(section))
        };
        let collect = || is_set("collect.").then(|| config.collect.problem())?;
        let serve = || is_set("serve.").then(|| config.serve.problem())?;
        if let Some((key, problem)) = map.or_else(collect).or_else(serve) {
            let setting = settings.iter().find(|setting| setting.key == key);
            let setting = setting.expect("a key that was read is among the settings");
            let problem = format!("is `{}`, {problem}", setting.value);
            return Err(bad_value(&key, &setting.origin, &problem, files));
        }
        let known = KnownKeys::of(&defaults, OPEN_TABLES);
        let mut warnings = warnings(variables, files, &known);
        // A source or sender may call the variable of its secret as it likes.
        let named: Vec<&str> = config.collect.variables().chain(config.serve.variables()).collect();
        let is_named = |name: &str| named.contains(&name);
        warnings.retain(|warning| warning.place.is_some() || !is_named(&warning.name));
        let user = seen.first().filter(|file| file.role == "user" && file.found);
        let own = user.and(files.first()).map(|file| file.table.clone()).unwrap_or_default();
        Ok(Self { config, settings, files: seen, warnings, own })
    }
}

/// Reads a file with one team a line, as in `[map.teams]`, in the order of the file.
pub(crate) fn read_teams(path: &Path) -> Result<Vec<TeamConfig>, ConfigError> {
    let missing = || ConfigError::Missing { path: path.to_owned(), flag: "--team-map" };
    let file = ConfigFile::read(path)?.ok_or_else(missing)?;
    let mut teams = Vec::new();
    for (name, owns) in &file.table {
        let owns: Option<Vec<String>> = owns
            .as_array()
            .and_then(|owns| owns.iter().map(|owned| owned.as_str().map(str::to_owned)).collect());
        let Some(owns) = owns else {
            let problem = "must be a list of globs of paths or of authors' addresses";
            let origin = path.display().to_string();
            return Err(bad_value(name, &origin, problem, std::slice::from_ref(&file)));
        };
        teams.push(TeamConfig { name: name.clone(), owns });
    }
    teams.sort_by_key(|team| file.line_of(&[&team.name]));
    Ok(teams)
}

fn look(
    seen: &mut Vec<FileSeen>,
    files: &mut Vec<ConfigFile>,
    role: &'static str,
    path: PathBuf,
) -> Result<(), ConfigError> {
    let file = ConfigFile::read(&path)?;
    seen.push(FileSeen { role, path, found: file.is_some() });
    files.extend(file);
    Ok(())
}

fn defaults() -> toml::Table {
    toml::from_str(DEFAULTS).expect("a test reads the defaults")
}

fn layer(name: String, table: &toml::Table) -> Layer {
    // A TOML table is always a dictionary, so nothing is lost here.
    let value = Value::serialize(table).ok().and_then(Value::into_dict);
    Layer { name, dict: value.unwrap_or_default() }
}

/// Every leaf of the merged values; a list is a leaf, a table is not.
fn settings(figment: &Figment) -> Vec<Setting> {
    fn collect(figment: &Figment, prefix: &str, dict: &Dict, settings: &mut Vec<Setting>) {
        for (name, value) in dict {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if let Value::Dict(_, inner) = value {
                collect(figment, &key, inner, settings);
                continue;
            }
            let origin = figment.get_metadata(value.tag());
            let origin = origin.map_or_else(String::new, |metadata| metadata.name.to_string());
            let value = toml::Value::try_from(value)
                .map_or_else(|_| String::new(), |value| without_secrets(&key, value).to_string());
            settings.push(Setting { key, value, origin });
        }
    }
    let mut settings = Vec::new();
    if let Ok(Value::Dict(_, dict)) = figment.find_value("") {
        collect(figment, "", &dict, &mut settings);
    }
    settings
}

/// Whether the value of a key may have a token or password in it, though it should not.
fn may_hold_secret(key: &str) -> bool {
    key.starts_with("collect.sources.")
        && [".url", ".app_id", "_env", "_command"].iter().any(|field| key.ends_with(field))
}

/// A value as it may be shown: of a command its program, of an address no password, and as the
/// name of a variable or the id of an App nothing that looks like a token or key.
fn without_secrets(key: &str, value: toml::Value) -> toml::Value {
    const HIDDEN: &str = "***";
    if !may_hold_secret(key) {
        return value;
    }
    match value {
        toml::Value::String(text) if !key.ends_with(".url") => {
            let is_app = key.ends_with(".app_id");
            let is_name = if is_app { collect::is_app_id } else { collect::is_variable };
            toml::Value::String(if is_name(&text) { text } else { HIDDEN.to_owned() })
        }
        toml::Value::String(text) => {
            let shown = match text.rsplit_once('@') {
                Some((_, rest)) => format!("{HIDDEN}@{rest}"),
                None => text.split('?').next().unwrap_or_default().to_owned(),
            };
            toml::Value::String(shown)
        }
        toml::Value::Array(mut command) => {
            for argument in command.iter_mut().skip(1) {
                *argument = toml::Value::String(HIDDEN.to_owned());
            }
            toml::Value::Array(command)
        }
        other => other,
    }
}

fn teams_by_name<'de, D>(deserializer: D) -> Result<Vec<TeamConfig>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let teams = BTreeMap::<String, Vec<String>>::deserialize(deserializer)?;
    Ok(teams.into_iter().map(|(name, owns)| TeamConfig { name, owns }).collect())
}

/// Where a key stands: in the strongest file that has it, then by line.
fn place_in_files(files: &[ConfigFile], key: &[&str]) -> Option<(usize, usize)> {
    let lines = files.iter().rev().map(|file| file.line_of(key)).enumerate();
    lines.filter_map(|(file, line)| Some((file, line?))).next()
}

/// The first key whose value makes no sense, and what is wrong with it.
fn out_of_range(config: &Config) -> Option<(&'static str, &'static str)> {
    let map = &config.map;
    let days = [
        ("map.window_days", map.window_days),
        ("map.failure_window_days", map.failure_window_days),
        ("map.rework_window_days", map.rework_window_days),
        ("map.open_request_days", map.open_request_days),
    ];
    let share = |share: f64| (0.0..=1.0).contains(&share);
    let usage = &map.usage;
    if let Some((key, _)) = days.into_iter().find(|(_, days)| !(1..=36_500).contains(days)) {
        return Some((key, "not between 1 and 36500 days"));
    }
    if !(100..=100_000).contains(&map.bootstrap_draws) {
        return Some(("map.bootstrap_draws", "not between 100 and 100000"));
    }
    if !share(usage.very_frequent_share) {
        return Some(("map.usage.very_frequent_share", "not between 0 and 1"));
    }
    if !share(usage.frequent_share) || usage.frequent_share > usage.very_frequent_share {
        return Some(("map.usage.frequent_share", "not between 0 and `very_frequent_share`"));
    }
    if map.privacy.floor_people < 5 {
        return Some(("map.privacy.floor_people", "below 5, which would single people out"));
    }
    None
}

fn wrong_type(err: &figment::Error, files: &[ConfigFile]) -> ConfigError {
    let key = err.path.join(".");
    let origin = err.metadata.as_ref().map_or(DEFAULT_ORIGIN, |metadata| &*metadata.name);
    let problem = match &err.kind {
        figment::error::Kind::InvalidType(actual, expected)
        | figment::error::Kind::InvalidValue(actual, expected) => {
            let actual = match actual {
                figment::error::Actual::Str(_) if may_hold_secret(&key) => "a text".to_owned(),
                actual => actual_words(actual),
            };
            format!("is {actual}, not {}", expected_words(expected))
        }
        other => format!("cannot be used: {other}"),
    };
    bad_value(&key, origin, &problem, files)
}

fn bad_value(key: &str, origin: &str, problem: &str, files: &[ConfigFile]) -> ConfigError {
    let file = files.iter().find(|file| file.path.display().to_string() == origin);
    let parts: Vec<&str> = key.split('.').collect();
    let line = file.and_then(|file| file.line_of(&parts).or_else(|| file.line_of(&parts[..1])));
    let place = match (file, line) {
        (Some(_), Some(line)) => format!("`{origin}`, line {line},"),
        _ => format!("`{origin}`"),
    };
    let default = settings(&Figment::from(layer(DEFAULT_ORIGIN.to_owned(), &defaults())))
        .into_iter()
        .find(|setting| setting.key == key)
        .map(|setting| setting.value);
    ConfigError::Value { key: key.to_owned(), place, problem: problem.to_owned(), default }
}

fn actual_words(actual: &figment::error::Actual) -> String {
    use figment::error::Actual;
    match actual {
        Actual::Bool(value) => format!("`{value}`"),
        Actual::Unsigned(value) => format!("`{value}`"),
        Actual::Signed(value) => format!("`{value}`"),
        Actual::Float(value) => format!("`{value}`"),
        Actual::Str(value) => format!("the text {value:?}"),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

/// What serde expected, in the words of someone who writes the file.
fn expected_words(expected: &str) -> &str {
    match expected {
        "u32" | "u64" | "i64" => "a whole number of 0 or more",
        "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "a string" => "a text in quotes",
        "a sequence" => "a list such as `[\"a\", \"b\"]`",
        "a map" => "a table",
        other => other,
    }
}

fn warnings(variables: &Variables, files: &[ConfigFile], known: &KnownKeys) -> Vec<ConfigWarning> {
    let in_files = files.iter().flat_map(|file| {
        file.unknown_keys(known).into_iter().map(|unknown| ConfigWarning {
            name: unknown.key,
            place: Some((file.path.clone(), unknown.line)),
            suggestion: unknown.suggestion,
        })
    });
    let in_environment = variables.unknown().map(|name| {
        let names = VARIABLES.iter().map(|variable| variable.name);
        let suggestion = nearest(&name, names).map(str::to_owned);
        ConfigWarning { name, place: None, suggestion }
    });
    in_files.chain(in_environment).collect()
}

#[cfg(test)]
mod tests;
