//! JUnit XML: when each suite of tests ran, for how long, and how it ended.
//!
//! In: a report of any runner that writes `testsuite` elements with `timestamp` and `time`. Out: a
//! `tests.finished` for each suite with cases of its own. Start at `Suites::step`.
//! **Invariants:** a DOCTYPE is refused, so no entity is ever expanded; depth and the size of one
//! text are limited.

use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};
use tl_core::event::Event;
use tl_core::fact::{TestsFinished, kind, role};
use tl_core::time::Millis;

use super::RECORD_LIMIT;
use super::sink::Sink;
use super::text::Text;

/// Deepest nesting: real reports have about ten.
const DEPTH: usize = 128;

/// The suites of one report.
pub(super) struct Suites<R: BufRead> {
    reader: Reader<Counted<Text<R>>>,
    buffer: Vec<u8>,
    open: Vec<Suite>,
    depth: usize,
    /// Whether any element of a report was seen.
    known: bool,
    /// When the whole began, for suites that do not say it themselves.
    began: String,
}

/// One `testsuite` that is open.
#[derive(Debug, Default)]
struct Suite {
    line: u64,
    name: String,
    timestamp: String,
    time: Option<f64>,
    /// As its attributes say: cases, failures, errors, skipped.
    said: [Option<u64>; 4],
    /// As its own cases say.
    counted: [u64; 4],
    /// Seconds of its own cases.
    seconds: f64,
    /// Suites within it.
    parts: u64,
}

impl<R: BufRead> Suites<R> {
    pub(super) fn new(text: Text<R>) -> Self {
        let mut reader = Reader::from_reader(Counted { from: text, lines: 0, since: 0 });
        // `&` where `&amp;` was meant is common in names of tests.
        reader.config_mut().allow_dangling_amp = true;
        let (buffer, open, began) = (Vec::new(), Vec::new(), String::new());
        Self { reader, buffer, open, depth: 0, known: false, began }
    }

    /// Reads one element or text; false at the end.
    pub(super) fn step(&mut self, sink: &mut Sink) -> io::Result<bool> {
        self.buffer.clear();
        self.reader.get_mut().since = 0;
        let line = self.reader.get_ref().lines + 1;
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = self.reader.read_event_into(&mut buffer);
        let more = match read {
            Ok(Xml::Start(element)) => {
                self.depth += 1;
                self.begin(&element, line);
                self.depth <= DEPTH || refuse(sink, line, "elements are nested too deep")
            }
            Ok(Xml::Empty(element)) => {
                self.begin(&element, line);
                self.end(element.name().as_ref(), sink);
                true
            }
            Ok(Xml::End(element)) => {
                self.depth = self.depth.saturating_sub(1);
                self.end(element.name().as_ref(), sink);
                true
            }
            Ok(Xml::DocType(_)) => refuse(sink, line, "the report has a DOCTYPE"),
            Ok(Xml::Eof) => {
                if self.depth > 0 {
                    refuse(sink, line, "the report ends before its elements do");
                } else if !self.known {
                    refuse(sink, line, "the XML has no `testsuite`");
                }
                false
            }
            Ok(_) => true,
            Err(quick_xml::Error::Io(wrong)) if wrong.kind() != io::ErrorKind::InvalidData => {
                return Err(io::Error::new(wrong.kind(), wrong.to_string()));
            }
            Err(wrong) => {
                sink.at(line).left_out(
                    format!("the report cannot be read further: {wrong}"),
                    "write it again as well-formed UTF-8 XML, without captured output",
                );
                false
            }
        };
        self.buffer = buffer;
        Ok(more)
    }

    fn begin(&mut self, element: &BytesStart<'_>, line: u64) {
        let attribute = |wanted: &str| {
            let mut all = element.attributes();
            all.with_checks(false);
            let found = all.flatten().find(|attribute| attribute.key.as_ref() == wanted)?;
            let value = found.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            Some(value.map_or_else(|_| found.value.to_string(), |value| value.into_owned()))
        };
        let number = |wanted: &str| attribute(wanted)?.trim().parse::<u64>().ok();
        match element.name().as_ref() {
            "testsuites" => {
                self.known = true;
                self.began = attribute("timestamp").unwrap_or_default();
            }
            "testsuite" => {
                self.known = true;
                if let Some(whole) = self.open.last_mut() {
                    whole.parts += 1;
                }
                // Some runners say it of the whole alone.
                let whole = self.open.last().map_or(&self.began, |whole| &whole.timestamp);
                let timestamp = attribute("timestamp").unwrap_or_else(|| whole.clone());
                self.open.push(Suite {
                    line,
                    name: attribute("name").unwrap_or_default(),
                    timestamp,
                    time: attribute("time").and_then(|text| seconds(&text)),
                    said: ["tests", "failures", "errors", "skipped"].map(number),
                    ..Suite::default()
                });
            }
            "testcase" => {
                let taken = attribute("time").and_then(|text| seconds(&text)).unwrap_or(0.0);
                if let Some(suite) = self.open.last_mut() {
                    suite.counted[0] += 1;
                    suite.seconds += taken;
                }
            }
            name => {
                let of = ["", "failure", "error", "skipped"].iter().position(|what| *what == name);
                if let (Some(index), Some(suite)) = (of, self.open.last_mut()) {
                    suite.counted[index] += 1;
                }
            }
        }
    }

    fn end(&mut self, name: &str, sink: &mut Sink) {
        if name != "testsuite" {
            return;
        }
        let Some(suite) = self.open.pop() else { return };
        let own = suite.counted[0] > 0;
        // A suite that only holds others says their sums: each of them speaks for itself.
        if own || suite.parts == 0 && suite.said[0].is_some_and(|tests| tests > 0) {
            finished(&suite, own, sink.at(suite.line));
        }
    }
}

/// One suite as an event at its end.
fn finished(suite: &Suite, own: bool, sink: &mut Sink) {
    let seconds = suite.time.filter(|time| *time >= 0.0).unwrap_or(suite.seconds.max(0.0));
    let lasted = Millis::new((seconds * 1000.0).min(1e12) as i64);
    let began = match sink.options.written {
        // The report is written when the last suite has ended.
        Some(written) if suite.timestamp.is_empty() => {
            let what = "suites without a timestamp ended when the report was written".to_owned();
            sink.kept_once(what, "let the runner write `timestamp`, as most do");
            Ok(written - lasted)
        }
        None if suite.timestamp.is_empty() => {
            return sink.left_out(
                format!("suite `{}` has no timestamp", suite.name),
                "let the runner write `timestamp`, as most do, or give the report as a file",
            );
        }
        _ => sink.instant(&suite.timestamp),
    };
    let began = match began {
        Ok(at) => at,
        Err(wrong) => return sink.left_out(&wrong, wrong.mend()),
    };
    if suite.time.is_some_and(|time| time < 0.0) {
        let what = format!("suite `{}` took less than no time", suite.name);
        sink.kept(what, "the sum of its cases stands for it");
    }
    // With suites inside, the attributes also count theirs.
    let told = |index: usize| match suite.said[index] {
        Some(said) if suite.parts == 0 => said,
        _ if own => suite.counted[index],
        said => said.unwrap_or(0),
    };
    let commit = sink.options.commit.clone();
    let key = format!("suite/{commit}/{}/{}", suite.name, began.as_millis());
    let subject = format!("suite:{}", suite.name);
    let event = Event::new(kind::TESTS_FINISHED, began + lasted, "junit", &key, &subject)
        .about(role::COMMIT, commit)
        .about(role::REPOSITORY, sink.options.scope.as_str())
        .with(&TestsFinished {
            suite: suite.name.clone(),
            tests: told(0),
            failures: told(1),
            errors: told(2),
            skipped: told(3),
            seconds,
        });
    sink.event(event);
}

/// Says why nothing more is read.
fn refuse(sink: &mut Sink, line: u64, what: &str) -> bool {
    sink.at(line).left_out(what, "give a JUnit report as test runners write it");
    false
}

/// Seconds; some runners write thousands with commas.
fn seconds(text: &str) -> Option<f64> {
    text.trim().replace(',', "").parse::<f64>().ok().filter(|seconds| seconds.is_finite())
}

/// Counts lines, and the bytes of one element or text, which it limits.
struct Counted<R> {
    from: R,
    lines: u64,
    since: usize,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut from = self.fill_buf()?;
        let read = from.read(to)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > RECORD_LIMIT {
            let what = "a text or element over the limit of 16 MiB";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        self.from.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed is still in the buffer: this reads nothing.
        if let Ok(bytes) = self.from.fill_buf() {
            let seen = &bytes[..amount.min(bytes.len())];
            self.lines += seen.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.since += amount;
        self.from.consume(amount);
    }
}
