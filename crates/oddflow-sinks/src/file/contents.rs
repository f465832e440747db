//! What stands in a log: header, lines and footer of each format, and by what a log that is found again is known.

use std::io::{self, BufRead};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use zeek_log::Schema;
use zeek_log::write::{Format, Writer};

use crate::Notice;
use crate::format::{ecs, notice_log, zeek};

/// What a log file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// [`zeek`]: `oddflow.log`.
    Zeek,
    /// [`notice_log`]: the shape of Zeek's `notice.log`.
    Notice,
    /// [`ecs`]: JSON lines.
    Ecs,
}

/// What a file that is already there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing, or a header that was cut: it is begun anew.
    Nothing,
    /// A log of ours, opened then, that can be gone on with.
    Current(Timestamp),
    /// A log of ours with other columns.
    Outdated(Timestamp),
    /// A log of ours that was closed, but not yet put away.
    Closed {
        /// Opened then.
        open: Timestamp,
        /// Closed then.
        close: Timestamp,
    },
    /// Somebody else's.
    Foreign,
}

/// The longest line that is looked at to recognise a log; none of ours comes near.
const LONGEST_LINE: u64 = 16 << 20;
/// Lines that may stand before the first row; a header has eight.
const MOST_HEADER_LINES: usize = 32;

impl LogFormat {
    fn schema(self) -> Option<Schema> {
        match self {
            Self::Zeek => Some(zeek::schema()),
            Self::Notice => Some(notice_log::schema()),
            Self::Ecs => None,
        }
    }

    /// What stands before the rows.
    pub(super) fn head(self, open: Timestamp) -> io::Result<Vec<u8>> {
        match self.schema() {
            Some(schema) => Writer::new(Vec::new(), &schema, Format::Tsv, Some(open))?.finish(None),
            None => Ok(Vec::new()),
        }
    }

    /// A line a notice.
    pub(super) fn rows(self, notices: &[Notice], now: Timestamp) -> io::Result<Vec<u8>> {
        match self {
            Self::Zeek => tsv(&zeek::schema(), notices, |notice, log| zeek::row(notice, |row| log.row(row))),
            Self::Notice => {
                tsv(&notice_log::schema(), notices, |notice, log| notice_log::row(notice, |row| log.row(row)))
            }
            Self::Ecs => {
                let mut rows = Vec::new();
                for notice in notices {
                    rows.extend_from_slice(ecs::line(notice, now).as_bytes());
                    rows.push(b'\n');
                }
                Ok(rows)
            }
        }
    }

    /// What stands behind the rows.
    pub(super) fn foot(self, close: Timestamp) -> Vec<u8> {
        match self {
            Self::Zeek | Self::Notice => format!("#close\t{}\n", zeek_time(close)).into_bytes(),
            Self::Ecs => Vec::new(),
        }
    }

    /// Whether a file that holds but this, without a line end, may be a log of ours that was cut off.
    pub(super) fn may_begin_with(self, text: &[u8]) -> bool {
        let begin: &[u8] = match self {
            Self::Zeek | Self::Notice => b"#separator \\x09",
            Self::Ecs => b"{\"@timestamp\":\"",
        };
        begin.starts_with(text) || self == Self::Ecs && text.starts_with(begin)
    }

    /// Recognises a log by how it begins, and by its last whole line.
    pub(super) fn recognise(self, begin: impl BufRead, last: &[u8]) -> io::Result<Found> {
        match self.schema() {
            Some(_) => self.recognise_tsv(begin, last),
            None => recognise_ecs(begin),
        }
    }

    fn recognise_tsv(self, begin: impl BufRead, last: &[u8]) -> io::Result<Found> {
        // The header as it would be written at any time: all of its lines but `#open`.
        let own = self.head(Timestamp::UNIX_EPOCH)?;
        let own: Vec<&[u8]> = own.split_inclusive(|&b| b == b'\n').collect();
        let (mut header, mut first_row) = (Vec::new(), Vec::new());
        let mut begin = begin.take(LONGEST_LINE);
        for _ in 0..MOST_HEADER_LINES {
            let mut line = Vec::new();
            begin.read_until(b'\n', &mut line)?;
            if !line.starts_with(b"#") || line.starts_with(b"#close") {
                first_row = line;
                break;
            }
            header.push(line);
        }
        let is_open = |line: &[u8]| line.starts_with(b"#open\t");
        let whole = header.iter().all(|line| own.contains(&line.as_slice()) || is_open(line));
        if first_row.is_empty() && (whole || header.is_empty()) && header.len() < own.len() {
            return Ok(Found::Nothing);
        }
        let path = own.iter().find(|line| line.starts_with(b"#path\t")).copied().unwrap_or_default();
        if !header.iter().any(|line| line == path) {
            return Ok(Found::Foreign);
        }
        // Zeek's own notice.log has the same header; its rows tell.
        let is_row = !first_row.is_empty() && !first_row.starts_with(b"#close");
        if self == Self::Notice && is_row && !contains(&first_row, b"\tOddflow::") {
            return Ok(Found::Foreign);
        }
        let open = header.iter().find(|line| is_open(line)).and_then(|line| read_zeek_time(&line[6..]));
        let Some(open) = open else { return Ok(Found::Foreign) };
        let is_current = header.len() == own.len() && whole;
        Ok(match last.strip_prefix(b"#close\t").and_then(read_zeek_time) {
            Some(close) => Found::Closed { open, close },
            None if is_current => Found::Current(open),
            None => Found::Outdated(open),
        })
    }
}

fn tsv(
    schema: &Schema,
    notices: &[Notice],
    row: impl Fn(&Notice, &mut Writer<Vec<u8>>) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    // The writer begins with a header. It is flushed into a buffer of its own, and only rows follow.
    let mut log = Writer::new(Vec::new(), schema, Format::Tsv, None)?;
    for notice in notices {
        row(notice, &mut log)?;
    }
    let written = log.finish(None)?;
    let header = Writer::new(Vec::new(), schema, Format::Tsv, None)?.finish(None)?;
    Ok(written[header.len()..].to_vec())
}

fn recognise_ecs(begin: impl BufRead) -> io::Result<Found> {
    let mut line = Vec::new();
    begin.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(Found::Nothing);
    }
    let Ok(line) = serde_json::from_slice::<serde_json::Value>(&line) else { return Ok(Found::Foreign) };
    let event = &line["event"];
    let created = event["created"].as_str().and_then(|time| time.parse().ok());
    Ok(match created {
        Some(created) if event["module"] == "oddflow" => Found::Current(created),
        _ => Found::Foreign,
    })
}

/// The time of `#open` and `#close`, in UTC.
fn zeek_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H-%M-%S").to_string()
}

fn read_zeek_time(text: &[u8]) -> Option<Timestamp> {
    let text = str::from_utf8(text).ok()?.trim_end();
    let time = DateTime::strptime("%Y-%m-%d-%H-%M-%S", text).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
