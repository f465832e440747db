//! Numbers as a reader wants them: counts in groups of three, values to three digits, ticks as short as they can be
//! (k, M, G above a thousand; powers of ten below a ten-thousandth).

/// A count with its digits in groups of three: `1,243,021`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with the noun it counts: `1 row`, `2 rows`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A value to three significant digits: `0.0213`, `1.23`, `12,300`, `4.56×10⁻⁷`.
pub(crate) fn value(v: f64) -> String {
    significant(v, 3, false)
}

/// The label of a tick: `0`, `0.05`, `20`, `5k`, `1M`, `10⁻⁵`.
pub(crate) fn tick(v: f64) -> String {
    // A tick is a round number; the digits beyond the sixth are what adding steps left behind.
    let magnitude = v.abs();
    for (unit, suffix) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if magnitude >= unit && magnitude < unit * 1e3 {
            return format!("{}{suffix}", trimmed(v / unit, 3));
        }
    }
    significant(v, 6, true)
}

/// A value to three digits in the largest of `units` that it holds, the smallest unit first: `1.24 GB`. Beyond what
/// the units reach it is a power of ten.
pub(crate) fn scaled(v: f64, units: &[(f64, &str)]) -> String {
    // The slack is for what would be rounded up to the next unit: 999.9 kB is 1.00 MB.
    let fits = |unit: &&(f64, &str)| v.abs() * 1.0005 >= unit.0;
    let Some(&(unit, name)) = units.iter().rev().find(fits).or(units.first()) else {
        return value(v);
    };
    let scaled = v / unit;
    if scaled.fract() == 0.0 && scaled.abs() < 1000.0 {
        return format!("{} {name}", trimmed(scaled, 0));
    }
    format!("{} {name}", significant(scaled, 3, false))
}

/// A number with exactly `decimals` decimals: `1.10`, `−0.5`.
pub(crate) fn fixed(v: f64, decimals: usize) -> String {
    let text = format!("{v:.decimals$}").replace('-', "−");
    // What adding steps left of zero has a sign that zero hasn't.
    if text.trim_start_matches('−').trim_matches(['0', '.']).is_empty() {
        text.replace('−', "")
    } else {
        text
    }
}

/// How many decimals a round step has: 2 for 0.05, none from 1 on.
pub(crate) fn decimals(step: f64) -> usize {
    // The slack keeps 0.1 from needing two where it arrives as 0.099…99.
    (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 15.0) as usize
}

/// A share of a whole as a percentage: `1.00%`, `0.012%`, `100%`. An empty whole has no share.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".into();
    }
    share_of(part as f64 / whole as f64)
}

/// A share between 0 and 1 as a percentage.
pub(crate) fn share_of(share: f64) -> String {
    match 100.0 * share {
        p if p == 0.0 || p == 100.0 => format!("{p:.0}%"),
        p if p < 0.1 => format!("{p:.3}%"),
        p if p < 10.0 => format!("{p:.2}%"),
        p => format!("{p:.1}%"),
    }
}

/// `v` to `digits` significant digits, as a power of ten where zeros would have to be counted.
fn significant(v: f64, digits: i32, trim: bool) -> String {
    if v == 0.0 {
        return "0".into();
    }
    if !v.is_finite() {
        return if v.is_nan() { "NaN".into() } else { format!("{}∞", if v < 0.0 { "−" } else { "" }) };
    }
    // Rounding first: 9.996 has three digits as 10.0, not as 10.00.
    let scientific = format!("{v:.*e}", usize::try_from(digits - 1).unwrap_or(0));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..=5).contains(&exponent) {
        let mantissa = strip_zeros(mantissa).replace('-', "−");
        let power = format!("10{}", superscript(exponent));
        return match mantissa.as_str() {
            "1" => power,
            "−1" => format!("−{power}"),
            m => format!("{m}×{power}"),
        };
    }
    let decimals = usize::try_from(digits - 1 - exponent).unwrap_or(0);
    if trim {
        return trimmed(v, decimals);
    }
    let text = format!("{v:.decimals$}");
    match text.parse::<u64>() {
        Ok(whole) if whole >= 1000 => count(whole),
        _ => text.replace('-', "−"),
    }
}

/// `v` with at most `decimals` decimals and no zeros at the end.
fn trimmed(v: f64, decimals: usize) -> String {
    strip_zeros(&format!("{v:.decimals$}")).replace('-', "−")
}

fn strip_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn superscript(n: i32) -> String {
    let raise = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        // The other superscripts follow one another in Unicode from U+2070.
        c => char::from_u32(0x2070 + c.to_digit(10).unwrap_or(0)).unwrap_or(c),
    };
    n.to_string().chars().map(raise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_243_021, "1,243,021")];
        for (n, expected) in cases {
            assert_eq!(count(n), expected);
        }
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
    }

    #[test]
    fn values_have_three_digits() {
        let cases = [
            (0.0, "0"),
            (1.234, "1.23"),
            (9.996, "10.0"),
            (0.021_34, "0.0213"),
            (0.000_2, "0.000200"),
            (123.4, "123"),
            (12_345.0, "12,345"),
            (-0.5, "−0.500"),
            (4.56e-7, "4.56×10⁻⁷"),
            (1e-6, "10⁻⁶"),
            (-1e9, "−10⁹"),
            (2.5e12, "2.5×10¹²"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (v, expected) in cases {
            assert_eq!(value(v), expected, "{v}");
        }
    }

    #[test]
    fn ticks_are_short() {
        let cases = [
            (0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (-2.5, "−2.5"),
            (20.0, "20"),
            (999.0, "999"),
            (1_000.0, "1k"),
            (2_500.0, "2.5k"),
            (500_000.0, "500k"),
            (1e6, "1M"),
            (2e10, "20G"),
            (1e12, "10¹²"),
            (0.001, "0.001"),
            (0.0001, "0.0001"),
            (1e-5, "10⁻⁵"),
            (2e-8, "2×10⁻⁸"),
        ];
        for (v, expected) in cases {
            assert_eq!(tick(v), expected, "{v}");
        }
    }

    #[test]
    fn fixed_numbers_have_their_decimals() {
        assert_eq!(fixed(1.1, 2), "1.10");
        assert_eq!(fixed(-0.5, 1), "−0.5");
        assert_eq!(fixed(-1e-17, 1), "0.0");
        for (step, expected) in [(0.05, 2), (0.1, 1), (0.2, 1), (1.0, 0), (50.0, 0)] {
            assert_eq!(decimals(step), expected, "{step}");
        }
    }

    #[test]
    fn shares_keep_the_digits_that_matter() {
        let cases = [
            (0, 0, "0%"),
            (0, 5, "0%"),
            (5, 5, "100%"),
            (1, 100, "1.00%"),
            (1, 10_000, "0.010%"),
            (1, 3, "33.3%"),
        ];
        for (part, whole, expected) in cases {
            assert_eq!(share(part, whole), expected);
        }
    }
}
