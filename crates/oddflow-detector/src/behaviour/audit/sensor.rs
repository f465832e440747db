//! Faults of the sensor that a baseline shows: what it missed, saw from one side only, or logged twice, and times without a row.
//!
//! Nothing of it can be left out by an expression; it has to be mended before the baseline is worth learning.

use oddflow_features::behaviour::{COLUMNS, Direction, Features, Flow, NUMERIC, TOKENS, column_name};

use super::{Candidate, Shortlist, is_transport, words};

/// Least share of rows with bytes missed that is a fault, and least share of bytes missed in at least so many rows: one large
/// download with a hole in it is none.
const LEAST_ROWS_MISSED: f64 = 0.01;
const LEAST_BYTES_MISSED: f64 = 0.05;
const SEVERAL: u64 = 20;
/// Least share of TCP connections of which only one side was seen, or that were under way already, that is a fault.
const LEAST_ONE_SIDED: f64 = 0.1;
const LEAST_UNDER_WAY: f64 = 0.1;
/// Least share of rows without a local side, and of rows twice in the baseline.
const LEAST_FOREIGN: f64 = 0.1;
const LEAST_TWICE: f64 = 0.01;
/// A gap in time is a fault from so many seconds on, where it is so many times longer than the third longest.
const LEAST_GAP: f64 = 1800.0;
const USUAL_GAPS: f64 = 10.0;
/// Fewest rows of which a share is spoken.
const LEAST_ROWS: u64 = 100;
const MISSED_BYTES: usize = 8;

/// Counts of what a sensor in order rarely shows.
#[derive(Debug)]
pub(super) struct Sensor {
    /// Tokens of history letters that show packets of the originator beyond its first, and of the responder.
    originator: u128,
    responder: u128,
    under_way_state: u128,
    rows: u64,
    tcp: u64,
    one_sided: u64,
    under_way: u64,
    foreign: u64,
    with_missed: u64,
    missed: f64,
    bytes: f64,
}

impl Default for Sensor {
    fn default() -> Self {
        let bits = |names: &[&str]| {
            (0..TOKENS)
                .filter(|token| names.contains(&column_name(NUMERIC + token).as_str()))
                .fold(0_u128, |bits, token| bits | 1 << token)
        };
        Self {
            originator: bits(&["history=A", "history=D", "history=F"]),
            responder: bits(&["history=h", "history=a", "history=d", "history=f", "history=r"]),
            under_way_state: bits(&["conn_state=OTH"]),
            rows: 0,
            tcp: 0,
            one_sided: 0,
            under_way: 0,
            foreign: 0,
            with_missed: 0,
            missed: 0.0,
            bytes: 0.0,
        }
    }
}

impl Sensor {
    #[inline]
    pub(super) fn add(&mut self, flow: &Flow, features: &Features) {
        self.rows += 1;
        let has = |tokens: u128| features.tokens & tokens != 0;
        self.foreign += u64::from(flow.class.direction() == Direction::Transit);
        if is_transport(flow, "tcp") {
            self.tcp += 1;
            self.one_sided += u64::from(has(self.originator) != has(self.responder) && !flow.failed);
            self.under_way += u64::from(has(self.under_way_state));
        }
        let natural = |place: usize| COLUMNS[place].natural(features.numbers[place].into());
        self.bytes += natural(1) + natural(2);
        if features.numbers[MISSED_BYTES] > 0.0 {
            self.with_missed += 1;
            self.missed += natural(MISSED_BYTES);
        }
    }

    pub(super) fn find(&self, flows: &[Flow], found: &mut Shortlist) {
        if self.rows < LEAST_ROWS {
            return;
        }
        let mut tell = |score: f64, words: String, span: Option<(f64, f64)>| {
            found.offer(score, || Candidate { words, span, meaning: None, own: 0 });
        };
        let of_rows = |count: u64| count as f64 / self.rows as f64;
        let of_tcp = |count: u64| if self.tcp < LEAST_ROWS { 0.0 } else { count as f64 / self.tcp as f64 };

        let bytes = self.missed / (self.bytes + self.missed).max(1.0);
        let rows = of_rows(self.with_missed);
        if self.with_missed >= SEVERAL && (bytes >= LEAST_BYTES_MISSED || rows >= LEAST_ROWS_MISSED) {
            let words = format!(
                "The sensor missed {} of the bytes, in {} of the connections: it loses packets",
                words::percent(bytes),
                words::percent(rows)
            );
            tell(score(bytes.max(rows)), words, None);
        }
        let share = of_tcp(self.one_sided);
        if share >= LEAST_ONE_SIDED {
            let words = format!(
                "Of {} of the TCP connections only one direction was seen: the mirror port or the routing is lopsided",
                words::percent(share)
            );
            tell(score(share), words, None);
        }
        let share = of_tcp(self.under_way);
        if share >= LEAST_UNDER_WAY {
            let words = format!(
                "{} of the TCP connections were seen without their beginning and end: the sensor loses packets or restarts, or a host floods",
                words::percent(share)
            );
            tell(score(share), words, None);
        }
        let share = of_rows(self.foreign);
        if share >= LEAST_FOREIGN {
            let words = format!(
                "{} of the connections have no local side: name your networks with --local-net",
                words::percent(share)
            );
            tell(score(share), words, None);
        }
        let share = twice(flows) as f64 / self.rows as f64;
        if share >= LEAST_TWICE {
            let words = format!(
                "{} of the connections repeat an earlier one: a log is given twice, or two sensors see the same",
                words::percent(share)
            );
            tell(score(share), words, None);
        }
        if let Some((from, to)) = gap(flows) {
            let words = format!(
                "No connection ended for {}: the sensor stood still, or the network did",
                words::seconds(to - from)
            );
            let whole = flows[flows.len() - 1].end - flows[0].end;
            tell(score((to - from) / whole), words, Some((from, to)));
        }
    }
}

/// A tenth of everything is grave enough for the top of the table.
fn score(share: f64) -> f64 {
    (4.0 + 40.0 * share).min(10.0)
}

/// Rows that are there more than once.
fn twice(flows: &[Flow]) -> usize {
    let mut draws: Vec<(u64, u16)> = flows.iter().map(|flow| (flow.draw(), flow.responder().1)).collect();
    draws.sort_unstable();
    draws.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// The longest time without a row, where it is much longer than gaps here usually are.
fn gap(flows: &[Flow]) -> Option<(f64, f64)> {
    let mut latest = flows.first()?.end;
    let mut longest: Option<(f64, f64)> = None;
    let mut gaps = Vec::new();
    for flow in flows {
        if flow.end - latest > LEAST_GAP / USUAL_GAPS {
            gaps.push(flow.end - latest);
        }
        if longest.is_none_or(|(from, to)| flow.end - latest > to - from) {
            longest = Some((latest, flow.end));
        }
        latest = latest.max(flow.end);
    }
    gaps.sort_unstable_by(|a, b| b.total_cmp(a));
    // The longest is measured by the next ones: a quiet night is not one gap alone.
    let usual = gaps.get(2).copied().unwrap_or(0.0);
    longest.filter(|(from, to)| to - from >= LEAST_GAP.max(USUAL_GAPS * usual))
}
