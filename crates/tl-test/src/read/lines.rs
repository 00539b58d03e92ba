//! Formats that come in lines: JSON a line, or text for people.
//!
//! In: the text of a report. Out: what the format's [`Line`] makes of each line. Start at
//! [`Lines::step`]. **Invariant:** no line is longer than [`super::Limits::line`]; what is over it
//! is cut, and told.

use std::fmt;
use std::io::{self, Read};

use super::sink::Sink;
use super::text::Text;
use super::{Format, Gap};
use super::{bazel, dart, go_json, go_text, libtest, libtest_text, pytest, tap};

/// A format that comes in lines.
pub(crate) trait Line: fmt::Debug {
    /// Takes a line, without its end.
    fn line(&mut self, line: &str, sink: &mut Sink);

    /// The report is over: says what is missing.
    fn end(&mut self, sink: &mut Sink);
}

/// The reader of a format; none where it does not come in lines.
pub(crate) fn reader(format: Format) -> Option<Box<dyn Line>> {
    Some(match format {
        Format::GoJson => Box::<go_json::GoJson>::default(),
        Format::GoText => Box::<go_text::GoText>::default(),
        Format::Libtest => Box::<libtest::Libtest>::default(),
        Format::LibtestText => Box::<libtest_text::LibtestText>::default(),
        Format::PytestLog => Box::<pytest::log::PytestLog>::default(),
        Format::Tap => Box::<tap::Tap>::default(),
        Format::Dart => Box::<dart::Dart>::default(),
        Format::BazelEvents => Box::<bazel::Bazel>::default(),
        _ => return None,
    })
}

/// A report in lines.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    pub(crate) text: Text<R>,
    format: Box<dyn Line>,
    /// Of a chunk: what is not a whole line yet.
    open: Vec<u8>,
    number: u64,
    /// Bytes of the open line that were cut.
    cut: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(text: Text<R>, format: Box<dyn Line>) -> Self {
        Self { text, format, open: Vec::new(), number: 0, cut: 0 }
    }

    /// Reads the lines of one chunk; false at the end.
    pub(crate) fn step(&mut self, sink: &mut Sink) -> io::Result<bool> {
        let chunk = self.text.chunk()?;
        if chunk.is_empty() {
            if !self.open.is_empty() {
                hand(&mut *self.format, &mut self.open, &mut self.cut, &mut self.number, sink);
            }
            sink.line = self.number;
            self.format.end(sink);
            return Ok(false);
        }
        let limit = sink.limits.line;
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            let (body, whole) = part.strip_suffix(b"\n").map_or((part, false), |body| (body, true));
            let mut room = limit.saturating_sub(self.open.len()).min(body.len());
            while room > 0 && room < body.len() && body[room] & 0xc0 == 0x80 {
                room -= 1;
            }
            self.open.extend_from_slice(&body[..room]);
            self.cut += (body.len() - room) as u64;
            if whole {
                hand(&mut *self.format, &mut self.open, &mut self.cut, &mut self.number, sink);
            }
            if sink.is_stopped() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Hands a line to the format.
fn hand(
    format: &mut dyn Line,
    open: &mut Vec<u8>,
    cut: &mut u64,
    number: &mut u64,
    sink: &mut Sink,
) {
    *number += 1;
    sink.line = *number;
    if *cut > 0 {
        let what = format!("line {number} is longer than {} bytes", sink.limits.line);
        sink.gap(Gap::TooLarge, what, "let the runner write captured output to files");
        sink.cut(*cut);
        *cut = 0;
    }
    let line = open.strip_suffix(b"\r").unwrap_or(open);
    // Chunks are whole characters, and a line is cut at one.
    format.line(std::str::from_utf8(line).unwrap_or_default(), sink);
    open.clear();
}
