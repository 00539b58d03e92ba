//! One configuration file: read, parsed, and compared with the keys that exist.
//!
//! In: a path or text. Out: [`ConfigFile`], which knows the line of each key. **Invariant:** a
//! file that is absent is `None`; a file that is there and cannot be read or parsed is an error.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// Most bytes of a file: 1 MiB.
const LIMIT: u64 = 1 << 20;

/// A configuration file that could be parsed.
#[derive(Debug, Clone)]
pub(crate) struct ConfigFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its values.
    pub(crate) table: toml::Table,
    text: String,
}

/// The text of a regular file: the repository's own may be a link to something without an end.
fn bounded_text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    fs::File::open(path)?.take(LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LIMIT {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(text)
}

/// A key that no part of Throughline knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownKey {
    /// The key with its tables, such as `map.windows_days`.
    pub(crate) key: String,
    /// Line in the file, from 1.
    pub(crate) line: usize,
    /// The key that was probably meant.
    pub(crate) suggestion: Option<String>,
}

impl ConfigFile {
    /// Reads a file; `None` when there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        match bounded_text(path) {
            Ok(text) => Self::parse(path, text).map(Some),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
        }
    }

    /// Parses the text of a file.
    pub(crate) fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        match toml::from_str(&text) {
            Ok(table) => Ok(Self { path: path.to_owned(), table, text }),
            Err(err) => Err(ConfigError::Syntax {
                path: path.to_owned(),
                line: line_at(&text, err.span().map_or(0, |span| span.start)),
                problem: err.message().replace('\n', ", "),
            }),
        }
    }

    /// The line of a key, given part by part, from 1; `None` where the file does not have it.
    pub(crate) fn line_of(&self, key: &[&str]) -> Option<usize> {
        let root = DeTable::parse(&self.text).ok()?;
        let (name, tables) = key.split_last()?;
        let table = tables.iter().try_fold(root.get_ref(), |table, part| {
            table.get(*part).and_then(|value| value.get_ref().as_table())
        })?;
        let (name, _) = table.get_key_value(*name)?;
        Some(line_at(&self.text, name.span().start))
    }

    /// The keys of this file that are not among `known`, each with what was probably meant.
    pub(crate) fn unknown_keys(&self, known: &KnownKeys) -> Vec<UnknownKey> {
        let mut found = Vec::new();
        if let Ok(root) = DeTable::parse(&self.text) {
            self.collect_unknown(root.get_ref(), "", known, &mut found);
        }
        found.sort_by_key(|unknown| unknown.line);
        found
    }

    fn collect_unknown(
        &self,
        table: &DeTable<'_>,
        prefix: &str,
        known: &KnownKeys,
        found: &mut Vec<UnknownKey>,
    ) {
        for (name, value) in table {
            let key = join(prefix, name.get_ref());
            if known.open.contains(&prefix) {
                continue;
            }
            if !known.keys.contains(&key) {
                let line = line_at(&self.text, name.span().start);
                let suggestion = known.suggestion(&key).map(str::to_owned);
                found.push(UnknownKey { key, line, suggestion });
            } else if let DeValue::Table(inner) = value.get_ref() {
                self.collect_unknown(inner, &key, known, found);
            }
        }
    }
}

/// The keys that exist: those of the defaults, and tables in which any name is allowed.
#[derive(Debug)]
pub(crate) struct KnownKeys {
    keys: BTreeSet<String>,
    open: &'static [&'static str],
}

impl KnownKeys {
    /// The keys of `defaults`; in the tables named by `open` any key is known.
    pub(crate) fn of(defaults: &toml::Table, open: &'static [&'static str]) -> Self {
        fn collect(table: &toml::Table, prefix: &str, keys: &mut BTreeSet<String>) {
            for (name, value) in table {
                let key = join(prefix, name);
                if let toml::Value::Table(inner) = value {
                    collect(inner, &key, keys);
                }
                keys.insert(key);
            }
        }
        let mut keys = BTreeSet::new();
        collect(defaults, "", &mut keys);
        Self { keys, open }
    }

    /// The known key of the same name in another table, else the nearest by spelling.
    pub(crate) fn suggestion(&self, key: &str) -> Option<&str> {
        let name = last(key);
        let elsewhere = self.keys.iter().find(|known| last(known) == name);
        let known = self.keys.iter().map(String::as_str);
        elsewhere.map(String::as_str).or_else(|| nearest(key, known))
    }
}

/// The candidate with the fewest edits to `text`, if they are few for its length.
pub(crate) fn nearest<'a>(
    text: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= 2.max(candidate.chars().count() / 4))
        .min()
        .map(|(_, candidate)| candidate)
}

fn last(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, name)| name)
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
