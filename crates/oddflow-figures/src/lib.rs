//! The figures of oddflow, as SVG and PNG.
//!
//! This crate takes plain numbers and gives a [`Figure`]. It is the only crate that knows the plotting library
//! (kuva), and it knows nothing of Zeek, models or databases. One file holds one figure; `frame.rs` holds what they
//! share: the heading, the legend, the axes, the palette.
//!
//! Invariants: the same numbers give the same bytes, and no number a caller can pass (none at all, NaN, infinity,
//! zero on a log axis) makes a figure panic. What can't be drawn is left out, and the figure says so.
//!
//! ```
//! let losses = [(0.92, 0.95), (0.41, 0.44), (0.30, 0.36)];
//! let figure = oddflow_figures::loss_curve(&losses, 3);
//! assert!(figure.svg().contains("best epoch 3"));
//! ```

mod curves;
mod error_counts;
mod error_histogram;
mod figure;
mod frame;
mod loss_curve;
mod numbers;
mod pen;
mod precision_recall;
mod raster;
mod reconstruction;
mod roc_curve;
mod style;
#[cfg(test)]
mod testing;
mod text;

pub use curves::Curve;
pub use error_counts::ErrorCounts;
pub use error_histogram::error_histogram;
pub use figure::{Figure, FigureError, PNG_SCALE};
pub use loss_curve::{loss_curve, training_curve};
pub use precision_recall::precision_recall;
pub use reconstruction::reconstruction;
pub use roc_curve::{RateAxis, roc_curve};
