//! Numbers and times as people read them.

use jiff::Timestamp;
use oddflow_detector::behaviour::Forecast;

/// Name of a log that came from standard input.
const STDIN: &str = "standard input";

/// A whole number with commas: `1,243,021`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`, `1,243,021 rows`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// What a budget is expected to let through: `13.8 incidents a day, most likely 10.8 to 17.4`.
pub(crate) fn forecast(forecast: &Forecast) -> String {
    let expected = a_day(forecast.expected);
    match (number(forecast.low), number(forecast.high)) {
        (low, high) if low == high => format!("{expected}, as many as the budget lets through"),
        (low, high) => format!("{expected}, most likely {low} to {high}"),
    }
}

/// Incidents a day: `13.8 incidents a day`.
pub(crate) fn a_day(incidents: f64) -> String {
    let written = number(incidents);
    let s = if written == "1" { "" } else { "s" };
    format!("{written} incident{s} a day")
}

/// Seconds since the Unix epoch as a UTC time to the second: `2025-02-21 06:55:01`.
pub(crate) fn time(seconds: f64) -> String {
    Timestamp::from_second(seconds.floor() as i64)
        .map_or_else(|_| format!("{seconds}"), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A day since 1970 as a date: `2025-02-21`.
pub(crate) fn date(day: i64) -> String {
    time(day as f64 * 86_400.0).split(' ').next().unwrap_or_default().into()
}

/// From the first time to the last.
pub(crate) fn span(span: Option<(f64, f64)>) -> String {
    span.map_or_else(|| "no rows".into(), |(first, last)| format!("{} to {} UTC", time(first), time(last)))
}

/// A number to some three significant digits, without needless zeros: `0.0123`, `4.5`, `1,234`.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value.fract() == 0.0 && magnitude < 1e15 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", thousands(magnitude as u64));
    }
    let decimals = match magnitude {
        1000.0.. => {
            return format!("{}{}", if value < 0.0 { "-" } else { "" }, thousands(magnitude.round() as u64));
        }
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        0.01.. => 4,
        1e-6.. => 6,
        _ => return format!("{value:.2e}"),
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// A word of a shell's command line, in quotes where it must be.
pub(crate) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,=@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Text from a log as it may be printed to a terminal: what is not printable, escape sequences above all, is shown as such.
pub(crate) fn visible(text: &str) -> String {
    if text.chars().any(char::is_control) { text.escape_debug().to_string() } else { text.into() }
}

/// A point in time from what a user types: a date, a date and time, RFC 3339, or seconds since the Unix epoch.
pub(crate) fn parse_time(text: &str) -> Result<f64, String> {
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.is_finite()
    {
        return Ok(seconds);
    }
    let timestamp = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    match timestamp {
        Some(timestamp) => Ok(timestamp.as_microsecond() as f64 / 1e6),
        None => {
            Err("give a date (2025-02-21), a date and time (2025-02-21T06:30, taken as UTC) or epoch seconds"
                .into())
        }
    }
}

/// A size in bytes from what a user types: `1GiB`, `512M`, `4096`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => 0,
    };
    let size =
        digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|&size| size > 0);
    size.ok_or_else(|| "give a size such as 512MiB or 1GiB".into())
}

/// Incidents a day: `10`, `10/day`, `0.5/day`.
pub(crate) fn parse_budget(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix("/day").unwrap_or(text).trim();
    match number.parse::<f64>() {
        Ok(budget) if budget > 0.0 && budget <= 10_000.0 => Ok(budget),
        _ => Err("expected incidents a day, such as 20 or 20/day".into()),
    }
}

/// A share from what a user types: `5%` or `0.05`, above 0 and below 1.
pub(crate) fn parse_share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    };
    share
        .ok()
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| "give a share such as 5% or 0.05".into())
}

/// An address and a port as one writes them: `10.0.0.1:53`, `[fe80::1]:53`.
pub(crate) fn endpoint(address: &str, port: Option<u16>) -> String {
    match port {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address.into(),
    }
}

/// A line to paste that shows a row in its log; `None` for a row that came from standard input.
///
/// A terminal acts on control characters, whatever quotes they are in: a uid that has some is left out, and of a file whose name has
/// some there is no such line.
pub(crate) fn row_command(file: &str, uid: &str, line: u64) -> Option<String> {
    if file == STDIN || file.chars().any(char::is_control) {
        return None;
    }
    let reader = match file.rsplit('.').next() {
        Some("gz") => "zcat",
        Some("zst") => "zstdcat",
        _ => "cat",
    };
    let file = shell(file);
    Some(if uid.is_empty() || uid.chars().any(char::is_control) {
        format!("{reader} -- {file} | sed -n {line}p")
    } else {
        format!("{reader} -- {file} | grep -F -e {}", shell(uid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(1_243_021), "1,243,021");
        assert_eq!(counted(1, "row"), "1 row");
        for (value, text) in [
            (0.0, "0"),
            (-3.0, "-3"),
            (1234.5, "1,235"),
            (123.4, "123"),
            (12.34, "12.3"),
            (1.234, "1.23"),
            (0.5, "0.5"),
            (0.012_34, "0.0123"),
            (0.000_123, "0.000123"),
            (1e-9, "1.00e-9"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn words_are_safe_for_shells_and_terminals() {
        assert_eq!(shell("logs/conn.00:00:00-01:00:00.log.gz"), "logs/conn.00:00:00-01:00:00.log.gz");
        assert_eq!(shell("my db"), "'my db'");
        assert_eq!(shell("it's"), "'it'\\''s'");
        assert_eq!(visible("plain é"), "plain é");
        assert_eq!(visible("\u{1b}[31m"), "\\u{1b}[31m");
    }

    #[test]
    fn what_is_pasted_does_nothing_but_what_is_seen() {
        let command = |file, uid| row_command(file, uid, 9);
        assert_eq!(command("conn.log", "C1").as_deref(), Some("cat -- conn.log | grep -F -e C1"));
        let by_line = Some("cat -- conn.log | sed -n 9p".to_owned());
        assert_eq!(command("conn.log", ""), by_line);
        for uid in ["C1\u{3}", "C1\nrm x", "\u{1b}[201~rm x\r", "C1\u{9b}201~"] {
            assert_eq!(command("conn.log", uid), by_line, "{uid:?}");
            assert_eq!(command(uid, "C1"), None, "{uid:?}");
        }
    }

    #[test]
    fn times_and_sizes_are_taken_as_people_type_them() {
        assert_eq!(time(1_740_096_000.9), "2025-02-21 00:00:00");
        assert_eq!(parse_time("2025-02-21"), Ok(1_740_096_000.0));
        assert_eq!(parse_time("2025-02-21T00:00:10"), Ok(1_740_096_010.0));
        assert_eq!(parse_time("2025-02-21T01:00:00+01:00"), Ok(1_740_096_000.0));
        assert_eq!(parse_time("1740096000.5"), Ok(1_740_096_000.5));
        assert!(parse_time("yesterday").is_err());
        assert_eq!(parse_size("1GiB"), Ok(1 << 30));
        assert_eq!(parse_size("512M"), Ok(512 << 20));
        assert!(parse_size("0").is_err() && parse_size("1x").is_err() && parse_size("").is_err());
        assert_eq!(parse_share("5%"), Ok(0.05));
        assert!(parse_share("100%").is_err() && parse_share("x").is_err());
    }

    #[test]
    fn endpoints_read_well() {
        assert_eq!(endpoint("10.0.0.1", Some(53)), "10.0.0.1:53");
        assert_eq!(endpoint("fe80::1", Some(53)), "[fe80::1]:53");
    }
}
