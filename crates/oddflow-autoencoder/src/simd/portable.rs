//! Plain Rust that the compiler turns into the baseline's vectors: SSE2 on x86-64, NEON on aarch64.

use super::{FRACTION_BITS, LANES, Lanes, Simd, Task};

#[derive(Clone, Copy)]
pub(super) struct Portable;

/// A fused multiply-add is one instruction here. Elsewhere `mul_add` would call a slow function of the C library.
const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

pub(super) fn run<T: Task>(task: T) -> T::Output {
    if cfg!(target_arch = "aarch64") {
        task.run::<Portable, 4, 1>(Portable)
    } else {
        // A vector takes four SSE registers of sixteen.
        task.run::<Portable, 2, 1>(Portable)
    }
}

#[inline(always)]
fn each(a: Lanes, b: Lanes, f: impl Fn(f32, f32) -> f32) -> Lanes {
    let mut out = a;
    for (x, y) in out.iter_mut().zip(b) {
        *x = f(*x, y);
    }
    out
}

impl Simd for Portable {
    type V = Lanes;

    #[inline(always)]
    fn splat(self, x: f32) -> Lanes {
        [x; LANES]
    }
    #[inline(always)]
    fn load(self, from: &Lanes) -> Lanes {
        *from
    }
    #[inline(always)]
    fn store(self, to: &mut Lanes, x: Lanes) {
        *to = x;
    }
    #[inline(always)]
    fn load_part(self, from: &[f32]) -> Lanes {
        let mut out = [0.0; LANES];
        for (to, from) in out.iter_mut().zip(from) {
            *to = *from;
        }
        out
    }
    #[inline(always)]
    fn store_part(self, to: &mut [f32], x: Lanes) {
        for (to, from) in to.iter_mut().zip(x) {
            *to = from;
        }
    }
    #[inline(always)]
    fn add(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn sqrt(self, a: Lanes) -> Lanes {
        a.map(f32::sqrt)
    }
    #[inline(always)]
    fn fma(self, a: Lanes, b: Lanes, c: Lanes) -> Lanes {
        let mut out = c;
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = if FUSED { a.mul_add(b, *out) } else { a * b + *out };
        }
        out
    }
    #[inline(always)]
    fn min(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, a: Lanes, b: Lanes) -> Lanes {
        each(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn scale(self, x: Lanes, shifted: Lanes) -> Lanes {
        each(x, shifted, |x, n| f32::from_bits(x.to_bits().wrapping_add(n.to_bits() << FRACTION_BITS)))
    }
    #[inline(always)]
    fn where_positive(self, gate: Lanes, x: Lanes) -> Lanes {
        each(gate, x, |gate, x| if gate > 0.0 { x } else { 0.0 })
    }
    #[inline(always)]
    fn nonzero(self, a: Lanes) -> u16 {
        a.iter().enumerate().fold(0, |bits, (lane, x)| bits | u16::from(*x != 0.0) << lane)
    }
    #[inline(always)]
    fn sum(self, a: Lanes) -> f32 {
        let mut sums = a;
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                sums[i] += sums[i + width];
            }
            width /= 2;
        }
        sums[0]
    }
}
