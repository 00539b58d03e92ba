//! Files and pipes to events: `throughline collect --from FILE|-`.
//!
//! In: bytes in any of the formats of `docs/collect-files.md`, recognised by their first record or
//! named. Out: batches of events and of [`Problem`]s. Start at [`Intake`]; a format is a module:
//! [`neutral`], [`cdevents`], [`shape`] (bodies and exports of other systems), [`junit`],
//! [`claude_code`], [`copilot`], [`table`] (CSV).
//! **Invariants:** memory does not grow with the input: a record over [`RECORD_LIMIT`] is skipped;
//! one bad record is reported with its line and never stops the rest; no bytes make it panic; the
//! order of records and their repetition do not change the set of events.

pub mod cdevents;
mod check;
pub mod claude_code;
pub mod copilot;
mod format;
pub mod http;
mod json;
pub mod junit;
mod lines;
pub mod neutral;
pub mod shape;
mod sink;
pub mod table;
mod text;
mod values;
mod when;

#[cfg(test)]
mod tests;

use std::io::{self, BufRead};

use tl_core::event::Event;
use tl_core::time::{OffsetMinutes, Timestamp};

pub use self::format::{Format, UnknownFormat};
use self::sink::Sink;
use self::text::Text;

/// Longest record in bytes: a line of NDJSON, an element of an array, a row, a text of XML.
pub const RECORD_LIMIT: usize = 16 << 20;

/// How many events and problems a batch holds at most, but for those of one last record.
const BATCH: usize = 1024;

/// Something about the input that its owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the input, as it was given to [`Intake::open`].
    pub file: String,
    /// Line on which the record begins; the first is 1.
    pub line: u64,
    /// What is wrong, lower case, no full stop.
    pub what: String,
    /// What to do about it.
    pub mend: String,
    /// Whether the record went in all the same.
    pub kept: bool,
}

/// Events and problems, in the order of the input.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// Events that passed [`Event::check`]. The ledger keeps the first of several with one
    /// (source, key).
    pub events: Vec<Event>,
    /// Line of the record that told the event of the same index.
    pub lines: Vec<u64>,
    /// About the letters of the events, see [`Event::letters`].
    pub letters: usize,
    /// What was left out or is remarkable.
    pub problems: Vec<Problem>,
}

/// How to read an input.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The format; recognised where it is not named.
    pub format: Option<Format>,
    /// Zone of dates that have none; without it they are problems.
    pub assume_offset: Option<OffsetMinutes>,
    /// Now, by the driver's clock: events over five minutes later are kept and reported.
    pub received: Timestamp,
    /// When the input was written, where that is known: the end of test suites that do not say when
    /// they ran.
    pub written: Option<Timestamp>,
    /// Repository or project of records that do not say it: `acme/api`. May be empty.
    pub scope: String,
    /// Commit that test results belong to. May be empty.
    pub commit: String,
}

/// One input on its way to events.
pub struct Intake<R: BufRead> {
    units: Units<R>,
    sink: Sink,
}

/// What an input is cut into.
enum Units<R: BufRead> {
    /// JSON, a value a line.
    Lines(json::Lines<R>),
    /// JSON documents and arrays over several lines.
    Values(json::Values<R>),
    /// CSV.
    Table(table::Rows<R>),
    /// XML.
    Junit(junit::Suites<R>),
    /// Nothing more.
    Done,
}

impl<R: BufRead> Intake<R> {
    /// Begins to read `reader`, called `name` in problems. Fails where its first bytes cannot be
    /// read; bytes that are no known format are a problem of the first batch.
    pub fn open(name: &str, reader: R, options: Options) -> io::Result<Self> {
        let mut sink = Sink::new(name, options);
        let (text, head) = Text::open(reader)?;
        let format = match sink.options.format {
            Some(format) => Ok(format),
            None => format::recognise(name, &head),
        };
        let units = match format {
            Err((what, mend)) => {
                if !what.is_empty() {
                    sink.at(1).left_out(what, mend);
                }
                Units::Done
            }
            Ok(Format::Junit) => Units::Junit(junit::Suites::new(text)),
            Ok(format) if format.is_table() => Units::Table(table::Rows::new(text, format)),
            Ok(format) if json::is_a_value_a_line(&head) => {
                Units::Lines(json::Lines::new(text, format))
            }
            Ok(format) => Units::Values(json::Values::new(text, format)),
        };
        Ok(Self { units, sink })
    }

    /// The next events and problems; nothing at the end. Fails where the input cannot be read
    /// further.
    pub fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        while self.sink.len() < BATCH {
            let more = match &mut self.units {
                Units::Lines(lines) => lines.step(&mut self.sink)?,
                Units::Values(values) => values.step(&mut self.sink)?,
                Units::Table(rows) => rows.step(&mut self.sink)?,
                Units::Junit(suites) => suites.step(&mut self.sink)?,
                Units::Done => false,
            };
            if !more {
                self.units = Units::Done;
                break;
            }
        }
        Ok(self.sink.take())
    }
}

/// All events and problems of an input that fits into memory, such as a request's body.
pub fn read_all(name: &str, bytes: &[u8], options: Options) -> Batch {
    let mut all = Batch::default();
    // Reading from memory does not fail.
    let Ok(mut intake) = Intake::open(name, bytes, options) else { return all };
    while let Ok(Some(batch)) = intake.next_batch() {
        all.events.extend(batch.events);
        all.lines.extend(batch.lines);
        all.letters += batch.letters;
        all.problems.extend(batch.problems);
    }
    all
}
