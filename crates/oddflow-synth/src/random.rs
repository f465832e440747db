//! Random numbers that are the same on every machine.
//!
//! The generator is PCG. Logarithm and exponential are computed here with plain arithmetic, since those of the
//! system's mathematical library differ between systems in the last digit, and a seed must give the same bytes.

use rand::{Rng as _, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Rng(Pcg64Mcg);

impl Rng {
    /// The stream of a seed and a name: streams of different names have nothing in common.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a over the name, so that adding a stream leaves the others as they are.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self(Pcg64Mcg::seed_from_u64(mix(seed) ^ hash))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..n; 0 where n is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Uniform in low..=high.
    pub(crate) fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.below((high - low + 1) as usize) as u64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of the values, each as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(T, f64)]) -> T {
        let mut at = self.unit() * from.iter().map(|&(_, weight)| weight).sum::<f64>();
        for &(value, weight) in from {
            at -= weight;
            if at < 0.0 {
                return value;
            }
        }
        from[from.len() - 1].0
    }

    /// Nearly normal with mean 0 and deviation 1: the sum of twelve uniform numbers, less six.
    pub(crate) fn normal(&mut self) -> f64 {
        let mut sum = 0u64;
        for _ in 0..3 {
            let bits = self.next();
            sum += (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        }
        sum as f64 / 65535.0 - 6.0
    }

    /// Log-normal: what traffic's sizes and durations follow in their bulk.
    pub(crate) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * exp(sigma * self.normal())
    }

    /// Pareto with the given smallest value and tail index: what they follow in their tail.
    pub(crate) fn pareto(&mut self, smallest: f64, tail: f64) -> f64 {
        smallest * exp(-ln(1.0 - self.unit()) / tail)
    }

    /// Exponential: the time between independent events.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * ln(1.0 - self.unit())
    }

    /// How often a chance is taken in a row, at most `limit` times.
    pub(crate) fn repeats(&mut self, probability: f64, limit: usize) -> usize {
        (0..limit).take_while(|_| self.chance(probability)).count()
    }
}

/// Stirs a number so that near ones end far apart (the finaliser of SplitMix64).
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// e^x, to about ten digits, for |x| up to 700.
pub(crate) fn exp(x: f64) -> f64 {
    let power = (x.clamp(-700.0, 700.0)) * std::f64::consts::LOG2_E;
    let whole = power.round();
    let part = (power - whole) * std::f64::consts::LN_2;
    let mut sum = 1.0;
    for i in (1..12).rev() {
        sum = 1.0 + part / f64::from(i) * sum;
    }
    sum * f64::from_bits(((whole as i64 + 1023) as u64) << 52)
}

/// The natural logarithm of a positive normal number, to about ten digits.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.max(f64::MIN_POSITIVE).to_bits();
    let mut exponent = (bits >> 52) as i64 - 1023;
    let mut mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let series = (0..9).rev().fold(0.0, |sum, i| sum * square + 1.0 / f64::from(2 * i + 1));
    2.0 * s * series + exponent as f64 * std::f64::consts::LN_2
}

/// Picks ranks 0, 1, 2, ... with a probability that falls as (rank + 1)^-exponent: popularity (Zipf's law).
#[derive(Clone, Debug)]
pub(crate) struct Zipf {
    cumulative: Vec<f64>,
}

impl Zipf {
    pub(crate) fn new(ranks: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let cumulative = (1..=ranks.max(1)).map(|rank| {
            sum += exp(-exponent * ln(rank as f64));
            sum
        });
        Self { cumulative: cumulative.collect() }
    }

    pub(crate) fn pick(&self, rng: &mut Rng) -> usize {
        let last = self.cumulative.len() - 1;
        let at = rng.unit() * self.cumulative[last];
        self.cumulative.partition_point(|&sum| sum <= at).min(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_are_those_of_std() {
        for i in -400..400 {
            let x = f64::from(i) * 0.37;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-9, "exp({x})");
            let y = x.exp();
            assert!((ln(y) - y.ln()).abs() < 1e-9, "ln({y})");
        }
    }

    #[test]
    fn the_normal_has_mean_zero_and_deviation_one() {
        let mut rng = Rng::new(1, "normal");
        let values: Vec<f64> = (0..20_000).map(|_| rng.normal()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn low_ranks_are_picked_most() {
        let (zipf, mut rng) = (Zipf::new(100, 1.0), Rng::new(1, "zipf"));
        let mut counts = [0; 100];
        (0..50_000).for_each(|_| counts[zipf.pick(&mut rng)] += 1);
        // 1/H(100) = 0.193
        assert!((9_000..10_400).contains(&counts[0]), "{}", counts[0]);
        assert!(counts[99] > 0);
    }
}
