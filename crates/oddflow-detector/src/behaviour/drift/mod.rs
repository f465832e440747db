//! Drift: whether a day is still like the baseline, and if not, whether a host changed or the network did.
//!
//! While a model is trained, a [`Gatherer`] makes a [`DriftReference`] of its baseline; it goes into the model file. A [`Drift`] counts the
//! rows of a day, all of them and those of the busiest local hosts; a day that is over is compared by the population
//! [stability] index and judged: a [`DriftDay`]. A change that goes away when a few hosts are taken back to what they did in the
//! baseline is a host's; others are the network's.
//!
//! It never looks at a clock, changes no score, and is bounded: some 200 kB in memory, some 50 kB as bytes.

mod busiest;
mod compared;
mod counts;
mod day;
mod edges;
mod gather;
mod judge;
mod reference;
mod saved;
mod shares;
mod stability;
mod tally;
mod words;

pub use day::{DriftDay, HostShift, NetworkChange, Shift, Verdict};
pub(crate) use reference::Described;
pub use reference::DriftReference;
pub use saved::BadDrift;
pub use shares::Shares;
pub use stability::{MODERATE, SHIFTED};
pub use tally::Drift;

pub(super) use gather::Gatherer;

/// Place of the bytes that the sensor missed among the numbers of a row.
const MISSED: usize = 8;

#[cfg(test)]
mod tests;
