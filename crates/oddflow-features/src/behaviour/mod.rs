//! The `behaviour` recipe: what a connection is, and how it fits into what its hosts have been doing.
//!
//! A record becomes a [`Flow`], which looks at nothing but the record and can be made in any thread. A [`State`] takes the
//! flows one by one, in the order in which the sensor wrote them, and gives each its [`Features`]: 51 numbers (10 of the
//! row, 33 of behaviour, 8 of novelty) and 104 tokens. Time is the flows' own; a step back counts as none.
//!
//! Behaviour is *gated*: a statistic stands on the rows that contribute to it and is zero elsewhere. Without the gate the
//! ordinary rows of a host that scans would carry the scan's numbers.
//!
//! Invariants: the state is bounded, and what it forgets is counted; a state that is written and read back goes on to the
//! same bits; no address is kept in clear, only keyed hashes of them.

mod activity;
mod address;
pub(crate) mod bounded;
mod channel;
mod columns;
pub(crate) mod decay;
mod destination;
mod evictions;
mod fields;
mod flow;
pub(crate) mod hash;
mod interim;
mod local;
pub(crate) mod logarithm;
pub(crate) mod novelty;
mod pair;
pub(crate) mod portable;
mod state;
mod tokens;
mod traffic_class;
mod volume;
mod words;

pub use address::AddressClass;
pub use columns::{BEHAVIOUR, COLUMNS, Column, NOVELTY, NUMERIC, ROW, TOKENS, Unit, WIDTH, column_name};
pub use evictions::Evictions;
pub use fields::{Field, Fields};
pub use flow::{Flow, FlowReader};
pub use interim::{INTERIM_LOGS, InterimRow};
pub use local::{LocalNetworks, Network, NetworkError};
pub use portable::{BadState, FORMAT as STATE_FORMAT};
pub use state::{Features, State};
pub use tokens::{TOKEN_GROUPS, token_name};
pub use traffic_class::{CLASSES, Direction, TrafficClass, Transport};
pub use words::{brief, describe};
