//! A small dense autoencoder: training, reconstruction and reconstruction error.
mod adam;
mod barrier;
mod gradient;
mod layout;
mod network;
mod options;
mod product;
mod random;
mod score;
mod simd;
mod train;

pub use adam::Adam;
pub use network::{Layer, Network, NetworkError};
pub use options::{Part, TrainError, TrainingOptions};
pub use score::Scorer;
pub use train::{End, EpochReport, Event, Training, train};
