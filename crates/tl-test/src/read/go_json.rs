//! `go test -json`.
//!
//! In: an event a line, the packages mixed; lines that are none are the build's. Out: the cases of
//! each package when it is done. Start at [`GoJson`]. What tests print is read as well: older
//! versions of Go give a benchmark no events, and say of the last test before it that it prints.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use tl_core::test::Status;
use tl_core::time::Timestamp;

use super::Gap;
use super::go::{Package, Said, Verdict, not_built, said};
use super::go_text::GoText;
use super::json::value::{self, at, in_micros, plain, text};
use super::lines::Line;
use super::sink::{Sink, cut};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct GoJson {
    packages: BTreeMap<String, Open>,
    /// Errors of builds, by what was built: `acme/sums [acme/sums.test]`.
    builds: BTreeMap<String, String>,
    /// Lines that are no events.
    plain: GoText,
    has_plain: bool,
    done: u64,
}

/// A package whose tests are running.
#[derive(Debug, Default)]
struct Open {
    package: Package,
    /// Of the line that is not at its end: whose it is, and what it is.
    partial: (String, String),
    /// What it says that it is, when it could not be built.
    built: Option<&'static str>,
}

/// An event.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Event<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    package: Cow<'a, str>,
    #[serde(borrow)]
    import_path: Cow<'a, str>,
    #[serde(borrow)]
    test: Cow<'a, str>,
    #[serde(borrow)]
    output: Cow<'a, str>,
    #[serde(borrow)]
    failed_build: Cow<'a, str>,
    elapsed: Option<f64>,
}

impl Line for GoJson {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        if line.trim_start().starts_with('{') {
            if let Ok(event) = serde_json::from_str(line) {
                return self.event(&event, sink);
            }
            // Written by another hand, or half a line.
            match value::parse(line.as_bytes()) {
                Ok(all) if all.get("Action").is_some() => {
                    let event = Event {
                        time: text(&all, "Time").into(),
                        action: text(&all, "Action").into(),
                        package: text(&all, "Package").into(),
                        import_path: text(&all, "ImportPath").into(),
                        test: text(&all, "Test").into(),
                        output: plain(&all, "Output"),
                        failed_build: text(&all, "FailedBuild").into(),
                        elapsed: at(&all, "Elapsed").as_f64(),
                    };
                    return self.event(&event, sink);
                }
                Err(_) if line.contains("\"Action\"") => {
                    let what = "an event of the report cannot be read";
                    return sink.gap(Gap::Malformed, what, "hand over the whole report");
                }
                _ => {}
            }
        }
        if !line.trim().is_empty() {
            self.has_plain |= matches!(said(line), Said::Package { .. } | Said::Run(_));
            self.plain.line(line, sink);
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        for (name, mut open) in std::mem::take(&mut self.packages) {
            let what = format!("package `{name}` never ended");
            sink.gap(Gap::Truncated, what, "let `go test` finish");
            open.package.end(&name, Verdict::Unknown, sink);
        }
        if self.has_plain || self.done == 0 && sink.ending.remarks.is_empty() {
            self.plain.end(sink);
        }
    }
}

impl GoJson {
    fn event(&mut self, event: &Event<'_>, sink: &mut Sink) {
        let started = Timestamp::parse(&event.time).ok();
        if let Some(at) = started {
            sink.instant(at);
        }
        if event.action == "build-output" {
            let limit = sink.limits.text;
            let text = self.builds.entry(event.import_path.clone().into_owned()).or_default();
            if text.len() < limit {
                text.push_str(&event.output);
                cut(text, limit);
            }
            return;
        }
        // `test2json` was not told which package it is.
        if event.package.is_empty() && !event.import_path.is_empty() {
            return;
        }
        if !self.packages.contains_key(&*event.package) {
            self.packages.insert(event.package.clone().into_owned(), Open::default());
        }
        let Some(open) = self.packages.get_mut(&*event.package) else { return };
        let status = match &*event.action {
            "output" => return open.output(event, sink),
            "run" => return open.package.run(&event.test, started, sink.line),
            "pass" => Status::Passed,
            "fail" => Status::Failed,
            "skip" => Status::Skipped,
            // `start`, `pause`, `cont`, `bench`, `build-fail`, `attr`, `artifacts`.
            _ => return,
        };
        open.flush(sink);
        if !event.test.is_empty() {
            let micros = event.elapsed.and_then(in_micros);
            return open.package.done_by_event(&event.test, status, micros, sink.line);
        }
        self.done += 1;
        let Some(mut open) = self.packages.remove(&*event.package) else { return };
        let verdict = match status {
            Status::Failed => Verdict::Failed,
            Status::Skipped => Verdict::NoTests,
            _ => Verdict::Passed,
        };
        let failed_build = !event.failed_build.is_empty();
        match open.built.or_else(|| failed_build.then_some("[build failed]")) {
            Some(what) if verdict == Verdict::Failed => {
                sink.suite();
                let all = self.builds.get(&*event.failed_build).map_or("", String::as_str);
                // The head names the package that does not build: its tests may be another one.
                let of = match all.lines().next().map(said) {
                    Some(Said::Build { package, .. }) => package,
                    _ => &event.package,
                };
                sink.case(not_built(of, what, all));
            }
            _ => open.package.end(&event.package, verdict, sink),
        }
    }
}

impl Open {
    fn output(&mut self, event: &Event<'_>, sink: &Sink) {
        if self.partial.0 != event.test {
            self.flush(sink);
        }
        for part in event.output.split_inclusive('\n') {
            if self.partial.1.len() < sink.limits.text {
                self.partial.1.push_str(part);
            }
            self.partial.0 = event.test.to_string();
            if part.ends_with('\n') {
                self.flush(sink);
            }
        }
    }

    /// Takes the line that was printed, whole or not.
    fn flush(&mut self, sink: &Sink) {
        let (test, line) = std::mem::take(&mut self.partial);
        let line = line.strip_suffix('\n').unwrap_or(&line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() && test.is_empty() {
            return;
        }
        let limit = sink.limits.text;
        match said(line) {
            Said::Run(_) | Said::Turn(_) | Said::Pause(_) | Said::Bare(_) | Said::Build { .. } => {
                return;
            }
            Said::Done { before, name, status, micros } if self.package.is_open(name) => {
                if !before.trim().is_empty() {
                    self.package.text_by(name, before, limit);
                }
                return self.package.done(name, status, micros, sink.line);
            }
            Said::Benchmark(name) => return self.package.benchmark(name, sink.line),
            Said::Measured { name, times, nanos } => {
                return self.package.measured(name, times, nanos, sink.line);
            }
            Said::Package { rest, .. } => {
                let what = ["[build failed]", "[setup failed]"];
                self.built = what.into_iter().find(|what| rest.contains(what)).or(self.built);
                return;
            }
            Said::Done { .. } | Said::Text => {}
        }
        if test.is_empty() || self.package.is_in_benchmark() {
            self.package.turn_off_test();
            self.package.text(line, limit);
        } else {
            self.package.text_by(&test, line, limit);
        }
    }
}

#[cfg(test)]
mod tests;
