use super::normalise;
use proptest::prelude::*;

fn text(raw: &str) -> String {
    normalise(raw).map_or_else(|| raw.to_owned(), |(text, _)| text)
}

#[test]
fn hidden_characters_look_alikes_and_escapes_come_out_plain() {
    let zero = "ig\u{200b}no\u{200c}re \u{2060}all\u{ad}";
    assert_eq!(text(zero), "ignore all");
    assert_eq!(
        text("ign\u{43e}r\u{435} \u{ff49}\u{ff47}\u{ff4e}\u{ff4f}\u{ff52}\u{ff45}"),
        "ignore ignore"
    );
    assert_eq!(
        text("\u{1d422}gnore \\u0069gnore &#105;gnore %69gnore &lt;b&gt;"),
        "ignore ignore ignore ignore <b>"
    );
    assert_eq!(text("it\u{2019}s \u{201c}a\u{201d} \u{2014} b"), "it's \"a\" - b");
    assert_eq!(text("a\u{1b}[31mb\u{1b}[0m"), "ab");
    assert_eq!(text("%254"), "%254");
}

#[test]
fn spans_end_between_characters_whatever_was_joined_or_split() {
    use crate::text::unit::{Context, Role, Span, of_text, tools_at};
    for raw in ["か\u{3099}き<!-- は\u{309a}ひ ま -->ふ", "<i>ﷺ</i>ＡＢ <b>㍿</b>"] {
        let scope = crate::inventory::Scope::Project;
        let ends: Vec<usize> = raw.char_indices().map(|(at, _)| at).chain([raw.len()]).collect();
        let span = |pair: &[usize]| Span {
            start: pair[0],
            end: pair[1],
            context: Context::Prose,
            field: 0,
        };
        let spans = ends.windows(2).map(span).collect();
        let unit = of_text((Role::Document, scope), raw.into(), spans, tools_at(""));
        let text: String = unit.spans.iter().map(|span| &unit.text[span.start..span.end]).collect();
        assert_eq!(text, unit.text);
    }
}

#[test]
fn prose_in_other_scripts_stays_as_it_is() {
    for kept in [
        "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}",
        "\u{645}\u{631}\u{62d}\u{628}\u{627}",
        "\u{4f60}\u{597d}",
        "caf\u{e9}",
    ] {
        assert_eq!(text(kept), kept);
    }
}

#[test]
fn a_hundred_thousand_lines_become_one_break_and_the_map_leads_behind_them() {
    let raw = format!("a{}b", "\n".repeat(100_000));
    let (text, map) = normalise(&raw).unwrap();
    assert_eq!(text, "a\nb");
    assert_eq!(map.raw(2), 100_001);
}

#[test]
fn the_map_points_at_the_letter_behind_what_was_taken_out() {
    let raw = "x\u{200b}\u{200b}y \u{ff5a}!";
    let (text, map) = normalise(raw).unwrap();
    assert_eq!(text, "xy z!");
    for letter in ['y', '!'] {
        assert_eq!(map.raw(text.find(letter).unwrap()), raw.find(letter).unwrap());
    }
    assert_eq!(map.raw(text.find('z').unwrap()), raw.find('\u{ff5a}').unwrap());
    assert_eq!(map.normalised(raw.find('y').unwrap()), 1);
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-z ]{0,6}",
        "[ \n\t]{0,60}",
        Just("\u{200b}".to_owned()),
        Just("\u{1b}[3".to_owned()),
        Just("%4".to_owned()),
        Just("%41".to_owned()),
        Just("&#x".to_owned()),
        Just("\\u00".to_owned()),
        Just("\u{fdfa}".to_owned()),
        Just("\u{430}".to_owned()),
        Just("\u{301}".to_owned()),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|p| p.concat())
}

proptest! {
    #[test]
    fn twice_is_once_and_it_grows_at_most_fourfold(raw in pieces()) {
        let once = text(&raw);
        prop_assert!(once.len() <= 4 * raw.len());
        prop_assert_eq!(text(&once), once);
    }

    #[test]
    fn the_map_never_goes_backwards_nor_beyond_the_end(raw in pieces()) {
        if let Some((text, map)) = normalise(&raw) {
            let mut last = 0;
            for at in 0..=text.len() {
                let raw_at = map.raw(at);
                prop_assert!(raw_at >= last && raw_at <= raw.len());
                last = raw_at;
            }
            prop_assert_eq!(map.raw(text.len()), raw.len());
        }
    }

    #[test]
    fn the_short_way_comes_to_what_the_long_way_comes_to(line in "[a-z %&\u{2010}-\u{2022}\u{2190}-\u{21ff}\u{2500}-\u{27bf}\u{4e00}-\u{4e10}\u{1f300}-\u{1f6ff}\u{301}]{0,12}") {
        let long = super::undone(&line).text;
        match super::change(&line) {
            super::Change::All => {}
            super::Change::Marks => prop_assert_eq!(line.chars().map(super::punctuation).collect::<String>(), long),
            super::Change::Nothing => prop_assert_eq!(&line, &long),
        }
    }

    #[test]
    fn no_text_whatsoever_ends_it(raw in any::<String>()) {
        let once = text(&raw);
        prop_assert!(once.len() <= 4 * raw.len());
    }
}
