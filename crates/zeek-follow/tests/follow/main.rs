//! What a follower promises, on real files, operation by operation.

mod beside;
mod cost;
mod loggers;
mod merge;
mod race;
mod random;
mod rotation;
mod world;
