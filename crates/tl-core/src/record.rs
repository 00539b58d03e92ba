//! Records: what a system said, in its own shape, before anything is made of it.
//!
//! In: made by `tl-forge` from pages and by `tl-collect` from files, pipes and webhooks. Out:
//! [`Record`], which `tl-collect` turns into events. **Invariant:** the body is the system's own
//! JSON, unchanged; what the address said (repository, project) stands in [`Record::scope`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A system whose records are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is the product's own name")]
pub enum System {
    Github,
    Gitlab,
    Jira,
    Jenkins,
    Pagerduty,
    AzureDevops,
    Bitbucket,
    Gitea,
    Circleci,
    Opsgenie,
    Statuspage,
    Alertmanager,
    Datadog,
    Sentry,
    Devlake,
}

/// A name that is no system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a system; there is {}", System::ALL.map(System::name).join(", "))]
pub struct UnknownSystem {
    /// What was given.
    pub name: String,
}

impl System {
    /// Every system.
    pub const ALL: [Self; 15] = [
        Self::Github,
        Self::Gitlab,
        Self::Jira,
        Self::Jenkins,
        Self::Pagerduty,
        Self::AzureDevops,
        Self::Bitbucket,
        Self::Gitea,
        Self::Circleci,
        Self::Opsgenie,
        Self::Statuspage,
        Self::Alertmanager,
        Self::Datadog,
        Self::Sentry,
        Self::Devlake,
    ];

    /// Its name in configuration, in `source` of events and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Jira => "jira",
            Self::Jenkins => "jenkins",
            Self::Pagerduty => "pagerduty",
            Self::AzureDevops => "azure-devops",
            Self::Bitbucket => "bitbucket",
            Self::Gitea => "gitea",
            Self::Circleci => "circleci",
            Self::Opsgenie => "opsgenie",
            Self::Statuspage => "statuspage",
            Self::Alertmanager => "alertmanager",
            Self::Datadog => "datadog",
            Self::Sentry => "sentry",
            Self::Devlake => "devlake",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for System {
    type Err = UnknownSystem;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|system| system.name() == name);
        found.ok_or_else(|| UnknownSystem { name: name.to_owned() })
    }
}

/// One object of a system, such as a pull request, as its API returns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Whose shape the body has.
    pub system: System,
    /// What it is, in the system's words: `pull_request`, `workflow_run`, `issue`, `changelog`.
    /// The words of each system are listed in its module of `tl-collect::system`.
    pub what: String,
    /// What the address said about it: repository `acme/api`, project `ABC`, job `deploy`. Empty
    /// where the body says everything.
    #[serde(default)]
    pub scope: String,
    /// What the object belongs to where the body does not say it: the number of the pull request
    /// of a review, the key of the ticket of a changelog. Empty where it does.
    #[serde(default)]
    pub parent: String,
    /// The object.
    pub body: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_is_found_by_its_name() {
        for system in System::ALL {
            assert_eq!(system.name().parse(), Ok(system));
        }
        assert!("git".parse::<System>().is_err());
    }
}
