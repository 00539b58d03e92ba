//! What a page or a call asks about: a period, and the part of the organisation.
//!
//! In: the query of a URL. Out: [`Question`]. Start at [`Question::read`]. **Invariant:** a question
//! and its query say the same: [`Question::query`] gives back what [`Question::read`] takes, and equal
//! questions have equal queries, so that an address can be shared.

use serde::{Deserialize, Serialize};
use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};
use url::form_urlencoded::{self, Serializer};

/// Days of the period where none is asked for.
pub const DAYS: u32 = 90;
/// Most days of a period.
const MOST_DAYS: u32 = 3_660;
/// Longest name of a team, service or repository, in bytes.
const NAME: usize = 256;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// When.
    pub period: Period,
    /// Team of the configuration; all where there is none.
    pub team: Option<String>,
    /// Service that a change came to production with.
    pub service: Option<String>,
    /// Repository, by its name for people.
    pub repository: Option<String>,
    /// Cohort by evidence of AI use.
    pub cohort: Option<Cohort>,
}

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// So many days up to the newest change.
    Days(u32),
    /// From one instant up to another.
    Between(Timestamp, Timestamp),
}

/// Why a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` in the address is `{value}`: {what}")]
pub struct QuestionError {
    /// Which part of the query.
    pub key: &'static str,
    /// What it says.
    pub value: String,
    /// What it should say.
    pub what: &'static str,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            period: Period::Days(DAYS),
            team: None,
            service: None,
            repository: None,
            cohort: None,
        }
    }
}

/// Names of cohorts in addresses.
pub const COHORTS: [(&str, Cohort); 4] = [
    ("agent-authored", Cohort::AgentAuthored),
    ("ai-assisted", Cohort::AiAssisted),
    ("no-evidence", Cohort::NoEvidence),
    ("bot", Cohort::Bot),
];

impl Question {
    /// About everything, over so many days.
    pub fn of_days(days: u32) -> Self {
        Self { period: Period::Days(days), ..Self::default() }
    }

    /// Reads the query of a URL, without its `?`. What it does not know is left to others.
    ///
    /// # Errors
    /// A period that is none, ends before it starts, or is longer than ten years; a cohort that does
    /// not exist; a name of more than 256 bytes.
    pub fn read(query: &str) -> Result<Self, QuestionError> {
        let mut question = Self::default();
        let (mut since, mut until) = (None, None);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match key.as_ref() {
                "days" => question.period = Period::Days(days(value)?),
                "since" => since = Some(instant("since", value)?),
                "until" => until = Some(instant("until", value)?),
                "team" => question.team = Some(name("team", value)?),
                "service" => question.service = Some(name("service", value)?),
                "repository" => question.repository = Some(name("repository", value)?),
                "cohort" => question.cohort = Some(cohort(value)?),
                _ => (),
            }
        }
        match (since, until) {
            (Some(since), Some(until)) if since < until && until - since <= longest() => {
                question.period = Period::Between(since, until);
            }
            (None, None) => (),
            (since, _) => {
                let value = since.map_or_else(String::new, |at| at.to_string());
                let what = "a period needs `since` before `until`, at most ten years apart";
                return Err(QuestionError { key: "since", value, what });
            }
        }
        Ok(question)
    }

    /// The query that asks this, without `?`; empty where nothing but the default is asked.
    pub fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        match self.period {
            Period::Days(DAYS) => (),
            Period::Days(days) => {
                query.append_pair("days", &days.to_string());
            }
            Period::Between(since, until) => {
                query.append_pair("since", &since.to_string());
                query.append_pair("until", &until.to_string());
            }
        }
        let named =
            [("team", &self.team), ("service", &self.service), ("repository", &self.repository)];
        for (key, value) in named {
            if let Some(value) = value {
                query.append_pair(key, value);
            }
        }
        if let Some(cohort) = self.cohort
            && let Some((name, _)) = COHORTS.iter().find(|(_, known)| *known == cohort)
        {
            query.append_pair("cohort", name);
        }
        query.finish()
    }

    /// An address with this query.
    pub fn address(&self, path: &str) -> String {
        match self.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

fn longest() -> Millis {
    Millis::days(i64::from(MOST_DAYS))
}

fn wrong(key: &'static str, value: &str, what: &'static str) -> QuestionError {
    QuestionError { key, value: value.chars().take(80).collect(), what }
}

fn days(value: &str) -> Result<u32, QuestionError> {
    let days = value.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    days.ok_or_else(|| wrong("days", value, "a period has 1 to 3,660 days"))
}

fn instant(key: &'static str, value: &str) -> Result<Timestamp, QuestionError> {
    Timestamp::parse(value)
        .map_err(|_| wrong(key, value, "write a date such as 2026-03-01, or an instant"))
}

fn name(key: &'static str, value: &str) -> Result<String, QuestionError> {
    if value.len() > NAME {
        return Err(wrong(key, value, "a name has at most 256 bytes"));
    }
    Ok(value.to_owned())
}

fn cohort(value: &str) -> Result<Cohort, QuestionError> {
    let known = COHORTS.iter().find(|(name, _)| *name == value);
    let what = "there are agent-authored, ai-assisted, no-evidence and bot";
    known.map(|(_, cohort)| *cohort).ok_or_else(|| wrong("cohort", value, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Question {
        Question::read(query).unwrap()
    }

    #[test]
    fn a_question_is_its_query() {
        for query in [
            "",
            "days=30",
            "days=7&team=core",
            "service=api&repository=acme%2Fapi&cohort=ai-assisted",
            "since=2026-01-01T00%3A00%3A00Z&until=2026-02-01T00%3A00%3A00Z",
        ] {
            let question = read(query);
            assert_eq!(read(&question.query()), question, "{query}");
        }
        assert_eq!(read("days=90").query(), "");
        assert_eq!(read("team=a%26b").address("/flow"), "/flow?team=a%26b");
    }

    #[test]
    fn an_empty_filter_is_none_and_a_strange_key_is_another_page_s() {
        assert_eq!(read("team=&service=%20&page=3"), Question::default());
    }

    #[test]
    fn what_cannot_be_asked_is_told_with_its_mend() {
        for (query, key) in [
            ("days=0", "days"),
            ("days=-1", "days"),
            ("days=9999999999", "days"),
            ("since=yesterday&until=2026-01-01", "since"),
            ("since=2026-01-02&until=2026-01-01", "since"),
            ("until=2026-01-01", "since"),
            ("cohort=robots", "cohort"),
        ] {
            assert_eq!(Question::read(query).map_err(|err| err.key), Err(key), "{query}");
        }
        let long = format!("team={}", "a".repeat(300));
        assert!(Question::read(&long).is_err());
    }
}
