//! Words for the line of a report: where it starts, where it ends, and what lies between.
//!
//! In: the stages of a [`ValueStream`]. Out: [`Line`], asked for the words of headings and columns,
//! so that a line from ticket to production never reads as one from first commit to release.

use crate::report::ValueStream;

/// What is known of changes, as far as words depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Whether it starts with a ticket.
    pub has_tickets: bool,
    /// Whether reviews are told apart from the wait for the merge.
    pub has_reviews: bool,
    /// Whether it ends in production; else with a release.
    pub is_deployed: bool,
}

impl Line {
    /// The words of this line.
    pub fn of(stream: &ValueStream) -> Self {
        let has = |id: &str| stream.stages.iter().any(|stage| stage.id == id);
        Self { has_tickets: has("backlog"), has_reviews: has("pickup"), is_deployed: has("deploy") }
    }

    /// The whole line.
    pub const fn whole(self) -> &'static str {
        match (self.has_tickets, self.is_deployed) {
            (false, false) => "first commit to release",
            (false, true) => "first commit to production",
            (true, false) => "ticket to release",
            (true, true) => "ticket to production",
        }
    }

    /// DORA's change lead time.
    pub const fn lead(self) -> &'static str {
        if self.is_deployed { "first commit to production" } else { "first commit to release" }
    }

    /// The same as the title of a column.
    pub const fn to_end(self) -> &'static str {
        if self.is_deployed { "to production" } else { "to release" }
    }

    /// From the merge on.
    pub const fn after_merge(self) -> &'static str {
        if self.is_deployed { "merge to production" } else { "merge to release" }
    }

    /// What cohorts are compared by before the merge.
    pub const fn review(self) -> &'static str {
        if self.has_reviews { "ready to merge" } else { "last push to merge" }
    }

    /// From the start of work to the merge.
    pub const fn to_merge(self) -> &'static str {
        if self.has_tickets { "work started to merge" } else { "first commit to merge" }
    }

    /// What a change at the end of the line is.
    pub const fn done(self) -> &'static str {
        if self.is_deployed { "in production" } else { "released" }
    }

    /// What a merged change waits for.
    pub const fn end(self) -> &'static str {
        if self.is_deployed { "production" } else { "a release" }
    }
}

/// `3 released changes`, `1 change in production`.
pub fn done_changes(line: Line, count: &str, one: bool) -> String {
    let noun = if one { "change" } else { "changes" };
    if line.is_deployed {
        format!("{count} {noun} in production")
    } else {
        format!("{count} released {noun}")
    }
}

/// The sentence with a capital at its start.
pub fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The first names, and how many more there are.
pub fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let shown: Vec<&str> = names.take(most).collect();
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {} more", shown.join(", "), crate::format::count(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_names_is_cut_and_says_so() {
        assert_eq!(names(["a", "b"].into_iter(), 2), "a, b");
        assert_eq!(names(["a", "b", "c"].into_iter(), 2), "a, b and 1 more");
    }
}
