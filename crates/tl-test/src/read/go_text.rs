//! `go test` for people, with `-v` or without.
//!
//! In: its lines. Out: the cases of each package, when the line about the package is there: its
//! name stands nowhere else. Start at [`GoText`].

use tl_core::test::Status;

use super::go::{Package, Said, Verdict, not_built, said};
use super::lines::Line;
use super::sink::{Sink, cut};
use super::{Gap, Limits};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct GoText {
    package: Package,
    /// Errors of builds: of this package, for the tests of that one.
    builds: Vec<Build>,
    /// The lines that come belong to the last build.
    in_build: bool,
    packages: u64,
    /// The last line that said something of the tests was `PASS` or `FAIL`.
    bare: Option<Verdict>,
}

/// Errors of a build.
#[derive(Debug)]
struct Build {
    package: String,
    of: String,
    text: String,
}

/// Builds that are remembered.
const BUILDS: usize = 10_000;

impl Line for GoText {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        let limit = sink.limits.text;
        let what = said(line);
        if !matches!(what, Said::Text) {
            self.in_build = false;
        }
        match what {
            Said::Run(name) => self.package.run(name, None, sink.line),
            Said::Turn(name) => self.package.turn(name),
            Said::Pause(_) => self.package.turn(""),
            Said::Done { before, name, status, micros } => {
                let blank = before.bytes().all(|byte| byte == b' ' || byte == b'\t');
                let known = self.package.is_open(name);
                if !known && (!blank || micros.is_none() && status == Status::Passed) {
                    return self.package.text(line, limit);
                }
                if !blank {
                    self.package.text(before, limit);
                }
                self.package.done(name, status, micros, sink.line);
            }
            Said::Benchmark(name) => self.package.benchmark(name, sink.line),
            Said::Measured { name, times, nanos } => {
                self.package.measured(name, times, nanos, sink.line);
            }
            Said::Build { package, of } => self.build(package, of),
            Said::Package { verdict, name, rest } => self.done(verdict, name, rest, sink),
            Said::Bare(verdict) => {
                self.package.turn("");
                self.bare = Some(verdict);
                return;
            }
            Said::Text => return self.text(line, sink.limits),
        }
        self.bare = None;
    }

    fn end(&mut self, sink: &mut Sink) {
        if self.package.is_empty() && self.packages > 0 {
            return;
        }
        // The binary of the tests of one package does not know its name.
        let alone = self.packages == 0 && self.bare.is_some() && !self.package.is_empty();
        let verdict = self.bare.filter(|_| alone).unwrap_or(Verdict::Unknown);
        if self.package.is_empty() {
            sink.gap(Gap::Truncated, "no package was done", "let `go test` finish");
            return;
        }
        self.package.end("", verdict, sink);
        if !alone {
            let what = "there are tests without the line about their package";
            sink.gap(Gap::Truncated, what, "let `go test` finish");
        }
    }
}

impl GoText {
    fn text(&mut self, line: &str, limits: Limits) {
        match self.builds.last_mut().filter(|_| self.in_build) {
            Some(build) if build.text.len() < limits.text => {
                build.text.push_str(line);
                build.text.push('\n');
                cut(&mut build.text, limits.text);
            }
            Some(_) => {}
            None => self.package.text(line, limits.text),
        }
    }

    fn build(&mut self, package: &str, of: &str) {
        self.in_build = self.builds.len() < BUILDS;
        if self.in_build {
            let (package, of) = (package.to_owned(), of.to_owned());
            self.builds.push(Build { package, of, text: String::new() });
        }
    }

    fn done(&mut self, verdict: Verdict, name: &str, rest: &str, sink: &mut Sink) {
        self.packages += 1;
        let what =
            ["[build failed]", "[setup failed]"].into_iter().find(|what| rest.contains(what));
        if let Some(what) = what.filter(|_| verdict == Verdict::Failed) {
            sink.suite();
            let (mine, others): (Vec<_>, Vec<_>) =
                self.builds.drain(..).partition(|build| build.of == name || build.package == name);
            self.builds = others;
            for build in &mine {
                sink.case(not_built(&build.package, what, &build.text));
            }
            if mine.is_empty() {
                sink.case(not_built(name, what, ""));
            }
            return;
        }
        if verdict == Verdict::NoTests {
            return sink.suite();
        }
        self.package.end(name, verdict, sink);
    }
}

#[cfg(test)]
mod tests;
