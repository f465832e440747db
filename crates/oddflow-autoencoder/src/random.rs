//! The seeded numbers behind initial weights and shuffling.
//!
//! SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), written here and not
//! taken from a crate, so that what a seed means never changes with a dependency. Not for secrets.

/// A stream of random numbers.
pub(crate) struct Random(u64);

/// What a stream is for. Two purposes of one seed give unrelated streams.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Weights = 1,
    Order = 2,
}

impl Random {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Random {
        let mut random = Random(seed);
        for _ in 0..purpose as u64 {
            random = Random(random.next());
        }
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (0.5_f64).powi(53)
    }

    /// Uniform in 0..bound, by the high half of a product (Lemire 2019). Without rejection: for bounds below 2^32 no value
    /// is more likely than another by more than one part in 2^32.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u32
    }

    /// Fisher-Yates shuffle.
    pub(crate) fn shuffle(&mut self, order: &mut [u32]) {
        for i in (1..order.len()).rev() {
            let j = self.below(i as u32 + 1) as usize;
            order.swap(i, j);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_sequence() {
        let mut random = Random(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_shuffle_keeps_every_row_and_moves_them() {
        let mut order: Vec<u32> = (0..1000).collect();
        Random::new(1, Purpose::Order).shuffle(&mut order);
        assert!(order.iter().enumerate().filter(|(i, x)| *i == **x as usize).count() < 10);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(i, x)| i == *x as usize));
    }

    #[test]
    fn unit_covers_the_interval_evenly() {
        let mut random = Random::new(7, Purpose::Weights);
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            counts[(random.unit() * 10.0) as usize] += 1;
        }
        assert!(counts.iter().all(|&c| (850..1150).contains(&c)), "{counts:?}");
    }
}
