//! Plausible Zeek traffic with labelled attacks, deterministic by seed.
//!
//! A household with a small laboratory, a week of it: people browse and stream, devices call home, clocks are set,
//! the owner's scanner maps the network. Among it, where asked for, one attack of each kind that a detector should
//! find, labelled row by row. The shape (shares of services, states and transports, numbers of addresses) follows a
//! real home network of the same size; every name and number is invented.
//!
//! The modules: `network` is who there is, `traffic` has a file for each thing that happens in health, `attacks` one
//! for each attack, `flow` what a sensor makes of either, `timeline` puts them in order, `logs` writes them as Zeek
//! does. No number of a row is set by hand outside `flow`, apart from the raw packets of scanners and floods.
//!
//! ```
//! use oddflow_synth::{Batch, Settings, Sink, generate};
//!
//! struct Uploads(u64);
//!
//! impl Sink for Uploads {
//!     fn take(&mut self, batch: Batch) -> std::io::Result<()> {
//!         self.0 += batch.flows.iter().map(|flow| flow.orig_bytes).sum::<u64>();
//!         Ok(())
//!     }
//! }
//!
//! let settings = Settings { rows: 10_000, attacks: true, ..Settings::default() };
//! let mut uploads = Uploads(0);
//! let summary = generate(&settings, &mut uploads)?;
//! assert_eq!((summary.rows, summary.campaigns.len()), (10_000, 10));
//! assert!(uploads.0 > 0);
//! # Ok::<(), oddflow_synth::Error>(())
//! ```
//!
//! Memory holds a slice of time and the connections still open at its end, whatever the number of rows.

mod attacks;
mod emitter;
mod event;
mod flow;
mod logs;
mod network;
mod planted;
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
pub use planted::{Place, Planted, plant};
pub use settings::{Error, Settings};
pub use summary::{CampaignSummary, Summary};
pub use timeline::{Batch, Sink, generate};
