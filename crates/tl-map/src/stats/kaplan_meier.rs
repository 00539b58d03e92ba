//! How long things take when some are not finished yet.
//!
//! In: durations, each ended or still open (right-censored). Out: a [`Survival`] curve and its
//! quantiles. Leaving open items out would make a team with stuck changes look fast.
//! **Definition:** product-limit estimate of Kaplan & Meier, JASA 53 (1958); an item open at
//! `t` was at risk at `t`. Variance by Greenwood (1926); pointwise limits on the log(-log)
//! scale (Kalbfleisch & Prentice 1980), which stay within 0 and 1; limits of a quantile are
//! where those limits cross it (Brookmeyer & Crowley, Biometrics 38, 1982).
//! **Assumption:** items are independent, and open for no reason tied to their length.

use serde::Serialize;
use tl_core::time::Millis;

use super::Z_95;

/// One item: how long it took, or how long it has been open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Observation {
    /// The time that is known to have passed.
    pub length: Millis,
    /// `true` when it ended then, `false` when it was still open (right-censored).
    pub ended: bool,
}

/// The curve just after one instant at which something ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Time since the start.
    pub at: Millis,
    /// Items neither ended nor censored before `at`.
    pub at_risk: usize,
    /// Items that ended at `at`.
    pub ended: usize,
    /// Estimated share of items that take longer than `at`.
    pub survival: f64,
    /// Lower 95 % limit of `survival`.
    pub low: f64,
    /// Upper 95 % limit of `survival`.
    pub high: f64,
}

/// A Kaplan-Meier curve: it starts at 1 and falls at each step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survival {
    /// Items observed.
    pub n: usize,
    /// Items that ended.
    pub ended: usize,
    /// One step for each instant at which something ended, in time order.
    pub steps: Vec<Step>,
}

/// A quantile of a survival curve; `None` where the curve does not fall that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SurvivalQuantile {
    /// The shortest time by which at least the share `p` of the items has ended.
    pub estimate: Option<Millis>,
    /// Lower 95 % limit.
    pub low: Option<Millis>,
    /// Upper 95 % limit; often not reached while many items are open.
    pub high: Option<Millis>,
}

/// Estimates the curve from items in any order.
pub fn survival(items: &[Observation]) -> Survival {
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    let mut steps = Vec::new();
    let (mut survival, mut greenwood, mut at_risk) = (1.0, 0.0, sorted.len());
    let mut last_high = 1.0;
    for same_length in sorted.chunk_by(|one, next| one.length == next.length) {
        let ended = same_length.iter().filter(|item| item.ended).count();
        if ended > 0 {
            let (d, n) = (ended as f64, at_risk as f64);
            survival *= (n - d) / n;
            greenwood += d / (n * (n - d));
            let (low, high) = log_log_limits(survival, greenwood).unwrap_or((0.0, last_high));
            last_high = high;
            steps.push(Step { at: same_length[0].length, at_risk, ended, survival, low, high });
        }
        at_risk -= same_length.len();
    }
    Survival { n: sorted.len(), ended: steps.iter().map(|step| step.ended).sum(), steps }
}

impl Survival {
    /// The quantile `p` (0.5 for the median): where the curve first is at or below `1 - p`.
    ///
    /// Without censoring this is the inverse of the empirical distribution, which differs from
    /// a type-7 quantile by less than one gap between neighbouring values.
    pub fn quantile(&self, p: f64) -> SurvivalQuantile {
        // The curve is a product of rounded fractions: 0.5 may come out as 0.5000000000000001.
        let level = 1.0 - p + 1e-12;
        let first = |below: &dyn Fn(&Step) -> bool| {
            self.steps.iter().find(|step| below(step)).map(|step| step.at)
        };
        SurvivalQuantile {
            estimate: first(&|step| step.survival <= level),
            low: first(&|step| step.low <= level),
            high: first(&|step| step.high <= level),
        }
    }

    /// Estimated share of items that take longer than `length`.
    pub fn beyond(&self, length: Millis) -> f64 {
        let passed = self.steps.partition_point(|step| step.at <= length);
        if passed == 0 { 1.0 } else { self.steps[passed - 1].survival }
    }
}

/// Limits of a survival `s` with Greenwood's sum `greenwood`.
///
/// `None` at 0, where the scale has no value: the curve then keeps its last upper limit, since
/// that nothing seen took longer does not show that nothing can.
fn log_log_limits(s: f64, greenwood: f64) -> Option<(f64, f64)> {
    if s <= 0.0 {
        return None;
    }
    let spread = Z_95 * greenwood.sqrt() / s.ln().abs();
    Some((s.powf(spread.exp()), s.powf((-spread).exp())))
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    fn items(lengths: &[(i64, bool)]) -> Vec<Observation> {
        let item = |&(ms, ended)| Observation { length: Millis::new(ms), ended };
        lengths.iter().map(item).collect()
    }

    /// Remission times under 6-MP, Freireich et al. 1963: the textbook example.
    fn remission() -> Survival {
        let lengths =
            [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35];
        let ended = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0];
        let pairs: Vec<(i64, bool)> =
            lengths.into_iter().zip(ended).map(|(length, ended)| (length, ended == 1)).collect();
        survival(&items(&pairs))
    }

    #[test]
    fn the_curve_and_its_limits_agree_with_lifelines() {
        // python3 -c "from lifelines import KaplanMeierFitter as K; from lifelines.utils import *; t=[6,6,6,6,7,9,10,10,11,13,16,17,19,20,22,23,25,32,32,34,35]; e=[1,1,1,0,1,0,1,0,0,1,1,0,0,0,1,1,0,0,0,0,0]; k=K().fit(t,e); c=k.confidence_interval_; print(k.survival_function_, c, k.percentile(.5), k.percentile(.75), qth_survival_times([.75,.5,.25],c))"
        let curve = remission();
        let wanted = [
            (6, 0.857_143, 0.619_718, 0.951_552),
            (7, 0.806_723, 0.563_147, 0.922_809),
            (10, 0.752_941, 0.503_200, 0.889_362),
            (13, 0.690_196, 0.431_610, 0.849_066),
            (16, 0.627_451, 0.367_511, 0.804_912),
            (22, 0.537_815, 0.267_779, 0.746_791),
            (23, 0.448_179, 0.188_052, 0.680_143),
        ];
        assert_eq!(curve.steps.len(), wanted.len());
        for (step, (at, survival, low, high)) in curve.steps.iter().zip(wanted) {
            assert_eq!(step.at, Millis::new(at));
            assert_close(step.survival, survival, 1e-6);
            assert_close(step.low, low, 1e-6);
            assert_close(step.high, high, 1e-6);
        }
        let quantile = |p| {
            let found = curve.quantile(p);
            [found.estimate, found.low, found.high].map(|limit| limit.map(Millis::get))
        };
        assert_eq!(quantile(0.5), [Some(23), Some(13), None]);
        assert_eq!(quantile(0.25), [Some(13), Some(6), Some(22)]);
        assert_eq!(quantile(0.75), [None, Some(23), None]);
    }

    #[test]
    fn open_items_push_the_median_out() {
        let finished_only = survival(&items(&[(1, true), (2, true), (3, true)]));
        assert_eq!(finished_only.quantile(0.5).estimate, Some(Millis::new(2)));
        let with_stuck =
            survival(&items(&[(1, true), (2, true), (3, true), (90, false), (99, false)]));
        assert_eq!(with_stuck.quantile(0.5).estimate, Some(Millis::new(3)));
        assert_eq!(with_stuck.quantile(0.9).estimate, None);
        assert_eq!(with_stuck.ended, 3);
    }

    #[test]
    fn an_item_censored_when_another_ends_was_still_at_risk() {
        let curve = survival(&items(&[(5, false), (5, true)]));
        assert_eq!(curve.steps[0].at_risk, 2);
        assert_close(curve.beyond(Millis::new(5)), 0.5, 1e-12);
    }

    #[test]
    fn nothing_observed_gives_no_steps_and_no_quantile() {
        let curve = survival(&[]);
        assert_eq!(curve.quantile(0.5).estimate, None);
        assert_close(curve.beyond(Millis::DAY), 1.0, 0.0);
    }
}
