//! `llvm-cov export`, as JSON.
//!
//! In: `data[].files[]` with their `segments`. Out: a [`Covered`](super::Covered) for each file, with the lines that
//! `llvm-cov export -format=lcov` and `llvm-cov show` give it. Start at [`lines`]. Source:
//! `LineCoverageStats` in LLVM's `CoverageMapping.cpp`; segments have had a sixth value, whether
//! they are a gap, since LLVM 12.

use serde_json::Value;

use super::builder::Builder;
use crate::read::Gap;
use crate::read::json::value::{list, number, text};
use crate::read::json::{Shape, Take};
use crate::read::sink::Sink;

/// Reads the export.
#[derive(Debug, Default)]
pub(super) struct Llvm {
    lines: Builder,
}

impl Shape for Llvm {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "data" | "data[]" | "data[].files" => Take::Enter,
            "data[].files[]" => Take::Keep,
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, _path: &str, file: &Value, sink: &mut Sink) {
        let name = text(file, "filename");
        if file.get("segments").is_none() {
            let mend = "export it without `--summary-only`";
            sink.gap(Gap::NoReport, "the report has sums, and no lines", mend);
            return;
        }
        lines(list(file, "segments"), &mut self.lines);
        for branch in list(file, "branches") {
            let taken = [4, 5].map(|at| branch.get(at).is_some_and(is_hit));
            if let Some(line) = place(branch.get(0)) {
                let hit = taken.into_iter().map(u32::from).sum();
                self.lines.branches(line, hit, 2);
            }
        }
        let covered = self.lines.finish(name, sink);
        sink.covered(covered);
    }

    fn end(&mut self, _whole: bool, _sink: &mut Sink) {}

    fn useless(&self) -> &'static [&'static str] {
        &["expansions", "summary", "mcdc_records"]
    }
}

/// Where the count of a file changes.
#[derive(Debug, Clone, Copy)]
struct Segment {
    line: u32,
    hit: bool,
    has_count: bool,
    is_entry: bool,
    is_gap: bool,
}

impl Segment {
    fn read(value: &Value) -> Option<Self> {
        let is = |at: usize| match value.get(at) {
            Some(Value::Bool(is)) => *is,
            Some(other) => number(other).unwrap_or(0) > 0,
            None => false,
        };
        Some(Self {
            line: place(value.get(0))?,
            hit: value.get(2).is_some_and(is_hit),
            has_count: is(3),
            is_entry: is(4),
            is_gap: is(5),
        })
    }

    /// Whether anything with a count begins here, also a gap.
    const fn counts(self) -> bool {
        self.has_count && self.is_entry
    }

    /// Whether a region of code begins here.
    const fn begins(self) -> bool {
        !self.is_gap && self.counts()
    }
}

fn place(value: Option<&Value>) -> Option<u32> {
    number(value?).and_then(|line| u32::try_from(line).ok())
}

fn is_hit(count: &Value) -> bool {
    count.as_f64().is_some_and(|count| count > 0.0)
}

/// Lines of segments, which are ordered by place.
fn lines(segments: &[Value], to: &mut Builder) {
    let segments: Vec<Segment> = segments.iter().filter_map(Segment::read).collect();
    // The last segment of the lines before.
    let mut before: Option<Segment> = None;
    for here in segments.chunk_by(|one, next| one.line == next.line) {
        let (first, last) = (here[0], here[here.len() - 1]);
        // Lines without a segment are what the last one before them is.
        if let Some(before) = before.filter(|before| before.has_count)
            && before.line + 1 < first.line
        {
            to.range(before.line + 1, first.line - 1, before.hit);
        }
        let is_skipped = !first.has_count && first.is_entry;
        let inside = before.is_some_and(|before| before.has_count);
        // LLVM 20 and later give also such a line a count; before, no tool wrote one.
        let counts = here.iter().any(|segment| segment.counts());
        if counts || (!is_skipped && inside) {
            let hit = before.is_some_and(|before| before.hit)
                || here.iter().any(|segment| segment.begins() && segment.hit);
            to.line(first.line, hit);
        }
        before = Some(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Limits;

    /// Lines that can be covered, and those that are.
    fn shown(segments: Value) -> (String, String) {
        let mut builder = Builder::default();
        lines(segments.as_array().unwrap(), &mut builder);
        let mut sink = Sink::new(None, Limits::default());
        let covered = builder.finish("a.rs", &mut sink);
        (covered.lines.shown(99), covered.hit.shown(99))
    }

    #[test]
    fn a_line_between_segments_is_as_the_last_one_before_it() {
        let file = serde_json::json!([
            [1, 1, 1, true, true, false],
            [2, 8, 0, true, true, false],
            [4, 6, 1, true, false, false],
            [7, 2, 0, false, false, false]
        ]);
        // Line 2 counts as what it begins in, line 4 begins in what was not executed, and nothing
        // stands behind line 7.
        assert_eq!(shown(file), ("1-7".to_owned(), "1-2, 5-7".to_owned()));
    }

    #[test]
    fn gaps_begin_no_line_and_skipped_regions_have_none() {
        let file = serde_json::json!([
            [1, 1, 0, true, true, false],
            [2, 1, 5, true, true, true],
            [3, 1, 0, false, true, false],
            [5, 1, 0, false, false, false]
        ]);
        assert_eq!(shown(file), ("1-2".to_owned(), String::new()));
    }

    #[test]
    fn segments_without_the_sixth_value_are_no_gaps() {
        let file = serde_json::json!([[3, 1, 2, 1, 1], [5, 2, 0, 0, 0]]);
        assert_eq!(shown(file), ("3-5".to_owned(), "3-5".to_owned()));
    }
}
