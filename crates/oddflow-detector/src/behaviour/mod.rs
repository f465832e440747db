//! The `behaviour` detector: how odd a connection is by its reconstruction, and by six families of evidence in plain sight.
//!
//! A [`Session`] takes connections in the order in which the sensor wrote them. The recipe's state makes features of each; the
//! autoencoder's error, measured against the calibration slice, is the term A; each family says how far its statistics lie in
//! the tail of the baseline. A row's score is A and its two largest families. Rows of one local host, family and class within a
//! day are one [incident](incidents).
//!
//! Batch runs, evaluation and calibration use this one path.

mod baseline;
mod budget;
mod calibration;
mod families;
mod forecast;
mod incidents;
mod model;
mod reference;
mod score;
mod train;

pub use baseline::{Baseline, BaselineChunk, Known};
pub use budget::{Alarm, Budget, Placement, Raised};
pub use calibration::Calibration;
pub use families::{FAMILIES, Family};
pub use forecast::{CalibrationIncidents, Forecast};
pub use incidents::{DAY, Group, Groups, Key};
pub use model::{Hosts, Model, Training};
pub use score::{Scored, Scorer, Session};
pub use train::{Error as TrainError, LEAST_ROWS, TrainOptions, Trained, train};
