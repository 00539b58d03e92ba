//! Formats of lines for people, by the first line that only one of them writes.

use super::super::go;
use super::Format;

/// The format of these lines.
pub(super) fn look(text: &str) -> Option<Format> {
    text.lines().find_map(line)
}

fn line(line: &str) -> Option<Format> {
    let line = line.trim_end();
    let bare = line.trim_start();
    if line.starts_with("TAP version ") || is_plan(line) || is_point(line) {
        return Some(Format::Tap);
    }
    let running = line.strip_prefix("running ").and_then(|rest| rest.split_once(' '));
    if let Some((count, "test" | "tests")) = running
        && count.parse::<u64>().is_ok()
    {
        return Some(Format::LibtestText);
    }
    if line.starts_with("test result: ") || is_libtest(line) {
        return Some(Format::LibtestText);
    }
    let go = ["=== RUN ", "=== PAUSE ", "=== CONT ", "--- PASS: ", "--- FAIL: ", "--- SKIP: "]
        .into_iter()
        .chain(["--- BENCH: "]);
    let verdict = ["ok  \t", "FAIL\t", "?   \t", "---\t"];
    let benchmark = bare.starts_with("Benchmark") && line.contains(" ns/op");
    if go.into_iter().any(|start| bare.starts_with(start))
        || verdict.into_iter().any(|start| line.starts_with(start))
        || benchmark
        || matches!(go::said(line), go::Said::Package { .. })
        || line.strip_prefix("goos: ").is_some_and(|os| !os.contains(' '))
    {
        return Some(Format::GoText);
    }
    None
}

/// `1..12`
fn is_plan(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("1..") else { return false };
    let number = rest.split([' ', '#']).next().unwrap_or_default();
    !number.is_empty() && number.len() < 10 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// `ok 1 - adds`, `not ok 2`
fn is_point(line: &str) -> bool {
    let rest = line.strip_prefix("not ok").or_else(|| line.strip_prefix("ok"));
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix(' ')) else { return false };
    rest.starts_with(|sign: char| sign.is_ascii_digit())
}

/// `test sums::adds ... ok`
fn is_libtest(line: &str) -> bool {
    let Some((_, end)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
    else {
        return false;
    };
    ["ok", "FAILED", "ignored", "bench:"].into_iter().any(|word| end.starts_with(word))
}
