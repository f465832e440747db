//! Statistics of Zeek's conn logs in one pass over any number of rows.
//!
//! A [`Partial`] takes the records of a part of a log, in any thread; an [`Exploration`] takes the partials in the order of the log,
//! in bounded memory; [`Statistics`] is what comes of it. It draws nothing and prints nothing, and a result depends on the rows
//! and the cut of the log alone, not on the number of threads.

mod address;
mod bins;
mod columns;
mod connection;
mod conversation;
mod detail;
mod exploration;
mod findings;
mod moments;
mod network;
mod oddity;
mod order;
mod partial;
mod ports;
mod precision;
mod repeats;
mod scores;
mod statistics;
mod story;
mod strays;
mod summary;
mod table;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod timeline;
mod unset;
mod vocabulary;
mod words;

pub use exploration::{Exploration, Options};
pub use network::Network;
pub use partial::Partial;
pub use scores::ScoreExploration;
pub use statistics::*;
pub use words::{bytes, duration};
