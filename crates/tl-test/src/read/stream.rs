//! The bytes of a report, driven through the reader of its format.
//!
//! In: a reader of XML, of lines or of a document. Out: a `Sink` that it fills. Start at
//! [`Stream::read_on`]. **Invariant:** what the layers below the format found is told once, at the
//! end.

use std::io::{self, BufRead, Chain, Cursor, Read as _};

use super::elide::{Doctype, Elide};
use super::json::{Document, Shape, Walk};
use super::lines::{Line, Lines};
use super::sink::Sink;
use super::text::Text;
use super::xml::{Elements, Xml};
use super::{Gap, detect};

/// A report that is being read, of whatever kind.
#[derive(Debug)]
pub(crate) struct Stream<R: BufRead> {
    /// What it is called in remarks.
    name: String,
    body: Body<R>,
    /// What was read so far.
    pub(crate) sink: Sink,
    /// Nothing more is to be read.
    over: bool,
}

/// The first bytes, which were looked at, and those behind them.
pub(crate) type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// What is read, by what drives its reader.
#[derive(Debug)]
pub(crate) enum Body<R: BufRead> {
    Xml(Box<Xml<Whole<R>>>),
    Lines(Box<Lines<Whole<R>>>),
    Document(Box<Elide<Whole<R>>>, Box<dyn Document>),
    /// It is no report.
    Nothing,
}

/// The first bytes of a report, [`detect::HEAD`] at most.
pub(crate) fn head(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(detect::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The text of a report of which these bytes were looked at.
pub(crate) fn text<R: BufRead>(head: Vec<u8>, reader: R) -> Text<Whole<R>> {
    Text::new(Cursor::new(head).chain(reader))
}

impl<R: BufRead> Body<R> {
    pub(crate) fn xml(
        text: Text<Whole<R>>,
        elements: Box<dyn Elements>,
        doctype: Doctype,
        sink: &Sink,
    ) -> Self {
        Self::Xml(Box::new(Xml::new(Elide::xml(text, sink.limits, doctype), elements)))
    }

    pub(crate) fn lines(text: Text<Whole<R>>, line: Box<dyn Line>) -> Self {
        Self::Lines(Box::new(Lines::new(text, line)))
    }

    pub(crate) fn document(text: Text<Whole<R>>, document: Box<dyn Document>, sink: &Sink) -> Self {
        Self::Document(Box::new(Elide::json(text, sink.limits)), document)
    }

    pub(crate) fn shape(text: Text<Whole<R>>, shape: Box<dyn Shape>, sink: &Sink) -> Self {
        Self::document(text, Box::new(Walk::new(shape)), sink)
    }
}

impl<R: BufRead> Stream<R> {
    pub(crate) fn new(name: &str, body: Body<R>, sink: Sink) -> Self {
        let over = matches!(body, Body::Nothing);
        Self { name: name.to_owned(), body, sink, over }
    }

    /// Whether nothing more is to be read.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    /// Reads until the sink has enough to be handed out, or nothing more comes.
    pub(crate) fn read_on(&mut self) -> io::Result<()> {
        while !self.over && !self.sink.is_full() {
            let sink = &mut self.sink;
            let more = match &mut self.body {
                Body::Xml(xml) => xml.step(sink)?,
                Body::Lines(lines) => lines.step(sink)?,
                Body::Document(input, document) => {
                    sink.line = input.line();
                    let more = document.advance(&mut **input, sink)?;
                    sink.line = input.line();
                    more
                }
                Body::Nothing => false,
            };
            if !more || self.sink.is_stopped() {
                self.close();
            }
        }
        Ok(())
    }

    /// What was read. A report that was not read to its end is not complete.
    pub(crate) fn finish(mut self) -> Sink {
        if !self.over {
            self.close();
            let what = format!("`{}` was not read to its end", self.name);
            self.sink.gap(Gap::Truncated, what, "");
        }
        self.sink
    }

    /// Says what the layers below the format found.
    fn close(&mut self) {
        self.over = true;
        let (text, cut) = match &self.body {
            Body::Xml(xml) => (xml.text(), xml.cut()),
            Body::Lines(lines) => (&lines.text, 0),
            Body::Document(input, _) => (&input.text, input.cut()),
            Body::Nothing => return,
        };
        self.sink.cut(cut);
        if text.wrong > 0 {
            let places = text.wrong;
            let what =
                format!("`{}` is not in the encoding that it says, {places} times", self.name);
            let gap = text.is_foreign().then_some(Gap::Encoding);
            self.sink.remark_at(0, gap, what, "write the report as UTF-8");
        }
    }
}
