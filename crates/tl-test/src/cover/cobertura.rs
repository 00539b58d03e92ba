//! Cobertura's XML, as its many writers have it.
//!
//! In: the elements of `coverage`. Out: a [`Covered`](super::Covered) for each `class`, of which a file may have
//! several. Start at [`Cobertura::begin`]. What stands below a class counts; what stands below its
//! methods is the same again, or (Istanbul) something else, and counts where there is nothing else.

use std::collections::BTreeMap;

use super::builder::{Builder, is_hit};
use crate::read::Failure;
use crate::read::sink::Sink;
use crate::read::xml::{Elements, Tag, check};

/// Names of directories that are kept.
const ROOTS: usize = 1_000;

/// Reads Cobertura's XML.
#[derive(Debug, Default)]
pub(super) struct Cobertura {
    file: Option<String>,
    own: Found,
    /// What stands below its methods.
    below: Found,
    in_methods: bool,
    /// The text of a `source`.
    source: Option<String>,
}

/// Lines that were found in one place.
#[derive(Debug, Default)]
struct Found {
    any: bool,
    lines: Builder,
    /// A line may come twice.
    branches: BTreeMap<u32, (u32, u32)>,
}

impl Elements for Cobertura {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        match tag.name() {
            "source" => self.source = Some(String::new()),
            "class" => {
                self.close(sink);
                let mut file = None;
                let mut name = None;
                let well = tag.each(|key, value| match key {
                    "filename" => file = Some(value.into_owned()),
                    "name" => name = Some(value.into_owned()),
                    _ => {}
                });
                check(well, "class", sink);
                self.file = file.or(name);
            }
            "methods" => self.in_methods = true,
            "line" if self.file.is_some() => self.line(tag, sink),
            _ => {}
        }
    }

    fn wants_text(&self) -> bool {
        self.source.is_some()
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        None
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        if let Some(source) = &mut self.source
            && source.len() + text.len() <= sink.limits.name
        {
            source.push_str(text);
        }
    }

    fn end(&mut self, name: &str, sink: &mut Sink) {
        match name {
            "class" => self.close(sink),
            "methods" => self.in_methods = false,
            "source" => {
                let source = self.source.take().unwrap_or_default();
                let source = source.trim();
                if !source.is_empty() && sink.roots.len() < ROOTS {
                    sink.roots.push(source.to_owned());
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, _whole: bool, sink: &mut Sink) {
        self.close(sink);
    }
}

impl Cobertura {
    fn line(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let (mut number, mut hit, mut branches) = (0, false, None);
        let well = tag.each(|key, value| match key {
            "number" => number = value.trim().parse().unwrap_or(0),
            "hits" => hit = is_hit(&value),
            "condition-coverage" => branches = fraction(&value),
            _ => {}
        });
        check(well, "line", sink);
        let to = if self.in_methods { &mut self.below } else { &mut self.own };
        to.any = true;
        to.lines.line(number, hit);
        if let Some((hit, all)) = branches {
            let known = to.branches.entry(number).or_default();
            *known = (known.0.max(hit), known.1.max(all));
        }
    }

    fn close(&mut self, sink: &mut Sink) {
        self.in_methods = false;
        let (own, below) = (std::mem::take(&mut self.own), std::mem::take(&mut self.below));
        let Some(file) = self.file.take() else { return };
        let Found { mut lines, branches, .. } = if own.any { own } else { below };
        for (line, (hit, all)) in branches {
            lines.branches(line, hit, all);
        }
        let covered = lines.finish(&file, sink);
        sink.covered(covered);
    }
}

/// `50% (1/2)`
fn fraction(text: &str) -> Option<(u32, u32)> {
    let (_, inside) = text.split_once('(')?;
    let (hit, all) = inside.trim().trim_end_matches(')').split_once('/')?;
    Some((hit.trim().parse().ok()?, all.trim().parse().ok()?))
}
