//! Comments that are found again, and no other.

use super::super::fixture::{assert_still, decision, hostile};
use super::*;

#[test]
fn a_comment_begins_with_its_marker() {
    let text = comment(&decision(), "unit / linux");
    assert!(text.starts_with("<!-- throughline:test-gate unit / linux -->\n### ❓"), "{text}");
}

#[test]
fn no_job_ends_the_marker_or_takes_that_of_another() {
    let jobs =
        ["a", "a--b", "a-%2Db", "a->b", "a-->b", "a\nb", "a b", "a@b", "a%40b", "ä", "a-", "a---"];
    let markers: std::collections::BTreeSet<String> = jobs.iter().map(|job| marker(job)).collect();
    assert_eq!(markers.len(), jobs.len());
    for marker in markers {
        let inner =
            marker.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")).unwrap();
        assert!(
            !inner.contains("--") && !inner.contains('>') && marker.lines().count() == 1,
            "{marker}"
        );
    }
}

#[test]
fn a_comment_of_any_run_is_taken() {
    let text = comment(&hostile(), &"job-".repeat(10_000));
    assert!(text.chars().count() < MOST, "{}", text.chars().count());
    assert!(text.contains("#### Red"));
    assert_still(&text);
}
