//! The latest rows of a folder's conn logs, counted for what a person must know before trusting them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::ControlFlow;

use oddflow_features::behaviour::{AddressClass, Fields};
use zeek_log::{
    Chunk, ChunkReport, ConnRecord, LogFile, Part, Planned, Position, ReadError, ReadOptions, read_parallel,
};

use super::places::Found;

/// Rows that are enough, and most logs and bytes on disk that are begun for them.
const ENOUGH_ROWS: u64 = 1_000_000;
const MOST_LOGS: usize = 48;
const MOST_BYTES: u64 = 256 << 20;
/// Networks that are told apart.
const MOST_NETWORKS: usize = 1 << 12;
/// Least share of the rows without a local side that a network of public addresses is named for.
const LEAST_OWN: f64 = 0.2;
/// Lengths of the networks that are named, of IPv4 and IPv6.
const LENGTHS: [u32; 2] = [24, 64];

/// What was counted.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) logs: u64,
    pub(super) rows: u64,
    pub(super) unreadable: u64,
    /// Rows of which Zeek says for a side whether it is local.
    pub(super) locality_set: u64,
    /// Rows of which neither side is local, by Zeek's word or else by the address.
    pub(super) foreign: u64,
    /// Networks that such rows have a side in, with their rows.
    pub(super) networks: HashMap<(IpAddr, u32), u64>,
    pub(super) missed_bytes: u64,
    pub(super) payload: u64,
    /// Rows with a content gap in their history.
    pub(super) gaps: u64,
    /// Earliest and latest end of a connection.
    pub(super) span: Option<(f64, f64)>,
    /// Columns that some log lacks.
    pub(super) absent: Fields,
    pub(super) json_rows: u64,
    /// Logs that can't be read, with the reason.
    pub(super) refused: Vec<ReadError>,
}

impl Sample {
    /// Reads the latest logs until there is enough.
    pub(super) fn of(found: &[Found]) -> Self {
        let mut sample = Self::default();
        let options = ReadOptions { hold_unfinished_line: true, ..ReadOptions::default() };
        let mut bytes = 0;
        for log in found.iter().take(MOST_LOGS) {
            if sample.rows >= ENOUGH_ROWS || (bytes > 0 && bytes + log.size > MOST_BYTES) {
                break;
            }
            bytes += log.size;
            sample.read(LogFile::path(&log.path), &options);
        }
        sample
    }

    fn read(&mut self, log: LogFile, options: &ReadOptions) {
        let head = match log.conn_head(options) {
            Ok(head) => head,
            Err(error) => return self.refused.push(error),
        };
        // A log that was just opened has no rows.
        if let Some(schema) = head.schema().filter(|_| head.identity.is_some()) {
            self.absent = self.absent.union(Fields::absent(schema, false));
        }
        self.logs += 1;
        let plan = [Planned { log, head, from: Position::default() }];
        let work = |chunk: &Chunk| {
            let mut sample = Self::default();
            let report: ChunkReport = chunk.conn_rows(options, |record, row| {
                sample.add(record, row.is_json());
                ControlFlow::Continue(())
            });
            sample.unreadable = report.problems.sorted().into_iter().map(|problem| problem.count).sum();
            sample
        };
        read_parallel(&plan, options, 1, work, |_, read| {
            match read {
                Ok(Part { value, .. }) => self.merge(value),
                Err(error) => self.refused.push(error),
            }
            if self.rows < ENOUGH_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    }

    fn add(&mut self, record: &ConnRecord<'_>, is_json: bool) {
        self.rows += 1;
        self.json_rows += u64::from(is_json);
        self.locality_set += u64::from(record.local_orig.is_some() || record.local_resp.is_some());
        let presumed = |address: IpAddr| AddressClass::of(address).is_presumed_local();
        let is_local = record.local_orig.unwrap_or_else(|| presumed(record.orig_h))
            || record.local_resp.unwrap_or_else(|| presumed(record.resp_h));
        if !is_local {
            self.foreign += 1;
            let mut networks = [record.orig_h, record.resp_h].map(network);
            if networks[0] == networks[1] {
                networks[1] = None;
            }
            for network in networks.into_iter().flatten() {
                if self.has_room_for(network) {
                    *self.networks.entry(network).or_default() += 1;
                }
            }
        }
        self.missed_bytes += record.missed_bytes.unwrap_or_default();
        self.payload += record.orig_bytes.unwrap_or_default() + record.resp_bytes.unwrap_or_default();
        self.gaps += u64::from(record.history.is_some_and(|history| history.contains(['g', 'G'])));
        self.see(record.end(), record.end());
    }

    /// Whether a network is counted: one that strangers have many of must not crowd out those that are somebody's own.
    fn has_room_for(&self, network: (IpAddr, u32)) -> bool {
        let most = if is_private(network.0) { 2 * MOST_NETWORKS } else { MOST_NETWORKS };
        self.networks.len() < most || self.networks.contains_key(&network)
    }

    fn see(&mut self, first: f64, last: f64) {
        let (a, b) = self.span.unwrap_or((first, last));
        self.span = Some((a.min(first), b.max(last)));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.logs += other.logs;
        self.rows += other.rows;
        self.unreadable += other.unreadable;
        self.locality_set += other.locality_set;
        self.foreign += other.foreign;
        for (network, rows) in other.networks {
            if self.has_room_for(network) {
                *self.networks.entry(network).or_default() += rows;
            }
        }
        self.missed_bytes += other.missed_bytes;
        self.payload += other.payload;
        self.gaps += other.gaps;
        if let Some((first, last)) = other.span {
            self.see(first, last);
        }
        self.absent = self.absent.union(other.absent);
        self.json_rows += other.json_rows;
        self.refused.extend(other.refused);
    }

    /// The networks that may be one's own, of rows without a local side: private ones, or else those that many such rows have a
    /// side in. As they are written, the busiest in front.
    pub(super) fn busiest_networks(&self, most: usize) -> Vec<String> {
        let (private, others): (Vec<_>, Vec<_>) =
            self.networks.iter().partition(|((address, _), _)| is_private(*address));
        let least = self.foreign as f64 * LEAST_OWN;
        let mut networks = match private.is_empty() {
            false => private,
            true => others.into_iter().filter(|(_, rows)| **rows as f64 >= least).collect(),
        };
        networks.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        networks.into_iter().take(most).map(|((address, length), _)| format!("{address}/{length}")).collect()
    }
}

fn is_private(address: IpAddr) -> bool {
    AddressClass::of(address) == AddressClass::Private
}

/// The network of an address of one host.
fn network(address: IpAddr) -> Option<(IpAddr, u32)> {
    if !matches!(AddressClass::of(address), AddressClass::Private | AddressClass::Global) {
        return None;
    }
    Some(match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            ([a, b, c, 0].into(), LENGTHS[0])
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            ([a, b, c, d, 0, 0, 0, 0].into(), LENGTHS[1])
        }
    })
}

/// The values of a column in the rows of some other log, in their order; of an unreadable one none.
pub(super) fn column(log: &std::path::Path, name: &str) -> Result<Vec<String>, ReadError> {
    let options = ReadOptions { hold_unfinished_line: true, ..ReadOptions::default() };
    let log = LogFile::path(log);
    let head = log.any_head(&options)?;
    let plan = [Planned { log, head, from: Position::default() }];
    let work = |chunk: &Chunk| {
        let mut values = Vec::new();
        chunk.rows(&options, |row| {
            values.extend(row.get(name).map(std::borrow::Cow::into_owned));
            ControlFlow::Continue(())
        });
        values
    };
    let (mut values, mut failed) = (Vec::new(), None);
    read_parallel(&plan, &options, 1, work, |_, read| {
        match read {
            Ok(part) => values.extend(part.value),
            Err(error) => failed = Some(error),
        }
        ControlFlow::Continue(())
    });
    failed.map_or(Ok(values), Err)
}
