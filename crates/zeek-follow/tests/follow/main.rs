//! What a follower promises, on real files, operation by operation.

mod beside;
mod cost;
mod held;
mod loggers;
mod merge;
mod race;
mod random;
mod rotation;
mod world;
