use proptest::prelude::*;

use super::*;

fn failure(class: &str, message: &str, text: &str) -> Failure {
    let [class, message, text] = [class, message, text].map(str::to_owned);
    Failure { class, message, text, cut: 0 }
}

fn template(class: &str, message: &str, text: &str) -> String {
    of(&failure(class, message, text)).1
}

#[test]
fn what_differs_from_run_to_run_is_masked() {
    let same = [
        ("expected 3 but was 4", "expected 17 but was 5"),
        ("timed out after 5003ms", "timed out after 61 ms"),
        ("no answer from 127.0.0.1:40312", "no answer from 10.0.0.7:81"),
        ("no answer from localhost:40312", "no answer from 127.0.0.1:81"),
        ("Foo@1b2c3d4e is not Foo@99ab01cd", "Foo@7aa1b2c3 is not Foo@00112233"),
        ("at 2026-11-21T12:00:00.123Z it stopped", "at 2025-01-02 03:04:05 it stopped"),
        ("`/srv/ana/src/api/orders/add.py` broke", "`/builds/77/orders/add.py` broke"),
        ("cannot read /tmp/tmpab3k9xq/out.txt", "cannot read /tmp/tmpzz81kqw/out.txt"),
        ("commit 3f1c9aa0d2 is gone", "commit 77ab2019c4 is gone"),
        ("\u{1b}[31mexpected\u{1b}[0m true", "expected true"),
        (
            "order 6f1c2b1e-0a50-4c49-9d0e-0242ac120002 is missing",
            "order 00000000-0a50-4c49-9d0e-0242ac120999 is missing",
        ),
    ];
    for (one, other) in same {
        let masked = mask(other).replace("# ms", "#ms");
        assert_eq!(mask(one).replace("# ms", "#ms"), masked, "{one} / {other}");
    }
}

#[test]
fn words_types_and_functions_are_kept() {
    let base = of(&failure("AssertionError", "expected 3 but was 4", ""));
    assert_ne!(base, of(&failure("ValueError", "expected 3 but was 4", "")));
    assert_ne!(base, of(&failure("AssertionError", "expected 3 but got 4", "")));
    let frame = |function: &str| {
        let text = format!("  File \"/src/orders/add.py\", line 3, in {function}");
        of(&failure("AssertionError", "", &text))
    };
    assert_ne!(frame("add"), frame("remove"));
}

#[test]
fn frames_of_many_languages_are_read_and_lines_do_not_count() {
    let stacks = [
        ("\tat acme.Orders.add(Orders.java:12)", "Orders.java acme.Orders.add"),
        (
            "   at Acme.Orders.Add(Int32 n) in /src/api/Orders.cs:line 12",
            "api/Orders.cs Acme.Orders.Add",
        ),
        ("    at add (/src/api/orders.js:1:2)", "api/orders.js add"),
        (
            "    at async Object.<anonymous> (/src/api/orders.test.ts:1:2)",
            "api/orders.test.ts Object.<anonymous>",
        ),
        ("  File \"/src/api/orders.py\", line 12, in add", "api/orders.py add"),
        ("    add_test.go:12: got 1", "add_test.go"),
        ("\t/src/api/add.go:12 +0x1d", "api/add.go"),
        ("thread 'adds' panicked at src/orders.rs:12:5:", "src/orders.rs"),
        ("/src/api/orders.rb:12:in 'add'", "api/orders.rb add"),
        ("#0 /src/api/Orders.php(12): Orders->add()", "api/Orders.php Orders->add"),
        ("/src/api/orders.cpp:12: Failure", "api/orders.cpp"),
    ];
    for (line, frame) in stacks {
        let moved = line.replace("12", "99");
        assert_eq!(template("E", "broken", line), format!("E: broken | {frame}"), "{line}");
        assert_eq!(template("E", "broken", &moved), template("E", "broken", line), "{line}");
    }
}

#[test]
fn frames_of_languages_and_runners_are_left_out() {
    let text = "java.lang.AssertionError: no\n\tat org.junit.Assert.fail(Assert.java:89)\n\tat \
                acme.OrdersTest.adds(OrdersTest.java:12)\n\tat \
                java.base/java.lang.reflect.Method.invoke(Method.java:566)";
    assert_eq!(
        template("java.lang.AssertionError", "no", text),
        "java.lang.AssertionError: no | OrdersTest.java acme.OrdersTest.adds"
    );
}

#[test]
fn a_type_that_the_message_repeats_is_told_once() {
    assert_eq!(
        template("AssertionError", "AssertionError: it is not there", ""),
        template("AssertionError", "it is not there", "")
    );
}

#[test]
fn where_nothing_is_said_there_is_no_signature() {
    for message in ["", "12 != 13", "no", "   "] {
        assert!(of(&failure("", message, "")).0.is_none(), "{message}");
    }
    assert!(!of(&failure("", "the order was not added", "")).0.is_none());
}

#[test]
fn a_message_in_the_text_alone_counts() {
    let text = "the order was not added\n    at add (/src/api/orders.js:1:2)";
    assert_eq!(template("", "", text), ": the order was not added | api/orders.js add");
}

#[test]
fn people_read_the_message_and_not_the_stack() {
    let text = "Error: the order was not added\n    at add (/src/api/orders.js:1:2)";
    assert_eq!(headline(&failure("Error", "", text)), "Error: the order was not added");
    assert_eq!(headline(&failure("Error", "no", text)), "no");
    assert_eq!(headline(&failure("Error", "", "")), "Error");
}

proptest! {
    #[test]
    fn masking_twice_changes_nothing(text in "[ -~\u{1b}é]{0,80}") {
        let once = mask(&text);
        prop_assert_eq!(mask(&once), once);
    }

    /// Numbers never make a difference, wherever they stand.
    #[test]
    fn numbers_leave_no_trace(before in "[a-z ]{0,12}", one: u32, other: u32, after in "[ ][a-z ]{0,12}") {
        let with = |number: u32| format!("{before} {number}{after}");
        prop_assert_eq!(mask(&with(one)), mask(&with(other)));
    }

    /// Whatever is in a report: no panic, and the length is bounded.
    #[test]
    fn any_failure_has_a_bounded_template(class in ".{0,40}", message in ".{0,200}", text in "(.{0,60}\n){0,12}") {
        let (_, template) = of(&failure(&class, &message, &text));
        prop_assert!(template.chars().count() <= 300 * 2 + 2 + 5 * 610);
    }
}
