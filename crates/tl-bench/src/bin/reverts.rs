//! `cargo xtask bench reverts`: does the revert linker find its target when the id is hidden?
//!
//! In: the path of a repository. Out: an [`Account`]. The truth is what `This reverts commit`
//! lines name; the linker is asked with those ids hidden, so that only titles and request numbers
//! are left to it. Start at [`account`].
//! **Invariant:** the truth is read here from the messages, and not from the linker.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::process::ExitCode;

use tl_core::history::{History, Reference};
use tl_map::change::{Changes, changes};
use tl_map::failure::{Evidence, FailureKind, failures};
use tl_map::graph::Graph;
use tl_map::release::Releases;

/// Pairs of a change and the one that takes it back, `by` first.
type Pairs = BTreeMap<usize, BTreeSet<usize>>;

/// How the linker did.
#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    /// Pairs that the messages name.
    pairs: usize,
    /// Pairs of those that the linker found without the ids.
    right: usize,
    /// What the linker says of the same reverting changes, and the messages do not.
    wrong: Vec<(String, String)>,
    /// Pairs that the linker did not find.
    missed: Vec<(String, String)>,
}

fn main() -> ExitCode {
    tl_bench::print(|history| account(history).to_string())
}

/// Compares what the linker says without ids with what the ids say.
fn account(history: &History) -> Account {
    let graph = Graph::new(history);
    let releases = Releases::new(history, &graph);
    let changes = changes(history, &graph, &releases);
    let truth = named(history, &graph, &changes);
    let mut said = Pairs::new();
    for link in failures(history, &graph, &releases, &changes, Evidence::WithoutIds) {
        if link.kind != FailureKind::FixedUp && truth.contains_key(&link.by) {
            said.entry(link.by).or_default().insert(link.failed);
        }
    }
    let id = |change: usize| history.commit(changes.delivered[change].landed).id.short();
    let mut account = Account::default();
    for (by, failed) in &truth {
        let none = BTreeSet::new();
        let said = said.get(by).unwrap_or(&none);
        // A revert that is reverted was no failure: the linker leaves that pair out on purpose.
        let asked: BTreeSet<usize> =
            failed.iter().copied().filter(|target| !truth.contains_key(target)).collect();
        account.pairs += asked.len();
        account.right += asked.intersection(said).count();
        let pair = |target: &usize| (id(*by), id(*target));
        account.wrong.extend(said.difference(failed).map(pair));
        account.missed.extend(asked.difference(said).map(pair));
    }
    account
}

/// The earlier changes that the reverting lines of each change's commits name by id. A commit that
/// names an id which is not on the default branch, or not before it, is left out altogether.
fn named(history: &History, graph: &Graph, changes: &Changes) -> Pairs {
    let mut pairs = Pairs::new();
    for position in 0..graph.mainline.len() {
        let by = changes.at_position[position] as usize;
        for ix in graph.entered(position) {
            let links = history.commit(*ix).links.as_deref();
            let Some(links) = links.filter(|links| links.revert_line) else { continue };
            let ids = links.reverts.iter().filter_map(|reference| match reference {
                Reference::Commit(hex) => Some(hex),
                Reference::Title(_) | Reference::Request(_) => None,
            });
            let targets: Option<BTreeSet<usize>> = ids
                .map(|hex| delivered(history, graph, changes, hex).filter(|target| *target < by))
                .collect();
            if let Some(targets) = targets.filter(|targets| !targets.is_empty()) {
                pairs.entry(by).or_default().extend(targets);
            }
        }
    }
    pairs
}

/// The change that brought the one commit whose id begins with `hex`.
fn delivered(history: &History, graph: &Graph, changes: &Changes, hex: &str) -> Option<usize> {
    let mut named = history.commits.iter().enumerate().filter_map(|(row, commit)| {
        let ix = tl_core::id::CommitIx(u32::try_from(row).ok()?);
        commit.id.starts_with_hex(hex).then(|| graph.entry(ix))?
    });
    let position = named.next()?;
    named.next().is_none().then(|| changes.at_position[position] as usize)
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pairs, right, wrong, missed } = self;
        for (name, list) in [("wrong", wrong), ("missed", missed)] {
            for (by, target) in list {
                writeln!(f, "{name:<7} {by} -> {target}")?;
            }
        }
        let (wrong, missed) = (wrong.len(), missed.len());
        write!(
            f,
            "{pairs} pairs named by id; without it {right} right, {missed} missed, {wrong} wrong"
        )
    }
}

#[cfg(test)]
mod tests {
    use tl_core::attribution::Attribution;
    use tl_core::history::{Commit, MessageLinks, ParentSpan};
    use tl_core::id::{CommitId, CommitIx, PersonIx};
    use tl_core::time::{OffsetMinutes, Timestamp};

    use super::*;

    /// Commits one after another; each with the hash of its title, and the row and the title that
    /// it says it reverts.
    fn history(commits: &[(u64, Option<(u8, u64)>)]) -> History {
        let mut history = History { branch: "main".to_owned(), ..History::default() };
        for (row, (title, reverts)) in (0u8..).zip(commits) {
            let links = reverts.map(|(target, quoted)| {
                Box::new(MessageLinks {
                    reverts: vec![
                        Reference::Commit(CommitId::Sha1([target + 1; 20]).to_string()),
                        Reference::Title(quoted),
                    ],
                    revert_line: true,
                    ..MessageLinks::default()
                })
            });
            let start = history.parent_pool.len() as u32;
            if row > 0 {
                history.parent_pool.push(CommitIx(u32::from(row) - 1));
            }
            history.commits.push(Commit {
                id: CommitId::Sha1([row + 1; 20]),
                parents: ParentSpan { start, len: u32::from(row > 0) },
                author: PersonIx(0),
                committer: PersonIx(0),
                authored: Timestamp::from_seconds(i64::from(row)),
                committed: Timestamp::from_seconds(i64::from(row)),
                author_offset: OffsetMinutes::default(),
                attribution: Attribution::default(),
                title: *title,
                mention: None,
                links,
            });
            history.head = Some(CommitIx(u32::from(row)));
        }
        history
    }

    #[test]
    fn a_title_that_leads_to_the_named_commit_is_right() {
        let account = account(&history(&[(10, None), (20, None), (30, Some((0, 10)))]));
        assert_eq!(account, Account { pairs: 1, right: 1, ..Account::default() });
    }

    #[test]
    fn a_title_that_leads_elsewhere_is_wrong_and_the_pair_missed() {
        let account = account(&history(&[(10, None), (20, None), (30, Some((0, 20)))]));
        assert_eq!((account.pairs, account.right), (1, 0));
        assert_eq!((account.wrong.len(), account.missed.len()), (1, 1));
    }

    #[test]
    fn a_revert_of_a_later_or_unknown_commit_is_not_judged() {
        let account = account(&history(&[(10, None), (30, Some((7, 10))), (40, Some((2, 10)))]));
        assert_eq!(account, Account::default());
    }
}
