//! Names of things: commits, people, paths.
//!
//! In: hexadecimal text or bytes as git stores them. Out: [`CommitId`], small and ordered, and
//! the indexes [`CommitIx`], [`PersonIx`], [`PathIx`] into the tables of one
//! [`History`](crate::history::History). **Invariant:** an index is only good for the history
//! that gave it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Object id of a commit: 20 bytes of SHA-1 or 32 of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CommitId {
    /// SHA-1, as nearly all repositories have it.
    Sha1([u8; 20]),
    /// SHA-256 (`git init --object-format=sha256`).
    Sha256([u8; 32]),
}

/// Bytes or text that are not an object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a full object id of 40 or 64 hexadecimal digits")]
pub struct CommitIdError {
    /// What was given.
    pub text: String,
}

impl CommitId {
    /// Takes 20 or 32 bytes; anything else is `None`.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Ok(sha1) = <[u8; 20]>::try_from(bytes) {
            return Some(Self::Sha1(sha1));
        }
        <[u8; 32]>::try_from(bytes).ok().map(Self::Sha256)
    }

    /// The bytes of the id, 20 or 32 of them.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        }
    }

    /// The first ten hexadecimal digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }

    /// Whether the id begins with `prefix` (hexadecimal digits, any case, at most 64).
    pub fn starts_with_hex(&self, prefix: &str) -> bool {
        let bytes = self.as_bytes();
        prefix.len() <= bytes.len() * 2
            && prefix.bytes().enumerate().all(|(i, digit)| {
                let byte = bytes[i / 2];
                let nibble = if i % 2 == 0 { byte >> 4 } else { byte & 0xf };
                char::from(digit).to_digit(16) == Some(u32::from(nibble))
            })
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
        let (bytes, mut text) = (self.as_bytes(), [0; 64]);
        for (two, byte) in text.chunks_exact_mut(2).zip(bytes) {
            two.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
        }
        f.write_str(std::str::from_utf8(&text[..bytes.len() * 2]).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What each letter stands for as a hexadecimal digit; more than 15 where it is none.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value];
        nibbles[digit as usize] = value as u8;
        nibbles[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    nibbles
};

impl FromStr for CommitId {
    type Err = CommitIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || CommitIdError { text: text.chars().take(80).collect() };
        let mut bytes = [0; 32];
        let bytes = bytes.get_mut(..text.len() / 2).filter(|_| text.len().is_multiple_of(2));
        let bytes = bytes.ok_or_else(wrong)?;
        let mut seen = 0;
        for (byte, two) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = [two[0], two[1]].map(|digit| NIBBLES[usize::from(digit)]);
            seen |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        if seen > 0xf {
            return Err(wrong());
        }
        Self::from_bytes(bytes).ok_or_else(wrong)
    }
}

/// Row of a commit in one history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitIx(pub u32);

/// Row of an identity (name and address as written in a commit) in one history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonIx(pub u32);

/// Row of a path in one history's table of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathIx(pub u32);

impl CommitIx {
    /// As an index into a slice.
    pub const fn row(self) -> usize {
        self.0 as usize
    }
}

impl PersonIx {
    /// As an index into a slice.
    pub const fn row(self) -> usize {
        self.0 as usize
    }
}

impl PathIx {
    /// As an index into a slice.
    pub const fn row(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let text = "26a9dd4b2125bc271b47855e1fa0c49af3365db5";
        let id: CommitId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert!(id.starts_with_hex("26A9dd4"));
        assert!(!id.starts_with_hex("26a9dd5"));
        assert!(!id.starts_with_hex("zz"));
    }

    #[test]
    fn a_short_or_foreign_text_is_refused() {
        assert!("26a9dd4".parse::<CommitId>().is_err());
        assert!("é".repeat(20).parse::<CommitId>().is_err());
    }
}
