//! Android's compatibility test suite: `test_result.xml`.
//!
//! In: the elements of `Result`. Out: a case a `Test`. Start at [`Cts::begin`]. **Invariant:** a
//! module that was not done makes the report incomplete.

use tl_core::test::{Status, TestName};

use super::sink::{self, Sink};
use super::time;
use super::xml::{Elements, Tag, add, check, trim};
use super::{Case, Counts, Failure, Gap};

/// Reads the XML of the compatibility test suite.
#[derive(Debug, Default)]
pub(super) struct Cts {
    open: Vec<Kind>,
    module: Module,
    class: String,
    case: Option<Case>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Class,
    Test,
    Stack,
    Other,
}

/// The module that is open.
#[derive(Debug, Default)]
struct Module {
    name: String,
    line: u64,
    said: Option<u64>,
    counted: u64,
}

impl Elements for Cts {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let kind = match tag.name() {
            "Result" => {
                tag.each(|name, value| match name {
                    "start" | "end" => {
                        if let Some(at) = time::instant(&value) {
                            sink.instant(at);
                        }
                    }
                    "host_name" => sink.host(&value),
                    _ => {}
                });
                Kind::Other
            }
            "Summary" => {
                summary(tag, sink);
                Kind::Other
            }
            "Module" => {
                self.begin_module(tag, sink);
                Kind::Module
            }
            "TestCase" => {
                self.class = tag.get("name").unwrap_or_default();
                Kind::Class
            }
            "Test" if self.case.is_none() => {
                self.begin_case(tag, sink);
                Kind::Test
            }
            "Failure" => {
                if let (Some(case), Some(message)) = (&mut self.case, tag.get("message")) {
                    case.failure.get_or_insert_default().message = message;
                }
                Kind::Other
            }
            "StackTrace" => Kind::Stack,
            _ => Kind::Other,
        };
        self.open.push(kind);
    }

    fn wants_text(&self) -> bool {
        self.open.last() == Some(&Kind::Stack)
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        Some(self.case.as_mut()?.failure.get_or_insert_default())
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        if let Some(failure) = self.failure() {
            add(failure, text, sink.limits.text);
        }
    }

    fn end(&mut self, _name: &str, sink: &mut Sink) {
        match self.open.pop() {
            Some(Kind::Test) => self.end_case(true, sink),
            Some(Kind::Class) => self.class.clear(),
            Some(Kind::Module) => {
                let Module { name, line, said, counted } = std::mem::take(&mut self.module);
                if let Some(said) = said {
                    sink.compare(line, &format!("module `{name}`"), said, counted);
                }
            }
            Some(Kind::Stack | Kind::Other) | None => {}
        }
    }

    fn finish(&mut self, whole: bool, sink: &mut Sink) {
        self.end_case(whole, sink);
    }
}

impl Cts {
    fn begin_module(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut module = Module { line: sink.line, ..Module::default() };
        let (mut abi, mut done) = (String::new(), true);
        let well = tag.each(|name, value| match name {
            "name" => module.name = value.into_owned(),
            "abi" => abi = value.into_owned(),
            "done" => done = !value.eq_ignore_ascii_case("false"),
            "total_tests" => module.said = value.trim().parse().ok(),
            _ => {}
        });
        check(well, "Module", sink);
        sink::cut(&mut module.name, sink.limits.name);
        if !done {
            let what = format!("module `{}` was not done", module.name);
            sink.gap(Gap::NeverFinished, what, "run it again with `run retry`");
        }
        // One name: the module and its machine are no suites within one another.
        if !abi.is_empty() {
            module.name = format!("{} ({abi})", module.name);
        }
        sink.suite();
        self.module = module;
    }

    fn begin_case(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let suite = vec![self.module.name.clone()];
        let test = TestName { suite, class: self.class.clone(), ..TestName::default() };
        let mut case = sink::case(test, Status::Failed);
        let well = tag.each(|name, value| match name {
            "name" => case.test.name = value.into_owned(),
            "result" => {
                case.status = match value.to_ascii_lowercase().as_str() {
                    "pass" | "passed" => Status::Passed,
                    "assumption_failure" | "ignored" | "not_executed" | "notexecuted"
                    | "skipped" => Status::Skipped,
                    "error" => Status::Errored,
                    "incomplete" => Status::Unfinished,
                    _ => Status::Failed,
                }
            }
            _ => {}
        });
        check(well, "Test", sink);
        case.at_line = sink.line;
        self.module.counted += 1;
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

/// The sums that stand above all modules.
fn summary(tag: &Tag<'_>, sink: &mut Sink) {
    let mut said = Counts::default();
    tag.each(|name, value| {
        let number = value.trim().parse::<u64>().unwrap_or(0);
        match name {
            "pass" => said.passed = number,
            "failed" => said.failed = number,
            "warning" | "skipped" => said.skipped = said.skipped.saturating_add(number),
            _ => {}
        }
    });
    said.cases = said.passed.saturating_add(said.failed).saturating_add(said.skipped);
    sink.said(said);
}

#[cfg(test)]
mod tests;
