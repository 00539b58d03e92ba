//! Laws that hold for every history: small random ones, told as stories so that a failing one can
//! be read.

use std::fmt::Write as _;

use proptest::prelude::*;
use rustc_hash::FxHashSet;
use tl_core::history::{BranchTip, History, ParentSpan};
use tl_core::id::CommitIx;
use tl_core::time::Millis;

use super::story::{START, history};
use crate::change::changes;
use crate::dataset::Dataset;
use crate::failure::{Evidence, failures};
use crate::graph::Graph;
use crate::journey_row::{JourneyRow, rows};
use crate::options::Options;
use crate::release::{ReleaseIx, Releases};
use crate::report::Report;
use crate::stats::random::SplitMix64;

const PEOPLE: [&str; 5] = ["ana", "bo", "cy", "copilot", "dependabot"];

/// What may happen next in a random story.
#[derive(Debug, Clone)]
struct Fact {
    kind: u8,
    who: usize,
    /// Which of the commits so far it concerns.
    one: prop::sample::Index,
    other: prop::sample::Index,
    hours: u16,
}

fn fact() -> impl Strategy<Value = Fact> {
    (0..11u8, 0..5usize, any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..40u16)
        .prop_map(|(kind, who, one, other, hours)| Fact { kind, who, one, other, hours })
}

fn story() -> impl Strategy<Value = String> {
    prop::collection::vec(fact(), 1..40).prop_map(|facts| tell(&facts))
}

/// Writes the facts down: commits here and there, merges, squashes, replays, heads, tags, reverts.
fn tell(facts: &[Fact]) -> String {
    let mut story = "1 00:00 ana commits a0 \"Start\"\n".to_owned();
    // Each commit's symbol, title, author and day with time.
    let mut told = vec![("a0".to_owned(), "Start".to_owned(), "ana", "1 00:00".to_owned())];
    let (mut minutes, mut number) = (0_u32, 0_u32);
    for (row, fact) in facts.iter().enumerate() {
        minutes += u32::from(fact.hours) * 60;
        let at = format!("{} {:02}:{:02}", minutes / 1440 + 1, minutes / 60 % 24, row % 60);
        let who = PEOPLE[fact.who];
        let (one, title, author, authored) = told[fact.one.index(told.len())].clone();
        let other = told[fact.other.index(told.len())].0.clone();
        let id = format!("b{:03x}", row + 1);
        let mut line = format!("{at} {who} ");
        let mut name = format!("Work {row}");
        match fact.kind {
            0 | 1 => write!(line, "commits {id} \"{name}\""),
            2 => write!(line, "commits {id} \"{name}\" on topic{row} from {one}"),
            3 => write!(line, "commits {id} \"{name}\" on topic{row} from {one} merging {other}"),
            4 => write!(line, "commits {id} \"{name}\" merging {one}"),
            5 => {
                number += 1;
                name = format!("Request {number} (#{number})");
                write!(line, "commits {id} \"{name}\" with claude")
            }
            6 => {
                write!(line, "commits {id} \"{title}\" by {author} authored {authored} picks {one}")
            }
            7 => write!(line, "commits {id} \"{name}\" reverts {one} fixes {other}"),
            8 | 9 => write!(line, "pushes #{} at {one}", row % 4 + 1),
            _ => write!(line, "tags v1.{row}.0 at {one}"),
        }
        .unwrap();
        if fact.kind < 8 {
            told.push((id, name, who, at));
        }
        story.push_str(&line);
        story.push('\n');
    }
    story
}

fn options() -> Options {
    let mut options = Options::at(START + Millis::days(5_000));
    options.until = Some(START + Millis::days(90));
    options.draws = 5;
    options
}

fn report(history: History) -> Report {
    crate::map(&Dataset::new(&[history], &options()))
}

fn journeys(history: History) -> Vec<JourneyRow> {
    rows(&Dataset::new(&[history], &options()), true)
}

/// The same history with its rows in another order.
fn shuffled(history: &History, seed: u64) -> History {
    let mut random = SplitMix64::new(seed);
    let mut order: Vec<usize> = (0..history.commits.len()).collect();
    shuffle(&mut order, &mut random);
    let mut place = vec![CommitIx(0); order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = CommitIx(new as u32);
    }
    let mut other = History { commits: Vec::new(), parent_pool: Vec::new(), ..history.clone() };
    for old in order {
        let mut commit = history.commits[old].clone();
        let parents = history.parents(CommitIx(old as u32)).iter();
        let start = other.parent_pool.len() as u32;
        other.parent_pool.extend(parents.map(|parent| place[parent.row()]));
        commit.parents = ParentSpan { start, len: commit.parents.len };
        other.commits.push(commit);
    }
    let moved = |ix: &mut CommitIx| *ix = place[ix.row()];
    other.head.as_mut().map(moved);
    other.requests.iter_mut().for_each(|head| moved(&mut head.commit));
    other.tags.iter_mut().for_each(|tag| moved(&mut tag.commit));
    other.branches.iter_mut().for_each(|branch| moved(&mut branch.commit));
    shuffle(&mut other.requests, &mut random);
    shuffle(&mut other.tags, &mut random);
    shuffle(&mut other.branches, &mut random);
    other
}

fn shuffle<T>(rows: &mut [T], random: &mut SplitMix64) {
    for last in (1..rows.len()).rev() {
        rows.swap(last, random.below(last as u32 + 1) as usize);
    }
}

/// Everything that a commit contains, itself included, the slow way.
fn ancestry(history: &History, ix: CommitIx) -> FxHashSet<CommitIx> {
    let mut found = FxHashSet::default();
    let mut open = vec![ix];
    while let Some(ix) = open.pop() {
        if found.insert(ix) {
            open.extend_from_slice(history.parents(ix));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Every commit of the mainline belongs to exactly one change, and they follow one another.
    #[test]
    fn changes_cover_the_mainline(story in story()) {
        let history = history(&story);
        let graph = Graph::new(&history);
        let releases = Releases::new(&history, &graph);
        let found = changes(&history, &graph, &releases);
        let mut next = 0;
        for (index, change) in found.delivered.iter().enumerate() {
            prop_assert_eq!(change.position, next);
            next += change.span;
            let owned = &found.at_position[change.position as usize..next as usize];
            prop_assert!(owned.iter().all(|at| *at as usize == index));
        }
        prop_assert_eq!(next as usize, graph.mainline.len());
    }

    /// Measures are computed side by side: which of them is ready first leaves no trace.
    #[test]
    fn the_number_of_threads_does_not_matter(one in story(), other in story()) {
        let histories = [history(&one), history(&other)];
        let options = Options { draws: 20, ..Options::at(START + Millis::days(60)) };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                serde_json::to_string(&crate::map(&Dataset::new(&histories, &options))).unwrap()
            })
        };
        prop_assert_eq!(with(1), with(4));
    }

    /// A request is delivered at most once, and never both delivered and pending.
    #[test]
    fn a_request_is_delivered_once(story in story()) {
        let history = history(&story);
        let graph = Graph::new(&history);
        let found = changes(&history, &graph, &Releases::new(&history, &graph));
        let mut seen = FxHashSet::default();
        let delivered = found.delivered.iter().filter_map(|change| change.request());
        for number in delivered.chain(found.pending.iter().map(|request| request.request)) {
            prop_assert!(seen.insert(number), "#{number} twice");
        }
    }

    /// Stages are never negative and add up to the total.
    #[test]
    fn stages_add_up(story in story()) {
        for row in journeys(history(&story)) {
            let stages = [row.coding_ms, row.review_wait_ms, row.release_wait_ms];
            prop_assert!(stages.iter().flatten().all(|span| *span >= Millis::ZERO));
            if let Some(total) = row.total_ms {
                prop_assert_eq!(total, stages.into_iter().flatten().sum());
            }
        }
    }

    /// Links point back, never at themselves, and never twice at one pair.
    #[test]
    fn failure_links_point_back(story in story()) {
        let history = history(&story);
        let graph = Graph::new(&history);
        let releases = Releases::new(&history, &graph);
        let found = changes(&history, &graph, &releases);
        let mut seen = FxHashSet::default();
        for link in failures(&history, &graph, &releases, &found, Evidence::All) {
            prop_assert!(link.failed < link.by);
            prop_assert!(seen.insert((link.failed, link.by)));
        }
    }

    /// The order in which commits, heads, tags and branches are listed changes nothing.
    #[test]
    fn the_order_of_rows_changes_nothing(story in story(), seed: u64) {
        let told = history(&story);
        let other = shuffled(&told, seed);
        prop_assert_eq!(journeys(told.clone()), journeys(other.clone()));
        prop_assert_eq!(report(told), report(other));
    }

    /// One more commit, on top of the default branch or on a branch of its own, changes no other
    /// journey.
    #[test]
    fn an_unrelated_commit_changes_no_other_journey(story in story(), on_top: bool) {
        let place = if on_top { "" } else { "on elsewhere from nothing" };
        let more = format!("{story}80 00:00 dora commits fff \"Something else\" {place}\n");
        let mut after = journeys(history(&more));
        if on_top {
            prop_assert_eq!(after.pop().map(|row| row.change), Some("fff0000000".to_owned()));
        }
        prop_assert_eq!(journeys(history(&story)), after);
    }

    /// A commit enters the mainline no later than what contains it.
    #[test]
    fn entries_are_monotone(story in story()) {
        let history = history(&story);
        let graph = Graph::new(&history);
        for row in 0..history.commits.len() {
            let ix = CommitIx(row as u32);
            let Some(entry) = graph.entry(ix) else { continue };
            prop_assert!(graph.entered(entry).contains(&ix));
            for parent in history.parents(ix) {
                prop_assert!(graph.entry(*parent).is_some_and(|parent| parent <= entry));
            }
        }
    }

    /// What a head has and the mainline had not, as the definition says it.
    #[test]
    fn exclusive_commits_are_those_that_the_mainline_had_not(
        story in story(),
        head: prop::sample::Index,
        position: prop::sample::Index,
    ) {
        let history = history(&story);
        let graph = Graph::new(&history);
        let head = CommitIx(head.index(history.commits.len()) as u32);
        let position = position.index(graph.mainline.len() + 1);
        let before = position.checked_sub(1).map(|last| ancestry(&history, graph.mainline[last]));
        let before = before.unwrap_or_default();
        let position = Some(position).filter(|position| *position < graph.mainline.len());
        let found = graph.exclusive(&history, head, position);
        let found: FxHashSet<CommitIx> = found.into_iter().collect();
        let expected = ancestry(&history, head).difference(&before).copied().collect();
        prop_assert_eq!(found, expected);
    }

    /// The first release that contains a commit, as the definition says it.
    #[test]
    fn releases_contain_what_their_tags_lead_to(story in story()) {
        let history = history(&story);
        let graph = Graph::new(&history);
        let releases = Releases::new(&history, &graph);
        let contents: Vec<_> =
            releases.list.iter().map(|release| ancestry(&history, release.commit)).collect();
        for row in 0..history.commits.len() {
            let ix = CommitIx(row as u32);
            let first = contents.iter().position(|content| content.contains(&ix));
            let first = first.map(|row| ReleaseIx::new(row as u32));
            prop_assert_eq!(releases.containing(ix), first);
        }
    }
}

#[test]
fn shuffling_keeps_what_a_history_says() {
    let mut told = history("1 00:00 ana commits a0 \"x\"\n2 00:00 bo commits a1 \"y\"");
    told.branches.push(BranchTip { name: "refs/heads/topic".to_owned(), commit: CommitIx(0) });
    let other = shuffled(&told, 7);
    let ids = |history: &History| -> Vec<String> {
        history.mainline().iter().map(|ix| history.commit(*ix).id.short()).collect()
    };
    assert_eq!(ids(&told), ids(&other));
}
