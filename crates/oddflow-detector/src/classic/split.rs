//! How rows are divided into training, validation and held-out test part.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Share of all rows that the network learns from.
const TRAINING: f64 = 0.675;
/// Share of all rows that decides when to stop.
const VALIDATION: f64 = 0.125;

/// Which rows go into which part. The shares are the same: training 67.5%, validation 12.5%, test 20%.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// In order of the connections' ends: the test part is the latest traffic, as it will be in use.
    #[default]
    Time,
    /// At random, by seed.
    Random,
}

impl Split {
    /// The name that options and model files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Random => "random",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "time" => Ok(Self::Time),
            "random" => Ok(Self::Random),
            _ => Err(format!("there is no split named {name:?}; known: time, random")),
        }
    }
}

/// The three parts of so many rows, in order. `None` where one of them would be empty.
pub(crate) fn parts(rows: usize) -> Option<[Range<usize>; 3]> {
    let training = (rows as f64 * TRAINING) as usize;
    let validation = training + (rows as f64 * VALIDATION) as usize;
    let parts = [0..training, training..validation, validation..rows];
    parts.iter().all(|part| !part.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_recipe() {
        let [training, validation, test] = parts(1000).unwrap();
        assert_eq!((training, validation, test), (0..675, 675..800, 800..1000));
        let [training, validation, test] = parts(1_243_021).unwrap();
        assert_eq!((training.len(), validation.len(), test.len()), (839_039, 155_377, 248_605));
    }

    #[test]
    fn no_part_is_empty() {
        assert_eq!(parts(0), None);
        assert_eq!(parts(7), None);
        assert_eq!(parts(8), Some([0..5, 5..6, 6..8]));
    }
}
