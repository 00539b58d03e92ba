//! Tests as every runner has them: names, results, what history says of them.
//!
//! In: built by `tl-test` from reports. Out: plain data for gate, history and order. Start at
//! [`TestName`]. **Invariant:** numbers of [`Status`] are stored: they never change.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What became of one execution of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Status {
    /// It passed.
    Passed = 0,
    /// It was not executed, on purpose.
    Skipped = 1,
    /// An assertion of it failed.
    Failed = 2,
    /// It broke: in its setup, by an error that no assertion foresaw.
    Errored = 3,
    /// It began, and nobody saw its end.
    Unfinished = 4,
}

impl Status {
    /// Whether it speaks against the change.
    pub const fn is_red(self) -> bool {
        self as u8 >= 2
    }

    /// Whether it was executed.
    pub const fn ran(self) -> bool {
        !matches!(self, Self::Skipped)
    }
}

/// The names of a test, as its report has them, control characters escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TestName {
    /// Suites that it stands in, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suite: Vec<String>,
    /// Class, module or package; empty where the format has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Its own name.
    pub name: String,
    /// File that it stands in, as the report says; empty where it does not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.class.is_empty() {
            self.suite.last().map_or("", String::as_str)
        } else {
            &self.class
        };
        if place.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{place} > {}", self.name)
        }
    }
}

/// What stands for a test in history: the first 96 bits of the SHA-256 of its stable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestKey(pub [u8; 12]);

/// What stands for a reason to fail: the first 64 bits of the SHA-256 of the masked type, message
/// and frames. All zero where nothing is there to recognise it by; such a one masks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 8]);

impl Signature {
    /// Nothing to recognise a failure by.
    pub const NONE: Self = Self([0; 8]);

    /// Whether it says anything.
    pub const fn is_none(self) -> bool {
        u64::from_be_bytes(self.0) == 0
    }
}

/// Text that is not the hexadecimal form of a key or signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {digits} hexadecimal digits")]
pub struct HexError {
    /// What was given, at most 80 characters of it.
    pub text: String,
    /// How many digits there have to be.
    pub digits: usize,
}

/// Display, parse and serialize as lower-case hexadecimal text.
macro_rules! as_hex {
    ($name:ident, $bytes:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                let wrong =
                    || HexError { text: text.chars().take(80).collect(), digits: $bytes * 2 };
                let mut bytes = [0; $bytes];
                if text.len() != $bytes * 2 || !text.is_ascii() {
                    return Err(wrong());
                }
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
                    let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or_else(wrong);
                    *byte = (digit(0)? * 16 + digit(1)?) as u8;
                }
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

as_hex!(TestKey, 12);
as_hex!(Signature, 8);

/// What history says of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Too few runs to say.
    New,
    /// It passes.
    Healthy,
    /// It passed and failed on one and the same commit.
    Flaky,
    /// It fails, and has for long.
    Broken,
    /// It began to fail, with a change that can be named.
    Regressed,
    /// What failed was the machine, the network or the runner.
    Infra,
}

/// How often something failed, with the 90 % interval of Jeffreys: Beta(x + 1/2, n - x + 1/2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// First attempts that failed.
    pub fails: u64,
    /// First attempts.
    pub runs: u64,
    /// Lower end of the interval, a share.
    pub low: f64,
    /// Upper end of the interval, a share.
    pub high: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_is_written() {
        let key = TestKey([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
        assert_eq!(key.to_string(), "0102030405060708090a0bff");
        assert_eq!(key.to_string().parse(), Ok(key));
        assert!("0102".parse::<TestKey>().is_err());
        assert!("zz02030405060708090a0bff".parse::<TestKey>().is_err());
        assert!(Signature::NONE.is_none());
    }

    #[test]
    fn a_name_for_people_has_its_class_or_the_suite_next_to_it() {
        let mut name = TestName { name: "adds".to_owned(), ..TestName::default() };
        assert_eq!(name.to_string(), "adds");
        name.suite = vec!["all".to_owned(), "sums".to_owned()];
        assert_eq!(name.to_string(), "sums > adds");
        name.class = "acme.Sums".to_owned();
        assert_eq!(name.to_string(), "acme.Sums > adds");
    }
}
