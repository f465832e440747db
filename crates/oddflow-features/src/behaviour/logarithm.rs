//! ln(1 + x) of many values at once.
//!
//! Every row has some forty of them. A polynomial over plain arrays is compiled to vector instructions, where the mathematical
//! library takes one value at a time; it also gives the same bits on every machine.

/// Replaces each value x, above -1, by ln(1 + x). The error is below 3e-7 of the result or of 1, whichever is more.
#[inline]
pub(crate) fn ln_1p(values: &mut [f32]) {
    for value in values {
        *value = one(*value);
    }
}

/// ln(1 + x) for one value x, above -1.
#[inline]
pub(crate) fn one(x: f32) -> f32 {
    // Cephes' logf (Moshier 1989): 1 + x = 2^e * m with m in [sqrt(1/2), sqrt(2)), and a polynomial in m - 1.
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let bits = (1.0 + x).to_bits();
    let shifted = bits.wrapping_sub(SQRT_HALF);
    let exponent = (shifted as i32 >> 23) as f32;
    let m = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(SQRT_HALF)) - 1.0;
    let mut p = 7.037_683_6e-2;
    for c in [
        -1.151_461e-1,
        1.167_699_87e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        0.333_333_3,
    ] {
        p = p * m + c;
    }
    let square = m * m;
    let tail = m * square * p - 0.5 * square + exponent * -2.121_944_4e-4;
    m + tail + exponent * 0.693_359_4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_library_has_it() {
        let mut x = 0.0_f32;
        while x < 1e13 {
            let exact = f64::from(x).ln_1p();
            let found = f64::from(one(x));
            assert!((found - exact).abs() <= 3e-7 * exact.max(1.0), "{x}: {found} {exact}");
            x = x * 1.01 + 1e-4;
        }
        assert_eq!(one(0.0), 0.0);
    }
}
