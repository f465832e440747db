//! What can be set about a training run, and why a run can fail.

use std::thread;

use thiserror::Error;

use crate::adam::{Adam, Schedule};
use crate::loss::Loss;

/// How to train. The default is the `classic` recipe's: Adam, batches of 512, at most 500 epochs, early stop after 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingOptions {
    /// Rows a step.
    pub batch: usize,
    /// What becomes of the rows of an epoch that don't fill a batch.
    pub remainder: Remainder,
    /// The most epochs to train.
    pub epochs: usize,
    /// Stop after this many epochs in a row without a lower validation loss. `None` trains all epochs, and needs no
    /// validation rows.
    pub patience: Option<usize>,
    /// What is minimised. Score with the same.
    pub loss: Loss,
    /// The optimiser.
    pub adam: Adam,
    /// How its rate goes over the run.
    pub schedule: Schedule,
    /// Gives the order of the rows in every epoch.
    pub seed: u64,
    /// Threads to use. More than four gain nothing, and the result is the same for any number.
    pub threads: usize,
}

impl Default for TrainingOptions {
    fn default() -> TrainingOptions {
        TrainingOptions {
            batch: 512,
            remainder: Remainder::Train,
            epochs: 500,
            patience: Some(3),
            loss: Loss::Squared,
            adam: Adam::default(),
            schedule: Schedule::Constant,
            seed: 0,
            threads: thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// What becomes of the rows of an epoch that don't fill a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remainder {
    /// They make a smaller last batch.
    #[default]
    Train,
    /// They are left out; the next epoch's order leaves out others. Fewer rows than one batch still make one.
    Skip,
}

impl Remainder {
    /// The rows of an epoch that are trained on.
    pub(crate) fn rows(self, rows: usize, batch: usize) -> usize {
        match self {
            Remainder::Skip if rows >= batch => rows - rows % batch,
            _ => rows,
        }
    }
}

/// Which of the two matrices of a training run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The rows that gradients are taken of.
    Training,
    /// The rows that decide which epoch was best.
    Validation,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Training => "training",
            Part::Validation => "validation",
        })
    }
}

/// Why a training run gave no network.
#[derive(Debug, Error)]
pub enum TrainError {
    /// An option is out of its range.
    #[error("training option `{name}` is {value}, expected {expected}")]
    Option {
        /// The field.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The range.
        expected: &'static str,
    },
    /// There are no rows.
    #[error("there are no {0} rows")]
    Empty(Part),
    /// The matrix isn't made of whole rows.
    #[error("{values} {part} values don't make rows of {width} columns")]
    Shape {
        /// Which matrix.
        part: Part,
        /// Its length.
        values: usize,
        /// Columns of the network.
        width: usize,
    },
    /// More rows than can be numbered.
    #[error("{0} training rows are more than the {max} that can be shuffled; sample them", max = u32::MAX)]
    TooManyRows(usize),
    /// A value is NaN or infinite.
    #[error("the {part} rows hold {value} at row {row}, column {column} (both from 0)")]
    NotFinite {
        /// Which matrix.
        part: Part,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The value.
        value: f32,
    },
    /// The loss became NaN or infinite.
    #[error("the {part} loss became {loss} in epoch {epoch}: scale the columns or lower the learning rate")]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Which loss.
        part: Part,
        /// Its value.
        loss: f64,
    },
    /// The observer stopped the run before its first epoch ended.
    #[error("training was stopped before its first epoch ended")]
    Stopped,
    /// The system gave no thread.
    #[error("can't start a thread for training")]
    Thread(#[source] std::io::Error),
}

impl TrainingOptions {
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let Adam { rate, beta1, beta2, epsilon, decay } = self.adam;
        let epsilon = epsilon.value();
        let floor = match self.schedule {
            Schedule::Constant => 0.0,
            Schedule::Cosine { floor } => floor,
        };
        let clip = match self.loss {
            Loss::Squared => f32::MAX,
            Loss::Mixed { clip, .. } => clip,
        };
        // As the optimiser will see them.
        let positive = |x: f64| (x as f32).is_finite() && x as f32 > 0.0;
        let not_negative = |x: f64| (x as f32).is_finite() && x >= 0.0;
        let fraction = |x: f64| (0.0..1.0).contains(&x);
        let checks = [
            ("batch", self.batch as f64, self.batch > 0, "at least 1"),
            ("epochs", self.epochs as f64, self.epochs > 0, "at least 1"),
            ("threads", self.threads as f64, self.threads > 0, "at least 1"),
            ("adam.rate", rate, positive(rate), "above 0"),
            ("adam.beta1", beta1, fraction(beta1), "at least 0 and below 1"),
            ("adam.beta2", beta2, fraction(beta2), "at least 0 and below 1"),
            ("adam.epsilon", epsilon, positive(epsilon), "above 0"),
            ("adam.decay", decay, not_negative(decay), "at least 0"),
            ("schedule.floor", floor, not_negative(floor), "at least 0"),
            ("loss.clip", f64::from(clip), positive(f64::from(clip)), "above 0"),
        ];
        match checks.into_iter().find(|(_, _, ok, _)| !ok) {
            Some((name, value, _, expected)) => Err(TrainError::Option { name, value, expected }),
            None => Ok(()),
        }
    }
}
