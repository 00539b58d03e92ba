//! Workflow commands, and nothing that looks like one.

use super::super::fixture::{HOSTILE, decision, hostile, judged};
use super::*;

#[test]
fn each_finding_is_a_line_at_its_place() {
    assert_eq!(
        annotations(&decision()),
        "::error title=evidence is not whole::`out/a.xml` line 12: it breaks off: let the runner finish
::error file=orders/OrdersTest.java,line=41,title=acme.OrdersTest > adds::the sum was wrong (nothing excuses it)
::error file=orders/OrdersTest.java,line=41,title=acme.OrdersTest > rounds::the sum was wrong (nothing excuses it; history says: regressed)
::error file=orders/OrdersTest.java,line=41,title=acme.OrdersTest > takes::the sum was wrong (it is in quarantine for `aa`, and this is bb)
::error file=.throughline/quarantine.toml,line=8,title=quarantine is overdue::.throughline/quarantine.toml line 8: `a > b` was in quarantine until 2026-11-20; ana sees to it (#1): mend the test
::warning file=orders/OrdersTest.java,line=41,title=acme.OrdersTest > retries::quarantined: `ana`, `acme/api#412`, p = 2.2 %25 [1.2, 3.6], 212/298 clean
::warning file=orders/OrdersTest.java,line=41,title=acme.OrdersTest > waits::the sum was wrong (it passed at attempt 2)
::warning title=tests::2 names are one
"
    );
}

#[test]
fn ten_of_each_and_the_rest_is_counted() {
    let text = annotations(&hostile());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 20);
    for level in ["::error ", "::warning "] {
        assert_eq!(lines.iter().filter(|line| line.starts_with(level)).count(), 10);
    }
    // 150 gaps, 500 red tests and 300 overdue entries, of which nine are shown.
    assert_eq!(lines[9], "::error title=tests::and 941 more");
    assert!(text.len() < 40_000, "{}", text.len());
}

#[test]
fn a_name_can_neither_end_its_command_nor_begin_another() {
    let mut case = judged(&format!("a,file=/etc/passwd::{HOSTILE}"), Verdict::Real);
    case.test.file = "a,line=3::b.java".to_owned();
    case.message = HOSTILE.to_owned();
    let text = annotations(&Decision {
        red: vec![case],
        evidence: Vec::new(),
        quarantine: Vec::new(),
        ..decision()
    });
    assert_eq!(text.lines().count(), 1);
    let (properties, _) = text.strip_prefix("::error ").unwrap().split_once("::").unwrap();
    assert_eq!(properties.split(',').count(), 3, "{properties}");
    assert!(properties.starts_with("file=a%2Cline=3%3A%3Ab.java,line=41,title="), "{properties}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn no_path_of_a_machine_is_named() {
    let mut case = judged("adds", Verdict::Real);
    case.test.file = "/src/orders/OrdersTest.java".to_owned();
    let text = annotations(&Decision {
        red: vec![case],
        evidence: Vec::new(),
        quarantine: Vec::new(),
        ..decision()
    });
    assert!(text.starts_with("::error title="), "{text}");
}
