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

    /// Normal with mean 0 and variance 1, by Marsaglia's polar method (1964). Only correctly rounded operations, so that it
    /// is the same everywhere; the method's second number is not kept.
    pub(crate) fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                return u * (-2.0 * ln(square) / square).sqrt();
            }
        }
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

/// The natural logarithm of a normal number above zero, to about 1e-15. That of the standard library differs in its last
/// bits between systems.
fn ln(x: f64) -> f64 {
    /// Bits of the fraction, and the exponent of 1.
    const FRACTION: u32 = 52;
    const BIAS: i64 = 1023;
    let exponent = (x.to_bits() >> FRACTION) as i64 - BIAS;
    let fraction = f64::from_bits(x.to_bits() & ((1 << FRACTION) - 1) | 1.0_f64.to_bits());
    // ln f = 2 atanh s with s up to 1/3: 16 terms reach the last bit.
    let s = (fraction - 1.0) / (fraction + 1.0);
    let series = (0..16).rev().fold(0.0, |sum, k| sum * (s * s) + 1.0 / f64::from(2 * k + 1));
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_one() {
        for i in 1..10_000 {
            let x = f64::from(i) / 2500.0;
            assert!((ln(x) - x.ln()).abs() < 2e-15 * (1.0 + x.ln().abs()), "{x}");
        }
        assert!((ln(1e-30) - 1e-30_f64.ln()).abs() < 1e-13);
    }

    #[test]
    fn normal_has_the_shares_of_its_distribution() {
        let mut random = Random::new(3, Purpose::Weights);
        let numbers: Vec<f64> = (0..100_000).map(|_| random.normal()).collect();
        // P(X < x), and four standard errors around it.
        for (x, share) in [(-2.0, 0.02275), (-1.0, 0.15866), (0.0, 0.5), (0.5, 0.69146), (3.0, 0.99865)] {
            let found = numbers.iter().filter(|n| **n < x).count() as f64 / 1e5;
            assert!((found - share).abs() < 4.0 * (share * (1.0 - share) / 1e5_f64).sqrt(), "{x}: {found}");
        }
    }

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
