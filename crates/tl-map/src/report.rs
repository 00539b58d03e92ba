//! The report: everything that `throughline map` says, as data (`map/v1`).
//!
//! In: filled by [`crate::map`]. Out: [`Report`], which the binary shows as text, HTML or JSON.
//! **Invariant:** every figure carries n and its unit, an interval where one can be computed, and
//! the reason where it cannot; a cell below the privacy floor has no value at all.
//! The format is documented in `docs/map-v1.md`; fields are only ever added.

pub mod collected;

use self::collected::CollectedReport;
use serde::{Deserialize, Serialize};
use tl_core::attribution::Cohort;
use tl_core::history::Gap;
use tl_core::time::Timestamp;

use crate::journey::{Shape, Stage, StageKind};

/// Name of the format, in every document.
pub const SCHEMA: &str = "map/v1";

/// One document: where time goes in these repositories, in this window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The instant up to which the repositories were observed: open items are measured to here.
    pub as_of: Timestamp,
    /// First instant of the window. A change is in the window if it was merged in it.
    pub since: Timestamp,
    /// Last instant of the window.
    pub until: Timestamp,
    /// One entry per repository.
    pub repositories: Vec<RepositorySummary>,
    /// What the data cannot say, and how to mend it.
    pub gaps: Vec<Gap>,
    /// The line from first commit to release.
    pub value_stream: ValueStream,
    /// Changes grouped by evidence of AI use.
    pub cohorts: CohortTable,
    /// Changes grouped by how often their author's changes carry evidence of AI use.
    pub usage: UsageTable,
    /// One row per team of the configuration; empty without teams.
    pub teams: Vec<TeamRow>,
    /// How often changes failed.
    pub failures: FailureTable,
    /// DORA's five, by recorded deployments, or as far as git alone allows.
    pub dora: Vec<DoraRow>,
    /// From opened request to merged change.
    pub funnel: Funnel,
    /// Lines and files per change.
    pub batch_size: BatchSize,
    /// Lines changed again soon after they were merged.
    pub rework: Rework,
    /// Releases over time.
    pub cadence: Cadence,
    /// What removing one wait would change, the best first.
    pub invest_first: InvestFirst,
    /// Points behind the plots.
    pub series: Series,
    /// What the collected events add; `None` where nothing was collected.
    pub collected: Option<Box<CollectedReport>>,
}

/// A number with what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The estimate; `None` where it cannot or must not be shown.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// Observations behind it.
    pub n: u64,
    /// Unit of value and interval.
    pub unit: Unit,
    /// Why there is no value or no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Unit of a [`Figure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Hours of calendar time.
    Hours,
    /// A share between 0 and 1.
    Share,
    /// A number of things.
    Count,
    /// Things in a week.
    PerWeek,
    /// Lines of text.
    Lines,
    /// A ratio or an effect size without a unit.
    Ratio,
}

/// What was read of one repository, over its whole history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepositorySummary {
    /// Name for people.
    pub name: String,
    /// Branch that changes are delivered to.
    pub branch: String,
    /// Object id of its tip; `None` in an empty repository.
    pub head: Option<String>,
    /// Commits reachable from the tip.
    pub commits: u64,
    /// Commits reachable from any branch, tag or request head.
    pub commits_all: u64,
    /// Committer date of the oldest commit of the branch.
    pub first: Option<Timestamp>,
    /// Committer date of the newest commit of the branch.
    pub last: Option<Timestamp>,
    /// Merge commits reachable from the tip.
    pub merges: u64,
    /// Tags of any kind that point at a commit.
    pub tags: u64,
    /// Tags that read as a release and are no pre-release.
    pub releases: u64,
    /// Authors of the branch's commits, after `.mailmap`.
    pub people: u64,
    /// Request heads held by the repository.
    pub request_heads: u64,
    /// Requests of those that were found merged.
    pub requests_merged: u64,
    /// Commits of the branch with evidence that an AI tool wrote part of them.
    pub ai_commits: u64,
    /// The same by tool; a commit counts once for each of its tools.
    pub ai_by_tool: Vec<(String, u64)>,
    /// Commits of the branch where an AI tool reviewed or suggested only.
    pub assist_commits: u64,
    /// Commits of the branch by bots that are no AI.
    pub bot_commits: u64,
    /// Commits of the branch with line-level notes (E1).
    pub noted_commits: u64,
    /// Commits of the branch with a `This reverts commit` line.
    pub revert_lines: u64,
    /// Share of the branch's non-merge commits whose title names a request.
    pub request_in_title: f64,
    /// Changes in the window by how they arrived.
    pub shapes: Vec<(Shape, u64)>,
}

/// Whether a table row may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Enough changes by enough people.
    Shown,
    /// Fewer changes than a comparison needs; figures are shown, conclusions are not.
    TooFew,
    /// Fewer people than the privacy floor: figures are withheld.
    Hidden,
}

/// The line from first commit to release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueStream {
    /// Stages in the order of the line.
    pub stages: Vec<StageRow>,
    /// From the first known boundary to the release, over released changes with a known start.
    pub total: StageRow,
    /// Active time over all time, summed over those changes.
    pub flow_efficiency: Figure,
    /// Changes merged in the window, bots left out.
    pub changes: u64,
    /// Changes of those by bots, left out of every row.
    pub bots: u64,
    /// Changes whose first commit git does not know.
    pub unknown_start: u64,
    /// Changes first contained in the earliest known release: their release wait is unknown.
    pub left_censored: u64,
    /// Changes merged and in no release yet: counted as waiting, by Kaplan-Meier.
    pub unreleased: u64,
    /// Changes with at least one boundary moved to keep time from running backwards.
    pub clock_adjusted: u64,
    /// The largest such move, in hours.
    pub max_shift_hours: f64,
    /// Changes that reached a release first through an equivalent commit (a backport).
    pub via_backport: u64,
}

/// One stage of the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRow {
    /// Stable name such as `release-wait`; `total` for the whole line.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Work or waiting.
    pub kind: StageKind,
    /// Boundary where it starts, in words.
    pub from: String,
    /// Boundary where it ends, in words.
    pub to: String,
    /// Changes that went through it.
    pub n: u64,
    /// Changes still in it (right-censored), also in the quantiles.
    pub open: u64,
    /// Median, hours.
    pub p50: Figure,
    /// Third quartile, hours.
    pub p75: Figure,
    /// 90th percentile, hours.
    pub p90: Figure,
    /// Mean of those that left the stage, hours.
    pub mean: Figure,
    /// Share of the summed time of released changes with a known start.
    pub share: Figure,
    /// Summed time of those that left the stage, hours.
    pub total_hours: f64,
    /// Changes in it at the end of the window.
    pub wip: u64,
    /// Changes that entered it, a week.
    pub arrivals_per_week: f64,
    /// Changes that left it, a week.
    pub departures_per_week: f64,
    /// The change that has been in it longest at the end of the window.
    pub oldest: Option<OpenItem>,
    /// (mean WIP - throughput x mean time) / mean WIP: a check of the data, near 0 when it is whole.
    pub little_residual: Option<f64>,
}

/// A change that is still in a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenItem {
    /// The change, such as `#12` or a short commit id, with the repository's name where several.
    pub change: String,
    /// How long it has been there, hours.
    pub hours: f64,
}

/// Changes grouped by evidence of AI use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CohortTable {
    /// One row per cohort that has changes in the window.
    pub rows: Vec<CohortRow>,
    /// Cohorts with evidence against the changes without.
    pub comparisons: Vec<Comparison>,
    /// How far missed and wrong evidence could move the failure difference.
    pub misclassification: Option<Misclassification>,
}

/// One cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CohortRow {
    /// Which.
    pub cohort: Cohort,
    /// Changes merged in the window.
    pub changes: u64,
    /// Their authors; for agents, the agents.
    pub people: u64,
    /// Whether the figures may be read.
    pub visibility: Visibility,
    /// First commit to merge, median hours.
    pub to_merge: Figure,
    /// Last push to merge, median hours.
    pub review_wait: Figure,
    /// First commit to release, median hours.
    pub to_release: Figure,
    /// Lines added and removed, median.
    pub size: Figure,
    /// Share that failed within the failure window, grades A to C.
    pub failed: Figure,
    /// Share of added lines changed again within the rework window.
    pub rework: Figure,
}

/// One measure, two cohorts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What is compared, such as `first commit to merge`.
    pub measure: String,
    /// The group with evidence, such as `AI-assisted or agent-authored`.
    pub exposed: String,
    /// The group without.
    pub reference: String,
    /// Value of the group with evidence.
    pub a: Figure,
    /// Value of the group without.
    pub b: Figure,
    /// Effect: Cliff's delta for times, difference of shares for rates.
    pub effect: Figure,
    /// Negligible, small, medium or large; empty for rates.
    pub magnitude: String,
    /// Hodges-Lehmann shift in hours for times; Mantel-Haenszel risk ratio over strata for rates.
    pub shift: Figure,
    /// Two-sided p-value.
    pub p: Option<f64>,
    /// The p-value after Benjamini-Hochberg over the table.
    pub p_adjusted: Option<f64>,
    /// Smallest effect that these n would show with 80 % power, in the unit of `effect`.
    pub detectable: Option<f64>,
    /// E-value of the risk ratio: how strong an unmeasured cause would have to be.
    pub e_value: Option<f64>,
    /// One sentence for people. Speaks of association, never of cause.
    pub says: String,
}

/// Bounds for the error of the evidence itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Misclassification {
    /// Share of AI-assisted changes that evidence of this kind finds, as assumed.
    pub sensitivity: f64,
    /// Share of changes with evidence that are truly AI-assisted, as assumed.
    pub precision: f64,
    /// Where these two come from.
    pub source: String,
    /// Share of changes with AI, corrected for missed and wrong evidence.
    pub corrected_share: Figure,
    /// Failure difference (share) if the missed ones were the worst or the best possible.
    pub difference_bounds: Option<(f64, f64)>,
}

/// Changes grouped by their author's usage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageTable {
    /// Share of an author's changes with evidence from which use counts as very frequent.
    pub very_frequent_share: f64,
    /// The same for frequent; below it, occasional.
    pub frequent_share: f64,
    /// Very frequent, frequent, occasional, none known.
    pub rows: Vec<UsageRow>,
}

/// One usage cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageRow {
    /// Name for people, such as `very frequent`.
    pub usage: String,
    /// Authors in it.
    pub people: u64,
    /// Their changes merged in the window.
    pub changes: u64,
    /// Whether the figures may be read.
    pub visibility: Visibility,
    /// First commit to merge, median hours.
    pub to_merge: Figure,
    /// First commit to release, median hours.
    pub to_release: Figure,
    /// Share that failed within the failure window, grades A to C.
    pub failed: Figure,
    /// Changes a week and author.
    pub throughput: Figure,
}

/// One team of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamRow {
    /// The team's name.
    pub team: String,
    /// Its changes merged in the window.
    pub changes: u64,
    /// Their authors.
    pub people: u64,
    /// Whether the figures may be read.
    pub visibility: Visibility,
    /// First commit to merge, median hours.
    pub to_merge: Figure,
    /// Last push to merge, median hours.
    pub review_wait: Figure,
    /// First commit to release, median hours.
    pub to_release: Figure,
    /// Share that failed within the failure window, grades A to C.
    pub failed: Figure,
}

/// How often changes failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureTable {
    /// Days within which a failure counts, and of follow-up that a change needs.
    pub window_days: u32,
    /// Changes in the window with that follow-up.
    pub eligible: u64,
    /// Share failed by links of grade A to C.
    pub strict: Figure,
    /// Share failed by links of grade A to E.
    pub wide: Figure,
    /// Failed changes by how it was seen.
    pub by_kind: Vec<(String, u64)>,
    /// Hours from merge to the link, median over failed changes.
    pub time_to_failure: Figure,
    /// The latest failures, newest first, at most 20.
    pub latest: Vec<FailureExample>,
}

/// One failed change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureExample {
    /// The change that failed.
    pub change: String,
    /// The change that shows it.
    pub by: String,
    /// Confidence, `A` to `E`.
    pub grade: String,
    /// Why the two were linked.
    pub why: String,
    /// Hours from merge to the link.
    pub hours: f64,
}

/// One of DORA's five.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoraRow {
    /// Stable name such as `change-lead-time`.
    pub id: String,
    /// DORA's name.
    pub label: String,
    /// Throughput or instability.
    pub factor: String,
    /// The figure.
    pub figure: Figure,
    /// What it was computed from.
    pub basis: String,
    /// What is missing for the whole measure, and what brings it.
    pub missing: Option<String>,
    /// The same by another reading, such as with the weaker failure links too.
    pub also: Option<(String, Figure)>,
}

/// From opened request to merged change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Funnel {
    /// Requests with activity in the window.
    pub opened: u64,
    /// Merged to the default branch.
    pub merged: u64,
    /// Merged to another branch.
    pub merged_elsewhere: u64,
    /// Not merged, last push recent enough to count as open.
    pub open: u64,
    /// Not merged and silent for longer than `open_days`.
    pub abandoned: u64,
    /// Days of silence after which a request counts as abandoned.
    pub open_days: u32,
    /// Merged over merged and abandoned.
    pub merged_share: Figure,
    /// Commits in abandoned requests over commits in all requests.
    pub abandoned_commits: Figure,
    /// The same funnel for requests with evidence of AI use, against the others.
    pub by_cohort: Vec<FunnelRow>,
}

/// The funnel of one cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunnelRow {
    /// Which.
    pub cohort: Cohort,
    /// Requests.
    pub opened: u64,
    /// Merged to the default branch.
    pub merged: u64,
    /// Merged over merged and abandoned.
    pub merged_share: Figure,
}

/// Lines and files per change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchSize {
    /// Lines added and removed, median.
    pub lines_p50: Figure,
    /// The same, 90th percentile.
    pub lines_p90: Figure,
    /// Files touched, median.
    pub files_p50: Figure,
    /// Share of changes with more than 400 lines.
    pub large: Figure,
    /// Median first commit to merge in hours, by size: up to 10, 50, 200, 400, more lines.
    pub to_merge_by_size: Vec<(String, Figure)>,
}

/// Lines changed again soon after they were merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rework {
    /// Days within which a change to a line counts as rework.
    pub window_days: u32,
    /// Lines changed again within the window over lines added, by changes with that follow-up.
    pub share: Figure,
    /// Lines added by those changes.
    pub added: u64,
    /// Lines of those changed or removed again within the window.
    pub reworked: u64,
}

/// Releases over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cadence {
    /// Stable releases in the window.
    pub releases: u64,
    /// Pre-releases in the window, left out everywhere else.
    pub prereleases: u64,
    /// Releases a week.
    pub per_week: Figure,
    /// Hours between releases, median.
    pub gap_p50: Figure,
    /// Hours between releases, 90th percentile.
    pub gap_p90: Figure,
    /// Changes first shipped by a release, median.
    pub changes_p50: Figure,
    /// Packages with releases of their own, most released first.
    pub packages: Vec<(String, u64)>,
}

/// Which wait to shorten first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvestFirst {
    /// The answer, a sentence that anyone understands.
    pub sentence: String,
    /// Stages by hours saved a week, the best first.
    pub ranking: Vec<Investment>,
    /// Other what-ifs on the same changes: half, cap at own median, and so on.
    pub scenarios: Vec<Scenario>,
    /// Changes that the what-if is computed from: released, with every stage known.
    pub n: u64,
    /// Changes a week that go through the line.
    pub weekly_changes: f64,
}

/// What removing one stage's time would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Investment {
    /// The stage.
    pub stage: Stage,
    /// Name for people.
    pub label: String,
    /// Median of the whole line without this stage, hours.
    pub median_without: Figure,
    /// Hours less in the median.
    pub saves_p50: Figure,
    /// Hours less in the 90th percentile.
    pub saves_p90: Figure,
    /// Hours less in the mean.
    pub saves_mean: Figure,
    /// Hours saved a week: median hours times weekly changes.
    pub weekly_hours: Figure,
    /// Share of bootstrap draws in which this stage ranks first.
    pub best: f64,
    /// Whether the data speak against removing it, and why.
    pub guard: String,
    /// Whether the guard lets it be recommended.
    pub recommended: bool,
}

/// One operator on one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// The stage.
    pub stage: Stage,
    /// In words, such as `release wait halved`.
    pub what: String,
    /// Change of the line's median, hours (negative: shorter).
    pub p50: Figure,
    /// Change of the line's 90th percentile, hours.
    pub p90: Figure,
}

/// Points behind the plots.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// One point per change merged in the window (bots left out), oldest first; of more than
    /// 50,000 changes each `every`-th.
    pub changes: Vec<ChangePoint>,
    /// How many changes one of `changes` stands for: 1 where all are there.
    #[serde(default = "one")]
    pub every: u64,
    /// Running totals at the end of each week of the window.
    pub weeks: Vec<WeekPoint>,
    /// Stable releases in the window, oldest first.
    pub releases: Vec<ReleasePoint>,
}

const fn one() -> u64 {
    1
}

/// One change in the scatter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// The change, such as `#12` or a short commit id.
    pub change: String,
    /// When it was merged.
    pub merged: Timestamp,
    /// Its cohort.
    pub cohort: Cohort,
    /// Hours in each stage, in the order of [`ValueStream::stages`]; `None` where unknown or open.
    pub stages: Vec<Option<f64>>,
    /// First commit to release, hours; `None` while a part is unknown or open.
    pub total: Option<f64>,
    /// Whether it failed (grades A to C).
    pub failed: bool,
}

/// Cumulative flow at the end of one week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeekPoint {
    /// End of the week.
    pub at: Timestamp,
    /// Changes with a first commit by then.
    pub started: u64,
    /// Changes pushed for the last time by then.
    pub pushed: u64,
    /// Changes merged by then.
    pub merged: u64,
    /// Changes released by then.
    pub released: u64,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleasePoint {
    /// Tag name.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Changes that it shipped first.
    pub changes: u64,
    /// Whether one of them failed afterwards (grades A to C), or it was followed by a hotfix.
    pub failed: bool,
    /// Whether it looks like a hotfix, with the reason.
    pub hotfix: Option<String>,
}

impl Figure {
    /// A figure without an interval.
    pub fn plain(value: f64, n: u64, unit: Unit) -> Self {
        Self { value: Some(value), low: None, high: None, n, unit, note: None }
    }

    /// A figure with its 95 % interval.
    pub fn with_interval(value: f64, low: f64, high: f64, n: u64, unit: Unit) -> Self {
        Self { value: Some(value), low: Some(low), high: Some(high), n, unit, note: None }
    }

    /// No figure, and why.
    pub fn unknown(n: u64, unit: Unit, why: impl Into<String>) -> Self {
        Self { value: None, low: None, high: None, n, unit, note: Some(why.into()) }
    }
}
