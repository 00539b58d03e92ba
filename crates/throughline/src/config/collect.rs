//! `[collect]`: what is collected from where, and how it is read.
//!
//! In: values that `figment` merged. Out: [`CollectConfig`], checked by [`CollectConfig::problem`],
//! and [`CollectConfig::options`] for `tl-map`. **Invariant:** no secret is ever in here: a source
//! names a variable or a command that gives it.

use std::collections::BTreeMap;

use globset::{Glob, GlobSet, GlobSetBuilder};
use jiff::tz::TimeZone;
use regex::RegexBuilder;
use serde::Deserialize;
use tl_core::record::System;
use tl_map::calendar::Calendar;
use tl_map::options::{CollectedOptions, Production, Service, StatusMeaning, StatusRule};

/// `[collect]`: see `defaults.toml` for what each key means.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct CollectConfig {
    /// Days back that the first collection of a source reaches.
    pub(crate) first_days: u32,
    /// Environments that are production, as a regular expression; empty: by the usual words.
    pub(crate) production: String,
    /// Keys of tickets, as a regular expression.
    pub(crate) ticket_keys: String,
    /// Labels that make a hotfix.
    pub(crate) hotfix_labels: Vec<String>,
    /// Globs of branches that make a hotfix.
    pub(crate) hotfix_branches: Vec<String>,
    /// Whether a release is taken for the deployment of what has none.
    pub(crate) release_is_deploy: bool,
    /// Approvals that a request needs.
    pub(crate) approvals: u32,
    /// Hosts, beside the public ones of each system, that may be sent a token.
    pub(crate) trusted_hosts: Vec<String>,
    /// Working hours.
    pub(crate) calendar: CalendarConfig,
    /// Systems to collect from, by the name that the user gave.
    pub(crate) sources: BTreeMap<String, SourceConfig>,
    /// Deployable services, by name.
    pub(crate) services: BTreeMap<String, ServiceConfig>,
    /// What statuses mean: `"In Review" = "queue"`, `"ABC: In Review" = "active"`.
    pub(crate) statuses: BTreeMap<String, String>,
    /// Addresses of people by their names on forges and trackers.
    pub(crate) people: BTreeMap<String, String>,
}

/// `[collect.calendar]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct CalendarConfig {
    /// Name for people.
    pub(crate) name: String,
    /// Time zone such as `Europe/Berlin`.
    pub(crate) zone: String,
    /// Working days, such as `mon`.
    pub(crate) days: Vec<String>,
    /// Start of the working day, such as `09:00`.
    pub(crate) start: String,
    /// End of the working day.
    pub(crate) end: String,
    /// Dates on which nobody works.
    pub(crate) holidays: Vec<String>,
}

/// `[collect.sources.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table", deny_unknown_fields)]
pub(crate) struct SourceConfig {
    /// Which system, such as `github`.
    pub(crate) system: String,
    /// Address of its API; default: the public one.
    #[serde(default)]
    pub(crate) url: Option<String>,
    /// What to collect of it: repositories, projects, jobs or services, as the system names them.
    #[serde(
        default,
        alias = "repositories",
        alias = "projects",
        alias = "jobs",
        alias = "services"
    )]
    pub(crate) scopes: Vec<String>,
    /// Variable that holds the token.
    #[serde(default)]
    pub(crate) token_env: Option<String>,
    /// Command that prints the token: program and arguments. Only in a person's own file.
    #[serde(default)]
    pub(crate) token_command: Vec<String>,
    /// User that belongs to the token, where the system wants one.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Id or client id of a GitHub App: then its private key stands where the token would.
    #[serde(default)]
    pub(crate) app_id: Option<String>,
    /// Installation of the App; default: that of each repository's owner.
    #[serde(default)]
    pub(crate) installation_id: Option<u64>,
    /// Variable that holds Datadog's application key: then the token is the key of its API.
    #[serde(default)]
    pub(crate) application_key_env: Option<String>,
    /// Command that prints that key. Only in a person's own file.
    #[serde(default)]
    pub(crate) application_key_command: Vec<String>,
}

impl SourceConfig {
    /// The first field whose value makes no sense beside the others.
    fn problem(&self) -> Option<(&'static str, String)> {
        let system: System = match self.system.parse() {
            Ok(system) => system,
            Err(err) => return Some(("system", format!("but {err}"))),
        };
        let application_key = match &self.application_key_env {
            Some(_) => Some("application_key_env"),
            None => (!self.application_key_command.is_empty()).then_some("application_key_command"),
        };
        let is_of = |field: Option<&'static str>, only: System| field.filter(|_| system != only);
        let app = self.app_id.as_ref().map(|_| "app_id");
        if let Some(field) = is_of(app, System::Github) {
            return Some((field, format!("but only GitHub has Apps, and this is {system}")));
        }
        if self.app_id.as_ref().is_some_and(|id| !is_app_id(id)) {
            return Some(("app_id", "not the id of an App; its key is never in a file".to_owned()));
        }
        if let Some(field) = is_of(application_key, System::Datadog) {
            return Some((field, format!("but only Datadog has such keys, and this is {system}")));
        }
        let has_token = self.token_env.is_some() || !self.token_command.is_empty();
        if let Some(field) = app.filter(|_| !has_token) {
            let why = "but no `token_env` or `token_command` gives the private key of the App";
            return Some((field, why.to_owned()));
        }
        if let Some(field) = application_key.filter(|_| !has_token) {
            let why = "but no `token_env` or `token_command` gives the key of the API";
            return Some((field, why.to_owned()));
        }
        let lost = self.installation_id.filter(|_| app.is_none());
        lost.map(|_| ("installation_id", "but no `app_id` says of which App".to_owned()))
    }
}

/// `[collect.services.NAME]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table", deny_unknown_fields, default)]
pub(crate) struct ServiceConfig {
    /// Repositories of its own.
    pub(crate) repositories: Vec<String>,
    /// Globs of its paths in a repository of several.
    pub(crate) paths: Vec<String>,
    /// Other names for it: in deployments, environments, incidents.
    pub(crate) aliases: Vec<String>,
}

/// Whether a text is the name of a variable as people write them; a token that was put in its
/// place by mistake has small letters, or is too long, and must not be repeated.
pub(crate) fn is_variable(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    text.len() <= 64 && text.contains('_') && text.bytes().all(fits)
}

/// Whether a text is the id of an App (`12345`) or its client id (`Iv1.8a61f9b3a7aba766`); a key or
/// token that was put in its place by mistake is longer, or has other characters.
pub(crate) fn is_app_id(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'.';
    (1..=32).contains(&text.len()) && text.bytes().all(fits)
}

/// A key whose value makes no sense, and what is wrong with it.
pub(crate) type Problem = (String, String);

impl CollectConfig {
    /// The first key whose value makes no sense.
    pub(crate) fn problem(&self) -> Option<Problem> {
        if !(1..=36_500).contains(&self.first_days) {
            let why = "not between 1 and 36500 days".to_owned();
            return Some(("collect.first_days".to_owned(), why));
        }
        let source = self.sources.iter().find_map(|(name, source)| {
            let (field, why) = source.problem()?;
            Some((format!("collect.sources.{name}.{field}"), why))
        });
        source.or_else(|| self.options().err())
    }

    /// Variables that hold the secrets of sources.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let sources = self.sources.values();
        let named = sources.flat_map(|one| [&one.token_env, &one.application_key_env]);
        named.flatten().map(String::as_str)
    }

    /// How `tl-map` reads what was collected.
    pub(crate) fn options(&self) -> Result<CollectedOptions, Problem> {
        let regex = |key: &str, pattern: &str| {
            RegexBuilder::new(pattern)
                .case_insensitive(key == "production")
                .size_limit(1 << 20)
                .build()
                .map_err(|err| {
                    // The last line says what is wrong, those before it draw where.
                    let why = err.to_string();
                    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    (format!("collect.{key}"), format!("no regular expression: {why}"))
                })
        };
        Ok(CollectedOptions {
            production: match self.production.as_str() {
                "" => Production::Words,
                pattern => Production::Pattern(regex("production", pattern)?),
            },
            ticket_keys: regex("ticket_keys", &self.ticket_keys)?,
            statuses: self.statuses.iter().map(status).collect::<Result<_, _>>()?,
            hotfix_labels: self.hotfix_labels.iter().map(|label| label.to_lowercase()).collect(),
            hotfix_branches: globs("collect.hotfix_branches", &self.hotfix_branches)?,
            services: self.services.iter().map(service).collect::<Result<_, _>>()?,
            release_is_deploy: self.release_is_deploy,
            approvals: self.approvals as usize,
            calendar: self.calendar.read()?,
            business_hours: false,
            network: true,
            people: self
                .people
                .iter()
                .map(|(name, address)| (name.to_lowercase(), address.to_lowercase()))
                .collect(),
        })
    }
}

impl CalendarConfig {
    fn read(&self) -> Result<Calendar, Problem> {
        let wrong = |key: &str, why: String| (format!("collect.calendar.{key}"), why);
        let zone = TimeZone::get(&self.zone)
            .map_err(|_| wrong("zone", "no time zone such as `Europe/Berlin`".to_owned()))?;
        const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let mut days = [false; 7];
        for day in &self.days {
            let known = NAMES.iter().position(|name| day.to_lowercase().starts_with(name));
            match known {
                Some(known) => days[known] = true,
                None => {
                    return Err(wrong("days", format!("but `{day}` is no day such as `mon`")));
                }
            }
        }
        let minute = |key: &str, text: &str| {
            let why = || wrong(key, "no time of day such as `09:00`".to_owned());
            let (hours, minutes) = text.split_once(':').ok_or_else(why)?;
            match (hours.parse::<u16>(), minutes.parse::<u16>()) {
                (Ok(hours), Ok(minutes))
                    if minutes < 60 && hours <= 24 && hours * 60 + minutes <= 24 * 60 =>
                {
                    Ok(hours * 60 + minutes)
                }
                _ => Err(why()),
            }
        };
        let (start, end) = (minute("start", &self.start)?, minute("end", &self.end)?);
        if end <= start {
            return Err(wrong("end", "not after the start of the day".to_owned()));
        }
        let holiday = |text: &String| {
            let why =
                |_| wrong("holidays", format!("but `{text}` is no date such as `2026-12-25`"));
            text.parse().map_err(why)
        };
        let holidays = self.holidays.iter().map(holiday).collect::<Result<_, _>>()?;
        Ok(Calendar { name: self.name.clone(), zone, days, start, end, holidays })
    }
}

fn status((name, meaning): (&String, &String)) -> Result<StatusRule, Problem> {
    let meaning = match meaning.as_str() {
        "backlog" => StatusMeaning::Backlog,
        "active" => StatusMeaning::Active,
        "queue" => StatusMeaning::Queue,
        "blocked" => StatusMeaning::Blocked,
        "done" => StatusMeaning::Done,
        _ => {
            let why = "not `backlog`, `active`, `queue`, `blocked` or `done`".to_owned();
            return Err((format!("collect.statuses.{name}"), why));
        }
    };
    let (project, status) = match name.split_once(':') {
        Some((project, status)) => (Some(project.trim().to_owned()), status),
        None => (None, name.as_str()),
    };
    Ok(StatusRule { project, status: status.trim().to_lowercase(), meaning })
}

fn service((name, config): (&String, &ServiceConfig)) -> Result<Service, Problem> {
    Ok(Service {
        name: name.clone(),
        repositories: config.repositories.clone(),
        paths: globs(&format!("collect.services.{name}.paths"), &config.paths)?,
        aliases: config.aliases.clone(),
    })
}

fn globs(key: &str, patterns: &[String]) -> Result<GlobSet, Problem> {
    let mut set = GlobSetBuilder::new();
    let wrong = |err: globset::Error| (key.to_owned(), format!("no glob: {err}"));
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(wrong)?);
    }
    set.build().map_err(wrong)
}

#[cfg(test)]
mod tests;
