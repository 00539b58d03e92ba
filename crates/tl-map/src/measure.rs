//! Measures: a file each, a number with its formula, unit, n and interval.
//!
//! In: the [`Dataset`](crate::dataset::Dataset). Out: parts of the [`Report`](crate::report::Report).
//! Start at [`MEASURES`]: what each is, in words, for `--explain` and `docs/measures.md`.
//! **Invariant:** a measure never shows a cell of fewer people than the privacy floor, and says
//! why a figure is missing.

pub mod after_hours;
pub mod ai_use;
pub mod apex;
pub mod batch_size;
pub mod business_hours;
pub mod cadence;
pub mod change_failure;
pub mod ci;
pub mod cohorts;
pub mod coverage;
pub mod deployments;
pub mod dora;
pub mod figures;
pub mod funnel;
pub mod invest_first;
pub mod manual_steps;
pub mod merge_queue;
pub mod paradox;
pub mod repository;
pub mod review_wait;
pub mod reviews;
pub mod rework;
pub mod series;
pub mod teams;
pub mod time_in_status;
pub mod usage;
pub mod value_stream;
pub mod what_if_network;

use serde::Serialize;

use crate::network;

/// What a measure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    coverage::DOC,
    ci::DOC,
    reviews::DOC,
    merge_queue::DOC,
    time_in_status::DOC,
    ai_use::DOC,
    apex::DOC,
    paradox::DOC,
    after_hours::DOC,
    manual_steps::DOC,
    business_hours::DOC,
    network::DOC,
    funnel::DOC,
    batch_size::DOC,
    rework::DOC,
    cadence::DOC,
    invest_first::DOC,
    teams::DOC,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A measure as it stands in `docs/measures.md`.
    fn section(doc: &MeasureDoc) -> String {
        let (first, rest) = doc.what.split_at(1);
        let edges: String = doc.edge_cases.iter().map(|edge| format!("  - {edge}\n")).collect();
        format!(
            "## {} (`{}`)\n\n{}{rest}.\n\n- Formula: {}\n- Unit: {}\n- Source: {}\n- Edge cases:\n{edges}",
            doc.title,
            doc.id,
            first.to_uppercase(),
            doc.formula,
            doc.unit,
            doc.source
        )
    }

    #[test]
    fn the_documentation_says_what_the_program_says() {
        let page = include_str!("../../../docs/measures.md");
        for doc in MEASURES {
            let section = section(doc);
            assert!(page.contains(&section), "docs/measures.md should contain:\n{section}");
        }
    }

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut ids: Vec<&str> = MEASURES.iter().map(|doc| doc.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), MEASURES.len());
        let kebab = |id: &&str| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(ids.iter().all(kebab));
    }
}
