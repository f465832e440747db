//! What a run carries to the next one, as bytes.
//!
//! Four parts, each behind its length: the recipe's state, that of the companion logs, the alarm, and the open incidents.

use oddflow_detector::behaviour::Session;
use oddflow_features::companion::CompanionState;

/// What a run carries to the next one, as bytes: the recipe's state, the alarm, and the open incidents.
pub(super) struct Checkpoint<'a> {
    pub(super) state: &'a [u8],
    /// The state of the companion logs; empty where none has come.
    pub(super) companions: &'a [u8],
    pub(super) alarm: &'a [u8],
    pub(super) open: &'a [u8],
}

/// What a checkpoint begins with; a recipe's state begins with its version.
const MARK: &[u8; 8] = b"oddcheck";

impl<'a> Checkpoint<'a> {
    /// Written in place: a state is tens of megabytes, which are not to be copied.
    pub(super) fn to_bytes(session: &Session, alarm: &[u8], open: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(session.state().entries() * 80 + (1 << 20));
        out.extend(MARK);
        let length_at = out.len();
        out.extend(0_u64.to_le_bytes());
        session.state().write_to(&mut out);
        let length = (out.len() - length_at - size_of::<u64>()) as u64;
        out[length_at..][..size_of::<u64>()].copy_from_slice(&length.to_le_bytes());
        let companions = session.companions().map_or_else(Vec::new, CompanionState::to_bytes);
        for part in [&companions, alarm, open] {
            out.extend((part.len() as u64).to_le_bytes());
            out.extend(part);
        }
        out
    }

    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MARK)?;
        let mut part = || {
            let (length, after) = rest.split_first_chunk()?;
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let (part, after) = after.split_at_checked(length)?;
            rest = after;
            Some(part)
        };
        let checkpoint = Self { state: part()?, companions: part()?, alarm: part()?, open: part()? };
        rest.is_empty().then_some(checkpoint)
    }
}
