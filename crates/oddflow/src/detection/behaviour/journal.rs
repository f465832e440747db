//! What a state has taken in since it was written: rows, in their order, as bytes.
//!
//! A state is tens of megabytes, and a program that never stops writes a transaction every few seconds. So it writes the rows, some
//! 200 bytes each, and the state itself only once they have become as large; whoever starts again takes the state and
//! [replays](replay) the rows, of which nothing but the state depends.

use oddflow_detector::behaviour::{Session, Tracked};
use oddflow_features::behaviour::{Flow, InterimRow, STATE_FORMAT as FORMAT};
use oddflow_features::companion::{BesideRow, CompanionRow};
use serde::{Deserialize, Serialize};

/// Bytes of rows below which a state is not worth writing, however small it is.
const LEAST: u64 = 8 << 20;

/// What a piece begins with; the layout of rows and a checksum of them follow.
const MARK: &[u8; 8] = b"oddrows1";
const HEAD: usize = MARK.len() + 2 * size_of::<u32>();

/// What a state takes in.
#[derive(Serialize, Deserialize)]
enum Entry {
    Flow(Flow),
    Companion(CompanionRow),
    Interim(InterimRow),
}

/// The rows since the last commit, and how many bytes were written before them.
#[derive(Default)]
pub(super) struct Journal {
    pending: Vec<u8>,
    stored: u64,
    /// Whether there are too many rows to be kept: the state is to be written.
    is_full: bool,
    /// The size of the state, or what there is room for.
    limit: u64,
    most: u64,
}

impl Journal {
    /// A journal that goes on behind `stored` bytes; `most` is how large it may become, whatever the size of the state.
    pub(super) fn behind(stored: u64, state: u64, most: u64) -> Self {
        Self { stored, limit: state.min(most).max(LEAST), most, ..Self::default() }
    }

    pub(super) fn flows(&mut self, flows: &[Flow]) {
        flows.iter().for_each(|flow| self.push(&Entry::Flow(*flow)));
    }

    pub(super) fn beside(&mut self, row: &BesideRow) {
        self.push(&match *row {
            BesideRow::Joined(row) => Entry::Companion(row),
            BesideRow::Interim(row) => Entry::Interim(row),
        });
    }

    fn push(&mut self, entry: &Entry) {
        if self.is_full {
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        // Writing to memory doesn't fail; if it did, the state would have to be written.
        match postcard::to_extend(entry, pending) {
            Ok(pending) => self.pending = pending,
            Err(_) => self.is_full = true,
        }
        if self.stored + self.pending.len() as u64 > self.limit {
            self.is_full = true;
            self.pending = Vec::new();
        }
    }

    /// Whether the state is to be written in place of the rows.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether rows were written since the state was.
    pub(super) fn is_behind(&self) -> bool {
        self.stored > 0
    }

    /// The rows since the last commit, as a piece.
    pub(super) fn piece(&self) -> Vec<u8> {
        let mut piece = Vec::with_capacity(HEAD + self.pending.len());
        piece.extend_from_slice(MARK);
        piece.extend_from_slice(&FORMAT.to_le_bytes());
        piece.extend_from_slice(&crc32fast::hash(&self.pending).to_le_bytes());
        piece.extend_from_slice(&self.pending);
        piece
    }

    /// The piece was stored.
    pub(super) fn advance(&mut self) {
        self.stored += (HEAD + self.pending.len()) as u64;
        self.pending.clear();
    }

    /// The state was written.
    pub(super) fn restart(&mut self, state: u64) {
        *self = Self::behind(0, state, self.most);
    }
}

/// Takes a state through pieces of rows; `false` where one is damaged, or of another layout.
#[must_use]
pub(super) fn replay(pieces: &[Vec<u8>], session: &mut Session) -> bool {
    pieces.iter().all(|piece| replay_one(piece, session).is_some())
}

fn replay_one(piece: &[u8], session: &mut Session) -> Option<()> {
    let rest = piece.strip_prefix(MARK)?;
    let (format, rest) = rest.split_first_chunk()?;
    let (sum, mut rest) = rest.split_first_chunk()?;
    if u32::from_le_bytes(*format) != FORMAT || u32::from_le_bytes(*sum) != crc32fast::hash(rest) {
        return None;
    }
    let (mut flows, mut tracked) = (Vec::new(), Tracked::default());
    while !rest.is_empty() {
        let (entry, after) = postcard::take_from_bytes(rest).ok()?;
        rest = after;
        let row = match entry {
            Entry::Flow(flow) => {
                flows.push(flow);
                continue;
            }
            Entry::Companion(row) => BesideRow::Joined(row),
            Entry::Interim(row) => BesideRow::Interim(row),
        };
        session.track(&flows, &mut tracked);
        flows.clear();
        session.take(&row);
    }
    session.track(&flows, &mut tracked);
    Some(())
}
