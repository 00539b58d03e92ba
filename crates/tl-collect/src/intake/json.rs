//! JSON inputs, record by record, given to the format that they have.

use std::io::{self, BufRead};

use serde_json::Value;

use super::lines::{self, Line};
use super::sink::Sink;
use super::text::Text;
use super::values::{Found, LISTS, Splitter};
use super::{Format, RECORD_LIMIT, neutral, shape, when};

/// A value a line.
pub(super) struct Lines<R> {
    text: Text<R>,
    format: Format,
    buffer: Vec<u8>,
    line: u64,
}

/// Values over several lines.
pub(super) struct Values<R> {
    text: Text<R>,
    format: Format,
    splitter: Splitter,
}

/// Whether an input that begins like this holds a value a line: its first line is one, or its
/// second line begins another object.
pub(super) fn is_a_value_a_line(head: &[u8]) -> bool {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    let Some(first) = lines.by_ref().find(|line| !line.trim_ascii().is_empty()) else {
        return true;
    };
    if !first.trim_ascii_start().starts_with(b"{") {
        // An array is cut by its elements; anything else is refused line by line.
        return !first.trim_ascii_start().starts_with(b"[");
    }
    let whole = first.ends_with(b"\n") || head.len() < 4096;
    if whole && serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok() {
        return true;
    }
    lines.find(|line| !line.trim_ascii().is_empty()).is_some_and(|line| line.starts_with(b"{"))
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(text: Text<R>, format: Format) -> Self {
        Self { text, format, buffer: Vec::new(), line: 0 }
    }

    /// Reads one line; false at the end.
    pub(super) fn step(&mut self, sink: &mut Sink) -> io::Result<bool> {
        let read = lines::next(&mut self.text, &mut self.buffer)?;
        self.line += 1;
        sink.at(self.line);
        match read {
            Line::End => return Ok(false),
            Line::TooLong(bytes) => too_long(sink, Some(bytes)),
            Line::Whole => record(&self.buffer, self.format, false, sink),
            Line::Last => record(&self.buffer, self.format, true, sink),
        }
        Ok(true)
    }
}

impl<R: BufRead> Values<R> {
    pub(super) fn new(text: Text<R>, format: Format) -> Self {
        Self { text, format, splitter: Splitter::default() }
    }

    /// Reads to the next record; false at the end.
    pub(super) fn step(&mut self, sink: &mut Sink) -> io::Result<bool> {
        loop {
            let bytes = self.text.fill_buf()?;
            if bytes.is_empty() {
                if !self.splitter.is_between() {
                    sink.at(self.splitter.line.max(1)).left_out(
                        "the input ends in the middle of a value",
                        "export it again: it was cut off",
                    );
                }
                return Ok(false);
            }
            let (taken, found) = self.splitter.take(bytes);
            self.text.consume(taken);
            sink.at(self.splitter.line);
            match found {
                Found::Nothing => continue,
                Found::Record => record(&self.splitter.record, self.format, false, sink),
                Found::TooLong => too_long(sink, None),
                Found::Stray => sink.left_out("text between JSON values", "remove it"),
            }
            return Ok(true);
        }
    }
}

fn too_long(sink: &mut Sink, bytes: Option<u64>) {
    let limit = RECORD_LIMIT >> 20;
    let what = match bytes {
        Some(bytes) => format!("a line of {bytes} bytes, over the limit of {limit} MiB"),
        None => format!("a record over the limit of {limit} MiB"),
    };
    sink.left_out(what, "split it into records");
}

/// One record, or several values on one line.
fn record(bytes: &[u8], format: Format, last: bool, sink: &mut Sink) {
    let bytes = bytes.trim_ascii();
    let bytes = bytes.strip_prefix(b"\x1E").unwrap_or(bytes);
    if bytes.is_empty() {
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return sink.left_out(
            "the text is not UTF-8",
            "convert it, such as with `iconv -f ISO-8859-1 -t UTF-8`",
        );
    };
    if format.may_be_neutral() && neutral::quick(text, sink) {
        return;
    }
    for read in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match read {
            Ok(value) => whole(value, format, sink),
            Err(wrong) if wrong.is_eof() && last => {
                return sink.left_out(
                    "the input ends in the middle of a record",
                    "export it again: it was cut off",
                );
            }
            Err(wrong) => {
                let what = format!("`{}` is not JSON: {wrong}", when::cut(text));
                return sink.left_out(what, "write one JSON value a line, or an array of them");
            }
        }
    }
}

/// One value: a record, or a list of them.
fn whole(value: Value, format: Format, sink: &mut Sink) {
    match value {
        Value::Array(values) => {
            for value in values {
                whole(value, format, sink);
            }
        }
        Value::Object(mut object) => {
            let list = LISTS.iter().find(|list| object.get(**list).is_some_and(Value::is_array));
            match list.and_then(|list| object.remove(*list)) {
                Some(values) => whole(values, format, sink),
                None => shape::take(Value::Object(object), format, sink),
            }
        }
        other => {
            let what = format!("`{}` is no record", when::cut(&other.to_string()));
            sink.left_out(what, "write one JSON object a line, or an array of them");
        }
    }
}
