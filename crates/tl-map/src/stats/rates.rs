//! Rates and the difference of two rates, with intervals that hold for small counts.
//!
//! In: a [`Count`] of events among trials. Out: [`wilson`], [`newcombe`], and p-values adjusted
//! for a whole table by [`benjamini_hochberg`]. Rates over strata are in
//! [`strata`](super::strata).
//! **Assumption:** trials are independent. Where authors differ much, bootstrap the mean of a
//! column of 0 and 1 over authors instead ([`bootstrap`](super::bootstrap)).

use serde::Serialize;

use super::{Interval, Z_95};

/// How many of `trials` had the event.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// At most `trials`.
    pub events: u64,
    /// All that could have had the event.
    pub trials: u64,
}

impl Count {
    /// Events per trial; `None` without trials.
    pub fn rate(self) -> Option<f64> {
        (self.trials > 0).then(|| self.events as f64 / self.trials as f64)
    }
}

/// A rate with Wilson's score interval; `None` without trials.
///
/// Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, JASA 22
/// (1927). It stays within 0 and 1 and is not empty at 0 of n.
pub fn wilson(count: Count) -> Option<Interval> {
    let estimate = count.rate()?;
    let n = count.trials as f64;
    let z2 = Z_95 * Z_95;
    let centre = estimate + z2 / (2.0 * n);
    let spread = Z_95 * (estimate * (1.0 - estimate) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At 0 of n and n of n the limit is exactly the rate; rounding may say otherwise.
    let low = ((centre - spread) / scale).clamp(0.0, estimate);
    let high = ((centre + spread) / scale).clamp(estimate, 1.0);
    Some(Interval { estimate, low, high })
}

/// The rate of `one` minus the rate of `other`; `None` when either has no trials.
///
/// Method 10 (hybrid score) of Newcombe, *Interval Estimation for the Difference between
/// Independent Proportions*, Statistics in Medicine 17 (1998).
pub fn newcombe(one: Count, other: Count) -> Option<Interval> {
    let (a, b) = (wilson(one)?, wilson(other)?);
    let estimate = a.estimate - b.estimate;
    let below = (a.estimate - a.low).hypot(b.high - b.estimate);
    let above = (a.high - a.estimate).hypot(b.estimate - b.low);
    Some(Interval { estimate, low: estimate - below, high: estimate + above })
}

/// P-values adjusted for the number of questions asked, in the order given.
///
/// Calling significant what is at most 0.05 keeps the expected share of false findings at 5 %.
/// Benjamini & Hochberg, *Controlling the False Discovery Rate*, JRSS B 57 (1995).
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&one, &other| p_values[other].total_cmp(&p_values[one]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (larger, &index) in order.iter().enumerate() {
        let rank = p_values.len() - larger;
        smallest = smallest.min(p_values[index] * p_values.len() as f64 / rank as f64);
        adjusted[index] = smallest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    #[track_caller]
    fn assert_interval(got: Option<Interval>, estimate: f64, low: f64, high: f64) {
        let got = got.expect("there are trials");
        assert_close(got.estimate, estimate, 1e-9);
        assert_close(got.low, low, 1e-9);
        assert_close(got.high, high, 1e-9);
    }

    const fn count(events: u64, trials: u64) -> Count {
        Count { events, trials }
    }

    #[test]
    fn wilson_agrees_with_statsmodels() {
        // python3 -c "from statsmodels.stats.proportion import proportion_confint as p; print(p(15,148,method='wilson'), p(0,20,method='wilson'), p(9,9,method='wilson'))"
        assert_interval(wilson(count(15, 148)), 15.0 / 148.0, 0.062_386_399_5, 0.160_487_241_7);
        assert_interval(wilson(count(0, 20)), 0.0, 0.0, 0.161_125_158_1);
        assert_interval(wilson(count(9, 9)), 1.0, 0.700_854_951_6, 1.0);
        assert_eq!(wilson(count(0, 0)), None);
    }

    #[test]
    fn newcombe_agrees_with_statsmodels() {
        // python3 -c "from statsmodels.stats.proportion import confint_proportions_2indep as c; print(c(56,70,48,80,method='newcomb',compare='diff'), c(9,10,3,10,method='newcomb',compare='diff'), c(0,20,0,10,method='newcomb',compare='diff'))"
        let difference = newcombe(count(56, 70), count(48, 80));
        assert_interval(difference, 0.2, 0.052_431_472_4, 0.333_872_654_0);
        let difference = newcombe(count(9, 10), count(3, 10));
        assert_interval(difference, 0.6, 0.170_522_723_9, 0.809_017_973_5);
        let difference = newcombe(count(0, 20), count(0, 10));
        assert_interval(difference, 0.0, -0.277_532_799_9, 0.161_125_158_1);
        assert_eq!(newcombe(count(1, 2), count(0, 0)), None);
    }

    #[test]
    fn benjamini_hochberg_agrees_with_scipy() {
        // python3 -c "from scipy.stats import false_discovery_control as f; print(f([.039,.001,.06,.008,.041,.042,.9]).tolist())"
        let adjusted = benjamini_hochberg(&[0.039, 0.001, 0.06, 0.008, 0.041, 0.042, 0.9]);
        let wanted = [0.0588, 0.007, 0.07, 0.028, 0.0588, 0.0588, 0.9];
        for (got, wanted) in adjusted.into_iter().zip(wanted) {
            assert_close(got, wanted, 1e-12);
        }
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
