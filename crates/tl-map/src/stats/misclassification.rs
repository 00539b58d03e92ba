//! What a comparison says when the cohorts are known only in part.
//!
//! In: failure counts of changes with and without evidence of AI use, and how good the evidence
//! is. Out: the widest range that the counts allow ([`bounds`]), and the corrected
//! size of a cohort ([`rogan_gladen`]). A change without
//! evidence is not "human": where line-level notes could be compared with trailers, trailers
//! missed about half of the AI changes.

use serde::Serialize;

use super::rates::Count;

/// How good the evidence is, as measured where the truth is known too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evidence {
    /// Of the changes with evidence, the share that truly has it (precision).
    pub positive_predictive: f64,
    /// Of the changes without evidence, the share that truly has none.
    pub negative_predictive: f64,
}

/// The least and the most that a number can be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
}

/// What the true failure rates can be at all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateBounds {
    /// Failure rate of changes truly in the cohort.
    pub exposed: Bounds,
    /// Failure rate of changes truly not in it.
    pub unexposed: Bounds,
    /// The first minus the second.
    pub difference: Bounds,
}

/// The true share (0 to 1) of a cohort from the share that has evidence.
///
/// Rogan & Gladen, *Estimating Prevalence from the Results of a Screening Test*, American
/// Journal of Epidemiology 107 (1978): `(share + specificity - 1) / (sensitivity + specificity
/// - 1)`, kept within 0 and 1. `None` when the evidence is no better than chance.
pub fn rogan_gladen(share: f64, sensitivity: f64, specificity: f64) -> Option<f64> {
    let better_than_chance = sensitivity + specificity - 1.0;
    (better_than_chance > 0.0)
        .then(|| ((share + specificity - 1.0) / better_than_chance).clamp(0.0, 1.0))
}

/// The best and the worst case: the changes on the wrong side may be the ones that failed, or
/// the ones that did not. `None` when a true cohort would be empty.
///
/// Assumes only how many changes are on the wrong side, not which.
pub fn bounds(with: Count, without: Count, evidence: Evidence) -> Option<RateBounds> {
    let missed = (1.0 - evidence.negative_predictive) * without.trials as f64;
    let wrong = (1.0 - evidence.positive_predictive) * with.trials as f64;
    let exposed = with.trials as f64 - wrong + missed;
    let unexposed = without.trials as f64 - missed + wrong;
    if exposed <= 0.0 || unexposed <= 0.0 {
        return None;
    }
    let (failed_with, failed_without) = (with.events as f64, without.events as f64);
    let fine_without = without.trials as f64 - failed_without;
    // Fewest failures of the true cohort: those wrongly in it failed, those missed did not.
    let fewest = (failed_with - wrong).max(0.0) + (missed - fine_without).max(0.0);
    let most = failed_with.min(with.trials as f64 - wrong) + missed.min(failed_without);
    let all = failed_with + failed_without;
    let exposed = Bounds { low: fewest / exposed, high: most / exposed };
    let unexposed = Bounds { low: (all - most) / unexposed, high: (all - fewest) / unexposed };
    let difference =
        Bounds { low: exposed.low - unexposed.high, high: exposed.high - unexposed.low };
    Some(RateBounds { exposed, unexposed, difference })
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    const PERFECT: Evidence = Evidence { positive_predictive: 1.0, negative_predictive: 1.0 };

    #[test]
    fn the_share_of_a_cohort_is_corrected_to_the_counted_truth() {
        // git-ai, 2,116 changes: note and trailer 745, note only 828, trailer only 65, none 478.
        let (share, truth) = (810.0 / 2116.0, 1573.0 / 2116.0);
        let corrected = rogan_gladen(share, 745.0 / 1573.0, 478.0 / 543.0);
        assert_close(corrected.expect("better than chance"), truth, 1e-12);
        assert_eq!(rogan_gladen(0.3, 0.5, 0.5), None);
    }

    #[test]
    fn perfect_evidence_leaves_nothing_open() {
        let (with, without) = (Count { events: 3, trials: 10 }, Count { events: 4, trials: 40 });
        let found = bounds(with, without, PERFECT).expect("two cohorts");
        assert_eq!(found.exposed, Bounds { low: 0.3, high: 0.3 });
        assert_close(found.difference.low, 0.2, 1e-12);
        assert_close(found.difference.high, 0.2, 1e-12);
    }

    #[test]
    fn the_bounds_are_the_extremes_of_every_allocation() {
        // 10 with evidence (3 failed, 2 wrongly in), 20 without (5 failed, 8 missed): move every
        // possible number of failures and look.
        let evidence = Evidence { positive_predictive: 0.8, negative_predictive: 0.6 };
        let (with, without) = (Count { events: 3, trials: 10 }, Count { events: 5, trials: 20 });
        let found = bounds(with, without, evidence).expect("two cohorts");
        let rates = (0..=2_u32).flat_map(|wrong_failed| {
            (0..=5_u32).map(move |missed_failed| {
                let failed = 3 - wrong_failed + missed_failed;
                (f64::from(failed) / 16.0, f64::from(8 - failed) / 14.0)
            })
        });
        let differences: Vec<f64> = rates.map(|(exposed, other)| exposed - other).collect();
        let least = differences.iter().copied().fold(f64::MAX, f64::min);
        let most = differences.iter().copied().fold(f64::MIN, f64::max);
        assert_close(found.difference.low, least, 1e-12);
        assert_close(found.difference.high, most, 1e-12);
    }

    #[test]
    fn a_cohort_without_changes_has_no_rates() {
        let none = Count::default();
        assert_eq!(bounds(none, Count { events: 1, trials: 5 }, PERFECT), None);
    }
}
