//! Which file imports which, by a crude look at the sources.
//!
//! In: paths and texts of a repository's files. Out: [`Imports`], and from it the steps of each file
//! to the changed ones. Start at [`Scan::add`]. Rust, Python, JavaScript and TypeScript, Go, Java
//! with Kotlin, Scala and Groovy, C#, C and C++, Ruby, PHP. **Invariants:** an import that may mean
//! several files means all of them, up to `MEANT`; nothing is parsed, so a line in a comment or a
//! text counts; what is not found is left out, so that a file without a path to the change may
//! depend on it all the same.

mod scan;

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::test::TestName;

use super::place::{same_file, split_name, stem, tidy};
use scan::{Language, Named};

/// Files that are looked at.
pub const FILES: usize = 50_000;

/// Files above which an import says nothing.
const MEANT: usize = 16;

/// Imports of one file that are looked at.
const EACH: usize = 400;

/// Steps from a changed file that are gone.
const STEPS: u32 = 4;

/// Sources, as they are read.
#[derive(Debug, Default)]
pub struct Scan {
    files: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    path: String,
    language: Language,
    imports: Vec<Named>,
    /// The namespaces that it declares: C# alone.
    namespaces: Vec<String>,
}

/// Which file imports which.
#[derive(Debug, Clone, Default)]
pub struct Imports {
    files: Vec<String>,
    /// Per file, those that import it.
    importers: Vec<Vec<u32>>,
}

/// Files from which a changed one is reached.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// By the stem of their names: path, steps, and the row of the changed file.
    by_stem: FxHashMap<String, Vec<(String, u32, usize)>>,
}

impl Scan {
    /// Looks at one file; files of other languages, and more than [`FILES`], are left out.
    pub fn add(&mut self, path: &str, text: &str) {
        let path = tidy(path);
        let Some(language) = Language::of(&path) else { return };
        if self.files.len() >= FILES {
            return;
        }
        let mut imports = scan::imports(language, text);
        imports.truncate(EACH);
        let namespaces = scan::namespaces(language, text);
        self.files.push(Source { path, language, imports, namespaces });
    }

    /// Finds out which files are meant.
    pub fn finish(self) -> Imports {
        let places = Places::of(&self.files);
        let mut importers: Vec<Vec<u32>> = vec![Vec::new(); self.files.len()];
        for (row, source) in self.files.iter().enumerate() {
            let mut meant: FxHashSet<u32> = FxHashSet::default();
            for named in &source.imports {
                let rows = places.meant(source, named);
                meant.extend(rows.into_iter().filter(|other| *other as usize != row));
            }
            // Who includes a header needs what implements it.
            if source.language == Language::C && stem_is_header(&source.path) {
                let rows = places.with_stem(stem(&source.path), Language::C);
                meant.extend(rows.filter(|other| *other as usize != row).take(MEANT));
            }
            let mut meant: Vec<u32> = meant.into_iter().collect();
            meant.sort_unstable();
            meant.into_iter().for_each(|other| importers[other as usize].push(row as u32));
        }
        Imports { files: self.files.into_iter().map(|source| source.path).collect(), importers }
    }
}

fn stem_is_header(path: &str) -> bool {
    [".h", ".hh", ".hpp", ".hxx"].iter().any(|end| path.ends_with(end))
}

impl Imports {
    /// Files that were looked at.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files from which these are reached in at most four steps, the shortest way to each.
    pub(super) fn reached(&self, changed: &[&str]) -> Reached {
        let rows: FxHashMap<&str, u32> = self.files.iter().map(String::as_str).zip(0..).collect();
        let mut open: VecDeque<(u32, u32, usize)> = VecDeque::new();
        let mut seen = vec![false; self.files.len()];
        for (at, path) in changed.iter().enumerate() {
            if let Some(row) = rows.get(path).filter(|row| !seen[**row as usize]) {
                seen[*row as usize] = true;
                open.push_back((*row, 0, at));
            }
        }
        let mut reached = Reached::default();
        while let Some((row, steps, at)) = open.pop_front() {
            if steps > 0 {
                let path = self.files[row as usize].clone();
                let name = stem(&path).to_owned();
                reached.by_stem.entry(name).or_default().push((path, steps, at));
            }
            if steps == STEPS {
                continue;
            }
            for importer in &self.importers[row as usize] {
                if !std::mem::replace(&mut seen[*importer as usize], true) {
                    open.push_back((*importer, steps + 1, at));
                }
            }
        }
        reached
    }
}

impl Reached {
    /// Steps of the file that a test stands in, and the row of the changed file.
    pub(super) fn of(&self, test: &TestName, own: Option<&str>) -> Option<(u32, usize)> {
        if self.by_stem.is_empty() {
            return None;
        }
        // A class is called after its file: `com.acme.CartTest`.
        let class = test.class.split('$').next().unwrap_or_default().replace('.', "/");
        let wanted = own.unwrap_or(&class);
        let found = self.by_stem.get(stem(wanted))?.iter();
        let same = |path: &str| match own {
            Some(own) => same_file(path, own),
            None => same_file(path.rsplit_once('.').map_or(path, |(stem, _)| stem), &class),
        };
        found.filter(|file| same(&file.0)).map(|file| (file.1, file.2)).min()
    }
}

/// Files by their names.
struct Places<'a> {
    files: &'a [Source],
    /// By language and the stem of the name.
    stems: FxHashMap<(Language, &'a str), Vec<u32>>,
    /// By language and the last part of the folder.
    folders: FxHashMap<(Language, &'a str), Vec<u32>>,
    /// By the namespace that they declare.
    namespaces: FxHashMap<&'a str, Vec<u32>>,
}

impl<'a> Places<'a> {
    fn of(files: &'a [Source]) -> Self {
        let mut places = Self {
            files,
            stems: FxHashMap::default(),
            folders: FxHashMap::default(),
            namespaces: FxHashMap::default(),
        };
        for (source, row) in files.iter().zip(0_u32..) {
            let folder = split_name(split_name(&source.path).0).1;
            places.stems.entry((source.language, stem(&source.path))).or_default().push(row);
            places.folders.entry((source.language, folder)).or_default().push(row);
            for namespace in &source.namespaces {
                places.namespaces.entry(namespace.as_str()).or_default().push(row);
            }
        }
        places
    }

    fn with_stem<'s>(
        &'s self,
        stem: &'s str,
        language: Language,
    ) -> impl Iterator<Item = u32> + 's {
        self.stems.get(&(language, stem)).into_iter().flatten().copied()
    }

    /// The files that an import of a file means.
    fn meant(&self, by: &Source, named: &Named) -> Vec<u32> {
        match named {
            Named::Beside(path) => {
                let folder = split_name(&by.path).0;
                joined(folder, path).map_or_else(Vec::new, |path| self.at(by.language, &path, true))
            }
            Named::Path(parts) => {
                // What is imported may be a name in the last file: `com.acme.Cart.total`.
                let shortest = parts.len().min(if by.language == Language::Rust { 1 } else { 2 });
                let lengths = (shortest..=parts.len()).rev();
                let mut found =
                    lengths.map(|len| self.at(by.language, &parts[..len].join("/"), false));
                found.find(|rows| !rows.is_empty()).unwrap_or_default()
            }
            Named::Folder(path) => {
                let last = split_name(path).1;
                let rows = self.folders.get(&(by.language, last)).into_iter().flatten();
                // A module's path begins with where it is published.
                let same = |row: &&u32| {
                    let folder = split_name(&self.files[**row as usize].path).0;
                    same_file(path, folder)
                };
                few(rows.filter(same).copied().collect())
            }
            Named::Namespace(name) => {
                few(self.namespaces.get(name.as_str()).cloned().unwrap_or_default())
            }
        }
    }

    /// Files of a language at a path without its end: `src/cart`, or `src/cart/index`. `whole`: the
    /// path begins where the repository does.
    fn at(&self, language: Language, path: &str, whole: bool) -> Vec<u32> {
        let mut found = Vec::new();
        let mut look = |wanted: &str| {
            for row in self.with_stem(stem(wanted), language) {
                let path = &self.files[row as usize].path;
                let bare = path.rsplit_once('.').map_or(path.as_str(), |(bare, _)| bare);
                let is = |path: &str| {
                    if whole {
                        path == wanted
                    } else {
                        path == wanted
                            || path.strip_suffix(wanted).is_some_and(|rest| rest.ends_with('/'))
                    }
                };
                if is(bare) || is(path) {
                    found.push(row);
                }
            }
        };
        look(path);
        for inner in language.folder_stems() {
            look(&format!("{path}/{inner}"));
        }
        few(found)
    }
}

/// Nothing where too many files are meant.
fn few(mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_unstable();
    rows.dedup();
    if rows.len() > MEANT { Vec::new() } else { rows }
}

/// `../cart` from a folder; `None` where it leaves the repository.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests;
