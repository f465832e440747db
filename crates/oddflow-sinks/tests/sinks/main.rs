//! What the crate promises: delivery whatever happens, and sinks with real receivers on this machine.

mod delivery;
mod full_disk;
mod harness;
mod syslog;
mod webhook;
mod zeek_cut;
