//! Red tests and what the quarantine says of them, with the answers.

use super::*;

pub(super) const RED: &[Scenario] = &[
    (
        "a failure",
        |r| {
            r.red("adds", &[OTHER]);
        },
        Failed,
        "acme.OrdersTest > adds  orders/OrdersTest.java:41",
    ),
    (
        "a failure and its message",
        |r| {
            r.red("adds", &[OTHER]);
        },
        Failed,
        "the sum was wrong",
    ),
    (
        "it passed when tried again",
        |r| r.red("adds", &[OTHER]).passed_after = 2,
        Passed,
        "it passed at attempt 2",
    ),
    (
        "one passed again, another did not",
        |r| {
            r.red("adds", &[OTHER]).passed_after = 2;
            r.red("takes", &[OTHER]);
        },
        Failed,
        "1 red test; 1 passed when tried again",
    ),
    (
        "the machine failed",
        |r| r.red("adds", &[OTHER]).infra = Some("disk-full"),
        Failed,
        "the machine failed, not the test: `disk-full`",
    ),
    (
        "it passed when tried again, which is not enough here",
        |r| {
            r.red("adds", &[OTHER]).passed_after = 2;
            r.expected.no_flaky = true;
        },
        Failed,
        "1 test passed only when tried again",
    ),
    (
        "a known failure, where what passed again is not enough",
        |r| {
            r.masked();
            r.expected.no_flaky = true;
        },
        Passed,
        "1 masked",
    ),
    (
        "the machine failed, which proves nothing here",
        |r| {
            r.red("adds", &[OTHER]).infra = Some("disk-full");
            r.expected.machines_prove_nothing = true;
        },
        Unproven,
        "every failure is a machine's",
    ),
    (
        "the machine failed, and a test with it",
        |r| {
            r.red("adds", &[OTHER]).infra = Some("disk-full");
            r.red("takes", &[OTHER]);
            r.expected.machines_prove_nothing = true;
        },
        Failed,
        "2 red tests",
    ),
    (
        "a failure that history knows",
        |r| {
            r.red("adds", &[OTHER]);
            let divergent = vec![(3, Timestamp::default())];
            r.known.state =
                Some(TestState { runs: 40, divergent, divergent_all: 1, ..TestState::default() });
        },
        Failed,
        "nothing excuses it; history says: flaky",
    ),
    (
        "a test never ended",
        |r| r.red("adds", &[OTHER]).status = Status::Unfinished,
        Failed,
        "nothing excuses it",
    ),
    (
        "a known one never ended",
        |r| {
            r.masked();
            r.reds[0].status = Status::Unfinished;
        },
        Failed,
        "nothing excuses it",
    ),
];

pub(super) const QUARANTINE: &[Scenario] = &[
    (
        "a known failure",
        |r| {
            r.masked();
        },
        Passed,
        "p = 2.2 % [1.2, 3.6], 0/298 clean",
    ),
    (
        "a known failure beside an unknown one",
        |r| {
            r.masked();
            r.red("takes", &[OTHER]);
        },
        Failed,
        "1 red test; 1 masked",
    ),
    (
        "another reason",
        |r| {
            r.red("adds", &[OTHER]);
            r.entry("adds");
        },
        Failed,
        "this is bbbbbbbbbbbbbbbb",
    ),
    (
        "a known reason, and then another",
        |r| {
            r.red("adds", &[KNOWN, OTHER]);
            r.entry("adds");
        },
        Failed,
        "this is bbbbbbbbbbbbbbbb",
    ),
    (
        "another reason, and then a known one",
        |r| {
            r.red("adds", &[OTHER, KNOWN]);
            r.entry("adds");
        },
        Failed,
        "this is bbbbbbbbbbbbbbbb",
    ),
    (
        "nothing to recognise it by",
        |r| {
            r.red("adds", &[Signature::NONE]);
            r.entry("adds");
        },
        Failed,
        "nothing to recognise it by",
    ),
    (
        "no attempt was told",
        |r| {
            r.red("adds", &[]);
            r.entry("adds");
        },
        Failed,
        "nothing to recognise it by",
    ),
    (
        "an entry for nothing masks nothing",
        |r| {
            r.red("adds", &[Signature::NONE]);
            r.entry("adds").signatures = vec![Signature::NONE.to_string()];
        },
        Failed,
        "nothing to recognise it by",
    ),
    (
        "another test's entry",
        |r| {
            r.red("adds", &[KNOWN]);
            r.entry("takes");
        },
        Failed,
        "nothing excuses it",
    ),
    (
        "an entry for another variant",
        |r| {
            r.masked().variant = "os=windows".to_owned();
            r.reds[0].variant = "os=linux".to_owned();
        },
        Failed,
        "nothing excuses it",
    ),
    (
        "an entry for this variant",
        |r| {
            r.masked().variant = "os=linux".to_owned();
            r.reds[0].variant = "os=linux".to_owned();
        },
        Passed,
        "masked",
    ),
    (
        "an entry for every variant",
        |r| {
            r.masked();
            r.reds[0].variant = "os=linux".to_owned();
        },
        Passed,
        "(os=linux)",
    ),
    (
        "entries for one and for every variant",
        |r| {
            r.masked().signatures = vec![OTHER.to_string()];
            r.entry("adds").variant = "os=linux".to_owned();
            r.reds[0].variant = "os=linux".to_owned();
        },
        Passed,
        "masked",
    ),
    (
        "the change touches the test",
        |r| {
            r.masked();
            r.touch("orders/OrdersTest.java");
        },
        Failed,
        "the change touches `orders/OrdersTest.java`",
    ),
    (
        "the change touches the entry's file",
        |r| {
            r.masked().file = "orders/src/OrdersTest.java".to_owned();
            r.reds[0].test.file.clear();
            r.touch("orders/src/OrdersTest.java");
        },
        Failed,
        "the change touches",
    ),
    (
        "the report's path begins at the machine's root",
        |r| {
            r.masked();
            r.reds[0].test.file = "/src/api/orders/OrdersTest.java".to_owned();
            r.touch("orders/OrdersTest.java");
        },
        Failed,
        "the change touches",
    ),
    (
        "the report's path begins at a module",
        |r| {
            r.masked();
            r.touch("api/orders/OrdersTest.java");
        },
        Failed,
        "the change touches",
    ),
    (
        "nobody knows the file, and one is called as the class",
        |r| {
            r.masked();
            r.reds[0].test.file.clear();
            r.touch("api/src/OrdersTest.kt");
        },
        Failed,
        "the change touches",
    ),
    (
        "the change touches another file",
        |r| {
            r.masked();
            r.touch("orders/BillsTest.java");
        },
        Passed,
        "masked",
    ),
    (
        "a file that ends alike is another",
        |r| {
            r.masked();
            r.touch("orders/MyOrdersTest.java");
        },
        Passed,
        "masked",
    ),
    (
        "the change touches what the test covers",
        |r| {
            r.masked();
            r.known.near = Some("orders/sum.java");
            r.touch("orders/sum.java");
        },
        Failed,
        "the change touches `orders/sum.java`",
    ),
    (
        "what the change touches is not known",
        |r| {
            r.masked();
            r.touched.files = None;
        },
        Failed,
        "is not known",
    ),
    (
        "not known, but nothing is red",
        |r| {
            r.entry("adds");
            r.touched.files = None;
        },
        Passed,
        "passed",
    ),
    (
        "the change adds the entry itself",
        |r| {
            r.red("adds", &[KNOWN]);
            r.touched.entries_added.insert(key("adds").to_string());
        },
        Failed,
        "counts once it is merged",
    ),
    (
        "it adds one, and the base has one",
        |r| {
            r.masked();
            r.touched.entries_added.insert(key("adds").to_string());
        },
        Passed,
        "masked",
    ),
    (
        "the entry is over",
        |r| r.masked().expires = "2026-11-20".to_owned(),
        Failed,
        "its quarantine ended on 2026-11-20",
    ),
    ("it is the entry's last day", |r| r.masked().expires = TODAY.to_owned(), Passed, "masked"),
    ("it is the entry's first day", |r| r.masked().since = TODAY.to_owned(), Passed, "masked"),
    (
        "the entry begins tomorrow",
        |r| r.masked().since = "2026-11-22".to_owned(),
        Failed,
        "masks nothing before 2026-11-22",
    ),
    (
        "the entry is over, and its test passed",
        |r| r.entry("adds").expires = "2026-11-20".to_owned(),
        Overdue,
        ".throughline/quarantine.toml line 8: `acme.OrdersTest > adds` was in quarantine until 2026-11-20; ana",
    ),
    (
        "overdue, and a failure",
        |r| {
            r.entry("takes").expires = "2026-11-20".to_owned();
            r.red("adds", &[OTHER]);
        },
        Failed,
        "1 quarantine entry is overdue",
    ),
    (
        "overdue, a failure, and a gap",
        |r| {
            r.entry("takes").expires = "2026-11-20".to_owned();
            r.red("adds", &[OTHER]);
            r.gap(Gap::Truncated, 1, "it breaks off");
        },
        Unproven,
        "1 quarantine entry is overdue",
    ),
    (
        "clean for long enough, and red again",
        |r| {
            r.masked();
            r.clean(298, 0);
        },
        Failed,
        "released after 298 clean runs",
    ),
    (
        "clean for long enough",
        |r| {
            r.entry("adds");
            r.clean(298, 0);
        },
        Passed,
        "quarantine release",
    ),
    (
        "clean, and not for long enough",
        |r| {
            r.masked();
            r.clean(297, 0);
        },
        Passed,
        "297/298 clean",
    ),
    (
        "clean since it failed again",
        |r| {
            r.masked();
            r.clean(298, 1);
        },
        Passed,
        "298/",
    ),
    ("without history nothing is released", |r| r.masked().clean_runs = 1, Passed, "0/1 clean"),
    (
        "the machine failed, and the entry knows another reason",
        |r| {
            r.red("adds", &[OTHER]).infra = Some("network");
            r.entry("adds");
        },
        Failed,
        "the machine failed",
    ),
    (
        "more entries than the cap",
        |r| {
            r.quarantine.cap = Cap { tests: 1, ..Cap::default() };
            r.entry("adds");
            r.entry("takes").since = "2026-11-10".to_owned();
        },
        Overdue,
        "`acme.OrdersTest > takes` of ana (acme/api#412) is over the cap of 1",
    ),
    (
        "more entries than the share",
        |r| {
            r.known.tests = 100;
            for name in ["a", "b", "c"] {
                r.entry(name);
            }
        },
        Overdue,
        "over the cap of 2",
    ),
    (
        "one entry in a small suite",
        |r| {
            r.known.tests = 10;
            r.entry("adds");
        },
        Passed,
        "passed",
    ),
    (
        "no entry is allowed",
        |r| {
            r.quarantine.cap.share = 0.0;
            r.entry("adds");
        },
        Overdue,
        "over the cap of 0",
    ),
    (
        "a test over the cap is masked all the same",
        |r| {
            r.quarantine.cap.share = 0.0;
            r.masked();
        },
        Overdue,
        "masked",
    ),
];
