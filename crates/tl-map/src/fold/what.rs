//! What a deployment brought: a commit or a version.
//!
//! In: the text that a source gave. Out: [`What`]. Start at [`What::of`]. **Invariant:** it shows as the
//! text that was given; the id of a commit takes half of that text's room, and there are a million of them.

use std::fmt;

use tl_core::id::CommitId;

/// The full id of a commit, or any other text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What<'r> {
    /// A version, a shortened id, a name.
    Text(&'r str),
    /// Forty digits of lower case.
    Id([u8; 20]),
}

impl<'r> What<'r> {
    /// Takes a text for what it is.
    pub fn of(text: &'r str) -> Self {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let id = (text.len() == 40 && text.bytes().all(is_digit)).then(|| text.parse().ok());
        match id.flatten() {
            Some(CommitId::Sha1(id)) => Self::Id(id),
            _ => Self::Text(text),
        }
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(""))
    }

    /// The id, where it is a full one in any spelling.
    pub fn id(&self) -> Option<CommitId> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Id(id) => Some(CommitId::Sha1(*id)),
        }
    }

    /// Its first ten letters, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Id(id) => CommitId::Sha1(*id).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_as_it_was_given_and_a_full_id_is_one_in_any_spelling() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let loud = id.to_uppercase();
        let long = format!("{id}0123456789abcdef01234567");
        for text in [id, &loud, &long, &id[..39], "v1.2.0", "é", "", "main"] {
            assert_eq!(What::of(text).to_string(), text);
        }
        assert_eq!(What::of(&loud).id(), What::of(id).id());
        assert_ne!(What::of(&loud), What::of(id));
        assert_eq!(
            [id, &long, "v1", ""].map(|text| What::of(text).id().is_some()),
            [true, true, false, false]
        );
        assert_eq!((What::of("").is_empty(), What::of(id).is_empty()), (true, false));
        assert_eq!(What::of(id).short(), "0123456789");
        assert_eq!(size_of::<What<'_>>(), 24);
    }
}
