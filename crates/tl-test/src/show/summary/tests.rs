//! Markdown as a forge shows it.

use super::super::fixture::{assert_still, decision, hostile};
use super::*;

#[test]
fn the_page_of_a_job_has_everything() {
    let text = summary(&decision());
    for part in [
        "### ❓ Tests unproven: the evidence is not whole (1 gap); 3 red tests",
        "#### What is missing\n\n- `out/a.xml` line 12\\: it breaks off\\: let the runner finish\n",
        "| `acme.OrdersTest > adds`<br>`orders/OrdersTest.java:41`<br>`9f2c41d07be35a6610fa2b38` | **real** nothing excuses it | `the sum was wrong` |\n",
        "**masked** quarantined\\: `ana`, `acme/api#412`, p = 2.2 % \\[1.2, 3.6\\], 212/298 clean |",
        "#### Quarantine\n\n- .throughline/quarantine.toml line 8",
        "#### To know\n\n- 2 names are one\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn strangers_text_is_no_markup_and_stays_far_below_the_limit() {
    let text = summary(&hostile());
    assert_still(&text);
    assert!(text.len() < MOST / 4, "{}", text.len());
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let bars =
            line.as_bytes().windows(2).filter(|two| two[1] == b'|' && two[0] != b'\\').count();
        assert_eq!(bars, 3, "{line}");
    }
    // Outside of code nothing of it is left as it was; a mention is none anywhere.
    assert!(!text.contains("@ana"));
    let outside: String = strip_code(&text);
    for part in ["<script", "https:", "#1 "] {
        assert!(!outside.contains(part), "{part}");
    }
    let bare = outside.as_bytes().windows(2).any(|two| two[1] == b'[' && two[0] != b'\\');
    assert!(!bare, "a link may begin");
    assert!(text.contains("and 490 more."), "red");
}

/// The text without its code spans, as CommonMark finds them.
fn strip_code(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            let fence = rest[at..].chars().take_while(|c| *c == '`').count();
            out.push_str(&rest[..at]);
            let inner = &rest[at + fence..];
            let ends = |from: usize| inner[from..].find('`').map(|more| from + more);
            let mut end = ends(0);
            while let Some(found) = end {
                let run = inner[found..].chars().take_while(|c| *c == '`').count();
                if run == fence {
                    break;
                }
                end = ends(found + run);
            }
            let Some(end) = end else {
                // An escaped backtick begins nothing.
                assert!(rest[..at].ends_with('\\'), "a code span without an end: {rest}");
                rest = inner;
                continue;
            };
            rest = &inner[end + fence..];
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}
