//! A small dense autoencoder: training, reconstruction and reconstruction error.
//!
//! Matrices of f32 go in, row-major slices with a known width, and matrices come out. The crate knows nothing of logs,
//! files or model formats: it hands out weights and takes them back.
//!
//! ```
//! use std::ops::ControlFlow;
//! use oddflow_autoencoder::{Network, TrainingOptions, train};
//!
//! let rows: Vec<f32> = (0..400).map(|i| (i % 4) as f32).collect();
//! let (training, validation) = rows.split_at(320);
//! let network = Network::glorot(&[4, 2, 4], 7)?;
//! let options = TrainingOptions { batch: 16, epochs: 5, ..TrainingOptions::default() };
//! let result = train(&network, training, validation, &options, &mut |_| ControlFlow::Continue(()))?;
//!
//! let mut errors = vec![0.0; validation.len() / 4];
//! result.network.scorer().errors(validation, &mut errors);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//! - A row's reconstruction and error are the same to the bit whatever batch it comes in, wherever it stands there, and
//!   whatever thread asks.
//! - The same network, options and data give the same trained bytes on a machine, whatever the number of threads. Kernels
//!   with fused multiply-add (AVX-512, AVX2, NEON) are written to the same order of operations; the portable kernel of
//!   x86-64 without FMA differs in the last bits.
//! - No clock, no environment, no global state but a scratch buffer a thread.
//!
//! # Where things are
//! `network` holds weights as their owner sees them, `layout` as they lie in memory. `simd` wraps the instruction sets and
//! holds all the unsafe code; `product` is the matrix product built on it, `exponential` the two functions of cross-entropy.
//! `loss` is what outputs are judged by. `score` is inference; `gradient`, `adam` and
//! `train` are training, with `barrier` between its threads and `random` behind its seed.

mod adam;
mod barrier;
mod exponential;
mod gradient;
mod layout;
mod loss;
mod network;
mod options;
mod product;
mod random;
mod score;
mod simd;
mod train;

pub use adam::{Adam, Epsilon, Schedule};
pub use loss::Loss;
pub use network::{Layer, Network, NetworkError};
pub use options::{Part, Remainder, TrainError, TrainingOptions};
pub use score::Scorer;
pub use train::{End, EpochReport, Event, Training, train};

/// The instructions that this processor computes with: `AVX-512`, `AVX2+FMA` or `portable`.
pub fn instruction_set() -> &'static str {
    simd::Kernel::best().name()
}
