//! Records of forges, trackers, CI systems and pagers, turned into events: a file per system.
//!
//! In: one [`Record`] in the system's own words. Out: the events that it tells. Start at
//! [`convert`]. **Invariants:** pure, and the same record gives the same events; what a system may
//! change later is told by an `updated` event whose key holds the instant of the update
//! (`tl_core::fact`); a record that lacks what makes it one is [`Malformed`], a field that is
//! merely absent leaves its fact out, and nothing panics.
//!
//! Event sources are the system's name, with the host behind a `:` where it is not the public
//! one: `github`, `github:git.example.com`.

pub mod alertmanager;
pub mod azure_devops;
pub mod bitbucket;
pub mod circleci;
pub mod datadog;
pub mod devlake;
mod field;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod jenkins;
pub mod jira;
pub mod opsgenie;
pub mod pagerduty;
pub mod sentry;
#[cfg(test)]
mod small_tests;
pub mod statuspage;
#[cfg(test)]
mod webhook_tests;

use sha2::{Digest as _, Sha256};
use tl_core::event::{Event, EventId};
use tl_core::ordered::Ordered;
use tl_core::record::{Record, System};

/// A record that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a `{what}` of {system} {problem}")]
pub struct Malformed {
    /// Whose record it is.
    pub system: System,
    /// What it claims to be.
    pub what: String,
    /// What is wrong, such as ``has no `created_at` ``.
    pub problem: String,
}

impl Malformed {
    /// Says what is wrong with a record.
    pub fn new(record: &Record, problem: impl Into<String>) -> Self {
        Self { system: record.system, what: record.what.clone(), problem: problem.into() }
    }
}

/// The events that a record tells, in no particular order.
pub fn convert(record: &Record) -> Result<Vec<Event>, Malformed> {
    let mut events = match record.system {
        System::Github => github::convert(record),
        System::Gitlab => gitlab::convert(record),
        System::Jira => jira::convert(record),
        System::Jenkins => jenkins::convert(record),
        System::Pagerduty => pagerduty::convert(record),
        System::AzureDevops => azure_devops::convert(record),
        System::Bitbucket => bitbucket::convert(record),
        System::Gitea => gitea::convert(record),
        System::Circleci => circleci::convert(record),
        System::Opsgenie => opsgenie::convert(record),
        System::Statuspage => statuspage::convert(record),
        System::Alertmanager => alertmanager::convert(record),
        System::Datadog => datadog::convert(record),
        System::Sentry => sentry::convert(record),
        System::Devlake => devlake::convert(record),
    }?;
    events.iter_mut().for_each(tell_apart);
    Ok(events)
}

/// Two updates of one thing within one tick of its system's clock are two facts: the key of an
/// update also holds a hash of what it says.
fn tell_apart(event: &mut Event) {
    if event.kind.ends_with(".updated") {
        let said = serde_json::to_vec(&Ordered(&event.data)).unwrap_or_default();
        let digest = Sha256::digest(&said);
        // Four bytes tell updates of one instant apart, and keys are kept for ever.
        let short = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
        event.key = format!("{}/{short}", event.key);
        event.id = EventId::new(event.at, &event.source, &event.key);
    }
}

#[cfg(test)]
mod tests {
    use tl_core::time::Timestamp;

    use super::*;

    #[test]
    fn the_key_of_an_update_does_not_depend_on_the_order_of_what_it_says() {
        for data in [r#"{"a": 2, "b": 1}"#, r#"{"b": 1, "a": 2}"#] {
            let mut event = Event::new("change.updated", Timestamp::from_millis(0), "s", "k", "x");
            event.data = serde_json::from_str(data).unwrap();
            tell_apart(&mut event);
            assert_eq!(event.key, "k/d3626ac3");
        }
    }
}
