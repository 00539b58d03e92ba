//! What the caller may choose: the window, the thresholds, the teams.
//!
//! In: set by the binary from flags and configuration. Out: [`Options`]. Defaults are those of
//! `throughline config defaults`; each is explained in `docs/measures.md`.

use std::collections::BTreeMap;

use globset::{Glob, GlobSet};
use regex::Regex;
use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};

use crate::calendar::Calendar;
use crate::stats::bootstrap::Draws;
use crate::stats::minimum::PRIVACY_FLOOR_PEOPLE;

/// Everything that the report depends on besides the histories.
#[derive(Debug, Clone)]
pub struct Options {
    /// The current instant, read once by the binary.
    pub now: Timestamp,
    /// First instant of the window; default: `window_days` before its end.
    pub since: Option<Timestamp>,
    /// Last instant of the window; default: the newest commit of the default branches, or now.
    pub until: Option<Timestamp>,
    /// Length of the default window in days.
    pub window_days: u32,
    /// Days after the merge within which a failure counts, and of follow-up that a change needs.
    pub failure_window_days: u32,
    /// Days after the merge within which a changed line counts as rework.
    pub rework_window_days: u32,
    /// Days of silence after which a request that was never merged counts as abandoned.
    pub open_request_days: u32,
    /// Bootstrap draws.
    pub draws: u32,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Share of an author's changes with evidence from which use counts as very frequent.
    pub very_frequent_share: f64,
    /// The same for frequent.
    pub frequent_share: f64,
    /// Teams, in the order of the configuration; a change belongs to the first that matches.
    pub teams: Vec<Team>,
    /// Fewest people a cell must have to be shown; never below five.
    pub privacy_floor: usize,
    /// How to read what was collected from forges, trackers, CI and pagers.
    pub collected: CollectedOptions,
    /// The part of it that is measured.
    pub only: Only,
}

/// The part that is measured: what is empty takes nothing away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// Repositories by their names for people.
    pub repositories: Vec<String>,
    /// Services that changes came to production with, or may come with.
    pub services: Vec<String>,
    /// Teams of the configuration.
    pub teams: Vec<String>,
    /// By evidence of AI use.
    pub cohort: Option<Cohort>,
}

impl Only {
    /// Whether everything is measured.
    pub const fn is_empty(&self) -> bool {
        self.repositories.is_empty()
            && self.services.is_empty()
            && self.teams.is_empty()
            && self.cohort.is_none()
    }

    /// Whether what came with a service is measured, as far as services were chosen.
    pub fn has_service(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|name| name == service)
    }
}

/// How to read what was collected.
#[derive(Debug, Clone)]
pub struct CollectedOptions {
    /// Which environments are production, by their names.
    pub production: Production,
    /// Keys of tickets that may be linked by a mention; links that a tracker keeps always count.
    pub ticket_keys: Regex,
    /// What statuses mean, where the tracker's own category is missing or wrong.
    pub statuses: Vec<StatusRule>,
    /// Labels of requests that make their deployment a hotfix, in lower case.
    pub hotfix_labels: Vec<String>,
    /// Names of branches that make their deployment a hotfix.
    pub hotfix_branches: GlobSet,
    /// Deployable services, in the order of the configuration.
    pub services: Vec<Service>,
    /// Whether a release is taken for the deployment of what has no recorded deployments.
    pub release_is_deploy: bool,
    /// Approvals that a request needs.
    pub approvals: usize,
    /// When the team works.
    pub calendar: Calendar,
    /// Whether stages are measured in working hours as well.
    pub business_hours: bool,
    /// Whether the line is simulated to ask what if: at most about half a second of work.
    pub network: bool,
    /// Whom a name on a forge, tracker or AI tool belongs to: name and address, both in lower case.
    pub people: BTreeMap<String, String>,
}

/// Which environments are production, by their names, in any case of letters.
#[derive(Debug, Clone)]
pub enum Production {
    /// Those with one of the usual words in their name: [`PRODUCTION_WORDS`].
    Words,
    /// Those that a pattern matches.
    Pattern(Regex),
}

/// Words that name production, alone, with a number (`prod1`), or with others (`production-eu`).
pub const PRODUCTION_WORDS: [&str; 4] = ["production", "prod", "prd", "live"];

/// Words beside which those do not: `pre-prod`, `production-like`, `staging (prod data)`.
pub const OTHER_WORDS: [&str; 23] = [
    "acceptance",
    "clone",
    "copy",
    "demo",
    "dev",
    "development",
    "integration",
    "like",
    "mirror",
    "non",
    "not",
    "pre",
    "preview",
    "pseudo",
    "qa",
    "replica",
    "sandbox",
    "shadow",
    "stage",
    "staging",
    "stg",
    "test",
    "uat",
];

/// What a status of a tracker means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRule {
    /// Project whose statuses these are, such as `ABC`; `None` for all.
    pub project: Option<String>,
    /// Name of the status, in lower case.
    pub status: String,
    /// What a ticket in it does.
    pub meaning: StatusMeaning,
}

/// What a ticket in a status does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusMeaning {
    /// Nobody began it.
    Backlog,
    /// Somebody works on it.
    Active,
    /// Begun, and waits for somebody.
    Queue,
    /// Begun, and cannot go on.
    Blocked,
    /// Done.
    Done,
}

/// A deployable service: where its code is, and how deployments and incidents name it.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name for people.
    pub name: String,
    /// Repositories of its own, as their forges name them: `acme/api`.
    pub repositories: Vec<String>,
    /// Globs of paths in a repository of several.
    pub paths: GlobSet,
    /// Other names for it in deployments, environments and incidents.
    pub aliases: Vec<String>,
}

/// A team: who and what belongs to it.
#[derive(Debug, Clone)]
pub struct Team {
    /// Name for people.
    pub name: String,
    /// Addresses of authors, in lower case.
    pub authors: Vec<String>,
    /// Globs of paths, such as `services/billing/**`.
    pub paths: GlobSet,
}

impl Production {
    /// Whether an environment of this name is production.
    ///
    /// Words are what stands between other characters than letters and digits, without the number
    /// at their end. One that says otherwise counts more than one that names production.
    pub fn is_match(&self, name: &str) -> bool {
        let pattern = match self {
            Self::Words => return is_production(&name.to_lowercase()),
            Self::Pattern(pattern) => pattern,
        };
        pattern.is_match(name)
    }
}

fn is_production(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words = words.map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    let mut named = false;
    for word in words {
        if OTHER_WORDS.contains(&word) {
            return false;
        }
        named |= PRODUCTION_WORDS.contains(&word);
    }
    named
}

impl Service {
    /// Whether it goes by this name; the case of letters does not matter.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }
}

/// Keys of tickets unless the team says otherwise.
pub const TICKET_KEYS: &str = r"^[A-Z][A-Z0-9_]+-\d+$|#\d+$";

impl Default for CollectedOptions {
    fn default() -> Self {
        Self {
            production: Production::Words,
            ticket_keys: Regex::new(TICKET_KEYS).expect("the pattern is a constant"),
            statuses: Vec::new(),
            hotfix_labels: vec!["hotfix".to_owned()],
            hotfix_branches: GlobSet::builder()
                .add(Glob::new("hotfix/*").expect("the glob is a constant"))
                .build()
                .expect("the glob is a constant"),
            services: Vec::new(),
            release_is_deploy: true,
            approvals: 1,
            calendar: Calendar::default(),
            business_hours: false,
            network: true,
            people: BTreeMap::new(),
        }
    }
}

impl Options {
    /// The defaults, seen from `now`.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            since: None,
            until: None,
            window_days: 365,
            failure_window_days: 30,
            rework_window_days: 21,
            open_request_days: 90,
            draws: 2_000,
            seed: 20_260_301,
            very_frequent_share: 0.6,
            frequent_share: 0.2,
            teams: Vec::new(),
            privacy_floor: PRIVACY_FLOOR_PEOPLE,
            collected: CollectedOptions::default(),
            only: Only::default(),
        }
    }

    /// How the bootstrap draws.
    pub const fn bootstrap(&self) -> Draws {
        Draws { count: self.draws, seed: self.seed }
    }

    /// [`Options::failure_window_days`] as a span.
    pub fn failure_window(&self) -> Millis {
        Millis::days(i64::from(self.failure_window_days))
    }

    /// [`Options::rework_window_days`] as a span.
    pub fn rework_window(&self) -> Millis {
        Millis::days(i64::from(self.rework_window_days))
    }

    /// [`Options::open_request_days`] as a span.
    pub fn open_request_window(&self) -> Millis {
        Millis::days(i64::from(self.open_request_days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_told_by_whole_words_and_not_by_parts_of_others() {
        let is = |name: &str| Production::Words.is_match(name);
        let yes = "production|PROD|prod|prd|live|prod1|prod-2|prd01|production-eu|eu-production|\
                   eu-live|live-eu|us_east_1_prod|acme.prod|prod/eu|k8s:prod|deploy to prod|\
                   Production (EU)|Production \u{2013} acme-web|prod-canary|prod-no";
        for name in yes.split('|') {
            assert!(is(name), "{name}");
        }
        let no = "|delivery|olive|alive|liveness|product-catalog|products|producer|reproduction|\
                  preprod|pre-prod|pre_production|PreProd|nonprod|non-prod|not production|\
                  production-like|prod-like|prod-mirror|staging|staging-prod|prod-test|qa2|\
                  uat-live|preview|development|1";
        for name in no.split('|') {
            assert!(!is(name), "{name}");
        }
    }
}
