//! What oddflow tells over HTTP: `/metrics`, `/healthz` and `/readyz`.
//!
//! This crate knows routes and HTTP, and nothing of detection: a [`Source`] has the words. It listens on the loopback alone unless
//! it is told otherwise, answers GET and HEAD, and changes nothing. All requests together have one thread, so that none can
//! take more than a core's share from what is watched; how many there are, how large and how slow, has limits.

mod answers;
mod api;
mod guard;
mod knowledge;
mod listen;
mod server;

pub use answers::Source;
pub use api::description;
pub use knowledge::Knowledge;
pub use listen::{Listen, ListenError};
pub use server::Server;
