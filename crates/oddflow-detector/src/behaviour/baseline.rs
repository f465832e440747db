//! The rows of a baseline, in the order in which they were read, and a few of them in full.

use std::collections::{BTreeSet, BinaryHeap};
use std::ops::Range;

use oddflow_features::behaviour::{Fields, Flow, FlowReader, LocalNetworks};
use oddflow_features::companion::BesideRow;
use serde::{Deserialize, Serialize};
use zeek_log::ConnRecord;

use super::audit::AddressBook;

/// A connection as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Start, in seconds since the Unix epoch.
    pub ts: f64,
    /// Originator, responder and its port, transport; addresses are empty where they are left out.
    pub orig_h: String,
    /// See `orig_h`.
    pub resp_h: String,
    /// See `orig_h`.
    pub resp_p: u16,
    /// See `orig_h`.
    pub proto: String,
    /// Application protocols.
    pub service: Option<String>,
    /// Length in seconds.
    pub duration: Option<f64>,
    /// Payload bytes of the originator and the responder.
    pub orig_bytes: Option<u64>,
    /// See `orig_bytes`.
    pub resp_bytes: Option<u64>,
    /// Zeek's state of the connection.
    pub conn_state: Option<String>,
}

/// Rows that are kept in full: among so many some are near to whatever comes.
const KEPT_IN_FULL: usize = 512;

/// A row kept in full, with the number that decides which rows are.
#[derive(Clone, Debug)]
struct Drawn {
    draw: u64,
    /// Place among the rows.
    row: u64,
    known: Known,
}

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        (self.draw, self.row) == (other.draw, other.row)
    }
}

impl Eq for Drawn {}

impl PartialOrd for Drawn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Drawn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.draw, self.row).cmp(&(other.draw, other.row))
    }
}

/// The rows of one chunk of a log, made in any thread.
#[derive(Debug, Default)]
pub struct BaselineChunk {
    flows: Vec<Flow>,
    drawn: BinaryHeap<Drawn>,
    span: Option<(f64, f64)>,
    absent: Fields,
    columns: Option<BTreeSet<String>>,
    book: AddressBook,
}

/// Normal traffic to learn from, in bounded memory: of more rows than fit, the latest are kept.
#[derive(Debug)]
pub struct Baseline {
    reader: FlowReader,
    flows: Vec<Flow>,
    drawn: BinaryHeap<Drawn>,
    /// Addresses by their hashes.
    book: AddressBook,
    /// Columns of its logs, where they say.
    columns: Option<BTreeSet<String>>,
    /// Rows of other logs, each with the number of rows that came before it.
    companions: Vec<(u64, BesideRow)>,
    /// Rows that came before the first that is kept.
    dropped: u64,
    capacity: usize,
}

impl BaselineChunk {
    /// Adds one record. `absent` are the columns that its log lacks.
    pub fn add(&mut self, reader: &FlowReader, record: &ConnRecord<'_>, absent: Fields) {
        let mut flow = reader.flow(record);
        flow.absent = absent;
        self.book.add(&flow, record);
        self.absent = self.absent.union(absent);
        let row = self.flows.len() as u64;
        let draw = flow.draw();
        if self.drawn.len() < KEPT_IN_FULL || self.drawn.peek().is_some_and(|last| draw < last.draw) {
            self.drawn.push(Drawn { draw, row, known: Known::of(record) });
            if self.drawn.len() > KEPT_IN_FULL {
                self.drawn.pop();
            }
        }
        self.flows.push(flow);
        let (first, last) = self.span.unwrap_or((record.ts, record.ts));
        self.span = Some((first.min(record.ts), last.max(record.ts)));
    }

    /// Says which columns a log has. One of JSON doesn't say it beforehand.
    pub fn columns<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        self.columns.get_or_insert_default().extend(names.into_iter().map(Into::into));
    }

    /// Earliest and latest start of a connection in it, in seconds since the Unix epoch.
    #[must_use]
    pub fn span(&self) -> Option<(f64, f64)> {
        self.span
    }
}

impl Baseline {
    /// An empty one that keeps at most `limit` bytes of rows.
    #[must_use]
    pub fn new(limit: u64, seed: u64, local: LocalNetworks) -> Self {
        // Beside each row stand the values that references are made of.
        let row = size_of::<Flow>() + 16 * size_of::<f32>();
        let capacity = usize::try_from(limit / row as u64).unwrap_or(usize::MAX).max(1);
        let reader = FlowReader { seed: FlowReader::key(seed), local, absent: Fields::NONE };
        Self {
            reader,
            flows: Vec::new(),
            drawn: BinaryHeap::new(),
            book: AddressBook::default(),
            columns: None,
            companions: Vec::new(),
            dropped: 0,
            capacity,
        }
    }

    /// How records are to be read for it.
    #[must_use]
    pub fn reader(&self) -> FlowReader {
        self.reader.clone()
    }

    /// Takes in the rows of a chunk. Chunks must come in the order of the log.
    pub fn append(&mut self, chunk: BaselineChunk) {
        self.reader.absent = self.reader.absent.union(chunk.absent);
        self.book.append(chunk.book);
        if let Some(columns) = chunk.columns {
            self.columns.get_or_insert_default().extend(columns);
        }
        let start = self.dropped + self.flows.len() as u64;
        self.drawn.extend(chunk.drawn.into_iter().map(|drawn| Drawn { row: start + drawn.row, ..drawn }));
        while self.drawn.len() > KEPT_IN_FULL {
            self.drawn.pop();
        }
        self.flows.extend(chunk.flows);
        if self.flows.len() > self.capacity {
            // A quarter at once, so that moving the rest costs little.
            let drop = (self.flows.len() - self.capacity).max(self.capacity / 4).min(self.flows.len());
            self.flows.drain(..drop);
            self.dropped += drop as u64;
        }
    }

    /// Takes in a row of a companion log, which comes before the rows that are appended next. As many are kept as rows.
    pub fn take(&mut self, row: BesideRow) {
        if self.companions.len() >= self.capacity {
            self.companions.drain(..self.capacity / 4 + 1);
        }
        self.companions.push((self.seen(), row));
    }

    /// The rows of companion logs, each with the place of the row that it comes before.
    pub(super) fn companions(&self) -> impl Iterator<Item = (usize, &BesideRow)> {
        let place = |before: u64| usize::try_from(before.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        self.companions.iter().map(move |(before, row)| (place(*before), row))
    }

    /// How many rows of companion logs are kept, and how many of them are of connections that were still open.
    #[must_use]
    pub fn companion_rows(&self) -> (usize, usize) {
        let interim = self.companions.iter().filter(|(_, row)| matches!(row, BesideRow::Interim(_)));
        (self.companions.len(), interim.count())
    }

    /// Rows that came.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.dropped + self.flows.len() as u64
    }

    /// Rows that are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.flows.len()
    }

    /// The columns that some of its logs lacked.
    #[must_use]
    pub fn absent(&self) -> Fields {
        self.reader.absent
    }

    /// The columns that its logs had, whatever the recipe makes of them; `None` where no log said.
    #[must_use]
    pub fn columns(&self) -> Option<&BTreeSet<String>> {
        self.columns.as_ref()
    }

    /// Seconds from the first end of a connection to the last, of the rows that are kept.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        match (self.flows.first(), self.flows.last()) {
            (Some(first), Some(last)) => (last.end - first.end).max(0.0),
            _ => 0.0,
        }
    }

    /// The addresses of the rows, to name what is found.
    #[must_use]
    pub fn book(&self) -> &AddressBook {
        &self.book
    }

    /// Leaves out rows by their places, ascending.
    pub fn leave_out(&mut self, places: &[usize]) {
        let mut out = places.iter().copied().peekable();
        let mut place = 0;
        self.flows.retain(|_| {
            let stays = out.next_if_eq(&place).is_none();
            place += 1;
            stays
        });
        let dropped = self.dropped;
        let shifted = |row: u64| {
            let before = usize::try_from(row.saturating_sub(dropped)).unwrap_or(usize::MAX);
            row - places.partition_point(|place| *place < before) as u64
        };
        let is_out = |row: u64| {
            usize::try_from(row.wrapping_sub(dropped)).is_ok_and(|place| places.binary_search(&place).is_ok())
        };
        let drawn = std::mem::take(&mut self.drawn).into_iter().filter(|drawn| !is_out(drawn.row));
        self.drawn = drawn.map(|drawn| Drawn { row: shifted(drawn.row), ..drawn }).collect();
        self.companions.iter_mut().for_each(|(before, _)| *before = shifted(*before));
    }

    /// Which rows the network learns from: behind those that warm the state up, before those that calibrate.
    #[must_use]
    pub fn fit(&self) -> Range<usize> {
        super::train::fit(&self.flows)
    }

    /// The rows in their order.
    #[must_use]
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// Takes the rows from a place on out of it, in their order: a model of what is left can be judged by them.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Vec<Flow> {
        let at = at.min(self.flows.len());
        let end = self.dropped + at as u64;
        self.drawn.retain(|drawn| drawn.row < end);
        self.flows.split_off(at)
    }

    /// The rows kept in full, with their places, ascending.
    pub(super) fn known(&self) -> Vec<(usize, &Known)> {
        let mut known: Vec<_> = self
            .drawn
            .iter()
            .filter_map(|drawn| {
                Some((usize::try_from(drawn.row.checked_sub(self.dropped)?).ok()?, &drawn.known))
            })
            .collect();
        known.sort_unstable_by_key(|(row, _)| *row);
        known
    }
}

impl Known {
    /// Of a record.
    #[must_use]
    pub fn of(record: &ConnRecord<'_>) -> Self {
        Self {
            ts: record.ts,
            orig_h: record.orig_h.to_string(),
            resp_h: record.resp_h.to_string(),
            resp_p: record.resp_p,
            proto: record.proto.into(),
            service: record.service.map(Into::into),
            duration: record.duration,
            orig_bytes: record.orig_bytes,
            resp_bytes: record.resp_bytes,
            conn_state: record.conn_state.map(Into::into),
        }
    }
}
