//! What to run again first, and the command lines for it.

use super::*;

fn failed(number: u8, rate: Option<f64>, breaks: f64, ms: u32) -> Failed {
    Failed {
        key: TestKey([number; 12]),
        test: TestName { name: format!("test {number}"), ..TestName::default() },
        rate,
        breaks,
        ms: Some(ms),
        suspects: false,
        machine: false,
    }
}

#[test]
fn what_tells_most_for_its_time_comes_first() {
    let advice = advise(
        &[
            // Never failed before, and this change touches it: it is real.
            failed(1, Some(1e-4), 0.5, 100),
            failed(2, Some(0.1), 0.1, 60_000),
            failed(3, Some(0.1), 0.1, 100),
        ],
        &[],
    );
    let order: Vec<_> = advice.iter().map(|one| one.test.name.as_str()).collect();
    assert_eq!(order, ["test 3", "test 2", "test 1"]);
    assert_eq!(advice[2].times, 0);
    assert!((advice[0].flake - 0.09 / 0.19).abs() < 1e-9);
}

#[test]
fn a_test_that_fails_rarely_needs_fewer_failures_to_be_believed() {
    let times = |rate| advise(&[failed(1, rate, 0.05, 100)], &[])[0].times;
    let all = [Some(0.01), Some(0.1), Some(0.3), None].map(times);
    assert!(all.is_sorted() && all[0] >= 1 && all[3] <= MOST, "{all:?}");
    assert_eq!(all[0], 1);
    assert!(all[3] > 5, "{all:?}");
}

#[test]
fn what_nobody_knows_of_is_not_called_a_flake_for_sure() {
    let advice = advise(&[failed(1, None, 0.0, 100)], &[]);
    assert!(advice[0].flake < SURE && advice[0].times > 0, "{advice:?}");
}

#[test]
fn suspects_and_machines_say_how() {
    let how = |suspects, machine| {
        advise(&[Failed { suspects, machine, ..failed(1, None, 0.1, 10) }], &[])[0].how
    };
    assert_eq!(
        [how(true, true), how(false, true), how(false, false)],
        [How::Alone, How::OtherMachine, How::Same]
    );
}

fn told(program: &str, class: &str, name: &str, file: &str) -> Option<String> {
    let program: Vec<String> = program.split(' ').map(str::to_owned).collect();
    let test = TestName {
        class: class.to_owned(),
        name: name.to_owned(),
        file: file.to_owned(),
        ..TestName::default()
    };
    command(&program, &test)
}

#[test]
fn runners_are_told_one_test() {
    for (program, class, name, file, wanted) in [
        (
            "pytest -x",
            "tests.test_a.TestB",
            "test_c[1-2]",
            "",
            "pytest 'tests/test_a.py::TestB::test_c[1-2]'",
        ),
        (
            "python -m pytest",
            "tests.test_a",
            "test_c",
            "tests/test_a.py",
            "pytest tests/test_a.py::test_c",
        ),
        (
            "go test ./...",
            "acme/api",
            "TestA/b_c",
            "",
            "go test acme/api -count=1 -run '^TestA$/^b_c$'",
        ),
        ("cargo test", "", "a::tests::b", "", "cargo test --workspace -- --exact a::tests::b"),
        ("cargo nextest run", "api", "a::b", "", "cargo nextest run -E 'test(=a::b)'"),
        ("npx jest", "Orders", "adds (2)", "", r"npx jest -t '^Orders adds \(2\)$'"),
        (
            "mvn verify",
            "acme.OrdersTest",
            "adds(int)[1]",
            "",
            "mvn '-Dtest=acme.OrdersTest#adds' -Dsurefire.failIfNoSpecifiedTests=false test",
        ),
        (
            "./gradlew test",
            "acme.OrdersTest",
            "adds",
            "",
            "./gradlew test --tests acme.OrdersTest.adds",
        ),
        ("ctest", "", "api.adds", "", r"ctest -R '^api\.adds$'"),
    ] {
        assert_eq!(told(program, class, name, file).as_deref(), Some(wanted));
    }
}

#[test]
fn what_a_name_holds_is_never_run() {
    let hostile = told("pytest", "t.a", "x'; rm -rf ~ #", "").unwrap();
    assert_eq!(hostile, r"pytest 't/a.py::x'\''; rm -rf ~ #'");
    assert_eq!(told("pytest", "t.a", "-p evil", ""), None);
    assert_eq!(told("pytest", "t.a", "a\nb", ""), None);
    assert_eq!(told("make check", "t.a", "b", ""), None);
}
