//! What people see on a terminal.

use super::super::fixture::{assert_still, decision, hostile};
use super::*;

#[test]
fn everything_is_told_with_its_mend() {
    assert_eq!(
        table(&decision()),
        "unproven: the evidence is not whole (1 gap); 3 red tests; 1 quarantine entry is overdue; \
         1 masked by quarantine; 1 passed when tried again; 412 cases, 400 passed, 7 skipped

missing
  `out/a.xml` line 12: it breaks off
    -> let the runner finish

to know
  2 names are one

red
  real          acme.OrdersTest > adds  orders/OrdersTest.java:41  [9f2c41d07be35a6610fa2b38]
    the sum was wrong
    -> nothing excuses it
  real          acme.OrdersTest > rounds  orders/OrdersTest.java:41  [9f2c41d07be35a6610fa2b38]
    the sum was wrong
    -> nothing excuses it; history says: regressed
  new reason    acme.OrdersTest > takes  orders/OrdersTest.java:41  [9f2c41d07be35a6610fa2b38]
    the sum was wrong
    -> it is in quarantine for `aa`, and this is bb

overdue
  .throughline/quarantine.toml line 8: `a > b` was in quarantine until 2026-11-20; ana sees to it (#1): mend the test

excused
  masked        acme.OrdersTest > retries  orders/OrdersTest.java:41  [9f2c41d07be35a6610fa2b38]
    the sum was wrong
    -> quarantined: `ana`, `acme/api#412`, p = 2.2 % [1.2, 3.6], 212/298 clean
  retried       acme.OrdersTest > waits  orders/OrdersTest.java:41  [9f2c41d07be35a6610fa2b38]
    the sum was wrong
    -> it passed at attempt 2
"
    );
}

#[test]
fn strangers_text_does_nothing_to_a_terminal_and_has_its_bounds() {
    let text = table(&hostile());
    assert_still(&text);
    assert!(text.len() < 400_000, "{}", text.len());
    assert!(text.contains("and 450 more"), "red");
    assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "a workflow command");
    assert!(!text.contains("##[") && !text.contains("##vso["), "a command of another kind");
}
