//! Whether the companion logs arrive, and whether their rows find their connections.

use serde::Serialize;

use super::kind::Kind;
use crate::behaviour::portable::{BadState, Out, Portable};

/// What became of the rows of one log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct KindHealth {
    /// Rows taken.
    pub rows: u64,
    /// Of these: rows whose connection came after them.
    pub joined: u64,
    /// Rows whose connection had come before them.
    pub late: u64,
    /// Rows whose connection did not come within the time that rows wait.
    pub expired: u64,
    /// Rows that no longer waited because too many did.
    pub evicted: u64,
    /// The latest time of a row.
    pub last: Option<f64>,
}

/// The health of all logs, and of the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Health {
    /// By log, in the order of [`Kind::ALL`].
    pub kinds: [KindHealth; Kind::ALL.len()],
    /// How much was forgotten because a memory was full: names, counts and hosts.
    pub forgotten: u64,
}

impl Health {
    /// The health of one log.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &KindHealth {
        &self.kinds[kind as usize]
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut KindHealth {
        &mut self.kinds[kind as usize]
    }
}

impl KindHealth {
    /// For how many seconds of the log's time no row has come; `None` where none ever came.
    #[must_use]
    pub fn silence(&self, now: f64) -> Option<f64> {
        self.last.map(|last| (now - last).max(0.0))
    }
}

impl Portable for KindHealth {
    fn write(&self, out: &mut impl Out) {
        [self.rows, self.joined, self.late, self.expired, self.evicted].write(out);
        // NaN is no time.
        self.last.unwrap_or(f64::NAN).write(out);
    }

    fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        let [rows, joined, late, expired, evicted] = Portable::read(from)?;
        let last = f64::read(from)?;
        Ok(Self { rows, joined, late, expired, evicted, last: (!last.is_nan()).then_some(last) })
    }
}
