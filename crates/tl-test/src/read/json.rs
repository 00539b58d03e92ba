//! Formats that are one document of JSON.
//!
//! In: the text of a report, long strings cut. Out: what a format's [`Shape`] makes of the values
//! that it wants. Start at [`Walk`]. **Invariants:** a document is never held as a whole, only one
//! of the wanted values at a time, of [`Limits::line`](super::Limits::line) bytes at most; what
//! stands between them is walked over.

use std::fmt;
use std::io::{self, BufRead};

use serde_json::Value;

use super::sink::Sink;
use super::{Format, Gap};
use super::{ctrf, cucumber, gtest, jest, mocha, playwright, pytest, rspec};

pub(crate) mod value;

/// Cases after which the driver is given a turn.
const TURN: usize = 1_000;

/// A format that is one document of JSON.
pub(crate) trait Document: fmt::Debug {
    /// Reads on, for at most some thousand cases; false when the document is done, or cannot be
    /// read further, which the sink was told.
    fn advance(&mut self, input: &mut dyn BufRead, sink: &mut Sink) -> io::Result<bool>;
}

/// The reader of a format; none where it is not one document of JSON.
pub(crate) fn reader(format: Format) -> Option<Box<dyn Document>> {
    let shape: Box<dyn Shape> = match format {
        Format::Ctrf => Box::<ctrf::Ctrf>::default(),
        Format::Jest => Box::<jest::Jest>::default(),
        Format::Mocha => Box::<mocha::Mocha>::default(),
        Format::Playwright => Box::<playwright::Playwright>::default(),
        Format::PytestJson => Box::<pytest::PytestJson>::default(),
        Format::Rspec => Box::<rspec::Rspec>::default(),
        Format::GtestJson => Box::<gtest::Gtest>::default(),
        Format::Cucumber => Box::<cucumber::Cucumber>::default(),
        _ => return None,
    };
    Some(Box::new(Walk::new(shape)))
}

/// What is done with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// It is walked over.
    Skip,
    /// It is looked into: each of its values is asked for.
    Enter,
    /// It is read whole.
    Keep,
}

/// Which values of a document a format wants, and what it makes of them.
///
/// Paths are as in `suites[].specs[]`: the keys from the root on, `[]` for a place in a list.
pub(crate) trait Shape: fmt::Debug {
    /// What to do with the value that begins here.
    fn take(&mut self, path: &str) -> Take;

    /// Takes a value that was to be kept.
    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink);

    /// An object or list that was entered is over.
    fn left(&mut self, _path: &str) {}

    /// The document is over; `whole` where it did not break off.
    fn end(&mut self, whole: bool, sink: &mut Sink);

    /// Keys of kept values whose own values are of no use: attachments, captured output.
    fn useless(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Why nothing more can be read.
enum Stop {
    Io(io::Error),
    Gap(Gap, String),
}

impl From<io::Error> for Stop {
    fn from(wrong: io::Error) -> Self {
        Self::Io(wrong)
    }
}

/// Something that was entered.
#[derive(Debug)]
struct Level {
    list: bool,
    /// Length of its path, without `[]`.
    path: usize,
    /// Whether a value stands before the next one.
    begun: bool,
}

/// Walks through a document.
#[derive(Debug)]
pub(crate) struct Walk {
    shape: Box<dyn Shape>,
    levels: Vec<Level>,
    path: String,
    line: u64,
    whole: Whole,
    over: bool,
}

impl Walk {
    pub(crate) fn new(shape: Box<dyn Shape>) -> Self {
        let whole = Whole { useless: shape.useless(), ..Whole::default() };
        Self { shape, levels: Vec::new(), path: String::new(), line: 1, whole, over: false }
    }

    /// Reads up to the next value, and what is to be done with it.
    fn step(&mut self, input: &mut dyn BufRead, sink: &mut Sink) -> Result<(), Stop> {
        let Some(level) = self.levels.last_mut() else {
            blank(input, &mut self.line)?;
            return self.value(input, sink);
        };
        let (list, begun) = (level.list, level.begun);
        self.path.truncate(level.path);
        let mut byte = blank(input, &mut self.line)?.ok_or_else(truncated)?;
        if byte == if list { b']' } else { b'}' } {
            input.consume(1);
            self.shape.left(&self.path);
            self.levels.pop();
            self.over = self.levels.is_empty();
            return Ok(());
        }
        if begun {
            if byte != b',' {
                return Err(self.malformed("a comma is missing"));
            }
            input.consume(1);
            byte = blank(input, &mut self.line)?.ok_or_else(truncated)?;
        }
        if let Some(level) = self.levels.last_mut() {
            level.begun = true;
        }
        if list {
            self.path.push_str("[]");
        } else {
            if byte != b'"' {
                return Err(self.malformed("a key is missing"));
            }
            let key = self.key(input, sink.limits.name)?;
            if blank(input, &mut self.line)?.ok_or_else(truncated)? != b':' {
                return Err(self.malformed("a colon is missing"));
            }
            input.consume(1);
            blank(input, &mut self.line)?;
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(&key);
        }
        self.value(input, sink)
    }

    fn value(&mut self, input: &mut dyn BufRead, sink: &mut Sink) -> Result<(), Stop> {
        let byte = blank(input, &mut self.line)?.ok_or_else(truncated)?;
        sink.line = self.line;
        let take = self.shape.take(&self.path);
        let list = byte == b'[';
        if take == Take::Enter && (list || byte == b'{') {
            if self.levels.len() >= sink.limits.depth as usize {
                let what = format!("the report is nested deeper than {}", sink.limits.depth);
                return Err(Stop::Gap(Gap::TooDeep, what));
            }
            input.consume(1);
            self.levels.push(Level { list, path: self.path.len(), begun: false });
            return Ok(());
        }
        let whole = &mut self.whole;
        let limits = sink.limits;
        let keep = take == Take::Keep;
        let read = whole.read(input, keep, limits.line, limits.depth as usize, &mut self.line);
        if !keep {
            return read;
        }
        if whole.too_long {
            let what = format!("a value of the report is longer than {} bytes", limits.line);
            sink.gap(Gap::TooLarge, what, "let the runner write captured output to files");
            return read;
        }
        if read.is_err() {
            whole.close();
        }
        match value::parse(&whole.kept) {
            Ok(value) => self.shape.kept(&self.path, &value, sink),
            // What broke off needs not be read as well.
            Err(_) if read.is_err() => {}
            Err(wrong) => {
                let deep = wrong.to_string().contains("recursion");
                let gap = if deep { Gap::TooDeep } else { Gap::Malformed };
                sink.gap(gap, format!("a value of the report cannot be read: {wrong}"), "");
            }
        }
        read
    }

    fn key(&mut self, input: &mut dyn BufRead, limit: usize) -> Result<String, Stop> {
        self.whole.read(input, true, limit, 1, &mut self.line)?;
        match value::parse(&self.whole.kept) {
            Ok(Value::String(key)) => Ok(key),
            _ => Err(self.malformed("a key is too long")),
        }
    }

    fn malformed(&self, what: &str) -> Stop {
        Stop::Gap(
            Gap::Malformed,
            format!("the report is not well-formed: {what} at `{}`", self.path),
        )
    }

    /// What stands behind the document.
    fn rest(&mut self, input: &mut dyn BufRead, sink: &mut Sink) -> io::Result<()> {
        let next = blank(input, &mut self.line)?;
        sink.line = self.line;
        match next {
            None => return Ok(()),
            Some(b'{' | b'[') => {
                let what = "there is a second document behind the report";
                sink.gap(Gap::Malformed, what, "write one report to one file");
            }
            Some(_) => sink.note("there is text behind the end of the report"),
        }
        loop {
            let len = input.fill_buf()?.len();
            if len == 0 {
                return Ok(());
            }
            input.consume(len);
        }
    }
}

impl Document for Walk {
    fn advance(&mut self, input: &mut dyn BufRead, sink: &mut Sink) -> io::Result<bool> {
        // Some may wait from the turn before: each turn gets on.
        let before = sink.waiting();
        let full = |sink: &Sink| sink.is_heavy() || sink.waiting() >= before + TURN;
        while !full(sink) && !sink.is_stopped() {
            let stop = match self.step(input, sink) {
                Ok(()) if self.over || self.levels.is_empty() => None,
                Ok(()) => continue,
                Err(Stop::Io(wrong)) => return Err(wrong),
                Err(Stop::Gap(gap, what)) => Some((gap, what)),
            };
            sink.line = self.line;
            let whole = stop.is_none();
            if let Some((gap, what)) = stop {
                sink.gap(gap, what, "let the runner finish, and hand over its whole report");
            } else {
                self.rest(input, sink)?;
            }
            self.shape.end(whole, sink);
            return Ok(false);
        }
        Ok(!sink.is_stopped())
    }
}

fn truncated() -> Stop {
    Stop::Gap(Gap::Truncated, "the report breaks off".to_owned())
}

/// Walks over blanks; the byte behind them, none at the end.
fn blank(input: &mut dyn BufRead, line: &mut u64) -> io::Result<Option<u8>> {
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(None);
        }
        let len = chunk.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        *line += memchr::memchr_iter(b'\n', &chunk[..len]).count() as u64;
        let byte = chunk.get(len).copied();
        input.consume(len);
        if byte.is_some() {
            return Ok(byte);
        }
    }
}

/// Reads one value to its end, and keeps it or not.
#[derive(Debug, Default)]
struct Whole {
    kept: Vec<u8>,
    too_long: bool,
    useless: &'static [&'static str],
    /// Brackets that are open.
    open: Vec<u8>,
    /// Where the last bracket was closed, and how many were open then.
    closed: Option<(usize, usize)>,
    /// Within a string, and whether behind its backslash.
    string: Option<bool>,
    /// Where the string in `kept` begins that may be a key.
    key: Option<usize>,
    /// The next string is a key.
    expects_key: bool,
    /// The string that has just ended was a key that is of no use.
    is_useless: bool,
    /// Depth at which a value of no use is being left out.
    leaving: Option<usize>,
}

impl Whole {
    fn read(
        &mut self,
        input: &mut dyn BufRead,
        keep: bool,
        limit: usize,
        depth: usize,
        line: &mut u64,
    ) -> Result<(), Stop> {
        *self = Self {
            kept: std::mem::take(&mut self.kept),
            open: std::mem::take(&mut self.open),
            useless: self.useless,
            ..Self::default()
        };
        self.kept.clear();
        self.open.clear();
        let mut scalar = false;
        loop {
            let chunk = input.fill_buf()?;
            if chunk.is_empty() {
                let bare = scalar && self.open.is_empty() && self.string.is_none();
                return if bare { Ok(()) } else { Err(truncated()) };
            }
            let mut at = 0;
            let mut done = false;
            while at < chunk.len() && !done {
                let byte = chunk[at];
                if self.string.is_some() {
                    let len = self.within(&chunk[at..], keep);
                    at += len;
                    done = self.string.is_none() && self.open.is_empty();
                    continue;
                }
                if self.open.is_empty() && scalar && is_end(byte) {
                    done = true;
                    continue;
                }
                if byte == b'\n' {
                    *line += 1;
                }
                let closes = matches!(byte, b'}' | b']');
                self.structure(byte, keep)?;
                if self.open.len() > depth {
                    let what = format!("the report is nested deeper than {depth}");
                    return Err(Stop::Gap(Gap::TooDeep, what));
                }
                scalar |= !closes && self.open.is_empty() && self.string.is_none();
                done = closes && self.open.is_empty();
                at += 1;
            }
            input.consume(at);
            if keep && self.kept.len() > limit {
                self.too_long = true;
                self.kept.truncate(limit);
            }
            if done {
                return Ok(());
            }
        }
    }

    /// Bytes of a string, up to its end; how many there were.
    fn within(&mut self, rest: &[u8], keep: bool) -> usize {
        let len = if self.string == Some(true) {
            self.string = Some(false);
            1
        } else {
            match memchr::memchr2(b'"', b'\\', rest) {
                None => rest.len(),
                Some(end) => {
                    self.string = (rest[end] == b'\\').then_some(true);
                    end + 1
                }
            }
        };
        self.push(&rest[..len], keep);
        if self.string.is_none()
            && let Some(from) = self.key.take()
        {
            let key =
                self.kept.get(from + 1..self.kept.len().saturating_sub(1)).unwrap_or_default();
            self.is_useless = self.useless.iter().any(|useless| useless.as_bytes() == key);
        }
        len
    }

    /// A byte outside of strings.
    fn structure(&mut self, byte: u8, keep: bool) -> Result<(), Stop> {
        if let Some(depth) = self.leaving
            && self.open.len() == depth
            && matches!(byte, b',' | b'}' | b']')
        {
            self.leaving = None;
            self.push(b"null", keep);
        }
        match byte {
            b'"' => {
                self.string = Some(false);
                let is_key = self.expects_key && keep && self.leaving.is_none();
                self.key = is_key.then_some(self.kept.len());
                self.expects_key = false;
            }
            b'{' | b'[' => {
                self.open.push(byte);
                self.expects_key = byte == b'{';
            }
            b'}' | b']' => {
                let fits = if byte == b'}' { b'{' } else { b'[' };
                if self.open.pop() != Some(fits) {
                    let what = "the report is not well-formed: a bracket does not fit";
                    return Err(Stop::Gap(Gap::Malformed, what.to_owned()));
                }
                self.expects_key = false;
            }
            b',' => self.expects_key = self.open.last() == Some(&b'{'),
            _ => {}
        }
        self.push(&[byte], keep);
        if matches!(byte, b'}' | b']') && self.leaving.is_none() {
            self.closed = Some((self.kept.len(), self.open.len()));
        }
        if byte == b':' && std::mem::take(&mut self.is_useless) {
            self.leaving = Some(self.open.len());
        }
        Ok(())
    }

    fn push(&mut self, bytes: &[u8], keep: bool) {
        if keep && self.leaving.is_none() && !self.too_long {
            self.kept.extend_from_slice(bytes);
        }
    }

    /// Closes what broke off behind the last of its values that is whole.
    fn close(&mut self) {
        let Some((end, open)) = self.closed else { return };
        self.kept.truncate(end);
        for bracket in self.open.iter().take(open).rev() {
            self.kept.push(if *bracket == b'{' { b'}' } else { b']' });
        }
    }
}

/// Whether a number or word ends before this byte.
const fn is_end(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests;
