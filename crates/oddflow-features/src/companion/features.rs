//! The numbers of a companion row, or of all rows of a connection.

use super::columns::WIDTH;
use crate::behaviour::portable::{BadState, Out, Portable};

/// The numbers, in the order of [`COLUMNS`](super::COLUMNS). None is negative; 0 is nothing known, or nothing odd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompanionFeatures {
    /// Natural logarithms of 1 + a count, bits of novelty, and ratios.
    pub values: [f32; WIDTH],
}

impl Default for CompanionFeatures {
    fn default() -> Self {
        Self { values: [0.0; WIDTH] }
    }
}

impl CompanionFeatures {
    /// Takes the larger of each number: the features of these rows and those together.
    #[inline]
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.values.iter_mut().zip(&other.values) {
            *mine = mine.max(*theirs);
        }
    }

    /// Whether every number is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.values.iter().all(|value| *value == 0.0)
    }
}

impl Portable for CompanionFeatures {
    fn write(&self, out: &mut impl Out) {
        self.values.write(out);
    }

    fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self { values: Portable::read(from)? })
    }
}
