//! What every reader of a format fills: cases, counts, remarks, within the limits.
//!
//! In: what a reader found. Out: batches of [`Case`]s and the [`Ending`]. Start at [`Sink::case`].
//! **Invariants:** names and texts are within [`Limits`] and free of control characters; a remark
//! with a gap is never lost, however many there are.

use std::borrow::Cow;

use tl_core::test::{Status, TestName};
use tl_core::time::Timestamp;

use super::{Case, Counts, Ending, Failure, Format, Gap, Limits, Remark};
use crate::cover::Covered;

/// Names of machines that are kept.
const HOSTS: usize = 1_000;

/// Cases that are handed out at a time, and bytes of their names and texts.
pub(crate) const BATCH: usize = 1_024;
const HELD: usize = 8 << 20;

/// Names' worth of bytes that the suites of one case have.
const SUITES: usize = 4;

/// What was read so far.
#[derive(Debug)]
pub(crate) struct Sink {
    /// How much may be taken in.
    pub(crate) limits: Limits,
    /// What is known of the whole.
    pub(crate) ending: Ending,
    /// Line of the report that is being read, from 1; whoever drives a reader sets it.
    pub(crate) line: u64,
    waiting: Vec<Case>,
    /// Of a report of coverage: files.
    covered: Vec<Covered>,
    /// Of one of coverage: directories of its files, and statements that were executed of all.
    pub(crate) roots: Vec<String>,
    pub(crate) statements: Option<(u64, u64)>,
    /// Bytes of what waits, but for what is small.
    held: usize,
    /// Remarks over the limit.
    unheard: u64,
    stopped: bool,
}

impl Sink {
    pub(crate) fn new(format: Option<Format>, limits: Limits) -> Self {
        let ending = Ending { format, ..Ending::default() };
        Self {
            limits,
            ending,
            line: 1,
            waiting: Vec::new(),
            covered: Vec::new(),
            roots: Vec::new(),
            statements: None,
            held: 0,
            unheard: 0,
            stopped: false,
        }
    }

    /// Takes one execution of a test: gives it its place, and a line where it has none.
    pub(crate) fn case(&mut self, mut case: Case) {
        if self.ending.counted.cases >= self.limits.cases {
            if !self.stopped {
                let what = format!("the report holds more than {} cases", self.limits.cases);
                self.gap(Gap::TooLarge, what, "split it");
                self.stopped = true;
            }
            return;
        }
        case.order = u32::try_from(self.ending.counted.cases).unwrap_or(u32::MAX);
        if case.at_line == 0 {
            case.at_line = self.line;
        }
        case.attempt = case.attempt.max(1);
        tidy(&mut case.test, self.limits.name);
        // One without a word says nothing.
        case.failure.take_if(|failure| *failure == Failure::default());
        if let Some(failure) = &mut case.failure {
            self.ending.cut += to_failure(failure, self.limits);
        }
        if let Some(at) = case.started {
            self.instant(at);
        }
        self.ending.counted.add(case.status);
        self.held += weight(&case);
        self.waiting.push(case);
    }

    /// Takes the coverage of one file.
    pub(crate) fn covered(&mut self, mut covered: Covered) {
        for name in [Some(&mut covered.file), covered.test.as_mut()].into_iter().flatten() {
            to_name(name, self.limits.name);
        }
        self.held += covered.weight();
        self.covered.push(covered);
    }

    /// Says something of the line that is being read: with a gap, the report is not complete.
    pub(crate) fn remark(
        &mut self,
        gap: Option<Gap>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.remark_at(self.line, gap, what, mend);
    }

    /// Says that something is missing.
    pub(crate) fn gap(&mut self, gap: Gap, what: impl Into<String>, mend: impl Into<String>) {
        self.remark(Some(gap), what, mend);
    }

    /// Says something that is worth knowing, though nothing is missing.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.remark(None, what, "");
    }

    /// Says something of a line; once only where the words are the same.
    pub(crate) fn remark_at(
        &mut self,
        line: u64,
        gap: Option<Gap>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let remarks = &mut self.ending.remarks;
        let mut what = what.into();
        to_name(&mut what, self.limits.name);
        if remarks.iter().any(|said| said.what == what && said.gap == gap) {
            return;
        }
        // The first gap always finds room: without it the report would look complete.
        let room = remarks.len() < self.limits.remarks.max(1)
            || (gap.is_some() && remarks.iter().all(|said| said.gap.is_none()));
        if room {
            remarks.push(Remark { gap, line, what, mend: mend.into() });
        } else {
            self.unheard += 1;
        }
    }

    /// Counts one suite.
    pub(crate) const fn suite(&mut self) {
        self.ending.suites += 1;
    }

    /// Adds to what the report says of itself.
    pub(crate) fn said(&mut self, said: Counts) {
        let all = self.ending.said.get_or_insert_default();
        for (sum, more) in [
            (&mut all.cases, said.cases),
            (&mut all.passed, said.passed),
            (&mut all.failed, said.failed),
            (&mut all.errored, said.errored),
            (&mut all.skipped, said.skipped),
        ] {
            *sum = sum.saturating_add(more);
        }
    }

    /// Compares what a suite or report says with what is in it.
    pub(crate) fn compare(&mut self, line: u64, of: &str, said: u64, counted: u64) {
        if counted < said {
            let what = format!("{of} says that it has {said} cases, and has {counted}");
            let mend = "let the runner finish, and hand over its whole report";
            self.remark_at(line, Some(Gap::FewerThanSaid), what, mend);
        } else if counted > said {
            let what = format!("{of} says that it has {said} cases, and has {counted}");
            self.remark_at(line, None, what, "");
        }
    }

    /// Widens the time that the report is about.
    pub(crate) fn instant(&mut self, at: Timestamp) {
        let ending = &mut self.ending;
        ending.first = Some(ending.first.map_or(at, |first| first.min(at)));
        ending.last = Some(ending.last.map_or(at, |last| last.max(at)));
    }

    /// Keeps the name of a machine.
    pub(crate) fn host(&mut self, name: &str) {
        let name = name.trim();
        if !name.is_empty() && self.ending.hosts.len() < HOSTS && !self.ending.hosts.contains(name)
        {
            let mut name = name.to_owned();
            to_name(&mut name, self.limits.name);
            self.ending.hosts.insert(name);
        }
    }

    /// Keeps the commit that the report says it is about: 7 to 64 hexadecimal digits.
    pub(crate) fn commit(&mut self, text: &str) {
        let text = text.trim();
        let fits = (7..=64).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            self.ending.commit.get_or_insert_with(|| text.to_ascii_lowercase());
        }
    }

    /// Counts bytes of texts that were left out.
    pub(crate) const fn cut(&mut self, bytes: u64) {
        self.ending.cut += bytes;
    }

    /// Whether no more is taken in.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Takes no more in; the reason has been said.
    pub(crate) const fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether enough cases wait to be handed out.
    pub(crate) const fn is_full(&self) -> bool {
        self.waiting() >= BATCH || self.held >= HELD
    }

    /// Whether what waits is large.
    pub(crate) const fn is_heavy(&self) -> bool {
        self.held >= HELD
    }

    /// How many cases, or files of coverage, wait to be handed out.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting.len() + self.covered.len()
    }

    /// Hands out the cases that wait.
    pub(crate) fn take(&mut self) -> Vec<Case> {
        self.held = 0;
        std::mem::take(&mut self.waiting)
    }

    /// Hands out the files that wait.
    pub(crate) fn take_covered(&mut self) -> Vec<Covered> {
        self.held = 0;
        std::mem::take(&mut self.covered)
    }

    /// What is known, with what could not be said.
    pub(crate) fn ending(mut self) -> Ending {
        if self.unheard > 0 {
            let what = format!("{} further remarks are not shown", self.unheard);
            self.ending.remarks.push(Remark { gap: None, line: 0, what, mend: String::new() });
        }
        self.ending.complete = self.ending.remarks.iter().all(|remark| remark.gap.is_none());
        self.ending
    }
}

/// A case with names and status, and nothing else yet.
pub(crate) const fn case(test: TestName, status: Status) -> Case {
    Case {
        test,
        status,
        micros: None,
        started: None,
        failure: None,
        attempt: 1,
        line: None,
        at_line: 0,
        order: 0,
    }
}

/// Bytes of the names and texts of a case.
fn weight(case: &Case) -> usize {
    let TestName { suite, class, name, file } = &case.test;
    let names =
        suite.iter().map(String::len).sum::<usize>() + class.len() + name.len() + file.len();
    names + case.failure.as_ref().map_or(0, |failure| failure.message.len() + failure.text.len())
}

/// The suites that a case stands in, the outermost first. Together they have room for four names:
/// those that are nested deeper are left out.
pub(crate) fn path<'n>(names: impl Iterator<Item = &'n str>, limits: Limits) -> Vec<String> {
    let mut room = limits.name.saturating_mul(SUITES);
    let fit = names.filter(|name| !name.is_empty()).take_while(|name| {
        let fits = name.len() <= room;
        room = room.saturating_sub(name.len());
        fits
    });
    fit.map(str::to_owned).collect()
}

/// Cuts the names of a test, and escapes control characters in them.
pub(crate) fn tidy(test: &mut TestName, limit: usize) {
    let TestName { suite, class, name, file } = test;
    suite.iter_mut().for_each(|part| to_name(part, limit));
    for part in [class, name, file] {
        to_name(part, limit);
    }
}

/// Cuts a text after `limit` bytes, at a character; how many bytes are gone.
pub(crate) fn cut(text: &mut String, limit: usize) -> u64 {
    if text.len() <= limit {
        return 0;
    }
    let end = text.floor_char_boundary(limit);
    let gone = text.len() - end;
    text.truncate(end);
    gone as u64
}

/// Cuts a name, and escapes control characters in it.
fn to_name(name: &mut String, limit: usize) {
    cut(name, limit);
    // Control characters beyond ASCII begin with this byte.
    let may_be = |byte: u8| byte < b' ' || matches!(byte, 0x7f | 0xc2);
    if name.bytes().any(may_be) && name.chars().any(char::is_control) {
        let escaped = name.chars().fold(String::new(), |mut all, sign| {
            if sign.is_control() {
                all.extend(sign.escape_default());
            } else {
                all.push(sign);
            }
            all
        });
        *name = escaped;
    }
}

/// Cuts the texts of a failure, and takes out colours and control characters; the bytes cut.
fn to_failure(failure: &mut Failure, limits: Limits) -> u64 {
    let gone = cut(&mut failure.message, limits.text) + cut(&mut failure.text, limits.text);
    failure.cut += gone;
    to_name(&mut failure.class, limits.name);
    for text in [&mut failure.message, &mut failure.text] {
        if let Cow::Owned(clean) = printable(text) {
            *text = clean;
        }
    }
    gone
}

/// The text without colours of terminals; U+FFFD in the place of other control characters but
/// tab and line feed. A carriage return before a line feed goes.
fn printable(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte >= b' ' && byte != 0x7f || matches!(byte, b'\n' | b'\t');
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '\x1b' if rest.next_if_eq(&'[').is_some() => {
                while rest.next_if(|next| matches!(next, '0'..='9' | ';' | '?')).is_some() {}
                rest.next_if(char::is_ascii_alphabetic);
            }
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' => clean.push('\n'),
            '\n' | '\t' => clean.push(sign),
            _ if sign.is_ascii_control() => clean.push(char::REPLACEMENT_CHARACTER),
            _ => clean.push(sign),
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests;
