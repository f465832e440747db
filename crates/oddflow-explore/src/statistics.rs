//! What an exploration comes to: plain numbers and words, in the shape that `oddflow explore --json` prints.
//!
//! Times are seconds since the Unix epoch (UTC), durations seconds, shares fractions from 0 to 1. Lists are sorted, ties by name,
//! so that the same rows give the same bytes. What is not exact says so: [`Distinct::error`], [`Column::relative_error`], and all
//! together in [`Statistics::precision`].

mod finding;
mod host;
mod score;

use serde::Serialize;

pub use finding::{Evidence, Finding, FindingKind, Section};
pub use host::{DayCount, HostStatistics, Peer, PortCount, SourcePorts};
pub use score::{HighScore, ScoreGroup, Scores};

/// The version of the shape below. It rises when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// Everything that is known about some rows of `conn.log`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// [`VERSION`].
    pub version: u32,
    /// The time zone that days and hours are told in, an IANA name or an offset.
    pub zone: String,
    /// What a person must know before trusting anything.
    pub overview: Overview,
    /// Which numeric columns rise and fall together.
    pub correlations: Correlations,
    /// The distribution of each numeric column, in the order of [`Correlations::columns`].
    pub columns: Vec<Column>,
    /// Traffic in time.
    pub time: Time,
    /// The most frequent values.
    pub top: Top,
    /// The host that was asked for; `None` where none was.
    pub host: Option<HostStatistics>,
    /// The busiest local hosts without the one that was asked for, at most twelve; where no address is local, the busiest originators.
    pub hosts: Vec<HostStatistics>,
    /// What stands out: ten findings, one of each [`FindingKind`], in that order; none where there are no rows.
    pub findings: Vec<Finding>,
    /// What a model makes of the rows; `None` where none was asked.
    pub scores: Option<Scores>,
    /// For each kind of number whether it is exact, and with what error if it isn't.
    pub precision: Vec<Precision>,
}

/// What a person must know before trusting anything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// Rows that could be read.
    pub rows: u64,
    /// What could not be read, and from how much it was read.
    pub health: Health,
    /// Start of the earliest connection, of those that are in [`Time`].
    pub first: Option<f64>,
    /// Start of the latest connection, of those that are in [`Time`].
    pub last: Option<f64>,
    /// From `first` to `last`.
    pub seconds: f64,
    /// From the end of the first connection to the end of the last: the time that the logs cover, as Zeek writes a row when its
    /// connection ends. Connections that began before are few, and all long.
    pub covered: Option<[f64; 2]>,
    /// Silences longer than `gap_threshold`, in time order, at most a hundred.
    pub gaps: Vec<Gap>,
    /// How many such silences there are.
    pub gap_count: u64,
    /// A silence longer than this is a gap: [`Overview::gap_multiple`] times the typical interval, and at least 15 minutes.
    pub gap_threshold: f64,
    /// How many times the typical interval between the ends of two connections makes a gap.
    pub gap_multiple: f64,
    /// Clock hours (UTC) that `covered` touches.
    pub hours: u64,
    /// How many of them have no row, by the ends of connections.
    pub hours_without_rows: u64,
    /// Bytes that the sensor did not see.
    pub missed_bytes: u64,
    /// Rows with missed bytes.
    pub missed_rows: u64,
    /// Share of rows with missed bytes.
    pub missed_share: f64,
    /// How many rows have each column of `conn.log` unset, in Zeek's order.
    pub unset: Vec<Unset>,
    /// Whether Zeek knew its local networks.
    pub local: Locality,
    /// Distinct originators.
    pub sources: Distinct,
    /// Distinct responders.
    pub destinations: Distinct,
    /// Distinct addresses on either side.
    pub addresses: Distinct,
    /// Distinct local addresses.
    pub local_addresses: Distinct,
    /// Rows that have a uid which another row has.
    pub repeats: Repeats,
    /// The order of the rows in time.
    pub clock: Clock,
    /// What Zeek or the network did that is out of the ordinary, one entry a kind, also those that don't occur.
    pub oddities: Vec<Oddity>,
}

/// How the reading went. It comes from whoever read the logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Health {
    /// Logs that were read.
    pub files: u64,
    /// Bytes of text that were read.
    pub bytes: u64,
    /// Rows that were left out by a filter or by their time.
    pub rows_left_out: u64,
    /// Start of the earliest and the latest connection that was left out.
    pub left_out: Option<[f64; 2]>,
    /// The time that was asked for: connections that began from the first on and before the second. `None`: no bound.
    pub asked: [Option<f64>; 2],
    /// Rows of other logs in the same files.
    pub other_rows: u64,
    /// What could not be read, by kind.
    pub problems: Vec<ReadProblem>,
    /// Versions of Zeek, where the logs tell them.
    pub zeek_versions: Vec<String>,
}

/// One kind of thing that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReadProblem {
    /// The kind, such as `cut row`.
    pub kind: String,
    /// How often.
    pub count: u64,
}

/// A silence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// End of the last connection before it.
    pub start: f64,
    /// End of the first connection after it.
    pub end: f64,
    /// Its length.
    pub seconds: f64,
}

/// How often a column is unset or absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unset {
    /// The column, by Zeek's name.
    pub column: &'static str,
    /// Rows that have no value.
    pub rows: u64,
    /// Share of all rows.
    pub share: f64,
}

/// Whether Zeek knew its local networks (`Site::local_nets`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Locality {
    /// Rows with `local_orig` set.
    pub local_orig_set: u64,
    /// Rows with `local_orig` true.
    pub local_orig_true: u64,
    /// Rows with `local_resp` set.
    pub local_resp_set: u64,
    /// Rows with `local_resp` true.
    pub local_resp_true: u64,
    /// The networks that were named as local. Where there are any, they go before what Zeek says.
    pub named: Vec<String>,
    /// Rows of which neither side is local.
    pub without_local: u64,
    /// Share of all rows.
    pub without_local_share: f64,
    /// Networks (/64 of IPv6, /24 of IPv4) that many originators of those rows lie in, most rows first: probably local ones.
    pub likely: Vec<LikelyNetwork>,
    /// What it means, in a sentence or two.
    pub sentence: String,
}

/// A network that is probably local.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LikelyNetwork {
    /// `2001:db8:1:2::/64`.
    pub network: String,
    /// Rows of which neither side is local, and that were originated in it, give or take a four-thousandth of all such rows.
    pub rows: u64,
}

/// Rows that have a uid which another row has. Zeek gives each connection its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeats {
    /// Rows whose uid was looked at.
    pub sampled: u64,
    /// How many of them have a uid that a row above has.
    pub repeated: u64,
    /// `repeated` of `sampled`.
    pub share: f64,
    /// Whether all uids were looked at; else a sample of at most 65,536 uids, with all their rows.
    pub exact: bool,
}

/// The order of the rows in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clock {
    /// Rows that start before the row above them. Zeek writes a row when its connection ends: a fifth of the rows is usual.
    pub out_of_order: u64,
    /// Share of all rows.
    pub out_of_order_share: f64,
    /// How far a row lies behind the latest start above it, at most, without those before 1990.
    pub furthest_back: f64,
    /// Rows with a time before 1990: a sensor without a clock, or times counted from zero. They are among those outside.
    pub before_1990: u64,
    /// Rows whose time doesn't fit into the bins of [`Time`], or that are fewer than one in a thousand and over a year away from the
    /// others; they are left out of it.
    pub outside: u64,
}

/// One kind of oddity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Oddity {
    /// A stable name, such as `flipped`.
    pub name: &'static str,
    /// Rows that show it.
    pub rows: u64,
    /// Share of all rows.
    pub share: f64,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

/// How many different ones there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Distinct {
    /// The number; an estimate, rounded, where `error` is not 0.
    pub count: u64,
    /// Relative standard error of the estimate, and the share by which what was forgotten could add to it; 0 where it is exact.
    pub error: f64,
}

/// Correlation coefficients of the numeric columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correlations {
    /// The columns, by Zeek's names; row and column order of the matrices.
    pub columns: Vec<&'static str>,
    /// Pearson's coefficient. `None` where fewer than two rows have both values or where a column is constant there.
    pub pearson: Vec<Vec<Option<f64>>>,
    /// Pearson's coefficient of ln(1 + x): the columns are heavy-tailed.
    pub log_pearson: Vec<Vec<Option<f64>>>,
    /// Rows that have both values.
    pub rows: Vec<Vec<u64>>,
    /// Indexes into `columns` of those that remain without the two `ip_bytes` columns.
    pub without_ip_bytes: Vec<usize>,
    /// Which pairs are redundant, in one or two sentences.
    pub sentences: Vec<String>,
}

/// The distribution of a numeric column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Zeek's name.
    pub name: &'static str,
    /// `seconds`, `bytes` or `packets`.
    pub unit: &'static str,
    /// Rows with a value.
    pub count: u64,
    /// Rows without one, and the few whose value is negative or no number.
    pub unset: u64,
    /// Share of rows without one.
    pub unset_share: f64,
    /// Rows whose value is zero.
    pub zeros: u64,
    /// The smallest value.
    pub min: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// Standard deviation of the sample (division by n - 1); `None` below two values.
    pub deviation: Option<f64>,
    /// The sum: mean times count, so that it has their rounding.
    pub sum: f64,
    /// p50, p95, p99, p99.9: the value at rank ceil(q n); empty where there is no value.
    pub quantiles: Vec<Quantile>,
    /// Largest relative error of a quantile, and of the place of a histogram's inner edge.
    pub relative_error: f64,
    /// Equal bins from `min` to `max`.
    pub linear: Histogram,
    /// Ten bins a decade, over the values that are not zero.
    pub log: Histogram,
}

/// A quantile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// `p50`, `p95`, `p99` or `p99.9`.
    pub name: &'static str,
    /// Share of the values that are at most `value`.
    pub q: f64,
    /// The value, within [`Column::relative_error`].
    pub value: f64,
}

/// Counts of values in adjoining bins. Bin i reaches from `edges[i]`, included, to `edges[i + 1]`, which the last bin includes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Histogram {
    /// One more than `counts`, ascending; empty where there is no value.
    pub edges: Vec<f64>,
    /// Values in each bin.
    pub counts: Vec<u64>,
    /// Values that have no place on the axis: zeros on a log axis.
    pub left_out: u64,
}

/// Traffic in time, in the chosen zone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Time {
    /// Days in order. Those between the first and the last that have no row are there too if `continuous`.
    pub days: Vec<Day>,
    /// Whether no day is left out between the first and the last; false where the logs span more than three years.
    pub continuous: bool,
    /// By weekday (Monday first) and hour of the clock.
    pub hour_of_week: HourOfWeek,
}

/// One day from midnight to midnight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Day {
    /// `2025-02-21`.
    pub date: String,
    /// 0 is Monday.
    pub weekday: u8,
    /// Its midnight, or the first moment of the day where the clock skips midnight.
    pub start: f64,
    /// Rows of the day.
    pub rows: u64,
    /// Bytes that originators sent.
    pub orig_bytes: u64,
    /// Bytes that responders sent.
    pub resp_bytes: u64,
    /// For each half hour from `start`: 48, or 46 and 50 where the clock is changed.
    pub half_hours: Vec<HalfHour>,
}

/// Half an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct HalfHour {
    /// Rows that start in it.
    pub rows: u64,
    /// Bytes that originators sent in these connections.
    pub orig_bytes: u64,
    /// Bytes that responders sent.
    pub resp_bytes: u64,
}

/// Seven rows, Monday first, of 24 hours each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HourOfWeek {
    /// Rows.
    pub rows: [[u64; 24]; 7],
    /// Bytes that originators sent.
    pub orig_bytes: [[u64; 24]; 7],
    /// Bytes that responders sent.
    pub resp_bytes: [[u64; 24]; 7],
    /// How often each hour lies in [`Overview::covered`], begun ones included, and at least 1 where it has rows: divide by it for a
    /// mean.
    pub hours: [[u64; 24]; 7],
}

/// The most frequent values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Top {
    /// Transport protocols.
    pub protocols: Ranking,
    /// Services as sets: `http,ssl` is also `ssl,http`; `-` where Zeek found none.
    pub services: Ranking,
    /// Connection states; `-` where it is unset.
    pub states: Ranking,
    /// Originators.
    pub sources: Ranking,
    /// Responders.
    pub destinations: Ranking,
    /// Ports of originators, `53122/udp`; TCP and UDP only, as the ports of ICMP are message types.
    pub source_ports: Ranking,
    /// Ports of responders, `443/tcp`; TCP and UDP only.
    pub destination_ports: Ranking,
}

/// Values by how often they occur, most frequent first; ties by name, by number where the values are addresses or ports.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ranking {
    /// Rows that were counted: what shares refer to.
    pub rows: u64,
    /// How many different values there are.
    pub distinct: Distinct,
    /// The first ones.
    pub items: Vec<Item>,
    /// Rows beyond the limit on distinct values. Of a whole log's values the most frequent of these are known, by a sketch; of a
    /// host's ports and services none, so that they are missing from its items.
    pub beyond: u64,
    /// Most rows by which the count of an item that came in beyond the limit may be too high. 0: all counts are exact.
    pub error: u64,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// The value.
    pub name: String,
    /// Rows that have it.
    pub rows: u64,
    /// Share of [`Ranking::rows`].
    pub share: f64,
    /// Bytes that originators sent in these rows, as far as they are known.
    pub orig_bytes: u64,
    /// Bytes that responders sent, as far as they are known.
    pub resp_bytes: u64,
    /// Whether all bytes are known; not for a value that came in beyond the limit.
    pub bytes_known: bool,
}

/// How far a kind of number can be trusted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Precision {
    /// The kind of number.
    pub subject: &'static str,
    /// Whether it is exact in this result.
    pub exact: bool,
    /// How it is found, its limit, and its error beyond it, in a sentence.
    pub method: String,
}
