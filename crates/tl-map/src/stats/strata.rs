//! Comparing failure rates like with like: within strata, then pooled.
//!
//! In: a [`Stratum`] per repository, size, type and month, say. Out: [`risk_ratio`] over all of
//! them, and its [`e_value`]: how strong a confounder would have to be to explain it away.
//! The answer is an association, never a cause.

use serde::Serialize;

use super::rates::Count;
use super::{Interval, Z_95};

/// One stratum: changes with the evidence asked about, and changes without.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stratum {
    /// With.
    pub exposed: Count,
    /// Without.
    pub unexposed: Count,
}

/// The risk ratio over strata (exposed to unexposed) with its interval.
///
/// Mantel & Haenszel, JNCI 22 (1959); variance of its logarithm by Greenland & Robins,
/// *Estimation of a Common Effect Parameter from Sparse Follow-up Data*, Biometrics 41 (1985).
/// Strata in which one side is empty say nothing and weigh nothing. `None` when no event
/// happened on one of the sides: the ratio, or its interval, is then unbounded.
pub fn risk_ratio(strata: &[Stratum]) -> Option<Interval> {
    let (mut numerator, mut denominator, mut variance) = (0.0, 0.0, 0.0);
    for stratum in strata {
        let (a, n1) = (stratum.exposed.events as f64, stratum.exposed.trials as f64);
        let (c, n0) = (stratum.unexposed.events as f64, stratum.unexposed.trials as f64);
        if n1 == 0.0 || n0 == 0.0 {
            continue;
        }
        let n = n1 + n0;
        numerator += a * n0 / n;
        denominator += c * n1 / n;
        variance += ((a + c) * n1 * n0 - a * c * n) / (n * n);
    }
    if numerator == 0.0 || denominator == 0.0 {
        return None;
    }
    let estimate: f64 = numerator / denominator;
    let spread = (Z_95 * (variance / (numerator * denominator)).sqrt()).exp();
    Some(Interval { estimate, low: estimate / spread, high: estimate * spread })
}

/// How strongly an unmeasured confounder would have to go with both sides, as a risk ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EValue {
    /// To explain the whole estimate; 1 when there is nothing to explain.
    pub estimate: f64,
    /// To move the interval so that it contains 1; 1 when it already does.
    pub limit: f64,
}

/// The E-value of a risk ratio, above or below 1.
///
/// VanderWeele & Ding, *Sensitivity Analysis in Observational Research: Introducing the
/// E-Value*, Annals of Internal Medicine 167 (2017).
pub fn e_value(risk_ratio: Interval) -> EValue {
    let nearest = if risk_ratio.contains(1.0) {
        1.0
    } else if risk_ratio.low > 1.0 {
        risk_ratio.low
    } else {
        risk_ratio.high
    };
    EValue { estimate: needed_to_explain(risk_ratio.estimate), limit: needed_to_explain(nearest) }
}

fn needed_to_explain(ratio: f64) -> f64 {
    let away = if ratio < 1.0 { 1.0 / ratio } else { ratio };
    away + (away * (away - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    fn stratum(a: u64, n1: u64, c: u64, n0: u64) -> Stratum {
        Stratum {
            exposed: Count { events: a, trials: n1 },
            unexposed: Count { events: c, trials: n0 },
        }
    }

    #[test]
    fn the_pooled_ratio_agrees_with_statsmodels_and_numpy() {
        // python3 -c "import numpy as n; from statsmodels.stats.contingency_tables import StratifiedTable as S; t=[(12,100,8,150),(5,40,9,60),(30,200,21,210)]; print(S([n.array([[a,p-a],[c,q-c]]) for a,p,c,q in t]).riskratio_pooled); a,p,c,q=n.array(t,float).T; N=p+q; R=(a*q/N).sum(); s=(c*p/N).sum(); v=(((a+c)*p*q-a*c*N)/N**2).sum()/R/s; print(R/s*n.exp(n.array([-1,1])*1.959963984540054*v**.5))"
        let strata = [stratum(12, 100, 8, 150), stratum(5, 40, 9, 60), stratum(30, 200, 21, 210)];
        let ratio = risk_ratio(&strata).expect("events on both sides");
        assert_close(ratio.estimate, 1.5, 1e-8);
        assert_close(ratio.low, 1.001_269_39, 1e-8);
        assert_close(ratio.high, 2.247_147_49, 1e-8);
    }

    #[test]
    fn a_single_stratum_gives_the_plain_risk_ratio() {
        // python3 -c "from scipy.stats.contingency import relative_risk as r; x=r(12,100,8,150); print(x.relative_risk, x.confidence_interval())"
        let ratio = risk_ratio(&[stratum(12, 100, 8, 150)]).expect("events on both sides");
        assert_close(ratio.estimate, 2.25, 1e-12);
        assert_close(ratio.low, 0.953_956_552_2, 1e-9);
        assert_close(ratio.high, 5.306_845_462_1, 1e-9);
    }

    #[test]
    fn a_stratum_with_one_side_empty_changes_nothing() {
        let alone = risk_ratio(&[stratum(12, 100, 8, 150)]);
        assert_eq!(risk_ratio(&[stratum(12, 100, 8, 150), stratum(7, 9, 0, 0)]), alone);
        assert_eq!(risk_ratio(&[stratum(3, 10, 0, 10)]), None);
        assert_eq!(risk_ratio(&[]), None);
    }

    #[test]
    fn e_values_agree_with_the_published_example() {
        // VanderWeele & Ding 2017: risk ratio 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0.
        let harmful = e_value(Interval { estimate: 3.9, low: 1.8, high: 8.7 });
        assert_close(harmful.estimate, 7.26, 1e-3);
        assert_close(harmful.limit, 3.0, 1e-9);
        let unclear = e_value(Interval { estimate: 0.9, low: 0.7, high: 1.1 });
        assert_close(unclear.limit, 1.0, 0.0);
        let protective = e_value(Interval { estimate: 0.5, low: 0.25, high: 0.8 });
        assert_close(protective.estimate, 2.0 + 2.0_f64.sqrt(), 1e-12);
        assert!(protective.limit > 1.0);
    }
}
