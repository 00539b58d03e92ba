//! Clover's XML, of OpenClover, `PHPUnit` and Istanbul.
//!
//! In: the elements of `coverage`. Out: a [`Covered`](super::Covered) for each `file`. Start at [`Clover::begin`].
//! Lines of the type `method` are declarations, which are not executed.

use super::builder::{Builder, is_hit};
use crate::read::Failure;
use crate::read::sink::Sink;
use crate::read::xml::{Elements, Tag, check};

/// Reads Clover's XML.
#[derive(Debug, Default)]
pub(super) struct Clover {
    file: Option<String>,
    lines: Builder,
}

impl Elements for Clover {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        match tag.name() {
            "file" => {
                self.close(sink);
                self.file = tag.get("path").or_else(|| tag.get("name"));
            }
            "line" if self.file.is_some() => self.line(tag, sink),
            _ => {}
        }
    }

    fn wants_text(&self) -> bool {
        false
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        None
    }

    fn text(&mut self, _text: &str, _sink: &mut Sink) {}

    fn end(&mut self, name: &str, sink: &mut Sink) {
        if name == "file" {
            self.close(sink);
        }
    }

    fn finish(&mut self, _whole: bool, sink: &mut Sink) {
        self.close(sink);
    }
}

impl Clover {
    fn line(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let (mut number, mut count, mut is_method) = (0, None, false);
        let [mut truths, mut falsehoods] = [None; 2];
        let well = tag.each(|key, value| match key {
            "num" => number = value.trim().parse().unwrap_or(0),
            "count" => count = Some(is_hit(&value)),
            "type" => is_method = value == "method",
            "truecount" => truths = value.trim().parse::<u32>().ok(),
            "falsecount" => falsehoods = value.trim().parse::<u32>().ok(),
            _ => {}
        });
        check(well, "line", sink);
        if is_method {
            return;
        }
        if let (Some(truths), Some(falsehoods)) = (truths, falsehoods) {
            match count {
                // OpenClover: how often a condition came out as what. It has no count of its own.
                None => {
                    let taken = u32::from(truths > 0) + u32::from(falsehoods > 0);
                    self.lines.branches(number, taken, 2);
                    count = Some(taken > 0);
                }
                // Istanbul: branches that were taken, and those that were not.
                Some(_) => {
                    self.lines.branches(number, truths, truths.saturating_add(falsehoods));
                }
            }
        }
        self.lines.line(number, count.unwrap_or(false));
    }

    fn close(&mut self, sink: &mut Sink) {
        if let Some(file) = self.file.take() {
            let covered = self.lines.finish(&file, sink);
            sink.covered(covered);
        }
    }
}
