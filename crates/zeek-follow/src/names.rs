//! What the name of a log's file tells: which log, when it was opened, by which logger.
//!
//! Nothing of it decides which log a file is, as names change and repeat: in the night when clocks are set back, two logs have
//! the same one. Times in names put logs in order, no more. Names that Zeek and its tools give:
//!
//! - `conn.log` (live), `conn.00:00:00-current.log` (zeekctl's link to it)
//! - `conn-2024-05-01-23-00-00.log` (rotated, not archived yet)
//! - `2024-05-01/conn.23:00:00-00:00:00.log.gz` (zeekctl, zeek-archiver), with several loggers
//!   `conn.23:00:00-00:00:00-logger-1.log.gz`; `-1` and so on for one that would have had the name of another
//! - `conn__2024-05-01-23-00-00__2024-05-02-00-00-00__.log` (supervised clusters), with several loggers
//!   `..__log_suffix=logger-1__.log` or `..__logger-1__.log`

use std::path::Path;
use std::sync::Arc;

/// When a log was opened, by the local time in its name: `(yyyymmdd, hhmmss)`, the day 0 where it isn't named.
pub(crate) type Opened = (u32, u32);

/// Seconds from one opening time to another.
pub(crate) fn seconds_between((day, time): Opened, (other_day, other_time): Opened) -> i64 {
    seconds(other_day, other_time) - seconds(day, time)
}

fn seconds(day: u32, time: u32) -> i64 {
    let (year, month, day) = (i64::from(day / 10_000), i64::from(day / 100 % 100), i64::from(day % 100));
    // Days of the calendar, counted from March on, so that the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let (hour, minute, second) =
        (i64::from(time / 10_000), i64::from(time / 100 % 100), i64::from(time % 100));
    days * 86_400 + hour * 3600 + minute * 60 + second
}

/// What a name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogName {
    /// Which of the logs that were asked for.
    pub(crate) log: Arc<str>,
    /// `None` for the live one.
    pub(crate) opened: Option<Opened>,
    /// Counts logs of the same opening time, from zero.
    pub(crate) repeat: u32,
    /// The logger that wrote it; empty where neither name nor folder tells.
    pub(crate) logger: Arc<str>,
    /// The name without that of the log: the same for logs of one hour and one logger, compressed or not.
    pub(crate) stem: Arc<str>,
    /// Whether the name says that it is compressed.
    pub(crate) is_compressed: bool,
}

impl LogName {
    /// Takes a file's name apart; `None` where Zeek gives no such name to any of the logs. `below` says whether its folder lies
    /// below the root.
    pub(crate) fn parse<'l>(
        path: &Path,
        below: bool,
        logs: impl IntoIterator<Item = &'l Arc<str>>,
    ) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("");
        logs.into_iter().find_map(|log| Self::of(name.strip_prefix(&**log)?, log, folder, below))
    }

    fn of(rest: &str, log: &Arc<str>, folder: &str, below: bool) -> Option<Self> {
        let plain = rest.strip_suffix(".gz").or_else(|| rest.strip_suffix(".zst"));
        let is_compressed = plain.is_some();
        let rest = plain.unwrap_or(rest);
        let rest = rest.strip_suffix(".json").unwrap_or(rest).strip_suffix(".log")?;
        let middle = rest.strip_suffix(".json").unwrap_or(rest);
        let day = day_of(folder);
        let (opened, suffix) = if middle.is_empty() {
            (None, String::new())
        } else if let Some(parts) = middle.strip_prefix("__") {
            let mut parts = parts.split("__");
            let opened = dated(parts.next()?)?.0;
            let _closed = parts.next();
            let named = parts.next().unwrap_or("");
            let of_key = named.split(',').find_map(|pair| pair.strip_prefix("log_suffix="));
            // Other pairs, such as the process, change when a logger is started again.
            let plain = if named.contains('=') { "" } else { named };
            (Some(opened), of_key.unwrap_or(plain).to_owned())
        } else {
            let text = middle.strip_prefix(['.', '-'])?;
            if !text.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            match dated(text).or_else(|| timed(text, day)) {
                Some((opened, rest)) => (Some(opened), rest.trim_start_matches('-').to_owned()),
                // A mere number, as tools give that count rotated files.
                None => (Some((day, 0)), String::new()),
            }
        };
        let is_link_to_live = suffix == "current";
        let opened = opened.filter(|_| !is_link_to_live);
        // A live log in a folder of a day has been put there by hand; a compressed one is nobody's live log.
        let opened = opened.or_else(|| (!is_link_to_live && (day > 0 || is_compressed)).then_some((day, 0)));
        let repeat = suffix.parse().ok();
        let logger = match &suffix[..] {
            name if !name.is_empty() && repeat.is_none() && !is_link_to_live => name,
            _ if below && day == 0 && folder != "current" => folder,
            _ => "",
        };
        Some(Self {
            log: Arc::clone(log),
            opened,
            repeat: repeat.unwrap_or(0),
            logger: logger.into(),
            stem: middle.into(),
            is_compressed,
        })
    }

    /// Whether Zeek is still writing it, by its name.
    pub(crate) fn is_live(&self) -> bool {
        self.opened.is_none()
    }
}

/// The day that a folder is named after, as `yyyymmdd`; 0 for other folders.
fn day_of(folder: &str) -> u32 {
    let bytes = folder.as_bytes();
    let is_day = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if is_day { folder.replace('-', "").parse().unwrap_or(0) } else { 0 }
}

/// `yyyy-mm-dd-hh-mm-ss` with any separators, and what follows it.
fn dated(text: &str) -> Option<(Opened, &str)> {
    let (numbers, rest) = numbers::<6>(text)?;
    let [year, month, day, hour, minute, second] = numbers;
    (year >= 1000)
        .then_some(((year * 10_000 + month * 100 + day, hour * 10_000 + minute * 100 + second), rest))
}

/// `hh:mm:ss-hh:mm:ss` of a day, and what follows it.
fn timed(text: &str, day: u32) -> Option<(Opened, &str)> {
    let ([hour, minute, second], rest) = numbers::<3>(text)?;
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let rest = numbers::<3>(rest).map_or(rest, |(_, rest)| rest);
    Some(((day, hour * 10_000 + minute * 100 + second), rest))
}

/// Numbers of at most four digits with one separator between two of them, and what follows the last.
fn numbers<const N: usize>(text: &str) -> Option<([u32; N], &str)> {
    let mut numbers = [0; N];
    let mut rest = text;
    for (i, number) in numbers.iter_mut().enumerate() {
        if i > 0 {
            rest = rest.strip_prefix([':', '-', '_', '.'])?;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 4 || i > 0 && digits > 2 {
            return None;
        }
        *number = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
    }
    Some((numbers, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Option<LogName> {
        let logs = ["conn", "dns", "files", "smb_files"].map(Arc::from);
        LogName::parse(Path::new(path), true, &logs)
    }

    #[test]
    fn names_as_zeek_and_its_tools_give_them() {
        let check = |path: &str, log: &str, opened: Option<Opened>, logger: &str, repeat: u32| {
            let name = parse(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(
                (&*name.log, name.opened, &*name.logger, name.repeat),
                (log, opened, logger, repeat),
                "{path}"
            );
        };
        let hour = Some((20_240_501, 230_000));
        check("current/conn.log", "conn", None, "", 0);
        check("spool/logger-1/conn.log", "conn", None, "logger-1", 0);
        check("current/smb_files.log", "smb_files", None, "", 0);
        check("2024-05-01/conn.23:00:00-current.log", "conn", None, "", 0);
        check("current/conn-2024-05-01-23-00-00.log", "conn", hour, "", 0);
        check("2024-05-01/conn.23:00:00-00:00:00.log.gz", "conn", hour, "", 0);
        check("2024-05-01/conn.23_00_00-00_00_00.log.zst", "conn", hour, "", 0);
        check("2024-05-01/conn.23:00:00-00:00:00-logger-1.log.gz", "conn", hour, "logger-1", 0);
        check("2024-05-01/conn.23:00:00-00:00:00-1.log.gz", "conn", hour, "", 1);
        check("log/conn.2024-05-01-23-00-00.log", "conn", hour, "log", 0);
        check("log/conn__2024-05-01-23-00-00__2024-05-02-00-00-00__.log", "conn", hour, "log", 0);
        let named = "log/conn__2024-05-01-23-00-00__2024-05-02-00-00-00__logger-1__.log";
        check(named, "conn", hour, "logger-1", 0);
        let keyed = "log/dns__2024-05-01-23-00-00__2024-05-02-00-00-00__log_suffix=logger-2,pid=7__.log.gz";
        check(keyed, "dns", hour, "logger-2", 0);
        check("2024-05-01/conn.log", "conn", Some((20_240_501, 0)), "", 0);
        check("old/conn.log.gz", "conn", Some((0, 0)), "old", 0);
    }

    #[test]
    fn other_names() {
        for name in [
            "conn-summary.log",
            "conn_long.log",
            "open_conn.log",
            ".tmp.conn.23:00:00-00:00:00.log.gz",
            "conn.log.tmp",
            "conn.log.gz.part",
            "connections.log",
            "ssl.log",
        ] {
            assert_eq!(parse(&format!("2024-05-01/{name}")), None, "{name}");
        }
    }

    #[test]
    fn logs_of_one_hour_share_what_follows_their_names() {
        let stem = |path: &str| parse(path).unwrap().stem;
        assert_eq!(stem("a/conn.23:00:00-00:00:00.log.gz"), stem("a/dns.23:00:00-00:00:00.log"));
        assert_ne!(stem("a/conn.23:00:00-00:00:00-l1.log"), stem("a/dns.23:00:00-00:00:00-l2.log"));
    }
}
