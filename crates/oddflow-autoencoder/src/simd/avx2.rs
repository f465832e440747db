//! AVX2 with FMA: two registers of eight lanes. The proof of every unsafe block stands in the parent module.

use std::arch::x86_64::*;

use super::{FRACTION_BITS, LANES, Lanes, Simd, Task};

#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// Lanes 0 to 7 and lanes 8 to 15.
type Pair = (__m256, __m256);

const HALF: usize = LANES / 2;

#[target_feature(enable = "avx2,fma")]
pub(super) fn run<T: Task>(task: T) -> T::Output {
    // 8 accumulators, 2 registers of weights and a broadcast value fit in 16 registers.
    task.run::<Avx2, 4, 1>(Avx2(()))
}

/// Sum of eight lanes: i + i+4, i + i+2, i + i+1.
///
/// # Safety
/// The processor has AVX.
#[inline(always)]
pub(super) unsafe fn sum8(a: __m256) -> f32 {
    // SAFETY: AVX by the contract of this function.
    unsafe {
        let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
    }
}

/// Eight lanes of [`Simd::scale`].
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn scale8(x: __m256, shifted: __m256) -> __m256 {
    // SAFETY: AVX2 by the contract of this function.
    unsafe {
        let n = _mm256_slli_epi32::<{ FRACTION_BITS as i32 }>(_mm256_castps_si256(shifted));
        _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), n))
    }
}

/// All bits set in the lowest `n` of eight lanes.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn lowest(n: usize) -> __m256i {
    // SAFETY: AVX2 by the contract of this function.
    unsafe {
        _mm256_cmpgt_epi32(_mm256_set1_epi32(n.min(HALF) as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
    }
}

impl Simd for Avx2 {
    type V = Pair;

    #[inline(always)]
    fn splat(self, x: f32) -> Pair {
        // SAFETY: `self` proves AVX2.
        let x = unsafe { _mm256_set1_ps(x) };
        (x, x)
    }
    #[inline(always)]
    fn load(self, from: &Lanes) -> Pair {
        let (low, high) = from.split_at(HALF);
        // SAFETY: `self` proves AVX2; each half borrows eight floats.
        unsafe { (_mm256_loadu_ps(low.as_ptr()), _mm256_loadu_ps(high.as_ptr())) }
    }
    #[inline(always)]
    fn store(self, to: &mut Lanes, x: Pair) {
        let (low, high) = to.split_at_mut(HALF);
        // SAFETY: `self` proves AVX2; each half borrows eight floats.
        unsafe {
            _mm256_storeu_ps(low.as_mut_ptr(), x.0);
            _mm256_storeu_ps(high.as_mut_ptr(), x.1);
        }
    }
    #[inline(always)]
    fn load_part(self, from: &[f32]) -> Pair {
        let (low, high) = from.split_at(from.len().min(HALF));
        // SAFETY: `self` proves AVX2; neither mask has a lane beyond its slice.
        unsafe {
            (
                _mm256_maskload_ps(low.as_ptr(), lowest(low.len())),
                _mm256_maskload_ps(high.as_ptr(), lowest(high.len())),
            )
        }
    }
    #[inline(always)]
    fn store_part(self, to: &mut [f32], x: Pair) {
        let (low, high) = to.split_at_mut(to.len().min(HALF));
        // SAFETY: `self` proves AVX2; neither mask has a lane beyond its slice.
        unsafe {
            _mm256_maskstore_ps(low.as_mut_ptr(), lowest(low.len()), x.0);
            _mm256_maskstore_ps(high.as_mut_ptr(), lowest(high.len()), x.1);
        }
    }
    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (_mm256_add_ps(a.0, b.0), _mm256_add_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn sub(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (_mm256_sub_ps(a.0, b.0), _mm256_sub_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn mul(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (_mm256_mul_ps(a.0, b.0), _mm256_mul_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn div(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (_mm256_div_ps(a.0, b.0), _mm256_div_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn sqrt(self, a: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (_mm256_sqrt_ps(a.0), _mm256_sqrt_ps(a.1)) }
    }
    #[inline(always)]
    fn fma(self, a: Pair, b: Pair, c: Pair) -> Pair {
        // SAFETY: `self` proves FMA.
        unsafe { (_mm256_fmadd_ps(a.0, b.0, c.0), _mm256_fmadd_ps(a.1, b.1, c.1)) }
    }
    #[inline(always)]
    fn min(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (_mm256_min_ps(a.0, b.0), _mm256_min_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn max(self, a: Pair, b: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (_mm256_max_ps(a.0, b.0), _mm256_max_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn scale(self, x: Pair, shifted: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe { (scale8(x.0, shifted.0), scale8(x.1, shifted.1)) }
    }
    #[inline(always)]
    fn where_positive(self, gate: Pair, x: Pair) -> Pair {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let zero = _mm256_setzero_ps();
            (
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(gate.0, zero), x.0),
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(gate.1, zero), x.1),
            )
        }
    }
    #[inline(always)]
    fn nonzero(self, a: Pair) -> u16 {
        // SAFETY: `self` proves AVX2.
        let [low, high] = unsafe {
            let zero = _mm256_setzero_ps();
            [a.0, a.1].map(|half| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(half, zero)))
        };
        (low | high << HALF) as u16
    }
    #[inline(always)]
    fn sum(self, a: Pair) -> f32 {
        // SAFETY: `self` proves AVX2.
        unsafe { sum8(_mm256_add_ps(a.0, a.1)) }
    }
}
