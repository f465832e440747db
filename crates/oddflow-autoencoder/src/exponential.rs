//! The two functions that cross-entropy needs, as polynomials: e^x for x up to zero and ln(1 + y) for y up to one.
//!
//! The coefficients are minimax for the relative error (Remez' algorithm in double precision, rounded to single). Written
//! once for every instruction set.

use crate::simd::{SHIFT, Simd};

/// ln 2 in two parts: the first has so few bits that its product with a small integer is exact (Cody and Waite 1980).
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// e^x for x within ln 2 / 2 of zero, from the constant term; relative error 7.5e-8 before rounding.
#[rustfmt::skip]
const EXP: [f32; 6] = [1.000_000_1, 0.999_999_7, 0.499_988_94, 0.166_675_75, 0.041_915_43, 0.008_297_648];

/// ln(1 + y) / y for y within 0..=1, from the constant term; relative error 3.0e-8 before rounding.
#[rustfmt::skip]
const LOG: [f32; 9] = [
    0.999_999_94, -0.499_994_93, 0.333_190_98, -0.248_429_82, 0.191_060_07,
    -0.136_632_46, 0.078_225_955, -0.029_505_24, 0.005_232_693,
];

/// e^x for x in -87..=0, with a relative error below 3e-7. Of a NaN anything.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::V) -> S::V {
    let shift = simd.splat(SHIFT);
    let shifted = simd.fma(x, simd.splat(std::f32::consts::LOG2_E), shift);
    let n = simd.sub(shifted, shift);
    let rest = simd.fma(n, simd.splat(-LN_2[0]), x);
    let rest = simd.fma(n, simd.splat(-LN_2[1]), rest);
    simd.scale(polynomial(simd, rest, &EXP), shifted)
}

/// ln(1 + y) for y in 0..=1, with a relative error below 3e-7.
#[inline(always)]
pub(crate) fn ln_1p<S: Simd>(simd: S, y: S::V) -> S::V {
    simd.mul(y, polynomial(simd, y, &LOG))
}

/// Horner's scheme.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, x: S::V, coefficients: &[f32; N]) -> S::V {
    let mut sum = simd.splat(coefficients[N - 1]);
    for coefficient in coefficients.iter().rev().skip(1) {
        sum = simd.fma(sum, x, simd.splat(*coefficient));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, LANES, Lanes, Task};

    /// Both functions of sixteen values.
    struct Both(Lanes);
    impl Task for Both {
        type Output = [Lanes; 2];
        #[inline(always)]
        fn run<S: Simd, const R: usize, const V: usize>(self, simd: S) -> [Lanes; 2] {
            let x = simd.load(&self.0);
            let mut out = [[0.0; LANES]; 2];
            simd.store(&mut out[0], exp(simd, x));
            simd.store(&mut out[1], ln_1p(simd, x));
            out
        }
    }

    fn worst(values: impl Fn(usize) -> f32, function: usize, exact: fn(f64) -> f64) -> Vec<f64> {
        let error = |kernel: Kernel| {
            let mut worst = 0.0_f64;
            for start in (0..400_000).step_by(LANES) {
                let x: Lanes = std::array::from_fn(|lane| values(start + lane));
                for (x, found) in x.into_iter().zip(kernel.run(Both(x))[function]) {
                    let expected = exact(f64::from(x));
                    worst = worst.max((f64::from(found) - expected).abs() / expected);
                }
            }
            worst
        };
        Kernel::available().into_iter().map(error).collect()
    }

    #[test]
    fn both_are_within_their_error() {
        let all = [
            worst(|i| -(i as f32) * (87.0 / 400_000.0), 0, f64::exp),
            worst(|i| (i + 1) as f32 / 400_000.0, 1, f64::ln_1p),
            // From 1 down to 1e-13, the smallest that a clipped logit gives.
            worst(|i| (-(i as f32) * (30.0 / 400_000.0)).exp(), 1, f64::ln_1p),
        ];
        assert!(all.iter().flatten().all(|error| *error < 3e-7), "{all:?}");
    }
}
