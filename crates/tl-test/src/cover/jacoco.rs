//! `JaCoCo`'s XML.
//!
//! In: the elements of `report`. Out: a [`Covered`](super::Covered) for each `sourcefile`. Start at
//! [`Jacoco::begin`]. A line counts where instructions stand on it, and is covered where one of them
//! was executed, as `JaCoCo`'s own counter `LINE` has it. Source: its `report.dtd` 1.1.

use super::builder::Builder;
use crate::read::sink::Sink;
use crate::read::xml::{Elements, Tag, check};
use crate::read::{Failure, Gap};

/// Groups within one another that are kept.
const GROUPS: usize = 64;

/// Reads `JaCoCo`'s XML.
#[derive(Debug, Default)]
pub(super) struct Jacoco {
    groups: Vec<String>,
    package: String,
    file: Option<String>,
    lines: Builder,
}

impl Elements for Jacoco {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        match tag.name() {
            // Those that are nested deeper are left out, and so are their ends.
            "group" => self.groups.push(match self.groups.len() {
                0..GROUPS => tag.get("name").unwrap_or_default(),
                _ => String::new(),
            }),
            "package" => self.package = tag.get("name").unwrap_or_default(),
            "sourcefile" => {
                self.close(sink);
                let name = tag.get("name").unwrap_or_default();
                self.file = Some(match self.package.as_str() {
                    "" => name,
                    package => format!("{package}/{name}"),
                });
            }
            "line" if self.file.is_some() => {
                self.line(tag, sink);
            }
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
        match name {
            "sourcefile" => self.close(sink),
            "package" => self.package.clear(),
            "group" => drop(self.groups.pop()),
            _ => {}
        }
    }

    fn finish(&mut self, _whole: bool, sink: &mut Sink) {
        self.close(sink);
    }
}

impl Jacoco {
    fn line(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let [mut nr, mut ci, mut mi, mut cb, mut mb] = [None; 5];
        let well = tag.each(|key, value| {
            let slot = match key {
                "nr" => &mut nr,
                "ci" => &mut ci,
                "mi" => &mut mi,
                "cb" => &mut cb,
                "mb" => &mut mb,
                _ => return,
            };
            *slot = value.trim().parse::<u32>().ok();
        });
        check(well, "line", sink);
        let nr = nr.unwrap_or(0);
        match (ci, mi) {
            // Some other tools write `JaCoCo`'s form without what it counts.
            (None, None) => {
                let what = "lines of the report do not say whether they were executed";
                sink.gap(Gap::Malformed, what, "let the tool write lcov or Cobertura XML");
            }
            (Some(0) | None, Some(0) | None) => {}
            _ => self.lines.line(nr, ci.unwrap_or(0) > 0),
        }
        let taken = cb.unwrap_or(0);
        self.lines.branches(nr, taken, taken.saturating_add(mb.unwrap_or(0)));
    }

    fn close(&mut self, sink: &mut Sink) {
        let Some(file) = self.file.take() else { return };
        let mut covered = self.lines.finish(&file, sink);
        covered.within = self.groups.iter().filter(|name| !name.is_empty()).cloned().collect();
        sink.covered(covered);
    }
}
