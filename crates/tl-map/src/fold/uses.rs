//! Use of AI tools, held so that a million sessions take little room.
//!
//! In: [`Usage`]s, or their rows. Out: [`Uses`], and each as [`Used`]. Start at [`Uses::add_row`].
//! **Invariant:** of one key the first that was added counts.

use rustc_hash::FxHashSet;
use tl_core::delivery::Usage;
use tl_core::time::{Millis, Timestamp};

use super::names::Names;
use super::packed::hash;
use super::row::{RowError, decode};

/// Use of AI tools, in the order in which it was added.
#[derive(Debug, Default)]
pub struct Uses {
    list: Vec<Used>,
    people: Names,
}

/// What measures ask of one session, or of the sum of a day: see [`Usage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Start of the day or session.
    pub at: Timestamp,
    /// Time in use.
    pub active: Millis,
    /// Hash of its key.
    key: u64,
    person: u32,
    /// How many sessions its source counts.
    pub sessions: u32,
    /// Whether it can be joined to changes by author and time.
    pub is_precise: bool,
    /// Whether it is one session.
    pub session: bool,
}

impl Uses {
    /// Uses that somebody has.
    pub fn of(usage: &[Usage]) -> Self {
        let mut uses = Self::default();
        usage.iter().for_each(|one| uses.add(one));
        uses
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, count: usize) {
        self.list.reserve_exact(count);
    }

    /// Adds the row of a use.
    pub fn add_row(&mut self, row: &[u8]) -> Result<(), RowError> {
        self.add(&decode(row)?);
        Ok(())
    }

    fn add(&mut self, usage: &Usage) {
        self.list.push(Used {
            at: usage.at,
            active: Millis::new(i64::try_from(usage.what.active_ms).unwrap_or(i64::MAX)),
            key: hash(&usage.key),
            person: self.people.number(&usage.person),
            sessions: u32::try_from(usage.what.sessions).unwrap_or(u32::MAX),
            is_precise: usage.what.level == "E2",
            session: usage.session,
        });
    }

    /// Adds what another ledger holds. A key is told by its hash, its person and its instant.
    pub fn join(&mut self, other: &Self) {
        self.people.open();
        let known: FxHashSet<(u64, Timestamp, u32)> =
            self.list.iter().map(|one| (one.key, one.at, one.person)).collect();
        for one in &other.list {
            let person = self.people.number(other.person(one));
            if !known.contains(&(one.key, one.at, person)) {
                self.list.push(Used { person, ..*one });
            }
        }
        self.people.close();
    }

    /// How much use there is.
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The use at a row.
    pub fn get(&self, row: usize) -> &Used {
        &self.list[row]
    }

    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = &Used> {
        self.list.iter()
    }

    /// Who it was, as the source names people.
    pub fn person(&self, used: &Used) -> &str {
        self.people.get(used.person)
    }
}

#[cfg(test)]
mod tests {
    use tl_core::fact::AiUsage;

    use super::*;
    use crate::fold::Entity;

    fn usage(key: &str, person: &str, seconds: i64) -> Usage {
        let what =
            AiUsage { level: "E2".to_owned(), sessions: 2, active_ms: 7, ..AiUsage::default() };
        let at = Timestamp::from_seconds(seconds);
        Usage { key: key.to_owned(), at, person: person.to_owned(), what, session: true }
    }

    #[test]
    fn what_two_ledgers_know_counts_once() {
        let mut uses = Uses::default();
        uses.add_row(&Entity::Usage(usage("a", "ana", 1)).encode()).unwrap();
        assert!(uses.add_row(&[]).is_err());
        uses.join(&Uses::of(&[usage("b", "bob", 2), usage("a", "ana", 1), usage("c", "ana", 3)]));
        let who: Vec<(&str, i64)> =
            uses.iter().map(|one| (uses.person(one), one.at.as_millis() / 1000)).collect();
        assert_eq!(who, [("ana", 1), ("bob", 2), ("ana", 3)]);
        let Used { active, sessions, is_precise, session, .. } = *uses.get(0);
        assert_eq!((active.get(), sessions, is_precise, session), (7, 2, true, true));
    }
}
