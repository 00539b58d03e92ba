//! One test, in full.

use super::super::fixture::{assert_still, decision, hostile, judged};
use super::*;

#[test]
fn a_test_is_found_by_its_id_or_name() {
    for asked in ["9f2c41", "9F2C41D07BE35A6610FA2B38", "retries", " acme.OrdersTest > retries "] {
        assert!(
            explain(&decision(), asked).unwrap().contains("acme.OrdersTest > retries"),
            "{asked}"
        );
    }
    for asked in ["", "9f2c4", "retrie", "what"] {
        assert_eq!(explain(&decision(), asked), None, "{asked}");
    }
}

#[test]
fn it_says_what_masks_the_test_and_what_is_next() {
    assert_eq!(
        explain(&decision(), "retries").unwrap(),
        "test       acme.OrdersTest > retries
id         9f2c41d07be35a6610fa2b38
place      orders/OrdersTest.java:41
result     failed
message    the sum was wrong
signature  b41d93c2aa07e5f1
verdict    masked: quarantined: `ana`, `acme/api#412`, p = 2.2 % [1.2, 3.6], 212/298 clean
next       nothing stops the change; the owner sees to the test
"
    );
}

#[test]
fn a_failure_without_a_signature_is_told_so() {
    let mut case = judged("adds", Verdict::Real);
    case.signature.clear();
    let text = explain(&Decision { red: vec![case], ..decision() }, "adds").unwrap();
    assert!(text.contains("signature  none: "), "{text}");
}

#[test]
fn strangers_text_does_nothing_to_a_terminal() {
    assert_still(&explain(&hostile(), "9f2c41").unwrap());
}
