//! Parsers of configuration: JSON with comments, TOML, YAML, front matter; all into one tree with spans.
//!
//! In: text that somebody else wrote. Out: a [`Node`] whose ranges are bytes of that text.
//! Start reading at [`Node`]. **Invariant:** bounded depth and number of nodes; both values of a
//! key that is there twice are kept, because two parsers may choose differently.

pub mod front_matter;
pub mod json;
pub mod office;
pub mod toml;
pub mod yaml;
pub mod zip;

use std::ops::ControlFlow;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::limits;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// first byte in the text
    pub start: usize,
    /// byte after the last
    pub end: usize,
    /// what it is
    pub data: Data,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `null`, or nothing after a key
    Null,
    /// `true` or `false`
    Bool(bool),
    /// the literal, because two readers may round it differently
    Number(String),
    /// escapes resolved
    String(String),
    /// in the order of the text
    List(Vec<Node>),
    /// in the order of the text; a key may be there twice
    Map(Vec<Member>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// escapes resolved
    pub key: String,
    /// first byte of the key, quote included
    pub start: usize,
    /// what stands behind it
    pub value: Node,
}

impl Node {
    /// The value of a key of a map; the last one, as JSON parsers take it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().rev().find(|m| m.key == key).map(|m| &m.value)
    }

    /// The value below several keys.
    pub fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Members of a map; none of anything else.
    pub fn members(&self) -> &[Member] {
        match &self.data {
            Data::Map(members) => members,
            _ => &[],
        }
    }

    /// Items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// Whether it is a map.
    pub const fn is_map(&self) -> bool {
        matches!(self.data, Data::Map(_))
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string, number or truth value, as an argument or a variable would show it.
    pub fn scalar(&self) -> Option<String> {
        match &self.data {
            Data::String(text) | Data::Number(text) => Some(text.clone()),
            Data::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub const fn is_true(&self) -> bool {
        matches!(self.data, Data::Bool(true))
    }

    /// The strings of a list, or the one string.
    pub fn texts(&self) -> Vec<String> {
        match &self.data {
            Data::String(text) => vec![text.clone()],
            Data::List(items) => items.iter().filter_map(Self::scalar).collect(),
            _ => Vec::new(),
        }
    }

    /// As `serde_json` would hold it. A number that it cannot hold becomes a string.
    pub fn value(&self) -> Value {
        self.clone().into_value()
    }

    /// The same of a node that nobody needs any more.
    pub fn into_value(self) -> Value {
        match self.data {
            Data::Null => Value::Null,
            Data::Bool(truth) => Value::Bool(truth),
            Data::Number(literal) => serde_json::from_str::<serde_json::Number>(&literal)
                .map_or_else(|_| Value::String(literal), Value::Number),
            Data::String(text) => Value::String(text),
            Data::List(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Data::Map(members) => {
                Value::Object(members.into_iter().map(|m| (m.key, m.value.into_value())).collect())
            }
        }
    }

    /// Keys that are in one map twice with values that differ; [`Self::DUPLICATES`] at most.
    pub fn duplicates(&self) -> Vec<Duplicate<'_>> {
        let mut found = Vec::new();
        let _all_or_as_many_as_are_wanted = self.each_duplicate(&mut Vec::new(), &mut |twice| {
            if !same(twice.first, &twice.second.value) {
                found.push(twice);
            }
            if found.len() < Self::DUPLICATES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        found
    }

    /// More than are shown of one file.
    pub const DUPLICATES: usize = limits::FINDINGS_A_RULE_AND_FILE + 1;

    /// A key that is in one map twice, whatever its values are.
    pub fn duplicate(&self) -> Option<Duplicate<'_>> {
        let mut found = None;
        let _first = self.each_duplicate(&mut Vec::new(), &mut |twice| {
            found = Some(twice);
            ControlFlow::Break(())
        });
        found
    }

    fn each_duplicate<'a>(
        &'a self,
        path: &mut Vec<&'a str>,
        each: &mut dyn FnMut(Duplicate<'a>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut seen = FxHashMap::default();
        for member in self.members() {
            path.push(&member.key);
            if let Some(first) = seen.insert(member.key.as_str(), &member.value) {
                // Keys are as long as their author likes.
                let short = |key: &&str| key.chars().take(LONGEST_KEY).collect::<String>();
                let path = path.iter().map(short).collect::<Vec<_>>().join(".");
                each(Duplicate { path, first, second: member })?;
            }
            member.value.each_duplicate(path, each)?;
            path.pop();
        }
        self.items().iter().try_for_each(|item| item.each_duplicate(path, each))
    }
}

/// Characters of a key in the path of a duplicate.
const LONGEST_KEY: usize = 100;

/// Whether two values are the same to a reader that takes the last of two keys. Stops at the first
/// difference: what is in a hundred maps, each of them there twice, is compared no hundred times.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.data, &other.data) {
        (Data::Map(first), Data::Map(second)) => {
            let (first, second) = (effective(first), effective(second));
            first.len() == second.len()
                && first
                    .iter()
                    .all(|(key, value)| second.get(key).is_some_and(|other| same(value, other)))
        }
        (Data::List(first), Data::List(second)) => {
            first.len() == second.len()
                && first.iter().zip(second).all(|(one, other)| same(one, other))
        }
        (Data::Number(_), Data::Number(_)) => one.value() == other.value(),
        (first, second) => first == second,
    }
}

/// Of each key the value that a reader takes.
fn effective(members: &[Member]) -> FxHashMap<&str, &Node> {
    members.iter().map(|member| (member.key.as_str(), &member.value)).collect()
}

/// A key that one map has twice.
#[derive(Debug)]
pub struct Duplicate<'a> {
    /// keys from the root, of each its first characters, joined by `.`
    pub path: String,
    /// what a reader that takes the first sees
    pub first: &'a Node,
    /// what a reader that takes the last sees
    pub second: &'a Member,
}

/// How much one text may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// maps and lists inside each other
    pub depth: usize,
    /// values in all
    pub nodes: usize,
}

impl Default for Limits {
    /// 128 is what `serde_json` allows; 500,000 nodes are 60 MB.
    fn default() -> Self {
        Self { depth: 128, nodes: 500_000 }
    }
}

/// Why a text could not be read. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The grammar does not allow what stands there.
    #[error("line {line}: {problem}")]
    Syntax {
        /// where
        line: u32,
        /// what was expected
        problem: String,
    },
    /// More nesting than [`Limits::depth`].
    #[error("line {line}: nested deeper than {limit}")]
    TooDeep {
        /// where
        line: u32,
        /// the limit
        limit: usize,
    },
    /// More values than [`Limits::nodes`].
    #[error("line {line}: more than {limit} values")]
    TooMany {
        /// where
        line: u32,
        /// the limit
        limit: usize,
    },
}

impl ParseError {
    /// Line of the problem, from 1.
    pub const fn line(&self) -> u32 {
        match self {
            Self::Syntax { line, .. } | Self::TooDeep { line, .. } | Self::TooMany { line, .. } => {
                *line
            }
        }
    }
}

/// The tree of a configuration, by the ending of its name: TOML, YAML, else JSON. YAML has limits of
/// its own, since an alias makes much of little.
///
/// # Errors
/// The text is none of its kind, or beyond the limits.
pub fn configuration(path: &str, text: &str, limits: Limits) -> Result<Node, ParseError> {
    let lower = path.to_ascii_lowercase();
    if lower.ends_with(".toml") {
        return toml::parse(text, limits);
    }
    if lower.ends_with(".yaml") || lower.ends_with(".yml") {
        return yaml::parse(text, yaml::LIMITS);
    }
    json::parse(text, limits)
}

/// Line of a byte, from 1.
pub fn line_of(text: &str, byte: usize) -> u32 {
    let before = &text.as_bytes()[..byte.min(text.len())];
    u32::try_from(before.iter().filter(|b| **b == b'\n').count()).unwrap_or(u32::MAX - 1) + 1
}

/// Where lines begin: for many questions about one text.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Counts them once.
    pub fn of(text: &'a str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        Self { text, starts: std::iter::once(0).chain(newlines).collect() }
    }

    /// Line and column (in characters) of a byte, both from 1.
    pub fn at(&self, byte: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count()) + 1;
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (small(line), small(column))
    }
}
