//! A file's text, and how it becomes the file again.
//!
//! In: bytes in UTF-8 or UTF-16. Out: [`Stored`]. **Invariant:** the text as it is, stored again, is
//! the same bytes; what would not be is refused.

use std::borrow::Cow;

/// Text with the form in which its file holds it.
pub(super) struct Stored<'a> {
    /// without the byte order mark
    pub(super) text: Cow<'a, str>,
    form: Form,
}

enum Form {
    Utf8 {
        marked: bool,
    },
    /// always marked
    Utf16 {
        big: bool,
        /// by code unit, the byte of `text` that it begins; `usize::MAX` inside of a character
        begins: Vec<usize>,
    },
}

impl<'a> Stored<'a> {
    /// Reads a whole file.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, String> {
        for (mark, big) in [(b"\xff\xfe", false), (b"\xfe\xff", true)] {
            if let Some(rest) = bytes.strip_prefix(mark) {
                let text = utf16(rest, big).ok_or("the file is broken UTF-16")?;
                let begins = begins(&text);
                return Ok(Self { text: text.into(), form: Form::Utf16 { big, begins } });
            }
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "the file is not UTF-8")?;
        let plain = text.strip_prefix('\u{feff}');
        let form = Form::Utf8 { marked: plain.is_some() };
        Ok(Self { text: plain.unwrap_or(text).into(), form })
    }

    /// The byte of the text that stands at a byte of the file.
    pub(super) fn place(&self, byte: usize) -> Option<usize> {
        match &self.form {
            Form::Utf8 { marked } => byte.checked_sub(if *marked { 3 } else { 0 }),
            Form::Utf16 { begins, .. } => {
                let unit = byte.checked_sub(2).filter(|byte| byte % 2 == 0)? / 2;
                begins.get(unit).copied().filter(|begin| *begin != usize::MAX)
            }
        }
    }

    /// Another text, stored like this one.
    pub(super) fn store(&self, text: &str) -> Vec<u8> {
        match &self.form {
            Form::Utf8 { marked } => [if *marked { "\u{feff}" } else { "" }, text].concat().into(),
            Form::Utf16 { big, .. } => {
                let bytes = |unit: u16| if *big { unit.to_be_bytes() } else { unit.to_le_bytes() };
                let units = std::iter::once(0xfeff).chain(text.encode_utf16());
                units.flat_map(bytes).collect()
            }
        }
    }
}

fn utf16(bytes: &[u8], big: bool) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2]| match big {
        true => u16::from_be_bytes(*pair),
        false => u16::from_le_bytes(*pair),
    };
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(unit)).collect();
    text.ok().filter(|_| rest.is_empty())
}

fn begins(text: &str) -> Vec<usize> {
    let mut begins = Vec::with_capacity(text.len() + 1);
    for (byte, c) in text.char_indices() {
        begins.push(byte);
        begins.extend(std::iter::repeat_n(usize::MAX, c.len_utf16() - 1));
    }
    begins.push(text.len());
    begins
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Bytes are refused, or the same when they are stored again, and each character is found
        /// where it stands.
        #[test]
        fn what_is_read_is_stored_as_it_was(
            mark in prop::sample::select(vec![&b""[..], b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]),
            rest in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                any::<String>().prop_map(String::into_bytes),
            ],
        ) {
            let bytes = [mark, &rest].concat();
            if let Ok(stored) = Stored::of(&bytes) {
                prop_assert_eq!(stored.store(&stored.text), &bytes[..]);
                for (at, _) in stored.text.char_indices() {
                    let byte = stored.store(&stored.text[..at]).len();
                    prop_assert_eq!(stored.place(byte), Some(at));
                }
            }
        }
    }

    #[test]
    fn half_a_character_is_refused() {
        assert!(Stored::of(b"\xff\xfea\0b").is_err());
        assert!(Stored::of(b"\xff\xfe\x00\xd8").is_err());
        assert!(Stored::of(b"a\xff").is_err());
    }
}
