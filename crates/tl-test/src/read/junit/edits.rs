//! What to change in the bytes of a JUnit report so that masked cases count as skipped.
//!
//! In: the report, and which tests are masked. Out: [`Edit`]s by their place. Start at [`edits`].
//! **Invariants:** names are those that the reader gives; what cannot be read as UTF-8 XML is not
//! changed; memory grows with the masked cases alone.

use std::io::{self, BufRead};

use quick_xml::events::BytesStart;
use tl_core::test::TestKey;

use super::Junit;
use crate::read::sink::{self, Sink};
use crate::read::xml::{Elements as _, Tag, local};
use crate::read::{Format, Limits, name};

mod scan;

use scan::Scan;

/// Bytes of a report that are others afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The first one.
    pub(crate) at: u64,
    /// How many of them.
    pub(crate) len: u64,
    /// What stands there instead.
    pub(crate) with: String,
}

/// What the elements around a case say of failures.
#[derive(Debug, Default)]
struct Counts {
    /// Where the value of each attribute stands, and what it is.
    failures: Option<(u64, String)>,
    errors: Option<(u64, String)>,
    skipped: Option<(u64, String)>,
    /// Masked cases within it that failed, and that broke.
    failed: u64,
    errored: u64,
}

/// A case that is open.
#[derive(Debug, Default)]
struct Open {
    /// What is said of it, where it is masked; `None` until it was asked.
    reason: Option<Option<String>>,
    marked: bool,
    errored: bool,
    /// How many edits there were before it.
    before: usize,
}

/// Reads a report as its reader does, and notes what is to change.
struct Editor<'m> {
    reader: Junit,
    sink: Sink,
    masked: &'m dyn Fn(&TestKey) -> Option<String>,
    around: Vec<Counts>,
    case: Open,
    edits: Vec<Edit>,
    count: u64,
}

/// The edits that make masked cases skipped ones, by their place; and how many cases that are.
pub(crate) fn edits(
    input: impl BufRead,
    masked: &dyn Fn(&TestKey) -> Option<String>,
) -> io::Result<(Vec<Edit>, u64)> {
    let limits = Limits::default();
    let mut scan = Scan::new(input);
    let mut editor = Editor {
        reader: Junit::default(),
        sink: Sink::new(Some(Format::Junit), limits),
        masked,
        around: Vec::new(),
        case: Open::default(),
        edits: Vec::new(),
        count: 0,
    };
    let mut depth = 0_u32;
    while let Some(at) = scan.next_tag()? {
        let Ok(tag) = std::str::from_utf8(&scan.tag) else { break };
        let Some(body) = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) else { break };
        // What has such a sign in its name is no XML: nothing behind it is changed.
        if body
            .split(|sign: char| sign.is_ascii_whitespace())
            .next()
            .is_some_and(|n| n.contains('<'))
        {
            break;
        }
        if let Some(name) = body.strip_prefix('/') {
            depth = depth.saturating_sub(1);
            editor.end(name.trim_end(), at + 2);
            continue;
        }
        let empty = body.ends_with('/');
        let body = body.strip_suffix('/').unwrap_or(body);
        let name = body.split(|sign: char| sign.is_ascii_whitespace()).next().unwrap_or_default();
        editor.begin(body, name, at);
        if empty {
            editor.end(name, 0);
        } else {
            depth += 1;
        }
        if depth > limits.depth {
            break;
        }
    }
    editor.give_up();
    while !editor.around.is_empty() {
        editor.leave();
    }
    editor.edits.sort_by_key(|edit| edit.at);
    Ok((editor.edits, editor.count))
}

impl Editor<'_> {
    fn begin(&mut self, body: &str, name: &str, at: u64) {
        let start = BytesStart::from_content(body, name.len());
        self.reader.begin(&Tag::new(&start), &mut self.sink);
        match local(name) {
            "testsuites" | "testsuite" => {
                let value = |wanted: &str| {
                    let (from, value) = scan::value(body, wanted)?;
                    Some((at + 1 + from as u64, value.to_owned()))
                };
                self.around.push(Counts {
                    failures: value("failures"),
                    errors: value("errors"),
                    skipped: value("skipped"),
                    ..Counts::default()
                });
            }
            "testcase" => {
                self.give_up();
                self.case.before = self.edits.len();
            }
            kind @ ("failure" | "error") if self.reader.in_result() => {
                self.mark(name, kind == "error", at);
            }
            _ => {}
        }
    }

    /// A case that never ended is not masked.
    fn give_up(&mut self) {
        if self.case.marked {
            self.edits.truncate(self.case.before);
        }
        self.case = Open::default();
    }

    /// A result of a masked case: says that it is skipped, and keeps the result as an attempt.
    fn mark(&mut self, name: &str, error: bool, at: u64) {
        let masked = self.masked;
        let limit = self.sink.limits.name;
        let Some(mut test) = self.reader.open_case().map(|case| case.test.clone()) else { return };
        let reason = self.case.reason.get_or_insert_with(|| {
            sink::tidy(&mut test, limit);
            masked(&name::key(&test))
        });
        let Some(reason) = reason else { return };
        let prefix = name.strip_suffix(local(name)).unwrap_or_default();
        let kept = attempt(error);
        let with = if self.case.marked {
            format!("<{prefix}{kept}")
        } else {
            format!("<{prefix}skipped message=\"{}\"/><{prefix}{kept}", escaped(reason))
        };
        self.edits.push(Edit { at, len: 1 + name.len() as u64, with });
        self.case.marked = true;
        self.case.errored |= error;
    }

    /// The end of an element whose name stands at this byte; 0 where it has no end tag.
    fn end(&mut self, name: &str, at: u64) {
        let kind = local(name);
        let result = self.reader.in_result();
        self.reader.end(kind, &mut self.sink);
        match kind {
            "failure" | "error"
                if result && at > 0 && matches!(self.case.reason, Some(Some(_))) =>
            {
                let prefix = name.strip_suffix(kind).unwrap_or_default();
                let with = format!("{prefix}{}", attempt(kind == "error"));
                self.edits.push(Edit { at, len: name.len() as u64, with });
            }
            "testcase" => {
                if self.case.marked {
                    self.count += 1;
                    if let Some(around) = self.around.last_mut() {
                        let count = if self.case.errored {
                            &mut around.errored
                        } else {
                            &mut around.failed
                        };
                        *count += 1;
                    }
                }
                self.case = Open::default();
                // Cases are of no use here.
                drop(self.sink.take());
            }
            "testsuite" | "testsuites" => self.leave(),
            _ => {}
        }
    }

    /// Counts anew what an element says of the cases in it.
    fn leave(&mut self) {
        let Some(counts) = self.around.pop() else { return };
        if let Some(around) = self.around.last_mut() {
            around.failed += counts.failed;
            around.errored += counts.errored;
        }
        // Some count only what stands directly in them: never below nothing.
        let mut gone = 0;
        for (said, less) in [(counts.failures, counts.failed), (counts.errors, counts.errored)] {
            if let Some((at, text)) = said
                && let Ok(number) = text.parse::<u64>()
                && less.min(number) > 0
            {
                gone += less.min(number);
                let with = (number - less.min(number)).to_string();
                self.edits.push(Edit { at, len: text.len() as u64, with });
            }
        }
        if let Some((at, text)) = counts.skipped
            && let Ok(number) = text.parse::<u64>()
            && gone > 0
        {
            let with = number.saturating_add(gone).to_string();
            self.edits.push(Edit { at, len: text.len() as u64, with });
        }
    }
}

/// What Surefire calls a result that did not count.
const fn attempt(error: bool) -> &'static str {
    if error { "flakyError" } else { "flakyFailure" }
}

/// A text as the value of an attribute: without control characters.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, sign| {
        match sign {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            _ if sign.is_control() => all.push(' '),
            _ => all.push(sign),
        }
        all
    })
}
