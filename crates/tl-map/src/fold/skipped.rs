//! Parts of rows that nobody asks for.
//!
//! In: a text, bytes, or a list of such. Out: nothing: it is passed over, without looking whether it
//! is a text and without taking memory. Start at [`Skipped`] and [`SkippedList`].

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// A text, or bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Skipped;

/// A list of texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SkippedList;

struct Over;

impl<'de> Visitor<'de> for Over {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts")
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<Skipped>()?.is_some() {}
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_bytes(Over).map(|()| Self)
    }
}

impl<'de> Deserialize<'de> for SkippedList {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Over).map(|()| Self)
    }
}
