use proptest::prelude::*;

use super::*;

#[test]
fn entities_of_xml_are_resolved_and_others_stand() {
    assert_eq!(unescape("a &lt;b&gt; &amp;&#x41;&#66; &nbsp; & c"), "a <b> &AB &nbsp; & c");
    assert_eq!(unescape("&#0;&#xD800;&#99999999999;"), "\u{fffd}\u{fffd}&#99999999999;");
    assert!(matches!(unescape("plain"), Cow::Borrowed(_)));
}

#[test]
fn line_ends_of_an_attribute_are_blanks_and_their_entities_are_not() {
    assert_eq!(value("a\r\nb\tc&#10;d"), "a b c\nd");
}

proptest! {
    #[test]
    fn nothing_is_too_odd_to_unescape(text in "[&#x;a-f0-9é<]{0,60}") {
        let _text = unescape(&text);
    }
}
