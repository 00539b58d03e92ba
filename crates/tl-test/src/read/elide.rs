//! Cuts long texts out of XML and JSON before a tokenizer collects them.
//!
//! In: [`Text`]. Out: the same markup, each text of it at most as long as it may be. Start at
//! [`Elide`]. **Invariants:** what is under the limits passes unchanged; a cut splits no
//! character, entity or escape; memory does not grow with the report.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use super::text::Text;
use super::{Gap, Limits};

mod json;
mod xml;

/// Bytes of an entity; what is longer is text.
const ENTITY: usize = 32;

/// A report's text, long ones cut.
#[derive(Debug)]
pub(crate) struct Elide<R> {
    pub(crate) text: Text<R>,
    form: Form,
    out: Out,
    at: usize,
    /// Lines that were handed on, and those before them that were cut.
    lines: u64,
    handed: u64,
    /// Bytes that were cut out of what was handed on.
    passed: u64,
    over: bool,
}

/// What becomes of a declaration of the document's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doctype {
    /// Nothing more is read.
    Refused,
    /// One without declarations of its own (`[...]`) is left out. Nothing that it names is read.
    LeftOut,
}

/// What is cut.
#[derive(Debug)]
enum Form {
    Xml(xml::Xml),
    Json(json::Json),
}

/// What passed, and what did not.
#[derive(Debug, Default)]
struct Out {
    bytes: Vec<u8>,
    /// Bytes that went out before these.
    before: u64,
    /// What was cut: behind which byte of the output, how many lines and bytes.
    gone: VecDeque<(u64, u64, u64)>,
    cut: u64,
}

impl Out {
    fn drop(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len() as u64;
        self.cut += len;
        let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        let at = self.before + self.bytes.len() as u64;
        match self.gone.back_mut() {
            Some((last, more, all)) if *last == at => {
                *more += lines;
                *all += len;
            }
            _ => self.gone.push_back((at, lines, len)),
        }
    }
}

impl<R: Read> Elide<R> {
    pub(crate) fn xml(text: Text<R>, limits: Limits, doctype: Doctype) -> Self {
        Self::new(text, Form::Xml(xml::Xml::new(limits, doctype)))
    }

    pub(crate) fn json(text: Text<R>, limits: Limits) -> Self {
        Self::new(text, Form::Json(json::Json::new(limits.text)))
    }

    fn new(text: Text<R>, form: Form) -> Self {
        Self { text, form, out: Out::default(), at: 0, lines: 0, handed: 0, passed: 0, over: false }
    }

    /// Line that is read next, from 1.
    pub(crate) const fn line(&self) -> u64 {
        self.lines + 1
    }

    /// Bytes that were cut out of what was read so far.
    pub(crate) const fn passed(&self) -> u64 {
        self.passed
    }

    /// Bytes that were left out.
    pub(crate) const fn cut(&self) -> u64 {
        self.out.cut
    }

    /// Why nothing more comes, where that is not the end of the report.
    pub(crate) const fn refused(&self) -> Option<Gap> {
        match &self.form {
            Form::Xml(xml) => xml.refused,
            Form::Json(_) => None,
        }
    }

    /// Reads on until something passes, or nothing more comes.
    fn fill(&mut self) -> io::Result<()> {
        self.out.before += self.out.bytes.len() as u64;
        self.out.bytes.clear();
        self.at = 0;
        while self.out.bytes.is_empty() && !self.over {
            let chunk = self.text.chunk()?;
            self.over = chunk.is_empty();
            match &mut self.form {
                Form::Xml(xml) => {
                    xml.pass(chunk, &mut self.out);
                    self.over |= xml.refused.is_some();
                }
                Form::Json(json) => json.pass(chunk, &mut self.out),
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Elide<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let len = from.len().min(to.len());
        to[..len].copy_from_slice(&from[..len]);
        self.consume(len);
        Ok(len)
    }
}

impl<R: Read> BufRead for Elide<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.out.bytes.len() && !self.over {
            self.fill()?;
        }
        Ok(&self.out.bytes[self.at..])
    }

    fn consume(&mut self, len: usize) {
        let end = (self.at + len).min(self.out.bytes.len());
        let passed = &self.out.bytes[self.at..end];
        self.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.handed += passed.len() as u64;
        self.at = end;
        while let Some((_, lines, cut)) = self.out.gone.pop_front_if(|gone| gone.0 <= self.handed) {
            self.lines += lines;
            self.passed += cut;
        }
    }
}

/// A text of which so much was kept already.
#[derive(Debug, Clone, Copy)]
struct Kept {
    len: usize,
    limit: usize,
    /// Bytes since an `&` without its `;`; none where no entity is open.
    open: usize,
    full: bool,
}

impl Kept {
    const fn new(limit: usize) -> Self {
        Self { len: 0, limit, open: 0, full: false }
    }

    const fn restart(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Passes what there is room for, and what is needed not to split a character or an entity.
    fn pass(&mut self, run: &[u8], entities: bool, out: &mut Out) {
        if self.full {
            return out.drop(run);
        }
        let mut end = run.len().min(self.limit.saturating_sub(self.len));
        if entities {
            self.look(&run[..end]);
        }
        while end < run.len() {
            let byte = run[end];
            let inside = byte & 0xc0 == 0x80
                || (self.open > 0
                    && self.open < ENTITY
                    && (byte.is_ascii_alphanumeric() || byte == b'#' || byte == b';'));
            if !inside {
                self.full = true;
                break;
            }
            self.open = if self.open == 0 || byte == b';' { 0 } else { self.open + 1 };
            end += 1;
        }
        self.len += end;
        out.bytes.extend_from_slice(&run[..end]);
        out.drop(&run[end..]);
    }

    /// Whether these bytes end within an entity.
    fn look(&mut self, passed: &[u8]) {
        let from = passed.len().saturating_sub(ENTITY);
        let last = &passed[from..];
        self.open = match memchr::memrchr2(b'&', b';', last) {
            Some(at) if last[at] == b'&' => last.len() - at,
            Some(_) => 0,
            None if self.open > 0 && self.open + passed.len() < ENTITY => self.open + passed.len(),
            None => 0,
        };
    }
}

#[cfg(test)]
mod tests;
