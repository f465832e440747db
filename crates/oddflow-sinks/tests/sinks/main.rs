//! What the crate promises: delivery whatever happens, and sinks with real receivers on this machine.

mod delivery;
mod harness;
mod syslog;
mod webhook;
mod zeek_cut;
