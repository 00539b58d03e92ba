//! What else an event concerns.
//!
//! In: roles with names. Out: [`Refs`]. Start there. An event has none to four of them, and millions of events pass:
//! they lie in one list, and a known role is no text of its own. **Invariant:** sorted by role, each role once,
//! and written as one JSON object.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fact::role;

/// Names by role: `ticket`, `change`, `commit`, `deployment`, ...
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Refs(Vec<(Cow<'static, str>, String)>);

impl Refs {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets what is concerned in a role.
    pub fn insert(&mut self, role: &str, name: String) {
        match self.place(role) {
            Ok(place) => self.0[place].1 = name,
            Err(place) => {
                let known = role::ALL.iter().find(|known| **known == role);
                let role = known.map_or_else(|| role.to_owned().into(), |known| (*known).into());
                self.0.insert(place, (role, name));
            }
        }
    }

    /// What is concerned in a role.
    pub fn get(&self, role: &str) -> Option<&str> {
        self.place(role).ok().map(|place| self.0[place].1.as_str())
    }

    /// Roles with their names, by role.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(role, name)| (&**role, name.as_str()))
    }

    /// The same, with names that may be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut String)> {
        self.0.iter_mut().map(|(role, name)| (&**role, name))
    }

    /// Whether nothing else is concerned.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, role: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (**known).cmp(role))
    }
}

impl fmt::Debug for Refs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Refs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Refs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Refs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names by role")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Refs, A::Error> {
                let mut refs = Refs::new();
                while let Some((role, name)) = map.next_entry::<Cow<'de, str>, String>()? {
                    refs.insert(&role, name);
                }
                Ok(refs)
            }
        }
        from.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_sorted_each_stands_once_and_json_gives_them_back() {
        let read: Refs =
            serde_json::from_str(r#"{"ti\u0063ket":"A-1","own":"x","change":"a#1","own":"y"}"#)
                .unwrap();
        assert_eq!(
            read.iter().collect::<Vec<_>>(),
            [("change", "a#1"), ("own", "y"), ("ticket", "A-1")]
        );
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            r#"{"change":"a#1","own":"y","ticket":"A-1"}"#
        );
        assert_eq!((read.get("own"), read.get("commit")), (Some("y"), None));
        let wrong: Result<Refs, _> = serde_json::from_str(r#"["change"]"#);
        assert!(wrong.unwrap_err().to_string().contains("names by role"));
    }

    #[test]
    fn a_known_role_is_no_text_of_its_own() {
        let mut refs = Refs::new();
        for role in role::ALL {
            refs.insert(role, "x".to_owned());
        }
        assert!(refs.0.iter().all(|(role, _)| matches!(role, Cow::Borrowed(_))));
    }
}
