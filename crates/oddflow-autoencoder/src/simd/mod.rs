//! Sixteen f32 at a time, on whatever the processor offers: AVX-512, AVX2 with FMA, or plain Rust.
//!
//! This module is the only one of the crate with unsafe code. It wraps the few vector instructions that the crate needs
//! behind the safe trait [`Simd`]; the arithmetic above it is written once. A [`Kernel`] is chosen at run time, and
//! [`Kernel::run`] compiles a [`Task`] for it.
//!
//! Invariants: a vector is always sixteen lanes, and `sum` adds them in one fixed tree. So two kernels that both fuse
//! multiply and add give the same bits, and the shape of a register tile never shows in a result.
//!
//! Why unsafe: the intrinsics can be called only where the processor has the instructions. Proof, the same for every
//! block below: a token (`Avx512`, `Avx2`) has a private field and is made only in `Kernel::run`, in a branch that
//! [`Kernel::available`] reached by asking the processor. Loads and stores take references to whole arrays, or a slice
//! whose length makes the mask, so that they stay inside the borrowed memory; all of them are the unaligned kind.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

/// Lanes of a vector.
pub(crate) const LANES: usize = 16;

/// The memory of a vector.
pub(crate) type Lanes = [f32; LANES];

/// Added to a small number it leaves the number's nearest integer in the lowest bits of the sum, in two's complement.
pub(crate) const SHIFT: f32 = 12_582_912.0;

/// Bits of an f32's fraction, below its exponent.
const FRACTION_BITS: u32 = 23;

/// The vector operations of one instruction set. Implementors are tokens of size zero.
///
/// Every method must be `#[inline(always)]`, and so must the functions generic over `Simd` that call it: only code inlined
/// into the entry point of [`Kernel::run`] is compiled for the instruction set.
pub(crate) trait Simd: Copy {
    /// Sixteen lanes in registers.
    type V: Copy;

    fn splat(self, x: f32) -> Self::V;
    fn load(self, from: &Lanes) -> Self::V;
    fn store(self, to: &mut Lanes, x: Self::V);
    /// Loads the at most sixteen values of `from`; the lanes after them are zero.
    fn load_part(self, from: &[f32]) -> Self::V;
    /// Stores as many lanes as `to` holds, at most sixteen.
    fn store_part(self, to: &mut [f32], x: Self::V);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    fn sqrt(self, a: Self::V) -> Self::V;
    /// `a * b + c`, rounded once where the instruction set can.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `a` where it is the smaller, else `b`: also where one is NaN.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a` where it is the larger, else `b`: also where one is NaN.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// `x * 2^n` for `shifted = n + SHIFT`, by adding n to the exponent: neither `x` nor the result may be zero,
    /// subnormal or beyond the finite range. Anything may come out for a NaN.
    fn scale(self, x: Self::V, shifted: Self::V) -> Self::V;
    /// `x` in the lanes where `gate > 0`, else zero (also where `gate` is NaN).
    fn where_positive(self, gate: Self::V, x: Self::V) -> Self::V;
    /// A bit for each lane that isn't zero, from the lowest; NaN isn't zero.
    fn nonzero(self, a: Self::V) -> u16;
    /// Sum of the lanes: lane i + lane i+8, then i + i+4, i + i+2, i + i+1.
    fn sum(self, a: Self::V) -> f32;

    #[inline(always)]
    fn zero(self) -> Self::V {
        self.splat(0.0)
    }
    #[inline(always)]
    fn relu(self, a: Self::V) -> Self::V {
        self.where_positive(a, a)
    }
}

/// Work written for any instruction set. `R` rows by `V` vectors is the register tile that suits it: `R` divides
/// [`ROWS`].
pub(crate) trait Task {
    type Output;
    /// Must be `#[inline(always)]`.
    fn run<S: Simd, const R: usize, const V: usize>(self, simd: S) -> Self::Output;
}

/// Every register tile's rows divide this; buffers are padded to it.
pub(crate) const ROWS: usize = 8;

/// An instruction set that this processor has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kernel(Level);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Kernel {
    /// What this processor can run, the fastest first. The last is always the portable one.
    pub(crate) fn available() -> Vec<Kernel> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2 && is_x86_feature_detected!("avx512f") {
                kernels.push(Kernel(Level::Avx512));
            }
            if avx2 {
                kernels.push(Kernel(Level::Avx2));
            }
        }
        kernels.push(Kernel(Level::Portable));
        kernels
    }

    /// The fastest that this processor can run.
    pub(crate) fn best() -> Kernel {
        Kernel::available()[0]
    }

    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "AVX2+FMA",
            Level::Portable => "portable",
        }
    }

    /// Runs a task with the instructions of this kernel.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self.0 {
            // SAFETY: only `available` makes this value, after it found avx512f, avx2 and fma.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { avx512::run(task) },
            // SAFETY: only `available` makes this value, after it found avx2 and fma.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2::run(task) },
            Level::Portable => portable::run(task),
        }
    }
}

/// Asks for the cache line of a value that will be read soon.
#[inline(always)]
pub(crate) fn prefetch(value: &f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program can see; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All operations on the same input, as plain numbers.
    struct Everything;
    impl Task for Everything {
        type Output = Vec<Lanes>;
        #[inline(always)]
        fn run<S: Simd, const R: usize, const V: usize>(self, simd: S) -> Vec<Lanes> {
            assert_eq!(ROWS % R, 0);
            let a: Lanes = std::array::from_fn(|i| (i as f32 - 7.5) * 1.25);
            let b: Lanes = std::array::from_fn(|i| 0.1 + i as f32);
            let (x, y) = (simd.load(&a), simd.load(&b));
            let nan = simd.splat(f32::NAN);
            let mut out = Vec::new();
            for value in [
                simd.add(x, y),
                simd.sub(x, y),
                simd.mul(x, y),
                simd.div(x, y),
                simd.sqrt(y),
                simd.where_positive(x, y),
                simd.where_positive(nan, y),
                simd.relu(x),
                simd.min(x, y),
                simd.max(x, y),
                simd.min(y, nan),
                simd.max(y, x),
                simd.scale(y, simd.add(x, simd.splat(SHIFT))),
                simd.splat(f32::from(simd.nonzero(simd.where_positive(x, y)))),
                simd.splat(f32::from(simd.nonzero(nan))),
                simd.splat(simd.sum(simd.div(x, y))),
            ] {
                let mut lanes = [0.0; LANES];
                simd.store(&mut lanes, value);
                out.push(lanes);
            }
            for n in 0..=LANES {
                let part = simd.load_part(&a[..n]);
                let mut lanes = [0.0; LANES];
                simd.store(&mut lanes, part);
                out.push(lanes);
                let mut lanes = [9.0; LANES];
                simd.store_part(&mut lanes[..n], y);
                out.push(lanes);
            }
            out
        }
    }

    #[test]
    fn kernels_agree_on_every_operation() {
        let expected = Kernel::available().last().expect("portable").run(Everything);
        assert_eq!(expected[6], [0.0; LANES]);
        let smaller: Lanes = std::array::from_fn(|i| ((i as f32 - 7.5) * 1.25).min(0.1 + i as f32));
        assert_eq!(expected[8], smaller);
        assert_eq!((expected[13][0], expected[14][0]), (65_280.0, 65_535.0));
        for (i, scaled) in expected[12].iter().enumerate() {
            let n = ((i as f32 - 7.5) * 1.25).round_ties_even() as i32;
            assert_eq!(*scaled, (0.1 + i as f32) * 2.0_f32.powi(n));
        }
        let bits = |all: Vec<Lanes>| all.into_iter().map(|lanes| lanes.map(f32::to_bits)).collect::<Vec<_>>();
        let expected = bits(expected);
        for kernel in Kernel::available() {
            assert_eq!(bits(kernel.run(Everything)), expected, "{}", kernel.name());
        }
    }
}
