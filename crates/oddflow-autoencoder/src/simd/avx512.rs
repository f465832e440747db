//! AVX-512: one register of sixteen lanes. The proof of every unsafe block stands in the parent module.

use std::arch::x86_64::*;

use super::{FRACTION_BITS, Lanes, Simd, Task};

#[derive(Clone, Copy)]
pub(super) struct Avx512(());

#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) fn run<T: Task>(task: T) -> T::Output {
    // 16 accumulators, 2 vectors of weights and a broadcast value fit in 32 registers.
    task.run::<Avx512, 8, 2>(Avx512(()))
}

/// The lowest `n` lanes, n at most 16.
#[inline(always)]
fn lowest(n: usize) -> __mmask16 {
    ((1_u32 << n.min(16)) - 1) as __mmask16
}

impl Simd for Avx512 {
    type V = __m512;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    fn load(self, from: &Lanes) -> __m512 {
        // SAFETY: `self` proves AVX-512F; sixteen floats are borrowed.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, to: &mut Lanes, x: __m512) {
        // SAFETY: `self` proves AVX-512F; sixteen floats are borrowed.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn load_part(self, from: &[f32]) -> __m512 {
        // SAFETY: `self` proves AVX-512F; the mask has no lane beyond the slice.
        unsafe { _mm512_maskz_loadu_ps(lowest(from.len()), from.as_ptr()) }
    }
    #[inline(always)]
    fn store_part(self, to: &mut [f32], x: __m512) {
        // SAFETY: `self` proves AVX-512F; the mask has no lane beyond the slice.
        unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), lowest(to.len()), x) }
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    fn sqrt(self, a: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_sqrt_ps(a) }
    }
    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    fn scale(self, x: __m512, shifted: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe {
            let n = _mm512_slli_epi32::<FRACTION_BITS>(_mm512_castps_si512(shifted));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), n))
        }
    }
    #[inline(always)]
    fn where_positive(self, gate: __m512, x: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate, _mm512_setzero_ps()), x) }
    }
    #[inline(always)]
    fn nonzero(self, a: __m512) -> u16 {
        // SAFETY: `self` proves AVX-512F.
        unsafe { _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(a, _mm512_setzero_ps()) }
    }
    #[inline(always)]
    fn sum(self, a: __m512) -> f32 {
        // SAFETY: `self` proves AVX-512F, which implies AVX.
        unsafe {
            let high = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(a)));
            super::avx2::sum8(_mm256_add_ps(_mm512_castps512_ps256(a), high))
        }
    }
}
