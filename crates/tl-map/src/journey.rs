//! Journeys: the life of one change as boundaries and stages.
//!
//! In: the facts of one change, in any order ([`Marks`]). Out: one [`Journey`] whose stages are
//! whole milliseconds that add up exactly to its total. Start at [`Marks::journey`].
//! **Invariant:** boundaries never run backwards; what was moved to keep them so is recorded in
//! [`Journey::shift`]; a stage with an unknown end is absent, and one that was skipped is zero and
//! says so ([`Journey::applies`]).
//! **Definition:** `docs/measures.md`, "Boundaries".

use serde::{Deserialize, Serialize};
use tl_core::time::{Millis, Timestamp};

/// A boundary of a journey, in the order of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// t0: the earliest linked ticket was opened.
    TicketOpened,
    /// t1: the ticket was first in progress, or the first commit was made, whichever was first.
    WorkStarted,
    /// t2: author date of the first commit.
    FirstCommit,
    /// t3: the request was opened.
    Opened,
    /// Stands for t3r where only git is known: the last push before the merge.
    LastPush,
    /// t3r: the request was last marked ready before its first review.
    Ready,
    /// t4: first review by a person who is not the author.
    FirstReview,
    /// t5: from here on the approvals held until the merge.
    Approved,
    /// t6: committer date on the default branch, or the forge's instant of the merge.
    Merged,
    /// t8: first release that contains the change or an equivalent commit.
    Released,
    /// The first successful production deployment with the change began.
    DeployStarted,
    /// t9: it ended: the change is in production.
    InProduction,
}

const BOUNDARIES: usize = 12;

impl Boundary {
    /// Every boundary, in the order of the line.
    pub const ALL: [Self; BOUNDARIES] = [
        Self::TicketOpened,
        Self::WorkStarted,
        Self::FirstCommit,
        Self::Opened,
        Self::LastPush,
        Self::Ready,
        Self::FirstReview,
        Self::Approved,
        Self::Merged,
        Self::Released,
        Self::DeployStarted,
        Self::InProduction,
    ];

    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TicketOpened => "ticket opened",
            Self::WorkStarted => "work started",
            Self::FirstCommit => "first commit",
            Self::Opened => "request opened",
            Self::LastPush => "last push",
            Self::Ready => "ready for review",
            Self::FirstReview => "first review",
            Self::Approved => "approved",
            Self::Merged => "merge",
            Self::Released => "first release",
            Self::DeployStarted => "deployment started",
            Self::InProduction => "in production",
        }
    }

    /// Its number in the definitions of `docs/measures.md`.
    pub const fn number(self) -> &'static str {
        match self {
            Self::TicketOpened => "t0",
            Self::WorkStarted => "t1",
            Self::FirstCommit => "t2",
            Self::Opened => "t3",
            Self::LastPush | Self::Ready => "t3r",
            Self::FirstReview => "t4",
            Self::Approved => "t5",
            Self::Merged => "t6",
            Self::Released => "t8",
            Self::DeployStarted | Self::InProduction => "t9",
        }
    }
}

/// A piece of a journey between two neighbouring boundaries of its [`Line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Ticket opened to work started.
    Backlog,
    /// Work started (in git alone: first commit) to ready for review (in git alone: last push).
    Coding,
    /// Ready to first review.
    Pickup,
    /// First review to approval: the reviewer's turns and the author's.
    Review,
    /// Approval to merge.
    MergeWait,
    /// Last push to merge: pickup, review and the wait for the merge, which git cannot tell apart.
    ReviewWait,
    /// Merge to first release, or to the start of the first production deployment.
    ReleaseWait,
    /// Start to end of that deployment.
    Deploy,
}

/// Whether somebody works or the change waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageKind {
    /// Somebody works on it.
    Active,
    /// It waits.
    Queue,
    /// Both: the review with its turns, and the whole line.
    Mixed,
}

impl Stage {
    /// Stable name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::Coding => "coding",
            Self::Pickup => "pickup",
            Self::Review => "review",
            Self::MergeWait => "merge-wait",
            Self::ReviewWait => "review-wait",
            Self::ReleaseWait => "release-wait",
            Self::Deploy => "deploy",
        }
    }

    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::Coding => "coding",
            Self::Pickup => "pickup",
            Self::Review => "review",
            Self::MergeWait => "merge wait",
            Self::ReviewWait => "review wait",
            Self::ReleaseWait => "release wait",
            Self::Deploy => "deploy",
        }
    }

    /// Active or queue.
    pub const fn kind(self) -> StageKind {
        match self {
            Self::Coding | Self::Deploy => StageKind::Active,
            Self::Review => StageKind::Mixed,
            Self::Backlog
            | Self::Pickup
            | Self::MergeWait
            | Self::ReviewWait
            | Self::ReleaseWait => StageKind::Queue,
        }
    }
}

/// Which boundaries a dataset can know, and so which stages its journeys have.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// What is known up to the merge.
    pub front: Front,
    /// What is known after it.
    pub end: End,
}

/// What is known of changes up to their merge.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Front {
    /// Git alone: first commit, last push.
    #[default]
    Git,
    /// Git and tickets.
    Tickets,
    /// Requests with their reviews, and tickets.
    Requests,
}

/// What is known of changes after their merge.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Releases.
    #[default]
    Released,
    /// Deployments to production.
    Deployed,
}

use Boundary::{
    Approved, DeployStarted, FirstCommit, FirstReview, InProduction, LastPush, Merged, Ready,
    Released, TicketOpened, WorkStarted,
};

#[rustfmt::skip]
const BOUNDARIES_OF: [&[Boundary]; 6] = [
    &[FirstCommit, LastPush, Merged, Released],
    &[FirstCommit, LastPush, Merged, DeployStarted, InProduction],
    &[TicketOpened, WorkStarted, LastPush, Merged, Released],
    &[TicketOpened, WorkStarted, LastPush, Merged, DeployStarted, InProduction],
    &[TicketOpened, WorkStarted, Ready, FirstReview, Approved, Merged, Released],
    &[TicketOpened, WorkStarted, Ready, FirstReview, Approved, Merged, DeployStarted, InProduction],
];

use Stage::{Backlog, Coding, Deploy, MergeWait, Pickup, ReleaseWait, Review, ReviewWait};

const STAGES_OF: [&[Stage]; 6] = [
    &[Coding, ReviewWait, ReleaseWait],
    &[Coding, ReviewWait, ReleaseWait, Deploy],
    &[Backlog, Coding, ReviewWait, ReleaseWait],
    &[Backlog, Coding, ReviewWait, ReleaseWait, Deploy],
    &[Backlog, Coding, Pickup, Review, MergeWait, ReleaseWait],
    &[Backlog, Coding, Pickup, Review, MergeWait, ReleaseWait, Deploy],
];

impl Line {
    /// From first commit to first release.
    pub const GIT: Self = Self { front: Front::Git, end: End::Released };

    /// Every line.
    pub const ALL: [Self; 6] = [
        Self::GIT,
        Self { front: Front::Git, end: End::Deployed },
        Self { front: Front::Tickets, end: End::Released },
        Self { front: Front::Tickets, end: End::Deployed },
        Self { front: Front::Requests, end: End::Released },
        Self { front: Front::Requests, end: End::Deployed },
    ];

    const fn row(self) -> usize {
        self.front as usize * 2 + self.end as usize
    }

    /// Its boundaries, in order: one more than it has stages.
    pub const fn boundaries(self) -> &'static [Boundary] {
        BOUNDARIES_OF[self.row()]
    }

    /// Its stages, in order.
    pub const fn stages(self) -> &'static [Stage] {
        STAGES_OF[self.row()]
    }

    /// Where a stage stands in [`Line::stages`]; `None` where the line does not have it.
    pub fn place(self, stage: Stage) -> Option<usize> {
        self.stages().iter().position(|one| *one == stage)
    }

    /// Boundaries where a stage starts and ends; `None` where the line does not have it.
    pub fn ends(self, stage: Stage) -> Option<(Boundary, Boundary)> {
        let place = self.place(stage)?;
        Some((self.boundaries()[place], self.boundaries()[place + 1]))
    }

    /// Where the line starts.
    pub const fn first(self) -> Boundary {
        self.boundaries()[0]
    }

    /// Where it ends.
    pub const fn last(self) -> Boundary {
        self.boundaries()[self.boundaries().len() - 1]
    }

    /// The stages before the merge.
    pub fn before_merge(self) -> &'static [Stage] {
        let merge = self.boundaries().iter().position(|one| *one == Merged);
        &self.stages()[..merge.unwrap_or_default()]
    }
}

/// How a change arrived on the default branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A request, squashed into one commit.
    Squash,
    /// A request or branch, by a merge commit.
    Merge,
    /// A request whose commits were replayed one by one.
    Rebase,
    /// A request on top of another request.
    Stacked,
    /// A commit that names no request.
    Direct,
}

impl Shape {
    /// Every shape, in the order of reports.
    pub const ALL: [Self; 5] =
        [Self::Squash, Self::Merge, Self::Rebase, Self::Stacked, Self::Direct];

    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Squash => "squash",
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::Stacked => "stacked",
            Self::Direct => "direct",
        }
    }
}

/// One fact about one change: a boundary was seen at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Which boundary.
    pub boundary: Boundary,
    /// When.
    pub at: Timestamp,
}

/// What is known of a change besides its boundaries: it decides what an absent one means.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Only by git: an absent boundary is unknown.
    #[default]
    Git,
    /// By its forge: a review that is not there was not given.
    Forge,
    /// It was pushed without a request: there was nothing to review.
    Direct,
}

/// All that is known of one change so far. Facts may come in any order, and twice.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    at: [Instant; BOUNDARIES],
    /// What an absent boundary means.
    pub seen: Seen,
}

/// An instant that may be unknown, in eight bytes: histories have a million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Instant(i64);

impl Instant {
    const UNKNOWN: Self = Self(i64::MIN);

    const fn known(self) -> Option<Timestamp> {
        if self.0 == Self::UNKNOWN.0 { None } else { Some(Timestamp::from_millis(self.0)) }
    }
}

impl Default for Instant {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self(at.as_millis())
    }
}

impl Marks {
    /// Takes in one fact. Last push, ready and approved keep the latest, everything else the
    /// earliest: so the order of facts does not matter.
    pub fn apply(&mut self, mark: Mark) {
        let slot = &mut self.at[mark.boundary as usize];
        *slot = Instant::from(match (slot.known(), mark.boundary) {
            (None, _) => mark.at,
            (Some(known), LastPush | Ready | Approved) => known.max(mark.at),
            (Some(known), _) => known.min(mark.at),
        });
    }

    /// Says when a boundary really was, whatever was seen before.
    pub fn correct(&mut self, boundary: Boundary, at: Timestamp) {
        self.at[boundary as usize] = Instant::from(at);
    }

    /// Takes in one fact where it is known.
    pub fn apply_known(&mut self, boundary: Boundary, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.apply(Mark { boundary, at });
        }
    }

    /// The instant of a boundary, as seen.
    pub const fn get(&self, boundary: Boundary) -> Option<Timestamp> {
        self.at[boundary as usize].known()
    }

    /// The journey that these facts tell along a line, its boundaries made monotone.
    ///
    /// Each known boundary of the line is moved up to the one before it where it is earlier; the
    /// largest move is kept. The merge is the anchor: boundaries before it are moved down to it
    /// instead, since the forge's clock wrote it and the authors' clocks wrote the others. A
    /// boundary that did not happen takes the place of its neighbour ([`Journey::applies`] says
    /// so), so that the stages still add up to the total.
    pub fn journey(&self, line: Line) -> Journey {
        let (mut at, stood_in) = self.stood_in(line);
        let mut shift = Millis::ZERO;
        let merged = self.get(Merged);
        let before_merge = |boundary: Boundary| merged.filter(|_| boundary < Merged);
        let mut floor: Option<Timestamp> = None;
        for boundary in line.boundaries() {
            let Some(seen) = at[*boundary as usize].known() else { continue };
            let mut kept = floor.map_or(seen, |floor| seen.max(floor));
            if let Some(merged) = before_merge(*boundary) {
                kept = kept.min(merged);
            }
            shift = shift.max(Millis::new((kept - seen).get().abs()));
            at[*boundary as usize] = Instant::from(kept);
            floor = Some(kept);
        }
        for boundary in [FirstCommit, Boundary::Opened, LastPush] {
            if let (Some(seen), Some(merged)) = (at[boundary as usize].known(), merged) {
                shift = shift.max(Millis::new((seen - merged).get().max(0)));
                at[boundary as usize] = Instant::from(seen.min(merged));
            }
        }
        Journey { at, shift, line, stood_in }
    }

    /// The boundaries, with what did not happen standing in its neighbour's place; and a bit for
    /// each that does.
    fn stood_in(&self, line: Line) -> ([Instant; BOUNDARIES], u16) {
        let mut at = self.at;
        let mut stood_in = 0;
        let mut stand = |at: &mut [Instant; BOUNDARIES], absent: Boundary, neighbour: Boundary| {
            if at[absent as usize].known().is_none() && at[neighbour as usize].known().is_some() {
                at[absent as usize] = at[neighbour as usize];
                stood_in |= 1 << absent as u16;
            }
        };
        stand(&mut at, DeployStarted, InProduction);
        if line.front == Front::Git {
            return (at, stood_in);
        }
        stand(&mut at, WorkStarted, FirstCommit);
        stand(&mut at, TicketOpened, WorkStarted);
        match self.seen {
            _ if line.front != Front::Requests => {}
            Seen::Git => {}
            Seen::Direct => {
                for absent in [Ready, FirstReview, Approved] {
                    stand(&mut at, absent, Merged);
                }
            }
            Seen::Forge if at[Merged as usize].known().is_some() => {
                let reviewed = at[FirstReview as usize].known().is_some();
                stand(&mut at, FirstReview, Ready);
                stand(&mut at, Approved, if reviewed { Merged } else { Ready });
            }
            Seen::Forge => {}
        }
        (at, stood_in)
    }
}

/// The life of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journey {
    at: [Instant; BOUNDARIES],
    /// The largest move of a boundary that kept time from running backwards.
    pub shift: Millis,
    /// The line that it was made along.
    pub line: Line,
    stood_in: u16,
}

impl Journey {
    /// The instant of a boundary, after shifts; also of one that did not happen and stands in its
    /// neighbour's place.
    pub const fn at(&self, boundary: Boundary) -> Option<Timestamp> {
        self.at[boundary as usize].known()
    }

    /// The instant of a boundary that happened.
    pub const fn seen(&self, boundary: Boundary) -> Option<Timestamp> {
        if self.stood_in & (1 << boundary as u16) == 0 { self.at(boundary) } else { None }
    }

    /// Time spent in a stage; `None` unless both its ends are known, zero where it was skipped.
    pub fn stage(&self, stage: Stage) -> Option<Millis> {
        let (start, end) = self.line.ends(stage)?;
        Some(self.at(end)? - self.at(start)?)
    }

    /// Whether a stage was gone through: its time is known, and is not zero for want of a boundary
    /// that did not happen.
    pub fn applies(&self, stage: Stage) -> bool {
        let Some((start, end)) = self.line.ends(stage) else { return false };
        // Work that nobody moved on a board began with the first commit, which did happen.
        let happened = |boundary| boundary == WorkStarted || self.seen(boundary).is_some();
        let spent = self.stage(stage);
        spent.is_some_and(|spent| spent > Millis::ZERO || (happened(start) && happened(end)))
    }

    /// From the line's first boundary to its last; `None` unless every stage between is known.
    pub fn total(&self) -> Option<Millis> {
        self.line.stages().iter().map(|stage| self.stage(*stage)).sum()
    }

    /// From first commit to merge; `None` unless both are known.
    pub fn to_merge(&self) -> Option<Millis> {
        Some(self.at(Merged)? - self.at(FirstCommit)?)
    }

    /// From first commit to production, or to the release that is taken for it: DORA's change
    /// lead time. `None` unless both and the merge are known.
    pub fn lead_time(&self) -> Option<Millis> {
        self.at(Merged)?; // The anchor: without it the first commit may stand anywhere.
        Some(self.at(self.line.last())? - self.at(FirstCommit)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark() -> impl Strategy<Value = Mark> {
        (0..BOUNDARIES, any::<i64>().prop_map(|at| at / 4)).prop_map(|(boundary, at)| Mark {
            boundary: Boundary::ALL[boundary],
            at: Timestamp::from_millis(at),
        })
    }

    #[test]
    fn every_line_has_one_boundary_more_than_stages() {
        for line in Line::ALL {
            assert_eq!(line.boundaries().len(), line.stages().len() + 1, "{line:?}");
            assert!(line.boundaries().is_sorted(), "{line:?}");
        }
    }

    fn line() -> impl Strategy<Value = Line> {
        (0..6usize).prop_map(|row| Line::ALL[row])
    }

    fn seen() -> impl Strategy<Value = Seen> {
        prop_oneof![Just(Seen::Git), Just(Seen::Forge), Just(Seen::Direct)]
    }

    fn told(marks: &[Mark]) -> Marks {
        let mut told = Marks::default();
        marks.iter().for_each(|mark| told.apply(*mark));
        told
    }

    proptest! {
        /// Stages are never negative and add up exactly to the total, along every line.
        #[test]
        fn stages_add_up(
            marks in prop::collection::vec(mark(), 0..24),
            line in line(),
            seen in seen(),
        ) {
            let marks = Marks { seen, ..told(&marks) };
            let journey = marks.journey(line);
            let stages: Vec<_> = line.stages().iter().map(|stage| journey.stage(*stage)).collect();
            prop_assert!(stages.iter().flatten().all(|span| *span >= Millis::ZERO));
            prop_assert!(journey.lead_time().is_none_or(|span| span >= Millis::ZERO));
            if let Some(total) = journey.total() {
                let ends = journey.at(line.last()).zip(journey.at(line.first()));
                prop_assert_eq!(Some(total), ends.map(|(end, start)| end - start));
                prop_assert_eq!(total, stages.into_iter().flatten().sum());
            }
        }

        /// The order of facts and their repetition change nothing.
        #[test]
        fn order_does_not_matter(marks in prop::collection::vec(mark(), 0..12), seed: u64) {
            let mut shuffled = marks.clone();
            shuffled.extend(marks.iter().take(3));
            let len = shuffled.len().max(1) as u64;
            shuffled.sort_by_key(|mark| (mark.at.as_millis() as u64 ^ seed) % len);
            prop_assert_eq!(told(&marks), told(&shuffled));
        }

        /// A fold may stop after any fact and resume later with the same result.
        #[test]
        fn the_fold_resumes_anywhere(
            marks in prop::collection::vec(mark(), 0..12),
            cut: prop::sample::Index,
        ) {
            let (first, rest) = marks.split_at(cut.index(marks.len() + 1));
            let mut resumed = told(first);
            rest.iter().for_each(|mark| resumed.apply(*mark));
            prop_assert_eq!(resumed, told(&marks));
        }

        /// The merge is never moved.
        #[test]
        fn the_merge_is_the_anchor(marks in prop::collection::vec(mark(), 0..12)) {
            let told = told(&marks);
            for line in Line::ALL {
                prop_assert_eq!(told.journey(line).at(Merged), told.get(Merged));
            }
        }
    }

    #[test]
    fn a_push_after_the_merge_does_not_make_the_review_negative() {
        let at = |boundary, hour: i64| Mark { boundary, at: Timestamp::from_seconds(hour * 3600) };
        let journey = told(&[
            at(Boundary::FirstCommit, 1),
            at(Boundary::LastPush, 12),
            at(Boundary::Merged, 10),
        ])
        .journey(Line::GIT);
        assert_eq!(journey.stage(Stage::Coding), Some(Millis::new(9 * 3_600_000)));
        assert_eq!(journey.stage(Stage::ReviewWait), Some(Millis::ZERO));
        assert_eq!(journey.shift, Millis::new(2 * 3_600_000));
        assert_eq!(journey.total(), None);
    }

    #[test]
    fn a_change_merged_unreviewed_waited_for_its_merge_and_for_nobody_else() {
        let at = |boundary, hour: i64| Mark { boundary, at: Timestamp::from_seconds(hour * 3600) };
        let marks = Marks {
            seen: Seen::Forge,
            ..told(&[at(FirstCommit, 1), at(Ready, 3), at(Merged, 8), at(Released, 9)])
        };
        let journey = marks.journey(Line { front: Front::Requests, end: End::Released });
        let hours = |stage| journey.stage(stage).map(|span| span.hours() as i64);
        assert_eq!(hours(Stage::Coding), Some(2));
        assert_eq!((hours(Stage::Pickup), journey.applies(Stage::Pickup)), (Some(0), false));
        assert_eq!(hours(Stage::MergeWait), Some(5));
        assert_eq!(journey.total().map(|span| span.hours() as i64), Some(8));
        assert!(!journey.applies(Stage::Backlog));
        assert!(journey.applies(Stage::Coding));
    }
}
