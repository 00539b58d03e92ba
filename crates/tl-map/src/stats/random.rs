//! The one source of chance: a generator that gives the same numbers for ever, everywhere.
//!
//! In: a seed. Out: [`SplitMix64::below`]. Only integers, so no platform can round differently.
//! **Source:** SplitMix64, Steele, Lea & Flood, *Fast Splittable Pseudorandom Number
//! Generators*, OOPSLA 2014, with the constants of Vigna's public-domain `splitmix64.c`;
//! bounded numbers by Lemire, *Fast Random Integer Generation in an Interval*, ACM TOMACS 29
//! (2019). It is for statistics, never for secrets.

/// A pseudo-random generator with 64 bits of state.
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The generator whose stream is fixed by `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to `bound - 1`, each equally likely; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        let mut product = self.upper_half() * u64::from(bound);
        // The low half decides whether this number's bucket is one too large: try again then.
        if (product as u32) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u32) < threshold {
                product = self.upper_half() * u64::from(bound);
            }
        }
        (product >> 32) as u32
    }

    fn upper_half(&mut self) -> u64 {
        self.next_u64() >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // First outputs of Vigna's splitmix64.c for the seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        let stream: Vec<u64> = (0..5).map(|_| random.next_u64()).collect();
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(stream, published);
    }

    #[test]
    fn bounded_numbers_fill_their_range_evenly() {
        let mut random = SplitMix64::new(7);
        let mut seen = [0_u32; 6];
        for _ in 0..60_000 {
            seen[random.below(6) as usize] += 1;
        }
        // Six standard deviations of a binomial(60,000, 1/6) are 548.
        assert!(seen.iter().all(|&count| count.abs_diff(10_000) < 548), "{seen:?}");
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }
}
