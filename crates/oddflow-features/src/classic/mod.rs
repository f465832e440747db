//! The `classic` recipe: one record, one row, no state between rows.
//!
//! A row holds 11 [numeric columns](NUMERIC_COLUMNS), then the one-hot levels of five
//! [categorical columns](Categorical): levels sorted bytewise, the first dropped. Every column is standardised
//! with the mean and the population standard deviation of the training rows.
//!
//! Training runs in two halves, because the vocabulary is known only at the end of the training rows:
//!
//! 1. [`RawRow::new`] turns each record into a compact row whose levels are codes of [`Levels`].
//! 2. [`Fitter`] takes the training rows and gives a [`ClassicEncoder`];
//!    [`ClassicEncoder::bind`] then encodes raw rows.
//!
//! Detection needs only [`ClassicEncoder::encode`], straight from the record.
//!
//! Invariant: every number in a raw row is finite, whatever the record holds.

mod addresses;
mod categorical;
mod encoder;
mod fitter;
mod hashing;
mod levels;
mod moments;
mod numerics;
mod portable;
mod raw_row;
mod scaler;
mod vocabulary;
mod words;

#[cfg(test)]
mod samples;

pub use categorical::Categorical;
pub use encoder::{ClassicEncoder, RawEncoder};
pub use fitter::{FitError, Fitter};
pub use hashing::fnv1a_64;
pub use levels::{Levels, MAX_LEVEL_BYTES, MAX_LEVELS, Recoding};
pub use numerics::{NUMERIC_COLUMNS, numerics};
pub use portable::ModelError;
pub use raw_row::RawRow;
pub use scaler::Scaler;
pub use vocabulary::Vocabulary;
pub use words::{brief, describe};
