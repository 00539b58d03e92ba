//! xUnit.net: XML of its version 2 and later.
//!
//! In: the elements of `assemblies` or `assembly`. Out: a case a `test`, and one for each error
//! outside of them. Start at [`Xunit::begin`].

use tl_core::test::{Status, TestName};

use super::sink::{self, Sink};
use super::time;
use super::xml::{Elements, Tag, add_to, check, trim};
use super::{Case, Counts, Failure};

/// Reads xUnit.net's XML.
#[derive(Debug, Default)]
pub(super) struct Xunit {
    open: Vec<Kind>,
    assembly: Assembly,
    case: Option<Case>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Assembly,
    /// A `test`, or an `error` outside of them.
    Case,
    Failure,
    Message,
    Stack,
    Other,
}

/// The assembly that is open.
#[derive(Debug, Default)]
struct Assembly {
    name: String,
    line: u64,
    said: Option<u64>,
    counted: u64,
}

impl Elements for Xunit {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let parent = self.open.last().copied();
        let kind = match (tag.name(), parent) {
            ("assembly", _) => {
                self.begin_assembly(tag, sink);
                Kind::Assembly
            }
            ("test", _) if self.case.is_none() => {
                self.begin_case(tag, sink);
                Kind::Case
            }
            ("error", _) if self.case.is_none() => {
                self.begin_error(tag, sink);
                Kind::Case
            }
            ("failure", Some(Kind::Case)) => {
                if let (Some(case), Some(class)) = (&mut self.case, tag.get("exception-type")) {
                    case.failure.get_or_insert_default().class = class;
                }
                Kind::Failure
            }
            ("reason", Some(Kind::Case)) | ("message", Some(Kind::Failure)) => Kind::Message,
            ("stack-trace", Some(Kind::Failure)) => Kind::Stack,
            _ => Kind::Other,
        };
        self.open.push(kind);
    }

    fn wants_text(&self) -> bool {
        matches!(self.open.last(), Some(Kind::Message | Kind::Stack))
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        Some(self.case.as_mut()?.failure.get_or_insert_default())
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        let is_message = self.open.last() == Some(&Kind::Message);
        let Some(failure) = self.failure() else { return };
        add_to(failure, is_message, text, sink.limits.text);
    }

    fn end(&mut self, _name: &str, sink: &mut Sink) {
        match self.open.pop() {
            Some(Kind::Case) => self.end_case(true, sink),
            Some(Kind::Assembly) => {
                let Assembly { name, line, said, counted } = std::mem::take(&mut self.assembly);
                if let Some(said) = said {
                    sink.compare(line, &format!("assembly `{name}`"), said, counted);
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, whole: bool, sink: &mut Sink) {
        self.end_case(whole, sink);
    }
}

impl Xunit {
    fn begin_assembly(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut assembly = Assembly { line: sink.line, ..Assembly::default() };
        let mut said = Counts::default();
        let (mut date, mut clock) = (String::new(), String::new());
        let well = tag.each(|name, value| {
            let number = value.trim().parse::<u64>().ok();
            match name {
                "name" => assembly.name = value.into_owned(),
                "total" => assembly.said = number,
                "passed" => said.passed = number.unwrap_or(0),
                "failed" => said.failed = number.unwrap_or(0),
                "errors" => said.errored = number.unwrap_or(0),
                "skipped" | "not-run" => {
                    said.skipped = said.skipped.saturating_add(number.unwrap_or(0));
                }
                "run-date" => date = value.into_owned(),
                "run-time" => clock = value.into_owned(),
                _ => {}
            }
        });
        check(well, "assembly", sink);
        if let Some(at) = assembly.name.rfind(['/', '\\']) {
            assembly.name.drain(..=at);
        }
        sink::cut(&mut assembly.name, sink.limits.name);
        if let Some(at) = time::instant(&format!("{date}T{clock}")) {
            sink.instant(at);
        }
        if let Some(cases) = assembly.said {
            sink.said(Counts { cases, ..said });
        }
        sink.suite();
        self.assembly = assembly;
    }

    fn begin_case(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut case = sink::case(TestName::default(), Status::Failed);
        let (mut method, mut rtf) = (String::new(), None);
        let well = tag.each(|name, value| match name {
            "name" => case.test.name = value.into_owned(),
            "type" => case.test.class = value.into_owned(),
            "method" => method = value.into_owned(),
            "result" => case.status = status(&value),
            "time" => case.micros = time::seconds(&value),
            "time-rtf" => rtf = time::clock(&value),
            "source-file" => case.test.file = value.into_owned(),
            "source-line" => case.line = value.trim().parse().ok(),
            _ => {}
        });
        check(well, "test", sink);
        // The roundtrip form is exact.
        case.micros = rtf.or(case.micros);
        let TestName { class, name, suite, .. } = &mut case.test;
        let own = name.strip_prefix(class.as_str()).and_then(|rest| rest.strip_prefix('.'));
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            *name = own.to_owned();
        } else if name.is_empty() {
            *name = method;
        }
        *suite = vec![self.assembly.name.clone()];
        case.at_line = sink.line;
        self.assembly.counted += 1;
        self.case = Some(case);
    }

    /// What broke outside of tests: a fixture, the assembly's own cleanup.
    fn begin_error(&mut self, tag: &Tag<'_>, sink: &Sink) {
        let place = tag.get("type").unwrap_or_default();
        let name = tag.get("name").filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| format!("[{place}]"));
        let suite = vec![self.assembly.name.clone()];
        let test = TestName { suite, name, ..TestName::default() };
        let mut case = sink::case(test, Status::Errored);
        case.at_line = sink.line;
        self.case = Some(case);
    }

    fn end_case(&mut self, whole: bool, sink: &mut Sink) {
        let Some(mut case) = self.case.take() else { return };
        if !whole {
            case.status = Status::Unfinished;
        }
        if let Some(Failure { message, text, .. }) = &mut case.failure {
            trim(message);
            trim(text);
        }
        sink.case(case);
    }
}

/// What a result means; one that is not known is red.
fn status(result: &str) -> Status {
    match result {
        "Pass" => Status::Passed,
        "Skip" | "NotRun" => Status::Skipped,
        _ => Status::Failed,
    }
}

#[cfg(test)]
mod tests;
