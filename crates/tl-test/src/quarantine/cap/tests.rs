//! Bounds on a day. What is overdue is told by the gate's scenarios.

use super::*;

#[test]
fn the_lower_of_number_and_share_counts_and_one_is_always_allowed() {
    let cap = Cap::default();
    for (known, most) in
        [(0, 50), (1, 1), (49, 1), (100, 2), (149, 2), (2_500, 50), (1_000_000, 50)]
    {
        assert_eq!(limit(&cap, known), most, "{known} known");
    }
    assert_eq!(limit(&Cap { tests: 0, ..cap }, 100), 0);
    assert_eq!(limit(&Cap { share: 0.0, ..cap }, 100), 0);
    assert_eq!(limit(&Cap { share: 0.05, tests: 200, ..cap }, 1_000), 50);
}

#[test]
fn what_an_entry_says_acts_on_nothing() {
    let text = include_str!("../../../../../docs/test-quarantine.md");
    let (_, text) = text.split_once("```toml\n").unwrap();
    let text = text.split_once("```").unwrap().0;
    let text = text.replace("\"ana\"", r#""ana\u001b[2J ##[error]""#);
    let file = crate::quarantine::parse(&text).unwrap();
    let told =
        |day: &str| judge(&file, &crate::gate::Unknown, Timestamp::parse(day).unwrap()).overdue;
    assert_eq!(
        told("2026-12-04"),
        [
            ".throughline/quarantine.toml line 9: `acme.orders.RetryTest > retries on 503` was in quarantine until 2026-12-03; \
          ana\\u{1b}[2J # #[error] sees to it (acme/api#412): mend the test and take it out, or enter it anew with what is known now"
        ]
    );
    assert!(told("2026-12-03").is_empty(), "it is its last day");
}
