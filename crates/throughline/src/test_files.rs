//! Reports of tests on disk: which files patterns name, and which of them are new.
//!
//! In: files, directories, globs. Out: [`Found`] files, in the order of their paths. Start at
//! [`find`]. **Invariants:** links are not followed below the directory that was named; only regular
//! files count; what was named and is not there is told.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use globset::{GlobBuilder, GlobMatcher};

use crate::error::CommandError;

/// A file that a pattern names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is, as it was named or found.
    pub(crate) path: PathBuf,
    /// Whether it was named itself, and not by a directory or glob.
    pub(crate) is_named: bool,
}

/// Entries of directories that are looked at for one pattern.
const ENTRIES: usize = 500_000;

/// Directories that hold no report and very many files.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", ".venv"];

/// Endings of files in a directory that was named.
const REPORTS: [&str; 6] = ["xml", "json", "jsonl", "ndjson", "trx", "tap"];

/// One pattern, read.
enum Pattern {
    File(PathBuf),
    Directory(PathBuf),
    Glob { root: PathBuf, matcher: GlobMatcher },
}

impl Pattern {
    fn read(text: &str) -> Result<Self, CommandError> {
        let path = PathBuf::from(text);
        if path.is_dir() {
            return Ok(Self::Directory(path));
        }
        if path.exists() || !text.contains(['*', '?', '[', '{']) {
            return Ok(Self::File(path));
        }
        let plain = text.strip_prefix("./").unwrap_or(text);
        let matcher = GlobBuilder::new(plain).literal_separator(true).build();
        let matcher = matcher.map_err(|err| {
            CommandError::usage(err).hint("`*` is any text within a name, `**` any directories")
        })?;
        // Up to the first part that is not plain text, nothing needs to be looked for.
        let is_plain = |part: &Component<'_>| {
            !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{'])
        };
        let root: PathBuf = Path::new(plain).components().take_while(is_plain).collect();
        Ok(Self::Glob { root, matcher: matcher.compile_matcher() })
    }

    fn files(&self, found: &mut BTreeMap<PathBuf, bool>) -> Result<(), CommandError> {
        match self {
            Self::File(path) => {
                found.insert(path.clone(), true);
            }
            Self::Directory(root) => {
                let is_report = |path: &Path| {
                    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
                    ending.is_some_and(|ending| REPORTS.iter().any(|known| ending == *known))
                };
                walk(root, &is_report, found)?;
            }
            Self::Glob { root, matcher } => {
                let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
                let is_match =
                    |path: &Path| matcher.is_match(path.strip_prefix(".").unwrap_or(path));
                walk(root, &is_match, found)?;
            }
        }
        Ok(())
    }
}

/// The files that patterns name, each once, in the order of their paths.
pub(crate) fn find(patterns: &[String]) -> Result<Vec<Found>, CommandError> {
    let mut found = BTreeMap::new();
    for pattern in patterns {
        Pattern::read(pattern)?.files(&mut found)?;
    }
    Ok(found.into_iter().map(|(path, is_named)| Found { path, is_named }).collect())
}

/// Adds the regular files below a directory that are wanted.
fn walk(
    root: &Path,
    is_wanted: &dyn Fn(&Path) -> bool,
    found: &mut BTreeMap<PathBuf, bool>,
) -> Result<(), CommandError> {
    let mut open = vec![root.to_path_buf()];
    let mut seen = 0;
    while let Some(dir) = open.pop() {
        // What cannot be listed holds no report for us: where one was expected, the gate says so.
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            seen += 1;
            if seen > ENTRIES {
                let message = format!("there are over {ENTRIES} files below `{}`", root.display());
                return Err(
                    CommandError::usage(message).hint("name the directory that the reports are in")
                );
            }
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() && !LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
                open.push(path);
            } else if kind.is_file() && is_wanted(&path) {
                let path = path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path);
                found.entry(path).or_insert(false);
            }
        }
    }
    Ok(())
}

/// What a file was like at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Look {
    fn at(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { length: metadata.len(), modified: metadata.modified().ok(), inode }
    }
}

/// The files that patterns named before the tests ran.
#[derive(Debug, Default)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, Look>);

impl Snapshot {
    /// Looks at them now.
    pub(crate) fn take(patterns: &[String]) -> Result<Self, CommandError> {
        let found = find(patterns)?.into_iter();
        let looks = found.filter_map(|one| {
            let metadata = fs::metadata(&one.path).ok()?;
            Some((one.path, Look::at(&metadata)))
        });
        Ok(Self(looks.collect()))
    }

    /// The files that were written since, and those that are as they were.
    pub(crate) fn written(
        &self,
        patterns: &[String],
    ) -> Result<(Vec<Found>, Vec<PathBuf>), CommandError> {
        let (mut written, mut stale) = (Vec::new(), Vec::new());
        for one in find(patterns)? {
            let now = fs::metadata(&one.path).ok().map(|metadata| Look::at(&metadata));
            match now {
                Some(now) if self.0.get(&one.path) == Some(&now) => stale.push(one.path),
                _ => written.push(one),
            }
        }
        Ok((written, stale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "<testsuite/>").unwrap();
        }
        dir
    }

    fn names(dir: &Path, pattern: &str) -> Vec<String> {
        let found = find(&[format!("{}/{pattern}", dir.display())]).unwrap();
        let relative = |one: &Found| one.path.strip_prefix(dir).unwrap().display().to_string();
        found.iter().map(relative).collect()
    }

    #[test]
    fn a_star_stays_within_a_name_and_two_do_not() {
        let dir =
            tree(&["a/r/one.xml", "a/b/r/two.xml", "a/r/one.txt", "node_modules/r/three.xml"]);
        assert_eq!(names(dir.path(), "*/r/*.xml"), ["a/r/one.xml"]);
        assert_eq!(names(dir.path(), "**/r/*.xml"), ["a/b/r/two.xml", "a/r/one.xml"]);
        assert_eq!(names(dir.path(), "a"), ["a/b/r/two.xml", "a/r/one.xml"]);
    }

    #[test]
    fn what_was_named_and_is_not_there_is_kept() {
        let dir = tree(&[]);
        assert_eq!(names(dir.path(), "gone.xml"), ["gone.xml"]);
        assert!(names(dir.path(), "*.xml").is_empty());
    }

    #[test]
    fn a_report_that_nobody_wrote_anew_is_stale() {
        let dir = tree(&["old.xml", "again.xml"]);
        let patterns = [format!("{}/*.xml", dir.path().display())];
        let before = Snapshot::take(&patterns).unwrap();
        fs::write(dir.path().join("again.xml"), "<testsuite></testsuite>").unwrap();
        fs::write(dir.path().join("new.xml"), "<testsuite/>").unwrap();
        let (written, stale) = before.written(&patterns).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(stale.iter().map(|path| name(path)).collect::<Vec<_>>(), ["old.xml"]);
        let written: Vec<String> = written.iter().map(|one| name(&one.path)).collect();
        assert_eq!(written, ["again.xml", "new.xml"]);
    }
}
