//! Files as reports of coverage name them, found among the repository's own.
//!
//! In: names, with the directories that the report says they are in; the repository's list of files.
//! Out: a [`Place`] each. Start at [`Sources::places`]. **Invariant:** where two files fit equally
//! well, neither is taken.
//!
//! In this order: the name itself, below each root, and below the module that go.mod names; then the
//! longest end of the name that is a file of the repository, then files that end with the name, then
//! (Kotlin leaves out directories that its packages have) those that share at least two parts of it.

use std::collections::{BTreeMap, BTreeSet};

/// Files that are named where several fit.
const SHOWN: usize = 5;

/// Directories of what others wrote, which tools measure by mistake.
const FOREIGN: [&str; 6] =
    ["site-packages", "dist-packages", "node_modules", ".cargo", "rustc", "GOROOT"];

/// Where a file of a report is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is this file of the repository.
    File(String),
    /// It may be one of several; the first few of them.
    Several(Vec<String>),
    /// It is none of the repository's.
    Outside,
}

/// A file as a report names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its name.
    pub file: String,
    /// What it stands in, as [`super::Covered::within`].
    pub within: Vec<String>,
}

/// The repository's files.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: BTreeSet<String>,
    /// By the last part of their names.
    by_last: BTreeMap<String, Vec<String>>,
    /// Paths of Go's modules, and the directories that they are in; the longest first.
    modules: Vec<(String, String)>,
    /// Where the repository is on this machine.
    top: String,
}

/// How well a file of the repository fits a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// They end alike.
    End,
    /// It ends with the whole name.
    Name,
    /// The name ends with the whole of it.
    Whole,
}

impl Sources {
    /// Of the repository's files, with `/`, relative to its top. `top` is where it is on this machine,
    /// empty where that says nothing.
    pub fn new(files: impl IntoIterator<Item = String>, top: &str) -> Self {
        let files: BTreeSet<String> = files.into_iter().collect();
        let mut by_last: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in &files {
            by_last.entry(last(file).to_owned()).or_default().push(file.clone());
        }
        Self { files, by_last, modules: Vec::new(), top: normal(top) }
    }

    /// Takes a file `go.mod` of the repository and its text: where the module's files are.
    pub fn module(&mut self, file: &str, text: &str) {
        let path = text.lines().find_map(|line| line.trim().strip_prefix("module "));
        let Some(path) = path else { return };
        let path = path.split("//").next().unwrap_or_default().trim().trim_matches('"');
        let dir = file.rsplit_once('/').map_or("", |(dir, _)| dir);
        self.modules.push((path.to_owned(), dir.to_owned()));
        self.modules.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    }

    /// Where files are that a report names, with the directories that it says they are in.
    pub fn places(&self, named: &[Named], roots: &[String]) -> Vec<Place> {
        let roots: Vec<String> = roots.iter().map(|root| normal(root)).collect();
        let found: Vec<Found> = named.iter().map(|named| self.find(named, &roots)).collect();
        // A name at the top of the repository fits any directory: it has to be one of those that
        // other files are in.
        let tops: BTreeSet<&str> = found
            .iter()
            .filter_map(|found| match found {
                Found::Sure(_, above) => above.as_deref(),
                _ => None,
            })
            .collect();
        let place = |found: &Found| match found {
            Found::Sure(file, _) => Place::File(file.clone()),
            Found::Top(file, above) if tops.is_empty() || tops.contains(above.as_str()) => {
                Place::File(file.clone())
            }
            Found::Top(..) | Found::Nothing => Place::Outside,
            Found::Several(files) => Place::Several(files.clone()),
        };
        found.iter().map(place).collect()
    }

    fn find(&self, named: &Named, roots: &[String]) -> Found {
        let name = normal(&named.file);
        if name.is_empty() {
            return Found::Nothing;
        }
        if let Some(file) = self.exact(&name, roots) {
            return Found::Sure(file, None);
        }
        if name.split('/').any(|part| FOREIGN.contains(&part)) {
            return Found::Nothing;
        }
        let mut names = vec![name.clone()];
        if !is_rooted(&name) {
            names.extend(roots.iter().map(|root| format!("{root}/{name}")));
        }
        let mut best: Option<(Fit, usize)> = None;
        let mut fitting: BTreeSet<&str> = BTreeSet::new();
        for file in self.by_last.get(last(&name)).into_iter().flatten() {
            for (at, name) in names.iter().enumerate() {
                let Some(fit) = fit(name, file).filter(|fit| at == 0 || fit.0 == Fit::Whole) else {
                    continue;
                };
                if best.is_none_or(|best| fit > best) {
                    best = Some(fit);
                    fitting.clear();
                }
                if best == Some(fit) {
                    fitting.insert(file);
                }
            }
        }
        if fitting.len() > 1 && !named.within.is_empty() {
            let inside = |file: &&str| {
                named.within.iter().all(|group| file.split('/').any(|part| part == group))
            };
            let inside: BTreeSet<&str> = fitting.iter().copied().filter(inside).collect();
            if !inside.is_empty() {
                fitting = inside;
            }
        }
        let mut files = fitting.iter().map(|file| (*file).to_owned());
        match (files.next(), best) {
            (Some(file), Some((fit, parts))) if fitting.len() == 1 => {
                let above =
                    name.strip_suffix(file.as_str()).map(|above| above.trim_end_matches('/'));
                match (fit, above) {
                    (Fit::Whole, Some(above)) if parts == 1 && is_rooted(&name) => {
                        let above = above.to_owned();
                        Found::Top(file, above)
                    }
                    (_, above) => {
                        let above = above.map(ToOwned::to_owned);
                        Found::Sure(file, above)
                    }
                }
            }
            (Some(first), _) => {
                Found::Several([first].into_iter().chain(files).take(SHOWN).collect())
            }
            (None, _) => Found::Nothing,
        }
    }

    /// The file that a name says without any guess.
    fn exact(&self, name: &str, roots: &[String]) -> Option<String> {
        let here = |name: &str| {
            let name =
                name.strip_prefix(&self.top).map_or(name, |rest| match rest.strip_prefix('/') {
                    Some(rest) if !self.top.is_empty() => rest,
                    _ => name,
                });
            self.files.contains(name).then(|| name.to_owned())
        };
        if let Some(file) = here(name) {
            return Some(file);
        }
        for (module, dir) in &self.modules {
            let rest = name.strip_prefix(module.as_str()).and_then(|rest| rest.strip_prefix('/'));
            if let Some(rest) = rest {
                let file = if dir.is_empty() { rest.to_owned() } else { format!("{dir}/{rest}") };
                return self.files.contains(&file).then_some(file);
            }
        }
        if is_rooted(name) {
            return None;
        }
        let mut below = roots.iter().filter_map(|root| here(&normal(&format!("{root}/{name}"))));
        let first = below.next()?;
        // Two roots may each have such a file.
        below.all(|other| other == first).then_some(first)
    }
}

/// What was found of one file.
enum Found {
    /// A file, and what stands above it in the name, where the name ends with the whole of it.
    Sure(String, Option<String>),
    /// A file at the top of the repository, and what stands above it.
    Top(String, String),
    Several(Vec<String>),
    Nothing,
}

/// How well a file fits a name, and how many parts they end with alike.
fn fit(name: &str, file: &str) -> Option<(Fit, usize)> {
    let same = name.rsplit('/').zip(file.rsplit('/')).take_while(|(one, two)| one == two).count();
    if same == file.split('/').count() {
        return Some((Fit::Whole, same));
    }
    if same == name.split('/').count() {
        return Some((Fit::Name, same));
    }
    // Directories of another machine say nothing.
    (same >= 2 && !is_rooted(name)).then_some((Fit::End, same))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a name begins at the top of a machine.
fn is_rooted(name: &str) -> bool {
    name.starts_with('/') || name.get(1..3) == Some(":/")
}

/// A path with `/`, without `.`, `..` and doubled ones.
fn normal(path: &str) -> String {
    let path = path.trim().replace('\\', "/");
    let path = path.strip_prefix("file://").unwrap_or(&path);
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if rooted { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests;
