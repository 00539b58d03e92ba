//! From a history to journeys: 100,000 commits of the default branch, nine in ten by a request
//! whose head is known, one in twenty by a merge, a release every two hundred, one change in a
//! hundred taken back.
//!
//! Run with `cargo bench -p tl-bench --bench fold`. The history is drawn from a fixed seed.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tl_core::attribution::Attribution;
use tl_core::history::{
    Commit, History, MentionForm, MessageLinks, ParentSpan, Person, Reference, ReleaseName,
    RequestHead, RequestMention, Tag,
};
use tl_core::id::{CommitId, CommitIx, PersonIx};
use tl_core::time::{Millis, OffsetMinutes, Timestamp};
use tl_map::change::changes;
use tl_map::dataset::Dataset;
use tl_map::failure::{Evidence, failures};
use tl_map::graph::Graph;
use tl_map::journey::Line;
use tl_map::options::Options;
use tl_map::release::Releases;
use tl_map::stats::random::SplitMix64;

const MAINLINE: u32 = 100_000;
const PEOPLE: u32 = 500;
const START: Timestamp = Timestamp::from_seconds(1_600_000_000);

fn main() {
    divan::main();
}

struct Writer {
    history: History,
    random: SplitMix64,
}

impl Writer {
    fn commit(&mut self, parents: &[CommitIx], at: Timestamp, request: Option<u32>) -> CommitIx {
        let row = self.history.commits.len() as u32;
        let start = self.history.parent_pool.len() as u32;
        self.history.parent_pool.extend_from_slice(parents);
        let mut id = [0; 20];
        id[..4].copy_from_slice(&row.wrapping_mul(2_654_435_761).to_be_bytes());
        id[4..8].copy_from_slice(&row.to_be_bytes());
        let author = PersonIx(self.random.below(PEOPLE));
        self.history.commits.push(Commit {
            id: CommitId::Sha1(id),
            parents: ParentSpan { start, len: parents.len() as u32 },
            author,
            committer: author,
            authored: at,
            committed: at,
            author_offset: OffsetMinutes(0),
            attribution: Attribution::default(),
            title: u64::from(row) + 1,
            mention: request.map(|number| RequestMention { number, by: MentionForm::Suffix }),
            links: None,
        });
        CommitIx(row)
    }

    /// One to five commits on top of `base` in the hours before `at`.
    fn work(&mut self, base: CommitIx, at: Timestamp) -> CommitIx {
        let commits = 1 + self.random.below(5);
        (0..commits).fold(base, |tip, left| {
            let before = Millis::new(i64::from(commits - left) * Millis::HOUR.get());
            self.commit(&[tip], at - before, None)
        })
    }
}

fn history() -> History {
    let mut writer = Writer { history: History::default(), random: SplitMix64::new(11) };
    let people = (0..PEOPLE).map(|row| Person {
        name: format!("person {row}"),
        email: format!("person{row}@example.org"),
    });
    writer.history.people = people.collect();
    let mut tip = writer.commit(&[], START, None);
    let mut line = vec![tip];
    for number in 1..MAINLINE {
        let at = START + Millis::new(i64::from(number) * 1_800_000);
        let base = line[line.len() - 1 - (writer.random.below(20) as usize).min(line.len() - 1)];
        let dice = writer.random.below(100);
        tip = if dice < 5 {
            let head = writer.work(base, at);
            writer.commit(&[tip, head], at, None)
        } else if dice < 95 {
            let head = writer.work(base, at);
            writer.history.requests.push(RequestHead { number, commit: head });
            writer.commit(&[tip], at, Some(number))
        } else {
            writer.commit(&[tip], at, None)
        };
        if dice == 50 {
            let back =
                line[line.len() - 1 - (writer.random.below(300) as usize).min(line.len() - 1)];
            let named = writer.history.commit(back).id.to_string();
            writer.history.commits[tip.row()].links = Some(Box::new(MessageLinks {
                reverts: vec![Reference::Commit(named)],
                revert_line: true,
                ..MessageLinks::default()
            }));
        }
        if number.is_multiple_of(200) {
            let name = ReleaseName {
                package: None,
                numbers: vec![1, u64::from(number) / 200, 0],
                prerelease: false,
            };
            writer.history.tags.push(Tag {
                name: format!("v1.{}.0", number / 200),
                commit: tip,
                at,
                annotated: false,
                release: Some(name),
            });
        }
        line.push(tip);
    }
    writer.history.head = Some(tip);
    writer.history
}

/// Changes and their boundaries: what the fold is.
#[divan::bench(sample_count = 10)]
fn changes_and_journeys(bencher: Bencher<'_, '_>) {
    let history = history();
    bencher.counter(ItemsCount::new(MAINLINE)).bench_local(|| {
        let graph = Graph::new(black_box(&history));
        let releases = Releases::new(&history, &graph);
        let found = changes(&history, &graph, &releases);
        found.marks.iter().filter(|marks| marks.journey(Line::GIT).total().is_some()).count()
    });
}

/// Who took back what.
#[divan::bench(sample_count = 10)]
fn failure_links(bencher: Bencher<'_, '_>) {
    let history = history();
    let graph = Graph::new(&history);
    let releases = Releases::new(&history, &graph);
    let found = changes(&history, &graph, &releases);
    bencher.counter(ItemsCount::new(MAINLINE)).bench_local(|| {
        failures(black_box(&history), &graph, &releases, &found, Evidence::All).len()
    });
}

/// The whole report over all the years, with 200 draws instead of 2,000: the statistics have a
/// benchmark of their own.
#[divan::bench(sample_count = 3)]
fn whole_report(bencher: Bencher<'_, '_>) {
    let histories = [history()];
    let mut options = Options::at(START + Millis::days(5_000));
    options.since = Some(START);
    options.draws = 200;
    bencher.counter(ItemsCount::new(MAINLINE)).bench_local(|| {
        tl_map::map(&Dataset::new(black_box(&histories), &options)).value_stream.changes
    });
}
