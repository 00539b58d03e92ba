//! `cargo xtask bench attribution`: how much AI use do trailers find, if line notes are the truth?
//!
//! In: the path of a repository whose authors let a tool note, line by line, what an agent
//! wrote (`refs/notes/ai`). Out: a [`CrossTable`] with precision and recall. Start at [`table`].
//! **Invariant:** only commits that have a note count; without one nobody knows the truth.

use std::fmt;
use std::process::ExitCode;

use tl_core::attribution::AuthorClass;
use tl_core::history::History;
use tl_core::id::CommitIx;
use tl_map::graph::Graph;
use tl_map::stats::Interval;
use tl_map::stats::rates::{Count, wilson};

/// Commits with a note, by what the note and the trailers say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct CrossTable {
    /// Notes and trailers both say that an AI tool wrote part of it.
    both: u64,
    /// Only the notes say so.
    noted_only: u64,
    /// Only the trailers say so.
    trailed_only: u64,
    /// Neither says so.
    neither: u64,
}

fn main() -> ExitCode {
    tl_bench::print(|history| {
        let graph = Graph::new(history);
        let delivered = table(history, |ix| graph.entry(ix).is_some());
        let anywhere = table(history, |_| true);
        format!("On {}:\n{delivered}\n\nOn any branch, tag or request:\n{anywhere}", history.branch)
    })
}

/// Counts the commits that have a note and are `counted`, without merges and without bots.
fn table(history: &History, counted: impl Fn(CommitIx) -> bool) -> CrossTable {
    let mut table = CrossTable::default();
    for (row, commit) in (0..).zip(&history.commits) {
        let attribution = commit.attribution;
        let is_bot = attribution.author == AuthorClass::Bot;
        if commit.parents.len > 1 || is_bot || !attribution.has_note || !counted(CommitIx(row)) {
            continue;
        }
        let cell = match (attribution.noted, attribution.trailed) {
            (true, true) => &mut table.both,
            (true, false) => &mut table.noted_only,
            (false, true) => &mut table.trailed_only,
            (false, false) => &mut table.neither,
        };
        *cell += 1;
    }
    table
}

impl fmt::Display for CrossTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { both, noted_only, trailed_only, neither } = *self;
        let total = both + noted_only + trailed_only + neither;
        writeln!(f, "{total} commits with line notes, without merges and bots")?;
        writeln!(f, "{:<18} {:>10} {:>10}", "", "trailer", "none")?;
        writeln!(f, "{:<18} {both:>10} {noted_only:>10}", "note: AI lines")?;
        writeln!(f, "{:<18} {trailed_only:>10} {neither:>10}", "note: no AI lines")?;
        writeln!(f, "recall     {}", share(both, both + noted_only))?;
        write!(f, "precision  {}", share(both, both + trailed_only))
    }
}

/// A share with its interval, such as `80.0 % (49.0 to 94.3), 8 of 10`.
fn share(events: u64, trials: u64) -> String {
    match wilson(Count { events, trials }) {
        Some(Interval { estimate, low, high }) => format!(
            "{:.1} % ({:.1} to {:.1}), {events} of {trials}",
            100.0 * estimate,
            100.0 * low,
            100.0 * high
        ),
        None => "unknown, 0 of 0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tl_core::attribution::Attribution;
    use tl_core::history::{Commit, ParentSpan};
    use tl_core::id::{CommitId, PersonIx};
    use tl_core::time::{OffsetMinutes, Timestamp};

    use super::*;

    /// A commit for each letter: `b`oth, `n`ote only, `t`railer only, `.` neither.
    fn history(letters: &str, author: AuthorClass, has_note: bool, parents: u32) -> History {
        let commit = |letter| Commit {
            id: CommitId::Sha1([0; 20]),
            parents: ParentSpan { start: 0, len: parents },
            author: PersonIx(0),
            committer: PersonIx(0),
            authored: Timestamp::default(),
            committed: Timestamp::default(),
            author_offset: OffsetMinutes::default(),
            attribution: Attribution {
                author,
                noted: matches!(letter, 'b' | 'n'),
                trailed: matches!(letter, 'b' | 't'),
                has_note,
                ..Attribution::default()
            },
            title: 0,
            mention: None,
            links: None,
        };
        History { commits: letters.chars().map(commit).collect(), ..History::default() }
    }

    #[test]
    fn each_commit_with_a_note_is_counted_in_its_cell() {
        let table = table(&history("bbntt...", AuthorClass::Human, true, 1), |_| true);
        let expected = CrossTable { both: 2, noted_only: 1, trailed_only: 2, neither: 3 };
        assert_eq!(table, expected);
    }

    #[test]
    fn a_commit_that_is_not_asked_for_is_not_counted() {
        let table = table(&history("bn", AuthorClass::Human, true, 1), |ix| ix == CommitIx(1));
        assert_eq!(table, CrossTable { noted_only: 1, ..CrossTable::default() });
    }

    #[test]
    fn bots_merges_and_commits_without_a_note_say_nothing() {
        for history in [
            history("bnt.", AuthorClass::Bot, true, 1),
            history("bnt.", AuthorClass::Human, true, 2),
            history("bnt.", AuthorClass::Human, false, 1),
        ] {
            assert_eq!(table(&history, |_| true), CrossTable::default());
        }
    }

    #[test]
    fn shares_carry_the_score_interval_and_nothing_is_unknown() {
        // R 4.4: prop.test(8, 10, correct = FALSE)$conf.int is 0.4901625 0.9433178.
        assert_eq!(share(8, 10), "80.0 % (49.0 to 94.3), 8 of 10");
        assert_eq!(share(0, 0), "unknown, 0 of 0");
    }

    #[test]
    fn recall_is_of_the_notes_and_precision_of_the_trailers() {
        let shown = CrossTable { both: 8, noted_only: 2, trailed_only: 0, neither: 5 }.to_string();
        assert!(shown.contains("recall     80.0 % (49.0 to 94.3), 8 of 10"), "{shown}");
        assert!(shown.contains("precision  100.0 % (67.6 to 100.0), 8 of 8"), "{shown}");
    }
}
