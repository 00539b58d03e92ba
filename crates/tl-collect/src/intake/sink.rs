//! Where formats put what they read: checks that hold for every event, and where it stood.

use rustc_hash::FxHashSet;
use tl_core::event::{EVENT_LIMIT, Event};
use tl_core::time::{Millis, Timestamp};

use super::{Batch, Options, Problem, check};
use crate::instant::{self, InstantError};

/// How far ahead of the driver's clock an event may be before it is reported.
const AHEAD: Millis = Millis::new(300_000);

/// Letters of an event that is not large.
const ORDINARY: usize = 4_096;

/// How many different remarks are remembered, so that memory stays bounded.
const REMARKS: usize = 10_000;

/// Collects events and problems of one input.
pub(super) struct Sink {
    pub(super) options: Options,
    file: String,
    line: u64,
    batch: Batch,
    remarks: FxHashSet<String>,
    ahead: FxHashSet<String>,
    /// Events of the record in hand begin here.
    begun: usize,
    /// Events that the waiting ones count as beyond their number, for their size.
    weight: usize,
}

impl Sink {
    pub(super) fn new(file: &str, options: Options) -> Self {
        Self {
            options,
            file: file.to_owned(),
            line: 1,
            batch: Batch::default(),
            remarks: FxHashSet::default(),
            ahead: FxHashSet::default(),
            begun: 0,
            weight: 0,
        }
    }

    /// Goes to the record that begins at a line.
    pub(super) fn at(&mut self, line: u64) -> &mut Self {
        self.line = line;
        self.begun = self.batch.events.len();
        self
    }

    /// Events and problems that wait; a large event counts as several.
    pub(super) fn len(&self) -> usize {
        self.batch.events.len() + self.batch.problems.len() + self.weight
    }

    /// What was collected; nothing where there is nothing.
    pub(super) fn take(&mut self) -> Option<Batch> {
        self.begun = 0;
        self.weight = 0;
        let batch = std::mem::take(&mut self.batch);
        let empty = batch.events.is_empty() && batch.problems.is_empty();
        (!empty).then_some(batch)
    }

    /// An instant in a format that demands a zone.
    pub(super) fn instant(&self, text: &str) -> Result<Timestamp, InstantError> {
        instant::parse_in(text, self.options.assume_offset)
    }

    /// One event of the record in hand.
    pub(super) fn event(&mut self, event: Event) {
        if let Err(wrong) = event.check() {
            self.left_out(wrong, "names have 1 to 512 bytes, kinds read `thing.happened`");
            return;
        }
        let letters = event.letters();
        // A character is six in JSON at most, so that nearly no event has to be written to know.
        if letters * 6 >= EVENT_LIMIT && !event.fits() {
            let what = format!("`{}` is larger than an event may be, 1 MiB as JSON", event.key);
            self.left_out(what, "shorten its longest text");
            return;
        }
        if event.at - self.options.received > AHEAD && !self.ahead.contains(&event.source) {
            let ahead = check::span(event.at - self.options.received);
            let what = format!("the clock of `{}` is ahead by {ahead}", event.source);
            self.kept(what, "set its clock; later events of this source are not reported");
            if self.ahead.len() < REMARKS {
                self.ahead.insert(event.source.clone());
            }
        }
        self.weight += letters / ORDINARY;
        self.batch.letters += letters;
        self.batch.events.push(event);
        self.batch.lines.push(self.line);
    }

    /// The events of one record of another system.
    pub(super) fn events(&mut self, events: Vec<Event>) {
        for event in events {
            self.event(event);
        }
        if let Some(what) = check::turned_round(&self.batch.events[self.begun..]) {
            self.kept(what, "the source's clocks disagree; spans below zero count as none");
        }
    }

    /// The record in hand is not taken.
    pub(super) fn left_out(&mut self, what: impl ToString, mend: &str) {
        self.problem(what.to_string(), mend, false);
    }

    /// The record in hand is taken, with a remark.
    pub(super) fn kept(&mut self, what: impl ToString, mend: &str) {
        self.problem(what.to_string(), mend, true);
    }

    /// Like [`Self::kept`], but the same remark is made once for an input.
    pub(super) fn kept_once(&mut self, what: String, mend: &str) {
        if self.remarks.len() < REMARKS && self.remarks.insert(what.clone()) {
            self.problem(what, mend, true);
        }
    }

    /// Like [`Self::left_out`], but the same remark is made once for an input.
    pub(super) fn left_out_once(&mut self, what: String, mend: &str) {
        if self.remarks.len() < REMARKS && self.remarks.insert(what.clone()) {
            self.problem(what, mend, false);
        }
    }

    fn problem(&mut self, what: String, mend: &str, kept: bool) {
        let (file, mend) = (self.file.clone(), mend.to_owned());
        self.batch.problems.push(Problem { file, line: self.line, what, mend, kept });
    }
}
