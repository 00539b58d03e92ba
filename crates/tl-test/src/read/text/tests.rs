use proptest::prelude::*;

use super::*;

/// A reader that hands out `step` bytes at a time.
struct Slow<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = self.step.min(self.bytes.len()).min(to.len());
        to[..len].copy_from_slice(&self.bytes[..len]);
        self.bytes = &self.bytes[len..];
        Ok(len)
    }
}

fn read(bytes: &[u8], step: usize) -> (String, u64) {
    let mut text = Text::new(Slow { bytes, step });
    let mut all = Vec::new();
    loop {
        let chunk = text.chunk().unwrap();
        if chunk.is_empty() {
            break;
        }
        all.extend_from_slice(chunk);
    }
    (String::from_utf8(all).unwrap(), text.wrong)
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let pair = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    text.encode_utf16().flat_map(pair).collect()
}

#[test]
fn utf_16_is_read_with_and_without_its_mark() {
    for big in [false, true] {
        for mark in ["", "\u{feff}"] {
            let bytes = utf16(&format!("{mark}<testsuite name=\"ä€🦀\"/>"), big);
            assert_eq!(read(&bytes, 1), ("<testsuite name=\"ä€🦀\"/>".to_owned(), 0));
        }
    }
}

#[test]
fn a_report_that_says_latin_1_is_read_as_such() {
    let bytes = b"<?xml version='1.0' encoding='ISO-8859-1'?><a n='f\xfcr \x80'/>";
    assert_eq!(read(bytes, 7).0, "<?xml version='1.0' encoding='ISO-8859-1'?><a n='für €'/>");
}

#[test]
fn bytes_that_are_no_text_are_counted_and_replaced() {
    assert_eq!(read(b"a\xff\xfeb\xe2\x82", 1), ("a\u{fffd}\u{fffd}b\u{fffd}".to_owned(), 3));
    let mut foreign = Text::new(&b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x83\x65</a>"[..]);
    while !foreign.chunk().unwrap().is_empty() {}
    assert!(foreign.is_foreign());
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(read(b"", 1), (String::new(), 0));
    assert_eq!(read(b"\xef\xbb\xbf", 1), (String::new(), 0));
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_the_standard_library_does(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        step in 1_usize..20,
    ) {
        prop_assume!(encoding(&bytes).0 == Encoding::Utf8 && encoding(&bytes).1 == 0);
        prop_assert_eq!(read(&bytes, step).0, String::from_utf8_lossy(&bytes).into_owned());
    }

    #[test]
    fn any_text_survives_utf_16(text in ".{1,200}", step in 1_usize..20, big: bool) {
        let bytes = utf16(&format!("\u{feff}{text}"), big);
        prop_assert_eq!(read(&bytes, step), (text, 0));
    }
}
