//! What traffic comes to: rows, bytes, failures, peak scores, distinct peers, ports and distributions by the hour, by local host and by
//! service; and the channels of local hosts, with their rhythm.
//!
//! Any thread makes rows ready ([`ChunkBuilder`]), one adds them up in their order ([`Traffic`]), with the score that each got. What came since the
//! last commit is given to who stores it, as what is to be added to each [`DayCell`]. This crate knows no SQL, no file and no detector.
//!
//! # What it promises
//!
//! * **Each row counts once** in what all hosts come to, and once for each of its sides that is a local host.
//! * **Cuts change nothing.** What a log comes to doesn't depend on the chunks it was cut into, nor on when any of it was stored.
//! * **Memory and bytes are bounded**: by hosts, services and pairs of both a day, by channels a host and in all. What is beyond is counted
//!   together, none is lost.
//! * **A row's time is the end of its connection.** Nothing reads a clock.

mod bins;
mod cell;
mod channels;
mod chunk;
mod day;
mod distinct;
mod hour;
mod moments;
mod open;
mod ports;
mod traffic;
mod varint;

pub use bins::{BINS, COLUMNS, Column, NUMERIC, Shape, edges};
pub use cell::{DayCell, Host, Service};
pub use channels::{ChannelFigures, ChannelKey, Channels, HostFigures, MOST_CHANNELS, MOST_OF_HOST};
pub use chunk::{Builders, ChunkBuilder, ChunkRows, Proto, Seen, address_key, service_key};
pub use day::{KnownDay, MOST_HOSTS, MOST_SERVICES};
pub use distinct::{Distinct, EXACT};
pub use hour::{
    Counts, HALF, HOUR, HOURS, Hour, decode as decode_hours, encode as encode_hours, merge as merge_hours,
};
pub use moments::Moments;
pub use ports::{PortCount, PortKey, Ports};
pub use traffic::{DayChanges, Places, Traffic};

pub use zeek_log::ConnRecord;

/// The name of the service of connections in which Zeek recognised none.
pub const UNRECOGNISED: &str = "-";
