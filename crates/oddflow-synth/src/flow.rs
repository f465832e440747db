//! A connection as Zeek would log it, and how its numbers come to fit one another.
//!
//! Nothing outside this folder sets packets, IP bytes, state or history by hand: [`Tcp`], [`Udp`] and the others
//! take what two hosts did and derive what a sensor saw.

mod packets;
mod tcp;

use std::net::IpAddr;

pub(crate) use self::packets::{Icmp, OtherTransport, Udp};
pub(crate) use self::tcp::{Ending, Tcp};
use crate::random::Rng;

/// A time or a span of time in microseconds, Zeek's resolution; times count from the Unix epoch.
pub type Micros = i64;

/// One second.
pub const SECOND: Micros = 1_000_000;

/// Seconds as [`Micros`].
pub(crate) fn micros(seconds: f64) -> Micros {
    (seconds * SECOND as f64) as Micros
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub host: IpAddr,
    /// Its port; for ICMP the type (originator) or code (responder).
    pub port: u16,
}

impl Endpoint {
    pub(crate) fn new(host: impl Into<IpAddr>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// Bytes of the IP header.
    fn ip_header(self) -> u64 {
        if self.host.is_ipv4() { 20 } else { 40 }
    }
}

/// Zeek's identifier of a connection: `C` and 16 or 17 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid([u8; 18]);

impl Uid {
    pub(crate) const NONE: Self = Self([b'C'; 18]);

    pub(crate) fn new(rng: &mut Rng) -> Self {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut uid = [b'C'; 18];
        let (mut low, mut high) = (rng.next(), rng.next());
        // About three in ten are a character shorter, as with Zeek's 96-bit numbers; that is marked by a zero.
        let short = high % 10 < 3;
        high /= 10;
        for (i, digit) in uid.iter_mut().enumerate().skip(1) {
            let from = if i < 10 { &mut low } else { &mut high };
            *digit = DIGITS[(*from % 62) as usize];
            *from /= 62;
        }
        if short {
            uid[17] = 0;
        }
        Self(uid)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = if self.0[17] == 0 { 17 } else { 18 };
        std::str::from_utf8(&self.0[..length]).unwrap_or("C")
    }
}

/// Zeek's history of a connection, at most 15 letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    letters: [u8; 15],
    length: u8,
}

impl History {
    pub(crate) fn new(letters: &str) -> Self {
        let mut history = Self::default();
        letters.bytes().for_each(|letter| history.push(letter));
        history
    }

    /// Adds a letter unless it stands there already: Zeek logs each letter once in a direction, apart from the
    /// logarithmic counts, which need not repeat.
    pub(crate) fn push(&mut self, letter: u8) {
        if !self.as_str().as_bytes().contains(&letter) && usize::from(self.length) < self.letters.len() {
            self.letters[usize::from(self.length)] = letter;
            self.length += 1;
        }
    }

    /// The letters; empty where the transport has no history.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.letters[..usize::from(self.length)]).unwrap_or("")
    }
}

/// Transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proto {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, of either IP version.
    Icmp,
    /// Any other, such as IGMP.
    Other,
}

impl Proto {
    /// As the log has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Other => "unknown_transport",
        }
    }
}

/// One connection. Fields as in [`zeek_log::ConnRecord`].
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Time of the first packet.
    pub start: Micros,
    /// From first to last packet; `None` where there was only one. Then Zeek knows no bytes either.
    pub duration: Option<Micros>,
    /// Identifier.
    pub uid: Uid,
    /// Who began.
    pub orig: Endpoint,
    /// Who was asked.
    pub resp: Endpoint,
    /// Transport.
    pub proto: Proto,
    /// Application protocols, where Zeek recognised any.
    pub service: Option<&'static str>,
    /// Payload bytes of the originator; logged only with a duration.
    pub orig_bytes: u64,
    /// Payload bytes of the responder; logged only with a duration.
    pub resp_bytes: u64,
    /// One of Zeek's 13 states.
    pub state: &'static str,
    /// Bytes that the sensor missed.
    pub missed_bytes: u64,
    /// What happened, by letters.
    pub history: History,
    /// Packets of the originator.
    pub orig_pkts: u64,
    /// Bytes of the originator's packets with their IP and transport headers.
    pub orig_ip_bytes: u64,
    /// Packets of the responder.
    pub resp_pkts: u64,
    /// Bytes of the responder's packets with their IP and transport headers.
    pub resp_ip_bytes: u64,
    /// IP protocol number.
    pub ip_proto: u8,
    /// Whether the originator is local.
    pub local_orig: bool,
    /// Whether the responder is local.
    pub local_resp: bool,
    /// Index in [`crate::Summary::campaigns`] of the attack this belongs to.
    pub campaign: Option<u16>,
    /// Order of emission, to keep rows that end at the same time in a fixed order.
    pub(crate) sequence: u64,
}

impl Flow {
    fn new(start: Micros, orig: Endpoint, resp: Endpoint, proto: Proto, ip_proto: u8) -> Self {
        Self {
            start,
            duration: None,
            uid: Uid::NONE,
            orig,
            resp,
            proto,
            service: None,
            orig_bytes: 0,
            resp_bytes: 0,
            state: "OTH",
            missed_bytes: 0,
            history: History::default(),
            orig_pkts: 0,
            orig_ip_bytes: 0,
            resp_pkts: 0,
            resp_ip_bytes: 0,
            ip_proto,
            local_orig: false,
            local_resp: false,
            campaign: None,
            sequence: 0,
        }
    }

    pub(crate) fn service(mut self, service: &'static str) -> Self {
        self.service = Some(service);
        self
    }

    /// The time of the last packet: Zeek writes the row in this order.
    #[must_use]
    pub fn end(&self) -> Micros {
        self.start + self.duration.unwrap_or(0)
    }
}
