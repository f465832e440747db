//! Numbers in words, for sentences.

/// A whole number with its thousands parted: `1,243,021`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what it counts: `1 host`, `2 hosts`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Bytes in decimal units: `1.2 GB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return counted(number, "byte", "bytes");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(value < 99.5);
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A length of time in seconds: `0.25 s`, `3 min 20 s`, `5 h 2 min`, `3 d 4 h`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if seconds < 59.995 {
        let text = format!("{seconds:.2}");
        return format!("{} s", text.trim_end_matches('0').trim_end_matches('.'));
    }
    let whole = seconds.round() as u64;
    let (large, small) = match whole {
        0..3600 => ((whole / 60, "min"), (whole % 60, "s")),
        // The hours beside a single day would say too little of it.
        3600..172_800 => ((whole / 3600, "h"), (whole % 3600 / 60, "min")),
        _ => ((whole / 86_400, "d"), (whole % 86_400 / 3600, "h")),
    };
    let large = format!("{} {}", count(large.0), large.1);
    if small.0 == 0 { large } else { format!("{large} {} {}", small.0, small.1) }
}

/// A share as a percentage: `12.3%`, `0.02%`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = match percent {
        p if p == 0.0 || p >= 99.95 => 0,
        p if p >= 1.0 => 1,
        p if p >= 0.1 => 2,
        _ => 3,
    };
    format!("{percent:.digits$}%")
}

/// Words joined by commas and a last `and`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_243_021].map(count), ["0", "999", "1,000", "1,243,021"]);
        assert_eq!(
            [1, 999, 1000, 999_499, 999_500, 12_345_678_901].map(bytes),
            ["1 byte", "999 bytes", "1.0 kB", "999 kB", "1.0 MB", "12.3 GB"]
        );
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(
            [0.0, 0.25, 59.99, 59.999, 200.0, 18_120.0, 86_400.0, 273_600.0].map(duration),
            ["0 s", "0.25 s", "59.99 s", "1 min", "3 min 20 s", "5 h 2 min", "24 h", "3 d 4 h"]
        );
        assert_eq!([0.0, 0.00021, 0.0123, 0.5, 1.0].map(percent), ["0%", "0.021%", "1.2%", "50.0%", "100%"]);
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
