//! The text of an office document, as a reader sees it and as it is hidden from him.
//!
//! In: a part of the archive, as XML. Out: its text, a paragraph, cell or remark a line, with the
//! descriptions of pictures. Programs cut a word into runs as they like; here it is whole again.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::limits;

/// Ends of what is read as one.
const PARAGRAPHS: &[&str] =
    &["p", "si", "row", "comment", "h", "title", "subject", "description", "keywords"];
/// Attributes that hold text.
const SAYING: &[&str] = &["descr", "title", "tooltip"];

/// The text of one part. Where it is no XML any more, the rest is as it stands there: another program
/// may read on.
pub fn text(bytes: &[u8]) -> String {
    let text = decoded(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let mut out = String::new();
    loop {
        if out.len() > limits::ARCHIVE_MEMBER {
            break;
        }
        match reader.read_event() {
            Ok(Event::Text(text)) => out.push_str(&text),
            Ok(Event::CData(text)) => out.push_str(&text),
            Ok(Event::GeneralRef(name)) => out.push_str(&reference(&name)),
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                for attribute in tag.attributes().with_checks(false).flatten() {
                    if SAYING.contains(&attribute.key.local_name().as_ref()) {
                        out.push('\n');
                        out.push_str(&attribute.value);
                        out.push('\n');
                    }
                }
                if matches!(tag.local_name().as_ref(), "br" | "tab" | "line-break") {
                    out.push(' ');
                }
            }
            Ok(Event::End(tag)) if PARAGRAPHS.contains(&tag.local_name().as_ref()) => {
                out.push('\n')
            }
            Ok(Event::Eof) => break,
            Err(_) => {
                let rest = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                out.push_str(text.get(rest..).unwrap_or_default());
                break;
            }
            Ok(_) => {}
        }
    }
    out
}

/// The characters of a part: office programs take UTF-16 too, with a byte order mark or without.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        Cow::Owned(chars.collect())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// `&amp;`, `&#65;`, `&#x41;`.
fn reference(name: &str) -> String {
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    known.or_else(|| number.and_then(char::from_u32)).map(String::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_word_that_was_cut_into_runs_is_whole_again() {
        let part = br#"<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Re</w:t></w:r><w:r><w:t>ad</w:t></w:r>
            </w:p><w:p><w:r><w:t>this &amp; &#116;hat</w:t></w:r></w:p></w:body></w:document>"#;
        let said = text(part);
        assert!(said.contains("Read"), "{said}");
        assert!(said.contains("this & that"), "{said}");
    }

    #[test]
    fn descriptions_of_pictures_are_text() {
        assert!(text(br#"<p><pic descr="a cat"/></p>"#).contains("a cat"));
    }

    #[test]
    fn a_part_in_utf_16_is_read() {
        let part = "<w:p><w:t>Read this</w:t></w:p>";
        for mark in ["", "\u{feff}"] {
            let units: Vec<u16> = format!("{mark}{part}").encode_utf16().collect();
            let small: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            assert_eq!(
                (text(&small).as_str(), text(&big).as_str()),
                ("Read this\n", "Read this\n")
            );
        }
    }

    #[test]
    fn what_stands_behind_a_break_is_text_too() {
        let said = text(b"<p>here</p><p>a < b</p><p>say it</p>");
        assert!(said.starts_with("here\n") && said.contains("say it"), "{said}");
        let said = text(b"<p>here</p><!-- no end <p>say it</p>");
        assert!(said.contains("say it"), "{said}");
    }

    #[test]
    fn broken_parts_are_read_as_far_as_they_go() {
        assert!(text(b"<p>here</p><p>there<").starts_with("here\nthere"));
        assert_eq!(text(b"\xff\xfe"), text(b"\xff\xfe"));
    }
}
