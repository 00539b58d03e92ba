//! Files as people write them, and how they go wrong.

use proptest::prelude::*;

use super::*;
use crate::quarantine::edit;

pub(crate) const GOOD: &str = r#"schema = "quarantine/v1"

[cap]                       # lower than the default
share = 0.02
tests = 50
days = 30

# ana: the pool of connections
[[test]]
id = "9f2c41d07be35a6610fa2b38"
name = "acme.orders.RetryTest > retries on 503"
file = "orders/src/test/java/acme/orders/RetryTest.java"
signatures = ["b41d93c2aa07e5f1"]
owner = "ana"
issue = "acme/api#412"
since = "2026-11-03"
expires = "2026-12-03"
clean_runs = 298
[test.evidence]
class = "flaky"
fails = 9
runs = 412
interval = [0.012, 0.036]
divergent = ["3f1c9aa0d2", "77ab2019c4"]
"#;

fn wrong(from: &str, to: &str) -> QuarantineError {
    assert!(GOOD.contains(from), "{from}");
    parse(&GOOD.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn a_file_is_read_whole() {
    let file = parse(GOOD).unwrap();
    assert_eq!((file.cap.share, file.cap.tests, file.cap.days), (0.02, 50, 30));
    let entry = &file.tests[0];
    assert_eq!((entry.owner.as_str(), entry.line, entry.evidence.runs), ("ana", 9, 412));
    assert_eq!(parse("schema = \"quarantine/v1\"\n").unwrap(), crate::quarantine::empty());
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_key() {
    for (from, to, line, key, what) in [
        ("owner = \"ana\"\n", "", 9, "test[1].owner", "it is missing"),
        ("issue = \"acme/api#412\"\n", "", 9, "test[1].issue", "it is missing"),
        ("\"ana\"", "\" \\t\"", 14, "test[1].owner", "it is empty"),
        ("\"ana\"", "\"\\u200b\"", 14, "test[1].owner", "it is empty"),
        ("\"acme/api#412\"", "\"\"", 15, "test[1].issue", "it is empty"),
        ("quarantine/v1", "quarantine/v2", 1, "schema", "not `quarantine/v1`"),
        ("schema = \"quarantine/v1\"\n", "", 1, "schema", "it is missing"),
        ("share = 0.02", "share = 0.06", 4, "cap.share", "0.06 is not between 0 and 0.05"),
        ("share = 0.02", "share = nan", 4, "cap.share", "not between"),
        ("share = 0.02", "share = -0.01", 4, "cap.share", "not between"),
        ("tests = 50", "tests = 201", 5, "cap.tests", "201 is over 200"),
        ("days = 30", "days = 91", 6, "cap.days", "91 is over 90"),
        ("days = 30", "days = 29", 17, "test[1].expires", "more than 29 days"),
        ("2026-12-03", "2026-12-04", 17, "test[1].expires", "more than 30 days after"),
        ("2026-12-03", "2026-11-02", 17, "test[1].expires", "is before `since`"),
        ("2026-12-03", "soon", 17, "test[1].expires", "`soon` is no day"),
        ("2026-11-03", "2026-11-3", 16, "test[1].since", "is no day"),
        ("2026-11-03", "2026-11-03T00:00:00Z", 16, "test[1].since", "is no day"),
        ("9f2c41d0", "9f2c41", 10, "test[1].id", "is not 24 hexadecimal digits"),
        ("9f2c41d0", "9F2C41D0", 10, "test[1].id", "capital letters"),
        ("[\"b41d93c2aa07e5f1\"]", "[]", 13, "test[1].signatures", "there is none"),
        ("b41d93c2aa07e5f1", "0000000000000000", 13, "test[1].signatures", "says nothing"),
        ("b41d93c2aa07e5f1", "b41d", 13, "test[1].signatures", "is not 16 hexadecimal digits"),
        ("b41d93c2aa07e5f1", "B41D93C2AA07E5F1", 13, "test[1].signatures", "capital letters"),
        ("clean_runs = 298", "clean_runs = 0", 18, "test[1].clean_runs", "it is 0"),
        ("clean_runs = 298", "clean_runs = -1", 18, "test[1].clean_runs", "invalid value"),
        ("clean_runs = 298", "clean_runs = \"298\"", 18, "test[1].clean_runs", "invalid type"),
        (
            "owner = \"ana\"",
            "owner = \"ana\"\nmasks = \"all\"",
            15,
            "test[1].masks",
            "unknown field",
        ),
        ("[cap] ", "[caps] ", 3, "caps", "unknown field"),
        ("\"flaky\"", "\"sometimes\"", 20, "test[1].evidence.class", "unknown variant"),
        ("fails = 9\n", "", 19, "test[1].evidence.fails", "it is missing"),
        ("fails = 9\n", "fails = 413\n", 21, "test[1].evidence.fails", "more than 412 runs"),
        ("[0.012, 0.036]", "[0.036, 0.012]", 23, "test[1].evidence.interval", "no shares in order"),
        ("[0.012, 0.036]", "[nan, 0.5]", 23, "test[1].evidence.interval", "no shares in order"),
        ("runs = 412", "runs = ", 22, "", ""),
    ] {
        let err = wrong(from, to);
        assert_eq!((err.line, err.key.as_str()), (line, key), "{from} -> {to}: {err}");
        assert!(err.what.contains(what), "{err}");
        assert!(
            !err.mend.is_empty() && err.to_string().starts_with(&format!("line {line}")),
            "{err}"
        );
    }
}

#[test]
fn a_test_has_one_entry_for_a_variant() {
    let entry = &GOOD[GOOD.find("[[test]]").unwrap()..];
    let err = parse(&format!("{GOOD}\n{entry}")).unwrap_err();
    assert_eq!((err.line, err.key.as_str()), (27, "test[2].id"));
    assert!(err.what.contains("on line 9"), "{err}");
    let other = entry.replace("owner", "variant = \"os=linux\"\nowner");
    assert_eq!(parse(&format!("{GOOD}\n{other}")).unwrap().tests.len(), 2);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let err = parse(&"#".repeat(LARGEST + 1)).unwrap_err();
    assert!(err.what.contains("over the limit"), "{err}");
    let long = wrong("\"ana\"", &format!("\"{}\"", "a".repeat(TEXT + 1)));
    assert_eq!(long.key, "test[1].owner");
}

#[test]
fn what_is_shown_of_a_wrong_file_acts_on_no_terminal() {
    let err = wrong("2026-12-03", "\\u001b[31m");
    assert!(!err.to_string().contains('\u{1b}'), "{err:?}");
    let err = wrong("class =", "\"\\u001b\" =");
    assert!(!err.to_string().contains('\u{1b}'), "{err:?}");
}

proptest! {
    /// Any text is a file or an error, never a panic.
    #[test]
    fn anything_is_read_or_refused(text in "[\\[\\]=\"a-z0-9 \n.{},#]{0,120}") {
        if let Err(err) = parse(&text) {
            prop_assert!(err.line <= 1 + text.matches('\n').count() as u64);
        }
    }

    /// A good file with a piece cut out or doubled is a file or an error, never a panic; and what is
    /// read has an owner and an issue.
    #[test]
    fn a_torn_file_is_read_or_refused(from in 0..GOOD.len(), length in 0usize..80, double: bool) {
        let end = (from + length).min(GOOD.len());
        let piece = &GOOD[from..end];
        let text = if double {
            format!("{}{piece}{}", &GOOD[..end], &GOOD[end..])
        } else {
            format!("{}{}", &GOOD[..from], &GOOD[end..])
        };
        if let Ok(file) = parse(&text) {
            for entry in &file.tests {
                prop_assert!(!entry.owner.trim().is_empty() && !entry.issue.trim().is_empty());
                let taken = edit::release(&text, &entry.id, &entry.variant);
                prop_assert!(taken.is_ok() || taken == Err(edit::EditError::Inline));
            }
        }
    }
}
