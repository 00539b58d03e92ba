//! The text of an office document, as a reader sees it and as it is hidden from him.
//!
//! In: a part of the archive, as XML. Out: its text, a paragraph, cell or remark a line, with the
//! descriptions of pictures. Programs cut a word into runs as they like; here it is whole again.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::limits;

/// Ends of what is read as one.
const PARAGRAPHS: &[&str] =
    &["p", "si", "row", "comment", "h", "title", "subject", "description", "keywords"];
/// Attributes that hold text.
const SAYING: &[&str] = &["descr", "title", "tooltip"];

/// The text of one part. What is no XML gives what stood before it broke.
pub fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
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
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    out
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
    fn broken_parts_are_read_as_far_as_they_go() {
        assert_eq!(text(b"<p>here</p><p>there<"), "here\nthere");
        assert_eq!(text(b"\xff\xfe"), text(b"\xff\xfe"));
    }
}
