//! What a run carries to the next one, as bytes.
//!
//! Parts, each behind its length: the recipe's state, that of the companion logs, the alarm, the open incidents, where the
//! merging of several loggers stands, and the day that is compared with the baseline. Those of before lack the last ones.

use std::io::{self, Write};

use oddflow_detector::behaviour::Session;
use oddflow_features::behaviour::State;
use oddflow_features::companion::CompanionState;

/// A checkpoint that was read.
pub(super) struct Checkpoint<'a> {
    pub(super) state: &'a [u8],
    /// The state of the companion logs; empty where none has come.
    pub(super) companions: &'a [u8],
    pub(super) alarm: &'a [u8],
    pub(super) open: &'a [u8],
    /// Empty where there is nothing to merge.
    pub(super) merge: &'a [u8],
    /// Empty where no day is compared.
    pub(super) drift: &'a [u8],
}

/// A checkpoint to be written. The recipe's state is tens of megabytes, which are not to be copied.
pub(super) struct NewCheckpoint<'a> {
    /// `None` where it stands elsewhere: what is carried beside a state whose rows are journaled.
    state: Option<&'a State>,
    state_length: u64,
    companions: Vec<u8>,
    carried: Carried,
}

/// What is carried beside the states.
pub(super) struct Carried {
    pub(super) alarm: Vec<u8>,
    pub(super) open: Vec<u8>,
    pub(super) merge: Vec<u8>,
    pub(super) drift: Vec<u8>,
}

/// What a checkpoint begins with; a recipe's state begins with its version.
const MARK: &[u8; 8] = b"oddcheck";

impl<'a> NewCheckpoint<'a> {
    pub(super) fn new(session: &'a Session, carried: Carried) -> Self {
        let state = session.state();
        let companions = session.companions().map_or_else(Vec::new, CompanionState::to_bytes);
        Self { state: Some(state), state_length: state.byte_length(), companions, carried }
    }

    /// The same without the states.
    pub(super) fn beside(carried: Carried) -> Self {
        Self { state: None, state_length: 0, companions: Vec::new(), carried }
    }

    fn parts(&self) -> [&[u8]; 5] {
        let Carried { alarm, open, merge, drift } = &self.carried;
        [&self.companions, alarm, open, merge, drift]
    }

    /// Bytes of all of it.
    pub(super) fn length(&self) -> u64 {
        let parts = self.parts();
        let lengths = parts.iter().map(|part| (size_of::<u64>() + part.len()) as u64);
        (MARK.len() + size_of::<u64>()) as u64 + self.state_length + lengths.sum::<u64>()
    }

    pub(super) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(MARK)?;
        out.write_all(&self.state_length.to_le_bytes())?;
        self.state.map_or(Ok(()), |state| state.write_to(out))?;
        for part in self.parts() {
            out.write_all(&(part.len() as u64).to_le_bytes())?;
            out.write_all(part)?;
        }
        Ok(())
    }
}

impl<'a> Checkpoint<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MARK)?;
        let mut part = || {
            let (length, after) = rest.split_first_chunk()?;
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let (part, after) = after.split_at_checked(length)?;
            rest = after;
            Some(part)
        };
        let (state, companions, alarm, open) = (part()?, part()?, part()?, part()?);
        let (merge, drift) = (part().unwrap_or_default(), part().unwrap_or_default());
        let checkpoint = Self { state, companions, alarm, open, merge, drift };
        rest.is_empty().then_some(checkpoint)
    }
}
