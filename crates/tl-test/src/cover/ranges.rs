//! Lines of a file, as ranges.
//!
//! In: lines, in any order. Out: [`Lines`], and what is done with sets of them. **Invariant:**
//! ranges are ascending, at least one line apart, and none is empty.

use serde::{Deserialize, Serialize};

/// Lines of a file, from 1: ranges of first and last line.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<(u32, u32)>", into = "Vec<(u32, u32)>")]
pub struct Lines(Vec<(u32, u32)>);

impl From<Vec<(u32, u32)>> for Lines {
    fn from(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        if !ranges.is_sorted() {
            ranges.sort_unstable();
        }
        let mut lines = Self(Vec::with_capacity(ranges.len()));
        ranges.into_iter().for_each(|range| lines.push(range));
        lines
    }
}

impl From<Lines> for Vec<(u32, u32)> {
    fn from(lines: Lines) -> Self {
        lines.0
    }
}

impl FromIterator<u32> for Lines {
    fn from_iter<I: IntoIterator<Item = u32>>(lines: I) -> Self {
        Self::from(lines.into_iter().map(|line| (line, line)).collect::<Vec<_>>())
    }
}

impl Lines {
    /// The ranges: first and last line of each.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many lines there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// Whether the line is one of them.
    pub fn contains(&self, line: u32) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < line);
        self.0.get(at).is_some_and(|(first, _)| *first <= line)
    }

    /// Adds a range that does not begin before the last one does.
    fn push(&mut self, (first, last): (u32, u32)) {
        match self.0.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => self.0.push((first, last)),
        }
    }

    /// Lines of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.is_empty() || self == other {
            return self.clone();
        }
        let mut lines = Self(Vec::with_capacity(self.0.len().max(other.0.len())));
        let (mut one, mut two) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let Some(range) = match (one.peek(), two.peek()) {
            (Some(a), Some(b)) if a <= b => one.next(),
            (Some(_), None) => one.next(),
            _ => two.next(),
        } {
            lines.push(*range);
        }
        lines
    }

    /// Lines of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut lines = Self::default();
        let (mut one, mut two) = (0, 0);
        while let (Some(a), Some(b)) = (self.0.get(one), other.0.get(two)) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                lines.push((first, last));
            }
            if a.1 < b.1 { one += 1 } else { two += 1 }
        }
        lines
    }

    /// Lines of this one that are not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut lines = Self::default();
        let mut at = 0;
        for (first, last) in &self.0 {
            let mut next = u64::from(*first);
            while other.0.get(at).is_some_and(|(_, end)| u64::from(*end) < next) {
                at += 1;
            }
            let mut cut = at;
            while let Some((from, to)) = other.0.get(cut).filter(|(from, _)| from <= last) {
                if next < u64::from(*from) {
                    lines.push((next as u32, from - 1));
                }
                next = u64::from(*to) + 1;
                cut += 1;
            }
            if next <= u64::from(*last) {
                lines.push((next as u32, *last));
            }
        }
        lines
    }

    /// As people write them: `3, 7-9`; at most `most` ranges, then how many more there are.
    pub fn shown(&self, most: usize) -> String {
        let one = |(first, last): &(u32, u32)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        let mut shown = self.0.iter().take(most).map(one).collect::<Vec<_>>().join(", ");
        if self.0.len() > most {
            let more = format!(" and {} more", self.0.len() - most);
            shown.push_str(&more);
        }
        shown
    }
}

#[cfg(test)]
mod tests;
