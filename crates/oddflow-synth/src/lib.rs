//! Plausible Zeek traffic with labelled attacks, deterministic by seed.
//!
//! A household with a small laboratory, a week of it: people browse and stream, devices call home, clocks are set,
//! the owner's scanner maps the network. Among it, where asked for, one attack of each kind that a detector should
//! find, labelled row by row. The shape (shares of services, states and transports, numbers of addresses) follows a
//! real home network of the same size; every name and number is invented.
//!
//! What there is: [`traffic`](self) has a file for each thing that happens in health, [`attacks`](self) one for each
//! attack, `flow` what a sensor makes of either, `timeline` puts them in order, `logs` writes them as Zeek does.
//!
//! Memory holds a slice of time and the connections still open at its end, whatever the number of rows.

mod attacks;
mod emitter;
mod event;
mod flow;
mod logs;
mod network;
mod random;
mod rhythm;
mod settings;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod traffic;

pub use event::{Answer, Body, Dns, Event, Http, Tls};
pub use flow::{Endpoint, Flow, History, Micros, Proto, SECOND, Uid};
pub use logs::{Layout, Written, write_logs};
pub use settings::{Error, Settings};
pub use summary::{CampaignSummary, Summary};
pub use timeline::{Batch, Sink, generate};
