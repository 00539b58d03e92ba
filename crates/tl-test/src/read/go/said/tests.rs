use super::*;

#[test]
fn a_line_of_go_says_what_it_is() {
    let micros = Some(60_000);
    for (line, expected) in [
        ("=== RUN   TestA/b_c", Said::Run("TestA/b_c")),
        ("=== RUN TestA", Said::Run("TestA")),
        ("=== NAME  TestA", Said::Turn("TestA")),
        ("=== CONT  ", Said::Turn("")),
        ("=== PAUSE TestA", Said::Pause("TestA")),
        ("FAIL", Said::Bare(Verdict::Failed)),
        (
            "    --- SKIP: TestA/b (0.06s)",
            Said::Done { before: "    ", name: "TestA/b", status: Status::Skipped, micros },
        ),
        (
            "text--- PASS: TestA (0.06 seconds)",
            Said::Done { before: "text", name: "TestA", status: Status::Passed, micros },
        ),
        ("BenchmarkA", Said::Benchmark("BenchmarkA")),
        (
            "BenchmarkA/x-8 \t 10\t 12.5 ns/op\t 3 B/op",
            Said::Measured { name: "BenchmarkA/x-8", times: 10.0, nanos: 12.5 },
        ),
        ("# a/b_test [a/b.test]", Said::Build { package: "a/b_test", of: "a/b" }),
        (
            "ok  \ta/b\t(cached)\tcoverage: 1% of statements",
            Said::Package {
                verdict: Verdict::Passed,
                name: "a/b",
                rest: "(cached)\tcoverage: 1% of statements",
            },
        ),
        (
            "FAIL\ta/b [build failed]",
            Said::Package { verdict: Verdict::Failed, name: "a/b", rest: "[build failed]" },
        ),
        (
            "?   \ta/b\t[no test files]",
            Said::Package { verdict: Verdict::NoTests, name: "a/b", rest: "[no test files]" },
        ),
    ] {
        assert_eq!(said(line), expected, "{line}");
    }
}

#[test]
fn prose_is_text() {
    for line in
        ["ok, so what", "FAIL to see", "FAIL a b c", "--- FAIL: it was (odd)", "# a b c", ""]
    {
        assert_eq!(said(line), Said::Text, "{line}");
    }
    assert_eq!(said("--- FAIL: two words (0.1s)"), Said::Text);
}
