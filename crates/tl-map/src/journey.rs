//! Journeys: the life of one change as boundaries and stages.
//!
//! In: the facts of one change, in any order ([`Marks`]). Out: one [`Journey`] whose stages are
//! whole milliseconds that add up exactly to its total. Start at [`Marks::journey`].
//! **Invariant:** boundaries never run backwards; what was moved to keep them so is recorded in
//! [`Journey::shift`]; a stage with an unknown end is absent, never zero.
//! **Definition:** `docs/measures.md`, "Boundaries".

use serde::{Deserialize, Serialize};
use tl_core::time::{Millis, Timestamp};

/// A boundary of a journey that git can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// t2: author date of the first commit.
    FirstCommit,
    /// Stands for t3r: the last push before the merge, where git knows no "ready for review".
    LastPush,
    /// t6: committer date on the default branch.
    Merged,
    /// t8: first release that contains the change or an equivalent commit.
    Released,
}

impl Boundary {
    /// Every boundary, in the order of the line.
    pub const ALL: [Self; 4] = [Self::FirstCommit, Self::LastPush, Self::Merged, Self::Released];
}

/// A piece of a journey between two neighbouring boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// First commit to last push.
    Coding,
    /// Last push to merge: pickup, review and the wait for the merge, which git cannot tell apart.
    ReviewWait,
    /// Merge to first release.
    ReleaseWait,
}

/// Whether somebody works or the change waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageKind {
    /// Somebody works on it.
    Active,
    /// It waits.
    Queue,
    /// Both: the whole line.
    Mixed,
}

impl Stage {
    /// Every stage, in the order of the line.
    pub const ALL: [Self; 3] = [Self::Coding, Self::ReviewWait, Self::ReleaseWait];

    /// Stable name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Coding => "coding",
            Self::ReviewWait => "review-wait",
            Self::ReleaseWait => "release-wait",
        }
    }

    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Coding => "coding",
            Self::ReviewWait => "review wait",
            Self::ReleaseWait => "release wait",
        }
    }

    /// Active or queue.
    pub const fn kind(self) -> StageKind {
        match self {
            Self::Coding => StageKind::Active,
            Self::ReviewWait | Self::ReleaseWait => StageKind::Queue,
        }
    }

    /// Boundary where it starts.
    pub const fn start(self) -> Boundary {
        Boundary::ALL[self as usize]
    }

    /// Boundary where it ends.
    pub const fn end(self) -> Boundary {
        Boundary::ALL[self as usize + 1]
    }
}

impl Boundary {
    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::FirstCommit => "first commit",
            Self::LastPush => "last push",
            Self::Merged => "merge",
            Self::Released => "first release",
        }
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

/// All that is known of one change so far. Facts may come in any order, and twice.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Marks([Instant; 4]);

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
    /// Takes in one fact. First commit, merge and release keep the earliest, the last push the
    /// latest: so the order of facts does not matter.
    pub fn apply(&mut self, mark: Mark) {
        let slot = &mut self.0[mark.boundary as usize];
        *slot = Instant::from(match (slot.known(), mark.boundary) {
            (None, _) => mark.at,
            (Some(known), Boundary::LastPush) => known.max(mark.at),
            (Some(known), _) => known.min(mark.at),
        });
    }

    /// The instant of a boundary, as seen.
    pub const fn get(&self, boundary: Boundary) -> Option<Timestamp> {
        self.0[boundary as usize].known()
    }

    /// The journey that these facts tell, boundaries made monotone.
    ///
    /// Each known boundary is moved up to the one before it where it is earlier; the largest move
    /// is kept. The merge is the anchor: boundaries before it are moved down to it instead, since
    /// the forge's clock wrote it and the authors' clocks wrote the others.
    pub fn journey(&self) -> Journey {
        let mut at = self.0;
        let mut shift = Millis::ZERO;
        let merged = self.get(Boundary::Merged);
        let mut floor: Option<Timestamp> = None;
        for boundary in Boundary::ALL {
            let Some(seen) = self.get(boundary) else { continue };
            let mut kept = floor.map_or(seen, |floor| seen.max(floor));
            if let Some(merged) = merged.filter(|_| boundary < Boundary::Merged) {
                kept = kept.min(merged);
            }
            shift = shift.max(Millis::new((kept - seen).get().abs()));
            at[boundary as usize] = Instant::from(kept);
            floor = Some(kept);
        }
        Journey { at, shift }
    }
}

/// The life of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journey {
    at: [Instant; 4],
    /// The largest move of a boundary that kept time from running backwards.
    pub shift: Millis,
}

impl Journey {
    /// The instant of a boundary, after shifts.
    pub const fn at(&self, boundary: Boundary) -> Option<Timestamp> {
        self.at[boundary as usize].known()
    }

    /// Time spent in a stage; `None` unless both its ends are known.
    pub fn stage(&self, stage: Stage) -> Option<Millis> {
        Some(self.at(stage.end())? - self.at(stage.start())?)
    }

    /// From first commit to release; `None` unless every stage between is known.
    pub fn total(&self) -> Option<Millis> {
        Stage::ALL.into_iter().map(|stage| self.stage(stage)).sum()
    }

    /// From first commit to merge; `None` unless both are known.
    pub fn to_merge(&self) -> Option<Millis> {
        Some(self.at(Boundary::Merged)? - self.at(Boundary::FirstCommit)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark() -> impl Strategy<Value = Mark> {
        (0..4usize, any::<i64>().prop_map(|at| at / 4)).prop_map(|(boundary, at)| Mark {
            boundary: Boundary::ALL[boundary],
            at: Timestamp::from_millis(at),
        })
    }

    fn told(marks: &[Mark]) -> Marks {
        let mut told = Marks::default();
        marks.iter().for_each(|mark| told.apply(*mark));
        told
    }

    proptest! {
        /// Stages are never negative and add up exactly to the total.
        #[test]
        fn stages_add_up(marks in prop::collection::vec(mark(), 0..12)) {
            let journey = told(&marks).journey();
            let stages: Vec<_> = Stage::ALL.map(|stage| journey.stage(stage)).to_vec();
            prop_assert!(stages.iter().flatten().all(|span| *span >= Millis::ZERO));
            if let Some(total) = journey.total() {
                let ends = journey.at(Boundary::Released).zip(journey.at(Boundary::FirstCommit));
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
            prop_assert_eq!(told.journey().at(Boundary::Merged), told.get(Boundary::Merged));
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
        .journey();
        assert_eq!(journey.stage(Stage::Coding), Some(Millis::new(9 * 3_600_000)));
        assert_eq!(journey.stage(Stage::ReviewWait), Some(Millis::ZERO));
        assert_eq!(journey.shift, Millis::new(2 * 3_600_000));
        assert_eq!(journey.total(), None);
    }
}
