//! What pages read beside the ledger, and whether they name people.
//!
//! In: from the binary. Out: [`Reading`]. Start at `Reading::veil`. **Invariant:** unless names were turned
//! on, whoever did something stands in an event by a pseudonym: the same for as long as the ledger lives and
//! on each of its servers, and made with a secret of the ledger, so that it cannot be found by trying names.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tl_core::event::Event;
use tl_lake::place::Place;
use tl_test::quarantine::Quarantine;

/// Where the files of a lake of test results are, by its name.
pub type Results = Box<dyn Fn(&str) -> Option<Place> + Send + Sync>;

/// The quarantines of the repositories that are measured, read anew each time.
pub type Quarantines = Box<dyn Fn() -> Vec<OfRepository> + Send + Sync>;

/// The quarantine of a repository, as its file at `HEAD` has it.
#[derive(Debug, Clone)]
pub struct OfRepository {
    /// What forges call the repository, else its name for people.
    pub repository: String,
    /// What it says; `None` where there is no such file; or why it cannot be read.
    pub quarantine: Result<Option<Quarantine>, String>,
}

/// Keys under which data of events name people; see [`tl_core::fact`].
const PEOPLE: [&str; 8] =
    ["author", "assignees", "email", "reviewer", "reviewers", "login", "committer", "approver"];

/// Roles of references that name people.
const ROLES: [&str; 3] = ["author", "person", "reviewer"];

/// See the module.
pub struct Reading {
    /// Where results of tests are.
    pub results: Results,
    /// What is in quarantine.
    pub quarantines: Quarantines,
    /// Whether people are shown by their names.
    pub names: bool,
    /// What pseudonyms are made with, see [`people_key`](crate::access::keys::people_key); where it is empty
    /// nobody can be told from anybody else.
    pub key: String,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            results: Box::new(|_| None),
            quarantines: Box::new(Vec::new),
            names: false,
            key: String::new(),
        }
    }
}

impl Reading {
    /// The event as it may be shown.
    pub(crate) fn veil(&self, mut event: Event) -> Event {
        if self.names {
            return event;
        }
        if let Some(actor) = &mut event.actor {
            *actor = self.pseudonym(actor);
        }
        for (role, name) in event.refs.iter_mut() {
            if ROLES.contains(&role) {
                *name = self.pseudonym(name);
            }
        }
        self.veil_value(&mut event.data, 0);
        event
    }

    /// A person as they may be shown.
    pub(crate) fn person(&self, name: &str) -> String {
        if self.names { name.to_owned() } else { self.pseudonym(name) }
    }

    /// A pseudonym; the same name has the same.
    fn pseudonym(&self, name: &str) -> String {
        if name.is_empty() || self.key.is_empty() {
            return "somebody".to_owned();
        }
        let mut mac = <Hmac<Sha256>>::new_from_slice(self.key.as_bytes())
            .expect("a key of any length will do");
        mac.update(name.as_bytes());
        let digest = mac.finalize().into_bytes();
        let digits: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("person-{digits}")
    }

    fn veil_value(&self, value: &mut Value, depth: usize) {
        match value {
            // What JSON of events may hold, `serde_json` has bounded before.
            Value::Object(fields) => {
                for (key, value) in fields {
                    match PEOPLE.contains(&key.as_str()) {
                        true => self.veil_names(value),
                        false if depth < 128 => self.veil_value(value, depth + 1),
                        false => *value = Value::Null,
                    }
                }
            }
            Value::Array(items) if depth < 128 => {
                items.iter_mut().for_each(|item| self.veil_value(item, depth + 1));
            }
            Value::Array(items) => items.clear(),
            _ => (),
        }
    }

    fn veil_names(&self, value: &mut Value) {
        match value {
            Value::String(name) if !name.is_empty() => *name = self.pseudonym(name),
            Value::Array(names) => names.iter_mut().for_each(|name| self.veil_names(name)),
            Value::String(_) | Value::Null => (),
            _ => *value = Value::String("somebody".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tl_core::time::Timestamp;

    use super::*;

    fn with(key: &str) -> Reading {
        Reading { key: key.to_owned(), ..Reading::default() }
    }

    fn event() -> Event {
        let at = Timestamp::from_seconds(1_700_000_000);
        let mut event = Event::new("change.opened", at, "github", "k", "change:acme/api#1");
        event.actor = Some("ana".to_owned());
        event.data = json!({
            "title": "more doors", "author": "ana", "assignees": ["bo", "cy"],
            "commits": [{"email": "bo@acme.example", "title": "doors"}],
        });
        event
    }

    #[test]
    fn people_stand_in_events_by_the_same_pseudonym_wherever_they_stand() {
        let reading = with("a secret");
        let shown = reading.veil(event());
        let actor = shown.actor.clone().unwrap();
        assert!(actor.starts_with("person-"), "{actor}");
        assert_eq!(shown.data["author"], json!(actor));
        assert_ne!(shown.data["assignees"][0], shown.data["assignees"][1]);
        let text = serde_json::to_string(&shown).unwrap();
        for name in ["ana", "\"bo", "\"cy", "acme.example"] {
            assert!(!text.contains(name), "{text}");
        }
        assert_eq!(shown.data["title"], "more doors");
        assert_eq!(with("a secret").veil(event()), shown, "another server of the same ledger");
        assert_ne!(with("another").veil(event()).actor, shown.actor);
        assert_eq!(Reading::default().veil(event()).actor.as_deref(), Some("somebody"));
    }

    #[test]
    fn a_team_that_turned_names_on_sees_them() {
        let reading = Reading { names: true, ..Reading::default() };
        assert_eq!(reading.veil(event()), event());
    }
}
