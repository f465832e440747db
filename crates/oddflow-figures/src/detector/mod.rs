//! Figures of a detector: how it was trained, what it makes of a row, how well it finds what it should.

mod curves;
mod error_counts;
mod error_histogram;
mod loss_curve;
mod precision_recall;
mod reconstruction;
mod roc_curve;

pub use curves::Curve;
pub use error_counts::ErrorCounts;
pub use error_histogram::error_histogram;
pub use loss_curve::{loss_curve, training_curve};
pub use precision_recall::precision_recall;
pub use reconstruction::reconstruction;
pub use roc_curve::{RateAxis, roc_curve};
