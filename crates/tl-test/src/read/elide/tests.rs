use proptest::prelude::*;

use super::*;

fn pass(
    form: fn(Text<Slow>, Limits) -> Elide<Slow>,
    text: &str,
    limit: usize,
    step: usize,
) -> (String, u64) {
    let limits = Limits { text: limit, attribute: limit, ..Limits::default() };
    let mut elide = form(Text::new(Slow { bytes: text.as_bytes().to_vec(), at: 0, step }), limits);
    let mut out = String::new();
    elide.read_to_string(&mut out).unwrap();
    (out, elide.cut())
}

fn xml(text: &str, limit: usize, step: usize) -> (String, u64) {
    pass(|text, limits| Elide::xml(text, limits, Doctype::Refused), text, limit, step)
}

fn json(text: &str, limit: usize, step: usize) -> (String, u64) {
    pass(Elide::json, text, limit, step)
}

/// A reader that hands out `step` bytes at a time.
struct Slow {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Read for Slow {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = self.step.min(self.bytes.len() - self.at).min(to.len());
        to[..len].copy_from_slice(&self.bytes[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

#[test]
fn texts_are_cut_and_markup_is_not() {
    for step in [300, 1_000_000] {
        for (whole, cut, gone) in [
            ("<a b='x>y'>123456789</a>", "<a b='x>y'>12345</a>", 4),
            ("<a><![CDATA[1<2]]3]]]]></a>", "<a><![CDATA[1<2]]]]></a>", 3),
            ("<a><!-- 1 > 2 - 3 --></a>", "<a><!-- 1 > --></a>", 6),
            ("<?pi 1234567?><a/>", "<?pi 12?><a/>", 5),
            ("<a b=\"1234567\" c='1&amp;2'/>", "<a b=\"12345\" c='1&amp;'/>", 3),
            ("<a>123&quot;4</a>", "<a>123&quot;</a>", 1),
            ("<a>äöüäöü</a>", "<a>äöü</a>", 6),
            ("<a>1234&567890</a>", "<a>1234&567890</a>", 0),
        ] {
            assert_eq!(xml(whole, 5, step), (cut.to_owned(), gone), "{whole}");
        }
    }
}

#[test]
fn strings_are_cut_and_stay_strings() {
    for (whole, cut, gone) in [
        (r#"{"a":"123456789","b":1}"#, r#"{"a":"12345","b":1}"#, 4),
        (r#"["1234\"678"]"#, r#"["1234\""]"#, 3),
        (r#"["123\u00e4567"]"#, r#"["123\u00e4"]"#, 3),
        (r#"["1\ud83e\udd8056"]"#, r#"["1\ud83e\udd80"]"#, 2),
        (r#"["äöüäöü"]"#, r#"["äöü"]"#, 6),
    ] {
        assert_eq!(json(whole, 5, 1_000), (cut.to_owned(), gone), "{whole}");
    }
}

#[test]
fn a_document_type_is_where_reading_ends() {
    for text in [
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///x'>]><a/>",
        "<a><!ENTITY b 'c'></a>",
        "<![IGNORE[x]]>",
    ] {
        let mut elide = Elide::xml(Text::new(text.as_bytes()), Limits::default(), Doctype::Refused);
        let mut out = String::new();
        elide.read_to_string(&mut out).unwrap();
        assert!(!out.contains("DOCTYPE") && !out.contains("ENTITY"), "{out}");
        assert_eq!(elide.refused(), Some(Gap::Doctype));
    }
}

#[test]
fn lines_that_were_cut_are_counted() {
    let text = format!("<a>\n{}</a>\n<b/>", "x\n".repeat(100));
    let limits = Limits { text: 10, ..Limits::default() };
    let mut elide = Elide::xml(Text::new(text.as_bytes()), limits, Doctype::Refused);
    let mut out = String::new();
    elide.read_to_string(&mut out).unwrap();
    assert!(out.len() < 40, "{out}");
    assert_eq!(elide.line(), 103);
}

/// Pieces of XML that make anything happen.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<a b='"),
        Just("'>"),
        Just("</a>"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("]"),
        Just("<!--"),
        Just("-->"),
        Just("-"),
        Just("<?x "),
        Just("?>"),
        Just("&amp;"),
        Just("&#x41;"),
        Just("text"),
        Just("ä€🦀"),
        Just("\n"),
        Just("\""),
        Just("<"),
        Just(">"),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_under_the_limits_passes_unchanged(text in pieces(), step in 256_usize..400) {
        prop_assume!(!text.contains("<!") || text.contains("<!--") || text.contains("<![CDATA["));
        let (out, cut) = xml(&text, 10_000, step);
        prop_assert_eq!(cut, 0);
        // Signs that may end a section are held back until it is clear.
        prop_assert!(text.starts_with(&out) && text.len() - out.len() <= 2 || text.contains("<!"), "{}", out);
    }

    #[test]
    fn where_the_chunks_end_does_not_matter(text in pieces(), limit in 0_usize..12) {
        let long = format!("{}{text}", " ".repeat(256));
        let whole = xml(&long, limit, 100_000);
        for step in [1, 2, 7] {
            prop_assert_eq!(xml(&long, limit, step), whole.clone());
        }
    }

    #[test]
    fn json_stays_json(strings in proptest::collection::vec(".{0,40}", 0..6), limit in 0_usize..30) {
        let text = serde_json::to_string(&strings).unwrap();
        let (out, _) = json(&text, limit, 3);
        let short: Vec<String> = serde_json::from_str(&out).unwrap();
        for (short, long) in short.iter().zip(&strings) {
            prop_assert!(long.starts_with(short.as_str()));
        }
        prop_assert_eq!(short.len(), strings.len());
    }
}
