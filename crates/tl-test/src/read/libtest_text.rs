//! libtest for people: what `cargo test` prints.
//!
//! In: its lines. Out: a case for each test, when the `test result` of its binary is there: why a
//! test failed stands behind all of them. Start at [`LibtestText`].

use std::collections::HashMap;

use tl_core::test::Status;

use super::json::value::message;
use super::libtest::{of_rust, panicked};
use super::lines::Line;
use super::sink::{Sink, case, cut};
use super::{Case, Failure, Gap};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct LibtestText {
    /// Binary that runs, without the hash of its build.
    binary: String,
    /// How many tests it says that it has.
    said: Option<u64>,
    counted: u64,
    /// Failed tests of it, and where each is.
    failed: Vec<(String, u64)>,
    /// What they wrote.
    written: HashMap<String, String>,
    /// The test whose output comes: behind all tests, under `failures:`.
    section: Option<String>,
    /// A test whose result is on another line: it wrote something itself.
    torn: Option<(String, u64)>,
    /// Tests whose result was not found in what they wrote: the counts at the end decide.
    lost: Vec<(String, u64)>,
    results: u64,
}

impl Line for LibtestText {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        let bare = line.trim_end();
        if let Some(count) = running(bare) {
            self.close(sink);
            sink.suite();
            self.said = Some(count);
        } else if let Some(rest) = bare.strip_prefix("test result: ") {
            self.result(rest, sink);
        } else if let Some(binary) = binary(bare.trim_start()) {
            self.close(sink);
            self.binary = binary;
        } else if let Some(name) =
            bare.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" ----"))
        {
            let name = name.rsplit_once(' ').map_or(name, |(name, _)| name);
            self.section = Some(name.to_owned());
        } else if bare == "failures:" {
            self.section = None;
        } else if let Some(name) = &self.section {
            let written = self.written.entry(name.clone()).or_default();
            if written.len() < sink.limits.text {
                written.push_str(line);
                written.push('\n');
                cut(written, sink.limits.text);
            }
        } else {
            self.test(bare, sink);
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.close(sink);
        if self.results == 0 {
            sink.gap(Gap::Truncated, "there is no `test result`", "let the tests finish");
        }
    }
}

impl LibtestText {
    fn test(&mut self, line: &str, sink: &mut Sink) {
        if let Some((name, at_line)) = self.torn.take() {
            // A result stands on a line of its own, or, if it is bad, behind what the test wrote:
            // that something ends with `ok` says nothing.
            let said = word(line).filter(|word| {
                let rest = &line[word.len()..];
                rest.is_empty() || rest.starts_with(" <") || rest.starts_with(", ")
            });
            let said = said.map(|_| line).or_else(|| line.ends_with("FAILED").then_some("FAILED"));
            match said {
                Some(said) => return self.done(&name, said, at_line, sink),
                None if !line.starts_with("test ") => {
                    self.torn = Some((name, at_line));
                    return;
                }
                None => self.lost.push((name, at_line)),
            }
        }
        let Some(rest) = line.strip_prefix("test ") else { return };
        let Some((name, said)) =
            rest.split_once(" ... ").or_else(|| Some((rest.strip_suffix(" ...")?, "")))
        else {
            return;
        };
        match word(said) {
            Some(_) => self.done(name, said, sink.line, sink),
            None if said.ends_with("FAILED") => self.done(name, "FAILED", sink.line, sink),
            None => self.torn = Some((name.to_owned(), sink.line)),
        }
    }

    fn done(&mut self, name: &str, said: &str, at_line: u64, sink: &mut Sink) {
        let status = match word(said) {
            Some("FAILED") => {
                self.counted += 1;
                self.failed.push((name.to_owned(), at_line));
                return;
            }
            Some("ignored") => Status::Skipped,
            _ => Status::Passed,
        };
        self.counted += 1;
        let why = said.strip_prefix("ignored, ").filter(|why| !why.is_empty());
        let failure = why.map(message);
        sink.case(Case { failure, at_line, ..case(of_rust(&self.binary, name), status) });
    }

    fn unfinished(&mut self, name: &str, at_line: u64, sink: &mut Sink) {
        self.counted += 1;
        let failure = Some(message("it never ended"));
        let red = case(of_rust(&self.binary, name), Status::Unfinished);
        sink.case(Case { failure, at_line, ..red });
    }

    /// `ok. 3 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.00s`
    fn result(&mut self, rest: &str, sink: &mut Sink) {
        self.results += 1;
        let number = |what: &str| {
            let part = rest.split(['.', ';']).map(str::trim).find(|part| part.ends_with(what));
            part.and_then(|part| part.split(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        let said = ["passed", "failed", "ignored", "measured"].into_iter().map(number).sum();
        self.said = Some(self.said.map_or(said, |count| count.max(said)));
        let (failed, counted) = (number("failed"), self.failed.len() as u64);
        self.lost.extend(self.torn.take());
        if failed == counted {
            // All that failed is known, so the others passed.
            for (name, at_line) in std::mem::take(&mut self.lost) {
                self.counted += 1;
                let passed = case(of_rust(&self.binary, &name), Status::Passed);
                sink.case(Case { at_line, ..passed });
            }
        } else {
            let of = format!("failures of `{}`: the result", self.binary);
            sink.compare(sink.line, &of, failed, counted + self.lost.len() as u64);
        }
        self.flush(sink);
    }

    /// The next binary begins, or the report is over, without a result of the last.
    fn close(&mut self, sink: &mut Sink) {
        if self.said.is_some() || self.torn.is_some() || !self.failed.is_empty() {
            let what = format!("the tests of `{}` have no result", self.binary);
            sink.gap(Gap::NeverFinished, what, "see why the process of the tests ended");
            self.flush(sink);
        }
    }

    /// Hands on the failed tests, and compares the counts.
    fn flush(&mut self, sink: &mut Sink) {
        self.lost.extend(self.torn.take());
        for (name, at_line) in std::mem::take(&mut self.lost) {
            self.unfinished(&name, at_line, sink);
        }
        let mut written = std::mem::take(&mut self.written);
        for (name, at_line) in std::mem::take(&mut self.failed) {
            let failure = written.remove(&name).map(|out| panicked(&out));
            let failure = failure.or_else(|| Some(Failure::default()));
            let red = case(of_rust(&self.binary, &name), Status::Failed);
            sink.case(Case { failure, at_line, ..red });
        }
        self.section = None;
        if let Some(said) = self.said.take() {
            let of = format!("the result of `{}`", self.binary);
            sink.compare(sink.line, &of, said, self.counted);
        }
        self.counted = 0;
    }
}

/// `running 12 tests`
fn running(line: &str) -> Option<u64> {
    let (count, "test" | "tests") = line.strip_prefix("running ")?.split_once(' ')? else {
        return None;
    };
    count.parse().ok()
}

/// What a result begins with, where it is one.
fn word(said: &str) -> Option<&'static str> {
    ["ok", "FAILED", "ignored", "bench:"].into_iter().find(|word| said.starts_with(word))
}

/// `Running unittests src/lib.rs (target/debug/deps/sums-0123456789abcdef)`, `Doc-tests sums`
fn binary(line: &str) -> Option<String> {
    if let Some(of) = line.strip_prefix("Doc-tests ") {
        return Some(format!("doc {}", of.trim()));
    }
    let path = line.strip_prefix("Running ")?.rsplit_once('(')?.1.strip_suffix(')')?;
    let file = path.rsplit(['/', '\\']).next()?;
    let file = file.strip_suffix(".exe").unwrap_or(file);
    let name = match file.rsplit_once('-') {
        Some((name, hash)) if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => file,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests;
