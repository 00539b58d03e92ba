//! `coverage json` of coverage.py.
//!
//! In: `files`, by name. Out: a [`Covered`] for each file, and one for each test that reached it,
//! where the report was written with `--show-contexts`. Start at [`CoveragePy::kept`]. Source:
//! coverage.py's `jsonreport.py`, formats 1 to 3.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Covered;
use super::builder::Builder;
use crate::read::Gap;
use crate::read::json::value::{at, list, number};
use crate::read::json::{Shape, Take};
use crate::read::sink::Sink;

/// Reads the report.
#[derive(Debug, Default)]
pub(super) struct CoveragePy {
    lines: Builder,
}

impl Shape for CoveragePy {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "files" => Take::Enter,
            _ if path.starts_with("files.") => Take::Keep,
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, file: &Value, sink: &mut Sink) {
        let name = path.strip_prefix("files.").unwrap_or(path);
        if file.get("executed_lines").is_none() {
            sink.gap(Gap::Malformed, format!("`{name}` has no `executed_lines`"), "");
            return;
        }
        numbers(file, "executed_lines").for_each(|line| self.lines.line(line, true));
        numbers(file, "missing_lines").for_each(|line| self.lines.line(line, false));
        for (key, hit) in [("executed_branches", 1), ("missing_branches", 0)] {
            for branch in list(file, key) {
                if let Some(line) = branch.get(0).and_then(line) {
                    self.lines.branches(line, hit, 1);
                }
            }
        }
        let covered = self.lines.finish(name, sink);
        let mut tests: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        if let Some(contexts) = at(file, "contexts").as_object() {
            for (at, names) in contexts {
                let Ok(at) = at.parse() else { continue };
                for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    // What ran before or between the tests has no name.
                    if !name.is_empty() {
                        tests.entry(name).or_default().push(at);
                    }
                }
            }
        }
        for (test, hit) in tests {
            let hit = hit.into_iter().collect();
            sink.covered(Covered {
                test: Some(test.to_owned()),
                hit,
                branches: Vec::new(),
                ..covered.clone()
            });
        }
        sink.covered(covered);
    }

    fn end(&mut self, _whole: bool, _sink: &mut Sink) {}

    fn useless(&self) -> &'static [&'static str] {
        &["summary", "functions", "classes"]
    }
}

fn numbers<'v>(file: &'v Value, key: &str) -> impl Iterator<Item = u32> + use<'v> {
    list(file, key).iter().filter_map(line)
}

/// A line. Where a function is left, branches have the line of its beginning with a minus.
fn line(value: &Value) -> Option<u32> {
    let line = number(value).or_else(|| value.as_i64().map(i64::unsigned_abs))?;
    u32::try_from(line).ok()
}
