use proptest::prelude::*;

use super::*;

fn named(suite: &[&str], class: &str, name: &str, file: &str) -> TestName {
    TestName {
        suite: suite.iter().map(|part| (*part).to_owned()).collect(),
        class: class.to_owned(),
        name: name.to_owned(),
        file: file.to_owned(),
    }
}

#[test]
fn what_changes_from_run_to_run_is_masked() {
    for (raw, stable) in [
        ("frees 0x7ffee4c0a1b2", "frees <address>"),
        ("frees 0XABCDEFABC", "frees <address>"),
        ("reads 3f1c9aa0-d277-4b20-a9c4-0123456789ab", "reads <uuid>"),
        ("reads abcdefab-cdef-abcd-efab-abcdefabcdef", "reads <uuid>"),
        ("TestAcme-20251114214921", "TestAcme-<time>"),
        ("at 1763160561000", "at <time>"),
        ("at 2025-11-14T21:49:21.123Z", "at <time>"),
        ("Order@1b2c3d4e is sent", "Order@<hash> is sent"),
        ("gets http://127.0.0.1:43817/x", "gets http://127.0.0.1:<port>/x"),
        ("writes /tmp/tmp8x2k1/a.txt", "writes <tmp>/a.txt"),
        ("writes /var/folders/x1/y2/T/abc/a.txt", "writes <tmp>/a.txt"),
    ] {
        assert_eq!(masked(raw), stable);
    }
}

#[test]
fn what_tells_tests_apart_stays() {
    for raw in [
        "test[3]",
        "adds 12",
        "on 2025-11-14",
        "port 8080",
        "0x1f",
        "mail ana@acme",
        "v1.2.3",
        "12345",
        "a.b:c",
        "leap year 20240229",
        "case-with-many-dashes-in-it",
    ] {
        assert_eq!(masked(raw), raw);
    }
}

#[test]
fn the_outermost_suite_is_left_out_where_it_names_the_run() {
    let key = |suite: &[&str]| key(&named(suite, "acme.Sums", "adds", ""));
    assert_eq!(key(&["pytest"]), key(&[]));
    assert_eq!(key(&["jest tests", "Sums"]), key(&["run of Tuesday", "Sums"]));
    assert_ne!(key(&["Sums"]), key(&["Products"]));
    assert_ne!(key(&["x", "Sums"]), key(&["x", "Products"]));
}

#[test]
fn the_file_counts_only_where_there_is_no_class() {
    let one = named(&[], "acme.Sums", "adds", "a/Sums.java");
    assert_eq!(key(&one), key(&TestName { file: "b/Sums.java".to_owned(), ..one }));
    let one = named(&[], "", "adds", "a/sums.rs");
    assert_ne!(key(&one), key(&TestName { file: "b/sums.rs".to_owned(), ..one.clone() }));
    assert_eq!(key(&one), key(&TestName { file: "a\\sums.rs".to_owned(), ..one }));
    let at = |file: &str| key(&named(&[], "", "adds", file));
    assert_eq!(at("/src/one/acme/tests/sums.robot"), at("C:\\two\\acme\\tests\\sums.robot"));
}

#[test]
fn parts_do_not_run_into_one_another() {
    assert_ne!(key(&named(&[], "ab", "c", "")), key(&named(&[], "a", "bc", "")));
    assert_ne!(key(&named(&["a", "b", "c"], "", "d", "")), key(&named(&["a", "b"], "c", "d", "")));
}

/// Keys are stored: what changes here, makes every test of every history a new one.
#[test]
fn a_key_is_what_it_always_was() {
    let key = key(&named(&["pytest"], "tests.test_sums", "adds[1-2]", ""));
    assert_eq!(key.to_string(), "ee46fbbdce249c39fea9fdee");
}

proptest! {
    #[test]
    fn a_stable_name_is_its_own(text in "[-a-f0-9x@:./ T<>]{0,60}") {
        let once = masked(&text).into_owned();
        prop_assert_eq!(masked(&once).into_owned(), once.clone());
    }

    #[test]
    fn no_name_is_too_odd(name in ".{0,60}", class in ".{0,20}") {
        let _key = key(&named(&[&class, &name], &class, &name, &name));
    }

    /// What is not looked at closely has nothing to mask.
    #[test]
    fn the_quick_look_misses_nothing(text in "[-a-f0-9xX@:./ Tmp]{0,60}") {
        let trimmed = text.trim();
        if !may_change(trimmed) {
            prop_assert!(VOLATILE.iter().all(|(pattern, _)| !pattern.is_match(trimmed)), "{}", text);
        }
    }
}
