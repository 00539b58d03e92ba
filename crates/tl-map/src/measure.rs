//! Measures: a file each, a number with its formula, unit, n and interval.
//!
//! In: the [`Dataset`](crate::dataset::Dataset). Out: parts of the [`Report`](crate::report::Report).
//! Start at [`MEASURES`]: what each is, in words, for `--explain` and `docs/measures.md`.
//! **Invariant:** a measure never shows a cell of fewer people than the privacy floor, and says
//! why a figure is missing.

pub mod batch_size;
pub mod cadence;
pub mod change_failure;
pub mod cohorts;
pub mod dora;
pub mod figures;
pub mod funnel;
pub mod invest_first;
pub mod repository;
pub mod review_wait;
pub mod rework;
pub mod series;
pub mod teams;
pub mod usage;
pub mod value_stream;

/// What a measure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureDoc {
    /// Stable name, for `--explain`.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What it tells.
    pub what: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// Unit of its figures.
    pub unit: &'static str,
    /// What happens at the edges.
    pub edge_cases: &'static [&'static str],
    /// Where the definition comes from.
    pub source: &'static str,
}

/// Every measure, in the order of the report.
pub static MEASURES: &[MeasureDoc] = &[
    value_stream::DOC,
    review_wait::DOC,
    cohorts::DOC,
    usage::DOC,
    change_failure::DOC,
    dora::DOC,
    funnel::DOC,
    batch_size::DOC,
    rework::DOC,
    cadence::DOC,
    invest_first::DOC,
    teams::DOC,
];
