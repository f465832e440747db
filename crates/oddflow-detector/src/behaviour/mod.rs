//! The `behaviour` detector: how odd a connection is by its reconstruction, and by six families of evidence in plain sight.
//!
//! A [`Session`] takes connections in the order in which the sensor wrote them. The recipe's state makes features of each; the
//! autoencoder's error, measured against the calibration slice, is the term A; each family says how far its statistics lie in
//! the tail of the baseline. A row's score is A and its two largest families. Rows of one local host, family and class within a
//! day are one incident.
//!
//! Batch runs, evaluation and calibration use this one path.

mod audit;
mod baseline;
mod budget;
mod calibration;
mod drift;
mod explain;
mod families;
mod floods;
mod forecast;
mod hosts;
mod incidents;
mod model;
mod reference;
mod saved;
mod score;
mod sentences;
mod story;
mod train;
mod trim;

pub use audit::{AddressBook, Audit, Finding, Kind as FindingKind, MOST_FINDINGS, MOST_OF_A_KIND};
pub use baseline::{Baseline, BaselineChunk, Known};
pub use budget::{Alarm, Budget, Placement, Raised};
pub use calibration::Calibration;
pub use drift::{
    BadDrift, Drift, DriftDay, DriftReference, HostShift, MODERATE, NetworkChange, SHIFTED, Shares, Shift,
    Verdict,
};
pub use explain::{Explainer, Explanation, Missed, Nearest, Reason};
pub use families::{FAMILIES, Family};
pub use floods::MANY;
pub use forecast::{CalibrationIncidents, Forecast};
pub use hosts::Hosts;
pub use incidents::{DAY, Group, Groups, Key};
pub use model::{Model, States, Training};
pub use saved::BadAlarm;
pub use score::{Scored, Scorer, Session, Tracked, Workspace};
pub use story::{Severity, flood, technique, title};
pub use train::{Error as TrainError, LEAST_ROWS, TrainOptions, Trained, train};
pub use trim::extreme;
