//! Reports of coverage added up, by file of the repository.
//!
//! In: [`Covered`] files of any number of reports. Out: a [`Total`]. Start at [`Adding`].
//! **Invariants:** a line that any report names counts once, and is covered where any report says so;
//! the order of reports makes no difference.

use std::collections::BTreeMap;

use serde::Serialize;

use super::paths::{Named, Place, Sources};
use super::ranges::Lines;
use super::{Branches, Covered};

/// Names of files that are kept for what is told of them.
const TOLD: usize = 20;

/// What reports say of one file, all of them together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTotal {
    /// Lines that can be covered.
    pub lines: Lines,
    /// Those of them that were.
    pub hit: Lines,
    /// Branches taken and all of them, by line: of several reports, the most that one says.
    pub branches: BTreeMap<u32, (u32, u32)>,
}

impl FileTotal {
    /// Adds what one report says.
    pub fn add(&mut self, covered: &Covered) {
        self.lines = self.lines.union(&covered.lines);
        // Of one test, a report may name further lines of the same statements.
        self.hit = self.hit.union(&covered.hit.intersection(&covered.lines));
        for Branches { line, hit, all } in &covered.branches {
            let known = self.branches.entry(*line).or_default();
            *known = (known.0.max(*hit), known.1.max(*all));
        }
    }

    fn join(&mut self, other: &Self) {
        self.lines = self.lines.union(&other.lines);
        self.hit = self.hit.union(&other.hit);
        for (line, (hit, all)) in &other.branches {
            let known = self.branches.entry(*line).or_default();
            *known = (known.0.max(*hit), known.1.max(*all));
        }
    }

    /// Lines and branches, counted.
    pub fn sums(&self) -> Sums {
        let (hit, all) = self.branches.values().fold((0, 0), |(hit, all), (more_hit, more)| {
            (hit + u64::from(*more_hit), all + u64::from(*more))
        });
        let (lines, covered) = (self.lines.count(), self.hit.count());
        Sums { lines, covered, branches: all, branches_covered: hit }
    }
}

/// Lines and branches, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Lines that can be covered.
    pub lines: u64,
    /// Those of them that were.
    pub covered: u64,
    /// Branches.
    pub branches: u64,
    /// Those of them that were taken.
    pub branches_covered: u64,
}

impl Sums {
    /// Adds others.
    pub const fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.covered += other.covered;
        self.branches += other.branches;
        self.branches_covered += other.branches_covered;
    }

    /// Share of the lines that are covered, percent; `None` where there are none.
    pub fn percent(&self) -> Option<f64> {
        (self.lines > 0).then(|| 100.0 * self.covered as f64 / self.lines as f64)
    }
}

/// Reports that are being added up, files as the reports name them.
#[derive(Debug, Clone, Default)]
pub struct Adding {
    named: BTreeMap<Named, FileTotal>,
    tests: BTreeMap<String, BTreeMap<Named, Lines>>,
}

impl Adding {
    /// Adds what a report says of a file.
    pub fn add(&mut self, covered: &Covered) {
        let named = Named { file: covered.file.clone(), within: covered.within.clone() };
        if let Some(test) = &covered.test
            && !covered.hit.is_empty()
        {
            let known = self.tests.entry(test.clone()).or_default().entry(named.clone());
            let known = known.or_default();
            *known = known.union(&covered.hit);
        }
        self.named.entry(named).or_default().add(covered);
    }

    /// Files as the reports call them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(|named| named.file.as_str())
    }

    /// The sums over files of the repository. `roots` are the directories that the reports name.
    pub fn finish(self, sources: &Sources, roots: &[String]) -> Total {
        let names: Vec<Named> = self.named.keys().cloned().collect();
        let places = sources.places(&names, roots);
        let mut total = Total::default();
        let mut files: BTreeMap<Named, String> = BTreeMap::new();
        for ((named, sums), place) in self.named.into_iter().zip(places) {
            match place {
                Place::File(file) => {
                    total.files.entry(file.clone()).or_default().join(&sums);
                    files.insert(named, file);
                }
                Place::Several(several) => {
                    total.several.push((named.file, several));
                }
                Place::Outside => {
                    total.outside += 1;
                    if total.examples.len() < TOLD {
                        total.examples.push(named.file);
                    }
                }
            }
        }
        for (test, hits) in self.tests {
            for (named, hit) in hits {
                if let Some(file) = files.get(&named) {
                    let known = total.tests.entry(test.clone()).or_default();
                    let known = known.entry(file.clone()).or_default();
                    *known = known.union(&hit);
                }
            }
        }
        total
    }
}

/// What reports say of the repository's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Total {
    /// By file.
    pub files: BTreeMap<String, FileTotal>,
    /// By test, as the reports call it: lines that it covers, by file.
    pub tests: BTreeMap<String, BTreeMap<String, Lines>>,
    /// Files that may be one of several: neither is counted.
    pub several: Vec<(String, Vec<String>)>,
    /// How many files are none of the repository's.
    pub outside: u64,
    /// The first of them.
    pub examples: Vec<String>,
}

impl Total {
    /// Lines and branches of all files.
    pub fn sums(&self) -> Sums {
        let mut all = Sums::default();
        self.files.values().for_each(|file| all.add(file.sums()));
        all
    }
}

#[cfg(test)]
mod tests;
