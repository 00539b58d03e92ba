//! `coverage-final.json` of Istanbul, nyc, c8, jest and vitest.
//!
//! In: an object of files, by path. Out: a [`Covered`](super::Covered) for each. Start at [`Istanbul::kept`]. A line
//! counts where a statement begins on it, and is covered where one of those was executed, as
//! Istanbul's own `getLineCoverage` has it.

use serde_json::Value;

use super::builder::Builder;
use crate::read::Gap;
use crate::read::json::value::{at, number, text};
use crate::read::json::{Shape, Take};
use crate::read::sink::Sink;

/// Reads the file.
#[derive(Debug, Default)]
pub(super) struct Istanbul {
    lines: Builder,
}

impl Shape for Istanbul {
    fn take(&mut self, path: &str) -> Take {
        if path.is_empty() { Take::Enter } else { Take::Keep }
    }

    fn kept(&mut self, path: &str, file: &Value, sink: &mut Sink) {
        let file = file.get("data").unwrap_or(file);
        let name = match text(file, "path") {
            "" => path,
            name => name,
        };
        let Some(statements) = at(file, "statementMap").as_object() else {
            let what = format!("`{name}` has no `statementMap`");
            let mend = "hand over `coverage-final.json`, not the summary";
            sink.gap(Gap::NoReport, what, mend);
            return;
        };
        for (id, place) in statements {
            let hit = number(at(at(file, "s"), id)).unwrap_or(0) > 0;
            if let Some(line) = begin(place) {
                self.lines.line(line, hit);
            }
        }
        for (id, branch) in at(file, "branchMap").as_object().into_iter().flatten() {
            let taken = at(at(file, "b"), id).as_array().map_or(&[][..], Vec::as_slice);
            let place = begin(at(branch, "loc")).or_else(|| line(at(branch, "line")));
            if let (Some(line), Ok(all)) = (place, u32::try_from(taken.len())) {
                let hit = taken.iter().filter(|count| number(count).unwrap_or(0) > 0).count();
                self.lines.branches(line, hit as u32, all);
            }
        }
        let covered = self.lines.finish(name, sink);
        sink.covered(covered);
    }

    fn end(&mut self, _whole: bool, _sink: &mut Sink) {}

    fn useless(&self) -> &'static [&'static str] {
        &["inputSourceMap", "fnMap", "f", "bT", "hash", "contentHash", "code"]
    }
}

/// Line on which a place begins.
fn begin(place: &Value) -> Option<u32> {
    line(at(at(place, "start"), "line"))
}

fn line(value: &Value) -> Option<u32> {
    number(value).and_then(|line| u32::try_from(line).ok())
}
