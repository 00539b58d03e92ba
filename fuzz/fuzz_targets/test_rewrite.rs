//! A JUnit report that is written again is the same where nothing is masked, and where something is,
//! but for what says so.
#![cfg_attr(fuzzing, no_main)]

use std::io::Cursor;

use tl_core::test::TestKey;
use tl_fuzz::fuzz_target;
use tl_test::show::junit::rewrite;

/// What no report says.
const MARK: &str = "message=\"masked-by-this-target\"/>";

fuzz_target!(|bytes: &[u8]| {
    let write = |masked: &dyn Fn(&TestKey) -> Option<String>| {
        let mut out = Vec::new();
        let count = rewrite(Cursor::new(bytes), masked, &mut out).expect("memory is read");
        (out, count)
    };
    assert_eq!(write(&|_| None), (bytes.to_vec(), 0));
    let (out, count) = write(&|_| Some("masked-by-this-target".to_owned()));
    if count == 0 {
        assert_eq!(out, bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.contains(MARK) {
        return;
    }
    let out = String::from_utf8(out).expect("text stays text");
    assert_eq!(plain(&out), plain(text));
});

/// Without what a masked case is marked with, and without the counts of suites.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let begin = rest[..at].rfind('<').expect("a mark is in a tag");
        plain.push_str(&rest[..begin]);
        rest = &rest[at + MARK.len()..];
    }
    plain.push_str(rest);
    let plain = plain.replace("flakyFailure", "failure").replace("flakyError", "error");
    plain.chars().filter(|sign| !sign.is_ascii_digit()).collect()
}
