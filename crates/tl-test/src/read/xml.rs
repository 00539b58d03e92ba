//! Formats of XML: elements, their attributes and texts, one after the other.
//!
//! In: the text of a report, long ones cut. Out: what the format's [`Elements`] makes of each.
//! Start at [`Xml::step`]. **Invariants:** no entity is expanded but the five of XML and numeric
//! ones; nesting is limited; what follows a fault is not read.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::ctest::Ctest;
use super::cts::Cts;
use super::elide::Elide;
use super::junit::Junit;
use super::nunit::Nunit;
use super::robot::Robot;
use super::sink::{self, Sink};
use super::text::Text;
use super::trx::Trx;
use super::xunit::Xunit;
use super::{Failure, Format, Gap};

/// A format of XML.
pub(crate) trait Elements: fmt::Debug {
    /// An element begins. One without content is ended at once.
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink);

    /// Whether the text that stands in the element now is of use.
    fn wants_text(&self) -> bool;

    /// The failure that this text belongs to, where it does to one.
    fn failure(&mut self) -> Option<&mut Failure>;

    /// A piece of the text that stands in the element now.
    fn text(&mut self, text: &str, sink: &mut Sink);

    /// The element ends.
    fn end(&mut self, name: &str, sink: &mut Sink);

    /// Nothing more comes. Where the report is not `whole`, its elements are open still.
    fn finish(&mut self, whole: bool, sink: &mut Sink);
}

/// The reader of a format; none where it is no XML.
pub(crate) fn elements(format: Format) -> Option<Box<dyn Elements>> {
    Some(match format {
        Format::Junit => Box::<Junit>::default(),
        Format::Trx => Box::<Trx>::default(),
        Format::Nunit2 | Format::Nunit3 => Box::<Nunit>::default(),
        Format::Xunit => Box::<Xunit>::default(),
        Format::Robot => Box::<Robot>::default(),
        Format::Ctest => Box::<Ctest>::default(),
        Format::Cts => Box::<Cts>::default(),
        _ => return None,
    })
}

/// An element's name and attributes.
#[derive(Debug)]
pub(crate) struct Tag<'a> {
    start: &'a BytesStart<'a>,
}

impl<'a> Tag<'a> {
    pub(crate) const fn new(start: &'a BytesStart<'a>) -> Self {
        Self { start }
    }

    /// Its name, without the prefix of a namespace.
    pub(crate) fn name(&self) -> &str {
        local(self.start.name().into_inner())
    }

    /// Hands over each attribute: its name without prefix, and its value. False where they are
    /// not well-formed; what stands before the fault was handed over.
    pub(crate) fn each<'s>(&'s self, mut take: impl FnMut(&'s str, Cow<'s, str>)) -> bool {
        for attribute in self.start.attributes().with_checks(false) {
            let Ok(attribute) = attribute else { return false };
            let raw = match attribute.value {
                Cow::Borrowed(raw) => value(raw),
                Cow::Owned(raw) => Cow::Owned(value(&raw).into_owned()),
            };
            take(local(attribute.key.into_inner()), raw);
        }
        true
    }

    /// The value of one attribute.
    pub(crate) fn get(&self, wanted: &str) -> Option<String> {
        let mut found = None;
        self.each(|name, value| {
            if name == wanted && found.is_none() {
                found = Some(value.into_owned());
            }
        });
        found
    }
}

pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// An attribute's value: blanks for line ends, as XML has it, and entities resolved.
fn value(raw: &str) -> Cow<'_, str> {
    if raw.bytes().any(|byte| matches!(byte, b'\n' | b'\r' | b'\t')) {
        let blank = raw.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        return Cow::Owned(unescape(&blank).into_owned());
    }
    unescape(raw)
}

/// Resolves the five entities of XML and numeric ones; leaves what is none as it stands.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let mut text = raw[..first].to_owned();
    let mut rest = &raw[first..];
    while let Some(behind) = rest.strip_prefix('&') {
        let entity = behind.split_once(';').filter(|(name, _)| name.len() <= 32);
        match entity.and_then(|(name, after)| Some((resolve(name)?, after))) {
            Some((sign, after)) => {
                text.push(sign);
                rest = after;
            }
            None => {
                text.push('&');
                rest = behind;
            }
        }
        let end = memchr::memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
        text.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    Cow::Owned(text)
}

/// The character that an entity stands for: U+FFFD where the number is not one of XML's.
fn resolve(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => digits.parse(),
            };
            char::from_u32(number.ok()?).filter(|sign| *sign != '\0').unwrap_or('\u{fffd}')
        }
    })
}

/// Says that the attributes of an element are not well-formed, where they are not.
pub(crate) fn check(well: bool, name: &str, sink: &mut Sink) {
    if !well {
        let what = format!("attributes of `{name}` are not well-formed");
        sink.gap(Gap::Malformed, what, "quote and escape the values of attributes");
    }
}

/// Adds to the text of a failure what there is room for.
pub(crate) fn add(failure: &mut Failure, text: &str, limit: usize) {
    let room = limit.saturating_sub(failure.text.len());
    let end = text.floor_char_boundary(room.min(text.len()));
    failure.text.push_str(&text[..end]);
    failure.cut += (text.len() - end) as u64;
}

/// More text of a failure: of its message, or of what stands below it.
pub(crate) fn add_to(failure: &mut Failure, is_message: bool, text: &str, limit: usize) {
    if is_message {
        failure.message.push_str(text);
        failure.cut += sink::cut(&mut failure.message, limit);
    } else {
        add(failure, text, limit);
    }
}

/// Without the blanks around it, which come from how the XML was laid out.
pub(crate) fn trim(text: &mut String) {
    text.truncate(text.trim_end().len());
    let blank = text.len() - text.trim_start_matches(['\n', '\r']).len();
    text.drain(..blank);
}

/// A report of XML.
#[derive(Debug)]
pub(crate) struct Xml<R> {
    reader: Reader<Elide<R>>,
    format: Box<dyn Elements>,
    buffer: Vec<u8>,
    depth: u32,
    /// Bytes cut out of what was handed to the format.
    cut: u64,
    /// Whether any element was seen.
    begun: bool,
}

impl<R: Read> Xml<R> {
    pub(crate) fn new(input: Elide<R>, format: Box<dyn Elements>) -> Self {
        let mut reader = Reader::from_reader(input);
        // `&` where `&amp;` was meant is common in names of tests.
        reader.config_mut().allow_dangling_amp = true;
        Self { reader, format, buffer: Vec::new(), depth: 0, cut: 0, begun: false }
    }

    pub(crate) const fn text(&self) -> &Text<R> {
        &self.reader.get_ref().text
    }

    pub(crate) const fn cut(&self) -> u64 {
        self.reader.get_ref().cut()
    }

    /// Reads one element or text; false at the end.
    pub(crate) fn step(&mut self, sink: &mut Sink) -> io::Result<bool> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer);
        let format = &mut *self.format;
        let cut = self.reader.get_ref().passed();
        let gone = cut - std::mem::replace(&mut self.cut, cut);
        if gone > 0
            && matches!(event, Ok(Event::Text(_) | Event::CData(_)))
            && format.wants_text()
            && let Some(failure) = format.failure()
        {
            failure.cut += gone;
        }
        let fault = match event {
            Ok(Event::Start(start)) => {
                self.depth += 1;
                self.begun = true;
                sink.line = self.reader.get_ref().line();
                format.begin(&Tag { start: &start }, sink);
                if self.depth <= sink.limits.depth {
                    return Ok(true);
                }
                Gap::TooDeep
            }
            Ok(Event::Empty(start)) => {
                self.begun = true;
                sink.line = self.reader.get_ref().line();
                let tag = Tag { start: &start };
                format.begin(&tag, sink);
                format.end(tag.name(), sink);
                return Ok(true);
            }
            Ok(Event::End(end)) => {
                self.depth = self.depth.saturating_sub(1);
                sink.line = self.reader.get_ref().line();
                format.end(local(end.name().into_inner()), sink);
                return Ok(true);
            }
            Ok(Event::Text(text)) => {
                if format.wants_text() {
                    format.text(&unescape(&text), sink);
                }
                return Ok(true);
            }
            Ok(Event::CData(text)) => {
                if format.wants_text() {
                    format.text(&text, sink);
                }
                return Ok(true);
            }
            Ok(Event::GeneralRef(entity)) => {
                if format.wants_text() {
                    let mut sign = [0; 4];
                    match resolve(&entity) {
                        Some(found) => format.text(found.encode_utf8(&mut sign), sink),
                        None => format.text(&format!("&{};", &*entity), sink),
                    }
                }
                return Ok(true);
            }
            Ok(Event::Eof) => match self.reader.get_ref().refused() {
                Some(gap) => gap,
                None if self.depth > 0 || !self.begun => Gap::Truncated,
                None => {
                    self.format.finish(true, sink);
                    return Ok(false);
                }
            },
            Ok(Event::DocType(_)) => Gap::Doctype,
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => return Ok(true),
            Err(quick_xml::Error::Io(wrong)) => {
                return Err(io::Error::new(wrong.kind(), wrong.to_string()));
            }
            Err(wrong) => self.fault(&wrong),
        };
        sink.line = self.reader.get_ref().line();
        tell(fault, sink);
        self.format.finish(false, sink);
        Ok(false)
    }

    /// What kind of fault the tokenizer found.
    fn fault(&self, wrong: &quick_xml::Error) -> Gap {
        if let Some(gap) = self.reader.get_ref().refused() {
            return gap;
        }
        match wrong {
            // It names what should still have come.
            quick_xml::Error::Syntax(_) => Gap::Truncated,
            _ => Gap::Malformed,
        }
    }
}

fn tell(gap: Gap, sink: &mut Sink) {
    let limit = sink.limits.depth;
    let (what, mend) = match gap {
        Gap::Doctype => (
            "the report declares a document type".to_owned(),
            "write it without `<!DOCTYPE`: such a one may name files and hosts to read",
        ),
        Gap::TooDeep => (
            format!("elements are nested more than {limit} deep"),
            "let the runner write its own report, without others in it",
        ),
        Gap::TooLarge => {
            ("a tag is too long".to_owned(), "write what it holds as text, not as attributes")
        }
        Gap::Truncated => (
            "the report breaks off".to_owned(),
            "let the runner finish: it may have been killed, or the disk be full",
        ),
        _ => (
            "the report is not well-formed XML".to_owned(),
            "let one runner alone write the file, and escape what it captures",
        ),
    };
    sink.gap(gap, what, mend);
}

#[cfg(test)]
mod tests;
