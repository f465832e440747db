//! What can be typed to hide incidents, to judge them, and to have old ones go.

use std::path::PathBuf;

use clap::Args;

use crate::text::parse_time;

#[derive(Args)]
pub(crate) struct SuppressArguments {
    /// Which rows are meant, such as 'host == 10.0.0.9 && domain == example.com': docs/filter.md. An incident is hidden if each
    /// of its stored rows is
    #[arg(value_name = "EXPRESSION")]
    pub(crate) expression: String,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present = "preview")]
    pub(crate) reason: Option<String>,
    /// Incidents raised from then on are shown again: a time from now (30d, 12h, 4w), a date or a time (UTC), or never
    #[arg(long, value_name = "WHEN", default_value = "30d", value_parser = parse_expiry)]
    pub(crate) expires: Expiry,
    /// What it hides is known and bad: its rows must not pass for normal in a later training
    #[arg(long)]
    pub(crate) malicious: bool,
    /// Only say what it would hide
    #[arg(long)]
    pub(crate) preview: bool,
    /// Of how many days before the newest incident the preview tells
    #[arg(long, value_name = "N", default_value_t = 7.0, value_parser = parse_days, requires = "preview")]
    pub(crate) days: f64,
}

/// When a rule ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Expiry {
    /// So many seconds from now.
    After(f64),
    /// At this time, in seconds since 1970.
    At(f64),
    Never,
}

#[derive(Args)]
pub(crate) struct SuppressionsArguments {
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// A JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct UnsuppressArguments {
    /// The rule's number
    pub(crate) id: i64,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
}

#[derive(Args)]
pub(crate) struct JudgeArguments {
    /// The incidents' numbers
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<i64>,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// What there is to say of them
    #[arg(long, value_name = "TEXT", conflicts_with = "undo")]
    pub(crate) note: Option<String>,
    /// Take back what was said of them
    #[arg(long)]
    pub(crate) undo: bool,
}

#[derive(Args)]
pub(crate) struct ExpireArguments {
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Incidents and alerts that ended so many days before the newest row that was read go
    #[arg(long, value_name = "N", value_parser = parse_days)]
    pub(crate) days: f64,
    /// It is forgotten that logs were read that ended so many days before, where their files are gone (default: all are kept)
    #[arg(long, value_name = "N", value_parser = parse_days)]
    pub(crate) log_days: Option<f64>,
}

fn parse_days(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('d').parse::<f64>() {
        Ok(days) if days.is_finite() && days >= 0.0 => Ok(days),
        _ => Err("give a number of days such as 7".into()),
    }
}

fn parse_expiry(text: &str) -> Result<Expiry, String> {
    if text.eq_ignore_ascii_case("never") {
        return Ok(Expiry::Never);
    }
    let units = [('m', 60.0), ('h', 3600.0), ('d', 86_400.0), ('w', 604_800.0)];
    for (unit, seconds) in units {
        if let Some(Ok(count)) = text.strip_suffix(unit).map(str::parse::<f64>)
            && count.is_finite()
            && count >= 0.0
        {
            return Ok(Expiry::After(count * seconds));
        }
    }
    parse_time(text)
        .map(Expiry::At)
        .map_err(|_| "give a time from now (30d, 12h, 4w), a date, or never".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_from_now_dates_and_never() {
        assert_eq!(parse_expiry("30d"), Ok(Expiry::After(2_592_000.0)));
        assert_eq!(parse_expiry("12h"), Ok(Expiry::After(43_200.0)));
        assert_eq!(parse_expiry("1.5w"), Ok(Expiry::After(907_200.0)));
        assert_eq!(parse_expiry("2026-03-06"), Ok(Expiry::At(1_772_755_200.0)));
        assert_eq!(parse_expiry("Never"), Ok(Expiry::Never));
        for text in ["", "soon", "-1d", "NaNd", "infd", "30 days"] {
            assert!(parse_expiry(text).is_err(), "{text}");
        }
        assert!(parse_days("7d").is_ok() && parse_days("-1").is_err() && parse_days("NaN").is_err());
    }
}
