//! Profiles of `go test -coverprofile`.
//!
//! In: lines such as `acme.org/orders/add.go:12.30,15.2 3 1`: from line and column to line and
//! column, statements, count. Out: a [`Covered`](super::Covered) for each run of lines about one file. Start at
//! [`GoCover`]. Source: `golang.org/x/tools/cover`, `ParseProfilesFromReader`.
//!
//! A line is covered where any block that it is in was executed: with `-coverpkg` a profile holds
//! each block once for each package, and one line may close a block and open another.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;

use rustc_hash::FxBuildHasher;

use super::builder::{Builder, is_hit};
use crate::read::Gap;
use crate::read::lines::Line;
use crate::read::sink::Sink;

/// Blocks that are known again when they come twice.
const BLOCKS: usize = 4_000_000;

/// Reads a profile.
#[derive(Debug, Default)]
pub(super) struct GoCover {
    file: String,
    lines: Builder,
    /// By the hash of file and place: statements of a block, and whether it was executed.
    blocks: BTreeMap<u64, (u32, bool)>,
    /// The last line is not a block: it may have been cut.
    odd: Option<String>,
}

/// A block of statements.
struct Block<'l> {
    file: &'l str,
    place: &'l str,
    first: u32,
    last: u32,
    statements: u32,
    hit: bool,
}

impl<'l> Block<'l> {
    fn read(line: &'l str) -> Option<Self> {
        let mut words = line.rsplitn(3, ' ');
        let count = words.next()?;
        count.parse::<u64>().ok()?;
        let statements = words.next()?.parse().ok()?;
        let (file, place) = words.next()?.rsplit_once(':')?;
        let (start, end) = place.split_once(',')?;
        let (first, _) = start.split_once('.')?;
        let (last, _) = end.split_once('.')?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        Some(Self { file, place, first, last, statements, hit: is_hit(count) })
    }
}

impl Line for GoCover {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        let line = line.trim();
        // Profiles of several packages are often written one behind the other.
        if line.is_empty() || line.starts_with("mode:") {
            return;
        }
        if let Some(odd) = self.odd.take() {
            sink.gap(Gap::Malformed, format!("`{odd}` is no block of a file"), "");
        }
        let Some(block) = Block::read(line) else {
            self.odd = Some(line.chars().take(200).collect());
            return;
        };
        if block.file != self.file {
            self.close(sink);
            block.file.clone_into(&mut self.file);
        }
        // A function without statements has a block of none.
        if block.statements > 0 {
            self.lines.range(block.first, block.last, block.hit);
            let key = FxBuildHasher.hash_one((block.file, block.place));
            if self.blocks.len() < BLOCKS {
                let known = self.blocks.entry(key).or_insert((block.statements, false));
                known.1 |= block.hit;
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.close(sink);
        if let Some(odd) = self.odd.take() {
            let what = format!("the report breaks off in `{odd}`");
            sink.gap(Gap::Truncated, what, "let `go test` finish");
        }
        // Of so many, some were not counted.
        if self.blocks.len() < BLOCKS {
            let sum = self.blocks.values().fold((0, 0), |(hit, all), (statements, is_hit)| {
                let statements = u64::from(*statements);
                (hit + if *is_hit { statements } else { 0 }, all + statements)
            });
            sink.statements = Some(sum);
        }
    }
}

impl GoCover {
    fn close(&mut self, sink: &mut Sink) {
        if !self.file.is_empty() {
            let covered = self.lines.finish(&self.file, sink);
            sink.covered(covered);
        }
    }
}
